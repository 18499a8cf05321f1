#!/usr/bin/env python3
"""Values of the run sections that are wrong: `simgraph check` refuses each, in the words of `simgraph run`, which
begins no run. Good ones are taken by both.

usage: sections_test.py PROGRAM
"""
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile

GRAPH = {
    "simgraph": 1,
    "nodes": {
        "image": {"op": "input", "shape": ["batch", 3, 8, 8]},
        "mask": {"op": "random_mask", "shape": ["batch", 4, 4], "ratio": 0.5},
        "coarse": {"op": "random_mask", "shape": ["batch", 3, 3], "ratio": 0.5},
        "flat": {"op": "reshape", "in": "image", "shape": ["batch", 192]},
        "codes": {"op": "linear", "in": "flat", "out": 4},
        "loss": "mean(codes ** 2)",
    },
    "data": {"train": {"op": "shapes", "size": 8, "channels": 3, "count": 16, "fields": {"image": []}}},
    "train": {"minimize": "loss", "steps": 1, "batch": 8, "optimizer": {"op": "adamw", "lr": 1e-3}},
    "evaluate": {"data": "train", "values": {"loss": "loss"}},
    "save": {"every": "1 epochs"},
}


def reconstruction(**more):
    entry = {"op": "reconstruction", "in": {"image": "image", "output": "image"}}
    entry["in"].update(more.pop("inputs", {}))
    return {"a": dict(entry, **more)}


def adamw(**more):
    return dict({"op": "adamw", "lr": 1e-3}, **more)


# A key path, and values that it must not have.
BAD = {
    "train.minimize": [3, ["loss"], "codes", "lost", "mask"],
    "train.steps": [0, 1.5, "1", [1]],
    "train.epochs": [1],  # beside steps
    "train.batch": [0, 2.5, True, 2000000, "8"],
    "train.accumulate": [0, -1],
    "train.lanes": [3, 128, 2],
    "train.clip": [-1, "a"],
    "train.seed": [-1, 1.5],
    "train.average": [2, {"op": "linear"}, "lin"],
    "train.optimizer": ["adamw", {"op": "adam", "lr": 1}, adamw(lr={"op": "cosine"}), adamw(betas=[0.9]),
                        adamw(betas=[0.9, 1.0]), adamw(lr={"op": "cosine", "peak": 1, "warmup": "3"}), adamw(x=1)],
    "train.weights": [{}, [{}], [{"match": "bias"}], [{"match": [1], "lr": 1}], [{"match": "bias", "lr": -1}],
                      [{"match": "bias", "frozen": 1}], [{"match": "", "lr": 1}], [{"match": "bais", "lr": 1}],
                      [{"match": "codes", "frozen": True}]],
    "train.report": [[1], {}, ["codes"], ["x"]],
    "train.data": ["tain", 3],
    "train.epoch": [3],
    "evaluate.every": ["0 epochs", 3, "soon"],
    "evaluate.values": [["loss"], {"loss": 3}, {"loss": "codes"}, {"loss": "lost"}],
    "evaluate.pictures": [[1], {"a/b": reconstruction()["a"]}, {"a": {"op": "reconstruction"}}, {"a": "reconstruction"},
                          {"a": {"op": "reconstruction", "in": {"image": "image"}}}, reconstruction(inputs={"msk": "mask"}),
                          reconstruction(inputs={"mask": "coarse"}), reconstruction(inputs={"output": "flat"}),
                          reconstruction(inputs={"image": "flat", "output": "flat"}), reconstruction(mean=0),
                          reconstruction(mean=[0, 0], std=[1, 1]), reconstruction(count=0)],
    "evaluate.best": [{"of": "loss", "keep": "lower"}, {"keep": "lowest"}, "loss", {"of": "los"}],
    "save.every": ["", "0 steps", 5],
    "save.keep": [1.5, -1],
    "save.evry": ["1 epochs"],
    "init.from": [3],
    "init.take": [["a"], {"codes": 3}, {"code": "x"}, {"codes": "x.<l>"}],
    "init.fresh": [{}, [3], ["code"]],
    "init.ignore": [True],
    "init.form": ["x"],
    "data.train": [[], "shapes", {"op": "shapes"}, {"op": "shape", "fields": {"image": []}}],
    "data.train.count": [0],
    "data.train.part": ["tst"],
    "data.train.channels": [2, 1],
    "data.train.fields": [[], {"image": "flip"}, {"image": {"op": "flip"}}, {"image": {"of": "image", "stps": []}}, {},
                          {"image": {"of": 3}}, {"image": ["flp"]}, {"image": [{"op": "flip", "x": 1}]},
                          {"image": {"of": "imagge", "steps": []}}, {"imagge": []},
                          {"image": [{"op": "normalise", "mean": [0, 0], "std": 1}]},
                          {"image": [{"op": "normalise", "mean": 0, "std": 0}]},
                          {"image": [{"op": "random_crop", "area": [2, 1]}]},
                          {"image": [{"op": "dataset_mean", "split": "test"}]}],
    "train": [None, [], {"minimize": "loss"}],
}
GOOD = {
    "train.average": [0.9, {"op": "linear", "peak": 0.9, "end": 1}],
    "train.weights": [[{"match": "bias", "lr": 0.5, "decay": 0}]],
    "evaluate.pictures": [reconstruction(inputs={"mask": "mask"}, mean=0, std=[1, 1, 1])],
    "evaluate.best": [{"of": "loss", "keep": "highest"}],
    "init.take": [{"codes": "x"}],
    "data.train.fields": [{"image": ["flip"]}, {"image": {"of": "image"}}],
}


def change(path, value):
    graph = copy.deepcopy(GRAPH)
    *front, last = path.split(".")
    at = graph
    for part in front:
        at = at.setdefault(part, {})
    at[last] = value
    return graph


def run(program, arguments):
    return subprocess.run([program] + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def main():
    program = os.path.abspath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for good, cases in ((False, BAD), (True, GOOD)):
            for path, values in cases.items():
                for value in values:
                    with open("graph.yaml", "w") as file:
                        json.dump(change(path, value), file)
                    checked = run(program, ["check", "graph.yaml"])
                    trained = run(program, ["run", "graph.yaml", "--quiet", "--threads", "1", "--out", "out"])
                    began = os.path.exists("out")
                    shutil.rmtree("out", ignore_errors=True)
                    wanted = (0, 0, True) if good else (3, 3, False)
                    got = (checked.returncode, trained.returncode, began)
                    words = good or checked.stderr == trained.stderr
                    passed, failed = passed + (got == wanted and words), failed + (got != wanted or not words)
                    if got != wanted or not words:
                        print("%s: %s: %s, expected %s\n%s%s" % (path, json.dumps(value), got, wanted,
                                                                checked.stderr.decode(), trained.stderr.decode()))
        os.chdir("/")
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0 or passed == 0


sys.exit(main())
