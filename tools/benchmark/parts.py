"""The parts of a benchmark. Each measures, prints a line as soon as it has one, and keeps a record of it."""
import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time

import learning
import same
import settings
import sides
import tokens
import tune
from models import MODELS
from turns import PAUSE, Failed, Side, environment, measure_turns, summary

QUICK = {"batch": 2} # what --quick makes smaller
QUICK_MORE = {"vit": {"depth": 2}, "vit_s": {"depth": 2}, "vit_b": {"depth": 1}}


def changes_of(options, model, more=None):
    changes = dict(QUICK, **QUICK_MORE.get(model, {})) if options.quick else {}
    return dict(changes, **dict(options.set), **(more or {}))


def rest_of_key(options, more=None, **how):
    """The end of a record's key, in pairs: sizes that are not the model's own, and how it was measured where that is
    not as without options (so what is asked for as it would be anyway counts as the same)."""
    usual = {"threads": (os.cpu_count(), sorted({1, os.cpu_count()})), "clock": ("seconds",)}
    unusual = {name: value for name, value in how.items() if value not in usual[name]}
    return [[key, value] for key, value in sorted({**dict(options.set), **(more or {}), **unusual}.items())]


def chosen_settings(options, model, torch, precision):
    best = settings.best_of(model, torch.version, precision)
    found = {"default": settings.DEFAULT, "best": best,
             "intel": settings.as_intel(best, torch) if "intel" in options.settings else None}
    return [found[name] for name in options.settings if found[name]]


def giga(record):
    return record["flops"] * 1e-9 / statistics.median(record["seconds"])


def tell(record):
    sides_told = ["%s %8.1f images/s %6.0f GFLOP/s %6.0f MiB" % (name, record[name]["images_per_second"],
                                                               giga(dict(record[name], flops=record["flops"])),
                                                               record[name]["peak_memory"] / 2 ** 20)
                  for name in ("simgraph", "torch") if name in record]
    ratio = "  ratio %.2f (%.2f to %.2f)" % tuple(record["ratio"][i] for i in (1, 0, 2)) if "ratio" in record else ""
    return "  ".join(sides_told) + ratio


def cpu_name():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


def start(stack, make, *arguments):
    """A side that has begun, and what it says of itself."""
    side = stack.enter_context(make(*arguments))
    return side, side.read()


def race(options, model, threads, precision, torch, how, changes):
    """Turns of simgraph and, unless `torch` is None, of PyTorch. What one side cannot do is told in its words."""
    record = {"clock": options.clock, "load": os.getloadavg()[0], "cpus": os.cpu_count(), "cpu": cpu_name()}
    missing, turns = {}, []
    with contextlib.ExitStack() as stack:
        running = []
        for name, make, arguments in (("simgraph", sides.ours, (options.simgraph, model, threads, precision, changes)),
                                      ("torch", torch and torch.start, (model, threads, precision, how, changes))):
            try:
                if make:
                    running.append((name, *start(stack, make, *arguments)))
            except Failed as problem:
                missing[name] = str(problem)
        if running:
            turns = measure_turns([side for _, side, _ in running], options.pairs, options.turn)
        for (name, side, head), taken in zip(running, turns):
            record[name] = summary(taken, head, side, options.clock)
    if missing:
        record["missing"] = missing
    if "simgraph" in record:
        record["flops"] = record["simgraph"]["head"]["flops"]
    if len(turns) == 2:
        ratios = sorted(b[options.clock] / a[options.clock] for a, b in zip(*turns))
        record["ratio"] = [ratios[0], statistics.median(ratios), ratios[-1]]
    return record


