#!/usr/bin/env python3
"""Event files of runs, read by TensorBoard: scalars, pictures and histograms against metrics.jsonl, the PNG file and the
weights of every step; a resume that goes back; framing and CRCs by hand. And metrics.csv against metrics.jsonl.

usage: tensorboard_test.py SIMGRAPH
"""
import csv
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile

from packages import need

need("numpy", "safetensors", "tensorboard")

import numpy as np  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402

GRAPH = """simgraph: 1
nodes:
  image: {op: input, shape: [batch, 1, 8, 8]}
  mask: {op: random_mask, shape: [batch, 2, 2], ratio: 0.5}
  flat: {op: reshape, in: image, shape: [batch, 64]}
  few: {op: linear, in: flat, out: 5}
  many: {op: linear, in: few, out: 64}
  recon: reshape(many, shape=[batch, 1, 8, 8])
  loss: mean((recon - image) ** 2)
  "odd": mean(abs(recon))
data:
  train: {op: shapes, size: 8, count: 24, fields: {image: []}}
  test: {op: shapes, size: 8, count: 8, part: test, fields: {image: []}}
train: {minimize: loss, report: [odd, loss], steps: 8, batch: 6, optimizer: {op: sgd, lr: 0.25, momentum: 0, decay: 0}}
evaluate:
  every: 2 steps
  values: {loss: loss, 'an "odd", one': odd}
  pictures: {looks: {op: reconstruction, in: {image: image, output: recon, mask: mask}, count: 2}}
save: {every: 1 steps, keep: 8, graph: false, tensorboard: [scalars, images, histograms]}
"""
ODD = 'an "odd", one'
passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("failed:", what)


