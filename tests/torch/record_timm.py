#!/usr/bin/python3
"""Records what timm's encoders compute, at sizes that other records do not have: images that are no squares, two to five
channels, windows of 5 and 1, patches of 3, three to four stages. tests/torch/exact/timm_*.npz.

usage: record_timm.py

Needs torch, numpy, transformers and timm (made with 2.15, 5.24 and 1.0)."""
import torch

from exact import Case, only_needed
from swin_modules import CosineAttention, off_the_kink

only_needed("timm", "transformers")
from timm.models import Beit, ConvNeXt, SwinTransformer, SwinTransformerV2, VisionTransformer
from transformers import ResNetConfig, ResNetModel

from record_conv_hf import RESNET

WORDS = {"q": "query", "v": "value"}


def flat(tensor):
    return tensor.reshape(-1)


VIT_BLOCK = r"blocks\.(\d+)\."
VIT = [(r"cls_token", "codes.embed.class_token", flat), (r"pos_embed", "codes.embed.position", lambda t: t[0]),
       (r"patch_embed\.proj\.(weight|bias)", r"codes.embed.proj.\1"), (r"norm\.(weight|bias)", r"codes.norm.\1"),
       (VIT_BLOCK + r"gamma_(\d)", r"codes.block.\1.scale\2"),
       (VIT_BLOCK + r"attn\.([qv])_bias", lambda m: "codes.block.%s.mix.%s_bias" % (m[1], WORDS[m[2]])),
       (VIT_BLOCK + r"attn\.(qkv|proj)\.(weight|bias)", r"codes.block.\1.mix.\2.\3"),
       (VIT_BLOCK + r"(norm\d|mlp\.fc\d)\.(weight|bias)", r"codes.block.\1.\2.\3"),
       (r"rel_pos_bias\.relative_position_bias_table", "codes.bias.0.table"),
       (VIT_BLOCK + r"attn\.relative_position_bias_table", r"codes.bias.\1.table")]
BLOCK, OURS = r"layers\.(\d+)\.blocks\.(\d+)\.", r"codes.layers.\1.blocks.\2."
SWIN = [(r"patch_embed\.(proj|norm)\.(weight|bias)", r"codes.patch_embed.\1.\2"), (r"norm\.(weight|bias)", r"codes.norm.\1"),
        (r"layers\.(\d+)\.downsample\.(.*)", lambda m: "codes.layers.%d.downsample.%s" % (int(m[1]) - 1, m[2])),
        (BLOCK + r"(norm\d|attn\.qkv|attn\.proj|mlp\.fc\d)\.(weight|bias)", OURS + r"\3.\4"),
        (BLOCK + r"attn\.(relative_position_bias_table)", OURS + r"position.\3"), (BLOCK + r"attn\.(logit_scale)", OURS + r"attn.\3"),
        (BLOCK + r"attn\.([qv])_bias", lambda m: "codes.layers.%s.blocks.%s.attn.%s_bias" % (m[1], m[2], WORDS[m[3]])),
        (BLOCK + r"attn\.cpb_mlp\.0\.(weight|bias)", OURS + r"position.fc1_\3"),
        (BLOCK + r"attn\.cpb_mlp\.2\.weight", OURS + r"position.fc2_weight")]
STAGE = r"stages\.(\d+)\."
PLACE, HERE = STAGE + r"blocks\.(\d+)\.", r"codes.stage.\1.block.\2."
CONVNEXT = [(r"stem\.0\.(weight|bias)", r"codes.stage.0.conv.\1"), (r"stem\.1\.(weight|bias)", r"codes.stage.0.after.norm.\1"),
            (STAGE + r"downsample\.0\.(weight|bias)", r"codes.stage.\1.before.norm.\2"),
            (STAGE + r"downsample\.1\.(weight|bias)", r"codes.stage.\1.conv.\2"), (PLACE + r"gamma", HERE + "gamma"),
            (PLACE + r"conv_dw\.(weight|bias)", HERE + r"dwconv.\3"), (PLACE + r"norm\.(weight|bias)", HERE + r"norm.\3"),
            (PLACE + r"mlp\.(fc\d|grn)\.(weight|bias)", HERE + r"\3.\4")]


def record(name, model, rules, channels, size, encoder, arrange=lambda x: x, mode="eval", seed=1):
    case = Case("timm_" + name, "tests/torch/exact/encoder.yaml",
                {"height": size[0], "width": size[1], "channels": channels, "encoder": encoder}, mode, seed)
    model = case.weights(model.train(mode == "train"), rules)
    case.running(model, rules)
    off_the_kink(model)
    codes = arrange(model.forward_features(case.feed("image", case.numbers(2, channels, *size))))
    case.save(torch.sin(3 * codes).mean(), codes=codes)


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def as_map(first, rows, columns):
    return lambda x: x[:, first:].transpose(1, 2).reshape(len(x), -1, rows, columns)


def exact_coordinates(model):
    """timm computes them in single precision."""
    for part in model.modules():
        if hasattr(part, "relative_coords_table"):
            like = CosineAttention(2, 1, part.window_size[0], part.pretrained_window_size[0])
            part.relative_coords_table = like.coordinates().reshape(part.relative_coords_table.shape)
    return model


