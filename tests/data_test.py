#!/usr/bin/env python3
"""data_test.py SIMGRAPH [GRAPHS]: statistics of data, and samples as the network gets them, against NumPy."""
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib

try:
    import numpy
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

GRAPH = """simgraph: 1
nodes:
  image: {op: input, shape: [batch, %d, 9, 7]}
  label: {op: input, shape: [batch], type: i32}
  flat: reshape(image, shape=[batch, %d])
  y: {op: linear, in: flat, out: 10}
  loss: cross_entropy(y, label)
data:
  train: {%s, split: {held: 0.25, seed: 3}, fields: {image: [%s], label: []}}
train: {minimize: loss, epochs: 1, batch: 4, optimizer: {op: sgd, lr: 0.1}}
"""


class Data:
    def __init__(self, simgraph):
        self.simgraph = simgraph

    def run(self, *words, status=0):
        ran = subprocess.run([self.simgraph, "data", *words], capture_output=True, text=True)
        assert ran.returncode == status, (words, ran.returncode, ran.stdout, ran.stderr)
        return ran.stdout

    def stats(self, *words):
        """The same text whatever the number of threads."""
        texts = {self.run("stats", "data.yaml", "--json", "-t", str(threads), *words) for threads in (1, 2, 5)}
        assert len(texts) == 1, texts
        return json.loads(texts.pop())

    def show(self, *words):
        self.run("show", "data.yaml", "-o", "shown.npz", *words)
        with numpy.load("shown.npz") as shown:
            return dict(shown)


def write_graph(channels, source, steps):
    with open("data.yaml", "w") as file:
        file.write(GRAPH % (channels, channels * 63, source, steps))


def check_moments(column, image, tolerance):
    """Of [n, channels, height, width]."""
    for name, wanted in ("mean", image.mean(axis=(0, 2, 3))), ("std", image.std(axis=(0, 2, 3))):
        assert numpy.allclose(column[name], wanted, rtol=tolerance, atol=0), (name, column[name], wanted)


