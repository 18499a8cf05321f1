#!/usr/bin/env python3
"""Convolutional encoders and decoders of the library and their recipes: parameters and work against published numbers, how
weights start, drop paths, and what may and may not depend on hidden pixels.

usage: conv_test.py SIMGRAPH ROOT
"""
import math
import re

from models import check, evaluate, finish, np, simgraph, started, summary, weights

CLASSIFY, MASKED = "tests/torch/exact/classify.yaml", "tests/torch/exact/masked.yaml"
IMAGENET = ("height=224", "width=224", "classes=1000")
RESNETS = {"18": ("basic_block", [2, 2, 2, 2]), "34": ("basic_block", [3, 4, 6, 3]), "50": ("bottleneck_block", [3, 4, 6, 3]),
           "101": ("bottleneck_block", [3, 4, 23, 3]), "152": ("bottleneck_block", [3, 8, 36, 3])}


def resnet(name):
    return IMAGENET + ("normalised=false", "encoder={op: resnet_encoder, block: %s, depths: %s}" % RESNETS[name])


def convnext(depths, widths, block="convnext_block"):
    return IMAGENET + ("encoder={op: convnext_encoder, depths: %s, widths: %s, block: %s}" % (depths, widths, block),)


TINY = [3, 3, 9, 3], [96, 192, 384, 768]
V2 = "{op: convnext_block, scale: 0.0, response: true}"


def counts():
    """With 1000 classes: torchvision's ResNets and ConvNeXts, ConvNeXt V2's tiny one; SparK's official code."""
    for name, want in (("18", 11689512), ("34", 21797672), ("50", 25557032), ("101", 44549160), ("152", 60192808)):
        check(summary(CLASSIFY, *resnet(name))["parameters"] == want, "parameters of ResNet-" + name)
    for what, settings, want in (
            ("T", convnext(*TINY), 28589128), ("S", convnext([3, 3, 27, 3], TINY[1]), 50223688),
            ("B", convnext([3, 3, 27, 3], [128, 256, 512, 1024]), 88591464), ("V2-T", convnext(*TINY, V2), 28635496)):
        check(summary(CLASSIFY, *settings)["parameters"] == want, "parameters of ConvNeXt-" + what)
    check(summary("spark_resnet50.yaml")["parameters"] == 52921835, "parameters of SparK's ResNet-50 and decoder")
    check(summary("spark_convnext_s.yaml", "encoder.depths=[3, 3, 9, 3]")["parameters"] == 52748523,
          "parameters of SparK's decoder with ConvNeXt-T")


def multiplications(settings):
    """Of all convolutions and linear layers: rounds that are alike are listed once."""
    total, above = 0, []
    for node in summary(CLASSIFY, *settings, depth=9)["nodes"]:
        while above and above[-1][0] >= node["depth"]:
            above.pop()
        if node["op"] in ("conv", "linear"):
            total += node["flops_per_sample"] * math.prod(rounds for _, rounds in above) / 2
        above.append((node["depth"], node["rounds"]))
    return total


def work():
    for what, settings, want in (("ResNet-18", resnet("18"), 1.82e9), ("ResNet-50", resnet("50"), 4.09e9),
                                 ("ResNet-101", resnet("101"), 7.8e9), ("ConvNeXt-T", convnext(*TINY), 4.46e9)):
        got = multiplications(settings)
        check(abs(got / want - 1) < 0.01, "%s takes %g multiplications, published are %g" % (what, got, want))


def beginnings():
    settings = ("height=64", "width=64", "cell=32", "skips=1", "decoder={op: spark_decoder, width: 64}",
                "encoder={op: resnet_encoder, depths: [1, 1], width: 32, masking: sparse, block: "
                "{op: bottleneck_block, last_init: zeros}}")
    block, up = "model.codes.stage.0.block.0.", "model.recon.up.0."
    names = {  # deviation, and what all numbers are otherwise
        block + "conv2.conv.weight": math.sqrt(2 / (32 * 9)), block + "conv3.conv.weight": math.sqrt(2 / 128),
        "model.codes.stem.conv.conv.weight": math.sqrt(2 / (32 * 49)), up + "up.weight": math.sqrt(2 / (64 * 16)),
        up + "conv1.conv.weight": 0.02}
    constant = {block + "conv3.norm.weight": 0, block + "conv2.norm.weight": 1, block + "conv2.norm.bias": 0, up + "up.bias": 0}
    got = started(MASKED, settings, *names, *constant)
    for name, deviation in names.items():
        check(abs(got[name].std() / deviation - 1) < 0.06 and abs(got[name].mean()) < 0.06 * deviation, name)
    for name, value in constant.items():
        check((got[name] == value).all(), name)
    got = started(CLASSIFY, ("encoder={op: convnext_encoder, depths: [1, 1], widths: [64, 96]}",),
                  "codes.stage.1.block.0.dwconv.weight", "codes.stage.1.block.0.fc1.weight", "codes.stage.1.block.0.gamma",
                  "codes.stage.1.block.0.dwconv.bias")
    for name in ("dwconv", "fc1"):
        check(abs(got["codes.stage.1.block.0.%s.weight" % name].std() / 0.02 - 1) < 0.06, name)
    check((got["codes.stage.1.block.0.gamma"] == np.float32(1e-6)).all() and not got["codes.stage.1.block.0.dwconv.bias"].any(), "gamma")


