"""Writes a .safetensors file of a vision transformer (4 wide, 2 blocks, 2 x 2 patches of 4 x 4 grey pixels) that counts up.

weights.py FILE hf|official [-NAME] [NAME:SIZE,SIZE...] [PREFIX/]...    without NAME, with NAME of that shape, with a prefix
"""
import json
import struct
import sys

HF = {"embeddings.cls_token": [1, 1, 4], "embeddings.mask_token": [1, 1, 4], "embeddings.position_embeddings": [1, 5, 4],
      "embeddings.patch_embeddings.projection.weight": [4, 1, 4, 4], "embeddings.patch_embeddings.projection.bias": [4],
      "layernorm.weight": [4], "layernorm.bias": [4]}
OFFICIAL = {"cls_token": [1, 1, 4], "mask_token": [1, 1, 4], "pos_embed": [1, 5, 4], "patch_embed.proj.weight": [4, 1, 4, 4],
            "patch_embed.proj.bias": [4], "norm.weight": [4], "norm.bias": [4]}


def linear(name, to, of):
    return {name + ".weight": [to, of], name + ".bias": [to]}


def norm(name):
    return {name + ".weight": [4], name + ".bias": [4]}


def arrays(family):
    prefix, inner = ("vit.", HF) if family == "hf" else ("encoder.", OFFICIAL)
    for i in range(2):
        if family == "hf":
            block = dict(norm("layernorm_before"), **norm("layernorm_after"))
            for part in ("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense"):
                block.update(linear(part, 4, 4))
            block.update(**linear("intermediate.dense", 8, 4), **linear("output.dense", 4, 8))
            inner.update({"encoder.layer.%d.%s" % (i, n): s for n, s in block.items()})
        else:
            block = dict(norm("norm1"), **norm("norm2"), **linear("attn.qkv", 12, 4), **linear("attn.proj", 4, 4),
                         **linear("mlp.fc1", 8, 4), **linear("mlp.fc2", 4, 8))
            inner.update({"blocks.%d.%s" % (i, n): s for n, s in block.items()})
    return dict({prefix + n: s for n, s in inner.items()}, **{"decoder.0.weight": [16, 4, 1, 1], "decoder.0.bias": [16]})


all_of_them = arrays(sys.argv[2])
for word in sys.argv[3:]:
    if word.startswith("-"):
        del all_of_them[word[1:]]
    elif word.endswith("/"):
        all_of_them = {word[:-1] + name: shape for name, shape in all_of_them.items()}
    else:
        name, sizes = word.split(":")
        all_of_them[name] = [int(size) for size in sizes.split(",")]
header, data = {}, b""
for name, shape in all_of_them.items():
    count = 1
    for size in shape:
        count *= size
    start = len(data)
    data += struct.pack("<%df" % count, *[(start + i) / 4096 for i in range(count)])
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
text = json.dumps(header).encode()
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
