#!/usr/bin/env python3
"""simgraph fmt, held against an independent YAML 1.2 reader (ruamel.yaml).

usage: fmt_test.py PROGRAM PROJECT [SEED COUNT]

Every graph of the project, and COUNT rewritings of them in a random style (block and flow, quotes, line breaks,
blank lines, order of keys, comments), are styled. Then
  - another reader finds the same data, but for the spaces of expressions and the order of keys;
  - styling again changes nothing, and all rewritings of one graph are styled to the same text;
  - every comment is there once, in front of the entry, or behind the value, where it was;
  - `simgraph expand` prints the same graph as before.
"""
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

try:
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import MappingNode, ScalarNode
except ImportError:
    print("skipped: this Python has no ruamel.yaml")
    sys.exit(77)

PROGRAM, PROJECT = os.path.abspath(sys.argv[1]), sys.argv[2]
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
COUNT = int(sys.argv[4]) if len(sys.argv) > 4 else 150


def compose(text):
    return YAML(typ="safe", pure=True).compose(text)


def data(node, key=""):
    """What is compared: keys without their order; texts without spaces, but for docs."""
    if isinstance(node, MappingNode):
        return {k.value: data(v, k.value) for k, v in node.value}
    if not isinstance(node, ScalarNode):
        return [data(v) for v in node.value]
    number = node.tag.split(":")[-1] if node.style is None else "str"
    return number, node.value if key == "doc" else node.value.replace(" ", "")


def order(node):
    """Names in their order: of arguments, nodes and blocks, which may not move."""
    def entries(map_node):
        return dict((k.value, v) for k, v in map_node.value) if isinstance(map_node, MappingNode) else {}

    root = entries(node)
    scopes = [root] + [entries(block) for block in entries(root.get("blocks")).values()]
    return [[k.value for k, _ in scope[part].value] for scope in scopes for part in ("args", "inputs", "nodes", "let")
            if isinstance(scope.get(part), MappingNode)]


class Writer:
    """A graph in a random style. Comments say where they belong: `# 3 before name`, `# 4 behind name`."""

    def __init__(self, chance, comments):
        self.random, self.comments, self.count = chance, comments, 0
        self.broken = 0.3 if comments else 0.0

    def maybe(self, share):
        return self.random.random() < share

    def comment(self, what, name):
        self.count += 1
        return "# %d %s %s" % (self.count, what, name.split()[0])

    def plain_ok(self, text, flow):
        if re.search(r"^[\s&*!|>@`'\"%#,\[\]{}?:-]|: |:$| #|\s$|\n|^$", text):
            return False
        return not (flow and (re.search(r"[,\[\]{}?]", text) or text.count("(") != text.count(")")))

    def quoted(self, text):
        if "\n" not in text and self.maybe(0.5):
            return "'" + text.replace("'", "''") + "'"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    def scalar(self, node, flow):
        text = node.value
        if not node.tag.endswith(":str") and node.style is None:
            return text
        stay = text in ("int", "float", "bool", "text", "op")
        if node.style is not None and stay:
            return self.quoted(text)
        safe = self.plain_ok(text, flow)
        safe = safe and (node.style is None or compose("x: " + text).value[0][1].tag.endswith(":str"))
        return text if safe and (stay or self.maybe(0.6)) else self.quoted(text)

    def flow(self, node, indent):
        if isinstance(node, ScalarNode):
            return self.scalar(node, True)
        is_map = isinstance(node, MappingNode)
        out = "{" if is_map else "["
        for i, item in enumerate(node.value):
            if i and self.maybe(self.broken):
                out += "," + (" " + self.comment("behind", self.last) if self.maybe(0.5) else "")
                out += "\n" + " " * (indent + self.random.randint(1, 5))
                if self.maybe(0.4) and is_map:
                    out += self.comment("before", item[0].value) + "\n" + " " * (indent + 3)
            elif i:
                out += self.random.choice([", ", ",", ",  "]) if is_map else ", "
            if is_map:
                out += item[0].value + ": " + self.flow(item[1], indent)
            else:
                out += self.flow(item, indent)
            value = item[1] if is_map else item
            self.last = (item[0].value if is_map else
                         self.scalar_name(value)) if isinstance(value, ScalarNode) else "?"
        if out.endswith(":"):
            out += " "
        return out + ("}" if is_map else "]")

    @staticmethod
    def scalar_name(node):
        return node.value if isinstance(node, ScalarNode) else "?"

    def block(self, node, indent):
        lines = []
        is_map = isinstance(node, MappingNode)
        for item in node.value:
            name, value = (item[0].value, item[1]) if is_map else ("", item)
            if self.maybe(0.1) and self.comments:
                lines += [""] * self.random.randint(1, 3)
            if is_map and self.comments and self.maybe(0.15):
                lines.append(" " * indent + self.comment("before", name))
            head = " " * indent + (name + ":" if is_map else "-")
            inline = isinstance(value, ScalarNode) or not value.value or self.maybe(0.5)
            if inline:
                text = head + " " * self.random.randint(1, 2) + (
                    self.scalar(value, False) if isinstance(value, ScalarNode) else self.flow(value, indent + 1))
                if self.comments and self.maybe(0.15):
                    text += " " + self.comment("behind", name or "?")
                lines.append(text)
            elif is_map:
                trail = " " + self.comment("behind", name) if self.comments and self.maybe(0.15) else ""
                lines.append(head + trail)
                lines += self.block(value, indent + self.random.choice([1, 2, 4]))
            else:
                lines.append(head + " " + self.flow(value, indent + 1))
        return lines


