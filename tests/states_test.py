#!/usr/bin/env python3
"""Batch statistics, averaged teachers and `train: {average}` against PyTorch over the steps of a run:
tests/torch/states.yaml. tests/torch/record_states.py computes the numbers again.

usage: states_test.py SIMGRAPH DIRECTORY    (the directory of states.yaml and the recorded arrays)
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

failed = []


def check(good, what):
    if not good:
        failed.append(what)
        print("failed: %s" % what)


def near(a, b):
    return a.shape == b.shape and np.abs(a - b).max() <= 2e-5 * np.abs(b).max()


def main():
    program, directory = sys.argv[1:]

    def file(name):
        return os.path.join(directory, "states" + name)

    def run(out, *options):
        subprocess.run([program, "run", file(".yaml"), "--set", "path=" + file("_data.npz"), "--out", out, *options],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    want = np.load(file("_wants.npz"))
    with tempfile.TemporaryDirectory() as scratch:
        whole = os.path.join(scratch, "whole")
        run(whole, "--init", file("_init.npz"))
        kept, model = load(os.path.join(whole, "checkpoint.safetensors")), load(os.path.join(whole, "model.safetensors"))
        for name in want.files:
            if name == "evaluated":
                continue
            check(name in kept and near(kept[name], want[name]), "%s in the checkpoint" % name)
        # The model is what was evaluated: averages under the names of the weights.
        for name in model:
            averaged = "average/" + name
            check(np.array_equal(model[name], kept[averaged if averaged in kept else name]), "%s in the model" % name)
        check(sorted(model) == sorted(n for n in want.files if "/" not in n and n != "evaluated"), "names in the model")
        with open(os.path.join(whole, "metrics.jsonl")) as lines:
            last = json.loads(lines.readlines()[-1])
        values = np.array([last["values"]["plain"], last["values"]["loss"]])
        check(near(values, want["evaluated"]), "values of the evaluation: %s, not %s" % (values, want["evaluated"]))

        # From weights alone: averages start as these, states anew.
        fresh = os.path.join(scratch, "fresh")
        run(fresh, "--init", whole, "--set", "train.steps=1", "--set", "train.optimizer.lr=0")
        first = load(os.path.join(fresh, "checkpoint.safetensors"))
        check(all(near(first["average/" + n], model[n]) for n in ("conv.weight", "bn.bias")), "averages after --init")
        check(near(first["teacher.weight"] * 4 - model["conv.weight"], model["teacher.weight"] * 3), "a teacher after --init")
    print("%d failed" % len(failed))
    return len(failed) > 0


sys.exit(main())
