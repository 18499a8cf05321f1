"""Is it the same model? Both sides begin with the same weights, see the same images and masks, and must lose alike."""
import json
import math
import os
import random
import struct
import tempfile
import zipfile

from models import RATIO, sizes_of
from settings import DEFAULT
from sides import call, graph_of, losses_of, our_settings
from turns import Failed


# Relative difference of losses that is rounding: f32 sums in another order, over ten updates.
ROUNDING = 1e-3


def npy(shape, numbers):
    """A .npy file of f32."""
    head = str({"descr": "<f4", "fortran_order": False, "shape": tuple(shape)})
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<%df" % len(numbers), *numbers)


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, (shape, numbers) in arrays.items():
            file.writestr(name + ".npy", npy(shape, numbers))


def draw_mask(draw, cells, repeat):
    hidden = set(draw.sample(range(cells * cells), math.ceil(cells * cells * RATIO)))
    side = cells * repeat
    return [float((y // repeat) * cells + x // repeat in hidden) for y in range(side) for x in range(side)]


def write_data(path, samples, sizes):
    size, cells, repeat = sizes["size"], sizes["cells"], sizes["repeat"]
    draw = random.Random(7)
    pixels = [draw.random() for _ in range(samples * 3 * size * size)]
    masks = sum((draw_mask(draw, cells, repeat) for _ in range(samples)), [])
    write_npz(path, {"image": ([samples, 3, size, size], pixels),
                     "mask": ([samples, cells * repeat, cells * repeat], masks)})


def our_losses(program, model, settings, directory, steps, grid):
    """First weights to DIR/init.npz; losses of a run of `simgraph run`, which reads DIR/data.npz in its order."""
    graph, init, data = graph_of(model), os.path.join(directory, "init.npz"), os.path.join(directory, "data.npz")
    weights = json.loads(call([program, "summary", graph, "--params", "--json"] + settings))["weights"]
    call([program, "eval", graph, "--mode", "train", "--fetch", ",".join(w["name"] for w in weights), "-o", init] + settings)
    fed = ["nodes.mask={op: input, shape: [batch, %d, %d]}" % (grid, grid),
           "data.train={op: arrays, path: '%s', fields: {image: [], mask: []}}" % data,
           "train.shuffle=false", "train.steps=%d" % steps]
    return losses_of(program, graph, ["--init", init] + settings + sum((["--set", text] for text in fed), []))


def compare(program, torch, model, steps=10, precision="fp32", changes=None, settings=DEFAULT):
    """Losses of ours and PyTorch's, and the largest relative difference."""
    changes = dict({"batch": 4}, **(changes or {}))
    sizes = sizes_of(model, changes)
    grid = sizes["cells"] * sizes["repeat"]
    with tempfile.TemporaryDirectory() as directory:
        write_data(os.path.join(directory, "data.npz"), sizes["batch"] * steps, sizes)
        ours = our_losses(program, model, our_settings(changes, precision), directory, steps, grid)
        theirs = torch.ask(model, 1, precision, settings, changes, ["--same", directory])
    if len(ours) != len(theirs):
        raise Failed("%d losses of ours, %d of PyTorch" % (len(ours), len(theirs)))
    return {"ours": ours, "theirs": theirs, "difference": max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))}
