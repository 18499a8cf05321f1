#!/usr/bin/env python3
"""The commands of pages do what the pages say: each is run, in order, and what it prints is compared.

usage: docs_test.py SIMGRAPH SOURCE BUILD [PAGE...] [--update]        PAGE: without one, all of docs/ that have such commands

A page has a scratch directory of its own, with links `graphs`, `tools` and `examples` and a directory `photos` of small
pictures; $SIMGRAPH is SOURCE. Its fenced blocks:

    ```console            commands, each behind `$ `, and what they print, standard error included. A line `...` stands for
                          any lines, `...` within a line for anything; numbers with a point may differ by 10 %, blanks in
                          their number. A command must fail exactly when what it shows holds `error: `.
    ```yaml, ```c, ...    a comment before it says what it is:
      <!-- save as NAME -->         a file
      <!-- edit NAME: START -->     stands in the place of the one line of NAME that begins with START (blanks aside)
      <!-- part of NAME -->         lines that NAME has, in this order; `...` for those between
    ```sh, ```text        not run

Other comments: <!-- needs PATH --> leaves the page out where that file is not; <!-- not run: WHY --> before a block; <!-- drop NAME: START --> takes that line away;
<!-- build ops/NAME.c --> builds a simgraph with that op, which the commands after it use (BUILD holds the objects; `-` where
there is none to link with, and such pages are left out).
--update writes what was printed in the place of what does not agree; read the difference, and put `...` where it belongs.
"""
import concurrent.futures
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$|^<!--(.*?)-->$", re.M | re.S)
PIECES = re.compile(r"(\.\.\.|\s+|\d+\.\d+(?:e[-+]?\d+)?)")


def blocks(page):
    """(language, comment, text); `build` and `drop` stand alone, in front of no block."""
    out, comment = [], ""
    for match in FENCE.finditer(page):
        comment = (match[3] or comment).strip()
        if match[3] is None:
            out.append((match[1], comment, match[2]))
            comment = ""
        elif comment.startswith(("build ", "drop ")):
            out.append(("", comment, ""))
            comment = ""
    return out


def commands(text):
    """[(command, the lines that it prints)]; a command goes on after a backslash."""
    out, open_line = [], False
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("$ ") or open_line:
            if open_line:
                out[-1][0] += "\n" + line
            else:
                out.append([line[2:], []])
            open_line = line.endswith("\\")
        else:
            out[-1][1].append(line)
    return out


def agrees(wanted, given):
    """Whether the text `given` is what the lines `wanted` say."""
    regex, numbers = "", []
    for line in wanted:
        if line.strip() == "...":
            regex += r"(?:.*\n)*?"
            continue
        for piece in PIECES.split(line.rstrip()):
            if piece == "...":
                regex += ".*"
            elif re.fullmatch(r"\s+", piece):
                regex += r"\s+" if piece.strip(" ") else " +"
            elif re.fullmatch(r"\d+\.\d+(e.*)?", piece):
                regex += r"(\d+\.\d+(?:e[-+]?\d+)?)"
                numbers.append(piece)
            else:
                regex += re.escape(piece)
        regex += " *\n"
    match = re.fullmatch(regex, given)
    if not match:
        return False
    for want, got in zip(numbers, match.groups()):
        last = 10.0 ** -len(re.sub(r"e.*", "", want).split(".")[1]) if "e" not in want else 0
        if abs(float(want) - float(got)) > 0.1 * abs(float(want)) + last:
            return False
    return True


