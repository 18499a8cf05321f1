#!/usr/bin/env python3
"""What `summary` foretells is what `run` plans: programs for full batches and for the last, smaller ones, for evaluations
and for pictures.

usage: memory_test.py SIMGRAPH DIRECTORY    (the directory of the graphs)
"""
import json
import os
import re
import subprocess
import sys
import tempfile

UNITS = {"KiB": 2 ** 10, "MiB": 2 ** 20, "GiB": 2 ** 30}
# Graphs, and settings: an update will do, and a few held-out samples, of which the last batch has fewer.
CASES = [("simmim.yaml", ["evaluate.samples=200"]),
         ("simmim.yaml", ["evaluate.samples=200", "batch_size=1", "train.clip-", "train.optimizer_in_backward=true"]),
         ("shapes.yaml", []),
         ("conv.yaml", ["evaluate.samples=100"]),
         ("beit.yaml", ["evaluate.samples=70"]),
         ("contrastive.yaml", ["evaluate.samples=300"]),
         ("shapes.yaml", ["train.batch=7", "data.train.count=100", "evaluate.pictures.reconstruction.count=50"])]


def run(program, verb, graph, settings, *more):
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([program, verb, graph, *words, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stderr)
        raise SystemExit("%s %s %s failed" % (verb, graph, settings))
    return done.stdout


def main():
    program, directory = sys.argv[1:]
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, settings) in enumerate(CASES):
            graph = os.path.join(directory, name)
            memory = json.loads(run(program, "summary", graph, settings, "--json"))["memory"]
            foretold = sum(memory[part] for part in ("store", "arena", "tiles", "feeds"))
            told = run(program, "run", graph, settings + ["train.steps=1", "train.epochs-"], "--quiet",
                       "--out", os.path.join(scratch, str(number)))
            size, unit = re.search(r"planned ([\d.,]+) (.iB)", told).groups()
            planned = float(size.replace(",", "")) * UNITS[unit]
            good = abs(foretold - planned) <= 0.02 * planned
            failed += not good
            print("%s %s: foretold %.2f MiB, planned %.2f MiB%s" % (name, " ".join(settings), foretold / 2 ** 20,
                                                                 planned / 2 ** 20, "" if good else ": NOT the same"))
    print("%d passed, %d failed" % (len(CASES) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
