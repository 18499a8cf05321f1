"""Settings of PyTorch: as a user meets it, what can be tried, and what was found to be best for each model."""
import atexit
import collections
import functools
import glob
import os
import shutil
import subprocess
import tempfile

# Options of torch_step.py, and variables of the environment.
Settings = collections.namedtuple("Settings", "name words variables")

DEFAULT = Settings("default", (), {})

# Freed memory stays with the process, and is asked for in huge pages: else every step has its pages made anew.
KEPT = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=68719476736"
HUGE = "glibc.malloc.hugetlb=1"
# Debian's PyTorch takes its products from the system's OpenBLAS, of which there is one with OpenMP's threads.
OPENMP = glob.glob("/usr/lib/*/openblas-openmp/libopenblas.so.0")

def with_memory(*words):
    """Options together with memory that is kept."""
    name = ", ".join(word.strip("-") for word in words if word not in ("--optimizer", "--layout"))
    return Settings(name + ", memory kept", words, {"GLIBC_TUNABLES": KEPT})


ALL = [Settings("fused", ("--optimizer", "fused"), {}),
       Settings("foreach", ("--optimizer", "foreach"), {}),
       Settings("flush", ("--flush",), {}),
       Settings("huge pages", (), {"GLIBC_TUNABLES": HUGE}),
       Settings("memory kept", (), {"GLIBC_TUNABLES": KEPT}),
       Settings("memory kept, huge pages", (), {"GLIBC_TUNABLES": KEPT + ":" + HUGE}),
       Settings("pinned", (), {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}),
       Settings("active", (), {"OMP_WAIT_POLICY": "active"}),
       Settings("compile", ("--compile",), {}),
       with_memory("--optimizer", "fused"), with_memory("--compile"), with_memory("--optimizer", "fused", "--compile")]
ALL += [Settings("OpenMP OpenBLAS", (), {"LD_PRELOAD": path}) for path in OPENMP]
EXPLICIT = [Settings("explicit attention", ("--explicit",), {}), with_memory("--explicit")]
# What matters where attention does: it is one operator or three, each with the other settings that are best.
ATTENTION = [Settings("memory kept", (), {"GLIBC_TUNABLES": KEPT}), EXPLICIT[1], with_memory("--optimizer", "fused"),
             with_memory("--optimizer", "fused", "--explicit")]
LAST = [Settings("channels_last", ("--layout", "channels_last"), {}), with_memory("--layout", "channels_last"),
        with_memory("--optimizer", "fused", "--layout", "channels_last")]
# By the first letters of the model.
CANDIDATES = {"vit": ALL + EXPLICIT, "swi": ALL + EXPLICIT + LAST, "cnn": ALL + LAST}


def best_of(model, version, precision):
    """What `tools/bench --parts tune` found (docs/performance.md)."""
    if version.startswith("1."):
        if model.startswith("cnn"): # nothing that was tried is faster than leaving it alone
            return Settings("best", (), {})
        variables = {"GLIBC_TUNABLES": KEPT, **({"LD_PRELOAD": OPENMP[0]} if OPENMP else {})}
        return Settings("best", (), variables)
    words = ("--optimizer", "fused")
    if model.startswith("cnn") and precision == "bf16":
        words += ("--layout", "channels_last")
    if model == "vit" and precision == "bf16":
        words += ("--explicit",)
    return Settings("best", words, {"GLIBC_TUNABLES": KEPT})


@functools.lru_cache(None)
def intel_library():
    """MKL takes its fastest kernels only where this function says that the CPU is Intel's. A library that says so of
    every CPU; None where there is no compiler."""
    directory = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, directory)
    source, library = os.path.join(directory, "intel.c"), os.path.join(directory, "intel.so")
    with open(source, "w", encoding="ascii") as file:
        file.write("int mkl_serv_intel_cpu_true(void) { return 1; }\n")
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return library


def as_intel(settings, torch):
    """The same, with MKL made to believe that the CPU is Intel's; None where that cannot be."""
    library = torch.has_mkl and intel_library()
    return Settings("as Intel", settings.words, {**settings.variables, "LD_PRELOAD": library}) if library else None
