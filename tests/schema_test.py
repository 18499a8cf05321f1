#!/usr/bin/env python3
"""docs/simgraph.schema.json, held against jsonschema, another program's reading of it.

usage: schema_test.py PROGRAM PROJECT

The committed schema is the one that `simgraph schema` prints, and a schema. Every graph of the project is valid
under it, and the line that points an editor to it leads there. Each of the wrong graphs in tests/bad that a
schema can see is refused; the others are listed with the reason.
"""
import glob
import json
import os
import re
import subprocess
import sys

try:
    import jsonschema
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
except ImportError:
    print("skipped: this Python has no jsonschema, or no ruamel.yaml")
    sys.exit(77)

PROGRAM, PROJECT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SCHEMA = os.path.join(PROJECT, "docs", "simgraph.schema.json")

# The places in tests/bad that a schema sees: all that are listed must be among its complaints.
SEEN = {
    "base_wrong": [""],
    "block_argument": ["nodes/a", "nodes/b", "nodes/c/out", "nodes/d/out", "nodes/e/out", "nodes/f/with_bias",
                       "nodes/g/init", "nodes/h/out", "nodes/i/act", "nodes/j/act"],
    "block_declaration": ["blocks/one/inputs/x/1", "blocks/one/inputs/y", "blocks/one/inputs/z",
                          "blocks/one/inputs/w/type", "blocks/one/inputs/w/optional", "blocks/two", "blocks/three",
                          "blocks/four/args/a/type", "blocks/four/args/b", "blocks/four/args/d/one_of",
                          "blocks/four/outputs", "blocks/five/outputs"],
    "block_outputs": ["blocks/one/outputs"],
    "divides": ["nodes/plain/out"],
    "dollar_wrong": ["nodes/e/out"],
    "file_no_version": [""],
    "file_section_kind": ["args", "nodes", "train"],
    "file_unknown_key": [""],
    "file_version": ["simgraph"],
    "include_missing": ["include"],
    "names_twice": ["nodes", "nodes/y/repeat"],
    "op_attribute": ["nodes/a", "nodes/b/axis", "nodes/c/axis", "nodes/f", "nodes/g", "nodes/h/keep", "nodes/i/type",
                     "nodes/j/axes", "nodes/k/init", "nodes/l/init", "nodes/m/init/std", "nodes/n/init", "nodes/o/init",
                     "nodes/p"],
    "op_inputs": ["nodes/a", "nodes/b/in", "nodes/c/in", "nodes/e/in", "nodes/f/in", "nodes/h/in", "nodes/i"],
    "op_unknown": ["nodes/a/op", "nodes/c/op", "nodes/d/in", "nodes/e/op", "nodes/f/op", "nodes/g", "nodes/h",
                   "nodes/i"],
    "repeat_wrong": ["nodes/b/repeat/r", "nodes/c/repeat", "nodes/d/repeat/r"],
    "sections": ["save"],
    "set_without_base": [""],
    "share_wrong": ["nodes/f/share"],
    "state_wrong": ["nodes/a", "nodes/e", "nodes/f"],
    "unicode": ["nodes/z/op"],
    "when_wrong": ["nodes/d/recompute"],
    "yaml_comment_only": [""],
    "yaml_cut_map": ["nodes/y"],
    "yaml_empty": [""],
    "yaml_no_space": ["nodes/norm"],
    "yaml_not_a_map": [""],
    "yaml_null": ["args/size", "args/patch", "nodes/norm"],
    "yaml_scalar": [""],
    "yaml_switch": ["nodes/y/with_bias"],
}
# What only the program sees.
EXPRESSIONS = "what stands in an expression or behind a dollar"
NAMES = "whether a name of the file means something, and is used"
BUILDING = "what comes out when the graph is built: sizes, types, values"
FILES = "what other files hold"
SETTINGS = "what the command line sets"
READERS = "another reader of YAML takes it for something else that is good"
UNSEEN = {
    "argument_values": SETTINGS,
    "average_wrong": NAMES,
    "base_missing": FILES,
    "base_variant": FILES,
    "batch_words": BUILDING,
    "block_chain": BUILDING,
    "block_optional": BUILDING,
    "block_pattern": BUILDING,
    "block_recursive": BUILDING,
    "block_unused": NAMES,
    "expr_deep": EXPRESSIONS,
    "expr_long": EXPRESSIONS,
    "expr_syntax": EXPRESSIONS,
    "expr_values": EXPRESSIONS,
    "formula_weights": EXPRESSIONS,
    "member_of_number": EXPRESSIONS,
    "include_cycle": FILES,
    "include_error": FILES,
    "include_twice": FILES,
    "names_block_sees_nothing": NAMES,
    "names_branch": NAMES,
    "names_cycle": NAMES,
    "names_unknown": NAMES,
    "op_shapes": BUILDING,
    "set_edit": SETTINGS,
    "set_good_path": SETTINGS,
    "set_in_file": FILES,
    "set_wrong": SETTINGS,
    "too_many": NAMES,
    "warning_node": NAMES,
    "wide_line": NAMES,
    "yaml_anchor": READERS,
    "yaml_block_text": READERS,
    "yaml_complex_key": READERS,
    "yaml_cut_list": READERS,
    "yaml_deep": READERS,
    "yaml_many_anchors": READERS,
    "yaml_merge": READERS,
    "yaml_numbers": READERS,
    "yaml_tag": READERS,
    "yaml_two_lines": READERS,
}
# The other reader refuses these as well, before any schema is asked.
UNREADABLE = ["yaml_binary", "yaml_brace", "yaml_colon", "yaml_control", "yaml_duplicate", "yaml_index_in_flow",
              "yaml_second_document", "yaml_tab", "yaml_unclosed", "yaml_utf8"]


