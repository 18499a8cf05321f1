#!/usr/bin/python3
"""Records what the residual networks and ConvNeXts of Hugging Face compute: tests/torch/exact/conv_hf_*.npz.

usage: record_conv_hf.py

Needs torch, numpy and transformers (made with 2.15 and 5.24)."""
import torch

from exact import Case, only_needed

only_needed("transformers")
from transformers import ConvNextConfig, ConvNextForImageClassification, ConvNextV2Config, ConvNextV2ForImageClassification
from transformers import ResNetConfig, ResNetForImageClassification

LAYER = r"resnet\.encoder\.stages\.(\d+)\.layers\.(\d+)\."
BLOCK = r"codes.stage.\1.block.\2."
RESNET = [
    (r"resnet\.embedder\.embedder\.convolution\.weight", "codes.stem.conv.conv.weight"),
    (r"resnet\.embedder\.embedder\.normalization\.(weight|bias)", r"codes.stem.conv.norm.\1"),
    (LAYER + r"shortcut\.convolution\.weight", BLOCK + "short.conv.weight"),
    (LAYER + r"shortcut\.normalization\.(weight|bias)", BLOCK + r"short.norm.\3"),
    (LAYER + r"layer\.(\d)\.convolution\.weight", lambda m: "codes.stage.%s.block.%s.conv%d.conv.weight" % (m[1], m[2], int(m[3]) + 1)),
    (LAYER + r"layer\.(\d)\.normalization\.(weight|bias)",
     lambda m: "codes.stage.%s.block.%s.conv%d.norm.%s" % (m[1], m[2], int(m[3]) + 1, m[4])),
    (r"classifier\.1\.(weight|bias)", r"scores.\1"),
]
STAGE = r"convnext(?:v2)?\.encoder\.stages\.(\d+)\."
CONVNEXT = [
    (r"convnext(?:v2)?\.embeddings\.patch_embeddings\.(weight|bias)", r"codes.stage.0.conv.\1"),
    (r"convnext(?:v2)?\.embeddings\.layernorm\.(weight|bias)", r"codes.stage.0.after.norm.\1"),
    (STAGE + r"downsampling_layer\.0\.(weight|bias)", r"codes.stage.\1.before.norm.\2"),
    (STAGE + r"downsampling_layer\.1\.(weight|bias)", r"codes.stage.\1.conv.\2"),
    (STAGE + r"layers\.(\d+)\.layer_scale_parameter", BLOCK + "gamma"),
    (STAGE + r"layers\.(\d+)\.layernorm\.(weight|bias)", BLOCK + r"norm.\3"),
    (STAGE + r"layers\.(\d+)\.pwconv(\d)\.(weight|bias)", BLOCK + r"fc\3.\4"),
    (STAGE + r"layers\.(\d+)\.grn\.(weight|bias)", BLOCK + r"grn.\3", torch.Tensor.flatten),
    (STAGE + r"layers\.(\d+)\.dwconv\.(weight|bias)", BLOCK + r"dwconv.\3"),
    (r"convnext(?:v2)?\.layernorm\.(weight|bias)", r"norm.\1"),
    (r"classifier\.(weight|bias)", r"scores.\1"),
]


def record(name, model, rules, settings, mode="train", seed=1):
    case = Case("conv_hf_" + name, "tests/torch/exact/classify.yaml", settings, mode, seed)
    model = case.weights(model.train(mode == "train"), rules)
    case.running(model, rules)
    image = case.feed("image", case.numbers(3, settings.get("channels", 3), settings.get("height", 16), settings.get("width", 24)))
    label = case.feed("label", torch.from_numpy(case.generator.randint(0, 5, 3)))
    out = model(pixel_values=image, labels=label)
    case.save(out.loss, scores=out.logits)


def main():
    for kind, mode in (("bottleneck", "train"), ("basic", "eval")):
        widths = [16, 32] if kind == "bottleneck" else [4, 8]
        config = ResNetConfig(num_channels=3, embedding_size=4, hidden_sizes=widths, depths=[2, 1], layer_type=kind, num_labels=5)
        record("resnet_" + kind, ResNetForImageClassification(config), RESNET, {
            "encoder": "{op: resnet_encoder, block: %s_block, depths: [2, 1], width: 4}" % kind, "normalised": False}, mode, 3)
    sizes = {"num_stages": 2, "hidden_sizes": [4, 6], "depths": [1, 2], "layer_norm_eps": 1e-6, "num_labels": 5}
    record("convnext", ConvNextForImageClassification(ConvNextConfig(num_channels=3, patch_size=4, **sizes)), CONVNEXT,
           {"encoder": "{op: convnext_encoder, widths: [4, 6], depths: [1, 2]}"}, seed=4)
    record("convnext_v2", ConvNextV2ForImageClassification(ConvNextV2Config(num_channels=1, patch_size=2, **sizes)), CONVNEXT,
           {"encoder": "{op: convnext_encoder, widths: [4, 6], depths: [1, 2], patch: 2, block: {op: convnext_block, scale: 0.0, "
            "response: true}}", "channels": 1, "height": 8, "width": 12}, seed=5)


if __name__ == "__main__":
    main()
