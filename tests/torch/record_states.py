#!/usr/bin/python3
"""Records what PyTorch computes for tests/torch/states.yaml: states_data.npz (samples), states_init.npz (weights
before the first step) and states_wants.npz (everything after the last), read by tests/states_test.py.

usage: record_states.py

Needs torch (made with 1.13) and numpy. Everything is f64; the numbers that go in are exact in f32."""
import copy
import os

import numpy
import torch
from torch import nn

STEPS = 6


def numbers(generator, *shape):
    return generator.uniform(-1, 1, shape).astype("float32")


def follow(average, model, share):
    """average = average * share + model * (1 - share), parameter by parameter."""
    with torch.no_grad():
        for a, p in zip(average.parameters(), model.parameters()):
            a.lerp_(p, 1 - share)


def loss_of(conv, bn, teacher, slow, x, t):
    y = bn(conv(x))
    plain = ((y - t) ** 2).mean()
    return plain, plain + (teacher(x) * y).mean() + (slow(x) * y).mean()


def main():
    generator = numpy.random.RandomState(3)
    here = os.path.dirname(os.path.abspath(__file__))
    data = {"x": numbers(generator, 16, 3, 5, 5), "t": numbers(generator, 16, 4, 5, 5)}
    init = {"conv.weight": numbers(generator, 4, 3, 3, 3), "conv.bias": numbers(generator, 4),
            "bn.weight": numbers(generator, 4), "bn.bias": numbers(generator, 4),
            "bn.mean": numpy.zeros(4, "float32"), "bn.variance": numpy.ones(4, "float32")}
    x, t = (torch.from_numpy(data[k]).double() for k in "xt")
    conv, bn = nn.Conv2d(3, 4, 3, padding=1).double(), nn.BatchNorm2d(4, momentum=0.2).double()
    with torch.no_grad():
        for name, parameter in (("conv.weight", conv.weight), ("conv.bias", conv.bias), ("bn.weight", bn.weight),
                                ("bn.bias", bn.bias)):
            parameter.copy_(torch.from_numpy(init[name]))
    teacher, slow = copy.deepcopy(conv).requires_grad_(False), copy.deepcopy(conv).requires_grad_(False)
    average = copy.deepcopy(nn.Sequential(conv, bn)).requires_grad_(False)
    optimizer = torch.optim.SGD(list(conv.parameters()) + list(bn.parameters()), lr=0.2)
    for step in range(STEPS):
        optimizer.zero_grad()
        loss_of(conv, bn, teacher, slow, x, t)[1].backward()
        optimizer.step()
        follow(teacher, conv, 0.75)
        follow(slow, conv, 0.5 + (1 - 0.5) * step / STEPS)
        follow(average, nn.Sequential(conv, bn), 0.6)
    wants = {"conv.weight": conv.weight, "conv.bias": conv.bias, "bn.weight": bn.weight, "bn.bias": bn.bias,
             "bn.mean": bn.running_mean, "bn.variance": bn.running_var, "teacher.weight": teacher.weight,
             "teacher.bias": teacher.bias, "slow.weight": slow.weight, "slow.bias": slow.bias,
             "average/conv.weight": average[0].weight, "average/conv.bias": average[0].bias,
             "average/bn.weight": average[1].weight, "average/bn.bias": average[1].bias}
    # An evaluation reads the averages of the weights, and the statistics of the run.
    evaluated = nn.BatchNorm2d(4).double().eval()
    with torch.no_grad():
        for to, of in ((evaluated.weight, average[1].weight), (evaluated.bias, average[1].bias),
                       (evaluated.running_mean, bn.running_mean), (evaluated.running_var, bn.running_var)):
            to.copy_(of)
        plain, loss = loss_of(average[0], evaluated, teacher, slow, x, t)
    wants = {name: tensor.detach().numpy() for name, tensor in wants.items()}
    wants["evaluated"] = numpy.array([plain, loss])
    for name, arrays in (("data", data), ("init", init), ("wants", wants)):
        numpy.savez(os.path.join(here, "states_%s.npz" % name), **arrays)


main()