def load(path):
    with open(path, encoding="utf-8") as file:
        return YAML(typ="safe", pure=True).load(file)


def check_bad(validator):
    """Every wrong graph is on one list, and the one where it belongs."""
    for path in sorted(glob.glob(os.path.join(PROJECT, "tests/bad/*.yaml"))):
        name = os.path.basename(path)[:-5]
        if sum(name in known for known in (SEEN, UNSEEN, UNREADABLE)) != 1:
            yield "tests/bad/%s.yaml must be on one of the lists of this test" % name
            continue
        try:
            graph = load(path)
        except (YAMLError, UnicodeDecodeError):
            if name not in UNREADABLE:
                yield "tests/bad/%s.yaml cannot be read" % name
            continue
        if name in UNREADABLE:
            yield "tests/bad/%s.yaml can be read" % name
        places = {"/".join(map(str, error.absolute_path)) for error in validator.iter_errors(graph)}
        for place in SEEN.get(name, []):
            if place not in places:
                yield "tests/bad/%s.yaml: no complaint at `%s`, only at %s" % (name, place, sorted(places))
        # `train: {epochs: 3}` lacks keys; that is not what these two are about.
        if name in UNSEEN and places - ({"train"} if UNSEEN[name] == SETTINGS else set()):
            yield "tests/bad/%s.yaml: the schema sees something, at %s" % (name, sorted(places))


def main():
    failures = []
    printed = subprocess.run([PROGRAM, "schema"], stdout=subprocess.PIPE, check=True).stdout
    with open(SCHEMA, "rb") as file:
        if file.read() != printed:
            failures.append("docs/simgraph.schema.json is out of date: build/simgraph schema > docs/simgraph.schema.json")
    assert len(SEEN) + len(UNSEEN) + len(UNREADABLE) > 60
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    good = []
    for pattern in ("graphs/**/*.yaml", "examples/**/*.yaml", "tests/cli/files/*.yaml", "tests/torch/*.yaml",
                    "tests/language/*.yaml", "src/cli/files/*.yaml"):
        good += sorted(glob.glob(os.path.join(PROJECT, pattern), recursive=True))
    good = [path for path in good if os.path.basename(path) != "broken.yaml"]
    assert len(good) >= 10
    for path in good:
        name = os.path.relpath(path, PROJECT)
        for error in list(validator.iter_errors(load(path)))[:3]:
            failures.append("%s: at %s: %s" % (name, "/".join(map(str, error.absolute_path)), error.message[:300]))
        if name.startswith(("graphs/", "examples/")):
            line = re.search(r"^# yaml-language-server: \$schema=(\S+)$", open(path).read().split("\n")[0])
            if not line or not os.path.samefile(os.path.join(os.path.dirname(path), line.group(1)), SCHEMA):
                failures.append(name + ": the first line does not point to docs/simgraph.schema.json")

    failures += check_bad(validator)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


sys.exit(main())
