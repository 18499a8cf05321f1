"""manual_test.py SIMGRAPH simgraph.1 simgraph-graph.5 LANGUAGE.md: the manual pages hold all that the help and the
description of the language say, and programs that show and check such pages accept them."""
import os
import re
import shutil
import subprocess
import sys

SIMGRAPH, PROGRAM, GRAPH, LANGUAGE = sys.argv[1:]


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more)


def plain(page):
    """What a reader sees, as words with one space between them."""
    if shutil.which("man") and shutil.which("groff"):
        shown = run("man", "--warnings", "-E", "UTF-8", "-l", page, env={**os.environ, "MANWIDTH": "1000", "MAN_KEEP_FORMATTING": "",
                    "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
        assert not shown.stderr, shown.stderr
        text = re.sub(r".\x08", "", shown.stdout)
    else:
        print("without man: only the sources are looked at")
        text = open(page, encoding="utf-8").read()
        text = re.sub(r"^\.\w+ ?", "", re.sub(r"\\f.|\\&", "", text), flags=re.M).replace("\\-", "-").replace("\\e", "\\")
    return " ".join(text.replace("‐", "-").split())


def words(text):
    return " ".join(text.split())


page = plain(PROGRAM)
overview = run(SIMGRAPH, "-h").stdout
verbs = re.findall(r"^  (\w+) +\S", overview.split("usage:")[1], re.M)
assert len(verbs) >= 19 and "completion" in verbs
options = 0
for number, verb in enumerate(verbs):
    help_ = run(SIMGRAPH, verb, "-h").stdout
    begins = [page.index(f"simgraph {name} simgraph {name} ") for name in verbs[number : number + 2]]
    part = page[begins[0] : begins[1] if len(begins) > 1 else page.index("EXIT STATUS")]
    for name in re.findall(r"^  (?:-\w, |    )(--[\w-]+)", help_, re.M):
        assert f"{name} " in part, (verb, name)
        options += 1
    for line in help_.split("\n"):
        text = words(re.sub(r"^  (?:-\w, |    )--[\w-]+(?: \S+)?(?=  |$)", "", line))
        text = text.removeprefix("usage: ").rstrip(".")
        assert text[1:] in part, (verb, text)  # what a verb does begins with a capital there
for code in re.findall(r"\d+ [a-z]\w+", overview.split("Exit codes:")[1]):
    assert code in page, code
print(len(verbs), "verbs,", options, "options")

page = plain(GRAPH)
language = open(LANGUAGE, encoding="utf-8").read()
for heading in re.findall(r"^## (.*)$", language, re.M):
    assert heading.upper().replace("`", "") in page, heading
for line in re.findall(r"^    (.*)$", language, re.M):
    assert words(line) in page, line
tables = [re.sub(r"[`*]", "", line).strip("| ").split(" | ")[0] for line in language.split("\n")
          if line.startswith("| ") and "\\|" not in line]
for key in tables:
    assert words(re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", key)) in page or key in ("key", "path", "kind"), key
text = re.sub(r"^(    |\||#|```).*$", "", language, flags=re.M)
seen = 0
for word in re.findall(r"`([^`\n\\]+)`", text):
    assert words(word) in page, word
    seen += 1
print(len(tables), "rows,", seen, "words of code")

if shutil.which("mandoc"):
    for name in PROGRAM, GRAPH:
        lint = subprocess.run(["mandoc", "-Tlint", "-W", "warning", name], capture_output=True, text=True)
        assert lint.returncode == 0, lint.stdout
    print("mandoc has nothing to complain of")
