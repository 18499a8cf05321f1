#!/usr/bin/python3
"""Records what PyTorch's own layers compute for tests/torch/library.yaml: library_feeds.npz (inputs and weights) and
library_wants.npz (values and gradients), read by tests/library_test.py.

usage: record_library.py

Needs torch (made with 1.13) and numpy. Numbers are f64; inputs are exact in f32."""
import os

import numpy
import torch
from torch import nn
from torch.nn import functional

BATCH = 2


def numbers(generator, *shape):
    return torch.from_numpy(generator.uniform(-1, 1, shape).astype("float32").astype("float64"))


class Recorder:
    def __init__(self):
        self.generator = numpy.random.RandomState(7)
        self.feeds = {}

    def feed(self, name, tensor):
        self.feeds[name] = tensor.requires_grad_()
        return tensor

    def load(self, module, names):
        """Random parameters, fed under simgraph's names; `names` maps PyTorch's to them."""
        for name, parameter in module.named_parameters():
            with torch.no_grad():
                parameter.copy_(numbers(self.generator, *parameter.shape) / 2)
            self.feeds[names[name]] = parameter
        return module.double()


def attention_names(path, prefix=""):
    return {prefix + "in_proj_weight": path + ".qkv.weight", prefix + "in_proj_bias": path + ".qkv.bias",
            prefix + "out_proj.weight": path + ".proj.weight", prefix + "out_proj.bias": path + ".proj.bias"}


def pairs(path, **names):
    return {"%s.%s" % (theirs, kind): "%s.%s.%s" % (path, ours, kind)
            for theirs, ours in names.items() for kind in ("weight", "bias")}


def attention(r, tokens, bias, hidden):
    layer = r.load(nn.MultiheadAttention(8, 2, batch_first=True).double(), attention_names("attention"))
    added = bias.repeat(BATCH, 1, 1, 1).reshape(BATCH * 3 * 2, 4, 4) # sample i takes entry i % 3
    blocked = torch.zeros_like(added).masked_fill(hidden.repeat_interleave(2, 0)[:, None, :] != 0, float("-inf"))
    return layer(tokens, tokens, tokens, attn_mask=added + blocked, need_weights=False)[0]


def encoder(r, image, mask):
    embed = r.load(nn.Conv2d(3, 8, 4, 4).double(), {"weight": "codes.embed.proj.weight", "bias": "codes.embed.proj.bias"})
    token = r.feed("codes.embed.mask_token", numbers(r.generator, 8))
    position = r.feed("codes.embed.position", numbers(r.generator, 4, 8))
    tokens = embed(image).flatten(2).transpose(1, 2)
    tokens = torch.where(mask.reshape(BATCH, 4, 1) != 0, token, tokens) + position
    for k in range(2):
        path = "codes.block.%d" % k
        names = dict(attention_names(path + ".mix", "self_attn."))
        names.update(pairs(path + ".mlp", linear1="fc1", linear2="fc2"))
        names.update(pairs(path, norm1="norm1", norm2="norm2"))
        block = nn.TransformerEncoderLayer(8, 2, 32, 0, "gelu", batch_first=True, norm_first=True).double()
        tokens = r.load(block, names).train()(tokens) # training mode: without the fused path
    norm = r.load(nn.LayerNorm(8).double(), {"weight": "codes.norm.weight", "bias": "codes.norm.bias"})
    return norm(tokens).transpose(1, 2).reshape(BATCH, 8, 2, 2)


def convolution(r, kind, path, *args):
    return r.load(kind(*args).double(), {"weight": path + ".weight", "bias": path + ".bias"})


def main():
    r = Recorder()
    image, tokens = r.feed("image", numbers(r.generator, BATCH, 3, 8, 8)), r.feed("tokens", numbers(r.generator, BATCH * 3, 4, 8))
    bias = r.feed("bias", numbers(r.generator, 3, 2, 4, 4))
    mask = torch.tensor([[[1.0, 0], [1, 1]], [[0, 0], [1, 0]]], dtype=torch.float64)
    hidden = (torch.arange(BATCH * 3 * 4).reshape(BATCH * 3, 4) % 5 == 1).double()
    want = {"attention": attention(r, tokens, bias, hidden), "codes": encoder(r, image, mask)}
    pixels = convolution(r, nn.Conv2d, "recon.pixels", 8, 48, 1)
    want["recon"] = functional.pixel_shuffle(pixels(want["codes"]), 4)
    spread = mask.repeat_interleave(4, 1).repeat_interleave(4, 2)[:, None]
    difference = want["recon"] - image
    want["l1"] = (difference.abs() * spread).sum() / (spread.sum() + 1e-5) / 3
    want["mse"] = (difference ** 2 * spread).sum() / (spread.sum() + 1e-5) / 3
    small = image
    for k, (into, out) in enumerate([(3, 4), (4, 6)]):
        small = functional.relu(convolution(r, nn.Conv2d, "small.stage.%d.layer.0.conv" % k, into, out, 3, 2, 1)(small))
    want["small"] = small
    first = convolution(r, nn.ConvTranspose2d, "large.up.0.deconv", 6, 4, 2, 2)
    second = convolution(r, nn.ConvTranspose2d, "large.up.1.deconv", 4, 3, 2, 2)
    want["large"] = second(functional.relu(first(small)))
    norm = r.load(nn.LayerNorm(8).double(), {"weight": "classes.norm.weight", "bias": "classes.norm.bias"})
    head = convolution(r, nn.Linear, "classes.head", 8, 5)
    want["classes"] = head(norm(want["codes"].mean((2, 3))))
    seen = torch.where(spread != 0, r.feed("masked.shown.placed.mask_token", numbers(r.generator, 3, 1, 1)), image)
    want["masked"] = functional.relu(convolution(r, nn.Conv2d, "masked.stage.0.layer.0.conv", 3, 5, 3, 2, 1)(seen))
    want["loss"] = want["l1"] + want["mse"] + sum((want[n] ** 2).mean() for n in ("large", "classes", "attention", "masked"))
    want["loss"].backward()
    for name, tensor in r.feeds.items():
        want["grad/" + name] = tensor.grad
    feeds = dict(r.feeds, mask=mask, hidden=hidden)
    here = os.path.dirname(os.path.abspath(__file__))
    for file, arrays in (("library_feeds", feeds), ("library_wants", want)):
        numpy.savez(os.path.join(here, file + ".npz"), **{n: t.detach().numpy() for n, t in arrays.items()})


main()
