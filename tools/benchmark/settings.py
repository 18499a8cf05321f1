"""Settings of PyTorch: as a user meets it, what can be tried, and what was found to be best for each model."""
import collections
import glob

# Options of torch_step.py, and variables of the environment.
Settings = collections.namedtuple("Settings", "name words variables")

DEFAULT = Settings("default", (), {})

PINNED = {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}
ACTIVE = {"OMP_WAIT_POLICY": "active"}
HUGE = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
OPENMP_BLAS = {"LD_PRELOAD": path for path in glob.glob("/usr/lib/*/openblas-openmp/libopenblas.so.0")}

ALL = [("fused", ("--optimizer", "fused"), {}), ("foreach", ("--optimizer", "foreach"), {}),
       ("flush", ("--flush",), {}), ("pinned", (), PINNED), ("active", (), ACTIVE), ("huge pages", (), HUGE),
       ("OpenMP OpenBLAS", (), OPENMP_BLAS), ("compile", ("--compile",), {})]
EXPLICIT = [("explicit attention", ("--explicit",), {})]
LAST = [("channels_last", ("--layout", "channels_last"), {})]
# By the first letters of the model.
CANDIDATES = {"vit": ALL + EXPLICIT, "swi": ALL + EXPLICIT + LAST, "cnn": ALL + LAST}


def best_of(model, version, precision):
    return DEFAULT
