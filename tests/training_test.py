#!/usr/bin/env python3
"""Whole training runs in f64 against PyTorch's: loss, rate and gradient norm of each update, and the weights after the
last; and runs in f32 and bf16 against those. tests/torch/record_training.py (a vision transformer with AdamW) and
record_spark.py (SparK with LAMB) compute the numbers again.

usage: training_test.py SIMGRAPH DIRECTORY    (the directory of training.yaml, spark.yaml and the recorded arrays)
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from weights import load
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

# Rounding alone: the two add in other orders. metrics.jsonl holds ten digits.
CLOSE = {"loss": 2e-9, "lr": 2e-9, "gradient_norm": 1e-7}
WEIGHTS = 1e-7
failed = []


def check(what, got, want, limit):
    got, want = np.asarray(got, "f8"), np.asarray(want, "f8")
    worst = np.abs(got - want).max() / np.abs(want).max() if got.shape == want.shape else np.inf
    if not worst <= limit:
        failed.append(what)
        print("failed: %s: relative difference %.3g, allowed %.3g" % (what, worst, limit))
    return worst


def train(program, directory, name, scratch, *more):
    """The records of a run from recorded weights, and its directory."""
    def file(end):
        return os.path.join(directory, name + end)

    out = os.path.join(scratch, "run%d" % len(os.listdir(scratch)))
    subprocess.run([program, "run", file(".yaml"), "--set", "path=" + file("_data.npz"), "--init", file("_init.npz"),
                    "--out", out, "--quiet", *more], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "metrics.jsonl")) as lines:
        return [json.loads(line) for line in lines], out


def compare(program, directory, run):
    want = np.load(os.path.join(directory, run + "_wants.npz"))
    with tempfile.TemporaryDirectory() as scratch:
        records, out = train(program, directory, run, scratch)
        for key, limit in CLOSE.items():
            worst = check(key, [record[key] for record in records], want[key], limit)
            print("%s: %s of %d updates: relative difference %.2g" % (run, key, len(records), worst))
        model = load(os.path.join(out, "model.safetensors"))
        names = sorted(set(want.files) - set(CLOSE))
        if sorted(model) != names:
            failed.append("names")
            print("failed: the weights are %s, wanted %s" % (sorted(model), names))
        for name in names:
            if name in model:
                check(name, model[name], want[name], WEIGHTS)


def compare_rounded(program, directory, run):
    """Products of operands rounded to bf16 stay near the curve of f64, and are not those of f32. What CPUs with and
    without the instruction make of them differs by rounding alone."""
    want = np.load(os.path.join(directory, run + "_wants.npz"))["loss"]
    with tempfile.TemporaryDirectory() as scratch:
        losses = {}
        for precision, product in (("f32", "generic"), ("bf16", "generic"), ("bf16", None)):
            records, _ = train(program, directory, run, scratch, "--set", "train.precision=" + precision,
                               *(["--product", product] if product else []))
            losses[precision, product] = np.array([record["loss"] for record in records])
    check("f32 losses", losses["f32", "generic"], want, 5e-4)
    worst = check("bf16 losses", losses["bf16", None], want, 1e-2)
    print("%s in bf16: losses: relative difference %.2g" % (run, worst))
    check("bf16 losses without the instruction", losses["bf16", "generic"], losses["bf16", None], 1e-3)
    if not worst > 1e-5:
        failed.append("nothing was rounded")
        print("failed: bf16 gives the losses of f32")


def main():
    program, directory = sys.argv[1:]
    for run in ("training", "spark"):
        compare(program, directory, run)
        compare_rounded(program, directory, run)
    sys.exit(1 if failed else 0)


main()
