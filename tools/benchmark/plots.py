"""Plots of docs/performance.md."""
import os

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from kinds import kind_of # noqa: E402
from models import MODELS # noqa: E402
from tables import NAMES, gigaflops, of_part, other_sizes # noqa: E402
from tokens import tokens_of # noqa: E402

OURS, COLOURS = "#0072b2", ("#d55e00", "#e69f00", "#cc79a7", "#999999")
KINDS = {"products": "#0072b2", "attention": "#56b4e9", "convolutions": "#009e73", "norms": "#f0e442",
         "activations": "#e69f00", "optimiser": "#d55e00", "copies": "#cc79a7", "the rest": "#bbbbbb"}


def style():
    plt.rcParams.update({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False,
                         "svg.hashsalt": "simgraph", "svg.fonttype": "none", "figure.constrained_layout.use": True})


def save(figure, directory, name):
    figure.savefig(os.path.join(directory, name), metadata={"Date": None})
    plt.close(figure)


def label(record, side):
    """"simgraph", or "PyTorch 2.15.0"; with the precision where it is not fp32."""
    name = "simgraph" if side == "simgraph" else "PyTorch " + record["torch"]["head"]["torch"].split("+")[0]
    if side == "torch":
        how = record["key"][4].split(" ", 2)[2]
        name += "" if how == "best" else ", " + how
    return name if record["key"][3] == "fp32" else name + ", bf16"


def series(records, value):
    """label -> model -> value, simgraph's first; a side that was measured more than once counts with its best."""
    found = {}
    for side in ("simgraph", "torch"):
        for record in records:
            if side in record and record.get("flops"):
                values = found.setdefault(label(record, side), {})
                model, number = record["key"][1], value(record, side)
                values[model] = max(values.get(model, number), number)
    return found


def colour(name, others):
    if name.startswith("simgraph"):
        return OURS if name == "simgraph" else "#56b4e9"
    return COLOURS[others.index(name) % len(COLOURS)]


def grouped(records, value, axis, text, path):
    """Bars of every model side by side."""
    found = series(records, value)
    models = [model for model in MODELS if any(model in values for values in found.values())]
    if not models:
        return
    others = [name for name in found if not name.startswith("simgraph")]
    figure, axes = plt.subplots(figsize=(9, 4.2))
    wide = 0.84 / len(found)
    for k, (name, values) in enumerate(found.items()):
        at = [models.index(model) - 0.42 + (k + 0.5) * wide for model in values]
        axes.bar(at, values.values(), 0.92 * wide, color=colour(name, others), label=name)
        for x, (model, number) in zip(at, values.items()):
            axes.annotate(text(model, number), (x, number), xytext=(0, 3), textcoords="offset points", ha="center",
                          fontsize=8, rotation=90)
    axes.set_xticks(range(len(models)), [NAMES[model] for model in models])
    axes.set_ylabel(axis)
    axes.margins(y=0.18)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, ncols=min(4, len(found)), loc="upper center", bbox_to_anchor=(0.5, 1.16), fontsize=10)
    save(figure, *os.path.split(path))


def most_threads(records):
    """What was measured with most threads, of the models' own sizes."""
    records = [record for record in records if not other_sizes(record)]
    most = max((record["key"][2] for record in records), default=0)
    return [record for record in records if record["key"][2] == most]


def images(model, number, flops):
    rate = number * 1e9 / flops[model]
    return "%.1f/s" % rate if rate < 100 else "%.0f/s" % rate


def throughput(records, directory):
    chosen = most_threads(of_part(records, "models"))
    flops = {r["key"][1]: r["flops"] / r["torch" if "torch" in r else "simgraph"]["head"]["batch"] for r in chosen
             if r.get("flops")}
    grouped(chosen, gigaflops, "GFLOP/s (above the bars: images/s)", lambda m, n: images(m, n, flops),
            os.path.join(directory, "throughput.svg"))


def memory(records, directory):
    grouped(most_threads(of_part(records, "models")), lambda r, side: r[side]["peak_memory"] / 2 ** 30, "peak memory, GiB",
            lambda m, n: "%.2f" % n, os.path.join(directory, "memory.svg"))


def op_times(record):
    """Seconds of a step by kind of op, divided by the workers that share them."""
    times = dict.fromkeys(KINDS, 0.0)
    if "profile" in record:
        for op in record["profile"]["ops"]:
            times[kind_of(op["op"])] += op["seconds"] / record["profile"]["threads"]
    else:
        for op, seconds in record["seconds"].items():
            times[kind_of(op)] += seconds
    return times


def lengths(records, chosen):
    """How long a step of each side takes, as it was measured in turns; that of simgraph is 1."""
    found = dict.fromkeys(chosen, 1.0)
    for record in most_threads(of_part(records, "models")):
        if "ratio" in record:
            key = (record["key"][1], record["key"][3], "torch " + record["torch"]["head"]["torch"])
            if key in found:
                found[key] = record["ratio"][1]
    return found


