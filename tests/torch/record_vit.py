#!/usr/bin/python3
"""Records what vision transformers written in PyTorch compute: tests/torch/exact/beit_*.npz and mae_*.npz.

usage: record_vit.py

The modules carry the names of the published weights: of SimMIM (Xie et al., arXiv:2111.09886), whose transformer is BEiT's
(Bao et al., arXiv:2106.08254), and of MAE (He et al., arXiv:2111.06377). Needs torch (made with 1.13) and numpy."""
import torch
from torch import nn
from torch.nn import functional

from exact import Case


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


def flat(tensor):
    return tensor.reshape(-1)


def beit_rules(front, own=False):
    """Published names -> those of beit_encoder."""
    words = {"cls": "class", "mask": "mask", "q": "query", "v": "value"}
    block = front + r"blocks\.(\d+)\."
    rules = [(front + r"(cls|mask)_token", lambda m: "codes.embed.%s_token" % words[m[1]], flat),
             (front + r"pos_embed", "codes.embed.position", lambda t: t[0]),
             (front + r"patch_embed\.proj\.(weight|bias)", r"codes.embed.proj.\1"),
             (front + r"norm\.(weight|bias)", r"codes.norm.\1"),
             (block + r"attn\.(q|v)_bias", lambda m: "codes.block.%s.mix.%s_bias" % (m[1], words[m[2]])),
             (block + r"gamma_(\d)", r"codes.block.\1.scale\2"),
             (block + r"(norm\d|mlp\.fc\d)\.(weight|bias)", r"codes.block.\1.\2.\3"),
             (block + r"attn\.(qkv|proj)\.(weight|bias)", r"codes.block.\1.mix.\2.\3")]
    if own:
        return rules + [(block + r"attn\.relative_position_bias_table", r"codes.bias.\1.table")]
    return rules + [(front + r"rel_pos_bias\.relative_position_bias_table", "codes.bias.0.table")]


def masks(case, batch, rows, columns):
    """Some cells hidden, and a sample without any."""
    hidden = torch.from_numpy((case.generator.uniform(size=(batch, rows, columns)) < 0.6).astype("float64"))
    hidden[-1] = 0
    return case.feed("mask", hidden)


