#!/usr/bin/env python3
"""Vision transformers of the library and their recipes against published numbers: parameters, work, how weights start, what
decays, and the way from a pre-trained model to a classifier.

usage: vit_test.py SIMGRAPH ROOT
"""
import json
import math
import os
import re
import subprocess
import tempfile

from models import PROGRAM, check, evaluate, finish, np, simgraph, started, summary, weights

SIMMIM = "tests/torch/exact/simmim.yaml"
SMALL_BEIT = ("height=32", "width=32", "patch=4", "encoder={op: beit_encoder, dim: 64, depth: 4, heads: 4, patch: 4}")
HUGGING_FACE = ("height=224", "width=224", "patch=16",
                "encoder={op: vit_encoder, dim: 768, depth: 12, heads: 12, patch: 16, with_class: true, eps: 1e-12}")


def counts():
    """Published: SimMIM's ViT-B; BEiT-B as a classifier of 1000 (86.53 M); MAE's ViT-B without its fixed positions; and ViT-B
    without a head, 86,567,656 - 769,000."""
    check(summary("vit_b_800ep.yaml")["parameters"] == 86256720, "parameters of ViT-B for SimMIM")
    check(summary("vit_b_finetune.yaml")["parameters"] == 86530984, "parameters of the fine-tuned ViT-B")
    check(summary("mae_vit_b.yaml")["parameters"] == 111655680, "parameters of ViT-B for MAE")
    check(summary(SIMMIM, *SMALL_BEIT)["parameters"] == 207616, "parameters of the small one")
    codes = [n for n in summary(SIMMIM, *HUGGING_FACE)["nodes"] if n["path"] == "codes"][0]
    check(codes["parameters"] == 85798656 + 768, "parameters of a ViT-B with learned positions, and its mask token")


def macs(tokens, dim, depth):
    """Multiplications of a transformer: three projections of queries, keys and values, one behind the heads, two of eight
    times dim^2 in the MLP, and two products of tokens with tokens."""
    return depth * (12 * tokens * dim ** 2 + 2 * tokens ** 2 * dim)


def work():
    def flops(name, path):
        return [n for n in summary(name)["nodes"] if n["path"] == path][0]["flops_per_sample"]
    vit, patches = flops("vit_b_800ep.yaml", "codes") / 2, 196 * 768 * 768
    check(abs(vit / 17.6e9 - 1) < 0.01, "ViT-B/16 takes %g multiplications, published are 17.6 G" % vit)
    check(abs(vit / (macs(197, 768, 12) + patches) - 1) < 0.01, "ViT-B/16 takes %g multiplications" % vit)
    seen, decoder = flops("mae_vit_b.yaml", "model.codes") / 2, flops("mae_vit_b.yaml", "model.output") / 2
    check(abs(seen / (macs(50, 768, 12) + patches) - 1) < 0.01, "MAE's encoder takes %g multiplications" % seen)
    linear = 50 * 768 * 512 + 197 * 512 * 768
    check(abs(decoder / (macs(197, 512, 8) + linear) - 1) < 0.01, "MAE's decoder takes %g multiplications" % decoder)


def within(array, reach, deviation, what):
    spread = array.std() if array.size >= 1000 else deviation
    check(np.abs(array).max() <= reach * (1 + 1e-6) and np.abs(array).max() > 0.5 * reach, "%s: reaches %g, not %g" % (what, np.abs(array).max(), reach))
    check(abs(spread / deviation - 1) < 0.06, "%s: deviation %g, not %g" % (what, spread, deviation))


def beginnings():
    # A normal distribution cut off at one deviation has the deviation sqrt(1 - 2 phi(1) / (2 Phi(1) - 1)).
    cut = math.sqrt(1 - 2 * math.exp(-0.5) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(0.5)))
    names = ["codes.block.%d.%s" % (l, n) for l in range(4) for n in (
        "mix.qkv.weight", "mlp.fc1.weight", "mix.proj.weight", "mlp.fc2.weight", "mix.query_bias", "mix.proj.bias",
        "mlp.fc1.bias", "scale1", "scale2", "norm1.weight")]
    names += ["codes.embed." + n for n in ("proj.weight", "proj.bias", "mask_token", "class_token")]
    got = started(SIMMIM, SMALL_BEIT, "codes.bias.0.table", "recon.pixels.weight", "recon.pixels.bias", *names)
    for name in names:
        last = re.fullmatch(r"codes\.block\.(\d)\.(mix\.proj|mlp\.fc2)\.weight", name)
        if "scale" in name:
            check((got[name] == np.float32(0.1)).all(), name)
        elif "norm" in name:
            check((got[name] == 1).all(), name)
        elif name.endswith("bias"):
            check((got[name] == 0).all(), name)
        else:
            std = 0.02 / math.sqrt(2 * (int(last[1]) + 1)) if last else 0.02
            within(got[name], std, cut * std, name)
    check((got["codes.bias.0.table"] == 0).all(), "the table of relative positions starts as zeros")
    for name in ("recon.pixels.weight", "recon.pixels.bias"):
        within(got[name], 1 / 8, 1 / 8 / math.sqrt(3), name)
    head = started("vit_b_finetune.yaml", ("size=8", "patch=4", "classes=40", "depth=1", "encoder.dim=64", "encoder.heads=4", "init-"),
                   "scores.head.weight", "scores.head.bias")
    check(abs(head["scores.head.weight"].std() / 2e-5 - 1) < 0.06 and not head["scores.head.bias"].any(), "the head's beginning")
    mae = started("mae.yaml", (), "model.codes.embed.proj.weight", "model.codes.block.0.mlp.fc1.weight", "model.output.pixels.weight",
                  "model.output.mask_token")
    for name, fans in (("codes.embed.proj", 16 + 64), ("codes.block.0.mlp.fc1", 64 + 256), ("output.pixels", 64 + 16)):
        reach = math.sqrt(6 / fans)
        within(mae["model.%s.weight" % name], reach, reach / math.sqrt(3), name)
    check(0.01 < mae["model.output.mask_token"].std() < 0.03, "MAE's mask token")


