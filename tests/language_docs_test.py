#!/usr/bin/env python3
"""Every example of a page is what it says: `simgraph check` reads it without a word.

usage: language_docs_test.py SIMGRAPH PAGE.MD LEAST    (how many examples the page has, at least)

An example is an indented text. It is a whole graph when it starts with `simgraph: 1`. Comments before it say otherwise:
    <!-- save as NAME -->        also keep it as a file, for the examples after it
    <!-- in TEXT -->             put it in the place of the line `{}` of TEXT
    <!-- wrong TEXT -->          as `in`; the example after it is exactly what check says
Lines that start with `simgraph VERB` are commands, and what follows each is what it prints; `simgraph run` is not run, nor
is anything without the data set of graphs/simmim.yaml.
"""
import os
import re
import subprocess
import sys
import tempfile
import textwrap

DATA = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"


def parts(page):
    """(comment, example, message) in the order of the page; the message follows an example that is wrong."""
    comment, out = "", []
    for piece in re.split(r"\n\n+", page):
        if piece.startswith("<!--"):
            comment = piece[4:-3].strip()
        elif not piece.startswith("    "):
            comment = ""
        elif out and comment.startswith("wrong") and out[-1][0] == comment:
            out[-1][2] = textwrap.dedent(piece) + "\n"
        else:
            out.append([comment, textwrap.dedent(piece), ""])
    return out


def placed(scaffold, example):
    """The scaffold with the example in the place of `{}`, indented as that is."""
    line = next(line for line in scaffold.split("\n") if line.strip() == "{}")
    return scaffold.replace(line, textwrap.indent(example, line[:line.index("{")]))


def commands(example):
    """(command, what it prints)"""
    out = []
    for line in example.rstrip("\n").split("\n"):
        if line.startswith("simgraph "):
            out.append([line, ""])
        else:
            out[-1][1] += line + "\n"
    return [(command, want) for command, want in out if not command.startswith("simgraph run")]


def main():
    program, path = map(os.path.abspath, sys.argv[1:3])
    with open(path) as file:
        examples = parts(file.read())
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.symlink(os.path.join(os.path.dirname(path), "..", "graphs"), os.path.join(scratch, "graphs"))
        environment = dict(os.environ, PATH=os.path.dirname(program) + ":" + os.environ["PATH"])
        for comment, graph, want in examples:
            kind, _, scaffold = comment.partition("\n")
            if re.match("simgraph [a-z]", graph):
                for command, want in commands(graph) if os.path.exists(DATA) else []:
                    got = subprocess.run(command, shell=True, cwd=scratch, env=environment, capture_output=True, text=True)
                    if got.stdout != want or got.returncode or got.stderr:
                        failed += 1
                        print("%s\n---- expected:\n%s---- got:\n%s" % (command, want, got.stdout + got.stderr))
                continue
            if kind in ("in", "wrong"):
                graph = placed(scaffold, graph)
            if not graph.startswith("simgraph: 1"):
                sys.exit("an example that says nothing of itself: %s" % graph)
            name = kind[8:] if kind.startswith("save as ") else "graph.yaml"
            with open("%s/%s" % (scratch, name), "w") as file:
                file.write(graph + "\n")
            got = subprocess.run([program, "check", name], cwd=scratch, capture_output=True, text=True)
            if got.stderr != want or (got.returncode == 0) != (want == ""):
                failed += 1
                print("%s\n---- expected:\n%s---- got:\n%s" % (graph, want, got.stderr))
    print("%d passed, %d failed" % (len(examples) - failed, failed))
    return failed > 0 or len(examples) < int(sys.argv[3])


sys.exit(main())
