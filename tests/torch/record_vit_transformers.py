#!/usr/bin/env python3
"""Records what the transformers package computes: tests/torch/exact/vit_*.npz (ViTForMaskedImageModeling) and
mae_transformers_*.npz (ViTMAEForPreTraining), with random weights in tiny configurations.

usage: record_vit_transformers.py

Needs numpy, torch (made with 2.15) and transformers (made with 5.24; the names of weights differ between its versions)."""
import torch

from exact import Case, only_needed
from record_vit import dropped, flat, masks

only_needed("transformers")
from transformers import ViTConfig, ViTForMaskedImageModeling, ViTMAEConfig, ViTMAEForPreTraining
from transformers.models.vit_mae.modeling_vit_mae import build_2d_sinusoidal_position_embedding


def block_rules(ours, theirs):
    block, names = theirs + r"\.(\d+)\.", {"before": "1", "after": "2"}
    return [(block + r"layernorm_(before|after)\.(weight|bias)", lambda m: "%s.block.%s.norm%s.%s" % (ours, m[1], names[m[2]], m[3])),
            (block + r"attention\.[qkv]_proj\.(weight|bias)", ours + r".block.\1.mix.qkv.\2"),
            (block + r"attention\.o_proj\.(weight|bias)", ours + r".block.\1.mix.proj.\2"),
            (block + r"mlp\.(fc\d)\.(weight|bias)", ours + r".block.\1.mlp.\2.\3")]


EMBEDDINGS = [(r"vit\.embeddings\.cls_token", "codes.embed.class_token", flat),
              (r"vit\.embeddings\.mask_token", "codes.embed.mask_token", flat),
              (r"vit\.embeddings\.position_embeddings", "codes.embed.position", lambda t: t[0]),
              (r"vit\.embeddings\.patch_embeddings\.projection\.(weight|bias)", r"codes.embed.proj.\1"),
              (r"vit\.layernorm\.(weight|bias)", r"codes.norm.\1")]


def vit(name, size, patch, channels, dim, depth, heads, ratio, act, seed):
    config = ViTConfig(
        hidden_size=dim, num_hidden_layers=depth, num_attention_heads=heads, intermediate_size=int(ratio * dim),
        hidden_act={"gelu_tanh": "gelu_pytorch_tanh"}.get(act, act), image_size=size, patch_size=patch, num_channels=channels,
        encoder_stride=patch, attn_implementation="sdpa")
    encoder = {"op": "vit_encoder", "dim": dim, "depth": depth, "heads": heads, "ratio": ratio, "act": act, "patch": patch,
               "with_class": True, "eps": config.layer_norm_eps}
    case = Case(name, "tests/torch/exact/simmim.yaml",
                {"height": size, "width": size, "channels": channels, "patch": patch, "encoder": encoder}, seed=seed)
    image, mask = case.feed("image", case.numbers(2, channels, size, size)), masks(case, 2, size // patch, size // patch)
    rules = EMBEDDINGS + block_rules("codes", r"vit\.layers") + [(r"decoder\.0\.(weight|bias)", r"recon.pixels.\1")]
    model = case.weights(ViTForMaskedImageModeling(config).eval(), rules)
    out = model(image, bool_masked_pos=mask.flatten(1).bool())
    case.save(out.loss, recon=out.reconstruction)


def place(parameter, rows, columns):
    """The positions of the published weights, columns first, in full precision."""
    table = build_2d_sinusoidal_position_embedding(rows, columns, parameter.shape[-1], cls_token=True, dtype=torch.float64)
    parameter.data = torch.cat(table.chunk(2, 1)[::-1], 1)[None]


def mae(name, size, patch, channels, dim, depth, heads, width, decoder_depth, decoder_heads, keep, normalise, seed):
    rows = size // patch
    config = ViTMAEConfig(
        hidden_size=dim, num_hidden_layers=depth, num_attention_heads=heads, intermediate_size=4 * dim, image_size=size,
        patch_size=patch, num_channels=channels, decoder_hidden_size=width, decoder_num_hidden_layers=decoder_depth,
        decoder_num_attention_heads=decoder_heads, decoder_intermediate_size=4 * width, mask_ratio=1 - keep / rows ** 2,
        norm_pix_loss=normalise, layer_norm_eps=1e-6, attn_implementation="sdpa")
    encoder = {"op": "vit_encoder", "dim": dim, "depth": depth, "heads": heads, "patch": patch}
    decoder = {"op": "mae_decoder", "dim": width, "depth": decoder_depth, "heads": decoder_heads}
    case = Case(name, "tests/torch/exact/mae.yaml",
                {"height": size, "width": size, "channels": channels, "patch": patch, "keep": keep, "normalise": normalise,
                 "encoder": encoder, "decoder": decoder}, seed=seed)
    image = case.feed("image", case.numbers(2, channels, size, size))
    kept, restore, mask = dropped(case, 2, rows ** 2, keep)
    case.feeds.update(kept=kept, restore=restore, mask=mask.reshape(2, rows, rows))
    rules = EMBEDDINGS + block_rules("codes", r"vit\.layers") + block_rules("recon", r"decoder\.decoder_layers") + [
        (r"decoder\.mask_token", "recon.mask_token", flat),
        (r"decoder\.decoder_(embed|norm)\.(weight|bias)", r"recon.\1.\2"),
        (r"decoder\.decoder_pred\.(weight|bias)", r"recon.pixels.\1")]
    model = case.weights(ViTMAEForPreTraining(config).eval(), rules)
    place(model.vit.embeddings.position_embeddings, rows, rows)
    place(model.decoder.decoder_pos_embed, rows, rows)
    out = model(image, noise=restore.double()) # sorting it gives the order back
    assert torch.equal(out.mask.double(), mask) and torch.equal(out.ids_restore, restore)
    case.save(out.loss, patches=out.logits)


torch.set_default_dtype(torch.float64) # else the count of hidden pixels + 1e-5 is rounded to f32
vit("vit_transformers", 8, 4, 3, 8, 2, 2, 2, "gelu", 11)
vit("vit_transformers_grey", 6, 2, 1, 12, 1, 3, 1.5, "gelu_tanh", 12)
mae("mae_transformers", 8, 2, 3, 8, 1, 2, 4, 1, 1, 4, True, 13)
mae("mae_transformers_grey", 6, 3, 1, 4, 2, 1, 8, 2, 2, 1, False, 14)
