#!/usr/bin/python3
"""Writes the images of this directory by Pillow, ImageMagick, netpbm and cjpeg, and pixels.npz: what Pillow reads from them.

usage: record.py        (needs python3-pil, python3-numpy, imagemagick, netpbm, libjpeg-turbo-progs)

An array of pixels.npz has the name of the file and [height, width, channels]. Alpha is laid over black as the
documentation says, (v a + 127) / 255, and 16 bits become 8 by rounding v / 257: Pillow does neither. `all` is what the source
`folder` gives of all files. `NAME/4` is what
Pillow's draft mode gives of a JPEG at a quarter of its size, `NAME@1` what convert("L") makes of it.
"""
import os
import subprocess
import sys

import numpy as np
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(7)
H, W = 19, 26
pixels = {}


def smooth(height, width, channels):
    """A picture: soft structures with some noise, which JPEG neither loses nor keeps exactly."""
    y, x = np.mgrid[:height, :width] / 9.0
    planes = [128 + 90 * np.sin((1 + 0.3 * c) * x + c) * np.cos((1.2 - 0.2 * c) * y) for c in range(channels)]
    noisy = np.stack(planes, -1) + rng.normal(scale=12, size=(height, width, channels))
    return np.clip(noisy, 0, 255).astype("u1")


def over_black(image):
    image = image.astype("u4")
    return ((image[..., :-1] * image[..., -1:] + 127) // 255).astype("u1")


def read(name, mode=None):
    with Image.open(name) as image:
        array = np.asarray(image.convert(mode) if mode else image)
    return array if array.ndim == 3 else array[..., None]


def keep(name, mode=None):
    pixels[name] = read(name, mode)


colour, grey, alpha = smooth(H, W, 3), smooth(H, W, 1)[..., 0], smooth(H, W, 4)
large = Image.fromarray(smooth(70, 91, 3))

Image.fromarray(colour).save("colour.jpg", quality=90)
Image.fromarray(colour).save("full.jpg", quality=80, subsampling=0)
Image.fromarray(colour).save("progressive.jpg", quality=85, progressive=True, optimize=True)
Image.fromarray(grey).save("grey.jpg", quality=90)
large.save("large.jpg", quality=90)
for name in ("colour.jpg", "full.jpg", "progressive.jpg", "large.jpg"):
    keep(name, "RGB")
keep("grey.jpg", "L")
pixels["colour.jpg@1"] = read("colour.jpg", "L")
for factor in (2, 4, 8):
    with Image.open("large.jpg") as image:
        image.draft("RGB", (91 // factor, 70 // factor))
        pixels["large.jpg/%d" % factor] = np.asarray(image)
Image.fromarray(smooth(H, W, 4), "CMYK").save("inks.jpg", quality=95)
keep("inks.jpg", "RGB")

Image.fromarray(colour).save("colour.png")
Image.fromarray(grey).save("grey.png")
Image.fromarray(alpha).save("alpha.png")
Image.fromarray(alpha[..., [0, 3]], "LA").save("grey_alpha.png")
Image.fromarray(colour).quantize(13).save("palette.png")
keep("colour.png")
keep("grey.png")
pixels["colour.png@1"] = read("colour.png", "L")
pixels["alpha.png@4"] = alpha
pixels["alpha.png"] = over_black(alpha)
pixels["grey_alpha.png"] = over_black(alpha[..., [0, 3]])
pixels["grey_alpha.png@2"] = alpha[..., [0, 3]]
keep("palette.png", "RGB")
clear = Image.fromarray(colour).quantize(7)
clear.save("palette_clear.png", transparency=2)
pixels["palette_clear.png"] = over_black(read("palette_clear.png", "RGBA"))
Image.fromarray(grey > 128).save("bits.png")
pixels["bits.png"] = read("bits.png", "L")
deep = rng.integers(0, 65536, (H, W)).astype("u2")
Image.fromarray(deep).save("grey16.png")
pixels["grey16.png"] = np.floor(np.asarray(Image.open("grey16.png")).astype("f8")[..., None] / 257 + 0.5).astype("u1")
deep = rng.integers(0, 65536, (H, W, 3)).astype(">u2")
subprocess.run(["convert", "-size", "%dx%d" % (W, H), "-depth", "16", "rgb:-", "-strip", "-define", "png:color-type=2",
                "-define", "png:bit-depth=16", "colour16.png"], input=deep.astype("<u2").tobytes(), check=True)
pixels["colour16.png"] = np.floor(deep.astype("f8") / 257 + 0.5).astype("u1")
subprocess.run(["convert", "colour.png", "-strip", "-interlace", "PNG", "interlaced.png"], check=True)
keep("interlaced.png", "RGB")

Image.fromarray(colour).save("lossy.webp", quality=80)
Image.fromarray(alpha).save("alpha.webp", lossless=True, exact=True)
keep("lossy.webp", "RGB")
pixels["alpha.webp@4"] = read("alpha.webp", "RGBA")
pixels["alpha.webp"] = over_black(read("alpha.webp", "RGBA"))

Image.fromarray(colour).save("colour.ppm")
Image.fromarray(grey).save("grey.pgm")
Image.fromarray(grey > 128).save("bits.pbm")
for name, mode in (("colour.ppm", None), ("grey.pgm", None), ("bits.pbm", "L")):
    keep(name, mode)
    plain = "plain_" + name
    with open(plain, "wb") as file:
        subprocess.run(["pnmtoplainpnm", name], stdout=file, check=True)
    pixels[plain] = pixels[name]
deep = rng.integers(0, 1000, (H, W)).astype(">u2")
with open("deep.pgm", "wb") as file:
    file.write(b"P5 # a comment\n%d %d\n999\n" % (W, H) + deep.tobytes())
pixels["deep.pgm"] = np.floor(deep.astype("f8")[..., None] * 255 / 999 + 0.5).astype("u1")

# Colours that are kept at an eighth of the pixels, and at a third.
for name, factors in ("eighth.jpg", "4x2"), ("third.jpg", "3x1"):
    subprocess.run(["cjpeg", "-quality", "90", "-sample", factors, "-outfile", name, "colour.ppm"], check=True)
    keep(name, "RGB")

SIDE = 16


def fitted(array):
    """The middle square, resized, as the source `folder` gives it: [3, SIDE, SIDE]."""
    array = np.repeat(array, 3, -1) if array.shape[-1] == 1 else array
    height, width = array.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    square = Image.fromarray(array[top:top + side, left:left + side])
    return np.asarray(square.resize((SIDE, SIDE), Image.BILINEAR)).transpose(2, 0, 1)


# Every file, in the order of the names; the large one is decoded at a half, above twice SIDE.
names = sorted(name for name in os.listdir(".") if not name.endswith((".npz", ".py")))
pixels["all"] = np.stack([fitted(pixels["large.jpg/2" if name == "large.jpg" else name]) for name in names])
np.savez_compressed("pixels.npz", **pixels)
print("%d arrays" % len(pixels))
for name in sorted(pixels):
    sys.stdout.write("%s %s\n" % (name, pixels[name].shape))