def run(*options):
    done = subprocess.run([PROGRAM, "run", "g.yaml", "-q", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)


def records(directory):
    with open(directory + "/metrics.jsonl") as file:
        return [json.loads(line) for line in file]


def read(directory):
    board = EventAccumulator(directory, size_guidance={"scalars": 0, "images": 0, "histograms": 0})
    board.Reload()
    return board


def same(events, wanted):
    """Scalars are kept in 32 bits."""
    return [e.step for e in events] == [step for step, _ in wanted] and np.allclose(
        [e.value for e in events], [value for _, value in wanted], rtol=1e-6, atol=1e-30)


def scalars(directory, board):
    lines = records(directory)
    for tag, key in ("train/loss", "loss"), ("rate", "lr"), ("norm", "gradient_norm"), ("images_per_second", "images_per_second"):
        check(same(board.Scalars(tag), [(r["step"], r[key]) for r in lines]), directory + ": " + tag)
    for tag, name in ("train/odd", "odd"), ("report/loss", "loss"):
        check(same(board.Scalars(tag), [(r["step"], r["report"][name]) for r in lines]), tag)
    for name in "loss", ODD:
        wanted = [(r["step"], r["values"][name]) for r in lines if "values" in r]
        check(len(wanted) == 4 and same(board.Scalars("held_out/" + name), wanted), directory + ": held_out/" + name)
    times = [e.wall_time for e in board.Scalars("train/loss")]
    check(times == sorted(times) and times[0] > 1.6e9, "times")


def pictures(board):
    events = board.Images("looks")
    check([e.step for e in events] == [2, 4, 6, 8], "pictures of every evaluation")
    with open("out/looks.png", "rb") as file:
        png = file.read()
    width, height = struct.unpack(">II", png[16:24])
    check(events[-1].encoded_image_string == png and (events[-1].width, events[-1].height) == (width, height), "the last one")


def histograms(directory, board, rate):
    """With plain gradient descent a gradient is what the weights lost, divided by the rate."""
    names = list(load_file(directory + "/model.safetensors"))
    check(len(names) == 4, "weights: %s" % names)
    for name in names:
        weights = board.Histograms("weights/" + name)
        gradients = board.Histograms("gradients/" + name)
        check([e.step for e in weights] == list(range(1, 9)) == [e.step for e in gradients], name + ": at every save")
        for step in range(2, 9):
            new = load_file("%s/model-step-%d.safetensors" % (directory, step))[name].astype(np.float64)
            old = load_file("%s/model-step-%d.safetensors" % (directory, step - 1))[name].astype(np.float64)
            of_weight, of_gradient = weights[step - 1].histogram_value, gradients[step - 1].histogram_value
            for h, want, room in (of_weight, new, 1e-12), (of_gradient, (old - new) / rate, 2e-6):
                good = (h.num == want.size and abs(h.min - want.min()) <= room and abs(h.max - want.max()) <= room
                        and abs(h.sum - want.sum()) <= room * want.size and sum(h.bucket) == want.size
                        and abs(h.sum_squares - (want ** 2).sum()) <= room * want.size)
                check(good, "%s, step %d: %s" % (name, step, h.sum))
            counts = np.histogram(new, bins=np.concatenate([[of_weight.min], of_weight.bucket_limit]))[0]
            check(np.abs(np.cumsum(counts) - np.cumsum(of_weight.bucket)).max() <= 1, "%s, step %d: buckets" % (name, step))


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    crc ^= 0xffffffff
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def framing(path):
    with open(path, "rb") as file:
        data = file.read()
    at = count = 0
    while at < len(data):
        length, = struct.unpack_from("<Q", data, at)
        head, = struct.unpack_from("<I", data, at + 8)
        body, = struct.unpack_from("<I", data, at + 12 + length)
        check(head == crc32c(data[at:at + 8]) and body == crc32c(data[at + 12:at + 12 + length]), "CRC at byte %d" % at)
        at, count = at + length + 16, count + 1
    check(at == len(data) and count > 8, "%d records" % count)


def table(directory):
    lines = records(directory)
    with open(directory + "/metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == len(lines), directory + ": rows")
    for row, line in zip(rows, lines):
        flat = {k: v for k, v in line.items() if not isinstance(v, dict)}
        flat.update(("%s.%s" % (group, k), v) for group in ("report", "values") for k, v in line.get(group, {}).items())
        got = {k: float(v) for k, v in row.items() if v != ""}
        check(got == {k: v for k, v in flat.items() if v is not None}, "%s: row %s" % (directory, row["step"]))
    check("values." + ODD in rows[0] and "report.odd" in rows[0], "columns: %s" % list(rows[0]))


def resumed():
    """Back to the checkpoint before the last: what came after it is said again, and counts once."""
    run("--out", "back", "--set", "save.every=4 steps")
    os.unlink("back/checkpoint.safetensors")
    # The clock was set back since: the new file is still the one that TensorBoard reads last.
    first = "back/events.out.tfevents.9000000000.host"
    os.rename(glob.glob("back/events.out.tfevents.*")[0], first)
    run("--resume", "back", "--set", "save.every=4 steps")
    files = sorted(glob.glob("back/events.out.tfevents.*"))
    check(len(files) == 2 and files[0] == first, "a file for each start, in their order: %s" % files)
    board = read("back")
    check([r["step"] for r in records("back")] == list(range(1, 9)), "records")
    scalars("back", board)
    table("back")


def main():
    with open("g.yaml", "w") as file:
        file.write(GRAPH)
    run("--out", "out")
    board = read("out")
    scalars("out", board)
    pictures(board)
    histograms("out", board, 0.25)
    framing(glob.glob("out/events.out.tfevents.*")[0])
    table("out")
    run("--out", "sums", "--set", "train.accumulate=2")
    histograms("sums", read("sums"), 0.25)
    run("--out", "none", "--set", "save.tensorboard=false")
    check(not glob.glob("none/events*"), "none are asked for")
    with open("out/model.safetensors", "rb") as a, open("none/model.safetensors", "rb") as b:
        check(a.read() == b.read(), "looking at gradients changes bits")
    resumed()


PROGRAM = os.path.abspath(sys.argv[1])
with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    main()
    os.chdir("/")
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
