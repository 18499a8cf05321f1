#!/usr/bin/python3
"""Records what the Swin transformers of Hugging Face compute: tests/torch/exact/swin_hf_*.npz.

usage: record_swin_hf.py

Needs torch, numpy and transformers (made with 2.15 and 5.24)."""
import torch

from exact import Case, only_needed
from swin_modules import CosineAttention, masked_l1, off_the_kink

only_needed("transformers")
from transformers import Swinv2Config, Swinv2ForMaskedImageModeling, SwinConfig, SwinForMaskedImageModeling

BATCH = 2
BLOCK = r"swinv?2?\.encoder\.layers\.(\d+)\.blocks\.(\d+)\."
OURS = r"codes.layers.\1.blocks.\2."
COMMON = [
    (r"swinv?2?\.embeddings\.mask_token", "codes.mask_token"),
    (r"swinv?2?\.embeddings\.patch_embeddings\.projection\.(weight|bias)", r"codes.patch_embed.proj.\1"),
    (r"swinv?2?\.embeddings\.norm\.(weight|bias)", r"codes.patch_embed.norm.\1"),
    (BLOCK + r"layernorm_before\.(weight|bias)", OURS + r"norm1.\3"),
    (BLOCK + r"layernorm_after\.(weight|bias)", OURS + r"norm2.\3"),
    (r"swinv?2?\.encoder\.layers\.(\d+)\.downsample\.(norm\.weight|norm\.bias|reduction\.weight)", r"codes.layers.\1.downsample.\2"),
    (r"swinv?2?\.layernorm\.(weight|bias)", r"codes.norm.\1"),
    (r"decoder\.0\.(weight|bias)", r"recon.pixels.\1"),
]
SWIN = COMMON + [
    (BLOCK + r"attention\.[qkv]_proj\.(weight|bias)", OURS + r"attn.qkv.\3"),
    (BLOCK + r"attention\.o_proj\.(weight|bias)", OURS + r"attn.proj.\3"),
    (BLOCK + r"attention\.relative_position_bias\.(relative_position_bias_table)", OURS + r"position.\3"),
    (BLOCK + r"mlp\.(fc[12]\.(weight|bias))", OURS + r"mlp.\3"),
]
SWIN_V2 = COMMON + [
    (BLOCK + r"attention\.self\.(?:query|key|value)\.weight", OURS + r"attn.qkv.weight"),
    (BLOCK + r"attention\.self\.query\.bias", OURS + r"attn.query_bias"),
    (BLOCK + r"attention\.self\.value\.bias", OURS + r"attn.value_bias"),
    (BLOCK + r"attention\.self\.(logit_scale)", OURS + r"attn.\3"),
    (BLOCK + r"attention\.self\.continuous_position_bias_mlp\.0\.(weight|bias)", OURS + r"position.fc1_\3"),
    (BLOCK + r"attention\.self\.continuous_position_bias_mlp\.2\.weight", OURS + r"position.fc2_weight"),
    (BLOCK + r"attention\.output\.dense\.(weight|bias)", OURS + r"attn.proj.\3"),
    (BLOCK + r"intermediate\.dense\.(weight|bias)", OURS + r"mlp.fc1.\3"),
    (BLOCK + r"output\.dense\.(weight|bias)", OURS + r"mlp.fc2.\3"),
]


def exact_coordinates(module):
    """Hugging Face computes them in single precision."""
    for part in module.modules():
        if hasattr(part, "relative_coords_table"):
            like = CosineAttention(2, 1, part.window_size[0], part.pretrained_window_size[0])
            part.relative_coords_table = like.coordinates().reshape(part.relative_coords_table.shape)


def record(name, version, size, patch, stride, channels, **encoder):
    """Images of a size that the decoder does not fill exactly are decoded here: Hugging Face's model takes squares."""
    height, width = size
    ours = {"encoder." + key: value for key, value in encoder.items()}
    case = Case(name, "tests/torch/exact/swin.yaml",
                dict({"height": height, "width": width, "channels": channels, "patch": patch, "encoder.version": version,
                      "decoder": {"op": "pixel_decoder", "stride": stride}}, **ours))
    config, kind, rules = ((SwinConfig, SwinForMaskedImageModeling, SWIN) if version == 1 else
                           (Swinv2Config, Swinv2ForMaskedImageModeling, SWIN_V2))
    config = config(image_size=size, patch_size=patch, num_channels=channels, embed_dim=encoder["dim"], depths=encoder["depths"],
                    num_heads=encoder["heads"], window_size=encoder["window"], drop_path_rate=0.0, encoder_stride=stride)
    config._attn_implementation = "sdpa" if version == 1 else "eager" # the eager one of Swin has a softmax of single precision
    model = kind(config).eval()
    case.weights(model, rules)
    off_the_kink(model)
    exact_coordinates(model)
    image = case.feed("image", case.numbers(BATCH, channels, height, width))
    grid = [-(-side // patch) for side in size]
    mask = case.feed("mask", torch.from_numpy(case.generator.randint(0, 2, (BATCH, *grid))).double())
    if height == width and height % stride == 0:
        model.config.image_size = height
        out = model(image, bool_masked_pos=mask.flatten(1) != 0)
        recon, loss = out.reconstruction, masked_l1(out.reconstruction, image, mask, patch)
        assert abs(out.loss - loss) < 1e-6 * loss # the mask is counted in single precision there
    else:
        body = model.swin if version == 1 else model.swinv2
        tokens = body(image, bool_masked_pos=mask.flatten(1) != 0).last_hidden_state
        grid = [-(-side // stride) for side in size]
        recon = model.decoder(tokens.transpose(1, 2).reshape(BATCH, -1, *grid))[:, :, :height, :width]
        loss = masked_l1(recon, image, mask, patch)
    case.save(loss, recon=recon)


def main():
    record("swin_hf_square", 1, (24, 24), 2, 4, 3, dim=4, depths=[2, 2], heads=[1, 2], window=4)
    record("swin_hf_odd", 1, (25, 19), 2, 4, 1, dim=4, depths=[2, 2], heads=[2, 2], window=3)
    record("swin_hf_v2_square", 2, (16, 16), 2, 4, 3, dim=4, depths=[2, 1], heads=[2, 2], window=4)
    record("swin_hf_v2_odd", 2, (25, 19), 2, 4, 1, dim=4, depths=[2, 1], heads=[1, 2], window=3)


main()
