#!/usr/bin/env python3
"""Writes tests/recorded_slices.h: shapes of NumPy's basic indexing.

usage: record_slices.py > tests/recorded_slices.h
"""
import itertools

import numpy

SHAPE = (5, 1, 4)
ITEMS = [":", "::2", "1:", ":-1", "-2:", "1:3", "3:1", "::-1", "4:0:-2", "-100:100", "2:2", "0", "-1", "..."]


def main():
    x = numpy.zeros(SHAPE)
    print("/* Made by tests/record_slices.py with NumPy. */")
    print("static const struct {\n    const char *index, *shape;\n} recorded_slices[] = {")
    for count in (1, 2, 3):
        for items in itertools.product(ITEMS, repeat=count):
            if items.count("...") > 1:
                continue
            if count == 3 and hash_of(items) % 7:
                continue
            text = ", ".join(items)
            try:
                shape = eval("x[%s]" % text).shape
            except IndexError:
                continue
            print('    {"%s", "%s"},' % (text, list(shape)))
    print("};")


def hash_of(items):
    """Keeps one in seven of the long ones, the same ones each time."""
    return sum((i + 1) * (ITEMS.index(item) + 3) for i, item in enumerate(items))


main()
