#!/usr/bin/python3
"""Records what PyTorch computes for tests/torch/masks.yaml: masks_feeds.npz and masks_wants.npz, read by
tests/library_test.py.

usage: record_masks.py

Needs torch (made with 1.13) and numpy. The scores are multiples of 1/8, so that many are equal: of equals, the first
in the order of the cells comes first."""
import math
import os

import numpy
import torch

BATCH = 3


def every(mask):
    return mask.double().expand(BATCH, *mask.shape).contiguous()


def cells(mask, cell):
    return mask.repeat_interleave(cell, -2).repeat_interleave(cell, -1)


def central(rows, columns, ratio):
    mask = torch.zeros(rows, columns)
    high, wide = (round(math.sqrt(ratio) * n) for n in (rows, columns))
    top, left = (rows - high) // 2, (columns - wide) // 2
    mask[top:top + high, left:left + wide] = 1
    return mask


def checkerboard(rows, columns):
    mask = torch.zeros(rows, columns)
    mask[::2, 1::2] = 1
    mask[1::2, ::2] = 1
    return mask


def grid(rows, columns, step):
    mask = torch.ones(rows, columns)
    mask[::step, ::step] = 0
    return mask


def ranked(score, ratio, highest):
    """Of the score itself no gradient comes: its order is a list of indices."""
    flat = score.detach().flatten(1)
    order = torch.sort(flat, dim=1, descending=highest, stable=True).indices
    count = math.ceil(flat.shape[1] * ratio)
    return torch.zeros_like(flat).scatter(1, order[:, :count], 1).reshape(score.shape)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    values = numpy.random.RandomState(11).randint(-8, 8, (BATCH, 5, 6)) / 8
    score = torch.from_numpy(values).requires_grad_()
    want = {
        "central": every(central(6, 9, 0.6)),
        "central_cells": every(cells(central(7, 10, 0.3), 2)),
        "central_all": every(torch.ones(3, 5)),
        "central_none": every(torch.zeros(3, 5)),
        "checkerboard": every(checkerboard(5, 8)),
        "checkerboard_cells": every(cells(checkerboard(3, 4), 3)),
        "grid": every(grid(6, 8, 2)),
        "grid_edge": every(cells(grid(5, 7, 3), 2)),
        "high": ranked(score, 0.55, True),
        "low": cells(ranked(score, 0.55, False), 4),
        "hard": ranked(score, 0.7, True),
        "none": torch.zeros(BATCH, 5, 6),
        "all": torch.ones(BATCH, 5, 6),
    }
    loss = (score * want["high"]).mean() + (score ** 2 * want["hard"]).mean()
    want["loss"] = loss
    want["grad/score"] = torch.autograd.grad(loss, score)[0]
    numpy.savez(os.path.join(here, "masks_feeds.npz"), score=values)
    numpy.savez(os.path.join(here, "masks_wants.npz"), **{n: v.detach().numpy().astype("float64") for n, v in want.items()})


if __name__ == "__main__":
    main()