def race_all(options, kept, part, model, threads, precision, more=None):
    changes = changes_of(options, model, more)
    opponents = [(torch, how) for torch in options.torch for how in chosen_settings(options, model, torch, precision)]
    for torch, how in opponents or [(None, None)]:
        against = "torch %s %s" % (torch.version, how.name) if torch else "alone"
        key = [part, model, threads, precision, against] + rest_of_key(options, more, clock=options.clock)
        print(" ".join(map(str, key[1:])), flush=True)
        try:
            record = race(options, model, threads, precision, torch, how, changes)
        except Failed as problem:
            record = {"missing": {"both": str(problem)}}
        if "flops" not in record and "torch" in record: # simgraph's count, where it was measured before
            record["flops"] = next((r["flops"] for r in kept.all if r.get("flops") and r["key"][:2] == key[:2] and
                                    r["key"][3] == precision and r["key"][5:] == key[5:]), 0)
        for name, problem in record.get("missing", {}).items():
            print("  %s cannot: %s" % (name, problem))
            kept.failed = kept.failed or precision == "fp32" # what is new may be missing
        if "simgraph" in record or "torch" in record:
            print("  " + tell(record), flush=True)
            if "missing" in record and any("ratio" in r for r in kept.all if r["key"] == key):
                print("  what was measured of both before is kept")
            else:
                kept.add(key, record)


def measure_models(options, kept):
    for model in options.models:
        for threads in options.threads:
            for precision in options.precision:
                race_all(options, kept, "models", model, threads, precision)


def measure_batches(options, kept):
    for batch in (2, 4) if options.quick else (16, 32, 64, 128, 256, 512):
        race_all(options, kept, "batch", "vit", max(options.threads), options.precision[0], {"batch": batch})


def measure_tokens(options, kept):
    for size in (16, 32) if options.quick else tokens.SIZES:
        more = tokens.changes_of(size, options.quick)
        race_all(options, kept, "tokens", "vit", max(options.threads), options.precision[0], more)


def measure_threads(options, kept):
    """How many times faster each side is with most threads than with fewest, by turns of both."""
    few, many = min(options.threads), max(options.threads)
    if few == many:
        print("threads: two numbers are needed to compare, as in --threads 1,2")
        return
    for model in options.models:
        for precision in options.precision:
            changes = changes_of(options, model)
            makers = {"simgraph": lambda n: sides.ours(options.simgraph, model, n, precision, changes)}
            for torch in options.torch:
                makers["torch " + torch.version] = lambda n, torch=torch: torch.start(
                    model, n, precision, settings.best_of(model, torch.version, precision), changes)
            for name, make in makers.items():
                try:
                    gains = gain_of(options, make, few, many)
                except Failed as problem:
                    print("threads %s %s: %s cannot: %s" % (model, precision, name, problem))
                    kept.failed = kept.failed or precision == "fp32"
                    continue
                kept.add(["threads", model, precision, name] + rest_of_key(options, threads=[few, many]), {"threads": [few, many], "gain": gains})
                print("threads %s %s: %s with %d against %d: %.2f (%.2f to %.2f)" % (
                    model, precision, name, many, few, gains[1], gains[0], gains[2]), flush=True)


def gain_of(options, make, few, many):
    """Smallest, median and largest of the ratios of two turns' seconds."""
    with make(few) as slow, make(many) as fast:
        slow.read()
        fast.read()
        turns = measure_turns([slow, fast], options.pairs, options.turn)
    ratios = sorted(a["seconds"] / b["seconds"] for a, b in zip(*turns))
    return [ratios[0], statistics.median(ratios), ratios[-1]]


def measure_ops(options, kept):
    """Time by op of each side, summed over workers."""
    threads = max(options.threads)
    rest = rest_of_key(options, threads=threads)
    for model in options.models:
        for precision in options.precision:
            try:
                profile = sides.our_profile(options.simgraph, model, threads, precision, changes_of(options, model))
                kept.add(["ops", model, precision, "simgraph"] + rest, {"profile": profile})
                print("ops", model, precision, ", ".join("%s %.0f %%" % (op["op"], 100 * op["seconds"] / sum(
                    o["seconds"] for o in profile["ops"])) for op in profile["ops"][:8]), flush=True)
            except Failed as problem:
                print("ops %s %s: simgraph cannot: %s" % (model, precision, problem))
            for torch in options.torch[-1:]:
                how = settings.best_of(model, torch.version, precision)
                try:
                    seconds = torch.ask(model, threads, precision, how, changes_of(options, model), ["--profile", "3"])
                    kept.add(["ops", model, precision, "torch " + torch.version] + rest, {"seconds": seconds})
                except Failed as problem:
                    print("ops %s %s: torch cannot: %s" % (model, precision, problem))


