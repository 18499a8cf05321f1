"""Vision transformers in PyTorch, with the names of the published weights: of SimMIM (Xie et al., arXiv:2111.09886), whose
transformer is BEiT's (Bao et al., arXiv:2106.08254), and of MAE (He et al., arXiv:2111.06377)."""
import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    """Query and value have a bias, keys have none; or, with whole_bias, all of them."""

    def __init__(self, dim, heads, table, whole_bias):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=whole_bias)
        self.q_bias = None if whole_bias else nn.Parameter(torch.zeros(dim))
        self.v_bias = None if whole_bias else nn.Parameter(torch.zeros(dim))
        self.relative_position_bias_table = None if table is None else nn.Parameter(torch.zeros(table, heads))
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, index, shared):
        batch, n, dim = x.shape
        bias = self.qkv.bias if self.q_bias is None else torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        q, k, v = functional.linear(x, self.qkv.weight, bias).reshape(batch, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        table = shared if self.relative_position_bias_table is None else self.relative_position_bias_table
        scores = q @ k.transpose(-1, -2) / (dim / self.heads) ** 0.5
        if table is not None:
            scores = scores + table[index].permute(2, 0, 1)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, n, dim))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, ratio, layer_scale=False, table=None, whole_bias=False):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn, self.mlp = Attention(dim, heads, table, whole_bias), Mlp(dim, int(ratio * dim))
        self.gamma_1 = nn.Parameter(torch.ones(dim)) if layer_scale else 1
        self.gamma_2 = nn.Parameter(torch.ones(dim)) if layer_scale else 1

    def forward(self, x, index=None, shared=None):
        x = x + self.gamma_1 * self.attn(self.norm1(x), index, shared)
        return x + self.gamma_2 * self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, channels, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, patch)

    def forward(self, image):
        return self.proj(image).flatten(2).transpose(1, 2)


class Table(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.zeros(size, heads))


def offsets(rows, columns):
    """Entry (i, j): the number of the offset from token j to token i; the class token stands in front."""
    far = (2 * rows - 1) * (2 * columns - 1)
    cells = [(y, x) for y in range(rows) for x in range(columns)]
    index = torch.full((len(cells) + 1, len(cells) + 1), far + 2)
    index[0, 1:], index[1:, 0] = far, far + 1
    for i, (y, x) in enumerate(cells):
        for j, (v, u) in enumerate(cells):
            index[i + 1, j + 1] = (y - v + rows - 1) * (2 * columns - 1) + x - u + columns - 1
    return index


class Beit(nn.Module):
    def __init__(self, channels, rows, columns, patch, dim, depth, heads, ratio=4, own=False, absolute=False, pooled=0):
        super().__init__()
        far = (2 * rows - 1) * (2 * columns - 1) + 3
        self.grid, self.index = (rows, columns), offsets(rows, columns)
        self.patch_embed = PatchEmbed(channels, dim, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.mask_token = None if pooled else nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, rows * columns + 1, dim)) if absolute else None
        self.rel_pos_bias = None if own else Table(far, heads)
        self.blocks = nn.ModuleList([Block(dim, heads, ratio, True, far if own else None) for _ in range(depth)])
        self.norm = nn.Identity() if pooled else nn.LayerNorm(dim, eps=1e-6)
        self.fc_norm = nn.LayerNorm(dim, eps=1e-6) if pooled else None
        self.head = nn.Linear(dim, pooled) if pooled else None

    def forward(self, image, mask=None):
        x = self.patch_embed(image)
        if mask is not None:
            hidden = mask.flatten(1)[..., None]
            x = x * (1 - hidden) + self.mask_token * hidden
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        if self.pos_embed is not None:
            x = x + self.pos_embed
        shared = None if self.rel_pos_bias is None else self.rel_pos_bias.relative_position_bias_table
        for block in self.blocks:
            x = block(x, self.index, shared)
        if self.head is not None:
            return self.head(self.fc_norm(x[:, 1:].mean(1)))
        return self.norm(x)[:, 1:].transpose(1, 2).reshape(len(x), -1, *self.grid)


class SimMIM(nn.Module):
    def __init__(self, encoder, decoder, patch):
        super().__init__()
        self.encoder, self.patch = encoder, patch
        self.decoder = nn.Sequential(*decoder, nn.PixelShuffle(patch))

    def forward(self, image, mask):
        recon = self.decoder(self.encoder(image, mask))
        pixels = mask.repeat_interleave(self.patch, 1).repeat_interleave(self.patch, 2)[:, None]
        return ((image - recon).abs() * pixels).sum() / (pixels.sum() + 1e-5) / image.shape[1], recon


def sines(rows, columns, dim):
    """MAE's fixed positions: columns first, then rows; zeros for the class token. Its code rounds them to f32."""
    rates = 10000.0 ** -(torch.arange(dim // 4, dtype=torch.float64) / (dim / 4))
    y, x = torch.meshgrid(torch.arange(rows).double(), torch.arange(columns).double(), indexing="ij")
    angles = [axis.flatten()[:, None] * rates for axis in (x, y)]
    cells = torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], 1)
    return torch.cat([torch.zeros(1, dim, dtype=torch.float64), cells])


class Mae(nn.Module):
    def __init__(self, channels, rows, columns, patch, dim, depth, heads, width, decoder_depth, decoder_heads, ratio=4):
        super().__init__()
        self.patch, self.grid = patch, (rows, columns)
        self.patch_embed = PatchEmbed(channels, dim, patch)
        self.cls_token, self.mask_token = nn.Parameter(torch.zeros(1, 1, dim)), nn.Parameter(torch.zeros(1, 1, width))
        self.positions, self.decoder_positions = sines(rows, columns, dim), sines(rows, columns, width)
        self.blocks = nn.ModuleList([Block(dim, heads, ratio, whole_bias=True) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.decoder_embed = nn.Linear(dim, width)
        self.decoder_blocks = nn.ModuleList([Block(width, decoder_heads, 4, whole_bias=True) for _ in range(decoder_depth)])
        self.decoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.decoder_pred = nn.Linear(width, channels * patch * patch)

    def encode(self, image, kept):
        x = self.patch_embed(image) + self.positions[1:]
        x = torch.gather(x, 1, kept[..., None].expand(-1, -1, x.shape[2]))
        x = torch.cat([(self.cls_token + self.positions[:1]).expand(len(x), -1, -1), x], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def decode(self, tokens, kept):
        x = self.decoder_embed(tokens)
        place = kept[..., None].expand(-1, -1, x.shape[2])
        cells = self.mask_token.repeat(len(x), self.grid[0] * self.grid[1], 1).scatter(1, place, x[:, 1:])
        x = torch.cat([x[:, :1], cells], 1) + self.decoder_positions
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]

    def patches(self, image):
        """Row by row, the channels of a pixel side by side."""
        cut = image.unfold(2, self.patch, self.patch).unfold(3, self.patch, self.patch)
        return cut.permute(0, 2, 3, 4, 5, 1).flatten(1, 2).flatten(2)

    def forward(self, image, kept, mask, normalise):
        recon, target = self.decode(self.encode(image, kept), kept), self.patches(image)
        if normalise:
            target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6).sqrt()
        hidden = mask.flatten(1)
        return (((recon - target) ** 2).mean(-1) * hidden).sum() / hidden.sum(), recon