class ResNet(torch.nn.Module):
    def __init__(self, kind, sizes):
        super().__init__()
        self.resnet = ResNetModel(ResNetConfig(num_channels=5, embedding_size=2, hidden_sizes=sizes, depths=[1, 2, 1, 1], layer_type=kind))

    def forward_features(self, x):
        return self.resnet(x).last_hidden_state


def transformers():
    swin = {"num_classes": 0, "drop_path_rate": 0.0}
    record("swin_five", SwinTransformer(img_size=(40, 60), patch_size=4, in_chans=5, embed_dim=6, depths=(3, 1), num_heads=(3, 2),
                                        window_size=5, **swin), SWIN, 5, (40, 60),
           "{op: swin_encoder, dim: 6, depths: [3, 1], heads: [3, 2], window: 5}", channels_first)
    record("swin_stages", SwinTransformer(img_size=(36, 72), patch_size=3, in_chans=1, embed_dim=4, depths=(2, 3, 1),
                                          num_heads=(1, 2, 4), window_size=3, mlp_ratio=2.0, qkv_bias=False, **swin), SWIN, 1, (36, 72),
           "{op: swin_encoder, dim: 4, depths: [2, 3, 1], heads: [1, 2, 4], window: 3, patch: 3, block: [{op: swin_block, ratio: 2.0, "
           "qkv_bias: false}]}", channels_first)
    record("swin_one", SwinTransformer(img_size=(8, 12), patch_size=2, in_chans=2, embed_dim=4, depths=(2,), num_heads=(2,),
                                       window_size=1, **swin), SWIN, 2, (8, 12),
           "{op: swin_encoder, dim: 4, depths: [2], heads: [2], window: 1, patch: 2}", channels_first)
    record("swin_v2_trained", exact_coordinates(SwinTransformerV2(
        img_size=(40, 80), patch_size=4, in_chans=4, embed_dim=4, depths=(3, 1), num_heads=(2, 4), window_size=5,
        pretrained_window_sizes=(3, 0), **swin)), SWIN, 4, (40, 80),
           "{op: swin_encoder, version: 2, dim: 4, depths: [3, 1], heads: [2, 4], window: 5, block: [{op: swin_v2_block, trained: 3}, "
           "swin_v2_block]}", channels_first)
    plain = {"num_classes": 0, "global_pool": ""}
    record("beit", Beit(img_size=(24, 40), patch_size=8, in_chans=2, embed_dim=12, depth=3, num_heads=3, init_values=0.1,
                        use_shared_rel_pos_bias=True, use_abs_pos_emb=False, **plain), VIT, 2, (24, 40),
           "{op: beit_encoder, dim: 12, depth: 3, heads: 3, patch: 8}", as_map(1, 3, 5))
    record("beit_own", Beit(img_size=(15, 9), patch_size=3, in_chans=1, embed_dim=8, depth=2, num_heads=4, init_values=0.1,
                            use_rel_pos_bias=True, use_abs_pos_emb=True, **plain), VIT, 1, (15, 9),
           "{op: beit_encoder, dim: 8, depth: 2, heads: 4, patch: 3, relative: own, positions: learned}", as_map(1, 5, 3))
    record("vit", VisionTransformer(img_size=(12, 20), patch_size=4, in_chans=5, class_token=False, embed_dim=12, depth=3, num_heads=2,
                                    mlp_ratio=3.0, **plain), VIT, 5, (12, 20),
           "{op: vit_encoder, dim: 12, depth: 3, heads: 2, patch: 4, ratio: 3.0, eps: 1e-6}", as_map(0, 3, 5))


def convolutions():
    def convnext(**arguments):
        model = ConvNeXt(num_classes=0, global_pool="", **arguments)
        model.norm_pre, model.head = torch.nn.Identity(), torch.nn.Identity()
        return model
    record("convnext", convnext(in_chans=4, depths=(1, 2, 1, 1), dims=(4, 6, 10, 8), patch_size=3, kernel_sizes=5), CONVNEXT, 4, (48, 72),
           "{op: convnext_encoder, depths: [1, 2, 1, 1], widths: [4, 6, 10, 8], patch: 3, block: {op: convnext_block, kernel: 5}}")
    record("convnext_v2", convnext(in_chans=1, depths=(2, 1, 1, 1), dims=(6, 4, 8, 4), patch_size=1, use_grn=True, ls_init_value=None),
           CONVNEXT, 1, (8, 24), "{op: convnext_encoder, depths: [2, 1, 1, 1], widths: [6, 4, 8, 4], patch: 1, block: "
           "{op: convnext_block, scale: 0.0, response: true}}")
    # Four stages of odd sizes; of Hugging Face, whose widths are free.
    record("resnet", ResNet("basic", [2, 4, 8, 16]), RESNET, 5, (45, 67),
           "{op: resnet_encoder, block: basic_block, depths: [1, 2, 1, 1], width: 2}", mode="train", seed=3)


def main():
    transformers()
    convolutions()


if __name__ == "__main__":
    main()
