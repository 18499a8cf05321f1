#!/usr/bin/env python3
"""Records what PyTorch's optimisers make of a fixed sequence of gradients; writes tests/recorded_updates.h.

usage: record_updates.py > recorded_updates.h      (needs torch)
"""
import torch

START = [0.5, -1.25, 3.0, 0.0, 1e-3]
STEPS = [[0.1, -0.2, 0.3, 0.0, 10.0], [-0.4, 0.05, 0.6, 1e-4, -9.0], [0.7, 0.8, -0.9, 0.0, 0.5]]


def run(make):
    weight = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([weight])
    for gradient in STEPS:
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    return weight.detach().tolist()


def row(values):
    return "{" + ", ".join(repr(v) for v in values) + "}"


def main():
    print("/* Made by record_updates.py with torch %s. */" % torch.__version__.split("+")[0])
    print("enum { RECORDED = %d, RECORDED_STEPS = %d };" % (len(START), len(STEPS)))
    print("static const double recorded_start[RECORDED] = %s;" % row(START))
    print("static const double recorded_gradient[RECORDED_STEPS][RECORDED] = {%s};" % ", ".join(map(row, STEPS)))
    optim = torch.optim
    cases = {
        "adamw": lambda w: optim.AdamW(w, lr=0.02, betas=(0.9, 0.95), eps=1e-3, weight_decay=0.3),
        "sgd": lambda w: optim.SGD(w, lr=0.02, weight_decay=0.3),
        "momentum": lambda w: optim.SGD(w, lr=0.02, momentum=0.8, weight_decay=0.3),
        "nesterov": lambda w: optim.SGD(w, lr=0.02, momentum=0.8, weight_decay=0.3, nesterov=True),
    }
    for name, make in cases.items():
        print("static const double recorded_%s[RECORDED] = %s;" % (name, row(run(make))))


main()
