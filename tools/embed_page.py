#!/usr/bin/env python3
"""Writes the page of src/draw/page as a C table of lines: style sheet and scripts in their places.

usage: embed_page.py OUTPUT PAGE.html PAGE.css SCRIPT.js...
"""
import sys


def quoted(line):
    return "".join(
        "\\n" if c == 10 else "\\" + chr(c) if c in (34, 92) else chr(c) if 32 <= c < 127 else "\\%03o" % c
        for c in line)


def main():
    output, page, css, scripts = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    read = lambda path: open(path, encoding="utf-8").read()
    text = read(page).replace("@CSS@", read(css)).replace("@JS@", "\n".join(read(path) for path in scripts))
    lines = ["/* Made by tools/embed_page.py from src/draw/page. */", '#include "draw/page.h"', ""]
    lines.append("const char *const sg_page_lines[] = {")
    # "??" might begin a trigraph, so no line is cut after it and none is written as it is.
    lines += ['    "%s",' % quoted(line).replace("??", "?\\?") for line in text.encode().splitlines(keepends=True)]
    lines += ["    0,", "};"]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
