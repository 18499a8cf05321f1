#!/usr/bin/env python3
"""Masks in which there is chance, by their counts, forms and frequencies; the rule of BEiT's blocks is written here
once more. Bounds of frequencies are those that a right program misses once in about a million tries.

usage: masks_test.py SIMGRAPH
"""
import json
import math
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

PROGRAM = os.path.abspath(sys.argv[1])
DRAWS, WIDE = 4000, 5.0  # deviations
passed, failed = 0, []


def check(good, what):
    global passed
    passed += bool(good)
    if not good:
        failed.append(what)
        print("failed: %s" % what)


def draw(scratch, nodes, fetch, batch=DRAWS, feeds=(), options=()):
    """Masks of samples 0, 1, ..., by the names of nodes."""
    path, out = os.path.join(scratch, "graph.yaml"), os.path.join(scratch, "out.npz")
    with open(path, "w") as file:
        file.write("simgraph: 1\nnodes:\n" + "".join("  %s\n" % node for node in nodes))
    arguments = [PROGRAM, "eval", path, "--batch", str(batch), "--fetch", ",".join(fetch), "-o", out, *options]
    for name, value in dict(feeds).items():
        np.save(os.path.join(scratch, name + ".npy"), value)
        arguments += ["--feed", "%s=%s.npy" % (name, os.path.join(scratch, name))]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    with np.load(out) as found:
        return {name: found[name] for name in fetch}


def even(counts, what):
    """Counts of equally likely events: Pearson's statistic, by its normal approximation."""
    counts = np.asarray(counts, float).ravel()
    expected, degrees = counts.sum() / counts.size, counts.size - 1
    statistic = ((counts - expected) ** 2 / expected).sum()
    check(statistic < degrees + WIDE * math.sqrt(2 * degrees) + 10, "%s: chi squared %.1f of %d" % (what, statistic, degrees))


def near(a, b, what):
    """Two frequencies of DRAWS tries each, cell by cell."""
    deviation = np.sqrt((a * (1 - a) + b * (1 - b)) / DRAWS)
    off = (np.abs(a - b) - WIDE * deviation).max()
    check(off < 1 / DRAWS, "%s: off by %.3f" % (what, off))


# ---- counts ----

CHANCE = {"random_mask": "", "block_mask": "", "inverse_block_mask": ""}
SHAPES = [(6, 6), (7, 7), (1, 1), (1, 9), (9, 1), (3, 14), (14, 5)]


def counts(scratch):
    ratios = [0, 0.1, 0.25, 0.55, 0.6, 0.75, 0.99, 1]
    for op in CHANCE:
        names, nodes, wanted = [], [], []
        for rows, columns in SHAPES:
            for ratio in ratios:
                names.append("m%d" % len(names))
                nodes.append("%s: {op: %s, shape: [batch, %d, %d], ratio: %g}" % (names[-1], op, rows, columns, ratio))
                wanted.append(math.ceil(rows * columns * ratio))
        found = draw(scratch, nodes, names, 50)
        for name, node, count in zip(names, nodes, wanted):
            values = found[name]
            check(np.isin(values, (0, 1)).all() and (values.sum(axis=(1, 2)) == count).all(), node)


def published(scratch):
    """Counts of cells of 32 pixels at 192 and 224, and of 100 cells at .55, in double arithmetic."""
    for rows, ratio, count in ((6, 0.6, 22), (7, 0.6, 30), (8, 0.6, 39), (10, 0.55, 56)):
        for op in CHANCE:
            node = "m: {op: %s, shape: [batch, %d, %d], ratio: %g}" % (op, rows, rows, ratio)
            check((draw(scratch, [node], ["m"], 20)["m"].sum(axis=(1, 2)) == count).all(), node)


# ---- one sample, whatever is around it ----

ALL = ["a: {op: random_mask, shape: [batch, 12, 18], ratio: 0.6, cell: %d}",
       "b: {op: block_mask, shape: [batch, 12, 18], ratio: 0.6, cell: %d}",
       "c: {op: inverse_block_mask, shape: [batch, 12, 18], ratio: 0.6, cell: %d}",
       "d: {op: box_mask, shape: [batch, 12, 18], ratio: 0.5, cell: %d}",
       "e: {op: grid_mask, shape: [batch, 12, 18], cell: %d}",
       "f: {op: checkerboard_mask, shape: [batch, 12, 18], cell: %d}",
       "g: {op: central_mask, shape: [batch, 12, 18], ratio: 0.6, cell: %d}"]