class Scratch:
    def __init__(self, top, program, source, build):
        cpus = sorted(os.sched_getaffinity(0))
        self.cpu = cpus[int(threading.current_thread().name[-1]) % len(cpus)]
        self.work, self.source, self.build = os.path.join(top, "work"), source, build
        self.binaries = os.path.join(top, "bin")
        os.mkdir(self.work)
        os.mkdir(self.binaries)
        for name in ("graphs", "tools", "examples"):
            os.symlink(os.path.join(source, name), os.path.join(self.work, name))
        os.symlink(program, os.path.join(self.binaries, "simgraph"))
        with open(os.path.join(self.binaries, "python3"), "w") as file:
            file.write('#!/bin/sh\nexec "%s" "$@"\n' % sys.executable)
        os.chmod(file.name, 0o755)
        self.photos()
        self.environment = dict(os.environ, PATH=self.binaries + ":" + os.environ["PATH"], LC_ALL="C.UTF-8", TERM="dumb",
                                SIMGRAPH=source,
                                PKG_CONFIG_PATH=os.path.join(build, "meson-uninstalled"))

    def photos(self):
        """40 pictures of 40 x 32 pixels in two directories: bright boxes on slopes of colour."""
        for number in range(40):
            directory = os.path.join(self.work, "photos", ("cat", "dog")[number % 2])
            os.makedirs(directory, exist_ok=True)
            pixels = bytearray()
            for y in range(32):
                for x in range(40):
                    inside = abs(x - 8 - number % 23) < 6 and abs(y - 8 - number % 13) < 5
                    pixels += bytes((250, 220, 40)) if inside else bytes((4 * x, 6 * y, 5 * number))
            with open(os.path.join(directory, "%02d.ppm" % (number // 2)), "wb") as file:
                file.write(b"P6 40 32 255\n" + pixels)

    def path(self, name):
        return os.path.join(self.work, name)

    def save(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def edit(self, name, start, text):
        with open(self.path(name)) as file:
            lines = file.read().split("\n")
        at = [k for k, line in enumerate(lines) if line.strip().startswith(start)]
        if len(at) != 1:
            return "%s: %d lines begin with `%s`" % (name, len(at), start)
        indent = lines[at[0]][:len(lines[at[0]]) - len(lines[at[0]].lstrip())]
        lines[at[0]:at[0] + 1] = [textwrap.indent(text.rstrip("\n"), indent)] if text else []  # no text: it is dropped
        return self.save(name, "\n".join(lines))

    def holds(self, name, text):
        path = self.path(name) if os.path.exists(self.path(name)) else os.path.join(self.source, name)
        with open(path) as file:
            have = [line.strip() for line in file]
        at = 0
        for line in text.split("\n"):
            line = line.strip()
            if line in ("", "..."):
                continue
            if line not in have[at:]:
                return "%s has no line, or not there: %s" % (name, line)
            at = have.index(line, at) + 1

    def run(self, command):
        # Pages run side by side, so that each has one CPU, and simgraph one thread.
        done = subprocess.run(["sh", "-c", command], cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}))
        return done.returncode, done.stdout

    def rebuild(self, name):
        """The program once more, with an op beside its own."""
        sources = [os.path.join(directory, file) for top in ("ops", "src") for directory, _, files
                   in os.walk(os.path.join(self.source, top)) for file in sorted(files) if file.endswith(".c")]
        code, said = self.run("""set -e
            python3 tools/registry.py registry.c %s %s
            ${CC:-cc} -std=c11 -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-missing-field-initializers -ffp-contract=off \\
                -I%s -I%s/src -I%s/include -c registry.c %s
            rm $(command -v simgraph)
            ${CC:-cc} %s/simgraph.p/*.o *.o $(pkg-config --libs simgraph jansson) -o %s/simgraph
            rm *.o registry.c""" % (" ".join(sources), name, *[self.source] * 3, name, self.build, self.binaries))
        return said if code or said else None


def check(path, program, source, build, update):
    """(passed, [what failed], seconds)"""
    begun, passed, failed = time.monotonic(), 0, []
    with open(path) as file:
        page = file.read()
    needed = re.search(r"^<!-- needs (\S+) -->$", page, re.M)
    if needed and not os.path.exists(needed[1]):
        print("%s: left out, there is no %s" % (path, needed[1]))
        return 0, [], 0.0
    with tempfile.TemporaryDirectory() as top:
        scratch = Scratch(top, program, source, build)
        for language, comment, text in blocks(page):
            kind, _, rest = comment.partition(" ")
            problem = None
            if kind == "build":
                problem = scratch.rebuild(rest)
            elif kind in ("edit", "drop"):
                name, _, start = rest.partition(": ")
                problem = scratch.edit(name, start, text)
            elif language in ("sh", "text", "") or comment.startswith("not run: "):
                continue
            elif language == "console":
                for command, want in commands(text):
                    code, got = scratch.run(command)
                    bad = any("error: " in line for line in want)
                    if command.startswith("simgraph diff ") and code == 1:
                        code = 0  # they differ, as with diff(1)
                    if agrees(want, got) and bad == (code != 0):
                        passed += 1
                    elif update:
                        shown = "\n".join(["$ " + command] + want) + "\n"
                        page = page.replace(shown, "$ %s\n%s" % (command, got), 1)
                        passed += 1
                    else:
                        failed.append("$ %s\n---- expected:\n%s\n---- got (exit status %d):\n%s" % (command, "\n".join(want), code, got))
                continue
            elif comment.startswith("save as "):
                scratch.save(comment[8:], text)
            elif comment.startswith("part of "):
                problem = scratch.holds(comment[8:], text)
            else:
                problem = "a block that does not say what it is:\n" + text
            if problem:
                failed.append(problem)
            else:
                passed += 1
    if update:
        with open(path, "w") as file:
            file.write(page)
    if not passed:
        failed.append("nothing was tested")
    return passed, failed, time.monotonic() - begun


def main():
    if not importlib.util.find_spec("numpy"):
        print("skipped: Python has no numpy, which pages use")
        return 77
    update = "--update" in sys.argv
    program, source = map(os.path.abspath, sys.argv[1:3])
    build, pages = sys.argv[3], [word for word in sys.argv[4:] if word != "--update"]
    for path in sorted(glob.glob(source + "/docs/**/*.md", recursive=True)) if not pages else []:
        with open(path) as file:
            if "\n```console\n" in file.read():
                pages.append(path)
    if build == "-" or not shutil.which("pkg-config"):
        def links(page):
            with open(page) as file:
                return re.search(r"pkg-config|<!-- build ", file.read())
        pages = [page for page in pages if not links(page)]
    def runs(page):
        with open(page) as file:
            return file.read().count("$ simgraph run ")
    pages.sort(key=runs, reverse=True)  # what takes long starts first
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda page: check(page, program, source, os.path.abspath(build), update), pages)
        for page, (good, bad, seconds) in zip(pages, results):
            passed, failed = passed + good, failed + len(bad)
            print("%s: %d passed, %d failed, %.1f s" % (os.path.relpath(page, source), good, len(bad), seconds))
            for problem in bad:
                print(textwrap.indent(problem, "  "))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
