#!/usr/bin/env python3
"""Swin transformers: what graphs and blocks hold beside the numbers of exact_test.py. Sizes and work against the published
ones, how weights start, how drop path rises, which windows a map gets, and the learning rates of the recipes.

usage: swin_test.py SIMGRAPH ROOT
"""
import json
import math
import os
import subprocess
import tempfile

from models import PROGRAM, ROOT, check, finish, np

GRAPHS = os.path.join(ROOT, "graphs")


def hold(what, good):
    check(good, what)


def ask(*command):
    return subprocess.run([PROGRAM, *command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()


def graph_file(directory, text):
    path = os.path.join(directory, "graph.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("simgraph: 1\n" + text)
    return path


def evaluated(directory, text, names, *options):
    out = os.path.join(directory, "out.npz")
    ask("eval", graph_file(directory, text), "--fetch", ",".join(names), "-o", out, *options)
    return dict(np.load(out))


# ---- sizes and work ----

TINY = {"dim": 96, "depths": [2, 2, 6, 2], "heads": [3, 6, 12, 24]}
BASE = {"dim": 128, "depths": [2, 2, 18, 2], "heads": [4, 8, 16, 32]}
LARGE = {"dim": 192, "depths": [2, 2, 18, 2], "heads": [6, 12, 24, 48]}


def multiplications(version, size, window, dim, depths, heads, outputs, patch=4):
    """Multiply-adds of an encoder and `outputs` numbers made of the mean of its codes, as Liu et al. count them: 4 h w C^2 + 2 M^2
    h w C for the attention of a block, 8 h w C^2 for its mlp. The mlp of V2's positions, which is the same for all images, is
    counted for one."""
    side = size // patch
    total = side ** 2 * dim * 3 * patch ** 2
    for s, depth in enumerate(depths):
        c, m = dim * 2 ** s, min(window, side)
        total += depth * (12 * side ** 2 * c ** 2 + 2 * m ** 2 * side ** 2 * c)
        total += depth * (2 * m - 1) ** 2 * 512 * (2 + heads[s]) if version == 2 else 0
        if s + 1 < len(depths):
            side //= 2
            total += side ** 2 * 8 * c ** 2
    return total + dim * 2 ** (len(depths) - 1) * outputs


def classifier(directory, window, size, version, arguments):
    return graph_file(directory, """nodes:
  image: {op: input, shape: [batch, 3, %d, %d]}
  codes: {op: swin_encoder, in: image, window: %d, version: %d, dim: %d, depths: %s, heads: %s}
  pooled: mean(codes, axis=[2, 3])
  head: {op: linear, in: pooled, out: 1000}
""" % (size, size, window, version, arguments["dim"], arguments["depths"], arguments["heads"]))


def summary(*options):
    return json.loads(ask("summary", "--json", *options))


def sizes(directory):
    for name, parameters in (("swin_b_100ep", 89874104), ("swin_b_800ep", 89874104), ("swin_l_800ep", 199881204), ("swin_t", 29875194)):
        got = summary(os.path.join(GRAPHS, name + ".yaml"))["parameters"]
        hold("%s has %d parameters" % (name, got), got == parameters)
    # Swin-T, S, B and Swin V2-T, B: parameters of the published code, multiply-adds as published (those of V2 are rounded too much).
    small = dict(TINY, depths=[2, 2, 18, 2])
    for version, window, size, arguments, parameters, published in (
            (1, 7, 224, TINY, 28288354, 4.5e9), (1, 7, 224, small, 49606258, 8.7e9), (1, 7, 224, BASE, 87768224, 15.4e9),
            (2, 8, 256, TINY, 28347154, None), (2, 8, 256, BASE, 87918816, None)):
        got = summary(classifier(directory, window, size, version, arguments))
        hold("%s has %d parameters" % (arguments, got["parameters"]), got["parameters"] == parameters)
        work, counted = got["flops_per_sample"] / 2, multiplications(version, size, window, outputs=1000, **arguments)
        hold("%s takes %g, not %g" % (arguments, work, counted), abs(work / counted - 1) < 0.01 and abs(work / (published or work) - 1) < 0.01)
    for arguments, window in ((TINY, 6), (BASE, 6), (LARGE, 12)):
        work = summary(classifier(directory, window, 192, 1, arguments))["flops_per_sample"] / 2
        counted = multiplications(1, 192, window, outputs=1000, **arguments)
        hold("%s at 192 takes %g instead of %g" % (arguments, work, counted), abs(work / counted - 1) < 0.01)


# ---- windows ----

def windows(directory):
    index = evaluated(directory, "nodes:\n  index: relative_position_index(window=2)\n", ["index"])["index"]
    hold("relative positions of a window of 2", index.tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]])
    text = "nodes:\n  x: {op: input, shape: [batch, %d, %d, 2]}\n  cut: to_windows(x, window=%d, shift=%d)\n  back: from_windows(cut, x, window=%d, shift=%d)\n"
    for h, w, window, shift in ((8, 8, 4, 0), (8, 8, 4, 2), (5, 7, 3, 1), (1, 6, 4, 3), (3, 3, 5, 0)):
        x = np.arange(2 * h * w * 2, dtype=np.float32).reshape(2, h, w, 2) + 1
        feed = os.path.join(directory, "x.npy")
        np.save(feed, x)
        got = evaluated(directory, text % (h, w, window, shift, window, shift), ["cut", "back"], "--feed", "x=" + feed)
        filled = np.pad(x, ((0, 0), (0, -h % window), (0, -w % window), (0, 0)))
        moved = np.roll(filled, (-shift, -shift), (1, 2))
        want = [moved[b, i:i + window, j:j + window].reshape(-1, 2) for b in range(2)
                for i in range(0, moved.shape[1], window) for j in range(0, moved.shape[2], window)]
        hold("windows of %s" % [h, w, window, shift], np.array_equal(got["cut"], want) and np.array_equal(got["back"], x))


def shifts(directory):
    """The window of a map: its own size if that is not larger, and then it is not moved."""
    for h, w, window, side, moved in ((32, 32, 4, 4, True), (16, 32, 4, 4, False), (12, 40, 4, 3, False), (20, 24, 4, 4, True)):
        path = graph_file(directory, "nodes:\n  image: {op: input, shape: [batch, 1, %d, %d]}\n"
                          "  codes: {op: swin_encoder, in: image, dim: 4, depths: [2], heads: [2], window: %d}\n" % (h, w, window))
        text = ask("expand", path)
        tables = {line.split("shape: ")[1].split(",")[0] for line in text.splitlines() if "bias_table: {op: weight" in line}
        hold("window of %s: %s" % ([h, w], tables), tables == {"[%d" % (2 * side - 1) ** 2})
        hold("shift of %s" % [h, w], ("op: roll" in text) == moved)


# ---- weights, drop path, learning rates ----

def starts(directory):
    text = """nodes:
  image: {op: input, shape: [batch, 3, 32, 32]}
  one: {op: swin_encoder, in: image, dim: 32, depths: [2, 2], heads: [2, 4], window: 4, absolute: true}
  two: {op: swin_encoder, in: image, dim: 32, depths: [2, 2], heads: [2, 4], window: 4, version: 2}
"""
    block = ".layers.1.blocks.1."
    normal = ["one.absolute_pos_embed"]
    normal += ["one" + block + name for name in ("attn.qkv.weight", "attn.proj.weight", "mlp.fc1.weight", "mlp.fc2.weight",
                                                 "position.relative_position_bias_table")]
    normal += ["two" + block + name for name in ("attn.qkv.weight", "position.fc1_weight", "position.fc2_weight")]
    normal += [encoder + ".layers.0.downsample.reduction.weight" for encoder in ("one", "two")]
    constant = {"one" + block + "norm1.weight": 1, "two" + block + "norm1.weight": 0, "two" + block + "norm2.weight": 0,
                "two" + block + "norm2.bias": 0, "two.norm.weight": 1, "two.layers.0.downsample.norm.weight": 1,
                "two" + block + "attn.logit_scale": math.log(10), "two" + block + "attn.query_bias": 0, "one" + block + "attn.qkv.bias": 0}
    got = evaluated(directory, text, normal + list(constant) + ["one.patch_embed.proj.weight"])
    for name in normal:
        hold(name + " starts with a deviation of %g" % got[name].std(), abs(got[name].std() / 0.02 - 1) < 5 / math.sqrt(got[name].size))
    for name, value in constant.items():
        hold(name + " starts as %g" % value, np.allclose(got[name], value))
    reach = 1 / math.sqrt(48)
    patches = got["one.patch_embed.proj.weight"]
    hold("patches start within %g" % reach, 0.95 * reach < np.abs(patches).max() <= reach)


def rates(directory):
    """Drop path rises linearly over all blocks, and is there in training only."""
    path = graph_file(directory, """nodes:
  image: {op: input, shape: [batch, 3, 32, 32]}
  codes: {op: swin_encoder, in: image, dim: 8, depths: [1, 2, 1], heads: [1, 2, 4], window: 4, drop: 0.3, patch: 2}
""")
    lines = [line for line in ask("expand", "--mode", "train", path).splitlines() if "op: drop_path" in line]
    got = [float(line.split("rate: ")[1].rstrip("}")) for line in lines]
    hold("drop path %s" % got, np.allclose(got, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]))