def treatment():
    """Vectors and tokens do not decay. A2MIM's official configurations slow down what a rule of theirs matches, in both the token;
    of ResNet-50 the scale matches none and decays, [1, 1024, 1, 1] as it is."""
    for name, slow, decays in (("spark_resnet50.yaml", (), ()), ("spark_convnext_s.yaml", (), ()),
                               ("a2mim_resnet50.yaml", ("mask_token",), ("mask_scale",)),
                               ("a2mim_convnext_t.yaml", ("mask_token", "mask_scale"), ())):
        for compat in ("paper", "official"):
            for path, weight in weights(name, "compat=" + compat).items():
                last, official = path.split(".")[-1], compat == "official"
                want = official and last in decays if "mask_" in last else len(weight["shape"]) > 1
                check(weight["decay"] == want, "decay of %s in %s, %s" % (path, name, compat))
                check(weight["lr"] == (0.1 if official and last in slow else 1), "rate of %s in %s, %s" % (path, name, compat))


def drop_paths():
    """Rise linearly over all blocks, and the first drops nothing."""
    for name, most, blocks in (("spark_resnet50.yaml", 0.05, 16), ("spark_convnext_s.yaml", 0.2, 36)):
        text = simgraph("expand", name).decode()
        rates = [float(r) for r in re.findall(r"drop_path.*rate: ([0-9.e-]+)", text)]
        check(np.allclose(rates, [most * i / (blocks - 1) for i in range(1, blocks)], rtol=1e-9), "drop paths of %s: %s" % (name, rates))


ENCODERS = {
    "conv": "op: conv_encoder, widths: [4, 6, 8], depth: 2, layer: conv_norm",
    "resnet": "op: resnet_encoder, depths: [1, 1, 1], width: 4, small: true",
    "convnext": "op: convnext_encoder, depths: [1, 1, 1], widths: [4, 6, 8], patch: 2",
}
# One channel or five, another height than width; cells of the last map's places, larger, and smaller ones.
SIZES = (("height=16", "width=24", "channels=1", "cell=8"), ("height=32", "width=16", "channels=5", "cell=16"),
         ("height=16", "width=32", "channels=3", "cell=4"))


def leaks():
    """Nothing that an encoder gives, nor what a decoder makes of it, depends on hidden pixels: to the bit, and in the statistics
    of a batch as well. With `add`, `blend`, `fill` and a token in front of a stage it depends on the mean of each channel of an image
    alone."""
    generator = np.random.RandomState(3)
    for encoder, text in ENCODERS.items():
        for masking, stage in (("token", 0), ("sparse", 0), ("fill", 0), ("add", 1), ("blend", 1), ("token", 2)):
            exact = masking == "sparse" or (masking, stage) == ("token", 0)
            for sizes in SIZES:
                settings = sizes + ("normalise=false", "encoder={%s, masking: %s, token_at: %d}" % (text, masking, stage),
                                    "skips=2", "decoder={op: unet_decoder, widths: [6, 5, 4]}")
                h, w, channels, cell = (int(s.split("=")[1]) for s in sizes)
                mask = generator.randint(0, 2, (2, h // cell, w // cell)).astype("f4")
                hidden = mask.repeat(cell, 1).repeat(cell, 2)[:, None]
                image = generator.normal(size=(2, channels, h, w)).astype("f8")
                noise = generator.normal(size=image.shape) * hidden
                if not exact:
                    count = np.maximum(hidden.sum((2, 3), keepdims=True), 1)
                    noise -= noise.sum((2, 3), keepdims=True) / count * hidden
                values = [evaluate(MASKED, settings, {"image": x, "mask": mask.astype("f8")}, ["model.codes", "recon"],
                                   "--dtype", "f64", "--mode", "train") for x in (image, image + noise)]
                for name in ("model.codes", "recon"):
                    a, b = values[0][name], values[1][name]
                    same = np.array_equal(a, b) if exact else np.allclose(a, b, rtol=0, atol=1e-9 * np.abs(a).max())
                    check(same and np.isfinite(a).all() and a.std() > 0, "%s of %s, %s, %s" % (name, encoder, masking, sizes))


def dark():
    """Sparse maps are 0 where nothing is visible, at every stage; and all may be hidden, or nothing."""
    for encoder, text in ENCODERS.items():
        settings = SIZES[0] + ("encoder={%s, masking: sparse}" % text, "skips=2", "decoder={op: unet_decoder, widths: [6, 5, 4]}")
        image, mask = np.random.RandomState(4).normal(size=(2, 1, 16, 24)), np.array([[[1, 0, 1], [0, 0, 1]], [[0, 1, 1], [1, 0, 0]]])
        got = evaluate(MASKED, settings, {"image": image, "mask": mask.astype("f8")},
                       ["model.codes", "model.codes.stage1", "model.codes.stage2"], "--dtype", "f64", "--mode", "train")
        for name, stage in got.items():
            hidden = mask.repeat(stage.shape[2] // 2, 1).repeat(stage.shape[3] // 3, 2)[:, None] * np.ones_like(stage)
            check(not stage[hidden == 1].any() and stage[hidden == 0].std() > 0, "%s of %s is dark" % (name, encoder))
        for share in (0.0, 1.0):
            full = evaluate(MASKED, settings, {"image": image, "mask": np.full((2, 2, 3), share)}, ["recon", "loss"], "--dtype", "f64",
                            "--mode", "train", "--grad", "loss")
            check(all(np.isfinite(a).all() for a in full.values()), "%s with %g hidden" % (encoder, share))


for part in (counts, work, beginnings, treatment, drop_paths, leaks, dark):
    part()
finish()
