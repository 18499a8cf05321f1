#!/usr/bin/env python3
"""Whole models against PyTorch: loss, other values and the gradient of every weight, in double and in single precision.

usage: exact_test.py SIMGRAPH ROOT [NAME...]    (the records tests/torch/exact/NAME*.npz below ROOT, or all of them;
                                                tests/torch/exact.py says what they hold)
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

# Largest difference allowed, relative to the largest number of an array. Where the gradient of a whole weight is rounding
# alone, it is held against a thousandth of the largest gradient.
TOLERANCE = {"f64": 1e-9, "f32": 1e-4}
SMALL = 1e-3


def part(record, prefix):
    return {name[len(prefix):]: record[name] for name in record.files if name.startswith(prefix)}


def evaluate(program, root, record, dtype, scratch):
    case = json.loads(str(record["case"]))
    floats = np.float64 if dtype == "f64" else np.float32
    files = {}
    for kind in ("init", "feed"):
        files[kind] = os.path.join(scratch, kind + ".npz")
        np.savez(files[kind], **{n: a.astype(floats if a.dtype.kind == "f" else a.dtype) for n, a in part(record, kind + "/").items()})
    out = os.path.join(scratch, "out.npz")
    command = [program, "eval", os.path.join(root, case["graph"]), "--init", files["init"], "--feed", files["feed"],
               "--fetch", ",".join(part(record, "want/")), "--grad", "loss", "--dtype", dtype, "--mode", case["mode"], "-o", out]
    for key, value in case["set"].items():
        command += ["--set", "%s=%s" % (key, value if isinstance(value, str) else json.dumps(value))]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        return {}
    return dict(np.load(out))


def compare(record, got, dtype):
    """What differs, and the largest difference relative to what it is held against."""
    wants, gradients = part(record, "want/"), part(record, "grad/")
    largest = max(np.abs(g).max() for g in gradients.values())
    wrong, worst = [], 0.0
    pairs = [(n, w, np.abs(w).max()) for n, w in wants.items()]
    pairs += [("grad/" + n, g, max(np.abs(g).max(), SMALL * largest)) for n, g in gradients.items()]
    for name, want, scale in pairs:
        if name not in got or got[name].shape != want.shape:
            wrong.append("%s: %s instead of %s" % (name, got[name].shape if name in got else "nothing", want.shape))
            continue
        off = np.abs(got[name] - want).max() / scale
        worst = max(worst, off)
        if not off <= TOLERANCE[dtype]: # written so that NaN is wrong
            wrong.append("%s: off by %.2e" % (name, off))
    feeds = {"grad/" + n for n in part(record, "feed/")}
    # Inputs that the loss does not depend on have a gradient too: zero.
    wrong += ["%s: not recorded" % n for n in got
              if n not in feeds and n not in {p[0] for p in pairs} and got[n].any()]
    return wrong, worst, len(pairs)


def main():
    program, root, names = sys.argv[1], sys.argv[2], sys.argv[3:] or [""]
    paths = [glob.glob(os.path.join(root, "tests", "torch", "exact", name + "*.npz")) for name in names]
    missing = [name for name, found in zip(names, paths) if not found]
    for name in missing:
        print("no record %s" % name)
    passed, failed = 0, len(missing)
    for path in sorted(sum(paths, [])):
        record = np.load(path)
        for dtype in TOLERANCE:
            with tempfile.TemporaryDirectory() as scratch:
                wrong, worst, count = compare(record, evaluate(program, root, record, dtype, scratch), dtype)
            print("%s %s: %d values, largest difference %.1e" % (os.path.basename(path), dtype, count, worst))
            for line in wrong:
                print("  " + line)
            passed, failed = passed + count - len(wrong), failed + len(wrong)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
