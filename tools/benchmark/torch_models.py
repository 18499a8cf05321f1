"""The models of graphs/bench.yaml, as one writes them in PyTorch. Modules carry the names of simgraph's blocks, so that
a state dict takes simgraph's weights as they are.

A model is called with images and a mask of cells (1: hidden) and returns the loss."""
import math

import torch
from torch import nn
from torch.nn import functional

from models import RATIO, sizes_of

CHANNELS = 3
sdpa = getattr(functional, "scaled_dot_product_attention", None) # absent in 1.13


def draw_mask(batch, cells, repeat):
    """1 on ceil(cells ** 2 * RATIO) cells of each sample, every cell of `repeat` x `repeat` tokens."""
    count = math.ceil(cells * cells * RATIO)
    order = torch.rand(batch, cells * cells).argsort(1)
    mask = torch.zeros(batch, cells * cells).scatter_(1, order[:, :count], 1.0).reshape(batch, cells, cells)
    return mask if repeat == 1 else mask.repeat_interleave(repeat, 1).repeat_interleave(repeat, 2)


def masked_l1(output, target, weight, pixels):
    """Both [b, n, k] or [b, c, h, w]; `weight` broadcasts to them, each of its numbers stands for `pixels` pixels."""
    difference = (output - target).abs() * weight
    return difference.sum() / (weight.sum() * pixels + 1e-5) / CHANNELS


class Attention(nn.Module):
    """`bias` [g, heads, n, n] is added to the scores; sample i takes entry i % g."""

    def __init__(self, dim, heads, explicit):
        super().__init__()
        self.heads, self.explicit = heads, explicit or sdpa is None
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, bias=None):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.explicit:
            scores = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
            if bias is not None:
                scores = (scores.reshape(-1, *bias.shape) + bias).reshape(scores.shape)
            mixed = scores.softmax(-1) @ v
        else:
            if bias is not None:
                bias = bias.repeat(b // len(bias), 1, 1, 1) if len(bias) > 1 else bias
            mixed = sdpa(q, k, v, attn_mask=bias)
        return self.proj(mixed.transpose(1, 2).reshape(b, n, c))


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class VitBlock(nn.Module):
    def __init__(self, dim, heads, explicit):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.mix = Attention(dim, heads, explicit)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim)

    def forward(self, x):
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, cells, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(CHANNELS, dim, patch, patch)
        self.mask_token = nn.Parameter(torch.randn(dim) * 0.02)
        self.position = nn.Parameter(torch.randn(cells * cells, dim) * 0.02)

    def forward(self, image, mask):
        x = self.proj(image).flatten(2).transpose(1, 2)
        return torch.where(mask.flatten(1).unsqueeze(-1) > 0, self.mask_token.to(x.dtype), x) + self.position


class VitEncoder(nn.Module):
    def __init__(self, cells, dim, depth, heads, patch, explicit):
        super().__init__()
        self.embed = PatchEmbed(cells, dim, patch)
        self.block = nn.ModuleList(VitBlock(dim, heads, explicit) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)

    def forward(self, image, mask):
        x = self.embed(image, mask)
        for block in self.block:
            x = block(x)
        return self.norm(x)


class Pixels(nn.Module):
    """simgraph's decoder keeps the last layer under this name."""

    def __init__(self, dim, out):
        super().__init__()
        self.pixels = nn.Linear(dim, out)

    def forward(self, x):
        return self.pixels(x)


class Vit(nn.Module):
    def __init__(self, size, patch, dim, depth, heads, explicit=False):
        super().__init__()
        self.patch = patch
        self.codes = VitEncoder(size // patch, dim, depth, heads, patch, explicit)
        self.recon = Pixels(dim, CHANNELS * patch * patch)

    def patches(self, image):
        b, c, h, w = image.shape
        p = self.patch
        return image.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)

    def forward(self, image, mask):
        output = self.recon(self.codes(image, mask))
        return masked_l1(output, self.patches(image), mask.flatten(1).unsqueeze(-1), self.patch ** 2)


class Position(nn.Module):
    """simgraph's block relative_position_bias."""

    def __init__(self, window, heads):
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads) * 0.02)
        place = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        apart = place[:, :, None] - place[:, None, :] + window - 1
        self.register_buffer("index", (apart[0] * (2 * window - 1) + apart[1]).flatten(), persistent=False)
        self.n = window * window

    def forward(self):
        return self.relative_position_bias_table[self.index].reshape(self.n, self.n, -1).permute(2, 0, 1)


