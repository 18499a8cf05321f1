#!/usr/bin/env python3
"""Following a run: what stands on terminals of several sizes, while they change theirs; lines where there is no terminal;
events as JSON; graph.svg.

usage: following_test.py SIMGRAPH GRAPH
"""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile

from terminal import Terminal

passed = failed = 0
BAR = re.compile(r"([█▏▎▍▌▋▊▉░]{5,}|[#.]{5,}) +\d+ %")
LONG = ["--set", "train.epochs=1000000", "--set", "save.every=100000 epochs", "--set", "evaluate.every=40 epochs"]


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("failed:", what)


def start(name, *options, **size):
    return Terminal([PROGRAM, "run", GRAPH, "-o", name, "--set", "save.graph=false", *LONG, *options], **size)


def bars(screen):
    return [row for row, line in enumerate(screen.shown()) if BAR.search(line)]


def block(screen):
    """The lines from the last bar on."""
    rows = bars(screen)
    return screen.shown()[rows[-1]:] if rows else []


def ready(screen):
    lines = block(screen)
    return len(lines) >= 4 and "masked l1" in lines[2]


def widths():
    """What there is room for, in the order of what matters; nothing is broken, however narrow."""
    for columns, pieces, missing in (
            (120, [["%", "step", " of ", "epoch"], ["loss", "rate", "norm"], ["held out", "masked l1", "black", "at step"],
                   ["left", "after", "images/s", "memory", "MiB"]], []),
            (46, [["%", "step"], ["loss"], ["masked l1"], ["left", "images/s"]], ["memory", "epoch"]),
            (20, [["%"], ["loss"], ["masked l1"], ["left"]], ["images/s", "step 1"])):
        screen = start("wide%d" % columns, rows=40, columns=columns)
        good = screen.wait(ready)
        lines = block(screen)
        check(good and len(lines) == 4, "%d columns: %s" % (columns, screen.text()))
        for line, words in zip(lines, pieces):
            check(all(word in line for word in words), "%d columns: %s lacks one of %s" % (columns, line, words))
        check(not any(word in line for word in missing for line in lines), "%d columns: %s" % (columns, lines))
        check(max(map(len, lines)) < columns, "%d columns: %s" % (columns, lines))
        check(len(bars(screen)) == 1, "%d columns: one block\n%s" % (columns, screen.text()))
        check(re.search("[▁▂▃▄▅▆▇█]{3}", lines[1]), "a course of the loss: " + lines[1])
        code = screen.end(signal.SIGINT)
        last = "".join(screen.shown()[screen.shown().index(block(screen)[0]):])
        check(code == 130 and "tocontinue" in last.replace(" ", ""), "%d columns: its end: %d, %s" % (columns, code, last))
        check(len(bars(screen)) == 1, "%d columns: its last state stays" % columns)


def resizes():
    """Narrower and wider: one block, whole, with what was printed above it, on terminals that break lines anew or cut them."""
    for reflow in True, False:
        screen = start("size%d" % reflow, rows=30, columns=100)
        check(screen.wait(ready), "before: " + screen.text())
        for rows, columns in (30, 40), (30, 22), (30, 90), (3, 90), (30, 70):
            screen.resize(rows, columns, reflow)
            seen = len(screen.raw)
            lines = min(4, rows - 1)
            good = screen.wait(lambda s: len(s.raw) > seen + 200 and len(block(s)) == lines and len(bars(s)) == 1, 20)
            check(good and max(map(len, block(screen))) < columns,
                  "%d columns, %s:\n%s" % (columns, "reflow" if reflow else "cut", screen.text()))
        screen.end(signal.SIGINT)
        told = [line for line in screen.shown() if line.startswith("epoch")]
        check(told and len(bars(screen)) == 1, "what was told stays: %s" % screen.text())


def colours():
    for env, coloured, plain in ({}, True, False), ({"NO_COLOR": "1"}, False, False), ({"LC_ALL": "C"}, True, True):
        screen = start("colour%d%d" % (coloured, plain), rows=24, columns=80, env=env)
        check(screen.wait(ready), "%s: %s" % (env, screen.text()))
        screen.end(signal.SIGINT)
        check(bool(screen.colours) == coloured, "%s: colours %s" % (env, screen.colours))
        check(not plain or screen.raw.isascii(), "%s: not ASCII" % env)
    screen = start("dumb", "--set", "train.epochs=2", rows=24, columns=80, env={"TERM": "dumb"})
    check(screen.end() == 0 and b"\x1b" not in screen.raw and not bars(screen), "a dumb terminal: %s" % screen.text())


def warnings():
    """They stand above the block, each once; so does where an evaluation is."""
    screen = start("warn", "--set", "train.optimizer={op: sgd, lr: 0}", "--set", "mask_ratio=0", rows=30, columns=100)
    check(screen.wait(lambda s: len(block(s)) >= 3 and "warning" in s.text()), screen.text())
    screen.end(signal.SIGINT)
    check(screen.text().count("nothing is learned") == 1 and len(bars(screen)) == 1, screen.text())
    screen = start("judged", "--set", "data.test.count=60000", "--set", "evaluate.every=1 epochs", rows=30, columns=100)
    check(screen.wait(lambda s: re.search(r"evaluating [0-9,]+ of 60,000", "\n".join(block(s)))), screen.text())
    screen.end(signal.SIGINT)


