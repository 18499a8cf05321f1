"""Tables of docs/performance.md and docs/performance-avx2.md, each made of the records of one part."""
import collections
import statistics

import kinds
import learning
from models import MODELS

NAMES = {"vit": "small ViT", "vit_s": "ViT-S/16", "vit_b": "ViT-B/16", "swin_t": "Swin-T", "cnn_32": "CNN, 32 px",
         "cnn_64": "CNN, 64 px"}


def of_part(records, part):
    return [record for record in records if record["key"][0] == part]


def other_sizes(record, *told):
    """", depth 4": what its key says of sizes that are not the model's own, and the like, but for those in `told`."""
    return "".join(", %s %s" % tuple(pair) for pair in record["key"] if isinstance(pair, list) and pair[0] not in told)


def named(record, *told):
    return NAMES[record["key"][1]] + other_sizes(record, *told)


def table(head, rows):
    """No line where there is no row."""
    if not rows:
        return []
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def rate(number):
    return format(round(number), ",") if number >= 100 else "%.*f" % (1 if number >= 1 else 2, number)


def mebibytes(number):
    return format(round(number / 2 ** 20), ",")


def gigaflops(record, side):
    return 1e-9 * record["flops"] / statistics.median(record[side]["seconds"])


def short(against):
    """"torch 2.15.0+cu132 best" -> "2.15.0, best"."""
    version, _, how = against.replace("torch ", "").partition(" ")
    return "%s, %s" % (version.split("+")[0], how) if how else "none"


def order(record):
    _, model, threads, precision, against = record["key"][:5]
    return (list(MODELS).index(model), other_sizes(record), precision, threads, against)


def race_rows(records, precision):
    rows = []
    timed = [r for r in of_part(records, "models") if r["key"][3] == precision and ("simgraph" in r or "torch" in r)]
    for record in sorted(timed, key=order):
        _, _, threads, _, against = record["key"][:5]
        row = [named(record, "batch"), record["simgraph" if "simgraph" in record else "torch"]["head"]["batch"], threads, short(against)]
        for side in ("simgraph", "torch"):
            row += ([rate(record[side]["images_per_second"]),
                     "%.0f" % gigaflops(record, side) if record.get("flops") else "",
                     mebibytes(record[side]["peak_memory"])] if side in record else ["", "", ""])
        row.append("**%.2f** (%.2f to %.2f)" % tuple(record["ratio"][i] for i in (1, 0, 2)) if "ratio" in record else "")
        rows.append(row)
    return rows


def races(records, precision):
    return table(["model", "images a step", "threads", "PyTorch", "simgraph images/s", "GFLOP/s", "MiB", "PyTorch images/s", "GFLOP/s", "MiB",
                  "ratio"], race_rows(records, precision))


def missing(records):
    """What a side could not do, in its own words, each once, below a table."""
    told = sorted({"%s, %s: %s" % (side, record["key"][3], problem) for record in records
                   for side, problem in record.get("missing", {}).items()})
    return [""] * bool(told) + ["- " + line for line in told]


def machine(records):
    timed = [record for record in records if "simgraph" in record]
    rows = [["clock", ", ".join(sorted({"CPU seconds" if r["clock"] == "cpu" else "seconds" for r in timed}))],
            ["load while measuring", "%.1f to %.1f" % (min(r["load"] for r in timed), max(r["load"] for r in timed))],
            ["CPUs", ", ".join(sorted({"%d x %s" % (r["cpus"], r["cpu"]) for r in timed}))]] if timed else []
    dates = sorted(r["date"] for r in timed if "date" in r)
    rows += [["measured", " to ".join(sorted({dates[0], dates[-1]}))]] if dates else []
    rows += [["program", name] for name in sorted({r["program"] for r in timed if "program" in r})]
    rows += [["simgraph", name] for name in sorted({"%s kernels, products by %s" % (
        r["simgraph"]["head"]["cpu"], r["simgraph"]["head"]["product"]) for r in timed})]
    rows += [["PyTorch", name] for name in sorted({"%(torch)s %(cpu)s, products by %(blas)s" % r["torch"]["head"]
                                                   for r in records if "torch" in r})]
    return table(["", ""], rows)


def limits(records):
    """How much of the rate of a large product both reach, and the ratio if all of a step ran at that rate."""
    large, rows = {}, [] # the largest that was met: each is measured in a moment of its own
    for r in of_part(records, "ops"):
        if "profile" in r:
            kind = r["key"][2], r["profile"]["threads"]
            large[kind] = max(large.get(kind, 0), r["profile"]["product_gflops_per_second"])
    for record in sorted(of_part(records, "models"), key=order):
        _, _, threads, precision, against = record["key"][:5]
        most = large.get((precision, threads))
        if not most or "ratio" not in record or not against.endswith(" best"):
            continue
        rows.append([named(record), precision, short(against), "%.0f" % most] + [
            "%.0f %%" % (100 * gigaflops(record, side) / most) for side in ("simgraph", "torch")] + [
            "%.2f" % record["ratio"][1], "%.2f" % (most / gigaflops(record, "torch"))])
    return table(["model", "precision", "PyTorch", "large product, GFLOP/s", "simgraph", "PyTorch", "ratio", "at that rate"], rows)


