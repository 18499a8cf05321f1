#!/usr/bin/env python3
"""The blocks of graphs/lib against PyTorch: values and gradients of tests/torch/NAME.yaml.

usage: library_test.py SIMGRAPH DIRECTORY NAME    (the directory of NAME.yaml and the arrays recorded for it)
"""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)


def main():
    program, directory, name = sys.argv[1:]
    graph, feeds, wants = (os.path.join(directory, name + end) for end in (".yaml", "_feeds.npz", "_wants.npz"))
    want, failed = np.load(wants), 0
    values = [name for name in want.files if not name.startswith("grad/")]
    gradients = [name[5:] for name in want.files if name.startswith("grad/")]
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "out.npz")
        subprocess.run([program, "eval", graph, "--feed", feeds, "--dtype", "f64",
                        "--fetch", ",".join(values), "--grad", "loss:" + ",".join(gradients), "-o", out], check=True,
                       stdout=subprocess.DEVNULL)
        got = dict(np.load(out))
    for name in want.files:
        scale = 1e-12 + np.abs(want[name]).max()
        good = name in got and got[name].shape == want[name].shape and np.abs(got[name] - want[name]).max() <= 1e-11 * scale
        if not good:
            failed += 1
            print("%s: %s" % (name, "missing" if name not in got else "off by %.2e" % (np.abs(got[name] - want[name]).max() / scale)))
    print("%d passed, %d failed" % (len(want.files) - failed, failed))
    return failed > 0


sys.exit(main())
