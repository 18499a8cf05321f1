#!/usr/bin/env python3
"""Trained models in use, on tiny runs of the project's own graphs: reconstructions and features are those that
`simgraph eval` computes of the same images, whose crops and means NumPy makes.

usage: use_test.py SIMGRAPH GRAPHS
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np

SIMGRAPH, GRAPHS = sys.argv[1], sys.argv[2]
passed = failed = 0


def check(name, good, *more):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", name, *more)


def run(*words, code=0):
    done = subprocess.run([SIMGRAPH, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(" ".join(map(str, words)), done.returncode == code, done.returncode, done.stdout, done.stderr)
    return done


def refused(name, text, *words, code=2):
    done = run(*words, code=code)
    check(name, text in done.stderr, done.stderr)


def png(path, pixels):
    """Grey [h, w], colour [h, w, 3] or with alpha [h, w, 4]; u8, or u16 of grey."""
    kind = {2: 0, 3: 2}[pixels.ndim] if pixels.ndim == 2 or pixels.shape[2] == 3 else 6
    bits = 16 if pixels.dtype == np.uint16 else 8
    rows = pixels.astype(">u2" if bits == 16 else "u1").reshape(pixels.shape[0], -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, kind, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def train(graph, name, *settings):
    words = [word for setting in settings for word in ("--set", setting)]
    run("run", os.path.join(GRAPHS, graph), "--set", "train.epochs-", "--set", "train.steps=3", "--set", "batch_size=8",
        "--set", "evaluate-", "--out", name, "-q", *words)


def evaluate(name, out, fetch, *words):
    run("eval", name + "/graph.yaml", "--init", name, "--feed", "image=x.npy", "--fetch", fetch, "-o", out, *words)
    return np.load(out)


def near(a, b):
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-5)


def reconstructions(rng):
    """Of every kind of model, by random masks, another ratio, and a given mask."""
    png("a.png", rng.integers(0, 256, (32, 32)))
    png("b.png", rng.integers(0, 256, (32, 32)))
    png("hole.png", np.pad(np.full((20, 12), 255), ((0, 12), (20, 0))))
    for name, mask, ratio, cells in [("shapes", "mask", "mask", 4), ("mae", "mask", "model", 8),
                                     ("swin", "mask", "mask", 16), ("conv", "mask", "mask", 8), ("cnn", "mask", "mask", 8)]:
        done = run("reconstruct", name, "a.png", "b.png", "--seed", 5, "-o", "out.npz")
        ours = np.load("out.npz")
        np.save("x.npy", ours["image"])
        theirs = evaluate(name, "eval.npz", "recon," + mask, "--seed", 5)
        check(name + " reconstruction", near(ours["reconstruction"], theirs["recon"]))
        check(name + " mask", np.array_equal(ours["mask"], theirs[mask]))
        pixels = ours["mask"].repeat(32 // cells, 1).repeat(32 // cells, 2)[:, None]
        error = (abs(ours["image"] - ours["reconstruction"]) * pixels).sum((1, 2, 3)) / pixels.sum((1, 2, 3))
        shown = [float(line.split()[-1]) for line in done.stdout.splitlines()[:2]]
        check(name + " L1", np.allclose(shown, error, atol=1e-5), shown, error)
        if name == "cnn":
            continue # a box, whose sides have the ratio
        run("reconstruct", name, "a.png", "b.png", "--mask-ratio", 0.25, "-o", "out.npz")
        ours = np.load("out.npz")
        theirs = evaluate(name, "eval.npz", "recon," + mask, "--set", "nodes.%s.ratio=0.25" % ratio)
        check(name + " by ratio", near(ours["reconstruction"], theirs["recon"]))
        check(name + " a quarter is hidden", ours["mask"].mean() == 0.25)
        run("reconstruct", name, "a.png", "--mask", "hole.png", "-o", "out.npz")
        ours = np.load("out.npz")
        hidden = np.zeros((1, cells, cells), "f4")
        side = 32 // cells
        if name == "swin":
            side *= 2 # two tokens a cell
        for y in range(0, 32, side):
            for x in range(0, 32, side):
                white = max(0, min(20, y + side) - y) * max(0, x + side - max(20, x))
                if 2 * white > side * side:
                    k = cells // 32 if cells > 32 else 1
                    step = 32 // cells
                    hidden[0, y // step:(y + side) // step, x // step:(x + side) // step] = 1
        check(name + " given mask", np.array_equal(ours["mask"], hidden), ours["mask"], hidden)
        np.save("x.npy", ours["image"])
        feeds = ["--feed", "mask=m.npy"]
        np.save("m.npy", hidden)
        if name == "mae":
            flat = hidden.reshape(1, -1)
            order = np.argsort(flat, kind="stable").astype("i4")
            np.savez("drop.npz", **{"model.dropped.keep": order[:, :int((flat == 0).sum())],
                                    "model.dropped.restore": np.argsort(order).astype("i4")})
            feeds = ["--feed", "drop.npz", "--set", "nodes.model.ratio=%r" % ((flat.sum() - 0.5) / flat.size)]
        theirs = evaluate(name, "eval.npz", "recon", *feeds)
        check(name + " of a given mask", near(ours["reconstruction"], theirs["recon"]))


def targets():
    """What is predicted in place of pixels is turned back into them, or refused."""
    run("reconstruct", "patches", "a.png", "b.png", "-o", "out.npz")
    ours = np.load("out.npz")
    np.save("x.npy", ours["image"])
    cells = ours["image"].reshape(2, 1, 4, 8, 4, 8)
    mean, var = cells.mean((1, 3, 5), keepdims=True), cells.var((1, 3, 5), keepdims=True, ddof=1)
    recon = evaluate("patches", "eval.npz", "recon,mask")["recon"].reshape(cells.shape)
    check("patches are restored", near(ours["reconstruction"], (recon * np.sqrt(var + 1e-6) + mean).reshape(2, 1, 32, 32)))
    run("reconstruct", "patches", "a.png", "-o", "out.npz", "--set", "nodes.target=(image - 0.5) * 4")
    run("reconstruct", "patches", "a.png", "-o", "sheet.png", "--set", "nodes.target=normalise_windows(image, window=7)")
    shown = ("--set", "nodes.target=(image - 0.5) * 4", "--set", "evaluate={data: test, pictures: {reconstruction: "
             "{op: reconstruction, in: {image: target, output: recon, mask: mask}}}}")
    run("reconstruct", "patches", "a.png", "-o", "out.npz", *shown) # the picture shows the target, we the image
    theirs = evaluate("patches", "eval.npz", "recon", *shown)["recon"][:1]
    ours = np.load("out.npz")
    check("the image is shown", near(ours["image"], np.load("x.npy")[:1]))
    check("and restored", near(ours["reconstruction"], theirs / 4 + 0.5))
    shown = ("--set", "nodes.target=image ** 2 * 2", *shown[2:])
    done = run("reconstruct", "patches", "a.png", "-o", "out.npz", *shown)
    ours = np.load("out.npz")
    check("what cannot be undone is shown as the picture shows it", near(ours["image"], np.load("x.npy")[:1] ** 2 * 2))
    scaled = run("reconstruct", "patches", "a.png", "-o", "out.npz", *shown, "--set",
                 "evaluate.pictures.reconstruction.mean=0.1", "--set", "evaluate.pictures.reconstruction.std=0.5")
    l1 = [float(text.stdout.split("L1 ")[1].split()[0]) for text in (done, scaled)]
    check("with the picture's numbers", abs(l1[1] - l1[0] / 2) < 2e-5, l1)
    run("features", "patches", "a.png", "-o", "f.npz", *shown)
    pair = ("--set", "nodes.pair=concat(image, image, axis=1)", "--set", "nodes.two=concat(recon, recon, axis=1)", "--set",
            "data.test.fields.image=[{op: normalise, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4]}]", "--set",
            "evaluate={data: test, pictures: {reconstruction: {op: reconstruction, in: {image: pair, output: two, mask: mask}}}}")
    run("reconstruct", "colour", "a.png", "-o", "out.npz", *pair) # more channels than the data has
    check("a pair", np.load("out.npz")["reconstruction"].shape == (1, 6, 32, 32))
    run("features", "colour", "a.png", "-o", "f.npz", *pair)
    refused("a factor of zeros", "`recon` is no image: it is held against `target`", "reconstruct", "patches", "a.png", "--set",
            "nodes.target=image * reshape(broadcast_to(reshape(mask, shape=[batch, 1, 4, 1, 4, 1]), shape=[batch, 1, 4, 8, 4, 8]), shape=[batch, 1, 32, 32])", code=3)
    cells = "reshape(broadcast_to(reshape(mask, shape=[batch, 1, 4, 1, 4, 1]), shape=[batch, 1, 4, 8, 4, 8]), shape=[batch, 1, 32, 32])"
    for name, target in [("divided by a mask", "image / (1 - %s)" % cells), ("by itself", "image * image"), ("less a part of itself", "image - relu(image - 0.5)"),
                         ("by what is made of each pixel", "image / (1 + abs(image))"), ("from itself", "2.0 - image * 0 - image"),
                         ("by a shift", "image - 0.999 * roll(image, by=[0], axes=[3])"), ("by a softmax", "image - softmax(image)"),
                         ("by means of one", "image - 0.999 * mean(image, axis=[1], keep=true)"),
                         ("by windows of one", "image - 0.999 * avg_pool(image, kernel=[1, 1], stride=[1, 1])"),
                         ("by a norm", "image - 0.9 * layer_norm(image)")]:
        refused(name, "`recon` is no image: it is held against `target`", "reconstruct", "patches", "a.png", "--set", "nodes.target=" + target, code=3)
    for name, target, undone in [("by a mean", "image / (1 + mean(image, axis=[2, 3], keep=true))", lambda y, x: y * (1 + x.mean((2, 3), keepdims=True))),
                                 ("with a table", "image - 0.5 * mean(image)", lambda y, x: y + 0.5 * x.mean())]:
        words = ("--set", "nodes.target=" + target)
        run("reconstruct", "patches", "a.png", "-o", "out.npz", *words)
        ours = np.load("out.npz")
        np.save("x.npy", ours["image"])
        theirs = evaluate("patches", "eval.npz", "recon", *words)["recon"]
        check(name + " is undone", near(ours["reconstruction"], undone(theirs, ours["image"])))
    refused("not to be undone", "`recon` is no image: it is held against `target`", "reconstruct", "patches", "a.png",
            "--set", "nodes.target=image ** 2", code=3)
    refused("no image", "`codes` is no image: it is f32 [batch, 64, 4, 4], and not float [batch, 1, 32, 32] as `image`",
            "reconstruct", "shapes", "a.png", "--node", "codes", code=3)


def images(rng):
    """Any size, channels, depth and sides; broken ones are left out; four files an image."""
    png("wide.png", rng.integers(0, 256, (40, 90, 3)))
    png("deep.png", rng.integers(0, 65536, (64, 32)).astype("u2"))
    png("alpha.png", rng.integers(0, 256, (32, 32, 4)))
    with open("broken.png", "wb") as file, open("wide.png", "rb") as good:
        file.write(good.read()[:100])
    open("empty.png", "w").close()
    done = run("reconstruct", "colour", "wide.png", "broken.png", "empty.png", "deep.png", "alpha.png", "-o", "out.npz")
    check("broken images are told", "skipped: `broken.png` is damaged" in done.stderr and "skipped: `empty.png` is empty" in done.stderr,
          done.stderr)
    odd = [b"new\nline.png", b"\x1b[1m\xff.png"] # what no terminal is to see
    for name, source in zip(odd, ("wide.png", "broken.png")):
        os.link(source.encode(), name)
    told = subprocess.run([SIMGRAPH.encode(), b"reconstruct", b"colour", *odd], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check("odd names", told.returncode == 0 and told.stdout.startswith(b"new line.png: ") and b"\x1b" not in told.stderr
          and b"skipped: `?[1m\xff.png` is damaged" in told.stderr, told)
    ours = np.load("out.npz")
    check("three are left", ours["image"].shape == (3, 3, 32, 32))
    np.save("x.npy", np.concatenate([ours["image"][:1], np.zeros((2, 3, 32, 32), "f4"), ours["image"][1:]]))
    theirs = evaluate("colour", "eval.npz", "recon,mask")
    check("masks are those of their places", np.array_equal(ours["mask"], theirs["mask"][[0, 3, 4]]))
    check("colour", near(ours["reconstruction"], theirs["recon"][[0, 3, 4]]))
    run("reconstruct", "shapes", "alpha.png", "--fit", "stretch", "-o", "out.npz")
    run("reconstruct", "shapes", "deep.png", "--fit", "stretch", "-o", "deep.npz")
    run("reconstruct", "shapes", "deep.png", "-o", "crop.npz")
    whole, middle = np.load("deep.npz")["image"], np.load("crop.npz")["image"]
    check("crop and stretch", not np.allclose(whole, middle) and abs(whole.mean() - 0.5) < 0.1)
    run("reconstruct", "colour", "wide.png", "--separate", "-o", "each")
    names = sorted(os.listdir("each"))
    check("four files", names == ["00000-wide.png-%s.png" % kind for kind in ("image", "masked", "pasted", "reconstruction")],
          names)
    run("reconstruct", "colour", "each", "-n", 2)
    check("a sheet", os.path.getsize("reconstruction.png") > 1000)
    # Names on sheets: of files of one name the directory as well. The pictures are alike but for that.
    for path in ("cats/a.png", "dogs/a.png", "dogs/b.png", "b.png"):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        shutil.copy("a.png", path)

    def sheet(verb, out, *words):
        run(verb, "shapes", *words, out, "names.png")
        with open("names.png", "rb") as file:
            return file.read()
    for verb, out in (("reconstruct", "-o"), ("features", "--picture")):
        check("%s: equal names have their directory" % verb,
              sheet(verb, out, "a.png", "a.png") != sheet(verb, out, "cats/a.png", "dogs/a.png"))
    check("other names stand alone", sheet("reconstruct", "-o", "a.png", "b.png") == sheet("reconstruct", "-o", "cats/a.png", "dogs/b.png"))
    run("reconstruct", "shapes", "--data", "test", "-n", 3, "-o", "data.npz")
    check("of the data", np.load("data.npz")["reconstruction"].shape == (3, 1, 32, 32))
    hidden = []
    for words in (["--data", "test"], ["--data", "test", "--fit", "stretch"], ["a.png"]):
        run("reconstruct", "shapes", *words, "-n", 1, "--mask", "hole.png", "-o", "data.npz")
        hidden.append(np.load("data.npz")["mask"][0])
    check("a given mask over the data", np.array_equal(hidden[0], hidden[2]) and np.array_equal(hidden[1], hidden[2]), hidden)
    run("reconstruct", "shapes", "--data", "test", "-n", 300, "-o", "data.npz") # more than a sheet holds
    check("many arrays", np.load("data.npz")["image"].shape[0] == 300)
    os.mkdir("crops")
    picture = rng.integers(0, 256, (48, 48))
    png("crops/one.png", picture)
    png("corner.png", np.pad(np.full((24, 24), 255), ((0, 24), (0, 24)))) # of the middle 32, the first 16
    crop = ("--set", "data.train={op: folder, path: crops, size: 48, channels: 1, "
            "fields: {image: [{op: center_crop, size: 32}]}}", "--mask", "corner.png", "-o", "data.npz")
    for words in (["crops/one.png"], ["--data", "train"]):
        run("reconstruct", "shapes", *words, *crop)
        ours = np.load("data.npz")
        check("the middle of " + words[0], near(ours["image"][0, 0], picture[8:40, 8:40] / 255))
        check("and of its mask", np.array_equal(ours["mask"][0], np.kron([[1, 0], [0, 0]], np.ones((2, 2)))), ours["mask"])
    # Of 47 pixels the middle 32 begin at the eighth: 36 of the 64 of its first cell are white, and from 7.5 on fewer than half.
    white = np.zeros((47, 47))
    white[10:16, 10:16] = 255
    png("corner.png", white)
    png("crops/one.png", picture[:47, :47])
    run("reconstruct", "shapes", "crops/one.png", "--set", crop[1].replace("size: 48", "size: 47"), *crop[2:])
    ours = np.load("data.npz")
    check("an odd middle", near(ours["image"][0, 0], picture[8:40, 8:40] / 255))
    check("and its mask", np.array_equal(ours["mask"][0], np.pad([[1]], ((0, 3), (0, 3)))), ours["mask"])


def features(rng):
    """Of the encoder with nothing hidden: eval is given masks of zeros. Pooled by NumPy."""
    for k, label in enumerate(["ant", "bee", "bee"]):
        os.makedirs("classes/" + label, exist_ok=True)
        png("classes/%s/%d.png" % (label, k), rng.integers(0, 256, (32, 32)))
    paths = ["classes/ant/0.png", "classes/bee/1.png", "classes/bee/2.png"]
    with open("classes/bee/0.png", "wb") as file:
        file.write(b"nothing")
    for name, value, block, cells in [("shapes", "codes", "vit_encoder", 4), ("mae", "model.codes", "vit_encoder", 8),
                                      ("swin", "codes", "swin_encoder", 16), ("conv", "codes", "conv_encoder", 8),
                                      ("cnn", "codes", "conv_encoder", 8)]:
        run("reconstruct", name, *paths, "-o", "out.npz")
        np.save("x.npy", np.load("out.npz")["image"])
        np.save("m.npy", np.zeros((3, cells, cells), "f4"))
        feeds = ["--feed", "mask=m.npy"]
        if name == "mae":
            order = np.arange(64, dtype="i4")[None].repeat(3, 0)
            np.savez("drop.npz", **{"model.dropped.keep": order, "model.dropped.restore": order})
            feeds = ["--feed", "drop.npz", "--set", "nodes.model.ratio=0"]
        theirs = evaluate(name, "eval.npz", value, *feeds)[value]
        # A map, or tokens with that of the class in front.
        rows = theirs.reshape(*theirs.shape[:2], -1).transpose(0, 2, 1) if theirs.ndim == 4 else theirs[:, 1:]
        for pool, wanted in [("mean", rows.mean(1)), ("max", rows.max(1)), ("none", rows)]:
            if pool == "max" and name != "mae":
                continue # alike
            done = run("features", name, "classes", "--pool", pool, "-o", "f.npz")
            check(name + " says what it takes",
                  "`%s` (%s)%s" % (value, block, ", with nothing hidden") in done.stderr, done.stderr)
            check(name + " skips", "skipped: `classes/bee/0.png`" in done.stderr, done.stderr)
            ours = np.load("f.npz")
            check(name + " " + pool, near(ours["features"], wanted), ours["features"].shape, wanted.shape)
            check(name + " labels", ours["labels"].tolist() == [0, 1, 1] and ours["labels"].dtype == np.int32)
            check(name + " paths", ours["paths"].astype(str).tolist() == paths, ours["paths"])
            check(name + " classes", ours["classes"].tolist() == [b"ant", b"bee"], ours["classes"])
        if name == "mae":
            run("features", name, "classes", "--pool", "cls", "-o", "f.npy")
            check("class token", near(np.load("f.npy"), theirs[:, 0]))
    run("features", "shapes", "--node", "codes.embed", *paths, "-o", "f.safetensors")
    run("features", "shapes", "--data", "train", "-n", 40, "-o", "data.npz")
    ours = np.load("data.npz")
    check("of data", ours["features"].shape == (40, 64) and ours["labels"].shape == (40,) and "paths" not in ours.files)
    png("one.png", rng.integers(0, 256, (32, 32)))
    run("features", "shapes", *["one.png"] * 70, "-o", "many.npy")
    many = np.load("many.npy")
    check("over batches", many.shape == (70, 64) and np.allclose(many, many[:1], rtol=1e-4, atol=1e-5))
    refused("no file", "say where the features go", "features", "shapes", "one.png")
    refused("no name", "`f.txt` is no .npz, .npy or .safetensors file by its name", "features", "shapes", "one.png", "-o", "f.txt")
    refused("no class token", "`codes` has no class token in front: it is [batch, 64, 4, 4]", "features", "shapes", "one.png",
            "--pool", "cls", "-o", "f.npz")
    refused("a number", "`loss` has no features: it is f32", "features", "shapes", "one.png", "--node", "loss", "-o", "f.npz")
    refused("no node", "the graph has no value `code`; did you mean `codes`?", "features", "shapes", "one.png", "--node", "code",
            "-o", "f.npz")
    refused("no image leads there", "`m` depends on no image", "features", "shapes", "one.png", "--node", "m", "-o", "f.npz",
            "--set", "nodes.m=random_uniform(shape=[batch, 3])", code=3)
    refused("another input", "`y` depends on the input `mean_image`, which images do not give", "features", "shapes", "one.png",
            "--node", "y", "-o", "f.npz", "--set", "nodes.y=image + mean_image")
    os.mkdir("empty")
    refused("no images there", "there is no image (.jpg, .jpeg, .png", "features", "shapes", "empty", "-o", "f.npz", code=4)


def newton(x, y, classes, penalty):
    """The minimum of the mean cross-entropy and penalty / 2 times the squares of the weights, by Newton's method."""
    n, d = x.shape
    x = np.hstack([x, np.ones((n, 1))])
    hot, size = np.eye(classes)[y], np.diag([penalty] * d + [0])
    w = np.zeros((classes, d + 1))
    for _ in range(50):
        z = x @ w.T
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        gradient = (p - hot).T @ x / n + w @ size
        h = np.einsum("nij,na,nb->iajb", np.einsum("ni,ij->nij", p, np.eye(classes)) - np.einsum("ni,nj->nij", p, p), x, x) / n
        h = h.reshape(w.size, w.size) + np.kron(np.eye(classes), size)
        w -= np.linalg.lstsq(h, gradient.ravel(), rcond=None)[0].reshape(w.shape)
    z = x @ w.T
    loss = (np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(n), y]).mean()
    return w, loss + penalty / 2 * (w[:, :d] ** 2).sum()