RANKED = ["score: {op: input, shape: [batch, 6, 9]}",
          "h: {op: attended_mask, in: score, ratio: 0.6, mode: hint, show: 0.1, among: 0.4, cell: 2}",
          "i: {op: hard_mask, in: score, ratio: 0.6, alpha: 0.5, cell: 2}"]


def alone(scratch):
    score = np.random.RandomState(1).rand(33, 6, 9).astype("f4")
    nodes, names = [node % 2 for node in ALL] + RANKED, list("abcdefghi")
    whole = draw(scratch, nodes, names, 33, {"score": score})
    few = draw(scratch, nodes, names, 5, {"score": score[:5]})
    for name in names:
        check((whole[name][:5] == few[name]).all(), "%s depends on the batch" % name)
    for threads in "1234":
        same = draw(scratch, nodes, names, 33, {"score": score}, ("--threads", threads))
        for name in names:
            check((whole[name] == same[name]).all(), "%s depends on %s threads" % (name, threads))
    other = draw(scratch, nodes, names, 33, {"score": score}, ("--seed", "1"))
    for name in names:
        check((whole[name] != other[name]).any() == (name not in "fg"), "%s and the seed" % name)


def cells(scratch):
    """A mask on cells is the mask of those cells, repeated."""
    names = list("abcdefg")
    fine = draw(scratch, [node % 3 for node in ALL], names, 40)
    coarse = draw(scratch, [(node % 1).replace("12, 18", "4, 6") for node in ALL], names, 40)
    for name in names:
        check((fine[name] == coarse[name].repeat(3, 1).repeat(3, 2)).all(), "cells of %s" % name)


# ---- frequencies ----

def frequencies(scratch):
    found = draw(scratch, ["m: {op: random_mask, shape: [batch, 6, 6], ratio: 0.6}"], ["m"])["m"]
    deviation = math.sqrt(22 / 36 * 14 / 36 / DRAWS)
    check(np.abs(found.mean(axis=0) - 22 / 36).max() < WIDE * deviation, "random_mask hides cells unevenly")
    pairs = np.einsum("bi,bj->ij", found.reshape(DRAWS, 36), found.reshape(DRAWS, 36)) / DRAWS
    wanted = 22 / 36 * 21 / 35
    off = np.abs(pairs - wanted)[~np.eye(36, dtype=bool)].max()
    check(off < WIDE * math.sqrt(wanted * (1 - wanted) / DRAWS), "random_mask hides pairs unevenly")


def beit(random, rows, columns, count, least, aspect, exact):
    """Algorithm 1 of arXiv:2106.08254 with the tries of its code; `exact` as its second version."""
    mask = np.zeros((rows, columns))
    while mask.sum() < count:
        most, taken = count - mask.sum(), False
        for _ in range(10):
            area = random.uniform(least, most) if least <= most else least + (most - least) * random.uniform()
            a = math.exp(random.uniform(math.log(aspect), -math.log(aspect)))
            h, w = round(math.sqrt(area * a)), round(math.sqrt(area / a))
            if h >= rows or w >= columns:
                continue
            top, left = random.randint(0, rows - h + 1), random.randint(0, columns - w + 1)
            block = mask[top:top + h, left:left + w]
            if 0 < h * w - block.sum() <= most:
                block[:] = 1
                taken = True
                break
        if not taken:
            break
    if exact and mask.sum() < count:
        rest = np.flatnonzero(mask.ravel() == 0)
        mask.ravel()[random.choice(rest, int(count - mask.sum()), replace=False)] = 1
    return mask


def edges(masks):
    """The mean number of neighbours of which one is hidden and one is not: long where blocks are small."""
    return (masks[:, 1:] != masks[:, :-1]).sum(axis=(1, 2)) + (masks[:, :, 1:] != masks[:, :, :-1]).sum(axis=(1, 2))


