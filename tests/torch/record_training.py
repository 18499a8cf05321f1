#!/usr/bin/python3
"""Trains the model of tests/torch/training.yaml in PyTorch: 50 updates of AdamW with warm-up and cosine, layer-wise
rates, no decay for vectors and tokens, clipping, and two micro-batches an update. Writes training_data.npz (images,
masks), training_init.npz (first weights) and training_wants.npz (loss, rate and gradient norm of every update, and the
weights after the last), which tests/training_test.py reads.

usage: record_training.py

Needs torch (made with 1.13) and numpy. Everything is f64; the numbers that go in are exact in f32."""
import math
import os

import numpy
import torch
from torch import nn
from torch.nn import functional

SAMPLES, BATCH, ACCUMULATE, STEPS, WARMUP = 22, 4, 2, 50, 10
DIM, DEPTH, HEADS, PATCH, CHANNELS, SIZE = 16, 2, 2, 4, 3, 12
PEAK, START, END, SCALE, DECAY, LAYER_DECAY, CLIP, EPS = 4e-3, 1e-5, 2e-4, 2, 0.05, 0.65, 0.2, 1e-5
CELLS = SIZE // PATCH
HIDDEN = math.ceil(CELLS * CELLS * 0.6)


def numbers(generator, *shape, scale=1.0):
    return (generator.uniform(-1, 1, shape) * scale).astype("float32")


def first_weights(generator):
    """Names as simgraph's; the layers of torch.nn take the same shapes."""
    weights = {"codes.embed.position": numbers(generator, CELLS * CELLS, DIM, scale=0.1),
               "codes.embed.mask_token": numbers(generator, DIM, scale=0.1),
               "codes.embed.proj.weight": numbers(generator, DIM, CHANNELS, PATCH, PATCH, scale=0.14),
               "codes.embed.proj.bias": numbers(generator, DIM, scale=0.14)}
    for block in range(DEPTH):
        name = "codes.block.%d." % block
        for part, shape in (("mix.qkv", (3 * DIM, DIM)), ("mix.proj", (DIM, DIM)), ("mlp.fc1", (4 * DIM, DIM)),
                            ("mlp.fc2", (DIM, 4 * DIM))):
            weights[name + part + ".weight"] = numbers(generator, *shape, scale=0.2)
            weights[name + part + ".bias"] = numbers(generator, shape[0], scale=0.1)
        for norm in ("norm1", "norm2"):
            weights[name + norm + ".weight"] = 1 + numbers(generator, DIM, scale=0.25)
            weights[name + norm + ".bias"] = numbers(generator, DIM, scale=0.1)
    weights["codes.norm.weight"] = 1 + numbers(generator, DIM, scale=0.25)
    weights["codes.norm.bias"] = numbers(generator, DIM, scale=0.1)
    weights["recon.pixels.weight"] = numbers(generator, CHANNELS * PATCH ** 2, DIM, 1, 1, scale=0.25)
    weights["recon.pixels.bias"] = numbers(generator, CHANNELS * PATCH ** 2, scale=0.25)
    return weights


def linear(w, x, name):
    return functional.linear(x, w[name + ".weight"], w[name + ".bias"])


def norm(w, x, name):
    return functional.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], EPS)


def mlp(w, x, name):
    return linear(w, functional.gelu(linear(w, x, name + ".fc1")), name + ".fc2")


