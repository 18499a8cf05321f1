#!/usr/bin/env python3
"""`simgraph run --profile`: a trace of the documented form, and tables that add up.

usage: profile_test.py PROGRAM GRAPH HIDDEN     HIDDEN: one whose last block reads hidden cells alone
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM, GRAPH, HIDDEN = map(os.path.abspath, sys.argv[1:4])
checks = [0, 0]


def check(condition, what):
    checks[not condition] += 1
    if not condition:
        print("failed: " + what)


def run(*arguments):
    done = subprocess.run([PROGRAM, "run", GRAPH, "--threads", "2"] + list(arguments), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    check(done.returncode == 0, "exit %d: %s" % (done.returncode, done.stderr))
    return done.stdout, done.stderr


def ops_of():
    return {entry["name"] for entry in json.loads(subprocess.run([PROGRAM, "ops", "--json"], stdout=subprocess.PIPE,
                                                                 text=True).stdout)}


def trace(path, steps):
    """The Trace Event Format's JSON array: names of rows, then complete events with times in microseconds."""
    with open(path, encoding="utf-8") as file:
        events = json.load(file)
    names = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    check(names == {0: "run", 1: "worker 0", 2: "worker 1"}, "rows: %s" % names)
    work = [e for e in events if e["ph"] == "X" and e["tid"] > 0]
    spans = [e for e in events if e["ph"] == "X" and e["tid"] == 0]
    check(len(work) + len(spans) + 4 == len(events), "only rows and complete events")
    known = ops_of()
    for e in work:
        fields = {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"}
        check(set(e) == fields and e["ts"] >= 0 and e["dur"] >= 0, "an event is %s" % e)
        check(set(e["args"]) == {"path", "shape", "share", "gflops_per_second"}, "arguments are %s" % e["args"])
        check(e["cat"] in known and e["args"]["path"] and 0 <= e["args"]["share"] <= 1, "an event is %s" % e)
        check(re.fullmatch(r"\[(\d+(, \d+)*)?\]", e["args"]["shape"]) is not None, "shape %s" % e["args"]["shape"])
    for row in names:
        mine = [e for e in events if e["ph"] == "X" and e["tid"] == row and e["name"] != "load"]
        for before, after in zip(mine, mine[1:]):
            check(after["ts"] >= before["ts"] + before["dur"] - 0.002, "%s overlaps: %s, %s" % (names[row], before, after))
    taken = [e for e in spans if e["name"] == "step"]
    check(len(taken) == steps, "%d steps, not %d" % (len(taken), steps))
    check(all(b["args"]["step"] == a["args"]["step"] + 1 for a, b in zip(taken, taken[1:])), "steps in order")
    check(sum(e["name"] == "load" for e in spans) >= steps, "loading")
    for e in work:
        inside = any(s["ts"] - 0.002 <= e["ts"] and e["ts"] + e["dur"] <= s["ts"] + s["dur"] + 0.002 for s in taken)
        check(inside, "an event outside of every step: %s" % e)
    shares = {}
    for e in work:
        shares[e["args"]["path"]] = shares.get(e["args"]["path"], 0) + e["args"]["share"]
    check(all(abs(share - steps) < 1e-3 for share in shares.values()), "every node once a step: %s" % shares)
    return {e["name"] for e in spans}, sum(e["dur"] for e in work) / 1e3, sum(e["dur"] for e in taken) / 1e3


LINE = re.compile(r"(.+?) +(\d+) +(-?[\d.]+) ms +(-?[\d.]+) % +([\d.]+) +([\d.]+) %")


def tables(text):
    """name -> {entry: (nodes, milliseconds, share)}, and the milliseconds of all workers."""
    found, current = {}, None
    for line in text.splitlines():
        head = re.match(r"(op|block|node) +nodes +time a step", line)
        if head:
            current = found.setdefault(head.group(1), {})
        elif current is not None and LINE.fullmatch(line):
            name, nodes, time, share, _, _ = LINE.fullmatch(line).groups()
            current[name] = (int(nodes), float(time), float(share))
        else:
            current = None
    whole = re.search(r"profile of (\d+) steps?: ([\d.]+) ms a step, ([\d.]+) ms of (\d+) workers?", text)
    return found, int(whole.group(1)), float(whole.group(3))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        out, file = os.path.join(scratch, "run"), os.path.join(scratch, "own.json")
        text, _ = run("--out", out, "--profile")
        check("%s/trace.json" % out in text, "the file is named")
        spans, work, steps = trace(os.path.join(out, "trace.json"), 10)
        check(spans == {"step", "load", "evaluate", "save"}, "spans: %s" % spans)
        found, count, workers = tables(text)
        check(count == 10 and set(found) == {"op", "block", "node"}, "tables: %d, %s" % (count, set(found)))
        for name, entries in found.items():
            total = sum(entry[1] for entry in entries.values())
            check(abs(total - workers) < 0.02 * workers, "by %s: %g of %g ms" % (name, total, workers))
            check(abs(sum(entry[2] for entry in entries.values()) - 100) < 2, "shares by %s" % name)
        by_op = sum(entry[1] for name, entry in found["op"].items() if not name.startswith("("))
        check(abs(by_op - work / 10) < 0.02 * work / 10 + 0.02, "the table has %g ms, the trace %g" % (by_op, work / 10))
        check(work <= 2 * steps, "more work than workers")
        check("layer" in found["block"] or any(n.startswith("layer") for n in found["block"]), "blocks")
        # What is made for hidden cells alone, "codes.block.2.mid/hidden", belongs to its block.
        text = subprocess.run([PROGRAM, "run", HIDDEN, "-q", "--out", out + "8", "--profile=" + file, "--profile-steps", "1",
                               "--set", "train.epochs-", "--set", "train.steps=2", "--set", "images=64", "--set", "evaluate-"],
                              stderr=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
        with open(file, encoding="utf-8") as made:
            check("codes.block.2.mid/hidden" in made.read(), "the run has rows of hidden cells")
        names = set(tables(text)[0]["block"])
        check("codes.block.2" in names and not names & {"hidden", "shared", "part", "affine", "matmul"}, "blocks: %s" % names)
        text, _ = run("--out", out + "2", "--profile", file, "--profile-steps", "4")
        trace(file, 4)
        check(not os.path.exists(out + "2/trace.json"), "one trace only")
        check("GFLOP/s a thread\n" in text, "a large product in f32: " + text)
        text, _ = run("--out", out + "7", "--profile=" + file, "--profile-steps", "1", "--set", "train.precision=bf16")
        check("GFLOP/s a thread, in bf16\n" in text, "a large product as the run's products are: " + text)
        # Fewer steps than warm-up and ten: what is left, and the only step of a run.
        text, _ = run("--out", out + "3", "--profile=" + file, "--set", "train.epochs-", "--set", "train.steps=5")
        trace(file, 2)
        text, _ = run("--out", out + "4", "--profile=" + file, "--set", "train.epochs-", "--set", "train.steps=1")
        trace(file, 1)
        # The weights are those of a run without.
        run("--out", out + "5")
        with open(out + "/model.safetensors", "rb") as a, open(out + "5/model.safetensors", "rb") as b:
            check(a.read() == b.read(), "profiling changes weights")
        # The last, smaller batch of an epoch runs another program: its steps are left out of the tables.
        text, _ = run("--out", out + "6", "--profile=" + file, "--set", "data.train.count=20")
        check(re.search(r"profile of [12] steps?", text) is not None, "steps of whole batches: " + text)
    print("%d passed, %d failed" % tuple(checks))
    return checks[1] > 0


sys.exit(main())
