"""Swin and Swin V2 for masked image modelling in plain PyTorch, with the names of the parameters of the published weights.

Written from the papers (Liu et al., arXiv:2103.14030 and arXiv:2111.09883; Xie et al., arXiv:2111.09886). Maps of any size:
windows are filled up with zeros, and so are odd edges before merging."""
import math

import torch
from torch import nn
from torch.nn import functional


def filled(x, rows, columns):
    """[b, h, w, c] with zeros below and to the right, to multiples of `rows` and `columns`."""
    return functional.pad(x, (0, 0, 0, -x.shape[2] % columns, 0, -x.shape[1] % rows))


def cut(x, window):
    b, h, w, c = x.shape
    parts = [x[:, i:i + window, j:j + window].reshape(b, 1, window * window, c)
             for i in range(0, h, window) for j in range(0, w, window)]
    return torch.cat(parts, 1)  # [b, windows, n, c]


def sew(windows, window, h, w):
    b, _, _, c = windows.shape
    wide = w // window
    rows = [torch.cat([windows[:, i * wide + j].reshape(b, window, window, c) for j in range(wide)], 2)
            for i in range(h // window)]
    return torch.cat(rows, 1)


def apart(h, w, window, shift):
    """[windows, n, n]: -100 between tokens that the shift brought together."""
    region = torch.zeros(1, h, w, 1)
    count = 0
    for rows in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
        for columns in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
            region[:, rows, columns] = count
            count += 1
    regions = cut(region, window)[0, :, :, 0]
    return (regions[:, :, None] != regions[:, None, :]).double() * -100


def relative_index(window):
    index = torch.zeros(window * window, window * window, dtype=torch.long)
    for i in range(window * window):
        for j in range(window * window):
            dy, dx = i // window - j // window, i % window - j % window
            index[i, j] = (dy + window - 1) * (2 * window - 1) + dx + window - 1
    return index


class Attention(nn.Module):
    def __init__(self, dim, heads, window):
        super().__init__()
        self.heads, self.window = heads, window
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def position(self):
        return self.relative_position_bias_table[relative_index(self.window)].permute(2, 0, 1)

    def project(self, x):
        return self.qkv(x)

    def scores(self, q, k):
        return (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5

    def forward(self, windows, mask):
        b, count, n, c = windows.shape
        q, k, v = self.project(windows).reshape(b, count, n, 3, self.heads, c // self.heads).permute(3, 0, 1, 4, 2, 5)
        scores = self.scores(q, k) + self.position()
        if mask is not None:
            scores = scores + mask[:, None]
        return self.proj((scores.softmax(-1) @ v).transpose(2, 3).reshape(b, count, n, c))


class CosineAttention(Attention):
    """`trained`: the window of the pre-training, or 0 for the same."""

    def __init__(self, dim, heads, window, trained=0):
        super().__init__(dim, heads, window)
        self.trained = trained or window
        del self.relative_position_bias_table
        self.logit_scale = nn.Parameter(torch.log(10 * torch.ones(heads, 1, 1)))
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False))
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.q_bias, self.v_bias = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))

    def coordinates(self):
        reach = torch.arange(1 - self.window, self.window, dtype=torch.float64) / max(1, self.trained - 1) * 8
        reach = reach.sign() * torch.log2(reach.abs() + 1) / 3
        side = len(reach)
        return torch.stack([reach[:, None].expand(side, side), reach.expand(side, side)], -1).reshape(-1, 2)

    def position(self):
        return 16 * torch.sigmoid(self.cpb_mlp(self.coordinates())[relative_index(self.window)].permute(2, 0, 1))

    def project(self, x):
        return functional.linear(x, self.qkv.weight, torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias]))

    def scores(self, q, k):
        cosine = functional.normalize(q, dim=-1) @ functional.normalize(k, dim=-1).transpose(-2, -1)
        return cosine * torch.clamp(self.logit_scale, max=math.log(100)).exp()


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, version, dim, heads, size, window, shifted, trained=0):
        super().__init__()
        self.version = version
        self.window, self.shift = window, window // 2 if shifted else 0
        if min(size) <= window:
            self.window, self.shift = min(size), 0
        self.norm1, self.norm2, self.mlp = nn.LayerNorm(dim), nn.LayerNorm(dim), Mlp(dim)
        self.attn = (Attention(dim, heads, self.window) if version == 1 else
                     CosineAttention(dim, heads, self.window, trained))

    def attend(self, x):
        h, w = x.shape[1:3]
        x = filled(x, self.window, self.window)
        rows, columns = x.shape[1:3]
        mask = apart(rows, columns, self.window, self.shift) if self.shift else None
        windows = self.attn(cut(torch.roll(x, (-self.shift, -self.shift), (1, 2)), self.window), mask)
        return torch.roll(sew(windows, self.window, rows, columns), (self.shift, self.shift), (1, 2))[:, :h, :w]

    def forward(self, x):
        if self.version == 1:
            x = x + self.attend(self.norm1(x))
            return x + self.mlp(self.norm2(x))
        x = x + self.norm1(self.attend(x))
        return x + self.norm2(self.mlp(x))


