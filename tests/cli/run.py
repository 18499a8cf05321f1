#!/usr/bin/env python3
"""Runs the cases of a file and compares what they print, exactly.

usage: run.py PROGRAM CASES [--update]

A case is a command and what it must give:

    # a comment
    $ simgraph ops sqrtt
    + a further line of the command
    > a line of standard output
    ! a line of standard error
    = 2

`= CODE` may be left out for 0. In an expected line, [*] stands for any text. All cases of a file run one
after the other in one temporary directory that holds a copy of tests/cli/files and a link `graphs` to the
project's graphs. --update writes what the program gives into the file; read the difference before you commit
it. No output may speak of "1 images". The closing line is "N passed, N failed".
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

NOUNS = ("images samples steps epochs graphs nodes values weights parameters elements axes numbers files rows columns classes runs rounds cells "
         "patches tokens pixels channels blocks groups lanes arguments entries threads CPUs batches updates masks names errors warnings arrays "
         "variants pieces parts components inputs outputs labels pictures levels keys lines")
MANY = re.compile(r"(?<![\d.,x/*-])(?<!x )\b1 (?:%s)\b" % NOUNS.replace(" ", "|"))
SPAN = re.compile(r"\b1 epochs\b")  # a length of time of the language, as it is written there

HERE = os.path.dirname(os.path.abspath(__file__))


class Case:
    def __init__(self, line, command):
        self.line, self.lead, self.command = line, [], [command]
        self.out, self.err, self.code = [], [], 0

    def text(self):
        lines = self.lead + ["$ " + self.command[0]] + ["+ " + more for more in self.command[1:]]
        lines += [("> " + line).rstrip(" ") for line in self.out] + [("! " + line).rstrip(" ") for line in self.err]
        return lines + (["= %d" % self.code] if self.code else [])


def read(path):
    cases, lead = [], []
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text.read().split("\n"), 1):
            mark, rest = line[:1], line[2:]
            if mark == "$":
                cases.append(Case(number, rest))
                cases[-1].lead, lead = lead, []
            elif mark in ("", "#"):
                lead.append(line)
            elif mark in "+>!=" and cases:
                case = cases[-1]
                if mark == "=":
                    case.code = int(rest)
                else:
                    {"+": case.command, ">": case.out, "!": case.err}[mark].append(rest)
            else:
                sys.exit("%s:%d: what is this? %s" % (path, number, line))
    return cases, lead


def agrees(wanted, given):
    if len(wanted) != len(given):
        return False
    for pattern, line in zip(wanted, given):
        parts = [re.escape(part) for part in pattern.split("[*]")]
        if not re.fullmatch(".*".join(parts), line.rstrip(" ")):
            return False
    return True


def lines_of(data):
    text = data.decode("utf-8", "backslashreplace")
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n") if text else []


def show(title, wanted, given):
    print("  %s wanted:" % title)
    print("".join("    %s\n" % line for line in wanted), end="")
    print("  %s given:" % title)
    print("".join("    %s\n" % line for line in given), end="")


def main():
    program, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    update = "--update" in sys.argv[3:]
    cases, tail = read(path)
    failed = 0
    with tempfile.TemporaryDirectory() as top:
        work = os.path.join(top, "work")
        files = os.path.join(HERE, "files")
        if os.path.isdir(files):
            shutil.copytree(files, work)
        else:
            os.mkdir(work)
        os.symlink(os.path.join(HERE, "..", "..", "graphs"), os.path.join(work, "graphs"))
        os.mkdir(os.path.join(top, "bin"))
        os.symlink(program, os.path.join(top, "bin", "simgraph"))
        environment = dict(os.environ, PATH=os.path.join(top, "bin") + ":" + os.environ["PATH"], TERM="dumb",
                           LC_ALL="C.UTF-8")
        for case in cases:
            done = subprocess.run(["sh", "-c", "\n".join(case.command)], cwd=work, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = lines_of(done.stdout), lines_of(done.stderr)
            many = [line for line in out + err if MANY.search(SPAN.sub("", line))]
            good = not many and agrees(case.out, out) and agrees(case.err, err) and case.code == done.returncode
            if good:
                continue
            failed += 1
            if update:
                case.out, case.err, case.code = out, err, done.returncode
                continue
            for line in many:
                print("  one of many: " + line)
            print("%s:%d: $ %s" % (path, case.line, "\n".join(case.command)))
            if not agrees(case.out, out):
                show("standard output", case.out, out)
            if not agrees(case.err, err):
                show("standard error", case.err, err)
            if case.code != done.returncode:
                print("  exit status: wanted %d, given %d" % (case.code, done.returncode))
    if update:
        with open(path, "w", encoding="utf-8") as text:
            text.write("\n".join([line for case in cases for line in case.text()] + tail))
        print("%d of %d cases written" % (failed, len(cases)))
        return 0
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed or not cases else 0


sys.exit(main())
