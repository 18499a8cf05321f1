#!/usr/bin/python3
"""Records what PyTorch computes for tests/torch/targets.yaml: targets_feeds.npz (inputs and weights) and
targets_wants.npz (values and gradients), read by tests/library_test.py.

usage: record_targets.py

Needs torch (made with 1.13) and numpy. Numbers are f64; inputs are exact in f32. The histograms of gradients are those of
record_ops.py."""
import os

import numpy
import torch
import torch.nn.functional as F

import record_ops

BATCH = 2


def weighted_mean(loss, weight):
    """Over elements whose weight is repeated along the channels: sum(w e) / (sum(w) + eps), per channel."""
    return (loss * weight).sum() / (weight.sum() + 1e-5) / loss.shape[1]


def window_norm(image, window):
    def mean(x):
        return F.avg_pool2d(x, window, stride=1, padding=window // 2, count_include_pad=False)
    n = F.avg_pool2d(torch.ones_like(image), window, stride=1, padding=window // 2, count_include_pad=True) * window ** 2
    variance = (mean(image ** 2) - mean(image) ** 2) * (n / (n - 1))
    return (image - mean(image)) / (variance.clamp(min=0) + 1e-6) ** 0.5


def bins_of(image, bins, low, high):
    return torch.floor((image - low) / (high - low) * bins).clamp(0, bins - 1).long()


def colour_loss(scores, image, weight, low):
    """One cross-entropy a pixel and channel; PyTorch has the classes in axis 1."""
    parts = scores.reshape(BATCH, 3, 8, *image.shape[2:]).transpose(1, 2)
    each = F.cross_entropy(parts, bins_of(image, 8, low, 1), reduction="none")
    return weighted_mean(each, weight)


def main():
    torch.set_default_dtype(torch.float64)
    here = os.path.dirname(os.path.abspath(__file__))
    generator = numpy.random.RandomState(5)

    def numbers(*shape, scale=1.0):
        values = (generator.uniform(-1.25, 1.25, shape) * scale).astype("float32")
        return torch.from_numpy(values.astype("float64")).requires_grad_()

    image, output, codes = numbers(BATCH, 3, 12, 16), numbers(BATCH, 3, 12, 16), numbers(BATCH, 5, 3, 4)
    mask = torch.from_numpy(generator.randint(0, 2, (BATCH, 3, 4)).astype("float64"))
    layers = {"features.pixels": numbers(27, 5, 1, 1), "scores.scores": numbers(3 * 8 * 16, 5, 1, 1)}
    biases = {"features.pixels": numbers(27), "scores.scores": numbers(3 * 8 * 16)}

    hidden = mask.repeat_interleave(4, 1).repeat_interleave(4, 2)[:, None]
    gradients = record_ops.hog(image.detach(), {"cell": 4, "bins": 9, "window": 4})
    features = F.conv2d(codes, layers["features.pixels"], biases["features.pixels"])
    scores = F.pixel_shuffle(F.conv2d(codes, layers["scores.scores"], biases["scores.scores"]), 4)
    wide = window_norm(image, 47)
    want = {
        "hidden": weighted_mean((output - image).abs(), hidden),
        "all": weighted_mean((output - image) ** 2, torch.ones_like(hidden)),
        "weighted": weighted_mean(F.smooth_l1_loss(output, image, beta=0.5, reduction="none"), hidden + 0.25 * (1 - hidden)),
        "windows": window_norm(image, 7),
        "wide": wide,
        "bins": bins_of(image, 8, -1, 1),
        "few": bins_of(image, 3, -0.5, 0.25),
        "gradients": gradients,
        "features": features,
        "scores": scores,
        "colours": colour_loss(scores, image, hidden, -1),
        "most": colour_loss(scores, image, hidden + 0.5 * (1 - hidden), -1),
        "maskfeat": weighted_mean((features - gradients) ** 2, mask[:, None]),
        "window_loss": weighted_mean((output - wide).abs(), hidden),
    }
    loss = sum(want[name] for name in ("hidden", "all", "weighted", "colours", "most", "maskfeat", "window_loss"))
    want["loss"] = loss + (want["windows"] ** 3).mean()
    feeds = {"image": image, "output": output, "codes": codes, "mask": mask}
    feeds.update({name + ".weight": value for name, value in layers.items()})
    feeds.update({name + ".bias": value for name, value in biases.items()})
    learned = {name: value for name, value in feeds.items() if value.requires_grad}
    for name, gradient in zip(learned, torch.autograd.grad(want["loss"], list(learned.values()))):
        want["grad/" + name] = gradient
    for end, arrays in (("feeds", feeds), ("wants", want)):
        numpy.savez(os.path.join(here, "targets_%s.npz" % end), **{n: v.detach().numpy() for n, v in arrays.items()})


if __name__ == "__main__":
    main()
