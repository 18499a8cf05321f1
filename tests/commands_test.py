#!/usr/bin/env python3
"""Commands that pages and graph files show name verbs, options and graphs that there are; those that only look are run.

usage: commands_test.py SIMGRAPH SOURCE

Looks at README.md, all pages of docs/, and the comments of graphs/: at lines that are a command, `simgraph VERB ...`, and at
such code within the text; what stands behind a `$ ` in a fenced block is left to docs_test.py. What has a capital name (FILE, NAME) stands for something else and is not run.
"""
import concurrent.futures
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

LINE = re.compile(r"^(?:    |#  *)(?:\$ )?(?:build/)?simgraph ([a-z]+)\b(.*)$", re.M)
WITHIN = re.compile(r"`(?:build/)?simgraph ([a-z]+)\b([^`\n]*)`")
FENCED = re.compile(r"^(?:build/)?simgraph ([a-z]+) (.*)$", re.M)
LOOKING = ("check", "summary", "diff", "ops")


def words_of(text):
    """The words of a command up to a pipe, a redirection or a comment; None where its quotes do not match."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="|<>;&")
        lexer.whitespace_split, lexer.commenters = True, "#"
        out = []
        for word in lexer:
            if word[0] in "|<>;&":
                break
            out.append(word)
        return out
    except ValueError:
        return None


def commands(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    found = LINE.findall(text) + WITHIN.findall(text)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S):
        found += FENCED.findall(block)
    return found


class Program:
    def __init__(self, path):
        self.path, self.helps = path, {}

    def help(self, verb):
        if verb not in self.helps:
            self.helps[verb] = subprocess.run([self.path, verb, "-h"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return self.helps[verb]

    def wrong(self, verb, words):
        """What there is not, or None."""
        if not self.help(verb):
            return "there is no verb `%s`" % verb
        for word in words:
            option = word.split("=")[0]
            if option == "--":
                break
            if re.match(r"--[a-z]", option) and not re.search(r"%s\b(?!-)" % option, self.help(verb)):
                return "`%s` has no option %s" % (verb, option)
            if re.fullmatch(r"-[a-zA-Z]", option) and "%s, " % option not in self.help(verb) and option != "-h":
                return "`%s` has no option %s" % (verb, option)
            graph = re.match(r"(graphs/[\w/]+\.yaml)", word)
            if graph and not os.path.exists(os.path.join(SOURCE, graph[1])):
                return "there is no %s" % graph[1]
        return None

    def run(self, where, verb, words):
        done = subprocess.run([self.path, verb] + words, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        fine = done.returncode == 0 or (verb == "diff" and done.returncode == 1)
        return None if fine else done.stdout


SOURCE = os.path.abspath(sys.argv[2])


def main():
    program = Program(os.path.abspath(sys.argv[1]))
    paths = [SOURCE + "/README.md"] + sorted(glob.glob(SOURCE + "/docs/**/*.md", recursive=True))
    paths += sorted(glob.glob(SOURCE + "/graphs/*.yaml"))
    seen, failed, looked = {}, 0, []
    for path in paths:
        for verb, text in commands(path):
            # In a comment of a graph, what the command is for stands behind blanks.
            seen.setdefault((verb, re.split(r" {3,}", text.strip())[0] if path.endswith(".yaml") else text.strip()), os.path.relpath(path, SOURCE))
    for (verb, text), path in seen.items():
        words = words_of(text)
        wrong = "its quotes do not match" if words is None else program.wrong(verb, words)
        if wrong:
            failed += 1
            print("%s: simgraph %s %s\n  %s" % (path, verb, text, wrong))
        elif verb in LOOKING and words and "..." not in text and not any(re.search(r"\b[A-Z]{2,}", word) for word in words):
            files = [word.split("@")[0] for word in words if re.search(r"\.(yaml|npy)\b", word) and "=" not in word]
            if files == [name for name in files if name.startswith("graphs/")]:
                looked.append((path, verb, text, words))
    with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(2) as pool:
        os.symlink(os.path.join(SOURCE, "graphs"), os.path.join(top, "graphs"))
        for (path, verb, text, _), told in zip(looked, pool.map(lambda look: program.run(top, look[1], look[3]), looked)):
            if told is not None:
                failed += 1
                print("%s: simgraph %s %s\n%s" % (path, verb, text, told))
    print("%d commands, of which %d were run" % (len(seen), len(looked)))
    if len(seen) < 150 or len(looked) < 20:
        failed += 1
        print("these are too few")
    print("%d passed, %d failed" % (len(seen) - failed, failed))
    return failed > 0


sys.exit(main())
