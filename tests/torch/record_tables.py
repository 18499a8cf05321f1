#!/usr/bin/env python3
"""Records tables of positions at other sizes: tests/torch/tables.npz.

usage: record_tables.py

Needs torch (made with 1.13), numpy (1.24) and scipy before 1.14 (1.10), the last with interp2d.

Of every case there are CASE/from and CASE/to, in f64; the first word of CASE is the kind of table, and numbers follow: rows in
front of those of the grid, rows behind, rows and columns of the new grid (of cells, for positions; of offsets, for tables of
these)."""
import os
import warnings

import numpy
import torch
from scipy import interpolate

HERE = os.path.dirname(os.path.abspath(__file__))
generator = numpy.random.RandomState(3)
records = {}


def table(rows, columns):
    return generator.randint(-128, 129, (rows, columns)) / 128.0


def bicubic(grid, rows, columns):
    """[h * w, c] -> [rows * columns, c], h == w"""
    side = round(len(grid) ** 0.5)
    image = torch.from_numpy(grid).reshape(1, side, side, -1).permute(0, 3, 1, 2)
    new = torch.nn.functional.interpolate(image, size=(rows, columns), mode="bicubic", align_corners=False)
    return new.permute(0, 2, 3, 1).reshape(rows * columns, -1).numpy()


def distances(old, new):
    """Where the offsets of the old table lie: the ratio q is found by halving, to 1e-6."""
    low, high = 1.01, 1.5
    while high - low > 1e-6:
        q = (low + high) / 2
        if sum(q ** i for i in range(old // 2)) > new // 2:
            high = q
        else:
            low = q
    steps = numpy.cumsum([q ** i for i in range(old // 2)])
    return numpy.concatenate([-steps[::-1], [0], steps])


def geometric(grid, rows, columns):
    side = round(len(grid) ** 0.5)
    assert rows == columns # as the official code has it
    at = distances(side, rows)
    wanted = numpy.arange(rows) - rows // 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore") # interp2d is deprecated; it is what the official code calls
        splines = [interpolate.interp2d(at, at, column.reshape(side, side), kind="cubic") for column in grid.T]
        return numpy.stack([f(wanted, wanted).reshape(-1) for f in splines], 1)


def record(kind, method, old, rows, columns, first=0, last=0, heads=2):
    whole = table(first + old * old + last, heads)
    cells = method(whole[first:first + old * old], rows, columns)
    name = "%s %d %d %d %d from %d" % (kind, first, last, rows, columns, old)
    records[name + "/from"] = whole
    records[name + "/to"] = numpy.concatenate([whole[:first], cells, whole[first + old * old:]])


for old, rows, columns in ((2, 3, 3), (14, 12, 12), (14, 24, 24), (7, 5, 9), (1, 4, 4), (4, 1, 2)):
    record("positions", bicubic, old, rows, columns, first=1)
record("positions", bicubic, 6, 7, 7)
for old, new in ((11, 13), (13, 11), (5, 27), (1, 3)):
    record("bicubic", bicubic, old, new, new)
for old, new in ((11, 13), (13, 11), (27, 35), (27, 25), (5, 3), (5, 43), (9, 7)):
    record("geometric", geometric, old, new, new)
record("geometric", geometric, 7, 11, 11, last=3)
numpy.savez_compressed(os.path.join(HERE, "tables.npz"), **records)
print("%d tables" % (len(records) // 2))
