#!/usr/bin/env python3
"""Writes the table of embedded graph files.

usage: embed.py OUTPUT FILE...
"""
import os
import sys


def main():
    output, files = sys.argv[1], sorted(sys.argv[2:], key=os.path.basename)
    lines = ["/* Made by tools/embed.py from graphs/lib. */", '#include "lang/library.h"', ""]
    lines.append("const sg_library_file sg_library_files[] = {")
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        lines.append('    {"graphs/lib/%s",' % os.path.basename(path))
        for line in data.splitlines(keepends=True):
            text = "".join(
                "\\n" if c == 10 else "\\" + chr(c) if c in (34, 92) else chr(c) if 32 <= c < 127 else "\\%03o" % c
                for c in line)
            lines.append('     "%s"' % text)
        lines.append("     , %d}," % len(data))
    lines.append("    {0, 0, 0},")
    lines.append("};")
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
