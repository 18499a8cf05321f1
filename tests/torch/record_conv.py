#!/usr/bin/python3
"""Records what convolutional encoders and decoders written in PyTorch compute: tests/torch/exact/conv_*.npz.

usage: record_conv.py

The modules carry the names of the published weights: of torchvision's ResNet (He et al., arXiv:1512.03385), of ConvNeXt
(Liu et al., arXiv:2201.03545; V2: Woo et al., arXiv:2301.00808) and of SparK's decoder (Tian et al., arXiv:2301.03580).
Sparse layers pick the visible places out of a map and put them back, as SparK's own code does. Needs torch (made with
1.13) and numpy."""
import re

import torch
from torch import nn
from torch.nn import functional

from exact import Case


def spread(mask, like):
    """A mask [b, rows, columns] as [b, 1, h, w]."""
    by = [like.shape[2 + d] // mask.shape[1 + d] for d in range(2)]
    return mask.repeat_interleave(by[0], 1).repeat_interleave(by[1], 2)[:, None]


def dark(x, mask):
    """Nothing where the mask hides; without a mask all."""
    return x if mask is None else x * (1 - spread(mask, x))


class Norm(nn.BatchNorm2d):
    """Batch normalisation over the visible places."""

    def forward(self, x, mask=None):
        if mask is None:
            return super().forward(x)
        places = x.permute(0, 2, 3, 1)
        seen = spread(mask, x)[:, 0] == 0
        picked = functional.batch_norm(places[seen], self.running_mean, self.running_var, self.weight, self.bias,
                                       self.training, self.momentum, self.eps)
        return torch.zeros_like(places).index_put((seen,), picked).permute(0, 3, 1, 2)


class LayerNorm(nn.LayerNorm):
    """Over the channels of each place of a map."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-6)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Token(nn.Module):
    def __init__(self, channels, how):
        super().__init__()
        self.how, self.mask_token = how, nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.mask_gamma = nn.Parameter(torch.zeros(1, channels, 1, 1)) if how == "blend" else None

    def forward(self, x, mask):
        m = spread(mask, x)
        if self.how == "token":
            return x * (1 - m) + self.mask_token * m
        if self.how == "blend":
            x = x * (1 - m) + x * m * self.mask_gamma
        return x + self.mask_token * m


class Encoder(nn.Module):
    """What the encoders share: how cells are hidden, and that all maps are handed on."""

    def __init__(self, masking, at, widths):
        super().__init__()
        self.masking, self.at = masking, at
        token = masking in ("token", "add", "blend")
        self.place = Token(widths[at], masking) if token else None

    def shown(self, image, mask):
        if mask is None:
            return image, None
        if self.masking == "sparse":
            return dark(image, mask), mask
        if not (self.masking == "token" and self.at == 0):
            image = torch.where(spread(mask, image) == 1, image.mean((2, 3), keepdim=True), image)
        return (self.place(image, mask) if self.place is not None and self.at == 0 else image), None

    def token(self, x, mask, stage):
        return self.place(x, mask) if mask is not None and self.place is not None and self.at == stage else x


class Residual(nn.Module):
    """Bottleneck where `ratio` is not 0, else a basic block."""

    def __init__(self, channels, width, stride, ratio):
        super().__init__()
        out = width * (ratio or 1)
        kernels = [(channels, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)] if ratio else [
            (channels, width, 3, stride), (width, width, 3, 1)]
        self.count = len(kernels)
        for i, (c, o, k, s) in enumerate(kernels, 1):
            setattr(self, "conv%d" % i, nn.Conv2d(c, o, k, s, k // 2, bias=False))
            setattr(self, "bn%d" % i, Norm(o))
        change = stride > 1 or channels != out
        self.downsample = nn.ModuleList([nn.Conv2d(channels, out, 1, stride, bias=False), Norm(out)]) if change else None

    def forward(self, x, mask):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, "bn%d" % i)(dark(getattr(self, "conv%d" % i)(y), mask), mask)
            y = functional.relu(y) if i < self.count else y
        if self.downsample is not None:
            x = self.downsample[1](dark(self.downsample[0](x), mask), mask)
        return functional.relu(x + y)


class ResNet(Encoder):
    def __init__(self, channels, width, depths, ratio=4, small=False, masking="token", at=0):
        outs = [width * 2 ** s * (ratio or 1) for s in range(len(depths))]
        super().__init__(masking, at, [channels, width] + outs)
        self.small = small
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False) if small else nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1, c = Norm(width), width
        for s, depth in enumerate(depths):
            blocks = []
            for r in range(depth):
                blocks.append(Residual(c, width * 2 ** s, 2 if s and r == 0 else 1, ratio))
                c = outs[s]
            setattr(self, "layer%d" % (s + 1), nn.ModuleList(blocks))
        self.stages = len(depths)

    def forward(self, image, mask=None):
        x, live = self.shown(image, mask)
        x = functional.relu(self.bn1(dark(self.conv1(x), live), live))
        if not self.small:
            x = dark(functional.max_pool2d(x, 3, 2, 1), live)
        maps = []
        for s in range(1, self.stages + 1):
            x = self.token(x, mask, s)
            for block in getattr(self, "layer%d" % s):
                x = block(x, live)
            maps.append(x)
        return maps


class Response(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        length = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
        return self.gamma * (x * (length / (length.mean(-1, keepdim=True) + 1e-6))) + self.beta + x


class ConvNeXtBlock(nn.Module):
    def __init__(self, channels, kernel, response):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.grn = Response(4 * channels) if response else None
        self.gamma = None if response else nn.Parameter(torch.zeros(channels))

    def forward(self, x, mask):
        y = functional.gelu(self.pwconv1(self.norm(self.dwconv(x).permute(0, 2, 3, 1))))
        if self.grn is not None:
            y = self.grn(dark(y.permute(0, 3, 1, 2), mask).permute(0, 2, 3, 1))
        y = self.pwconv2(y)
        y = y if self.gamma is None else self.gamma * y
        return x + dark(y.permute(0, 3, 1, 2), mask)


class ConvNeXt(Encoder):
    def __init__(self, channels, widths, depths, patch=4, kernel=7, response=False, last_norm=False, masking="token", at=0):
        super().__init__(masking, at, [channels] + widths)
        self.downsample_layers, self.stages, c = nn.ModuleList(), nn.ModuleList(), channels
        for s, (width, depth) in enumerate(zip(widths, depths)):
            conv = nn.Conv2d(c, width, 2 if s else patch, 2 if s else patch)
            self.downsample_layers.append(nn.ModuleList([LayerNorm(c), conv] if s else [conv, LayerNorm(width)]))
            self.stages.append(nn.ModuleList([ConvNeXtBlock(width, kernel, response) for _ in range(depth)]))
            c = width
        self.norm = LayerNorm(c) if last_norm else None

    def forward(self, image, mask=None):
        x, live = self.shown(image, mask)
        maps = []
        for s, (down, stage) in enumerate(zip(self.downsample_layers, self.stages), 1):
            for layer in down:
                x = layer(x)
            x = self.token(dark(x, live), mask, s)
            for block in stage:
                x = block(x, live)
            maps.append(x)
        return maps if self.norm is None else maps[:-1] + [self.norm(maps[-1])]


class Plain(Encoder):
    """Strided convolutions, each followed by an activation or by batch normalisation and one."""

    def __init__(self, channels, widths, depth=1, norm=False, act=functional.relu, masking="token", at=0):
        super().__init__(masking, at, [channels, channels] + widths)
        self.act, self.convs, self.norms, c = act, nn.ModuleList(), nn.ModuleList(), channels
        for width in widths:
            self.convs.append(nn.ModuleList([nn.Conv2d(width if r else c, width, 3, 1 if r else 2, 1, bias=not norm)
                                             for r in range(depth)]))
            self.norms.append(nn.ModuleList([Norm(width) for _ in range(depth if norm else 0)]))
            c = width

    def forward(self, image, mask=None):
        x, live = self.shown(image, mask)
        maps = []
        for s, (convs, norms) in enumerate(zip(self.convs, self.norms), 1):
            x = self.token(x, mask, s)
            for r, conv in enumerate(convs):
                x = dark(conv(x), live)
                x = self.act(norms[r](x, live) if len(norms) else x)
            maps.append(x)
        return maps


class Densify(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.norm = {"batch": Norm, "layer": LayerNorm}[norm](channels) if norm else None
        self.mask_token = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x, mask):
        if self.norm is not None:
            x = self.norm(x, mask) if isinstance(self.norm, Norm) else self.norm(x)
        return torch.where(spread(mask, x) == 0, x, self.mask_token)


class SparkUp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up_sample = nn.ConvTranspose2d(width, width, 4, 2, 1)
        self.conv = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1, bias=False), Norm(width), nn.ReLU6(),
                                   nn.Conv2d(width, width // 2, 3, padding=1, bias=False), Norm(width // 2)])

    def forward(self, x):
        x = self.up_sample(x)
        for layer in self.conv:
            x = layer(x)
        return x


class Spark(nn.Module):
    """SparK's decoder. `maps` are the channels of the encoder's maps, from the finest to the coarsest."""

    def __init__(self, maps, width, steps, channels, norm):
        super().__init__()
        self.densify = nn.ModuleList([Densify(c, norm) for c in reversed(maps)])
        self.densify_projs = nn.ModuleList([
            nn.Identity() if i == 0 and c == width else nn.Conv2d(c, width // 2 ** i, 3 if i else 1, padding=1 if i else 0)
            for i, c in enumerate(reversed(maps))])
        self.dec = nn.ModuleList([SparkUp(width // 2 ** i) for i in range(steps)])
        self.proj = nn.Conv2d(width // 2 ** steps, channels, 1)

    def forward(self, maps, mask):
        x = 0
        for i, up in enumerate(self.dec):
            if i < len(maps):
                x = x + self.densify_projs[i](self.densify[i](maps[-1 - i], mask))
            x = up(x)
        return self.proj(x)


class UNetUp(nn.Module):
    def __init__(self, channels, skip, width, grow, norm, tokens):
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, width, 2, 2) if grow == "deconv" else nn.Upsample(scale_factor=2, mode=grow)
        self.mask_token = nn.Parameter(torch.zeros(1, skip, 1, 1)) if tokens and skip else None
        c = skip + (width if grow == "deconv" else channels)
        self.conv = nn.ModuleList([nn.Conv2d(c, width, 3, padding=1, bias=not norm), nn.Conv2d(width, width, 3, padding=1, bias=not norm)])
        self.bn = nn.ModuleList([Norm(width), Norm(width)] if norm else [])

    def forward(self, x, skip, mask):
        x = self.up(x)
        if skip is not None:
            if self.mask_token is not None:
                skip = torch.where(spread(mask, skip) == 0, skip, self.mask_token)
            x = torch.cat([x[:, :, :skip.shape[2], :skip.shape[3]], skip], 1)
        for i, conv in enumerate(self.conv):
            x = functional.relu(self.bn[i](conv(x)) if len(self.bn) else conv(x))
        return x


class UNet(nn.Module):
    def __init__(self, maps, widths, channels, grow="deconv", norm=True, tokens=False):
        super().__init__()
        self.mask_token = nn.Parameter(torch.zeros(1, maps[-1], 1, 1)) if tokens else None
        self.up, c = nn.ModuleList(), maps[-1]
        for i, width in enumerate(widths):
            self.up.append(UNetUp(c, maps[-2 - i] if i + 1 < len(maps) else 0, width, grow, norm, tokens))
            c = width
        self.last = nn.Conv2d(c, channels, 1)

    def forward(self, maps, mask):
        x = maps[-1]
        if self.mask_token is not None:
            x = torch.where(spread(mask, x) == 0, x, self.mask_token)
        for i, up in enumerate(self.up):
            x = up(x, maps[-2 - i] if i + 1 < len(maps) else None, mask)
        return self.last(x)


class Transposed(nn.Module):
    def __init__(self, widths, channels, act):
        super().__init__()
        outs = widths[-2::-1] + [channels]
        self.act, self.up = act, nn.ModuleList([nn.ConvTranspose2d(c, o, 2, 2) for c, o in zip(widths[::-1], outs)])

    def forward(self, maps, mask):
        x = maps[-1]
        for i, up in enumerate(self.up):
            x = up(x) if i + 1 == len(self.up) else self.act(up(x))
        return x


class Linear(nn.Module):
    """One linear layer from each code to the pixels of its cell."""

    def __init__(self, width, cell, channels):
        super().__init__()
        self.cell, self.conv = cell, nn.Conv2d(width, channels * cell ** 2, 1)

    def forward(self, maps, mask):
        return functional.pixel_shuffle(self.conv(maps[-1]), self.cell)


# ---- names in the graph ----

def column(t):
    return t.reshape(-1, 1, 1)


def less(pattern, by, name):
    """A rule whose first group is a number from 1, counted from 0 in the graph."""
    return pattern, lambda m: name(*[int(m[1]) - by] + list(m.groups()[1:]))


PLACE = [(r"encoder\.place\.mask_token", "{place}.mask_token", column), (r"encoder\.place\.mask_gamma", "{place}.mask_scale", column)]
RESNET = PLACE + [
    (r"encoder\.conv1\.weight", "model.codes.stem.conv.conv.weight"),
    (r"encoder\.bn1\.(weight|bias)", r"model.codes.stem.conv.norm.\1"),
    less(r"encoder\.layer(\d)\.(\d)\.conv(\d)\.weight", 1, lambda s, r, i: "model.codes.stage.%d.block.%s.conv%s.conv.weight" % (s, r, i)),
    less(r"encoder\.layer(\d)\.(\d)\.bn(\d)\.(weight|bias)", 1, lambda s, r, i, k: "model.codes.stage.%d.block.%s.conv%s.norm.%s" % (s, r, i, k)),
    less(r"encoder\.layer(\d)\.(\d)\.downsample\.0\.weight", 1, lambda s, r: "model.codes.stage.%d.block.%s.short.conv.weight" % (s, r)),
    less(r"encoder\.layer(\d)\.(\d)\.downsample\.1\.(weight|bias)", 1, lambda s, r, k: "model.codes.stage.%d.block.%s.short.norm.%s" % (s, r, k)),
]
CONVNEXT = PLACE + [
    (r"encoder\.downsample_layers\.0\.0\.(weight|bias)", r"model.codes.stage.0.conv.\1"),
    (r"encoder\.downsample_layers\.0\.1\.(weight|bias)", r"model.codes.stage.0.after.norm.\1"),
    (r"encoder\.downsample_layers\.(\d)\.0\.(weight|bias)", r"model.codes.stage.\1.before.norm.\2"),
    (r"encoder\.downsample_layers\.(\d)\.1\.(weight|bias)", r"model.codes.stage.\1.conv.\2"),
    (r"encoder\.stages\.(\d)\.(\d)\.pwconv(\d)\.(weight|bias)", r"model.codes.stage.\1.block.\2.fc\3.\4"),
    (r"encoder\.stages\.(\d)\.(\d)\.grn\.gamma", r"model.codes.stage.\1.block.\2.grn.weight"),
    (r"encoder\.stages\.(\d)\.(\d)\.grn\.beta", r"model.codes.stage.\1.block.\2.grn.bias"),
    (r"encoder\.stages\.(\d)\.(\d)\.(.*)", r"model.codes.stage.\1.block.\2.\3"),
    (r"encoder\.norm\.(weight|bias)", r"model.codes.norm.norm.\1"),
]
PLAIN = PLACE + [
    (r"encoder\.convs\.(\d)\.(\d)\.(weight|bias)", r"model.codes.stage.\1.layer.\2.conv.\3"),
    (r"encoder\.norms\.(\d)\.(\d)\.(weight|bias)", r"model.codes.stage.\1.layer.\2.norm.\3"),
]
SPARK = [
    (r"decoder\.densify\.0\.norm\.(weight|bias)", r"model.recon.dense.{norm}.\1"),
    (r"decoder\.densify\.0\.mask_token", "model.recon.dense.mask_token", column),
    (r"decoder\.densify_projs\.0\.(weight|bias)", r"model.recon.dense.proj.\1"),
    (r"decoder\.densify\.(\d)\.norm\.(weight|bias)", r"model.recon.up.\1.dense.{norm}.\2"),
    (r"decoder\.densify\.(\d)\.mask_token", r"model.recon.up.\1.dense.mask_token", column),
    (r"decoder\.densify_projs\.(\d)\.(weight|bias)", r"model.recon.up.\1.dense.proj.\2"),
    (r"decoder\.dec\.(\d)\.up_sample\.(weight|bias)", r"model.recon.up.\1.up.\2"),
    (r"decoder\.dec\.(\d)\.conv\.0\.weight", r"model.recon.up.\1.conv1.conv.weight"),
    (r"decoder\.dec\.(\d)\.conv\.1\.(weight|bias)", r"model.recon.up.\1.conv1.norm.\2"),
    (r"decoder\.dec\.(\d)\.conv\.3\.weight", r"model.recon.up.\1.conv2.conv.weight"),
    (r"decoder\.dec\.(\d)\.conv\.4\.(weight|bias)", r"model.recon.up.\1.conv2.norm.\2"),
    (r"decoder\.proj\.(weight|bias)", r"model.recon.y.\1"),
]
UNET = [
    (r"decoder\.mask_token", "model.recon.dense.mask_token", column),
    (r"decoder\.up\.(\d)\.up\.(weight|bias)", r"model.recon.up.\1.learned.\2"),
    (r"decoder\.up\.(\d)\.mask_token", r"model.recon.up.\1.dense.mask_token", column),
    less(r"decoder\.up\.(\d)\.conv\.(\d)\.(weight|bias)", 0, lambda i, j, k: "model.recon.up.%d.conv%d.conv.%s" % (i, int(j) + 1, k)),
    less(r"decoder\.up\.(\d)\.bn\.(\d)\.(weight|bias)", 0, lambda i, j, k: "model.recon.up.%d.conv%d.norm.%s" % (i, int(j) + 1, k)),
    (r"decoder\.last\.(weight|bias)", r"model.recon.y.\1"),
]
TRANSPOSED = [(r"decoder\.up\.(\d)\.(weight|bias)", r"model.recon.up.\1.deconv.\2")]
LINEAR = [(r"decoder\.conv\.(weight|bias)", r"model.recon.pixels.\1")]


def named(rules, **names):
    """Rules with {place} and {norm} filled in."""
    return [(r[0], r[1] if callable(r[1]) else re.sub(r"\{(\w+)\}", lambda m: names[m[1]], r[1])) + tuple(r[2:]) for r in rules]


class Model(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, image, mask):
        maps = self.encoder(image, mask)
        return self.decoder(maps, mask)[:, :, :image.shape[2], :image.shape[3]]


def normalised(image, cell):
    b, c, h, w = image.shape
    x = image.reshape(b, c, h // cell, cell, w // cell, cell).permute(0, 2, 4, 3, 5, 1).flatten(3)
    x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + 1e-6) ** 0.5
    x = x.reshape(b, h // cell, w // cell, cell, cell, c).permute(0, 5, 1, 3, 2, 4)
    return x.reshape(b, c, h, w)


def masked_mse(recon, target, m):
    return ((recon - target) ** 2 * m).sum() / (m.sum() + 1e-5) / target.shape[1]


def a2mim(recon, target, m):
    """Of the official head: pixels by focal L1, frequencies by focal frequency loss with averaged spectra."""
    d = (recon - target).abs()
    pixels = (d * (2 * torch.sigmoid(0.2 * d) - 1) * m).sum() / (m.sum() + 1e-5) / target.shape[1]
    share = m + (1 - m) * 1e-3
    shown = recon * share + (0.5 * recon.detach() + 0.5 * target) * (1 - share)
    difference = (torch.fft.fft2(shown, norm="ortho").mean(0) - torch.fft.fft2(target, norm="ortho").mean(0)).abs()
    far = torch.log(difference + 1)
    return pixels + 0.5 * ((far / far.max()).detach() * difference ** 2).mean()


def record(name, encoder, decoder, rules, settings, place="", norm="", mode="train", seed=1, loss_of=masked_mse):
    size = {"height": 16, "width": 24, "channels": 3, "cell": 8, "skips": 0, "tokens": True, "normalise": True}
    size.update({k: v for k, v in settings.items() if k in size})
    case = Case("conv_" + name, "tests/torch/exact/masked.yaml", settings, mode, seed)
    model = Model(encoder, decoder).double().train(mode == "train")
    rules = named(rules, place=place, norm=norm)
    case.weights(model, rules)
    case.running(model, rules)
    image = case.feed("image", case.numbers(2, size["channels"], size["height"], size["width"]))
    rows, columns = size["height"] // size["cell"], size["width"] // size["cell"]
    mask = torch.zeros(2, rows * columns).double()
    for row in mask:
        row[torch.from_numpy(case.generator.permutation(rows * columns)[:rows * columns // 2])] = 1
    mask = case.feed("mask", mask.reshape(2, rows, columns))
    recon = model(image, mask)
    target = normalised(image, size["cell"]) if size["normalise"] else image
    case.save(loss_of(recon, target, spread(mask, image)), recon=recon)


def main():
    small = {"height": 16, "width": 12, "cell": 4, "channels": 2}
    record("resnet_token", ResNet(2, 4, [1, 2], 0, True), Linear(8, 2, 2), RESNET + LINEAR,
           dict(small, encoder="{op: resnet_encoder, block: basic_block, depths: [1, 2], width: 4, small: true}",
                decoder="pixel_decoder", tokens=False, normalise=False), place="model.codes.shown.placed")
    for how, mode in (("add", "train"), ("blend", "eval")):
        record("resnet_" + how, ResNet(3, 4, [1, 1], 4, masking=how, at=2), Linear(32, 8, 3), RESNET + LINEAR,
               dict(encoder="{op: resnet_encoder, depths: [1, 1], width: 4, masking: %s, token_at: 2}" % how,
                    decoder="pixel_decoder", tokens=False, normalise=False), place="model.codes.stage.1.placed", mode=mode, seed=2)
    for name, ratio, mode in (("spark", 4, "train"), ("spark_basic", 0, "eval")):
        record(name, ResNet(3, 4, [2, 1], ratio, masking="sparse"), Spark([4 * (ratio or 1), 8 * (ratio or 1)], 8, 3, 3, "batch"),
               RESNET + SPARK,
               dict(encoder="{op: resnet_encoder, block: %s, depths: [2, 1], width: 4, masking: sparse}" % (
                   "bottleneck_block" if ratio else "basic_block"), decoder="{op: spark_decoder, width: 8}", skips=1),
               norm="batch_norm", mode=mode, seed=3)
    record("spark_convnext", ConvNeXt(3, [4, 8], [1, 2], masking="sparse"), Spark([4, 8], 8, 3, 3, "layer"), CONVNEXT + SPARK,
           dict(encoder="{op: convnext_encoder, depths: [1, 2], widths: [4, 8], masking: sparse}",
                decoder="{op: spark_decoder, width: 8, norm: layer}", skips=1), norm="layer_norm.norm", seed=4)
    record("convnext_blend", ConvNeXt(2, [4, 6], [1, 1], 2, 5, last_norm=True, masking="blend", at=2), Linear(6, 4, 2),
           CONVNEXT + LINEAR,
           dict(small, encoder="{op: convnext_encoder, depths: [1, 1], widths: [4, 6], patch: 2, last_norm: true, masking: blend, "
                "token_at: 2, block: {op: convnext_block, kernel: 5}}", decoder="pixel_decoder", tokens=False),
           place="model.codes.stage.1.placed", seed=5)
    record("a2mim", ConvNeXt(2, [4, 6], [1, 1], 2, masking="add", at=2), Linear(6, 4, 2), CONVNEXT + LINEAR,
           dict(small, encoder="{op: convnext_encoder, depths: [1, 1], widths: [4, 6], patch: 2, masking: add, token_at: 2}",
                decoder="pixel_decoder", loss_of="a2mim_loss", tokens=False, normalise=False),
           place="model.codes.stage.1.placed", seed=11, loss_of=a2mim)
    record("convnext_v2", ConvNeXt(2, [4, 6], [1, 1], 2, response=True, masking="sparse"),
           UNet([4, 6], [5, 4], 2, norm=False, tokens=True), CONVNEXT + UNET,
           dict(small, encoder="{op: convnext_encoder, depths: [1, 1], widths: [4, 6], patch: 2, masking: sparse, block: "
                "{op: convnext_block, scale: 0.0, response: true}}", decoder="{op: unet_decoder, widths: [5, 4], layer: conv_act}",
                skips=1), seed=6)
    record("unet", Plain(1, [4, 6, 8], 2, True, masking="sparse"), UNet([4, 6, 8], [6, 5, 4], 1, grow="nearest", tokens=True), PLAIN + UNET,
           dict(encoder="{op: conv_encoder, widths: [4, 6, 8], depth: 2, layer: conv_norm, masking: sparse}",
                decoder="{op: unet_decoder, widths: [6, 5, 4], grow: nearest}", skips=2, channels=1, height=16, width=16), seed=7)
    odd = {"height": 12, "width": 20, "cell": 4, "channels": 3}
    record("fill", Plain(3, [4, 6, 8], masking="fill"), UNet([4, 6, 8], [6, 5, 4], 3, grow="bilinear"), PLAIN + UNET,
           dict(odd, encoder="{op: conv_encoder, widths: [4, 6, 8], masking: fill}", decoder="{op: unet_decoder, widths: [6, 5, 4], grow: bilinear}",
                skips=2, tokens=False), seed=8)
    record("plain", Plain(3, [4, 6, 8], act=functional.gelu), Transposed([4, 6, 8], 3, functional.gelu), PLAIN + TRANSPOSED,
           dict(odd, encoder="{op: conv_encoder, widths: [4, 6, 8], act: gelu}",
                decoder="{op: conv_decoder, widths: [4, 6, 8], act: gelu}", tokens=False, normalise=False),
           place="model.codes.shown.placed", seed=9)
    record("plain_add", Plain(3, [4, 6], masking="add", at=2), Transposed([4, 6], 3, functional.relu), PLAIN + TRANSPOSED,
           dict(odd, encoder="{op: conv_encoder, widths: [4, 6], masking: add, token_at: 2}",
                decoder="{op: conv_decoder, widths: [4, 6]}", tokens=False, normalise=False),
           place="model.codes.stage.1.placed", seed=10)


if __name__ == "__main__":
    main()