class PatchMerging(nn.Module):
    def __init__(self, version, dim):
        super().__init__()
        self.version = version
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(4 * dim if version == 1 else 2 * dim)

    def forward(self, x):
        x = filled(x, 2, 2)
        four = torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
        return self.reduction(self.norm(four)) if self.version == 1 else self.norm(self.reduction(four))


class PatchSplitting(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.expansion = nn.Linear(dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(dim // 2)

    def forward(self, x):
        wide = self.expansion(x)
        c = wide.shape[-1] // 4
        rows = [torch.stack([wide[..., (2 * i + j) * c:(2 * i + j + 1) * c] for j in (0, 1)], 3).flatten(2, 3) for i in (0, 1)]
        return self.norm(torch.stack(rows, 2).flatten(1, 2))


class Stage(nn.Module):
    def __init__(self, version, dim, depth, heads, size, window, resize, trained=0):
        super().__init__()
        self.blocks = nn.ModuleList(Block(version, dim, heads, size, window, i % 2 == 1, trained) for i in range(depth))
        self.downsample = resize

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.downsample(x) if self.downsample else x


class PatchEmbed(nn.Module):
    def __init__(self, channels, dim, patch):
        super().__init__()
        self.patch = patch
        self.proj, self.norm = nn.Conv2d(channels, dim, patch, patch), nn.LayerNorm(dim)

    def forward(self, image):
        whole = filled(image.permute(0, 2, 3, 1), self.patch, self.patch)
        return self.norm(self.proj(whole.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class Encoder(nn.Module):
    """image [b, channels, h, w], mask [b, tokens down, tokens across] (1 where hidden) -> [b, c, rows, columns]"""

    def __init__(self, size, channels, dim, depths, heads, window, patch, version=1, absolute=False, trained=None):
        super().__init__()
        grid = [math.ceil(side / patch) for side in size]
        self.patch_embed = PatchEmbed(channels, dim, patch)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.absolute_pos_embed = nn.Parameter(torch.zeros(1, grid[0] * grid[1], dim)) if absolute else None
        self.layers = nn.ModuleList()
        for s, (depth, k) in enumerate(zip(depths, heads)):
            resize = PatchMerging(version, dim) if s + 1 < len(depths) else None
            self.layers.append(Stage(version, dim, depth, k, grid, window, resize, trained[s] if trained else 0))
            if resize:
                grid, dim = [math.ceil(side / 2) for side in grid], 2 * dim
        self.norm = nn.LayerNorm(dim)

    def forward(self, image, mask):
        x, hidden = self.patch_embed(image), mask[..., None]
        x = x * (1 - hidden) + self.mask_token * hidden
        if self.absolute_pos_embed is not None:
            x = x + self.absolute_pos_embed.reshape(1, *x.shape[1:])
        for stage in self.layers:
            x = stage(x)
        return self.norm(x).permute(0, 3, 1, 2)


class Pixels(nn.Module):
    """One linear layer and a pixel shuffle, cut to the image."""

    def __init__(self, dim, channels, stride):
        super().__init__()
        self.last, self.stride = nn.Conv2d(dim, channels * stride ** 2, 1), stride

    def forward(self, x, like):
        return functional.pixel_shuffle(self.last(x), self.stride)[:, :, :like.shape[2], :like.shape[3]]


class MlpPixels(Pixels):
    def __init__(self, dim, hidden, channels, stride):
        super().__init__(hidden, channels, stride)
        self.first = nn.Conv2d(dim, hidden, 1)

    def forward(self, x, like):
        return super().forward(functional.gelu(self.first(x)), like)


class SwinPixels(Pixels):
    """Swin the other way round."""

    def __init__(self, grid, inner, dim, depths, heads, window, channels, patch):
        super().__init__(dim, channels, patch)
        wide = dim * 2 ** (len(depths) - 1)
        self.embed = nn.Linear(inner, wide)
        self.layers = nn.ModuleList()
        for s, (depth, k) in enumerate(zip(depths, heads)):
            resize = PatchSplitting(wide) if s + 1 < len(depths) else None
            self.layers.append(Stage(1, wide, depth, k, grid, window, resize))
            grid, wide = [2 * side for side in grid], wide // 2
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, like):
        x = self.embed(x.permute(0, 2, 3, 1))
        for stage in self.layers:
            x = stage(x)
        return super().forward(self.norm(x).permute(0, 3, 1, 2), like)


def masked_l1(recon, image, mask, patch):
    pixels = mask.repeat_interleave(patch, 1).repeat_interleave(patch, 2)[:, None, :image.shape[2], :image.shape[3]]
    return ((recon - image).abs() * pixels).sum() / (pixels.sum() + 1e-5) / image.shape[1]


def off_the_kink(model):
    """Keeps inputs of the ReLU of continuous positions away from 0, where w x - w x + b for a bias of 0 would lie but for
    rounding: the biases become odd multiples of 1/256."""
    for name, parameter in model.named_parameters():
        if name.endswith("mlp.0.bias") and "decoder" not in name:
            with torch.no_grad():
                parameter += 1 / 256