def step(records):
    """What simgraph's steps are made of: shares of the time, and rates against a large product's."""
    rows = []
    for r in sorted((r for r in of_part(records, "ops") if "profile" in r),
                    key=lambda r: (list(MODELS).index(r["key"][1]), r["key"][2])):
        profile, seconds, flops = r["profile"], collections.Counter(), collections.Counter()
        for op in profile["ops"]:
            kind = kinds.kind_of(op["op"])
            kind = "products" if kind == "convolutions" else kind
            seconds[kind] += op["seconds"]
            flops[kind] += op["flops"]
        whole, most = sum(seconds.values()), 1e9 * profile["product_gflops_per_second"] / profile["threads"]
        row = [named(r, "threads"), r["key"][2], profile["threads"]]
        for kind in ("products", "attention"):
            row += ["%.0f %%" % (100 * seconds[kind] / whole),
                    "%.0f %%" % (100 * flops[kind] / seconds[kind] / most) if seconds[kind] else ""]
        row += ["%.0f %%" % (100 * seconds[kind] / whole) for kind in ("activations", "norms", "optimiser")]
        rows.append(row + ["%.0f %%" % (100 * (1 - sum(seconds[kind] for kind in (
            "products", "attention", "activations", "norms", "optimiser")) / whole))])
    return table(["model", "precision", "threads", "products", "their rate", "attention", "its rate", "activations", "norms", "optimiser",
                  "the rest"], rows)


def sameness(records):
    return table(["model", "PyTorch", "steps", "first loss", "last loss", "largest relative difference"],
                 [[named(r), r["key"][2], len(r["ours"]), "%.6f" % r["ours"][0], "%.6f" % r["ours"][-1],
                   "%.1e" % r["difference"]] for r in sorted(of_part(records, "same"),
                                                             key=lambda r: (list(MODELS).index(r["key"][1]), r["key"][2]))])


def precisions(records):
    """What models lose after some steps in fp32 and in bf16: the mean of all seeds, smallest and largest."""
    rows = []
    for r in sorted(of_part(records, "precision"), key=lambda r: list(MODELS).index(r["key"][1])):
        told = ["%.4f (%.4f to %.4f)" % (statistics.mean(losses), min(losses), max(losses))
                for losses in (r["loss"]["fp32"], r["loss"]["bf16"])]
        rows.append([named(r, "batch"), r["batch"], len(r["loss"]["fp32"])] + told + ["%+.2f %%" % (100 * learning.moved(r))])
    return table(["model", "images a step", "seeds", "loss in fp32", "in bf16", "difference"], rows)


def gains(records):
    """How many times faster many threads are than few."""
    timed = sorted(of_part(records, "threads"), key=lambda r: (list(MODELS).index(r["key"][1]), r["key"][2:4], other_sizes(r)))
    return table(["model", "precision", "program", "threads", "times as fast"],
                 [[named(r, "threads"), r["key"][2], r["key"][3].split("+")[0].replace("torch", "PyTorch"), "%d against %d" % tuple(reversed(r["threads"])),
                   "**%.2f** (%.2f to %.2f)" % tuple(r["gain"][i] for i in (1, 0, 2))] for r in timed])


def first(records):
    rows = [[r["key"][1] + other_sizes(r), "%.2f s" % statistics.median(r["seconds"]), "%.2f s" % min(r["seconds"])]
            for r in of_part(records, "first")]
    return table(["", "median", "fastest"], rows)


def size(records):
    return table(["", ""], [["stripped program", "%.1f MiB" % (r["bytes"] / 2 ** 20)] for r in of_part(records, "size")])


def tuning(records):
    rows = []
    for r in of_part(records, "tune"):
        slowest = r["seconds"].get("default")
        if "tokens" in r or not slowest:
            continue
        told = "; ".join("%s %.2f" % (name, seconds / slowest) for name, seconds in sorted(
            r["seconds"].items(), key=lambda item: item[1]) if name != "default")
        rows.append([named(r)] + r["key"][2:5] + [told])
    return table(["model", "threads", "precision", "PyTorch", "time against the default settings"], rows)


def per_token(records):
    """Microseconds a token and image of a step, and the share of them that attention takes."""
    names, rows = ["simgraph", "default"], []
    timed = [r for r in of_part(records, "tune") if "tokens" in r and not other_sizes(r, "batch", "size")]
    for record in timed:
        names += [name for name in record["seconds"] if name not in names]
    for r in sorted(timed, key=lambda r: (r["key"][4], r["key"][3], r["key"][2], r["tokens"])):
        row = [r["tokens"], r["batch"]] + r["key"][2:5]
        for name in names:
            time = r["seconds"].get(name)
            share = " (%.0f %%)" % (100 * r["attention"][name]) if name in r["attention"] else ""
            row.append("%.1f%s" % (1e6 * time / (r["batch"] * r["tokens"]), share) if time else "")
        rows.append(row)
    return table(["tokens", "images a step", "threads", "precision", "PyTorch"] + names, rows)


TABLES = {"machine": machine, "same": sameness, "precision": precisions, "fp32": lambda records: races(records, "fp32"),
          "bf16": lambda records: races(records, "bf16") + missing(records), "limits": limits, "step": step, "gains": gains, "first": first, "size": size,
          "tune": tuning, "per_token": per_token}
