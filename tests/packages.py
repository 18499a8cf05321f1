"""Python packages that some tests need and a system does not have: tests/packages.txt.

    from packages import need
    need("onnx", "onnxruntime")

goes on where they can be imported. Else the test is started again with the interpreter that the variable
SIMGRAPH_PYTHON names, if it has them, or is skipped (exit status 77), and says what is missing. `tools/install python`
makes such an interpreter.
"""
import importlib.util
import os
import subprocess
import sys

TRIED = "SIMGRAPH_PYTHON_TRIED"


def has(interpreter, names):
    find = "import sys, importlib.util as u; sys.exit(not all(u.find_spec(name) for name in sys.argv[1:]))"
    return subprocess.run([interpreter, "-c", find, *names]).returncode == 0


def need(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing:
        return
    other = os.environ.get("SIMGRAPH_PYTHON")
    if other and TRIED not in os.environ and has(other, names):
        sys.stdout.flush()
        os.execve(other, [other, *sys.argv], {**os.environ, TRIED: "1"})
    print("skipped: Python has no", ", ".join(missing) + ". `tools/install python` installs",
          "what the tests use; SIMGRAPH_PYTHON names its interpreter" if not other else
          f"what the tests use; {other}, named by SIMGRAPH_PYTHON, lacks something")
    sys.exit(77)