def ops(records, directory):
    # Of several numbers of threads that is drawn which the key leaves out, the usual one: the last.
    chosen = {tuple(r["key"][1:4]): op_times(r) for r in sorted(of_part(records, "ops"), key=lambda r: -len(r["key"]))
              if r["key"][2] == "fp32" and not other_sizes(r, "threads")}
    length = lengths(records, chosen)
    models = [model for model in MODELS if (model, "fp32", "simgraph") in chosen]
    if not models:
        return
    rows = [(model, side) for model in models for side in sorted({key[2] for key in chosen if key[0] == model})]
    figure, axes = plt.subplots(figsize=(9, 0.42 * len(rows) + 1.3))
    y, ticks = 0.0, []
    for i, (model, side) in enumerate(rows):
        y += 1.5 if i and rows[i - 1][0] != model else 1.0
        times = chosen[model, "fp32", side]
        scale, left = length[model, "fp32", side] / sum(times.values()), 0.0
        for kind, seconds in times.items():
            axes.barh(y, seconds * scale, 0.8, left, color=KINDS[kind], label=kind if i == 0 else None)
            left += seconds * scale
        name = side if side == "simgraph" else "PyTorch " + side.split()[1].split("+")[0]
        ticks.append((y, "%s: %s" % (NAMES[model], name)))
    axes.set_yticks([y for y, _ in ticks], [text for _, text in ticks])
    axes.invert_yaxis()
    axes.set_xlabel("time of a step, that of simgraph = 1")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1.0), fontsize=10)
    save(figure, directory, "ops.svg")


def scaling(records, part, x_of, x_axis, y_of, y_axis, path):
    lines = {}
    for side in ("simgraph", "torch"):
        for record in of_part(records, part):
            if side in record and record.get("flops"):
                name = label(record, side) + other_sizes(record, "batch", "size")
                lines.setdefault(name, []).append((x_of(record), y_of(record, side)))
    if not lines:
        return
    figure, axes = plt.subplots(figsize=(6.4, 4))
    axes.set_title("small ViT", fontsize=11)
    others = [name for name in lines if not name.startswith("simgraph")]
    for name, points in lines.items():
        best = {}
        for x, y in points:
            best[x] = max(y, best.get(x, y))
        axes.plot(sorted(best), [best[x] for x in sorted(best)], marker="o", color=colour(name, others), label=name)
    axes.set_xscale("log", base=2)
    ticks = sorted({x for points in lines.values() for x, _ in points})
    axes.set_xticks(ticks, [str(x) for x in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel(x_axis)
    axes.set_ylabel(y_axis)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save(figure, *os.path.split(path))


def batch(records, directory):
    scaling(records, "batch", lambda r: dict(r["key"][5:])["batch"], "images a step",
            lambda r, side: r[side]["images_per_second"], "images/s", os.path.join(directory, "batch.svg"))


def tokens(records, directory):
    scaling(records, "tokens", lambda r: tokens_of(dict(r["key"][5:])["size"]), "tokens an image", gigaflops, "GFLOP/s",
            os.path.join(directory, "tokens.svg"))


def threads(records, directory):
    """How many times faster many threads are than few."""
    timed = [r for r in of_part(records, "threads") if r["key"][2] == "fp32" and not other_sizes(r, "threads")]
    found = {(r["key"][3].split("+")[0].replace("torch", "PyTorch"), r["key"][1]): r["gain"][1] for r in timed}
    names = sorted({name for name, _ in found}, key=lambda name: name != "simgraph")
    models = [model for model in MODELS if any(model == m for _, m in found)]
    if not models:
        return
    figure, axes = plt.subplots(figsize=(8, 3.6))
    wide = 0.84 / len(names)
    for k, name in enumerate(names):
        at = [(i - 0.42 + (k + 0.5) * wide, found[name, m]) for i, m in enumerate(models) if (name, m) in found]
        axes.bar([x for x, _ in at], [y for _, y in at], 0.92 * wide, color=colour(name, names[1:]), label=name)
    axes.axhline(2, color="#888888", linewidth=1, linestyle="--")
    axes.set_xticks(range(len(models)), [NAMES[model] for model in models])
    axes.set_ylabel("%d threads against %d" % tuple(reversed(timed[-1]["threads"])))
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=10)
    save(figure, directory, "threads.svg")


def without_defaults(records):
    """Default settings stand in the tables; pictures show the best ones where these were measured."""
    best = any(record["key"][0] == "models" and record["key"][4].endswith(" best") for record in records)
    return [record for record in records
            if record["key"][0] != "models" or not best or not record["key"][4].endswith(" default")]


def draw(records, directory):
    style()
    records = without_defaults(records)
    for plot in (throughput, memory, ops, batch, tokens, threads):
        plot(records, directory)