def blocks(scratch):
    random = np.random.RandomState(5)
    for rows, columns, ratio, least, aspect, exact in ((14, 14, 0.4, 16, 0.3, True), (14, 14, 0.4, 16, 0.3, False),
                                                      (7, 9, 0.6, 4, 0.5, False), (10, 10, 0.12, 12, 0.3, False)):
        text = "shape: [batch, %d, %d], ratio: %g" % (rows, columns, ratio)
        options = "" if least == (min(rows, columns) // 3) ** 2 else ", least: %d" % least
        node = "m: {op: block_mask, %s, aspect: %g, exact: %s%s}" % (text, aspect, str(exact).lower(), options)
        found, count = draw(scratch, [node], ["m"])["m"], math.ceil(rows * columns * ratio)
        wanted = np.stack([beit(random, rows, columns, count, least, aspect, exact) for _ in range(DRAWS)])
        near(found.mean(axis=0), wanted.mean(axis=0), node)
        for what, measure in (("count", lambda m: m.sum(axis=(1, 2))), ("edges", edges)):
            a, b = measure(found), measure(wanted)
            deviation = math.sqrt((a.var() + b.var()) / DRAWS)
            check(abs(a.mean() - b.mean()) <= WIDE * deviation, "%s of %s: %.2f, not %.2f" % (what, node, a.mean(), b.mean()))
        check(found.sum(axis=(1, 2)).max() <= count, "%s hides too much" % node)


def first_blocks(scratch):
    """A block that is all: its sides are among those that the areas and aspects allow, each place equally likely."""
    node = "m: {op: block_mask, shape: [batch, 12, 12], ratio: 0.16, least: 24, exact: false}"
    found, sizes = draw(scratch, [node], ["m"])["m"], {}
    allowed = {(round(math.sqrt(24 * a)), round(math.sqrt(24 / a))) for a in np.exp(np.linspace(math.log(0.3), -math.log(0.3), 10001))}
    for mask in found[found.sum(axis=(1, 2)) == 24]:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        if high * wide == 24:
            sizes.setdefault((high, wide), []).append((rows[0], columns[0]))
    check(sizes and set(sizes) <= allowed, "blocks of %s" % sorted(sizes))
    (high, wide), places = max(sizes.items(), key=lambda entry: len(entry[1]))
    even(np.bincount([r * (13 - wide) + c for r, c in places], minlength=(13 - high) * (13 - wide)), "places of blocks")


def inverse(scratch):
    node = "m: {op: inverse_block_mask, shape: [batch, 12, 12], ratio: 0.75}"
    found, squares = draw(scratch, [node], ["m"])["m"], []
    for mask in found:
        seen = mask == 0
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        high, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        if not (0 <= high * wide - 36 < min(high, wide) and 3 <= high <= 12 and 3 <= wide <= 12):
            check(False, "%s shows %d x %d" % (node, high, wide))
        if high == wide == 6:
            squares.append(rows[0] * 7 + columns[0])
    # 6 rows, or 7 which 6 columns leave 6 of: sqrt(36 a) within 5.5 .. 7.5, where log a has -log .3 either way.
    share = 2 * math.log(7.5 / 5.5) / (2 * -math.log(0.3))
    check(abs(len(squares) / DRAWS - share) < WIDE * math.sqrt(share * (1 - share) / DRAWS), "%s: shares" % node)
    even(np.bincount(squares, minlength=49), "places of squares")


def grids(scratch):
    nodes = ["even: {op: grid_mask, shape: [batch, 6, 8]}", "odd: {op: grid_mask, shape: [batch, 5, 7]}",
             "three: {op: grid_mask, shape: [batch, 7, 6], step: 3}", "all: {op: grid_mask, shape: [batch, 3, 3], step: 1}"]
    found = draw(scratch, nodes, ["even", "odd", "three", "all"])
    for name, step in (("even", 2), ("odd", 2), ("three", 3)):
        masks = found[name]
        for r in range(0, masks.shape[1], step):
            for c in range(0, masks.shape[2], step):
                group = masks[:, r:r + step, c:c + step] == 0
                check((group.sum(axis=(1, 2)) == 1).all(), "%s: group %d, %d" % (name, r, c))
                if group[0].size > 1:
                    even(group.sum(axis=0), "%s: cells of group %d, %d" % (name, r, c))
    check(not found["all"].any(), "groups of one cell are seen")
    corner, next_one = found["even"][:, 0, 0], found["even"][:, 0, 2]
    check(abs((corner * next_one).mean() - 9 / 16) < WIDE * math.sqrt(9 / 16 * 7 / 16 / DRAWS), "groups depend on each other")


def ranked(scratch):
    random = np.random.RandomState(2)
    order = np.argsort(random.rand(40))
    score = np.empty(40)
    score[order] = np.arange(40)[::-1]  # order[0] has the highest score
    feeds = {"score": np.tile(score.reshape(1, 5, 8), (DRAWS, 1, 1)), "progress": np.array(0.6)}
    nodes = ["score: {op: input, shape: [batch, 5, 8]}", "progress: {op: input, shape: []}",
             "hint: {op: attended_mask, in: score, ratio: 0.4, mode: hint, show: 0.1, among: 0.25}",
             "hints: {op: attended_mask, in: score, ratio: 0.4, mode: hint, show: 0.5, among: 0.25}",
             "none: {op: attended_mask, in: score, ratio: 0.4, mode: hint, show: 0}",
             "half: {op: hard_mask, in: score, ratio: 0.51}", "easy: {op: hard_mask, in: score, ratio: 0.51, alpha: 0}",
             "growing: {op: hard_mask, in: {score: score, progress: progress}, ratio: 0.51}"]
    found = draw(scratch, nodes, ["hint", "hints", "none", "half", "easy", "growing"], DRAWS, feeds)
    found = {name: masks.reshape(DRAWS, 40)[:, order] for name, masks in found.items()}
    # 16 hidden, 4 of the first 10 shown.
    check((found["hint"][:, 10:16] == 1).all() and (found["hint"][:, 16:] == 0).all(), "hint: the rest")
    check((found["hint"][:, :10].sum(axis=1) == 6).all(), "hint: how many")
    even(DRAWS - found["hint"][:, :10].sum(axis=0), "hint: which ones")
    check((found["hints"] == np.r_[np.zeros(10), np.ones(6), np.zeros(24)]).all(), "hint: all of them")
    check((found["none"] == np.r_[np.ones(16), np.zeros(24)]).all(), "hint: none of them")
    # 21 hidden: int(21 * alpha) of the highest scores, the others by chance.
    for name, first in (("half", 10), ("easy", 0), ("growing", 6)):
        masks = found[name]
        check((masks.sum(axis=1) == 21).all() and (masks[:, :first] == 1).all(), "%s: how many" % name)
        share = (21 - first) / (40 - first)
        check(np.abs(masks[:, first:].mean(axis=0) - share).max() < WIDE * math.sqrt(share * (1 - share) / DRAWS), "%s: which ones" % name)


def not_numbers(scratch):
    """NaN counts as the highest score, and a mask stays a mask."""
    score = np.array([[[0, np.nan, 2], [np.inf, -np.inf, 1]]])
    nodes = ["score: {op: input, shape: [batch, 2, 3]}", "m: {op: attended_mask, in: score, ratio: 0.5}"]
    check((draw(scratch, nodes, ["m"], 1, {"score": score})["m"] == [[[0, 1, 1], [1, 0, 0]]]).all(), "scores that are no numbers")


def progress(scratch):
    """It counts updates, whatever they are made of, and a resume goes on with it; here it is the loss."""
    path, out = os.path.join(scratch, "run.yaml"), os.path.join(scratch, "run")
    with open(path, "w") as file:
        file.write("""simgraph: 1
args: {steps: 3}
nodes:
  image: {op: input, shape: [batch, 1, 8, 8]}
  w: {op: weight, shape: [1], init: ones}
  progress: {op: progress, steps: 4}
  loss: progress + 0 * mean((image - w) ** 2)
data: {train: {op: shapes, size: 8, count: 40, fields: {image: []}}}
train: {minimize: loss, steps: $steps, batch: 8, accumulate: 2, optimizer: {op: sgd, lr: 0.1}}
""")
    for options in (["--out", out], ["--resume", out, "--set", "steps=6"]):
        subprocess.run([PROGRAM, "run", path] + options, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(out, "metrics.jsonl")) as file:
        values = [json.loads(line)["loss"] for line in file]
    check(np.allclose(values, [0.25, 0.5, 0.75, 1, 1, 1], rtol=1e-6), "progress: %s" % values)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        for test in (counts, published, alone, cells, frequencies, blocks, first_blocks, inverse, grids, ranked, not_numbers,
                     progress):
            test(scratch)
    print("%d passed, %d failed" % (passed, len(failed)))
    return 1 if failed else 0


sys.exit(main())
