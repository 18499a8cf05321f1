#!/usr/bin/env python3
"""Draws every graph file at every depth, in every view, and reads the pictures with other programs: Graphviz must not
complain, SVG must be XML, and every box must have one id of its own.

usage: draw_every.py SIMGRAPH GRAPHS...     files, or directories of them
"""
import glob
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

LARGE = 3000 # lines of a whole diagram, with which Graphviz is busy for minutes: then with blocks closed only
SVG = "{http://www.w3.org/2000/svg}"


def run(command, given=None):
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


def check_picture(text):
    """What is wrong with a diagram, or None."""
    code, svg, complaint = run(["dot", "-Tsvg"], text)
    if code or complaint:
        return "dot says: " + complaint
    ids = [g.get("id") for g in xml.fromstring(svg).iter(SVG + "g") if g.get("id")]
    twice = {i for i in ids if ids.count(i) > 1}
    return "ids that occur twice: %s" % sorted(twice) if twice else None


def depths(simgraph, graph):
    """Up to the depth from which nothing changes."""
    yield []
    last = None
    for depth in range(12):
        options = ["--depth", str(depth)]
        text = run([simgraph, "dot", graph] + options)[1]
        if text == last:
            return
        last = text
        yield options


def drawings(simgraph, graph):
    if run([simgraph, "dot", graph, "--all"])[1].count(b"\n") > LARGE:
        for view in ["forward", "backward", "step"]:
            yield ["--view", view]
            yield ["--view", view, "--depth", "1"]
        return
    for view in ["forward", "backward", "step"]:
        for depth in depths(simgraph, graph):
            yield ["--view", view] + depth
        yield ["--view", view, "--all"]
        yield ["--view", view, "--rankdir", "LR", "--theme", "dark"]
    yield ["--view", "profile", "--batch", "2", "--threads", "1"]
    yield ["--diff", graph]


def main():
    simgraph, graphs = sys.argv[1], []
    for path in sys.argv[2:]:
        graphs += sorted(glob.glob(os.path.join(path, "*.yaml"))) if os.path.isdir(path) else [path]
    if run(["dot", "-V"])[0]:
        print("skipped: there is no Graphviz here")
        return 77
    passed = failed = 0
    for graph in graphs:
        for options in drawings(simgraph, graph):
            code, text, message = run([simgraph, "dot", graph] + options)
            wrong = message if code else check_picture(text)
            if not wrong and "profile" not in options and run([simgraph, "dot", graph] + options)[1] != text:
                wrong = "a second drawing differs"
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print("%s %s: %s" % (os.path.basename(graph), " ".join(options), wrong))
        code, svg, message = run([simgraph, "dot", graph, "--view", "memory", "--batch", "2"])
        good = code == 0 and xml.fromstring(svg).tag == SVG + "svg"
        passed, failed = passed + good, failed + (not good)
        if not good:
            print("%s --view memory: %s" % (os.path.basename(graph), message))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
