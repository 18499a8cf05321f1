#!/usr/bin/env python3
"""Training steps of the models of graphs/bench.yaml in PyTorch; needs torch and numpy.

usage: torch_step.py MODEL [options]

Prints what it runs as a line of JSON. Then every line of standard input is a number of steps: they are run, and a line
with the seconds of each is printed: as `simgraph bench --serve` does it.

--same DIR: instead of that, begins with the weights of DIR/init.npz, trains on the batches of DIR/data.npz (image,
mask), and prints the loss of every step.
--profile N: instead of that, prints how long N steps spend in each of PyTorch's operators."""
import argparse
import contextlib
import json
import os
import re
import sys
import time

import numpy
import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch_models
from models import MODELS

RATE, DECAY = 1e-3, 0.05


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=NUMBER", help="batch, size, depth, dim, ...")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--explicit", action="store_true", help="attention as two products and a softmax")
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--optimizer", choices=["default", "loop", "foreach", "fused"], default="default")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--flush", action="store_true", help="torch.set_flush_denormal")
    parser.add_argument("--same", metavar="DIR")
    parser.add_argument("--profile", type=int, metavar="N")
    return parser.parse_args()


class Step:
    def __init__(self, a):
        changes = {key: json.loads(value) for key, value in (text.split("=", 1) for text in a.set)}
        self.model, self.sizes = torch_models.build(a.model, changes, a.explicit)
        self.layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[a.layout]
        self.model.to(memory_format=self.layout)
        self.forward = torch.compile(self.model) if a.compile else self.model
        self.precision = a.precision
        how = {} if a.optimizer == "default" else {"foreach": a.optimizer == "foreach"}
        if a.optimizer == "fused":
            how = {"fused": True}
        self.optimizer = torch.optim.AdamW(torch_models.weight_groups(self.model, DECAY), lr=RATE, **how)

    def images(self):
        size = self.sizes["size"]
        return torch.rand(self.sizes["batch"], torch_models.CHANNELS, size, size).to(memory_format=self.layout)

    def run(self, image, mask=None):
        if mask is None:
            mask = torch_models.draw_mask(len(image), self.sizes["cells"], self.sizes["repeat"])
        low = torch.autocast("cpu", torch.bfloat16) if self.precision == "bf16" else contextlib.nullcontext()
        self.optimizer.zero_grad(set_to_none=True)
        with low:
            loss = self.forward(image, mask)
        loss.backward()
        self.optimizer.step()
        return loss


def blas():
    text = torch.__config__.show()
    found = re.findall(r"BLAS_INFO=(\w+)", text) + re.findall(r"(?:oneAPI Math Kernel Library|oneDNN|MKL-DNN\) v)[^\n(]*", text)
    return ", ".join(" ".join(name.split()) for name in found)


def say(what):
    print(json.dumps(what), flush=True)


def serve(step, a):
    image = step.images()
    say({"model": a.model, "batch": len(image), "threads": torch.get_num_threads(), "torch": torch.__version__,
         "blas": blas(), "cpu": torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else ""})
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            begun = time.perf_counter()
            step.run(image)
            seconds.append(time.perf_counter() - begun)
        say({"seconds": seconds})


def same(step, directory):
    init = numpy.load(os.path.join(directory, "init.npz"))
    data = numpy.load(os.path.join(directory, "data.npz"))
    wanted = step.model.state_dict()
    given = {torch_models.named(name): torch.from_numpy(init[name]) for name in init.files}
    missing = sorted(set(wanted) ^ set(given))
    if missing:
        sys.exit("weights that only one side has: " + ", ".join(missing))
    step.model.load_state_dict({name: given[name].reshape(wanted[name].shape) for name in wanted})
    batch = step.sizes["batch"]
    image, mask = (torch.from_numpy(data[name]) for name in ("image", "mask"))
    say([step.run(image[at:at + batch].contiguous(memory_format=step.layout), mask[at:at + batch]).item()
         for at in range(0, len(image), batch)])


def profile(step, steps):
    image = step.images()
    step.run(image)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as p:
        for _ in range(steps):
            step.run(image)
    say({event.key: event.self_cpu_time_total * 1e-6 / steps for event in p.key_averages()})


def main():
    a = read_arguments()
    torch.manual_seed(0)
    if a.threads:
        torch.set_num_threads(a.threads)
    if a.flush:
        torch.set_flush_denormal(True)
    step = Step(a)
    if a.same:
        same(step, a.same)
    elif a.profile:
        profile(step, a.profile)
    else:
        serve(step, a)


main()