def first_step(make, *arguments):
    """Seconds from the start of the program to the end of its first step."""
    with make(*arguments) as side:
        begun = time.monotonic()
        side.ask(1)
        side.read()
        side.read()
        return time.monotonic() - begun


def measure_first(options, kept):
    threads, changes = max(options.threads), changes_of(options, "vit")
    opponents = [("simgraph", sides.ours, (options.simgraph, "vit", threads, "fp32", changes))]
    for torch in options.torch:
        opponents.append(("torch " + torch.version, torch.start, (
            "vit", threads, "fp32", settings.best_of("vit", torch.version, "fp32"), changes)))
    times = {name: [] for name, _, _ in opponents}
    for _ in range(options.pairs):
        for name, make, arguments in opponents:
            if name not in times:
                continue
            time.sleep(PAUSE)
            try:
                times[name].append(first_step(make, *arguments))
            except Failed as problem:
                print("first step, vit: %s cannot: %s" % (name, problem))
                kept.failed = True
                del times[name]
    for name, seconds in times.items():
        print("first step, vit: %s %.2f s" % (name, statistics.median(seconds)), flush=True)
        kept.add(["first", name] + rest_of_key(options, threads=threads), {"seconds": seconds})
    size = stripped_size(options.simgraph)
    if size:
        print("size of the stripped program: %.1f MiB" % (size / 2 ** 20))
        kept.add(["size"], {"bytes": size})


def stripped_size(program):
    if not shutil.which("strip"):
        return None
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "stripped")
        done = subprocess.run(["strip", "-o", out, program], check=False)
        return os.path.getsize(out) if done.returncode == 0 else None


def check_sameness(options, kept):
    """Once, outside of timing: do both sides train the same model?"""
    for torch in options.torch:
        for model in options.models:
            # A few images tell; the numbers of many would be drawn one by one.
            changes = changes_of(options, model, {"batch": 2 if options.quick else 4})
            try:
                result = same.compare(options.simgraph, torch, model, 3 if options.quick else 10, changes=changes)
            except Failed as problem:
                print("same %s, torch %s: %s" % (model, torch.version, problem))
                kept.failed = True
                continue
            good = result["difference"] < same.ROUNDING
            kept.failed = kept.failed or not good
            print("same %s, torch %s: losses of %d steps differ by at most %.1e%s" % (
                model, torch.version, len(result["ours"]), result["difference"], "" if good else ": NOT the same"), flush=True)
            kept.add(["same", model, torch.version] + [pair for pair in rest_of_key(options) if pair[0] != "batch"], result)


def measure_precision(options, kept):
    """simgraph's losses after a few hundred steps in fp32 and in bf16."""
    for model in options.models:
        try:
            result = learning.measure(options.simgraph, model, changes_of(options, model), options.quick)
        except Failed as problem:
            print("precision %s: %s" % (model, problem))
            kept.failed = True
            continue
        print("precision %s: %d steps, fp32 %s, bf16 %s: %+.2f %%" % (
            model, result["steps"], *[" ".join("%.5f" % loss for loss in result["loss"][p]) for p in ("fp32", "bf16")],
            100 * learning.moved(result)), flush=True)
        kept.add(["precision", model] + rest_of_key(options), result)


PARTS = {"same": check_sameness, "precision": measure_precision, "models": measure_models, "ops": measure_ops, "batch": measure_batches,
         "tokens": measure_tokens, "threads": measure_threads, "first": measure_first,
         "tune": lambda options, kept: tune.tune(options, kept, changes_of, rest_of_key)}
