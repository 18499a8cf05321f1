#!/usr/bin/env python3
"""Runs with and without `recompute`: every bit of weights, moments and statistics is the same, and the memory of a
step is smaller by the factors below. Threads, groups, micro-batches, keeping everything and the expanded graph change
no bit either.

usage: recompute_test.py SIMGRAPH
"""
import json
import os
import subprocess
import sys
import tempfile

HEAD = """simgraph: 1
args: {again: false, accumulate: 1}
"""

TAIL = """
data:
  train: {op: shapes, size: 16, channels: 3, count: 96, fields: {image: []}}
train:
  minimize: loss
  data: train
  steps: 4
  batch: 24
  accumulate: $accumulate
  clip: 1.0
  optimizer: {op: adamw, lr: 1e-2}
"""

# The nodes, the blocks, and how much of the arena is left.
CASES = {
    # Repeats, random numbers inside, two inputs, an output read from afar.
    "transformer": ("""
blocks:
  noisy:
    inputs: {x: [..., c]}
    nodes:
      hidden: {op: linear, in: x, out: $(3 * c)}
      active: dropout(gelu(hidden), rate=0.2)
      back: {op: linear, in: active, out: $c}
    outputs: {whole: back, hidden: hidden}
nodes:
  image: {op: input, shape: [batch, 3, 16, 16]}
  mask: {op: random_mask, shape: [batch, 8, 8], ratio: 0.5}
  tokens: {op: patch_embed, in: {image: image, mask: mask}, dim: 32, patch: 2, positions: learned}
  block:
    op: vit_block
    in: tokens
    repeat: {l: 6}
    mixer: {op: attention, heads: 4}
    drop: $(0.1 * l)
    recompute: $again
  noise: {op: noisy, in: block, recompute: $again}
  y: token_map(noise + block.2, rows=8, columns=8)
  recon: {op: pixel_decoder, in: {codes: y, like: image}}
  loss: masked_l1(recon, image, mask) + 0.01 * mean(square(noise.hidden))
""", 0.45),
    # Running statistics are carried on once, whatever is computed twice.
    "normalised": ("""
blocks:
  three:
    inputs: {x: [b, c, h, w]}
    nodes:
      layer: {op: conv_norm, in: x, repeat: {r: 3}, out: $c}
    outputs: layer
nodes:
  image: {op: input, shape: [batch, 3, 16, 16]}
  mask: {op: random_mask, shape: [batch, 8, 8], ratio: 0.5}
  hidden: spread_mask(mask, image)
  seen: image * (1 - hidden)
  first: {op: conv_norm, in: seen, out: 16}
  next: {op: three, in: first, repeat: {r: 6}, recompute: $again}
  recon: {op: conv, in: next, out: 3, pad: 1}
  loss: masked_l1(recon, image, mask)
""", 0.7),
    # Weights of another node, averages of them, nodes that are left out, blocks in blocks, an op by itself.
    "shared": ("""
blocks:
  deep:
    inputs: {x: [..., c]}
    args: {again: false, wide: true}
    nodes:
      first: {op: mlp, in: x, hidden: $(8 * c), recompute: $again}
      second: {op: mlp, in: first, hidden: $(8 * c), when: wide, recompute: true}
      third: {op: mlp, in: second, hidden: $c, when: not wide, recompute: $again}
    outputs: {y: third, inner: first}
nodes:
  image: {op: input, shape: [batch, 3, 16, 16]}
  x: permute(image, axes=[0, 2, 3, 1])
  net: {op: deep, in: x, again: $again, recompute: $again}
  again_net: {op: deep, in: net, share: net, again: $again, recompute: $again}
  teacher: {op: deep, in: x, share: {with: net, average: 0.9}, recompute: $again}
  wide: {op: linear, in: again_net, out: 24}
  act: {op: gelu, in: wide, recompute: $again}
  back: {op: linear, in: act, out: 3}
  loss: mean(square(back - teacher)) + mean(square(again_net.inner - x))
""", 0.7),
    # What compares must see the numbers of the forward pass. Of `narrow` the backward pass reads what is large, which is
    # made twice, and its statistics, which are small.
    "extremes": ("""
blocks:
  tall:
    inputs: {x: [b, c, h, w]}
    nodes:
      layer: {op: conv, in: x, out: 32, pad: 1}
      y: relu(layer)
nodes:
  image: {op: input, shape: [batch, 3, 16, 16]}
  seen: {op: tall, in: image, recompute: $again}
  next: {op: tall, in: seen, recompute: $again}
  plain: {op: conv, in: next, out: 32, pad: 1}
  most: max(plain, axis=[2, 3])
  y: {op: linear, in: most, out: 1}
  tokens: {op: patch_embed, in: image, dim: 8, patch: 2}
  narrow: {op: layer_norm, in: tokens, recompute: $again}
  wide: {op: linear, in: narrow, out: 16}
  loss: mean(square(y - 1)) + mean(square(wide - 1))
""", 1),
    # Products of one row a sample and of many: how samples are dealt out, and so the order of sums over them, must not
    # depend on which of them are made twice.
    "uneven": ("""
nodes:
  image: {op: input, shape: [batch, 3, 16, 16]}
  tokens: {op: patch_embed, in: image, dim: 16, patch: 2}
  rows: {op: mlp, in: tokens, hidden: 64, recompute: $again}
  one: mean(rows, axis=1)
  wide: {op: mlp, in: one, hidden: 2048}
  loss: mean(square(wide - 1)) + mean(square(rows))
""", 1),
}

