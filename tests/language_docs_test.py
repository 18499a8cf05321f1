#!/usr/bin/env python3
"""Every example of docs/language.md is what it says: `simgraph check` reads it without a word.

usage: language_docs_test.py SIMGRAPH LANGUAGE.MD

An example is an indented text. It is a whole graph when it starts with `simgraph: 1`. Comments before it say otherwise:
    <!-- save as NAME -->        also keep it as a file, for the examples after it
    <!-- in TEXT -->             put it in the place of the line `{}` of TEXT
    <!-- wrong TEXT -->          as `in`; the example after it is exactly what check says
"""
import os
import re
import subprocess
import sys
import tempfile
import textwrap


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


def main():
    program, path = map(os.path.abspath, sys.argv[1:])
    with open(path) as file:
        examples = parts(file.read())
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for comment, graph, want in examples:
            kind, _, scaffold = comment.partition("\n")
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
    return failed > 0 or len(examples) < 12


sys.exit(main())