def undecayed(directory):
    """Biases of positions, mask tokens and scales of logits do not decay (their files say so; one axis does not by itself)."""
    for version in (1, 2):
        path = graph_file(directory, """nodes:
  image: {op: input, shape: [batch, 3, 32, 32]}
  mask: {op: random_mask, shape: [batch, 8, 8], ratio: 0.5}
  codes: {op: swin_encoder, in: {image: image, mask: mask}, dim: 8, depths: [1], heads: [2], window: 4, absolute: true, version: %d}
""" % version)
        lines = [line.strip() for line in ask("expand", path).splitlines() if "op: weight" in line]
        for line in lines:
            name = line.split(":")[0]
            free = any(part in name for part in ("position", "mask_token", "absolute_pos_embed", "logit_scale")) and "fc1_bias" not in name
            hold("%s decays or not" % name, ("decay: false" in line) == free)


def learning_rates(directory):
    """Of a run of few steps: one an epoch."""
    few = "{op: shapes, size: 32, channels: 3, count: 4, fields: {image: []}}"
    small = ["--set", "data.train=" + few, "--set", "data.test=" + few, "--set", "size=32", "--set", "batch_size=4", "--set", "accumulate=1",
             "--set", "encoder={op: swin_encoder, dim: 4, depths: [1], heads: [2], window: 4}"]
    def cosine(t, total, peak, start, end, warm):
        return start + (peak - start) * t / warm if t < warm else end + (peak - end) * (1 + math.cos(math.pi * t / total)) / 2
    def steps(t, total, peak, start, at, warm):
        return start + (peak - start) * t / warm if t < warm else peak * (0.1 if t >= at else 1)
    recipes = [("swin_b_100ep", 100, lambda t: cosine(t, 100, 2e-4, 1e-6, 1e-5, 10)),
               ("swin_b_800ep", 800, lambda t: steps(t, 800, 1e-4, 5e-7, 700, 10))]
    for name, total, rate in recipes:
        out = os.path.join(directory, name)
        ask("run", os.path.join(GRAPHS, name + ".yaml"), "--out", out, *small)
        with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as file:
            records = [r for r in map(json.loads, file) if r.get("lr") is not None]
        hold("%s has %d steps" % (name, records[-1]["step"]), records[-1]["step"] == total and len(records) >= 50)
        # The rate of the update that made the step, counted from 0.
        worst = max(abs(r["lr"] / (4 / 512 * rate(r["step"] - 1)) - 1) for r in records)
        hold("learning rates of %s: off by %g" % (name, worst), worst < 1e-6)
    for one, other in (("swin_b_800ep", "swin_l_800ep"), ("swin_b_100ep", "swin_t")):
        difference = subprocess.run([PROGRAM, "diff", "--json"] + [os.path.join(GRAPHS, n + ".yaml") for n in (one, other)], stdout=subprocess.PIPE)
        arguments = [entry["path"] for entry in json.loads(difference.stdout)["arguments"]]
        hold("%s trains as %s: %s" % (other, one, arguments), arguments == ["encoder"])