failed, passed = [], 0


def check(good, what):
    global passed
    passed += bool(good)
    if not good:
        failed.append(what)
        print("failed: %s" % what)


def main():
    program = sys.argv[1]

    def summary(path, *options):
        done = subprocess.run([program, "summary", path, "--json", *options], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)["memory"]["arena"]

    def run(path, out, *options):
        subprocess.run([program, "run", path, "--out", out, "-q", *options], check=True, stdout=subprocess.DEVNULL)
        kept = {}
        for name in ("model", "checkpoint"):
            with open(os.path.join(out, name + ".safetensors"), "rb") as file:
                data = file.read()
            length = int.from_bytes(data[:8], "little")
            header = json.loads(data[8:8 + length])
            for key, entry in header.items():
                if key != "__metadata__":
                    begin, end = entry["data_offsets"]
                    kept[name, key] = data[8 + length + begin:8 + length + end]
        return kept

    with tempfile.TemporaryDirectory() as scratch:
        for name, (nodes, factor) in CASES.items():
            path = os.path.join(scratch, name + ".yaml")
            with open(path, "w") as file:
                file.write(HEAD + nodes + TAIL)
            again = ("--set", "again=true")
            kept, less = summary(path), summary(path, *again)
            check(less <= factor * kept, "%s: an arena of %d bytes, not %g of %d" % (name, less, factor, kept))
            number = 0

            def result(*options, graph=path):
                nonlocal number
                number += 1
                return run(graph, os.path.join(scratch, "%s-%d" % (name, number)), *options)

            def losses(run):
                with open(os.path.join(scratch, "%s-%d" % (name, run), "metrics.jsonl")) as file:
                    records = [json.loads(line) for line in file]
                return [record["loss"] for record in records if "loss" in record]

            plain = result()
            check(len(plain) > 10, "%s: weights and moments" % name)
            ways = {"recomputed": again, "two threads": again + ("--threads", "2"), "no groups": again + ("--no-group",),
                    "all kept": ("--no-recompute",), "all kept, though marked": again + ("--no-recompute",)}
            for way, options in ways.items():
                check(result(*options) == plain, "%s, %s: the same bits" % (name, way))
            half = ("--set", "train.precision=bf16")
            rounded = result(*half)
            near = losses(number)
            check(result(*half, "--threads", "2", "--no-group") == rounded, "%s in bf16: the same bits" % name)
            result(*half, "--no-recompute")
            for loss, exact in zip(near, losses(number)):
                check(abs(loss - exact) < 2e-3 * exact, "%s in bf16: a loss of %g, not %g" % (name, loss, exact))
            if name == "transformer":
                check(summary(path, *half) <= 0.75 * kept, "%s in bf16: an arena of %d bytes, not 0.75 of %d" %
                      (name, summary(path, *half), kept))
                check(near != losses(number), "%s in bf16: --no-recompute keeps f32" % name)
            parts = ("--set", "accumulate=2")
            check(result(*parts) == result(*parts, *again), "%s: the same bits in micro-batches" % name)
            opened = os.path.join(scratch, name + "-opened.yaml")
            with open(opened, "w") as file:
                subprocess.run([program, "expand", path, *again], check=True, stdout=file)
            check(summary(opened) == less, "%s, expanded: the same arena" % name)
            check(result(graph=opened) == plain, "%s, expanded: the same bits" % name)
    print("%d passed, %d failed" % (passed, len(failed)))
    return 1 if failed else 0


sys.exit(main())
