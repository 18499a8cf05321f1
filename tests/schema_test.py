#!/usr/bin/env python3
"""docs/simgraph.schema.json, held against jsonschema, another program's reading of it.

usage: schema_test.py PROGRAM PROJECT

The committed schema is the one that `simgraph schema` prints, and a schema. Every graph of the project is valid
under it, and the line that points an editor to it leads there. Each of the wrong graphs in tests/bad and tests/rules
that a schema can see is refused, where the program says something; the others are listed with the reason.
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

# `seen`: the places of a wrong graph that a schema sees, all among its complaints. `unseen`: by reason, the graphs
# of which only the program sees what is wrong. `unreadable`: refused by the other reader, before any schema is asked.
LISTS = os.path.join(PROJECT, "tests", "schema_places.json")
DIRECTORIES = ["bad", "bad/mistakes", "rules"]
SETTINGS = "what the command line sets"


def load(path):
    with open(path, encoding="utf-8") as file:
        return YAML(typ="safe", pure=True).load(file)


def lines_of(text, steps):
    """The first and the last line of the entry that lies so many keys and indices deep."""
    key = node = YAML(typ="safe", pure=True).compose(text)
    for step in steps:
        if node.id == "sequence":
            key = node = node.value[step]
        else:
            key, node = next(entry for entry in node.value if entry[0].value == str(step))
    return key.start_mark.line + 1, node.end_mark.line + 1


def check_bad(validator):
    """Every wrong graph is on one list, and the one where it belongs; nothing else is complained of."""
    with open(LISTS, encoding="utf-8") as file:
        lists = json.load(file)
    seen, unreadable = lists["seen"], lists["unreadable"]
    unseen = {name: reason for reason, names in lists["unseen"].items() for name in names}
    left = sorted(list(seen) + unreadable + [name for names in lists["unseen"].values() for name in names])
    for path in sorted(sum((glob.glob(os.path.join(PROJECT, "tests", d, "*.yaml")) for d in DIRECTORIES), [])):
        name = os.path.relpath(path, os.path.join(PROJECT, "tests"))[:-5]
        with open(path[:-5] + ".txt", encoding="utf-8", errors="replace") as file:
            said = file.read()
        wrong = [int(line) for line in re.findall(r"^\S+?\.yaml:(\d+):\d+: (?:error|warning): ", said, re.M)]
        if left.count(name) != ("error: " in said or "warning: " in said):
            yield "tests/%s.yaml must be once in tests/schema_places.json if something is said of it, else not" % name
            continue
        left = [other for other in left if other != name]
        try:
            graph = load(path)
        except (YAMLError, UnicodeDecodeError):
            if name not in unreadable:
                yield "tests/%s.yaml cannot be read" % name
            continue
        if name in unreadable:
            yield "tests/%s.yaml can be read" % name
        errors = {"/".join(map(str, error.absolute_path)): list(error.absolute_path)
                  for error in validator.iter_errors(graph)}
        for place in seen.get(name, []):
            if place not in errors:
                yield "tests/%s.yaml: no complaint at `%s`, only at %s" % (name, place, sorted(errors))
        # `train: {epochs: 3}` lacks keys; that is not what the graphs with settings are about.
        if unseen.get(name) == SETTINGS:
            errors.pop("train", None)
        if name not in seen and errors:
            yield "tests/%s.yaml: the schema sees something, at %s" % (name, sorted(errors))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for place, steps in filter(lambda error: error[1], errors.items()):
            first, last = lines_of(text, steps)
            if not any(first <= line <= last for line in wrong):
                yield "tests/%s.yaml: a complaint at `%s`, of which the program says nothing" % (name, place)
    for name in left:
        yield "tests/schema_places.json: there is no tests/%s.yaml" % name


def main():
    failures = []
    printed = subprocess.run([PROGRAM, "schema"], stdout=subprocess.PIPE, check=True).stdout
    with open(SCHEMA, "rb") as file:
        if file.read() != printed:
            failures.append("docs/simgraph.schema.json is out of date: build/simgraph schema > docs/simgraph.schema.json")
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    good = []
    for pattern in ("graphs/**/*.yaml", "examples/**/*.yaml", "tests/cli/files/*.yaml", "tests/torch/*.yaml",
                    "tests/language/*.yaml", "src/cli/files/*.yaml"):
        good += sorted(glob.glob(os.path.join(PROJECT, pattern), recursive=True))
    names = os.path.join(PROJECT, "graphs", "names", "") # files of names are no graphs
    good = [path for path in good if os.path.basename(path) != "broken.yaml" and not path.startswith(names)]
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
