#!/usr/bin/env python3
"""Draws every graph file at every depth, in every view, and reads the pictures with other programs: Graphviz must not
complain, SVG must be XML, every box must have one id of its own, every line must lead
from one of them to another, and words must stay clear of each other.

usage: draw_every.py SIMGRAPH GRAPHS...     files, or directories of them
"""
import collections
import concurrent.futures
import functools
import glob
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

LARGE = 1200 # lines of a whole diagram, with which Graphviz is busy for minutes: then with blocks closed only
SVG = "{http://www.w3.org/2000/svg}"


def run(command, given=None):
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


def words_of(operations):
    """Where the words of a drawing lie, as Graphviz measures them: left, bottom, right, top, text."""
    size = 0
    for operation in operations or []:
        if operation["op"] == "F":
            size = operation["size"]
        if operation["op"] == "T" and operation["text"].strip():
            (x, y), width = operation["pt"], operation["width"]
            left = x - {"l": 0, "c": width / 2, "r": width}[operation["align"]]
            yield left, y - 0.2 * size, left + width, y + 0.72 * size, operation["text"]


def meet(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 1.5 and min(a[3], b[3]) - max(a[1], b[1]) > 1.5


def check_places(drawing):
    """Words that leave their box, and boxes and labels that lie on each other."""
    boxes, labels = [], []
    for node in drawing.get("objects", []):
        if "pos" not in node or node.get("style") == "invis":
            continue
        if node["label"] == "\\N":
            return "a line ends at %s, which is declared nowhere" % node["name"]
        x, y = map(float, node["pos"].split(","))
        width, height = 36 * float(node["width"]), 36 * float(node["height"])
        box = (x - width, y - height, x + width, y + height, node["name"])
        boxes.append(box)
        for words in words_of(node.get("_ldraw_")):
            if words[0] < box[0] - 0.5 or words[2] > box[2] + 0.5 or words[1] < box[1] - 0.5 or words[3] > box[3] + 0.5:
                return "%s leaves %s" % (words[4], box[4])
    for edge in drawing.get("edges", []):
        labels += words_of(edge.get("_tldraw_"))
    # From the bottom to the top, so that each is compared only with those that begin below its end.
    places = sorted(boxes + labels, key=lambda place: place[1])
    for i, place in enumerate(places):
        for other in itertools.islice(places, i + 1, None):
            if other[1] >= place[3]:
                break
            if meet(place, other):
                return "%s lies on %s" % (place[4], other[4])
    return None


def lost_lines(complaint):
    """Graphviz 2.43 may not find the way of a line, says so and goes on; simgraph then asks for straight lines. Those
    to the titles of frames do not count: they are not seen."""
    named = re.findall(r'in spline routing for edge (".*")', complaint)
    return "libpath/" in complaint and (not named or any('"title ' not in name for name in named))


@functools.lru_cache(None)
def check_picture(text):
    """What is wrong with a diagram, or None. Several options may ask for the same one."""
    with tempfile.TemporaryDirectory() as top:
        files = [os.path.join(top, name) for name in ("picture.svg", "places.json")]
        command = ["dot", "-Tsvg", "-o", files[0], "-Tjson", "-o", files[1]]
        code, _, complaint = run(command, text)
        if lost_lines(complaint):
            code, _, complaint = run(command + ["-Gsplines=line"], text)
        elif not code and "libpath/" in complaint:
            complaint = ""
        if code or complaint:
            return "dot says: " + complaint
        ids = [g.get("id") for g in xml.parse(files[0]).iter(SVG + "g") if g.get("id")]
        with open(files[1], encoding="utf-8") as places:
            wrong = check_places(json.load(places))
    twice = sorted(i for i, times in collections.Counter(ids).items() if times > 1)
    return "ids that occur twice: %s" % twice if twice else wrong


def depths(draw):
    """Up to the depth from which nothing changes."""
    yield []
    last = None
    for depth in range(12):
        options = ["--depth", str(depth)]
        text = draw("--view", "forward", *options)[1]
        if text == last:
            return
        last = text
        yield options


def drawings(draw, graph):
    if draw("--all")[1].count(b"\n") > LARGE:
        for view in ["forward", "backward", "step"]:
            yield ["--view", view]
            yield ["--view", view, "--depth", "1"]
        return
    steps = list(depths(draw))
    for view in ["forward", "backward", "step"]:
        for depth in steps:
            yield ["--view", view] + depth
        if draw("--view", view, "--all")[1].count(b"\n") <= LARGE:
            yield ["--view", view, "--all"]
        yield ["--view", view, "--rankdir", "LR", "--theme", "dark"]
    yield ["--view", "profile", "--batch", "2", "--threads", "1"]
    yield ["--diff", graph]


def check_drawing(draw, command, options):
    """What is wrong with one view of a graph, or None."""
    code, text, message = draw(*options)
    wrong = message if code else check_picture(text)
    if not wrong and "profile" not in options and run(command + options)[1] != text:
        wrong = "a second drawing differs"
    return wrong


def check_memory(simgraph, graph):
    code, svg, message = run([simgraph, "dot", graph, "--view", "memory", "--batch", "2"])
    if code:
        return message
    picture = xml.fromstring(svg)
    width = float(picture.get("viewBox").split()[2])
    begins = [float(words.get("x")) for words in picture.iter(SVG + "text") if words.text == "update →"]
    return "the update fills the chart" if begins and begins[0] < 0.8 * width else None


def check_graph(simgraph, graph):
    """How many views are good, and what is wrong with the others."""
    good, complaints = 0, []
    command = [simgraph, "dot", graph]
    draw = functools.lru_cache(None)(lambda *options: run(command + list(options)))
    for options in drawings(draw, graph):
        wrong = check_drawing(draw, command, options)
        name = " ".join([os.path.basename(graph)] + options)
        good += not wrong
        complaints += ["%s: %s" % (name, wrong)] if wrong else []
    wrong = check_memory(simgraph, graph)
    good += not wrong
    complaints += ["%s --view memory: %s" % (os.path.basename(graph), wrong)] if wrong else []
    return good, complaints


def main():
    simgraph, *paths = sys.argv[1:]
    graphs = []
    for path in paths:
        graphs += sorted(glob.glob(os.path.join(path, "*.yaml"))) if os.path.isdir(path) else [path]
    if run(["dot", "-V"])[0]:
        print("skipped: there is no Graphviz here")
        return 77
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, complaints in pool.map(lambda graph: check_graph(simgraph, graph), graphs):
            passed, failed = passed + good, failed + len(complaints)
            print("".join(line + "\n" for line in complaints), end="")
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
