#!/usr/bin/python3
"""Records what vision transformers written in PyTorch compute: tests/torch/exact/beit_*.npz and mae_*.npz.

usage: record_vit.py

Needs torch (made with 1.13) and numpy."""
import torch
from torch import nn
from torch.nn import functional

from exact import Case
from vit_modules import Beit, Mae, SimMIM


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
