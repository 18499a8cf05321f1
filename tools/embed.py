#!/usr/bin/env python3
"""Writes a table of files that are part of the program: name, text, length.

usage: embed.py [--deflate] OUTPUT HEADER TYPE TABLE DIRECTORY FILE...

With --deflate the text is a zlib stream, and the length is that of the stream.
"""
import os
import sys
import zlib


def main():
    words = sys.argv[1:]
    deflate = words[0] == "--deflate"
    output, header, kind, table, directory = words[deflate:deflate + 5]
    files = sorted(words[deflate + 5:], key=os.path.basename)
    lines = ["/* Made by tools/embed.py from %s. */" % directory, '#include "%s"' % header, ""]
    sizes = []
    for number, path in enumerate(files):
        with open(path, "rb") as file:
            data = file.read()
        if deflate:
            data = zlib.compress(data, 9)
        sizes.append(len(data))
        # Numbers: a compiler need not take a text of more than 4095 characters.
        lines.append("static const char file_%d[] = {" % number)
        values = [c - 256 if c > 127 else c for c in data] + [0]
        lines += ["    " + ", ".join(map(str, values[i:i + 24])) + "," for i in range(0, len(values), 24)]
        lines.append("};")
    lines.append("const %s %s[] = {" % (kind, table))
    for number, path in enumerate(files):
        lines.append('    {"%s/%s", file_%d, %d},' % (directory, os.path.basename(path), number, sizes[number]))
    lines += ["    {0, 0, 0},", "};"]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