def check_arrays(data):
    """In memory: bytes, and floats far from 0, whose squares lose their digits where they are summed up as they are."""
    random = numpy.random.RandomState(1)
    label = random.randint(0, 4, 700).astype("i4") * 3
    image = (random.randint(0, 256, (700, 3, 9, 7)) // [[[1]], [[2]], [[7]]]).astype("u1")
    numpy.savez("a.npz", image=image, label=label)
    write_graph(3, "op: arrays, path: a.npz", "flip, normalise")
    found, held = data.stats(), data.stats("--split", "held")
    assert found["samples"] == 525 and held["samples"] == 175, (found, held)
    # Both together are all samples: a part is what its entry does not have.
    both = (numpy.array(found["columns"]["image"]["mean"]) * 525 + numpy.array(held["columns"]["image"]["mean"]) * 175) / 700
    assert numpy.allclose(both, image.mean(axis=(0, 2, 3)) / 255, rtol=1e-12), both
    set_all = ["--set", "data.train.split-"]
    found = data.stats(*set_all)
    check_moments(found["columns"]["image"], image / 255, 1e-12)
    values, counts = numpy.unique(label, return_counts=True)
    wanted = {"type": "i32", "shape": [], "values": len(values), "min": 0, "max": 9, "fewest": counts.min(), "most": counts.max()}
    assert found["columns"]["label"] == wanted, found["columns"]["label"]
    assert found["bad"] == 0 and "files" not in found
    numpy.savez("a.npz", image=image, label=label.astype("u1")) # labels as well
    assert data.stats(*set_all)["columns"]["label"] == {**wanted, "type": "u8"}
    far = (1e4 + random.rand(700, 3, 9, 7)).astype("f4")
    numpy.savez("a.npz", image=far, label=label)
    check_moments(data.stats(*set_all)["columns"]["image"], far.astype("f8"), 1e-9)
    numpy.savez("a.npz", image=image, label=label)
    return image, set_all


def check_shown(data, image, set_all):
    """Samples of the first batch; steps in their order; the same again, and other draws with another seed."""
    words = ["--set", "train.shuffle=false", *set_all, "-n", "5", "--epochs", "3"]
    shown = data.show(*words, "--set", "data.train.fields.image=[{op: flip, rate: 1}, {op: normalise, preset: clip}]")
    mean = numpy.array([0.48145466, 0.4578275, 0.40821073]).reshape(3, 1, 1)
    std = numpy.array([0.26862954, 0.26130258, 0.27577711]).reshape(3, 1, 1)
    assert sorted(shown) == ["epoch1", "epoch2", "epoch3", "original"], sorted(shown)
    assert numpy.allclose(shown["original"], image[:5] / 255, atol=1e-7)
    for epoch in "epoch1", "epoch2", "epoch3":
        assert numpy.allclose(shown[epoch], ((image[:5] / 255)[..., ::-1] - mean) / std, atol=1e-6)
    shuffled = data.show(*set_all, "-n", "700", "--epochs", "1")["original"]
    assert not numpy.allclose(shuffled[:5], image[:5] / 255)
    assert numpy.allclose(numpy.sort(shuffled.sum(axis=(1, 2, 3))), numpy.sort((image / 255).sum(axis=(1, 2, 3))), rtol=1e-5)
    draws = [data.show(*words, "--seed", seed)["epoch2"] for seed in ("1", "1", "2")]
    assert numpy.array_equal(draws[0], draws[1]) and not numpy.array_equal(draws[0], draws[2])


def read_lines(png, width):
    """The rows of a PNG of colours of 8 bits."""
    at, packed = 8, b""
    while at < len(png):
        size = int.from_bytes(png[at:at + 4], "big")
        packed += png[at + 8:at + 8 + size] if png[at + 4:at + 8] == b"IDAT" else b""
        at += size + 12
    raw, lines, above = zlib.decompress(packed), [], bytes(3 * width)
    for start in range(0, len(raw), 3 * width + 1):
        kind, line = raw[start], bytearray(raw[start + 1:start + 1 + 3 * width])
        for i, byte in enumerate(line):
            left, corner = (line[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            p = left + above[i] - corner
            paeth = min((abs(p - left), 0, left), (abs(p - above[i]), 1, above[i]), (abs(p - corner), 2, corner))[2]
            line[i] = (byte + [0, left, above[i], (left + above[i]) // 2, paeth][kind]) & 255
        lines.append(bytes(line))
        above = line
    return lines


def check_picture(data, set_all):
    """The picture has a row a sample and a column an epoch, and shows pixels, whatever normalise made of them."""
    flat = numpy.full((6, 3, 9, 7), 0, "u1")
    flat[:] = numpy.array([200, 100, 50]).reshape(3, 1, 1)
    numpy.savez("a.npz", image=flat, label=numpy.zeros(6, "i4"))
    data.run("show", "data.yaml", *set_all, "-o", "x.png", "-n", "2", "--epochs", "4", "--set",
             "data.train.fields.image=[{op: normalise, preset: imagenet}, flip]")
    with open("x.png", "rb") as file:
        png = file.read()
    width, height = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))
    assert width >= 2 * 20 - 8 + 5 * (7 * 14 + 8), width
    assert height == 20 + 18 + 8 + 2 * (18 + 4 + 9 * 14 + 8) - 8 + 20, height
    found = sum(line[x:x + 3] == bytes([200, 100, 50]) for line in read_lines(png, width) for x in range(0, 3 * width, 3))
    assert found == 2 * 5 * 9 * 7 * 14 * 14, found


def check_folder(data):
    """Files: their sizes and channels, and what cannot be read left out."""
    os.makedirs("photos/a")
    os.makedirs("photos/b")
    sizes = [(7, 9), (14, 18), (21, 9), (7, 9), (70, 90)]
    random = numpy.random.RandomState(2)
    pixels = []
    for i, (width, height) in enumerate(sizes):
        image = random.randint(0, 256, (height, width, 3)).astype("u1")
        with open("photos/%s/%d.ppm" % ("ab"[i % 2], i), "wb") as file:
            file.write(b"P6 %d %d 255\n" % (width, height) + image.tobytes())
        if (width, height) == (7, 9):
            pixels.append(image.transpose(2, 0, 1))
    with open("photos/a/9.pgm", "wb") as file:
        file.write(b"P5 7 9 255\n" + bytes(63))
    with open("photos/b/bad.png", "wb") as file:
        file.write(b"nothing")
    write_graph(3, "op: folder, path: photos, height: 9, width: 7, max_bad: 1", "flip")
    found = data.stats("--set", "data.train.split-")
    assert found["samples"] == 7 and found["bad"] == 1, found
    assert found["files"] == {"min": [7, 9], "median": [14, 9], "max": [70, 90], "channels": [1, 0, 5, 0]}, found["files"]
    assert found["columns"]["label"]["fewest"] == 2 and found["columns"]["label"]["most"] == 4, found["columns"]["label"]
    for name in "photos/a/2.ppm", "photos/b/1.ppm", "photos/a/4.ppm", "photos/a/9.pgm":
        os.remove(name)
    check_moments(data.stats("--set", "data.train.split-")["columns"]["image"], numpy.stack(pixels) / 255, 1e-12)


MIX = """simgraph: 1
args: {alpha: 1.0}
nodes:
  image: {op: input, shape: [batch, 1, 8, 8]}
  target: {op: input, shape: [batch, 2]}
  mixed: {op: mixup, in: {image: image, target: target}, alpha: $alpha}
  cut: {op: cutmix, in: {image: image, target: target}, alpha: $alpha}
  either: {op: mixup_or_cutmix, in: {image: image, target: target}, mixup_alpha: $alpha}
"""


def check_mixing(data):
    """Samples are 0 and 1 in turn, each mixed with the one before it: what they are afterwards tells the share, of pixels and
    of labels alike. Shares against NumPy's beta distribution: two sets of n that agree differ by more than 2.7 / sqrt(n)
    once in a million tries (Kolmogorov and Smirnov)."""
    count = 4000
    one = numpy.arange(count) % 2
    numpy.savez("in.npz", image=numpy.broadcast_to(one.reshape(-1, 1, 1, 1), (count, 1, 8, 8)).astype("f4"),
                target=numpy.eye(2, dtype="f4")[one])
    with open("mix.yaml", "w") as file:
        file.write(MIX)
    random, seen = numpy.random.RandomState(5), []
    for alpha in 1, 0.8, 0.2:
        fetch = ["%s.%s" % (node, out) for node in ("mixed", "cut", "either") for out in ("image", "target")]
        subprocess.run([data.simgraph, "eval", "mix.yaml", "--batch", str(count), "--set", "alpha=%g" % alpha, "--feed", "image=in.npz:image",
                        "--feed", "target=in.npz:target", "--fetch", ",".join(fetch), "-o", "out.npz"], check=True, capture_output=True)
        with numpy.load("out.npz") as found:
            out = {name: found[name].astype("f8") for name in fetch}
        for node in "mixed", "cut", "either":
            share, pixels = out[node + ".target"][numpy.arange(count), one], abs(out[node + ".image"][:, 0] - 1 + one.reshape(-1, 1, 1))
            assert numpy.allclose(out[node + ".target"].sum(axis=1), 1, atol=1e-6)
            assert numpy.allclose(pixels.mean(axis=(1, 2)), share, atol=1e-5), node
            whole = ((pixels < 1e-6) | (pixels > 1 - 1e-6)).all(axis=(1, 2)).mean()
            assert node == "either" or (whole == 1) == (node == "cut"), (node, whole)
            assert node != "either" or 0.4 < whole < 0.75, whole
        share = numpy.sort(out["mixed.target"][numpy.arange(count), one])
        wanted = numpy.sort(random.beta(alpha, alpha, 400000))
        apart = abs(numpy.searchsorted(wanted, share) / len(wanted) - numpy.arange(count) / count).max()
        assert apart < 2.7 / count ** 0.5, (alpha, apart)
        seen.append(share.std())
    assert seen[0] < seen[1] < seen[2], seen


def check_waiting(data, graphs):
    """Images are read while others are computed with: a run waits for hardly any, though nothing is kept in memory. The
    small vision transformer on 64 x 64 pixels of photographs that take as long to read as a JPEG of this size. Where a
    machine is busy with other things one run of several must do."""
    random = numpy.random.RandomState(4)
    os.mkdir("large")
    for i in range(8):
        with open("large/%d.ppm" % i, "wb") as file:
            file.write(b"P6 500 375 255\n" + random.bytes(500 * 375 * 3))
        for k in range(1, 12):
            os.link("large/%d.ppm" % i, "large/%d-%d.ppm" % (i, k))
    waiting = []
    for attempt in range(3):
        ran = subprocess.run([data.simgraph, "run", os.path.join(graphs, "folder.yaml"), "-q", "-o", "run%d" % attempt,
                              "--set", "path=large", "--set", "data.train.cache=0", "--set", "batch_size=16",
                              "--set", "epochs=1.0", "--set", "evaluate-", "--set", "held_out=0.02"],
                             check=True, capture_output=True, text=True)
        waiting.append(float(re.search("([0-9.]+) % of the time went into waiting", ran.stdout)[1]))
        if waiting[-1] < 10:
            return
    raise AssertionError("percent of the time went into waiting for images: %s" % waiting)


def main():
    data = Data(os.path.abspath(sys.argv[1]))
    sys.argv[2:] = [os.path.abspath(path) for path in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        image, set_all = check_arrays(data)
        check_shown(data, image, set_all)
        check_picture(data, set_all)
        check_folder(data)
        check_mixing(data)
        if len(sys.argv) > 2:
            check_waiting(data, sys.argv[2])
        os.chdir("/")


main()
