#!/usr/bin/env python3
"""The graphs that come with simgraph: each is free of errors, and short runs of those that draw their own images
predict hidden pixels clearly better than the mean of all images does.

usage: graphs_test.py SIMGRAPH DIRECTORY    (the directory of the graphs)
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

SHORT = ["--set", "images=1024", "--set", "epochs=3"]
RUNS = {"conv.yaml": [[], ["--set", "hide={op: box_mask, ratio: 0.3}"]], "hard.yaml": [[]],
        "shapes.yaml": [[]], "swin_small.yaml": [[]]}


def main():
    program, directory = sys.argv[1:]
    passed, failed = 0, 0
    for path in sorted(glob.glob(os.path.join(directory, "*.yaml"))):
        checked = subprocess.run([program, "check", path], stdout=subprocess.DEVNULL).returncode == 0
        passed, failed = passed + checked, failed + (not checked)
        for more in RUNS.get(os.path.basename(path), []):
            with tempfile.TemporaryDirectory() as scratch:
                out = os.path.join(scratch, "run")
                subprocess.run([program, "run", path, "--out", out] + SHORT + more, check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as file:
                    values = [record["values"] for record in map(json.loads, file) if record.get("values")][-1]
            good = values["masked_l1"] < 0.8 * values["mean_image"]
            passed, failed = passed + good, failed + (not good)
            if not good:
                print("%s %s: masked_l1 is %g, by mean_image %g" % (path, more, values["masked_l1"], values["mean_image"]))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