def decays(name, spared, official):
    """All matrices decay but the `spared`; in the official code, these and the tokens `official` do."""
    for compat in ("paper", "official"):
        for path, weight in weights(name, "compat=" + compat).items():
            last = path.split(".")[-1]
            decays = last in official if compat == "official" and last in official + spared else len(weight["shape"]) > 1 and last not in spared
            check(weight["decay"] == decays, "decay of %s in %s, as the %s" % (path, name, compat))


def treatment():
    # PyTorch's names: encoder.mask_token [1, 1, 768] and relative_position_bias_table match no entry of the official lists
    # {encoder.pos_embed, encoder.cls_token}; the classifier's {pos_embed, cls_token}; MAE has no list at all.
    decays("vit_b_800ep.yaml", ["table"], ["table", "mask_token"])
    decays("vit_b_finetune.yaml", ["table"], ["table"])
    decays("mae_vit_b.yaml", [], ["mask_token", "class_token"])
    # Layer i of N + 2 has decay^(N + 1 - i): embeddings 0, block l: l + 1, head N + 1.
    for path, weight in weights("vit_b_finetune.yaml").items():
        parts = path.split(".")
        layer = 13 if parts[0] == "scores" else 0 if parts[1] == "embed" else int(parts[2]) + 1
        check(abs(weight["lr"] / 0.65 ** (13 - layer) - 1) < 1e-12, "learning rate of " + path)


def drop_paths():
    """linspace(0, 0.1, 12), twice a block; the first drops nothing."""
    text = simgraph("expand", "vit_b_800ep.yaml").decode()
    rates = [float(r) for r in re.findall(r"drop_path.*rate: ([0-9.e-]+)", text)]
    want = [0.1 * l / 11 for l in range(1, 12) for _ in range(2)]
    check(len(rates) == 22 and np.allclose(rates, want, rtol=1e-9), "drop path rates: %s" % rates)


def patches():
    """Normalised patches have mean 0 and deviation 1, and restore_patches is the way back."""
    source = """simgraph: 1
nodes:
  image: {op: input, shape: [batch, 2, 6, 9]}
  normal: normalise_patches(image, patch=3)
  back: restore_patches(normal, image, patch=3)
  flat: cut_patches(image, patch=3)
  again: join_patches(flat, rows=2, columns=3, channels=2)
"""
    with tempfile.TemporaryDirectory() as scratch:
        path, feed, out = (os.path.join(scratch, n) for n in ("g.yaml", "x.npy", "out.npz"))
        with open(path, "w") as file:
            file.write(source)
        x = np.random.RandomState(5).normal(size=(3, 2, 6, 9)) * 3 + 1
        np.save(feed, x)
        subprocess.run([PROGRAM, "eval", path, "--feed", "image=" + feed, "--dtype", "f64", "-o", out, "--fetch",
                        "normal,back,flat,again"], check=True, stdout=subprocess.DEVNULL)
        got = dict(np.load(out))
    cells = x.reshape(3, 2, 2, 3, 3, 3).transpose(0, 2, 4, 3, 5, 1).reshape(3, 6, 18)
    normal = (cells - cells.mean(-1, keepdims=True)) / np.sqrt(cells.var(-1, keepdims=True, ddof=1) + 1e-6)
    back = normal.reshape(3, 2, 3, 3, 3, 2).transpose(0, 5, 1, 3, 2, 4).reshape(x.shape)
    check(np.array_equal(got["flat"], cells), "cut_patches")
    check(np.array_equal(got["again"], x), "join_patches")
    check(np.allclose(got["normal"], back, rtol=0, atol=1e-12), "normalise_patches")
    check(np.allclose(got["back"], x, rtol=0, atol=1e-12), "restore_patches")


