#!/usr/bin/env python3
"""The examples of `simgraph ops NAME` are nodes of graph files: every one is loaded, bound and gives what it says.

usage: examples_test.py PROGRAM
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])

# Sizes of the inputs of blocks: what a pattern leaves open. A code stands for 4 x 4 pixels.
SIZES = {"gh": 8, "gw": 8, "h": 32, "w": 32, "c": 8, "n": 64, "channels": 8, "rows * columns": 16, "pixels": 16,
         "b * gh * gw": 128, "window ** 2": 16}


def run(*arguments):
    return subprocess.run([PROGRAM] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def names_of(node):
    """The values that the node reads, in the order of its `in`."""
    found = re.search(r"(?:in|next): (\[[^\]]*\]|\{[^}]*\}|\w+)", node)
    if not found:
        return []
    return [part.split(":")[-1].strip() for part in found.group(1).strip("[]{}").split(",")]


def op_inputs(entry):
    """Types and shapes of the inputs and outputs: "f32 [2, 3], i32 [2] -> f32 [2, 3]"."""
    before, after = entry["example_shapes"].split("->")
    typed = r"(\w+) (\[[^\]]*\])"
    return re.findall(typed, before), re.findall(typed, after)


def block_inputs(entry):
    shapes = {port["name"]: port.get("shape", "[n, c]") for port in entry["inputs"]}
    types = {port["name"]: port.get("type", "f32") for port in entry["inputs"]}
    result = []
    for name in names_of(entry["example"]):
        sizes = [s.strip() for s in shapes[name].strip("[]").replace("...", "2, n").split(",")]
        result.append((types[name], "[%s]" % ", ".join(str(SIZES.get(s, 2) if not s.isdigit() else s) for s in sizes)))
    return result


def main():
    entries = [e for e in json.loads(run("ops", "--json").stdout) if e["kind"] in ("op", "block")]
    failures, checked = [], 0
    with tempfile.TemporaryDirectory() as top:
        for entry in entries:
            name, node = entry["name"], entry.get("example")
            if not node:
                failures.append("%s has no example" % name)
                continue
            inputs, outputs = op_inputs(entry) if entry["kind"] == "op" else (block_inputs(entry), [])
            stored = {p["name"] for p in entry["inputs"] if "(stored)" in p["doc"]}
            lines = ["simgraph: 1", "nodes:"]
            for (kind, shape), value in zip(inputs, names_of(node)):
                op = "weight" if value in stored else "input"
                lines.append("  %s: {op: %s, shape: %s, type: %s}" % (value, op, shape, kind))
            of = re.search(r"\bof: (\w+)", node)  # a weight that it names as a text
            if of:
                lines.append("  %s: {op: weight, shape: %s}" % (of.group(1), outputs[0][1]))
            path = os.path.join(top, name + ".yaml")
            with open(path, "w") as file:
                file.write("\n".join(lines + ["  " + node]) + "\n")
            done = run("summary", path, "--json")
            if done.returncode != 0:
                failures.append("%s: %s\n%s" % (name, node, done.stderr))
                continue
            checked += 1
            result = node.split(":")[0]
            rows = {row["path"]: row for row in json.loads(done.stdout)["nodes"]}
            if outputs and outputs[0][1] != rows[result]["shape"]:
                failures.append("%s: %s gives %s" % (name, entry["example_shapes"], rows[result]["shape"]))
    for failure in failures:
        print(failure)
    print("%d examples, %d failures" % (checked, len(failures)))
    return 1 if failures or checked < 100 else 0


sys.exit(main())
