#!/usr/bin/env python3
"""`simgraph check` of every file of a directory of bad graphs: standard error and exit status are those of its
.txt file, carets stand under their characters, --json says the same in every part, and --strict fails where there are
warnings alone. On a terminal messages are coloured, unless NO_COLOR is set.

usage: check_test.py PROGRAM DIRECTORY
"""
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata

PLACE = re.compile(r"^(?:(?P<file>[^\n]*?)(?::(?P<line>\d+):(?P<column>\d+))?: )?(?P<severity>error|warning): (?P<message>.*)$")
passed, failed = 0, 0


def expect(name, good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("%s: %s" % (name, what))


def check(program, arguments):
    return subprocess.run([program, "check"] + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def settings(stem):
    if not os.path.exists(stem + ".set"):
        return []
    with open(stem + ".set", encoding="utf-8") as text:
        return [part for line in text.read().splitlines() for part in ("--set", line)]


def read_text(text):
    """The messages of a text: (file, line, column, severity, message), and the lines below each."""
    messages, below = [], []
    for line in text.splitlines():
        match = PLACE.match(line) if not line.startswith("  ") else None
        if match:
            messages.append((match["file"] or None, int(match["line"] or 0), int(match["column"] or 0),
                             match["severity"], match["message"]))
            below.append([])
        elif messages:
            below[-1].append(line)
    return messages, below


def width(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def check_caret(name, message, lines):
    """The caret stands under the character of its column, however wide those before it are."""
    if not message["line"] or not os.path.exists(message["file"] or "") or len(lines) < 2:
        return
    with open(message["file"], encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        source = file.read().split("\n")[message["line"] - 1].rstrip("\r")
    shown, caret = lines[0], lines[1]
    if shown.startswith("  ...") or "^" not in caret or any(ord(c) < 32 and c != "\t" for c in source):
        return
    before = source[:message["column"] - 1]
    expect(name, shown[2:].rstrip(".").startswith(before.rstrip(".")), "another line is shown: " + shown)
    expect(name, caret.index("^") == 2 + sum(width(c) for c in before), "the caret stands wrong:\n" + "\n".join(lines[:2]))
    expect(name, [i for i, c in enumerate(before) if c == "\t"] == [] or "\t" in caret, "tabs are lost")
    underlined = source[message["column"] - 1:message["column"] - 1 + message["length"]]
    if len(shown) < 100:
        expect(name, len(caret.lstrip(" \t")) == max(1, sum(width(c) for c in underlined)), "another length:\n" + caret)


def check_json(name, printed, text):
    messages, below = read_text(text)
    found = json.loads(printed)
    got = [(m["file"], m["line"], m["column"] if m["line"] else 0, m["severity"], m["message"]) for m in found]
    expect(name, got == messages, "--json says other things:\n%s\n%s" % (got, messages))
    for m, lines in zip(found, below):
        wanted = ([m["hint"]] if m["hint"] else []) + [
            "%s (%s%s)" % (link["text"], link["file"], ":%d" % link["line"] if link["line"] else "") for link in m["chain"]]
        tail = [line[2:] for line in lines if not line.endswith(" more errors")]
        expect(name, tail[len(tail) - len(wanted):] == wanted, "hint and chain differ: %s" % wanted)
        expect(name, m["length"] >= 1, "nothing is underlined")
        check_caret(name, m, lines)


def check_file(program, stem):
    with open(stem + ".txt", encoding="utf-8", errors="surrogateescape") as text:
        wanted, _, status = text.read().rpartition("status ")
    arguments = [stem + ".yaml"] + settings(stem)
    plain = check(program, arguments)
    printed = plain.stderr.decode("utf-8", "surrogateescape")
    expect(stem, printed == wanted, "other messages:\n" + printed)
    expect(stem, plain.returncode == int(status), "the exit status is %d" % plain.returncode)
    expect(stem, (plain.returncode == 0) == (b": ok, " in plain.stdout), "the closing line")
    as_json = check(program, arguments + ["--json"])
    expect(stem, as_json.returncode == int(status) and not as_json.stderr, "--json: status or standard error")
    check_json(stem, as_json.stdout, wanted)
    strict = check(program, arguments + ["--strict"])
    expect(stem, strict.returncode == (3 if wanted and status.strip() == "0" else int(status)), "--strict")


def terminal(program, file, environment):
    """What the program writes to a terminal as its standard error."""
    outer, inner = pty.openpty()
    subprocess.run([program, "check", file], stdout=subprocess.DEVNULL, stderr=inner,
                   env=dict(os.environ, TERM="xterm", **environment))
    os.close(inner)
    text = b""
    while True:
        try:
            more = os.read(outer, 65536)
        except OSError:
            break
        if not more:
            break
        text += more
    os.close(outer)
    return text


def main():
    program, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    os.environ.pop("NO_COLOR", None)
    os.chdir(directory)
    for name in sorted(os.listdir(".")):
        if name.endswith(".yaml"):
            check_file(program, name[:-len(".yaml")])
    first = next(name[:-len("txt")] + "yaml" for name in sorted(os.listdir("."))
                 if name.endswith(".txt") and "error:" in open(name, encoding="utf-8", errors="replace").read())
    coloured, plain = terminal(program, first, {}), terminal(program, first, {"NO_COLOR": "1"})
    expect("terminal", b"\033[1;31merror:\033[0m" in coloured, "no colour on a terminal")
    expect("terminal", b"\033" not in plain and b"error:" in plain, "colour in spite of NO_COLOR")
    expect("terminal", re.sub(rb"\033\[[0-9;]*m", b"", coloured) == plain, "colours change the text")
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0 or passed == 0


sys.exit(main())
