#!/usr/bin/python3
"""Trains the model of tests/torch/spark.yaml in PyTorch: 20 updates of timm's LAMB with warm-up and cosine, a weight decay
that grows, and clipping. Writes spark_data.npz, spark_init.npz and spark_wants.npz, which tests/training_test.py reads.

usage: record_spark.py

Needs torch, numpy and timm (made with 2.15 and 1.0). Everything is f64; the numbers that go in are exact in f32."""
import math
import os
import re

import numpy
import torch

from exact import only_needed
from record_conv import RESNET, SPARK, Model, ResNet, Spark, named, normalised, spread

only_needed("timm")
from timm.optim import Lamb

SAMPLES, BATCH, STEPS, WARMUP, CLIP = 12, 4, 20, 5, 0.5


def rate(step):
    if step < WARMUP:
        return 2.5e-4 + (0.05 - 2.5e-4) * step / WARMUP
    return 5e-5 + 0.5 * (0.05 - 5e-5) * (1 + math.cos(math.pi * step / STEPS))


def decay(step):
    return 0.2 + 0.5 * (0.04 - 0.2) * (1 + math.cos(math.pi * step / STEPS))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    generator = numpy.random.RandomState(5)

    def numbers(*shape, scale=1.0):
        return (generator.uniform(-1, 1, shape) * scale).astype("float32")

    masks = numpy.zeros((SAMPLES, 4), "float32")
    for row in masks:
        row[generator.permutation(4)[:2]] = 1
    data = {"image": numbers(SAMPLES, 2, 16, 16), "mask": masks.reshape(-1, 2, 2)}
    model = Model(ResNet(2, 4, [1, 1], 4, masking="sparse"), Spark([16, 32], 8, 3, 2, "batch")).double().train()
    init, ours = {}, {}
    rules = named(RESNET + SPARK, norm="batch_norm", place="")
    for name, tensor in list(model.named_parameters()) + list(model.named_buffers()):
        part = re.fullmatch(r"(.*)\.running_(mean|var)", name)
        if name.endswith("num_batches_tracked"):
            continue
        rule = next(r for r in rules if re.fullmatch(r[0], part[1] + ".weight" if part else name))
        path = re.sub(rule[0] + "$", rule[1], part[1] + ".weight" if part else name).replace("model.", "")
        if part:
            path = path[:-len("weight")] + ("mean" if part[2] == "mean" else "variance")
        arrange = rule[2] if len(rule) > 2 else lambda t: t
        value = numbers(*tensor.shape, scale=0.3) + (0 if tensor.ndim > 1 or "bias" in name or "mean" in name else 1)
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(value))
        ours[path] = tensor, arrange
        init[path] = arrange(torch.from_numpy(value)).numpy()
    spared = [p for n, p in model.named_parameters() if p.ndim == 1 or "mask_token" in n]
    others = [p for n, p in model.named_parameters() if not (p.ndim == 1 or "mask_token" in n)]
    optimizer = Lamb([{"params": others}, {"params": spared, "weight_decay": 0}], betas=(0.9, 0.95), eps=1e-6, max_grad_norm=None)
    images, masks = torch.from_numpy(data["image"]).double(), torch.from_numpy(data["mask"]).double()
    wants = {"loss": [], "lr": [], "gradient_norm": []}
    for step in range(STEPS):
        at = step * BATCH % SAMPLES
        x, mask = images[at:at + BATCH], masks[at:at + BATCH]
        m = spread(mask, x)
        loss = ((model(x, mask) - normalised(x, 8)) ** 2 * m).sum() / (m.sum() + 1e-5) / 2
        optimizer.zero_grad()
        loss.backward()
        wants["loss"].append(loss.item())
        wants["lr"].append(rate(step))
        wants["gradient_norm"].append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
        for group, share in zip(optimizer.param_groups, (1, 0)):
            group["lr"], group["weight_decay"] = rate(step), share * decay(step)
        optimizer.step()
    numpy.savez_compressed(os.path.join(here, "spark_data.npz"), **data)
    numpy.savez_compressed(os.path.join(here, "spark_init.npz"), **init)
    numpy.savez_compressed(os.path.join(here, "spark_wants.npz"), **wants,
                           **{path: arrange(t.detach()).numpy() for path, (t, arrange) in ours.items()})
    print("losses", wants["loss"][0], wants["loss"][-1], "norms", wants["gradient_norm"][::5])


if __name__ == "__main__":
    main()
