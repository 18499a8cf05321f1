#!/usr/bin/python3
"""Records what Swin transformers of PyTorch's layers (swin_modules.py) compute: tests/torch/exact/swin_*.npz.

usage: record_swin.py

Needs torch (made with 1.13) and numpy."""
import torch
from torch import nn

import swin_modules
from exact import Case

BATCH = 2

# From the names of the published weights to those of the graph, part by part.
NAMES = [("encoder.", "codes."), ("decoder.", "recon."), ("attn.relative_position_bias_table", "position.relative_position_bias_table"),
         ("attn.cpb_mlp.0.", "position.fc1_"), ("attn.cpb_mlp.2.", "position.fc2_"), ("attn.q_bias", "attn.query_bias"),
         ("attn.v_bias", "attn.value_bias")]


def renamed(more):
    """A rule of Case.weights for all parameters."""
    def name(match):
        text = match.group()
        for theirs, ours in NAMES + more:
            text = text.replace(theirs, ours)
        return text
    return [(r".+", name)]


class Model(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, image, mask):
        return self.decoder(self.encoder(image, mask), image)


def record(name, size, channels, patch, encoder, decoder, settings, decoder_names, change=None):
    """`encoder` goes to both sides; `decoder` is (class, arguments); `settings` are the graph's beside the sizes."""
    sizes = {"height": size[0], "width": size[1], "channels": channels, "patch": patch}
    ours = {"encoder." + key: value for key, value in encoder.items() if key != "trained"}
    case = Case(name, "tests/torch/exact/swin.yaml", dict(sizes, **ours, **settings))
    model = Model(swin_modules.Encoder(size, channels, patch=patch, **encoder), decoder)
    image = case.feed("image", case.numbers(BATCH, channels, *size))
    grid = [-(-side // patch) for side in size]
    mask = case.feed("mask", torch.from_numpy(case.generator.randint(0, 2, (BATCH, *grid))).double())
    case.weights(model, renamed(decoder_names))
    swin_modules.off_the_kink(model)
    if change:
        with torch.no_grad():
            change(model)
    recon = model(image, mask)
    case.save(swin_modules.masked_l1(recon, image, mask, patch), recon=recon, codes=model.encoder(image, mask))


def beyond_the_clamp(model):
    model.encoder.layers[0].blocks[0].attn.logit_scale[0] = 5.0
    model.encoder.layers[0].blocks[0].attn.logit_scale[1] = 4.5


def main():
    pixels, last = swin_modules.Pixels, [("recon.last.", "recon.pixels.")]
    # Windows that are moved; the second stage is one window.
    record("swin_shifted", (16, 16), 3, 2, {"dim": 4, "depths": [2, 2], "heads": [1, 2], "window": 4},
           pixels(8, 3, 4), {"decoder": {"op": "pixel_decoder", "stride": 4}}, last)
    # Patches, windows and merged squares that are filled up, each in its own way for rows and columns.
    record("swin_odd", (27, 37), 1, 4, {"dim": 4, "depths": [2, 1, 1], "heads": [2, 2, 4], "window": 3, "absolute": True},
           pixels(16, 1, 16), {"decoder": {"op": "pixel_decoder", "stride": 16}}, last)
    record("swin_v2_shifted", (16, 16), 3, 2, {"dim": 4, "depths": [2, 1], "heads": [2, 2], "window": 4, "version": 2},
           pixels(8, 3, 4), {"decoder": {"op": "pixel_decoder", "stride": 4}}, last, beyond_the_clamp)
    blocks = [{"op": "swin_v2_block", "trained": t} for t in (8, 4)]
    record("swin_v2_odd", (14, 22), 2, 2, {"dim": 4, "depths": [2, 1], "heads": [1, 2], "window": 3, "version": 2, "trained": [8, 4]},
           pixels(8, 2, 4), {"encoder.block": blocks, "decoder": {"op": "pixel_decoder", "stride": 4}}, last)
    encoder = {"dim": 4, "depths": [1, 1], "heads": [1, 2], "window": 4}
    record("swin_mlp", (16, 16), 3, 2, encoder, swin_modules.MlpPixels(8, 6, 3, 4),
           {"decoder": {"op": "pixel_decoder", "hidden": [6], "stride": 4}},
           [("recon.first.", "recon.layer.0.fc."), ("recon.last.", "recon.pixels.")])
    inverse = {"dim": 6, "depths": [1, 2], "heads": [2, 1], "window": 3}
    record("swin_inverse", (16, 16), 3, 2, encoder, swin_modules.SwinPixels([4, 4], 8, channels=3, patch=2, **inverse),
           {"decoder": dict(inverse, op="swin_decoder", patch=2)}, [("recon.last.", "recon.y.pixels.")])


main()
