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

FEW = ["images=512", "batch_size=16", "data.test.count=256"]
SHORT = FEW + ["epochs=3"]
RUNS = {"conv.yaml": [SHORT, SHORT + ["nodes.mask.op=box_mask", "mask_ratio=0.3"]], "hard.yaml": [FEW + ["epochs=8", "lr=4e-3"]],
        "shapes.yaml": [SHORT], "swin_small.yaml": [SHORT],
        "cnn_16.yaml": [["data.train.count=2048", "epochs=10", "part=hidden"]]}


def train(program, path, settings):
    """The values of the last evaluation."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "run")
        words = sum((["--set", text] for text in settings), [])
        subprocess.run([program, "run", path, "--out", out] + words, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as file:
            return [record["values"] for record in map(json.loads, file) if record.get("values")][-1]


def main():
    program, directory = sys.argv[1:]
    passed, failed = 0, 0
    for path in sorted(glob.glob(os.path.join(directory, "*.yaml"))):
        checked = subprocess.run([program, "check", path], stdout=subprocess.DEVNULL).returncode == 0
        passed, failed = passed + checked, failed + (not checked)
        if not checked:
            print("%s has errors" % path)
        for settings in RUNS.get(os.path.basename(path), []):
            values = train(program, path, settings)
            good = values["masked_l1"] < 0.8 * values["mean_image"]
            passed, failed = passed + good, failed + (not good)
            if not good:
                print("%s %s: masked_l1 is %g, by mean_image %g" % (path, settings, values["masked_l1"],
                                                                    values["mean_image"]))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
