#!/usr/bin/env python3
"""Writes tests/recorded_resize.h: parts of an image resized by Pillow (BILINEAR, 32-bit floats).

usage: record_resize.py > tests/recorded_resize.h
"""
import numpy
from PIL import Image

HEIGHT, WIDTH = 9, 11
# top, left, height, width of the part; height and width of the result
CASES = [(0, 0, 9, 11, 9, 11), (0, 0, 9, 11, 4, 5), (0, 0, 9, 11, 18, 22), (2, 1, 5, 7, 9, 11), (1, 3, 8, 2, 3, 6),
         (0, 0, 9, 11, 1, 1), (4, 4, 1, 1, 3, 2), (3, 0, 6, 11, 7, 3)]


def main():
    image = numpy.array([(i * 37) % 101 / 100 for i in range(HEIGHT * WIDTH)], "f4").reshape(HEIGHT, WIDTH)
    print("/* Made by tests/record_resize.py with Pillow. Pixel i of the image is (i * 37) % 101 / 100. */")
    print("enum { RECORDED_HEIGHT = %d, RECORDED_WIDTH = %d };" % (HEIGHT, WIDTH))
    values = []
    print("static const struct {\n    int top, left, height, width, out_height, out_width, first;\n} recorded_resize[] = {")
    for top, left, height, width, out_height, out_width in CASES:
        part = Image.fromarray(image[top:top + height, left:left + width].copy(), "F")
        result = numpy.asarray(part.resize((out_width, out_height), Image.BILINEAR))
        print("    {%d, %d, %d, %d, %d, %d, %d}," % (top, left, height, width, out_height, out_width, len(values)))
        values += [float(x) for x in result.flatten()]
    print("};")
    print("static const float recorded_values[] = {")
    for i in range(0, len(values), 10):
        print("    " + " ".join("%.8gf," % x if "." in "%.8g" % x else "%.8g," % x for x in values[i:i + 10]))
    print("};")


main()