def events():
    def run(*options, code=0):
        command = [PROGRAM, "run", GRAPH, "--json", "--set", "save.graph=false", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        check(done.returncode == code, "%s: status %d: %s" % (options, done.returncode, done.stderr))
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    told, rest = run("-o", "json")
    kinds = [e["event"] for e in told]
    check(rest == "" and kinds[0] == "started" and kinds[-1] == "finished" and kinds.count("evaluated") == 2
          and kinds.count("saved") == 2 and "step" in kinds, "events %s, and %s" % (kinds, rest))
    check(told[0]["directory"] == "json" and told[0]["steps"] == 16, "started: %s" % told[0])
    with open("json/metrics.jsonl") as file:
        records = {r["step"]: r for r in map(json.loads, file)}
    for e in told:
        record = records.get(e["step"])
        if e["event"] == "step":
            check(abs(e["loss"] - record["loss"]) < 1e-8 and e["lr"] == record["lr"], "step: %s" % e)
        if e["event"] == "evaluated":
            check(e["values"].keys() == record["values"].keys() and
                  all(abs(e["values"][k] - v) < 1e-8 for k, v in record["values"].items()), "evaluated: %s" % e)
    check(told[-1]["state"] == "finished" and told[-1]["step"] == 16 and told[-1]["values"].keys() == {"masked l1", "black"},
          "finished: %s" % told[-1])
    # Of all its updates, and not of the last ones alone.
    listed = json.loads(subprocess.run([PROGRAM, "runs", "json", "--json"], stdout=subprocess.PIPE).stdout)[0]
    check(abs(listed["images_per_second"] / told[-1]["images_per_second"] - 1) < 1e-6, "%s %s" % (listed, told[-1]))
    told, rest = run("-o", "bad", "--set", "train.optimizer={op: sgd, lr: 0}", "--set", "mask_ratio=0")
    check([e["message"] for e in told if e["event"] == "warning"][0].startswith("the loss and its gradient are 0"), "%s" % told)
    told, rest = run("-o", "json", code=2)
    check([e["event"] for e in told] == ["error"] and "is there already" in told[0]["message"] and told[0]["code"] == 2
          and "is there already" in rest, "%s %s" % (told, rest))
    told, rest = run("-o", "wrong", "--set", "train.optimizer.op=adamx", code=3)
    check([e["code"] for e in told] == [3] and "unknown optimizer" in rest and
          re.fullmatch(r"[^ ]*:\d+:\d+: unknown optimizer `adamx`", told[0]["message"]), "%s %s" % (told, rest))
    told, rest = run("--set", "train.epochs=", code=3)
    check([(e["code"], e["message"]) for e in told] == [(3, rest.split("\n")[0].replace(": error: ", ": ", 1))], "%s %s" % (told, rest))
    done = subprocess.run([PROGRAM, "run", "nowhere.yaml", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(json.loads(done.stdout) == {"event": "error", "message": "cannot read `nowhere.yaml`: there is no such file", "code": 6},
          done.stdout + done.stderr)
    # Whoever reads may go: the run does not.
    process = subprocess.Popen([PROGRAM, "run", GRAPH, "--json", "-o", "left", "--set", "save.graph=false"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    rest = process.stderr.read()
    check(process.wait() == 6 and "cannot write to standard output" in rest, "left alone: %s" % rest)
    with open("left/run.json") as file:
        check(json.load(file)["state"] == "finished", "left alone")
    reader, writer = os.pipe()
    os.close(reader)
    code = subprocess.run([PROGRAM, "run", GRAPH, "-o", "unheard", "--set", "save.graph=false"], stdout=writer, stderr=writer).returncode
    os.close(writer)
    with open("unheard/run.json") as file:
        check(code == 6 and json.load(file)["state"] == "finished", "unheard: %d" % code)


def diagram():
    """Where `dot` is missing there is none; where it fails, the run does not."""
    os.mkdir("bin")

    def run(name, **env):
        done = subprocess.run([PROGRAM, "run", GRAPH, "-q", "-o", name], env={**os.environ, **env}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stderr, os.path.exists(name + "/graph.svg"), "graph.svg" in done.stdout

    check(run("none", PATH=os.path.abspath("bin")) == (0, "", False, False), "without Graphviz")
    with open("bin/dot", "w") as file:
        file.write("#!/bin/sh\necho 'Error: no ink' >&2\nexit 3\n")
    os.chmod("bin/dot", stat.S_IRWXU)
    got = run("fails", PATH=os.path.abspath("bin") + ":" + os.environ["PATH"])
    check(got == (0, "simgraph: warning: fails/graph.svg is not drawn: dot failed: no ink\n", False, False), "%s" % (got,))
    if subprocess.run(["dot", "-V"], stderr=subprocess.DEVNULL).returncode == 0:
        check(run("drawn") == (0, "", True, True), "with Graphviz")
        with open("drawn/graph.svg") as file:
            text = file.read()
        check("<svg" in text and ">drawn<" in text and "recon" in text, "what it draws")


PROGRAM, GRAPH = map(os.path.abspath, sys.argv[1:3])
with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    for part in widths, resizes, colours, warnings, events, diagram:
        part()
    os.chdir("/")
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