def run(*arguments):
    return subprocess.run([PROGRAM] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace")


def style(paths):
    done = run("fmt", *paths)
    assert done.returncode == 0, done.stderr
    return [open(path).read() for path in paths]


def check_comments(written, styled, path):
    lines = styled.replace('"', "").split("\n")
    for number, what, name in re.findall(r"# (\d+) (before|behind) (\S+)", written):
        places = [i for i, line in enumerate(lines) if re.search(r"# %s %s " % (number, what), line)]
        assert len(places) == 1, "%s: comment %s stands there %d times" % (path, number, len(places))
        at, comment = places[0], "# %s %s %s" % (number, what, name)
        if what == "behind" and not lines[at].strip().startswith("#"):
            held = name == "?" or re.search(r"(^|[\s{-])%s(:|,| |$)" % re.escape(name), lines[at].split(comment)[0])
            assert held, "%s: %s stands at `%s`" % (path, comment, lines[at])
        if what == "before":
            assert lines[at].strip() == comment, "%s: %s stands behind something" % (path, comment)
            entry = next(line for line in lines[at:] if not line.strip().startswith("#") and line.strip())
            assert re.match(r"[\s-]*%s(:|\s)" % re.escape(name), entry), "%s: %s before `%s`" % (path, comment, entry)


def main():
    chance = random.Random(SEED)
    paths = []
    for pattern in ("graphs/*.yaml", "graphs/lib/*.yaml", "tests/**/*.yaml", "examples/**/*.yaml"):
        paths += sorted(glob.glob(os.path.join(PROJECT, pattern), recursive=True))
    graphs, refused = {}, 0
    for path in paths:
        done = run("fmt", "--diff", path)
        wrong = any(os.sep + part + os.sep in path for part in ("bad", "rules"))  # is meant to be
        if done.returncode == 0 and not wrong:
            graphs[path] = open(path).read()
        else:
            assert wrong and done.returncode in (0, 1, 3), (path, done.stderr)
            refused += done.returncode == 3
    assert len(graphs) > 20 and refused > 20, (len(graphs), refused)
    with tempfile.TemporaryDirectory() as top:
        def put(number, text):
            name = os.path.join(top, "%05d.yaml" % number)
            with open(name, "w") as file:
                file.write(text)
            return name

        names = list(graphs)
        files = [put(i, graphs[path]) for i, path in enumerate(names)]
        styled = dict(zip(names, style(files)))
        again = dict(zip(names, style(files)))
        bare = {}
        for i, path in enumerate(names):
            assert styled[path] == again[path], path + ": styled twice it is another text"
            old, new = compose(graphs[path]), compose(styled[path])
            assert data(old) == data(new), path + ": another reader finds other data"
            assert order(old) == order(new), path + ": names have moved"
            assert max(map(len, styled[path].split("\n"))) <= max(120, *map(len, graphs[path].split("\n"))), path
            before, after = run("expand", path), run("expand", files[i])
            if before.returncode == 0 and "include" not in graphs[path] and "base" not in graphs[path]:
                assert after.returncode == 0 and before.stdout == after.stdout, path + ": it expands to another graph"
            # The style of the bare data: without comments and blank lines.
            writer = Writer(chance, False)
            bare[path] = style([put(90000 + i, "\n".join(writer.block(old, 0)) + "\n")])[0]
            writer = Writer(chance, False)
            assert bare[path] == style([put(90000 + i, "\n".join(writer.block(old, 0)) + "\n")])[0], path

        texts = []
        for number in range(COUNT):
            path = chance.choice(names)
            writer = Writer(chance, True)
            texts.append((path, "\n".join(writer.block(compose(graphs[path]), 0)) + "\n", writer.count))
        written = [put(i, text) for i, (_, text, _) in enumerate(texts)]
        first, second, total = [], [], 0
        for start in range(0, COUNT, 200):
            first += style(written[start:start + 200])
            second += style(written[start:start + 200])
        for (path, text, count), once, twice in zip(texts, first, second):
            assert once == twice, path + ": styled twice it is another text:\n" + text
            assert data(compose(text)) == data(compose(once)), path + ": another reader finds other data:\n" + text
            check_comments(text, once, path)
            assert len(re.findall(r"# \d+ be", once)) == count
            total += count
            # Without its comments and blank lines it is styled like every other rewriting.
            kept = [re.sub(r" *# \d+ be\w+ .*$", "", line) for line in once.split("\n")]
            plain = style([put(80000, "\n".join(line for line in kept if line.strip()) + "\n")])[0]
            assert plain == bare[path], path + ": other comments, other style:\n" + text
        print("%d graphs, %d refused, %d rewritings with %d comments" % (len(graphs), refused, COUNT, total))


main()