def to_windows(x, window):
    b, h, w, c = x.shape
    x = x.reshape(b, h // window, window, w // window, window, c).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(-1, window * window, c)


def from_windows(x, b, h, w, window):
    x = x.reshape(b, h // window, w // window, window, window, -1).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(b, h, w, -1)


def apart(side, window, shift):
    """-100 between the tokens of a window that the shift brought together; [windows, n, n]."""
    place = torch.arange(side)
    region = (place >= side - window).int() + (place >= side - shift).int()
    windows = to_windows((3 * region[:, None] + region[None, :]).reshape(1, side, side, 1), window).squeeze(-1)
    return (windows[:, :, None] != windows[:, None, :]).float() * -100


class SwinBlock(nn.Module):
    def __init__(self, dim, heads, side, window, shifted, explicit):
        super().__init__()
        self.window = min(side, window)
        self.shift = self.window // 2 if shifted and side > window else 0
        self.norm1 = nn.LayerNorm(dim)
        self.position = Position(self.window, heads)
        self.attn = Attention(dim, heads, explicit)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim)
        if self.shift:
            self.register_buffer("apart", apart(side, self.window, self.shift).unsqueeze(1), persistent=False)

    def mix(self, x):
        b, h, w, _ = x.shape
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        bias = self.position().unsqueeze(0)
        if self.shift:
            bias = bias + self.apart
        x = from_windows(self.attn(to_windows(x, self.window), bias), b, h, w, self.window)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x

    def forward(self, x):
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Merging(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x):
        four = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.reduction(self.norm(four))


class SwinStage(nn.Module):
    def __init__(self, dim, depth, heads, side, window, last, explicit):
        super().__init__()
        self.blocks = nn.ModuleList(
            SwinBlock(dim, heads, side, window, i % 2 == 1, explicit) for i in range(depth))
        self.downsample = nn.Identity() if last else Merging(dim)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.downsample(x)


class PatchMap(nn.Module):
    def __init__(self, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(CHANNELS, dim, patch, patch)
        self.norm = nn.LayerNorm(dim)

    def forward(self, image):
        return self.norm(self.proj(image).permute(0, 2, 3, 1))


class SwinEncoder(nn.Module):
    def __init__(self, size, patch, dim, depths, heads, window, explicit):
        super().__init__()
        self.patch_embed = PatchMap(dim, patch)
        self.mask_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.layers = nn.ModuleList(
            SwinStage(dim * 2 ** s, depth, heads[s], size // patch // 2 ** s, window, s == len(depths) - 1, explicit)
            for s, depth in enumerate(depths))
        self.norm = nn.LayerNorm(dim * 2 ** (len(depths) - 1))

    def forward(self, image, mask):
        x = self.patch_embed(image)
        x = torch.where(mask.unsqueeze(-1) > 0, self.mask_token.to(x.dtype), x)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Swin(nn.Module):
    def __init__(self, size, patch, dim, depths, heads, window, explicit=False):
        super().__init__()
        self.patch, self.stride = patch, patch * 2 ** (len(depths) - 1)
        self.codes = SwinEncoder(size, patch, dim, depths, heads, window, explicit)
        self.recon = Pixels(dim * 2 ** (len(depths) - 1), CHANNELS * self.stride ** 2)

    def forward(self, image, mask):
        output = self.recon(self.codes(image, mask)).permute(0, 3, 1, 2)
        pixels = mask.repeat_interleave(self.patch, 1).repeat_interleave(self.patch, 2).unsqueeze(1)
        return masked_l1(functional.pixel_shuffle(output, self.stride), image, pixels, 1)


class Cnn(nn.Module):
    """Plain convolutions down, transposed ones up; a learned colour stands in hidden cells."""

    def __init__(self, size, patch, widths):
        super().__init__()
        self.patch, self.widths = patch, widths
        self.mask_token = nn.Parameter(torch.randn(CHANNELS, 1, 1) * 0.02)
        down = [CHANNELS] + widths
        self.down = nn.ModuleList(nn.Conv2d(i, o, 3, 2, 1) for i, o in zip(down, down[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 3, 2, 1, 1) for i, o in zip(down[:0:-1], down[-2::-1]))

    def forward(self, image, mask):
        hidden = mask.repeat_interleave(self.patch, 1).repeat_interleave(self.patch, 2).unsqueeze(1)
        x = torch.where(hidden > 0, self.mask_token, image)
        for layer in self.down:
            x = functional.relu(layer(x))
        for layer in self.up[:-1]:
            x = functional.relu(layer(x))
        return masked_l1(self.up[-1](x), image, hidden, 1)


def named(name):
    """The name in this file of one of simgraph's weights."""
    for ours, theirs in (("codes.shown.placed.mask_token", "mask_token"), ("recon.up.", "up."), ("codes.stage.", "down."),
                         (".layer.0.conv.", ".")):
        name = name.replace(ours, theirs)
    return name


def build(name, changes, explicit):
    """The model, and what models.sizes_of says of it."""
    sizes = sizes_of(name, changes)
    make = {"vit": Vit, "swin": Swin, "cnn": Cnn}[sizes["kind"]]
    wanted = {"vit": "size patch dim depth heads", "swin": "size patch dim depths heads window",
              "cnn": "size patch widths"}[sizes["kind"]].split()
    how = {} if make is Cnn else {"explicit": explicit}
    return make(**{key: sizes[key] for key in wanted}, **how), sizes


def weight_groups(model, decay):
    """Weight decay for matrices and kernels alone."""
    spared = ("mask_token", "position", "table")
    groups = {True: [], False: []}
    for name, weight in model.named_parameters():
        groups[weight.dim() > 1 and not name.endswith(spared)].append(weight)
    return [{"params": groups[True], "weight_decay": decay}, {"params": groups[False], "weight_decay": 0.0}]
