#!/usr/bin/env python3
"""System calls that fail during a run, injected with strace, one after the other; and limits of the process.

usage: run_faults_test.py SIMGRAPH GRAPH DRAWN     DRAWN: a graph with a picture `first`

Whatever fails: the exit status and the message say so, no half-made file stays, and what was saved before
resumes to the same bits as a run that nothing disturbed.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TEMPORARY = re.compile(r"(\.tmp|-new\.safetensors)$")
WRITE, SYNC, RENAME = "cannot write `%s`: %s", "cannot sync `%s`: %s", "cannot replace `%s`: %s"
FILES = ["graph.yaml", "model.safetensors", "checkpoint-new.safetensors", "checkpoint.safetensors", "loss.svg",
         "report.html", "run.json", "metrics.csv"]


def allowed(call, reason):
    """The messages that a failing call may lead to."""
    paths = ["out/" + name for name in FILES]
    logs = ["cannot write out/metrics.jsonl: " + reason, "cannot write out/metrics.csv: " + reason,
            re.compile(r"simgraph: error: cannot write out/events\.out\.tfevents\.\d{10}\.[^/]*: " + re.escape(reason))]
    if call == "write":
        return [WRITE % (path, reason) for path in paths] + logs + ["cannot write to standard output: " + reason]
    if call == "fsync":
        return [form % (path, reason) for path in paths
                for form in (SYNC, "cannot sync the directory of `%s`: %s")] + logs
    if call == "rename":
        return [RENAME % (path, reason) for path in paths] + [
            "cannot rename out/%s to out/%s: %s" % (old, new, reason) for old, new in
            (("checkpoint-new.safetensors", "checkpoint.safetensors"),
             ("checkpoint.safetensors", "checkpoint-previous.safetensors"))]
    return ["cannot make the directory out: " + reason]


def told(message, messages):
    return any(message == text if isinstance(text, str) else text.fullmatch(message) for text in messages)


OFFER = re.compile(r"\nstep \d+ of \d+ is saved; to continue:\n  simgraph run out/graph\.yaml --resume$")
offered = False


def run(command):
    """The exit code and the message; how to go on, which follows it where something was saved, is `offered`."""
    global offered
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    message = done.stderr.strip()
    offered = OFFER.search(message) is not None
    return done.returncode, OFFER.sub("", message)


def model():
    with open("out/model.safetensors", "rb") as file:
        return file.read()


def state():
    """What run.json says became of the run; None where there is none."""
    if not os.path.exists("out/run.json"):
        return None
    with open("out/run.json") as file:
        return json.load(file)["state"]


class Test:
    def __init__(self, program, graph, *settings):
        self.train = [program, "run", graph, "-q", "--threads", "2", "--set", "save.every=1 epochs",
                      "--set", "train.batch=16", "--set", "save.graph=false"] + list(settings)
        self.fresh = self.train + ["--out", "out"]
        self.resume = self.train + ["--resume", "out"]
        self.passed = self.failed = 0

    def check(self, what, good, shown):
        if good:
            self.passed += 1
            return
        self.failed += 1
        print("failed: %s: %s" % (what, shown))

    def inject(self, call, error, reason):
        """Fails the first, the second, ... call until a run has fewer."""
        messages = ["simgraph: error: " + text if isinstance(text, str) else text for text in allowed(call, reason)]
        for when in range(1, 200):
            shutil.rmtree("out", ignore_errors=True)
            what = "%s:error=%s:when=%d" % (call, error, when)
            status, message = run(["strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + what]
                                  + self.fresh)
            if status == 0 and not message:
                self.check(what, when > 1 and model() == self.expected, "another model, or no call failed")
                return
            left = [name for name in os.listdir("out") if TEMPORARY.search(name)] if os.path.isdir("out") else []
            self.check(what, status == 6 and told(message, messages) and not left, "status %d: %s %s" % (status, message, left))
            offer = offered
            saved = any(os.path.exists("out/" + name)
                        for name in ("checkpoint.safetensors", "checkpoint-previous.safetensors"))
            # Whose directory is not on disk counts as not saved; a report that fails comes behind the run.
            done = status == 6 and state() == "finished"
            self.check(what + ", offered", offer == saved or done or (call == "fsync" and not offer), "%s %s" % (offer, saved))
            if saved:
                status, message = run(self.resume)
                self.check(what + ", resumed", status == 0 and model() == self.expected, "status %d: %s" % (status, message))
        self.check(call, False, "there is no end of these calls")

    def inject_at(self, call, error, path, message):
        """Fails what is done to one file, and says so; what was saved resumes."""
        shutil.rmtree("out", ignore_errors=True)
        when = 1 + next(i for i, line in enumerate(self.calls) if line.startswith(call + "(") and '"%s"' % path in line)
        when -= sum(not line.startswith(call + "(") for line in self.calls[:when])
        status, said = run(["strace", "-f", "-o", "/dev/null", "-e", "trace=" + call,
                            "-e", "inject=%s:error=%s:when=%d" % (call, error, when)] + self.fresh)
        self.check(call + " " + path, status == 6 and said == "simgraph: error: " + message, "status %d: %s" % (status, said))
        left = [name for _, _, files in os.walk("out") for name in files if TEMPORARY.search(name)]
        self.check(call + " " + path, not left, left)
        status, said = run(self.resume)
        self.check(call + " " + path + ", resumed", status == 0 and model() == self.expected and os.path.exists("out/report.html"),
                   "status %d: %s" % (status, said))

    def pictures(self):
        """Pictures of evaluations, and the report."""
        shutil.rmtree("out", ignore_errors=True)
        run(["strace", "-f", "-o", "calls", "-e", "trace=rename,mkdir"] + self.fresh)
        with open("calls") as file:
            self.calls = [line.split(None, 1)[1] for line in file]
        os.unlink("calls")
        self.expected = model()
        reason, shown = "Input/output error", "out/pictures/first-4.png"
        self.inject_at("rename", "EIO", shown, "picture `first`: " + RENAME % (shown, reason))
        self.inject_at("mkdir", "EIO", "out/pictures", "picture `first`: cannot make the directory out/pictures: " + reason)
        self.inject_at("rename", "EIO", "out/report.html", RENAME % ("out/report.html", reason))

    def board(self):
        """What TensorBoard cannot be told costs no checkpoint."""
        shutil.rmtree("out", ignore_errors=True)
        run(["strace", "-f", "-o", "calls", "-e", "trace=openat"] + self.fresh)
        with open("calls") as file:
            calls = [line.split(None, 1) for line in file if "openat(" in line]
        os.unlink("calls")
        at = next(i for i, (_, call) in enumerate(calls) if "/events.out.tfevents." in call)
        expected, when = model(), sum(thread == calls[at][0] for thread, _ in calls[:at + 1])  # each thread counts its own
        shutil.rmtree("out", ignore_errors=True)
        status, said = run(["strace", "-f", "-o", "/dev/null", "-e", "trace=openat",
                            "-e", "inject=openat:error=EACCES:when=%d" % when] + self.fresh)
        good = status == 6 and re.fullmatch(r"simgraph: error: cannot write out/events\.out\.tfevents\.\S+: Permission denied", said)
        self.check("board", good and os.path.exists("out/checkpoint.safetensors"), "status %d: %s" % (status, said))
        status, said = run(self.resume)
        self.check("board, resumed", status == 0 and model() == expected, "status %d: %s" % (status, said))

    def full(self):
        """On a disk that stays full there is room for why the run failed, in the place of what run.json said before."""
        shutil.rmtree("out", ignore_errors=True)
        run(["strace", "-f", "-o", "calls", "-e", "trace=write,rename"] + self.fresh)
        with open("calls") as file:
            calls = [line.split(None, 1)[1] for line in file]
        os.unlink("calls")
        saved = next(i for i, line in enumerate(calls) if line.startswith("rename(") and '"out/checkpoint.safetensors")' in line)
        when = sum(line.startswith("write(") for line in calls[:saved]) + 6
        shutil.rmtree("out", ignore_errors=True)
        status, _ = run(["strace", "-f", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:error=ENOSPC:when=%d+" % when] + self.fresh)
        self.check("a full disk", status == 6 and state() == "failed", "status %d: %s" % (status, state()))

    def renamed(self):
        """A checkpoint is told to be saved once its new name is on disk."""
        shutil.rmtree("out", ignore_errors=True)
        run(["strace", "-f", "-y", "-o", "calls", "-e", "trace=rename,fsync"] + self.fresh)
        with open("calls") as file:
            calls = [line for line in file if "rename(" in line or "fsync(" in line]
        os.unlink("calls")
        after = [calls[i + 1] for i, line in enumerate(calls) if line.rstrip().endswith('"out/checkpoint.safetensors") = 0')]
        self.check("renamed", after and all("/out>)" in line for line in after), "".join(calls))

    def limited(self, limit, status, message):
        shutil.rmtree("out", ignore_errors=True)
        command = ["sh", "-c", "ulimit %s; exec \"$@\"" % limit, "sh"] + self.fresh
        given = run(command)
        self.check(limit, given == (status, message), "status %d: %s" % given)
        if status == 0:
            self.check(limit, model() == self.expected, "another model")


def main():
    if subprocess.run(["sh", "-c", "command -v strace && strace -o /dev/null -e inject=rename:error=EIO true"],
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: strace is not there or may not trace")
        return 77
    test = Test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
    drawn = Test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3]), "--set", "train.steps=4")
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        status, message = run(test.fresh)
        test.check("a run", status == 0 and not message, "status %d: %s" % (status, message))
        test.expected = model()
        test.renamed()
        test.board()
        test.full()
        test.inject("write", "ENOSPC", "No space left on device")
        test.inject("fsync", "EIO", "Input/output error")
        test.inject("rename", "EIO", "Input/output error")
        test.inject("mkdir", "EACCES", "Permission denied")
        drawn.pictures()
        test.passed, test.failed = test.passed + drawn.passed, test.failed + drawn.failed
        test.limited("-s 100", 0, "")
        # Loading the libraries takes some of it, and OpenBLAS's own threads: without the check they all wait for ever.
        test.limited("-v 220000", 8, "simgraph: error: the matrix products of 2 threads need 258 MiB of address space, "
                     "which the limit of this process does not leave: ask for fewer threads or raise it (ulimit -v)")
        os.chdir("/")
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed else 0


sys.exit(main())
