"""tools/bench: what is asked for, measured part by part, kept as a list of records."""
import argparse
import json
import os
import sys
import time

import parts
import records
import settings
from models import MODELS
from sides import Torch, call
from turns import Failed

PRECISIONS, SETTINGS = ("fp32", "bf16"), ("default", "best", "intel")


def words(allowed):
    def read(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError("there is no %s: one of %s" % (word, ", ".join(allowed)))
        return chosen
    return read


def counts(text):
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        numbers = [0]
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("`%s` is no list of numbers of threads" % text)
    return numbers


def setting(text):
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError("`%s` is not KEY=NUMBER" % text) from None


def positive(kind):
    def read(text):
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if number <= 0:
            raise argparse.ArgumentTypeError("`%s` is no number above 0" % text)
        return number
    return read


def read_options(usage, given):
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False)
    parser.format_help = lambda: usage + "\n"
    parser.add_argument("-h", "--help", action="help")
    parser.add_argument("--models", type=words(MODELS), default=list(MODELS))
    parser.add_argument("--threads", type=counts, default=sorted({1, os.cpu_count()}))
    parser.add_argument("--precision", type=words(PRECISIONS), default=["fp32"])
    parser.add_argument("--torch", action="append")
    parser.add_argument("--settings", type=words(SETTINGS), default=["best"])
    parser.add_argument("--parts", type=words(parts.PARTS))
    parser.add_argument("--set", type=setting, action="append", default=[])
    parser.add_argument("--pairs", type=positive(int))
    parser.add_argument("--turn", type=positive(float))
    parser.add_argument("--clock", choices=["seconds", "cpu"], default="seconds")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--simgraph", default="build/simgraph")
    parser.add_argument("--json")
    parser.add_argument("--page", nargs="?", const="docs")
    options = parser.parse_args(given)
    if options.page and not options.json:
        parser.error("--page needs --json, the file with what was measured")
    if options.parts is None:
        options.parts = [] if options.page else ["same", "models"]
    options.pairs = options.pairs or (2 if options.quick else 5)
    options.turn = options.turn or (0.05 if options.quick else 1.0)
    return options


def find_torch(paths, asked):
    found = []
    for path in paths or ["/usr/bin/python3"]:
        try:
            found.append(Torch(path))
            if "intel" in asked and not settings.as_intel(settings.DEFAULT, found[-1]):
                print("PyTorch in %s: `intel` is left out, which needs %s" % (
                    path, "a C compiler" if found[-1].has_mkl else "a PyTorch with MKL"))
        except (Failed, OSError) as problem:
            print("no PyTorch in %s (%s): without it only simgraph is measured" % (path, problem))
    return found


def write_page(found, directory):
    try:
        import page
        page.write(found, directory)
    except ImportError as problem:
        sys.exit("tools/bench: %s; install python3-matplotlib" % problem)


def main(usage, given):
    options = read_options(usage, given)
    if not os.access(options.simgraph, os.X_OK):
        sys.exit("tools/bench: there is no program %s: build it, or name it with --simgraph" % options.simgraph)
    try:
        program = call([options.simgraph, "--version"]).strip()
    except Failed as problem:
        sys.exit("tools/bench: %s does not tell its version: %s" % (options.simgraph, problem))
    kept = records.Records(options.json, program=program, date=time.strftime("%Y-%m-%d"),
                           quick=options.quick)
    if options.parts and any(record.get("quick", False) != options.quick for record in kept.all):
        sys.exit("tools/bench: what %s has was measured %s --quick: name another file" % (
            options.json, "without" if options.quick else "with"))
    if options.parts:
        options.torch = find_torch(options.torch, options.settings)
    if options.parts and options.quick:
        print("--quick: small batches and short turns show that it works, not what is fast")
    for name in options.parts:
        parts.PARTS[name](options, kept)
    if options.page and not kept.all:
        sys.exit("tools/bench: %s has no records to make a page of: measure first, without --page" % options.json)
    if options.page:
        write_page(kept.all, options.page)
    return 1 if kept.failed else 0
