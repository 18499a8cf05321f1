#!/usr/bin/env python3
"""Writes the registry: one table a kind, sorted by name, of the constants that the sources define.

usage: registry.py OUTPUT SOURCE...

A line `const sg_op sg_op_softmax = {` (likewise sg_init, sg_source, sg_step, sg_optimizer, sg_schedule,
sg_picture) at the start of a line enters the table of its kind. Each of these structures begins with an sg_schema.
"""
import re
import sys

KINDS = ["op", "init", "source", "step", "optimizer", "schedule", "picture"]
PATTERN = re.compile(r"^const (?:struct )?sg_(%s) sg_\1_(\w+) =" % "|".join(KINDS), re.M)


def main():
    output, sources = sys.argv[1], sys.argv[2:]
    found = {kind: set() for kind in KINDS}
    for source in sources:
        with open(source, encoding="utf-8") as text:
            for kind, name in PATTERN.findall(text.read()):
                found[kind].add(name)
    lines = ["/* Made by tools/registry.py from the sources. */", '#include "graph/registry.h"', ""]
    for kind in KINDS:
        if found[kind]:
            lines.append("struct sg_%s;" % kind)
        for name in sorted(found[kind]):
            lines.append("extern const struct sg_%s sg_%s_%s;" % (kind, kind, name))
    lines.append("")
    for kind in KINDS:
        lines.append("static const sg_schema *const %s_table[] = {" % kind)
        lines += ["    (const sg_schema *)&sg_%s_%s," % (kind, name) for name in sorted(found[kind])]
        lines += ["    0,", "};"]
    lines.append("")
    lines.append("const sg_schema *const *const sg_registry_tables[SG_KIND_COUNT] = {")
    lines += ["    %s_table," % kind for kind in KINDS]
    lines += ["};", "const size_t sg_registry_counts[SG_KIND_COUNT] = {%s};" % ", ".join(str(len(found[kind])) for kind in KINDS)]
    with open(output, "w", encoding="utf-8") as text:
        text.write("\n".join(lines) + "\n")


main()
