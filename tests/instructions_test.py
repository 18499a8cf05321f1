#!/usr/bin/env python3
"""How many instructions a training step takes, by valgrind's callgrind, against tests/instructions.json: a change that makes
a step dearer by more than 3 % fails, and one that makes it cheaper by as much says so. Counts are the same on every run
and machine, unlike times. valgrind knows no AVX-512: what is counted are the AVX2 and the plain C loops and products.

usage: instructions_test.py SIMGRAPH COMPILER [--update]

COMPILER, as in "gcc 12", must be the one that the counts are of: others make other code. --update writes the counts.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = os.path.join(HERE, "instructions.json")
LIMIT = 0.03
BASE = os.path.join(HERE, "..", "graphs", "bench.yaml")
GRAPHS = {
    "vit": [BASE, "size=16", "depth=2", "dim=48", "batch_size=16"],
    "swin": [BASE, "size=16", "patch=2", "mask_patch=4", "batch_size=8",
             "encoder={op: swin_encoder, dim: 24, depths: [2, 2], heads: [2, 4], window: 4, patch: 2}"],
    "cnn": [BASE + "@cnn_32", "batch_size=4"],
}
VARIANTS = ("avx2", "generic")


def count(simgraph, graph, variant):
    """Instructions within the runs of the step's graph."""
    path, *settings = GRAPHS[graph]
    with tempfile.TemporaryDirectory() as scratch:
        words = ["valgrind", "--tool=callgrind", "--toggle-collect=sg_program_run",
                 "--callgrind-out-file=" + os.path.join(scratch, "counts"), simgraph, "run", path, "--threads", "1", "--cpu",
                 variant, "--product", variant, "--quiet", "--out", os.path.join(scratch, "run"), "--set", "train.steps=1",
                 "--set", "data.train.count=16"]  # the pictures are not counted, but drawn all the same
        for setting in settings:
            words += ["--set", setting]
        # OpenBLAS takes no part; it must only not look for better kernels by starting the program again.
        done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, OPENBLAS_CORETYPE="Haswell"))
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found or found.group(1) == "0":
        sys.exit("instructions_test.py: %s with %s was not counted:\n%s" % (graph, variant, done.stderr[-2000:]))
    return int(found.group(1))


def main():
    simgraph, compiler, *rest = sys.argv[1:]
    with open("/proc/cpuinfo") as file:
        avx2 = " avx2 " in file.read()
    if not shutil.which("valgrind") or not avx2:
        print("skipped: there is %s here" % ("no AVX2" if shutil.which("valgrind") else "no valgrind"))
        return 77
    with open(COUNTS) as file:
        kept = json.load(file)
    if rest != ["--update"] and kept["compiler"] != compiler:
        print("skipped: the counts are of %s, this program of %s" % (kept["compiler"], compiler))
        return 77
    passed = failed = 0
    now = {}
    for graph in GRAPHS:
        for variant in VARIANTS:
            name = "%s %s" % (graph, variant)
            now[name] = count(simgraph, graph, variant)
            before = kept["counts"].get(name)
            change = now[name] / before - 1 if before else float("inf")
            good = change <= LIMIT
            passed, failed = passed + good, failed + (not good)
            print("%-14s %12s -> %12d instructions, %+.1f %%%s" % (
                name, before, now[name], 100 * change, "" if good else "  FAILED" if before else "  FAILED: new"))
            if change < -LIMIT:
                print("    cheaper: keep it so with tools/count-instructions")
    if rest == ["--update"]:
        with open(COUNTS, "w") as file:
            json.dump({"compiler": compiler, "counts": now}, file, indent=2)
            file.write("\n")
        return 0
    if failed:
        print("A step takes more instructions. If that is worth it, say why and write the new counts: tools/count-instructions")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