def simmim(name, graph, settings, encoder, decoder, patch, sizes, channels, rules, seed):
    case = Case(name, graph, settings, seed=seed)
    image = case.feed("image", case.numbers(2, channels, *sizes))
    mask = masks(case, 2, sizes[0] // patch, sizes[1] // patch)
    model = case.weights(SimMIM(encoder, decoder, patch), rules)
    loss, recon = model(image, mask)
    case.save(loss, recon=recon)


LINEAR = [(r"decoder\.0\.(weight|bias)", r"recon.pixels.\1")]
MLP = [(r"decoder\.0\.(weight|bias)", r"recon.layer.0.fc.\1"), (r"decoder\.2\.(weight|bias)", r"recon.pixels.\1")]


def beit():
    call = {"op": "beit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2}
    simmim("beit_shared", "tests/torch/exact/simmim.yaml", {"width": 12, "encoder": dict(call, patch=4)},
           Beit(3, 2, 3, 4, 8, 2, 2, 2), [nn.Conv2d(8, 48, 1)], 4, (8, 12), 3, beit_rules(r"encoder\.") + LINEAR, 1)
    simmim("beit_absolute", "tests/torch/exact/simmim.yaml",
           {"height": 6, "width": 4, "channels": 2, "patch": 2, "decoder": {"op": "pixel_decoder", "hidden": [10]},
            "encoder": {"op": "beit_encoder", "dim": 12, "depth": 1, "heads": 3, "patch": 2, "positions": "learned"}},
           Beit(2, 3, 2, 2, 12, 1, 3, absolute=True), [nn.Conv2d(12, 10, 1), nn.GELU(), nn.Conv2d(10, 8, 1)], 2, (6, 4), 2,
           beit_rules(r"encoder\.") + MLP, 2)
    simmim("beit_own", "tests/torch/exact/simmim.yaml",
           {"channels": 1, "encoder": dict(call, patch=4, depth=3, relative="own")},
           Beit(1, 2, 2, 4, 8, 3, 2, 2, own=True), [nn.Conv2d(8, 16, 1)], 4, (8, 8), 1,
           beit_rules(r"encoder\.", own=True) + LINEAR, 3)


def mixed(image, target, coin, share, drawn):
    """Each sample with the one before it: by mixup, or by cutmix, whose rectangle is cut off at the border."""
    images, targets = [], []
    height, width = image.shape[2:]
    for i in range(len(image)):
        if coin[i, 0] < 0.5:
            images.append(share[i] * image[i] + (1 - share[i]) * image[i - 1])
            targets.append(share[i] * target[i] + (1 - share[i]) * target[i - 1])
            continue
        side = drawn[i, 0].item() ** 0.5
        y, x = int(drawn[i, 1] * height), int(drawn[i, 2] * width)
        up, aside = int(height * side) // 2, int(width * side) // 2
        y0, y1, x0, x1 = max(y - up, 0), min(y + up, height), max(x - aside, 0), min(x + aside, width)
        cut = image[i].clone()
        cut[:, y0:y1, x0:x1] = image[i - 1][:, y0:y1, x0:x1]
        part = (y1 - y0) * (x1 - x0) / (height * width)
        images.append(cut)
        targets.append((1 - part) * target[i] + part * target[i - 1])
    return torch.stack(images), torch.stack(targets)


def fine_tuning():
    """The classifier that the official code fine-tunes: a table for each block, the mean of the patches, label smoothing."""
    case = Case("beit_finetune", "graphs/vit_b_finetune.yaml",
                {"size": 8, "patch": 4, "classes": 5, "depth": 2, "encoder.dim": 8, "encoder.heads": 2, "encoder.drop": 0},
                mode="train", seed=4)
    image = case.feed("image", case.numbers(4, 3, 8, 8))
    label = case.feed("label", torch.tensor([4, 0, 2, 1]))
    coin = case.feed("mixed.coin", torch.tensor([[0.25], [0.5], [0], [0.75]]).double())
    share = case.feed("mixed.mix.share", case.numbers(4, 1).abs())
    drawn = case.feed("mixed.cut.drawn", torch.tensor([[0.5, 0.5, 0.5], [0.5, 0.25, 0.625], [0, 0, 0], [0.375, 0.875, 0]]).double())
    image, target = mixed(image, functional.one_hot(label, 5).double(), coin, share, drawn)
    rules = beit_rules("", own=True)
    rules += [(r"fc_norm\.(weight|bias)", r"scores.norm.\1"), (r"head\.(weight|bias)", r"scores.head.\1")]
    model = case.weights(Beit(3, 2, 2, 4, 8, 2, 2, own=True, pooled=5), rules)
    scores = model(image)
    case.save(functional.cross_entropy(scores, target, label_smoothing=0.1), scores=scores, **{"mixed.image": image, "mixed.target": target})


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


def mae_block(ours, theirs):
    return [(theirs + r"\.(\d+)\.(norm\d|mlp\.fc\d)\.(weight|bias)", ours + r".block.\1.\2.\3"),
            (theirs + r"\.(\d+)\.attn\.(qkv|proj)\.(weight|bias)", ours + r".block.\1.mix.\2.\3")]


MAE_RULES = mae_block("codes", "blocks") + mae_block("recon", "decoder_blocks") + [
    (r"cls_token", "codes.embed.class_token", flat),
    (r"mask_token", "recon.mask_token", flat),
    (r"patch_embed\.proj\.(weight|bias)", r"codes.embed.proj.\1"),
    (r"norm\.(weight|bias)", r"codes.norm.\1"),
    (r"decoder_(embed|norm)\.(weight|bias)", r"recon.\1.\2"),
    (r"decoder_pred\.(weight|bias)", r"recon.pixels.\1")]


def dropped(case, batch, n, keep):
    """What MAE draws: an order of the patches, the first of which are kept, and the way back."""
    order = torch.from_numpy(case.generator.uniform(size=(batch, n))).argsort(1)
    mask = torch.ones(batch, n, dtype=torch.float64).scatter(1, order[:, :keep], 0)
    return order[:, :keep], order.argsort(1), mask


def mae(name, graph, settings, names, shape, keep, normalise, model, seed):
    case = Case(name, graph, settings, seed=seed)
    image = case.feed("image", case.numbers(*shape))
    rows, columns = model.grid
    kept, restore, mask = dropped(case, len(image), rows * columns, keep)
    for key, value in zip(names, (kept, restore, mask)):
        case.feed(key, value)
    case.feeds["mask"] = mask.reshape(-1, rows, columns) if "mask" in names else mask
    loss, recon = case.weights(model, MAE_RULES)(image, kept, mask, normalise)
    case.save(loss, patches=recon)


def mae_cases():
    settings = {"width": 12, "patch": 4, "keep": 2,
                "encoder": {"op": "vit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4},
                "decoder": {"op": "mae_decoder", "dim": 4, "depth": 1, "heads": 2}}
    names = ("kept", "restore", "mask")
    mae("mae_wide", "tests/torch/exact/mae.yaml", settings, names, (2, 3, 8, 12), 2, True,
        Mae(3, 2, 3, 4, 8, 2, 2, 4, 1, 2, ratio=2), 5)
    settings = {"height": 6, "width": 4, "channels": 2, "patch": 2, "keep": 3, "normalise": False,
                "encoder": {"op": "vit_encoder", "dim": 12, "depth": 1, "heads": 3, "patch": 2},
                "decoder": {"op": "mae_decoder", "dim": 8, "depth": 2, "heads": 1}}
    mae("mae_plain", "tests/torch/exact/mae.yaml", settings, names, (3, 2, 6, 4), 3, False,
        Mae(2, 3, 2, 2, 12, 1, 3, 8, 2, 1), 6)


def recipes():
    """The recipes themselves, made small."""
    simmim("beit_recipe", "graphs/vit_b_800ep.yaml",
           {"size": 8, "patch": 2, "mask_patch": 4, "encoder.dim": 8, "encoder.depth": 2, "encoder.heads": 2},
           Beit(3, 4, 4, 2, 8, 2, 2), [nn.Conv2d(8, 12, 1)], 2, (8, 8), 3, beit_rules(r"encoder\.") + LINEAR, 7)


if __name__ == "__main__":
    beit()
    fine_tuning()
    mae_cases()
    recipes()
