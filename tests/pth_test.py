#!/usr/bin/env python3
"""tools/pth_to_safetensors: files of PyTorch in all shapes come out bit for bit; what is no tensor stays behind; no code is run.

usage: pth_test.py TOOL SIMGRAPH"""
import collections
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
except ImportError:
    print("skipped: this Python has no torch")
    sys.exit(77)

import weights

TOOL, PROGRAM = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("wrong: " + what)


def run(*words):
    done = subprocess.run([sys.executable, TOOL] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Settings(dict):
    """As a checkpoint of the official code holds them: a class of its own."""

    def __init__(self, **values):
        dict.__init__(self, values)
        self.frozen = True


class Harm:
    def __reduce__(self):
        return os.system, ("touch harm",)


def state():
    generator = torch.Generator().manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    made = collections.OrderedDict(module.state_dict()) # has a count of batches, i64
    made["transposed"] = torch.randn(3, 4, generator=generator).t()
    made["part"] = torch.randn(10, generator=generator)[2:5]
    made["scalar"] = torch.tensor(0.5, dtype=torch.float64)
    made["empty"] = torch.zeros(0, 3)
    return made


def compare(path, wanted, what):
    got = weights.load(path)
    check(set(got) == set(wanted), "%s: names" % what)
    for name, tensor in wanted.items():
        array = tensor.detach().numpy()
        same = name in got and got[name].shape == array.shape and got[name].tobytes() == np.ascontiguousarray(array).tobytes()
        check(same, "%s: %s" % (what, name))


def shapes_of_files():
    wanted = state()
    module = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    beside = {"optimizer": optimizer.state_dict(), "epoch": 3, "config": Settings(a=1, b=[2]), "max_accuracy": np.float64(80.5)}
    files = {"plain": wanted, "model": dict(beside, model=wanted), "state_dict": dict(beside, state_dict=wanted),
             "nested": dict(beside, module={"state_dict": wanted}), "beside": dict(beside, model=wanted, center=torch.ones(3)),
             "other": dict(beside, model={"name": "swin"}, state_dict=wanted), "parameters": {n: torch.nn.Parameter(t) if t.is_floating_point() else t
                                                                                for n, t in wanted.items()}}
    for name, value in files.items():
        for zipped in (True, False):
            torch.save(value, name + ".pth", _use_new_zipfile_serialization=zipped)
            code, out, err = run(name + ".pth", "--force")
            check(code == 0, "%s: %s" % (name, err))
            compare(name + ".safetensors", wanted, name)
    code, out, _ = run("model.pth", "-o", "again.safetensors")
    want = ("left behind: optimizer, epoch, config, max_accuracy\nnot read: __main__.Settings, _codecs")
    check(code == 0 and out.startswith(want), "what it says: " + out)
    check(out.endswith("again.safetensors: %d tensors from model, 0.0 MiB\n" % len(wanted)), "what it says: " + out)
    code, _, err = run("model.pth", "-o", "again.safetensors")
    check(code == 1 and err == "pth_to_safetensors: again.safetensors exists: --force overwrites it\n", err)


def types():
    wanted = {str(t): torch.arange(6).reshape(2, 3).to(t) for t in (torch.float64, torch.float32, torch.int32, torch.uint8, torch.int64, torch.bool)}
    torch.save(dict(wanted, text="words", half=torch.ones(2, dtype=torch.float16), brain=torch.ones(2, dtype=torch.bfloat16)), "types.pth")
    code, out, err = run("types.pth")
    check(code == 0 and out.startswith("no tensors, left behind: text\n"), out + err)
    # The program reads them all.
    with open("types.yaml", "w") as file:
        file.write("simgraph: 1\nnodes: {half: {op: weight, shape: [2]}, brain: {op: weight, shape: [2]}, y: half + brain}\n")
    done = subprocess.run([PROGRAM, "import", "types.safetensors", "-g", "types.yaml", "--ignore", "torch", "-o", "ours.safetensors"],
                          stdout=subprocess.DEVNULL)
    check(done.returncode == 0, "simgraph import")
    check((weights.load("ours.safetensors") or {})["half"].tolist() == [1, 1] if done.returncode == 0 else False, "half precision")


def bad_files():
    torch.save({"model": {"w": torch.ones(2), "harm": Harm()}}, "harm.pth")
    code, out, err = run("harm.pth")
    check(code == 0 and not os.path.exists("harm"), "code in the file is not run: " + out + err)
    check("not read: " in out and "system" in out, out)
    ring = {"epoch": 1}
    ring["model"] = ring
    cases = {"ring.pth": (ring, "there are no weights by name in it, but dict"), "keys.pth": ({"weight": {"a": torch.ones(1)}}, "no weights found: --key says where; its keys are: weight"),
             "list.pth": ([torch.ones(1)], "there are no weights by name in it, but list")}
    for name, (value, message) in cases.items():
        torch.save(value, name)
        code, _, err = run(name)
        check(code == 1 and err == "pth_to_safetensors: %s\n" % message, err)
    code, _, err = run("keys.pth", "--key", "weight")
    check(code == 0, err)
    code, _, err = run("keys.pth", "--key", "model", "--force")
    check(code == 1 and err == "pth_to_safetensors: it has no key model; its keys are: weight\n", err)
    code, _, err = run("none.pth")
    check(code == 1 and err == "pth_to_safetensors: cannot read none.pth: No such file or directory\n", err)
    with open("keys.pth", "rb") as file:
        data = file.read()
    torch.save({"w": torch.ones(200)}, "old.pth", _use_new_zipfile_serialization=False)
    with open("old.pth", "rb") as file:
        old = file.read()
    for name, part in (("short.pth", data[:100]), ("text.pth", b"weights\n"), ("nothing.pth", b""), ("cut.pth", old[:200])):
        with open(name, "wb") as file:
            file.write(part)
        code, _, err = run(name)
        check(code == 1 and err.startswith("pth_to_safetensors: %s is no file of PyTorch, or damaged: " % name), err)
        check(not os.path.exists(name[:-4] + ".safetensors"), "nothing is written of " + name)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    shapes_of_files()
    types()
    bad_files()
    os.chdir("/")
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