def encode(w, image, mask, depth, heads, patch):
    """vit_encoder, of weights by simgraph's names; mask None: everything is seen."""
    x = functional.conv2d(image, w["codes.embed.proj.weight"], w["codes.embed.proj.bias"], stride=patch)
    b, dim, rows, columns = x.shape
    x = x.flatten(2).transpose(1, 2)
    if mask is not None:
        hidden = mask.reshape(b, -1, 1)
        x = x * (1 - hidden) + w["codes.embed.mask_token"] * hidden
    x = x + w["codes.embed.position"]
    for block in range(depth):
        name = "codes.block.%d." % block
        q, k, v = linear(w, norm(w, x, name + "norm1"), name + "mix.qkv").reshape(
            b, -1, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        share = (q @ k.transpose(-2, -1) / math.sqrt(dim // heads)).softmax(-1)
        x = x + linear(w, (share @ v).transpose(1, 2).reshape(b, -1, dim), name + "mix.proj")
        x = x + mlp(w, norm(w, x, name + "norm2"), name + "mlp")
    return norm(w, x, "codes.norm").transpose(1, 2).reshape(b, dim, rows, columns)


def decode(w, codes, patch):
    """pixel_decoder"""
    return functional.pixel_shuffle(functional.conv2d(codes, w["recon.pixels.weight"], w["recon.pixels.bias"]), patch)


def masked_l1(recon, image, mask, patch):
    pixels = mask.repeat_interleave(patch, 1).repeat_interleave(patch, 2).unsqueeze(1)
    return ((recon - image).abs() * pixels).sum() / (pixels.sum() + 1e-5) / image.shape[1]


def forward(w, image, mask):
    return masked_l1(decode(w, encode(w, image, mask, DEPTH, HEADS, PATCH), PATCH), image, mask, PATCH)


def rate(step):
    """simmim.md's cosine over all steps, the warm-up a straight line to the peak."""
    if step < WARMUP:
        return SCALE * (START + (PEAK - START) * step / WARMUP)
    return SCALE * (END + 0.5 * (PEAK - END) * (1 + math.cos(math.pi * step / STEPS)))


def layer_scale(name):
    if name.startswith("codes.block."):
        return LAYER_DECAY ** (DEPTH - int(name.split(".")[2]))
    if name.startswith("codes.norm") or not name.startswith("codes."):
        return 1.0
    return LAYER_DECAY ** (DEPTH + 1)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    generator = numpy.random.RandomState(7)
    masks = numpy.zeros((SAMPLES, CELLS * CELLS), "float32")
    for row in masks:
        row[generator.permutation(CELLS * CELLS)[:HIDDEN]] = 1
    data = {"image": numbers(generator, SAMPLES, CHANNELS, SIZE, SIZE), "mask": masks.reshape(-1, CELLS, CELLS)}
    init = first_weights(generator)
    weights = {name: nn.Parameter(torch.from_numpy(value).double()) for name, value in init.items()}
    undecayed = {"codes.embed.position", "codes.embed.mask_token"}
    optimizer = torch.optim.AdamW(
        [{"params": [p], "scale": layer_scale(name), "weight_decay": 0 if p.ndim < 2 or name in undecayed else DECAY}
         for name, p in weights.items()], lr=1, betas=(0.9, 0.95), eps=1e-8)
    images, masks = torch.from_numpy(data["image"]).double(), torch.from_numpy(data["mask"]).double()
    starts = list(range(0, SAMPLES, BATCH))
    wants = {"loss": [], "lr": [], "gradient_norm": []}
    for step in range(STEPS):
        at = step * ACCUMULATE % len(starts)
        part = starts[at:at + ACCUMULATE]
        optimizer.zero_grad()
        total = 0
        for begin in part:
            loss = forward(weights, images[begin:begin + BATCH], masks[begin:begin + BATCH]) / len(part)
            loss.backward()
            total += loss.item()
        wants["loss"].append(total)
        wants["lr"].append(rate(step))
        wants["gradient_norm"].append(nn.utils.clip_grad_norm_(weights.values(), CLIP).item())
        for group in optimizer.param_groups:
            group["lr"] = rate(step) * group["scale"]
        optimizer.step()
    numpy.savez_compressed(os.path.join(here, "training_data.npz"), **data)
    numpy.savez_compressed(os.path.join(here, "training_init.npz"), **init)
    numpy.savez_compressed(os.path.join(here, "training_wants.npz"), **wants,
                           **{name: value.detach().numpy() for name, value in weights.items()})
    print("losses", wants["loss"][0], wants["loss"][-1], "norms", wants["gradient_norm"][::10])


if __name__ == "__main__":
    main()