def fine_tuning(directory):
    """The classifier of SimMIM's code: its size, the rate of each layer, and the way there from a run of smaller windows."""
    path = os.path.join(GRAPHS, "swin_b_finetune.yaml")
    shown = summary(path, "--params")
    hold("Swin-B with 1000 classes has %d parameters" % shown["parameters"], shown["parameters"] == 87768224)
    # Embeddings are layer 0, blocks 1 to 24, what halves a map belongs to the last block before it, norm and head are 25.
    decays = {"": 0.8, "@epochs_100": 0.9, "@large": 0.7}
    for variant, decay in decays.items():
        for weight in shown["weights"] if not variant else summary(path + variant, "--params")["weights"]:
            parts = weight["name"].split(".")
            first = sum([2, 2, 18, 2][:int(parts[2])]) if parts[1] == "layers" else 0
            layer = (25 if parts[0] == "scores" or parts[1] == "norm" else 0 if parts[1] == "patch_embed" else
                     first + int(parts[4]) + 1 if parts[3] == "blocks" else first + [2, 2, 18, 2][int(parts[2])])
            hold("rate of %s%s" % (weight["name"], variant), abs(weight["lr"] / decay ** (25 - layer) - 1) < 1e-12)
            hold("decay of %s" % weight["name"], weight["decay"] == (len(weight["shape"]) > 1 and not weight["name"].endswith("table")))
    few = "{op: shapes, size: 32, channels: 3, count: 8, fields: {image: []}}"
    small = ["--set", "size=32", "--set", "batch_size=4", "--set", "accumulate=1", "--set", "train.epochs-", "--set", "train.steps=2", "--set",
             "evaluate-", "--set", "data.test-"]
    before, model, after = (os.path.join(directory, name) for name in ("before", "model.safetensors", "after"))
    small_encoder = ["encoder.dim=4", "encoder.heads=[1, 1, 2, 2]"]
    pre = small + [w for s in small_encoder + ["encoder.depths=[1, 1, 1, 1]", "encoder.window=4", "data.train=" + few] for w in ("--set", s)]
    ask("run", os.path.join(GRAPHS, "swin_b_800ep.yaml"), "--out", before, *pre)
    labels = few.replace("image: []", "image: [], label: []")
    tune = small + [w for s in small_encoder + ["depths=[1, 1, 1, 1]", "encoder.window=6", "classes=10", "data.train=" + labels] for w in ("--set", s)]
    report = json.loads(ask("import", before, "-g", path, "--json", "-o", model, *tune))
    resized = [line["ours"] for line in report["lines"] if line["fate"] == "resized"]
    hold("resized: %s" % resized, resized == ["codes.layers.0.blocks.0.position.relative_position_bias_table"])
    ask("run", path, "--init", model, "--out", after, *tune)


def official_decay(directory):
    """What the official code lets decay besides, as it looks for names that its weights do not have."""
    for name, more in (("swin_b_800ep", {"relative_position_bias_table"}), ("swin_v2_b_800ep", {"fc1_weight", "fc2_weight", "logit_scale"})):
        shown = [summary(os.path.join(GRAPHS, name + ".yaml"), "--params", "--set", "compat=" + kind) for kind in ("paper", "official")]
        paper, official = ({w["name"]: w["decay"] for w in s["weights"]} for s in shown)
        differ = {path.rpartition(".")[2] for path in paper if paper[path] != official[path]}
        hold("%s lets %s decay" % (name, differ), differ == more and all(paper[p] == 0 for p in paper if p.rpartition(".")[2] in more))


with tempfile.TemporaryDirectory() as scratch:
    for part in (sizes, windows, shifts, starts, rates, undecayed, learning_rates, fine_tuning, official_decay):
        part(scratch)
finish()
