#!/usr/bin/env python3
"""Records what torchvision makes of images of bytes: augment.npz, read by tests/test_augment.c.

usage: record_augment.py

Needs torch, torchvision (made with 0.29) and numpy. Images are u8 [channels, height, width], as torchvision's functions
take them. Each array but `image` and `grey` is what a function made of one of these, or, where a step draws among several
outcomes, all of them for the first image."""
import itertools
import os

import numpy
import torch
from torchvision.transforms import InterpolationMode, autoaugment
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 20, 24


def make_images():
    """Noise, colours that run smoothly, few levels in a narrow range, and large flat parts."""
    random = numpy.random.RandomState(7)
    y, x = numpy.mgrid[:HEIGHT, :WIDTH]
    noise = random.randint(0, 256, (3, HEIGHT, WIDTH))
    smooth = numpy.stack([y * 255 // (HEIGHT - 1), x * 255 // (WIDTH - 1), (x * 3 + y * 7) % 200])
    narrow = 60 + random.randint(0, 90, (3, HEIGHT, WIDTH)) // 6 * 6
    flat = numpy.stack([(x > 9) * 200 + 20, (y > 12) * 255, ((x + y) % 12 > 5) * 130])
    return torch.tensor(numpy.stack([noise, smooth, narrow, flat]).astype("u1"))


def each(images, function):
    return torch.stack([function(image) for image in images])


def jitters(image):
    """A jitter with all four factors, in each of the 24 orders."""
    change = [lambda i: F.adjust_brightness(i, 1.25), lambda i: F.adjust_contrast(i, 0.6),
              lambda i: F.adjust_saturation(i, 1.5), lambda i: F.adjust_hue(i, -0.1)]
    results = []
    for order in itertools.permutations(range(4)):
        result = image
        for k in order:
            result = change[k](result)
        results.append(result)
    return torch.stack(results)


def outcomes(image, magnitude, interpolation, fill):
    """Everything that RandAugment(1, magnitude) can make of an image."""
    policy = autoaugment.RandAugment(1, magnitude, interpolation=interpolation, fill=fill)
    results = []
    for name, (magnitudes, signed) in policy._augmentation_space(31, (HEIGHT, WIDTH)).items():
        strength = float(magnitudes[magnitude]) if magnitudes.ndim else 0.0
        for sign in [1, -1] if signed else [1]:
            fills = None if fill is None else [float(fill)] * image.shape[0]
            results.append(autoaugment._apply_op(image, name, sign * strength, interpolation, fills))
    return torch.stack(results)


def main():
    image = make_images()
    grey = image[:, :1].contiguous()
    made = {"image": image, "grey": grey}
    for factor in ["0", "0.4", "1.7"]:
        x = float(factor)
        made["brightness " + factor] = F.adjust_brightness(image, x)
        made["contrast " + factor] = each(image, lambda i: F.adjust_contrast(i, x))
        made["saturation " + factor] = F.adjust_saturation(image, x)
        made["grey contrast " + factor] = each(grey, lambda i: F.adjust_contrast(i, x))
    for turn in ["-0.5", "-0.2", "0.07", "0.5"]:
        made["hue " + turn] = F.adjust_hue(image, float(turn))
    made["grayscale"] = F.rgb_to_grayscale(image, 3)
    for size, sigma in [(3, "0.1"), (5, "1.3"), (23, "2.0")]:
        made["blur %d %s" % (size, sigma)] = F.gaussian_blur(image, [size, size], [float(sigma)] * 2)
    for height, width in [(11, 15), (20, 7), (27, 13), (31, 30)]:
        made["center %d %d" % (height, width)] = F.center_crop(image, [height, width])
    for size in [[13], [29], [9, 31]]:
        made["resize " + " ".join(map(str, size))] = F.resize(image, size, antialias=True)
    made["jitter orders"] = jitters(image[2])
    made["rand 9 nearest"] = outcomes(image[0], 9, InterpolationMode.NEAREST, None)
    made["rand 30 nearest"] = outcomes(image[1], 30, InterpolationMode.NEAREST, 102)
    made["rand 17 bilinear"] = outcomes(image[2], 17, InterpolationMode.BILINEAR, None)
    made["rand 9 fill"] = outcomes(image[3], 9, InterpolationMode.BILINEAR, 102)
    made["rand 9 grey"] = outcomes(grey[1], 9, InterpolationMode.NEAREST, None)
    here = os.path.dirname(os.path.abspath(__file__))
    numpy.savez_compressed(os.path.join(here, "augment.npz"), **{name: value.numpy() for name, value in made.items()})


main()