def gaps():
    """What MAE's decoder puts in the gaps, with and without a class token in front. Encoder and decoder have no blocks here, so all
    of it can be written down; the patch of `mae` counts, not what its encoder says."""
    source = """simgraph: 1
nodes:
  image: {op: input, shape: [batch, 2, 4, 8]}
  m:
    op: mae
    in: image
    patch: 2
    ratio: 0.6
    normalise: false
    encoder: {op: vit_encoder, dim: 4, depth: 0, heads: 1, patch: 4, positions: fixed, last_norm: false, with_class: %s}
    decoder: {op: mae_decoder, dim: 8, depth: 0, heads: 1}
"""
    learned = ["codes.embed.proj.weight", "codes.embed.proj.bias", "output.embed.weight", "output.embed.bias", "output.mask_token",
               "output.norm.weight", "output.norm.bias", "output.pixels.weight", "output.pixels.bias"]
    image = np.random.RandomState(6).normal(size=(3, 2, 4, 8))
    patches = image.reshape(3, 2, 2, 2, 4, 2).transpose(0, 2, 4, 1, 3, 5).reshape(3, 8, 8)
    for with_class in ("false", "true"):
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "mae.yaml")
            with open(path, "w") as file:
                file.write(source % with_class)
            got = evaluate(path, (), {"image": image}, ["m.output", "m.mask"] + ["m." + n for n in learned], "--dtype", "f64")
        weight, bias, embed, shift, token, scale, move, last, end = (got["m." + n] for n in learned)
        tokens = patches @ weight.reshape(4, 8).T + bias + positions(2, 4, 4)
        hidden = got["m.mask"].reshape(3, 8, 1)
        cells = np.where(hidden == 1, token, tokens @ embed.T + shift) + positions(2, 4, 8)
        cells -= cells.mean(-1, keepdims=True)
        cells = cells / np.sqrt((cells ** 2).mean(-1, keepdims=True) + 1e-6) * scale + move
        want = (cells @ last.T + end).reshape(3, 2, 4, 2, 2, 2).transpose(0, 5, 1, 3, 2, 4).reshape(image.shape)
        check(hidden.sum() == 3 * 5 and np.allclose(got["m.output"], want, rtol=0, atol=1e-12), "MAE with_class: " + with_class)


def positions(rows, columns, dim):
    """Sines and cosines of the column, then of the row, at dim / 4 wavelengths."""
    place, rate = np.arange(rows * columns)[:, None], 10000.0 ** (-np.arange(dim // 4) / (dim // 4))
    across, down = place % columns * rate, place // columns * rate
    return np.concatenate([np.sin(across), np.cos(across), np.sin(down), np.cos(down)], 1)


def fine_tuning():
    """From a run of beit.yaml to finetune.yaml: the encoder is taken, each block with the table that pre-training shared."""
    with tempfile.TemporaryDirectory() as scratch:
        short = ["train.epochs-", "train.steps=2", "data.train={op: shapes, size: 28, count: 64, fields: {image: []}}",
                 "data.test={op: shapes, size: 28, count: 8, part: test, fields: {image: []}}", "evaluate-"]
        before = os.path.join(scratch, "before")
        simgraph("run", "beit.yaml", "--out", before, settings=short)
        names = ["codes.bias.%d.table" % l for l in range(3)] + ["codes.block.2.mix.qkv.weight"]
        out = os.path.join(scratch, "out.npz")
        simgraph("eval", "finetune.yaml", "--init", before, "--fetch", ",".join(names), "-o", out)
        after = dict(np.load(out))
        simgraph("eval", "beit.yaml", "--init", before, "--fetch", "codes.bias.0.table,codes.block.2.mix.qkv.weight", "-o", out)
        trained = dict(np.load(out))
        check(trained["codes.bias.0.table"].any(), "the table was trained")
        for name in names:
            check(np.array_equal(after[name], trained["codes.bias.0.table" if "table" in name else name]), "%s taken over" % name)
        short[2:] = ["data.train={op: shapes, size: 28, count: 64, fields: {image: [], label: []}}",
                     "data.test={op: shapes, size: 28, count: 32, part: test, fields: {image: [], label: []}}"]
        simgraph("run", "finetune.yaml", "--init", before, "--out", os.path.join(scratch, "after"), settings=short)
        with open(os.path.join(scratch, "after", "metrics.jsonl"), encoding="utf-8") as file:
            last = json.loads(file.readlines()[-1])
        check(0 <= last["values"]["accuracy"] <= 1 and math.isfinite(last["loss"]), "a run of finetune.yaml")


def learning():
    """A short run of MAE on drawn images predicts hidden pixels clearly better than the mean of all images does. How long a run
    stays at that mean depends on how its weights start: with other seeds it may take more than ten epochs."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "run")
        simgraph("run", "mae.yaml@shapes", "--out", out, "--seed", "3", settings=["data.train.count=1024", "data.test.count=256", "epochs=6"])
        with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as file:
            values = json.loads(file.readlines()[-1])["values"]
        check(values["masked_l1"] < 0.8 * values["mean_image"], "MAE: masked_l1 is %(masked_l1)g, by mean_image %(mean_image)g" % values)


for part in (counts, work, beginnings, treatment, drop_paths, patches, gaps, fine_tuning, learning):
    part()
finish()
