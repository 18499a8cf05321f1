"""Settings of PyTorch: as a user meets it, what can be tried, and what was found to be best for each model."""
import collections
import glob

# Options of torch_step.py, and variables of the environment.
Settings = collections.namedtuple("Settings", "name words variables")

DEFAULT = Settings("default", (), {})

# Freed memory stays with the process, and is asked for in huge pages: else every step has its pages made anew.
KEPT = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=68719476736"
HUGE = "glibc.malloc.hugetlb=1"
# Debian's PyTorch takes its products from the system's OpenBLAS, of which there is one with OpenMP's threads.
OPENMP = glob.glob("/usr/lib/*/openblas-openmp/libopenblas.so.0")

ALL = [Settings("fused", ("--optimizer", "fused"), {}),
       Settings("foreach", ("--optimizer", "foreach"), {}),
       Settings("flush", ("--flush",), {}),
       Settings("huge pages", (), {"GLIBC_TUNABLES": HUGE}),
       Settings("memory kept", (), {"GLIBC_TUNABLES": KEPT}),
       Settings("memory kept, huge pages", (), {"GLIBC_TUNABLES": KEPT + ":" + HUGE}),
       Settings("pinned", (), {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}),
       Settings("active", (), {"OMP_WAIT_POLICY": "active"}),
       Settings("compile", ("--compile",), {})]
ALL += [Settings("OpenMP OpenBLAS", (), {"LD_PRELOAD": path}) for path in OPENMP]
EXPLICIT = [Settings("explicit attention", ("--explicit",), {})]
LAST = [Settings("channels_last", ("--layout", "channels_last"), {})]
# By the first letters of the model.
CANDIDATES = {"vit": ALL + EXPLICIT, "swi": ALL + EXPLICIT + LAST, "cnn": ALL + LAST}


def best_of(model, version, precision):
    return DEFAULT
