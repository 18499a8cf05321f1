#!/usr/bin/env python3
"""Manual pages from what is there: simgraph(1) from the help of the program, simgraph-graph(5) from docs/language.md.

usage: manual.py PROGRAM LANGUAGE.md DIRECTORY

Writes DIRECTORY/simgraph.1 and DIRECTORY/simgraph-graph.5. The help's layout is that of src/cli/help.c: examples, one line
of what the verb does, its usage, options, and more about it.
"""
import os
import re
import subprocess
import sys
import time


# ---- roff ----

def escape(text):
    """Plain text; hyphens stay hyphens that can be searched and copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    for character, name in {"’": "'", "…": "...", "×": "\\(mu", "→": "\\(->"}.items():
        text = text.replace(character, name)
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def bold(text):
    return "\\fB" + escape(text) + "\\fR"


def words(text):
    """Code, emphasis and links of Markdown."""
    done = ""
    for part in re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))", text):
        link = re.fullmatch(r"\[([^\]]+)\]\(([^)]+)\)", part)
        if part.startswith("`") and len(part) > 2:
            done += bold(part[1:-1])
        elif part.startswith("**"):
            done += bold(part[2:-2])
        elif link:
            done += escape(re.sub(r"[`\\]", "", link[1]))
        else:
            done += escape(re.sub(r"\\(.)", r"\1", part))
    return "\\&" + done if done[:1] in (".", "'") else done


def code(lines):
    return ["", ".nf", *("\\&  " + escape(line) if line.strip() else "\\&" for line in lines), ".fi"]


def paragraph(text):
    return [".PP", text]


def head(name, section, about, stamp, version):
    date = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    return [f".TH {name.upper()} {section} {date} \"simgraph {version}\" \"simgraph\"", ".SH NAME", escape(name) + " \\- " + escape(about)]


# ---- simgraph(1) ----

def blocks_of(text):
    return [block.split("\n") for block in text.strip("\n").split("\n\n")]


def options_of(lines):
    """(head, doc) of each; a line that does not begin with an option goes on with the one before."""
    options = []
    for line in lines:
        match = re.match(r"  (-\w, |    )(--.*)$", line)
        if match:
            parts = re.split(r"  +", match[1].strip() + " " + match[2] if match[1].strip() else match[2], maxsplit=1)
            options.append([parts[0], parts[1] if len(parts) > 1 else ""])
        else:
            options[-1][1] = (options[-1][1] + " " + line.strip()).strip()
    return options


def option_head(text):
    """--set KEY=VALUE: bold is what is typed."""
    return ", ".join(bold(part.split(" ")[0]) + (" \\fI" + escape(part.split(" ", 1)[1]) + "\\fR" if " " in part else "")
                     for part in text.split(", "))


def prose(block):
    """A block behind the options: indented lines are code."""
    page, text = [], []
    for line in block:
        if line.startswith("  "):
            page += [".PP", " ".join(text)] * bool(text) + code([line.strip()])
            text = []
        else:
            text.append(escape(line))
    return page + [".PP", " ".join(text)] * bool(text)


def verb_page(program, verb):
    text = subprocess.run([program, verb, "-h"], check=True, capture_output=True, text=True).stdout
    blocks = blocks_of(text)
    examples, (about,), usage, rest = blocks[0], blocks[1], blocks[2], blocks[3:]
    page = [f".SS simgraph {verb}"]
    for line in usage:
        page += [".PP", bold(re.sub(r"^(usage:)?\s*", "", line))]
    page += paragraph(escape(about[0].upper() + about[1:] + "."))
    if rest and re.match(r"  (-\w, |    )--", rest[0][0]):
        for name, doc in options_of(rest[0]):
            page += [".TP", option_head(name), escape(doc) or "\\&"]
        rest = rest[1:]
    for block in rest:
        page += prose(block)
    return page + paragraph("Examples:") + code([line.strip() for line in examples])


def program_page(program, stamp):
    text = subprocess.run([program, "-h"], check=True, capture_output=True, text=True).stdout
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    about, examples, usage, verbs, end = blocks_of(text)
    names = [line.split()[0] for line in verbs]
    codes = re.search(r"Exit codes: (.*)\.", " ".join(end))[1]
    page = head("simgraph", 1, "train, inspect and draw masked-image models", stamp, version)
    page += [".SH SYNOPSIS", bold("simgraph") + " \\fIVERB\\fR [arguments]", ".br", bold("simgraph") + " \\fIVERB\\fR " + bold("-h"),
             ".br", bold("simgraph --version"), ".SH DESCRIPTION", escape(" ".join(about))]
    page += paragraph("The language of these files is described in") + [".BR simgraph\\-graph (5)."]
    page += code([line.strip() for line in examples]) + [".SH VERBS"]
    for name in names:
        page += verb_page(program, name)
    page += [".SH EXIT STATUS"]
    for item in codes.split(", "):
        number, meaning = re.match(r"(\d+(?: and \d+)?) (.*)", item).groups()
        page += [".TP", bold(number), escape(meaning)]
    page += [".SH ENVIRONMENT", ".TP", bold("NO_COLOR"), "Messages are printed without colours.", ".TP", bold("OPENBLAS_CORETYPE"),
             "Which kernels OpenBLAS takes; without it, simgraph chooses them where it knows better."]
    page += [".SH FILES", ".TP", "\\fIruns/NAME/\\fR", "What a run writes: the graph as it ran, metrics, pictures, weights, and the checkpoint that",
             bold("--resume"), "reads."]
    page += [".SH SEE ALSO", ".BR simgraph\\-graph (5)"]
    return page, version


# ---- simgraph-graph(5) ----

def table(rows):
    """A table of Markdown as a list: the first column names, the others tell."""
    page = []
    titles, body = rows[0], rows[2:]
    for cells in body:
        tell = [f"{words(title)}: {words(cell)}" if len(cells) > 2 else words(cell)
                for title, cell in zip(titles[1:], cells[1:]) if cell]
        page += [".TP", words(cells[0]) or "\\&", ("; ".join(tell)) or "\\&"]
    return page + [".PP"]


def cells_of(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def language_page(path, stamp, version):
    lines = open(path, encoding="utf-8").read().split("\n")
    page = head("simgraph-graph", 5, "the language of graph files", stamp, version) + [".SH DESCRIPTION"]
    i = 1
    while i < len(lines):
        line = lines[i]
        first = i
        if not line.strip() or line.startswith("<!--"):
            i += 1
        elif line.startswith("### "):
            page += [".SS " + words(line[4:])]
            i += 1
        elif line.startswith("## "):
            page += [".SH " + words(line[3:]).upper()]
            i += 1
        elif line.startswith("    "):
            while i < len(lines) and (lines[i].startswith("    ") or (not lines[i].strip() and lines[i + 1].startswith("    "))):
                i += 1
            page += code([text[4:] for text in lines[first:i]])
        elif line.startswith("|"):
            while i < len(lines) and lines[i].startswith("|"):
                i += 1
            page += table([cells_of(text) for text in lines[first:i]])
        elif line.startswith("```"):
            i += 1
            while not lines[i].startswith("```"):
                i += 1
            i += 1
            page += code(lines[first + 1 : i - 1])
        else:
            item = re.match(r"(?:[-*]|\d+\.) ", line)
            i += 1
            while i < len(lines) and lines[i].strip() and not re.match(r"([-*]|\d+\.) |\||#|    |```", lines[i]):
                i += 1
            text = " ".join(part.strip() for part in lines[first:i])
            page += [".IP \\(bu 2", words(text[item.end():])] if item else paragraph(words(text))
    return page + [".SH SEE ALSO", ".BR simgraph (1)"]


def tidy(page):
    """A paragraph needs text behind it, and none stands right below a heading."""
    kept = []
    for line in page:
        above = kept[-1] if kept else ""
        if line == "" or (line == ".PP" and above.startswith((".SH", ".SS"))):
            if line == "" and not above.startswith((".SH", ".SS", ".PP")):
                kept.append(".PP")
            continue
        if above == ".PP" and line.startswith((".PP", ".SH", ".SS", ".IP", ".TP")):
            kept.pop()
        kept.append(line)
    return "\n".join(kept) + "\n"


def main():
    program, language, directory = sys.argv[1:]
    stamp = int(os.environ.get("SOURCE_DATE_EPOCH") or os.path.getmtime(language))
    page, version = program_page(program, stamp)
    os.makedirs(directory, exist_ok=True)
    for name, text in {"simgraph.1": page, "simgraph-graph.5": language_page(language, stamp, version)}.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(tidy(text))


main()