def neighbours(train, y, test, classes, k, temperature):
    """DINO's k nearest neighbours."""
    unit = [a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-30) for a in (train, test)]
    cosine = unit[1] @ unit[0].T
    near = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    votes = np.zeros((len(test), classes))
    for i, row in enumerate(near):
        np.add.at(votes[i], y[row], np.exp((cosine[i, row] - cosine[i, row[0]]) / temperature))
    return votes.argmax(1)


def read_png(path):
    """Colour, 8 bits, not interlaced."""
    with open(path, "rb") as file:
        data = file.read()
    at, raw = 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if name == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        raw += body if name == b"IDAT" else b""
        at += length + 12
    lines = np.frombuffer(zlib.decompress(raw), "u1").reshape(height, 1 + 3 * width)
    out = np.zeros((height, width, 3), "i4")
    for y, line in enumerate(lines):
        above = out[y - 1] if y else np.zeros((width, 3), "i4")
        row = line[1:].reshape(width, 3).astype("i4")
        if line[0] in (0, 2):
            out[y] = (row + above * (line[0] == 2)) % 256
            continue
        for x in range(width):
            a, b = out[y, x - 1] * (x > 0), above[x]
            c = above[x - 1] * (x > 0)
            p = a + b - c
            paeth = np.where((abs(p - a) <= abs(p - b)) & (abs(p - a) <= abs(p - c)), a, np.where(abs(p - b) <= abs(p - c), b, c))
            out[y, x] = (row[x] + {1: a, 3: (a + b) // 2, 4: paeth}[int(line[0])]) % 256
    return out


def components():
    """Against NumPy's singular vectors, of which the entry farthest from 0 is positive."""
    for name, side in [("shapes", 4), ("mae", 8)]:
        run("features", name, "a.png", "b.png", "one.png", "--picture", "colours.png", "--pool", "none", "-o", "f.npz")
        ours = np.load("f.npz")
        rows = ours["features"].reshape(-1, ours["features"].shape[2]).astype("f8")
        run("features", name, "a.png", "b.png", "one.png", "--picture", "colours.png", "-o", "pooled.npz")
        pooled = np.load("pooled.npz")
        check(name + " -o as without a picture", near(pooled["features"], ours["features"].mean(1)), pooled["features"].shape)
        check(name + " the same components", np.array_equal(pooled["components"], ours["components"]))
        mean = rows.mean(0)
        _, spread, v = np.linalg.svd(rows - mean, full_matrices=False)
        v = v[:3] * np.sign(v[np.arange(3), abs(v[:3]).argmax(1)])[:, None]
        check(name + " mean", np.allclose(ours["mean"], mean))
        check(name + " components", np.allclose(ours["components"], v, atol=1e-5), abs(ours["components"] - v).max())
        at = (rows - mean) @ v.T
        at = (at - at.min(0)) / (at.max(0) - at.min(0))
        colours = np.floor(at * 255 + 0.5).reshape(3, side, side, 3).repeat(96 // side, 1).repeat(96 // side, 2)
        picture, top, down, before = read_png("colours.png"), 20 + 18 + 8 + 22, 96 + 8 + 22, None
        check(name + " size", picture.shape == (top - 22 + 3 * down - 8 + 20, 20 + 96 + 8 + 98 + 20, 3), picture.shape)
        for i in range(3):
            tile = picture[top + down * i:top + down * i + 96, 124:220]
            label = picture[top + down * i - 22:top + down * i - 4, 20:220]
            check(name + " is named", (label.min(2) < 100).any() and (i == 0 or (label != before).any()))
            before = label
            check(name + " colours", abs(tile - colours[i]).max() <= 1, abs(tile - colours[i]).max())
    png("flat.png", np.full((32, 32), 90))
    run("features", "conv", "flat.png", "--picture", "colours.png")
    long = "a_very_long_name_of_a_picture_that_is_wider_than_its_row_of_tiles.png"
    os.link("a.png", long)
    run("features", "shapes", long, "--picture", "colours.png")
    wide = read_png("colours.png").shape[1]
    check("a long name is drawn whole", wide > 9 * len(long), wide)
    refused("pooled", "a picture shows all places: --pool is of arrays, which -o FILE writes", "features", "shapes", "a.png",
            "--picture", "x.png", "--pool", "mean")
    for words in (["--picture", "no/x.png"], ["-o", "no/f.npz"]):
        done = run("features", "shapes", "a.png", "broken.png", *words, code=6)
        check("told before", "cannot write `no/" in done.stderr and "skipped" not in done.stderr, done.stderr)
    refused("no PNG", "a picture is a PNG file: name it x.png", "features", "shapes", "a.png", "--picture", "x.jpg")
    refused("no places", "`v` has no features of places", "features", "shapes", "a.png", "--picture", "x.png", "--node", "v",
            "--set", "nodes.v=mean(codes, axis=[2, 3])")
    refused("too many to draw", "1024 images are too many for one picture", "features", "shapes", "--data", "test", "--picture",
            "x.png")


def probe(rng):
    centre = rng.normal(size=(3, 6))
    y, t = rng.integers(0, 3, 150).astype("i4"), rng.integers(0, 3, 90).astype("i4")
    x = (centre[y] + 1.5 * rng.normal(size=(150, 6))).astype("f4") * [1, 10, 0.1, 1, 1, 0] + 5
    v = (centre[t] + 1.5 * rng.normal(size=(90, 6))).astype("f4") * [1, 10, 0.1, 1, 1, 0] + 5
    np.savez("train.npz", features=x.astype("f4"), labels=y)
    np.savez("test.npz", features=v.astype("f4"), labels=t)
    x, v = x.astype("f4").astype("f8"), v.astype("f4").astype("f8")
    deviation = x.std(0)
    deviation[5] = np.inf
    a, b = (x - x.mean(0)) / deviation, (v - x.mean(0)) / deviation
    for penalty, k, temperature in [(1e-3, 20, 0.07), (0.5, 1, 0.001), (0.01, 7, 1)]:
        done = run("probe", "train.npz", "test.npz", "--penalty", penalty, "-k", k, "--temperature", temperature, "--json")
        told = json.loads(done.stdout)
        w, loss = newton(a, y, 3, penalty)
        for part, rows, labels in [("train", a, y), ("test", b, t)]:
            right = ((rows @ w[:, :6].T + w[:, 6]).argmax(1) == labels).mean()
            check("linear, " + part, abs(told["linear_" + part] - right) < 1e-9, told, right)
        check("its loss", abs(told["linear_loss"] - loss) < 1e-8, told, loss)
        right = (neighbours(x, y, v, 3, k, temperature) == t).mean()
        check("neighbours", abs(told["neighbours_test"] - right) < 1e-9, told, right)
    once = run("probe", "train.npz", "--threads", 1).stdout
    check("threads", once == run("probe", "train.npz", "--threads", 2).stdout and "120 images to learn from, 30 to tell" in once, once)
    for part in ("train", "test"):
        run("features", "shapes", "--data", part, "-n", 200, "-o", part + ".npz")
    check("of a run", run("probe", "shapes", "-n", 200).stdout == run("probe", "train.npz", "test.npz").stdout)
    done = run("probe", "shapes", "classes", "classes", "-k", 1)
    check("weights are told once", done.stderr.count("weights of ") == 1, done.stderr)
    refused("few", "every fifth image is held out, and there are only 3", "probe", "shapes", "classes", code=4)
    os.makedirs("others/cat")
    png("others/cat/0.png", rng.integers(0, 256, (32, 32)))
    refused("others", "the classes of the two are not the same", "probe", "shapes", "classes", "others", code=4)
    run("features", "shapes", "others", "-o", "cats.npz")
    run("features", "shapes", "classes", "-o", "insects.npz")
    run("probe", "insects.npz", "insects.npz", "-k", 1)
    refused("other files", "the classes of the two are not the same", "probe", "insects.npz", "cats.npz", code=4)
    refused("no labels", "`each` has no labels: images must lie in a directory for each class", "probe", "shapes", "each", code=4)
    os.makedirs("beside/cat")
    for path in ("beside/cat/0.png", "beside/lone.png"):
        png(path, rng.integers(0, 256, (32, 32)))
    refused("one outside", "`beside/` has no labels: `lone.png` lies in it, beside the directories of classes", "probe", "shapes",
            "beside/", code=4)
    for kind in ("u1", "i4", "f4"):
        np.savez("data.npz", image=rng.integers(0, 256, (20, 1, 32, 32), "u1"), label=np.arange(20).astype(kind))
        arrays = ("--set", "data.train={op: arrays, path: data.npz, fields: {image: []}}")
        run("features", "shapes", "--data", "train", *arrays, "-o", "f.npz")
        labels = np.load("f.npz").get("labels")
        check("labels " + kind, labels is None if kind == "f4" else labels.tolist() == list(range(20)), labels)
    refused("floats", "its source has no column label of whole numbers, one a sample", "probe", "shapes", *arrays, code=4)
    np.savez("bare.npz", features=x)
    refused("no labels in a file", "`bare.npz` has no array `labels`", "probe", "bare.npz", code=4)
    np.savez("odd.npz", features=x, labels=y[:9])
    refused("shapes", "`odd.npz` has features [150, 6] and labels i32 [9]", "probe", "odd.npz", code=4)
    np.savez("nan.npz", features=x * np.nan, labels=y)
    refused("no numbers", "a feature is nan", "probe", "nan.npz", code=4)
    np.savez("below.npz", features=x, labels=y - 1)
    refused("below 0", "a label is -1", "probe", "below.npz", code=4)
    np.savez("wide.npz", features=x[:, :3], labels=y)
    refused("widths", "the features of the two files have 64 and 3 numbers", "probe", "train.npz", "wide.npz", code=4)
    refused("one class", "all images to learn from are of one class, so there is nothing to tell apart: --limit", "probe",
            "shapes", "classes", "classes", "-n", 1, code=4)
    np.savez("same.npz", features=x, labels=np.ones_like(y))
    refused("one class of a file", "so there is nothing to tell apart", "probe", "same.npz", code=4)
    refused("no entry to tell", "has no split `tests`: it has train, test", "probe", "shapes", "--test", "tests")
    refused("no entry of that name", "has no split `test`: it has train; --test NAME takes another", "probe", "shapes", "--set", "data.test-")
    refused("the one that was named", "has no split `nope`: it has train\n", "probe", "shapes", "--data", "nope", "--set", "data.test-")
    refused("data of files", "--data and --test are of runs", "probe", "train.npz", "--test", "test")
    refused("data and directories", "--data and --test take the place of directories", "probe", "shapes", "classes", "--test", "test")
    refused("as it was given", "-k is 0, but must lie between 1 and", "probe", "train.npz", "-k", 0)
    refused("in one word", "-k is 0, but must lie between 1 and", "probe", "train.npz", "-k0")
    refused("in words", "--neighbours is 0, but must lie between 1 and", "probe", "train.npz", "--neighbours=0")
    refused("penalty", "--penalty is -1, but must lie between 0", "probe", "train.npz", "--penalty=-1")
    refused("three files", "one file to learn from and one to tell", "probe", "train.npz", "test.npz", "test.npz")


def mistakes():
    png("black.png", np.zeros((32, 32)))
    png("speck.png", np.pad(np.full((2, 2), 255), 15))
    png("white.png", np.full((32, 32), 255))
    refused("no run", "there is no run directory `nothing`", "reconstruct", "nothing", "a.png", code=6)
    refused("no graph.yaml", "`each` is no run directory: it has no graph.yaml", "reconstruct", "each", "a.png", code=6)
    os.mkdir("young")
    os.link("shapes/graph.yaml", "young/graph.yaml")
    refused("no weights", "the run `young` has no weights yet", "reconstruct", "young", "a.png", code=6)
    refused("a graph alone", "with a graph file, --init names the weights", "reconstruct", "shapes/graph.yaml", "a.png")
    refused("no images", "give images, or --data NAME", "reconstruct", "shapes")
    for words in (["reconstruct", "shapes", "a.png", "nope", "-o", "never.png"], ["features", "shapes", "nope", "-o", "f.npz"],
                  ["probe", "shapes", "classes", "nope"]):
        done = run(*words, code=6)
        check("a path that is not there", done.stderr == "simgraph: error: cannot read `nope`: No such file or directory\n",
              done.stderr)
    check("nothing is made then", not os.path.exists("never.png"))
    refused("nothing readable", "the one image cannot be read", "reconstruct", "shapes", "broken.png", code=4)
    refused("nothing of two", "none of the 2 images can be read", "reconstruct", "shapes", "broken.png", "broken.png", code=4)
    refused("black", "`black.png` hides nothing: white is hidden, and it has no white", "reconstruct", "shapes", "a.png",
            "--mask", "black.png", code=4)
    refused("a speck", "a cell is hidden where more than half of it is white, and none of 4 x 4 is", "reconstruct", "shapes",
            "a.png", "--mask", "speck.png", code=4)
    refused("all white", "`white.png` hides everything", "reconstruct", "mae", "a.png", "--mask", "white.png", code=4)
    refused("a broken mask", "`broken.png` is damaged", "reconstruct", "shapes", "a.png", "--mask", "broken.png", code=4)
    refused("ratio", "--mask-ratio is 1.5, but must lie between 0 and 1", "reconstruct", "shapes", "a.png", "--mask-ratio", 1.5)
    refused("no number", "--mask-ratio is `much`, but must be a number", "reconstruct", "shapes", "a.png", "--mask-ratio", "much")
    refused("both", "--mask says what is hidden: --mask-ratio cannot, too", "reconstruct", "shapes", "a.png", "--mask",
            "white.png", "--mask-ratio", 0.5)
    refused("no attribute", "nodes.mask.ratio=0.5", "reconstruct", "shapes", "a.png", "--mask-ratio", 0.5, "--set",
            "nodes.mask=random_mask(shape=[batch, 4, 4], ratio=0.5)")
    refused("no such data", "the section `data` has no split `tests`: it has train, test", "reconstruct", "shapes", "--data", "tests")
    refused("images and data", "--data takes the place of images", "reconstruct", "shapes", "a.png", "--data", "test")
    for name, better in [("x.jpg", "x.png"), ("x", "x.png"), ("a.b/x", "a.b/x.png"), ("x.npy", "x.png")]:
        refused("no PNG", "a sheet is a PNG file, and numbers are .npz or .safetensors: name it %s;" % better, "reconstruct",
                "shapes", "a.png", "-o", name)
    for words in (["-o", "no/x.png"], ["--separate", "-o", "black.png"], ["-o", "no/x.npz"]):
        done = run("reconstruct", "shapes", "a.png", "broken.png", *words, code=6)
        check("told before", "cannot write" in done.stderr and "skipped" not in done.stderr and not done.stdout, done.stderr)
    refused("too many", "1,024 images are too many" .replace(",", ""), "reconstruct", "shapes", "--data", "test")


def main():
    rng = np.random.default_rng(7)
    train("shapes.yaml", "shapes", "images=64")
    train("mae.yaml@shapes", "mae", "data.train.count=64", "encoder.depth=1", "encoder.dim=16")
    train("swin_small.yaml", "swin", "images=64", "encoder.dim=8", "nodes.mask.cell=2")
    train("conv.yaml", "conv", "images=64", "encoder.widths=[4, 8, 8]", "nodes.recon.widths=[8, 4, 4]")
    train("cnn_16.yaml", "cnn", "size=32", "cell=4", "data.train.count=64")
    train("shapes.yaml", "colour", "images=64", "channels=3", "encoder.depth=1")
    train("shapes.yaml", "patches", "images=64", "encoder.depth=1", "nodes.target=normalise_patches(image, patch=8)",
          "nodes.loss=masked_mse(recon, target, mask)")
    reconstructions(rng)
    targets()
    images(rng)
    features(rng)
    components()
    probe(rng)
    mistakes()
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        SIMGRAPH, GRAPHS = os.path.abspath(SIMGRAPH), os.path.abspath(GRAPHS)
        os.chdir(directory)
        sys.exit(main())
