#!/usr/bin/env python3
"""Records files of weights as other programs write them, and what their models compute: tests/torch/names/*.npz.

usage: record_names.py [--load SIMGRAPH]

Needs torch (made with 2.15), numpy, transformers (5.24), timm (1.0) and safetensors. With --load nothing is written: the file
of every model goes through `simgraph import` and `simgraph export`, and the model takes what comes back, strictly.

A record holds
    case          JSON: {"names": whose, "found": whose they are taken for (some names are alike), "graph", "set": as in exact.py,
                  "export": options, or null: not exported, "computed": arrays that the graph computes}
    file/NAME     the arrays of the file
    feed/VALUE    inputs
    want/VALUE    what the model computes from them, in f64"""
import json
import os
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn

from exact import Case, exact_half, only_needed
from record_vit import Beit, Mae, SimMIM, dropped, masks
import swin_modules

only_needed("transformers", "timm", "safetensors")
import safetensors.numpy
import safetensors.torch
import timm
import transformers
from transformers.models.vit_mae.modeling_vit_mae import build_2d_sinusoidal_position_embedding

HERE = os.path.dirname(os.path.abspath(__file__))
SIMMIM, MAE, SWIN = "tests/torch/exact/simmim.yaml", "tests/torch/exact/mae.yaml", "tests/torch/exact/swin.yaml"
ENCODER = "tests/torch/names/encoder.yaml"
torch.set_default_dtype(torch.float64)


class Published(Case):
    def __init__(self, name, names, graph, settings, seed, export="", found=None, computed=()):
        super().__init__(name, graph, settings, seed=seed)
        self.case.update({"names": names, "found": found or names, "export": None if export is None else export.split(),
                          "computed": list(computed)})

    def fill(self, module, reach=0.5):
        """Random numbers for all that is learned."""
        for parameter in module.double().eval().parameters():
            if parameter.requires_grad:
                parameter.data = self.numbers(*parameter.shape, reach=reach)
        swin_modules.off_the_kink(module)
        return module

    def keep(self, arrays, **values):
        """Writes the record; `arrays` is what the file holds."""
        record = {"case": numpy.array(json.dumps(self.case))}
        for name, tensor in self.feeds.items():
            array = tensor.detach().numpy()
            record["feed/" + name] = exact_half(array) if array.dtype.kind == "f" else array.astype("int32")
        for name, array in arrays.items():
            array = numpy.asarray(array)
            fits = array.dtype.kind == "f" and (array.astype("float16").astype(array.dtype) == array).all()
            record["file/" + name] = array.astype("float16") if fits else array.astype("float32") if array.dtype.kind == "f" else array
        for name, tensor in values.items():
            record["want/" + name] = tensor.detach().numpy()
        os.makedirs(os.path.join(HERE, "names"), exist_ok=True)
        numpy.savez_compressed(os.path.join(HERE, "names", self.name + ".npz"), **record)
        print("%s: %d arrays" % (self.name, len(arrays)))


def exact_coordinates(model):
    """Those of Swin V2's positions are computed in single precision elsewhere."""
    for part in model.modules():
        if hasattr(part, "relative_coords_table"):
            like = swin_modules.CosineAttention(2, 1, part.window_size[0], 0)
            part.relative_coords_table = like.coordinates().reshape(part.relative_coords_table.shape)
    return model


def load_back(case, arrays, load):
    """import, export, and the model loads what comes back; `load` takes a state dict."""
    with tempfile.TemporaryDirectory() as scratch:
        theirs, ours, back = (os.path.join(scratch, name + ".safetensors") for name in ("theirs", "ours", "back"))
        safetensors.numpy.save_file({n: numpy.ascontiguousarray(a) for n, a in arrays.items()}, theirs)
        graph = ["-g", os.path.join(HERE, "..", "..", case.case["graph"])]
        for key, value in case.case["set"].items():
            graph += ["--set", "%s=%s" % (key, value if isinstance(value, str) else json.dumps(value))]
        program = sys.argv[2]
        subprocess.run([program, "import", theirs, "-o", ours] + graph, check=True, stdout=subprocess.DEVNULL)
        if case.case["export"] is None:
            return
        names = ["--names", case.case["names"]] + case.case["export"]
        subprocess.run([program, "export", ours, "-o", back] + graph + names, check=True, stdout=subprocess.DEVNULL)
        load(safetensors.torch.load_file(back), os.path.dirname(back))
        print("%s: loaded" % case.name)


def finish(case, arrays, model, **values):
    """`arrays` NULL: those of the model's state dict."""
    arrays = {n: t.detach().numpy() for n, t in model.state_dict().items()} if arrays is None else arrays
    if "--load" not in sys.argv:
        return case.keep(arrays, **values)

    def load(state, _):
        # What no file of weights needs to hold is made by the module itself.
        made = [n for n in model.state_dict() if n not in state]
        learned = {n for n, p in model.named_parameters() if p.requires_grad}
        assert not learned & set(made), made
        model.load_state_dict(dict(state, **{n: model.state_dict()[n] for n in made}), strict=True)
    load_back(case, arrays, load)


# ---- Hugging Face ----

def saved(model):
    """What save_pretrained writes: the names of published files, which are not those of the modules."""
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        return safetensors.numpy.load_file(os.path.join(scratch, "model.safetensors"))


def finish_hf5(case, model, **values):
    """The same model by the names of its modules, where those are others."""
    case.name = case.name.replace("hf_", "hf5_").replace("_v5", "")
    case.case.update(names="hf5", found="hf5", export=case.case["export"] or [])
    finish(case, None, model, **values)


def finish_hf(case, model, arrays=None, **values):
    write_hf(case, model, arrays or saved(model), **values)
    if arrays is None and set(saved(model)) != set(model.state_dict()):
        finish_hf5(case, model, **values)


def write_hf(case, model, arrays, **values):
    if "--load" not in sys.argv:
        return case.keep(arrays, **values)

    def load(state, scratch):
        where = os.path.join(scratch, "model")
        model.config.save_pretrained(where)
        safetensors.torch.save_file(state, os.path.join(where, "model.safetensors"), {"format": "pt"})
        again, told = type(model).from_pretrained(where, output_loading_info=True)
        assert not told["missing_keys"] and not told["unexpected_keys"] and not told["mismatched_keys"], told
        for name, parameter in model.named_parameters():
            off = (again.state_dict()[name].double() - parameter).abs().max()
            assert off <= (1e-6 if name in case.case["computed"] else 0), name
    load_back(case, arrays, load)


def hf_vit():
    config = transformers.ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4,
        encoder_stride=4, attn_implementation="sdpa")
    encoder = {"op": "vit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4, "with_class": True,
               "eps": config.layer_norm_eps}
    case = Published("hf_vit", "hf", SIMMIM, {"encoder": encoder}, 1)
    image, mask = case.feed("image", case.numbers(2, 3, 8, 8)), masks(case, 2, 2, 2)
    model = case.fill(transformers.ViTForMaskedImageModeling(config))
    finish_hf(case, model, recon=model(image, bool_masked_pos=mask.flatten(1).bool()).reconstruction)


def hf_mae(name, rename, seed):
    config = transformers.ViTMAEConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=8, patch_size=2, num_channels=1,
        decoder_hidden_size=4, decoder_num_hidden_layers=1, decoder_num_attention_heads=2, decoder_intermediate_size=16,
        mask_ratio=0.75, norm_pix_loss=True, layer_norm_eps=1e-6, attn_implementation="sdpa")
    encoder = {"op": "vit_encoder", "dim": 8, "depth": 2, "heads": 2, "patch": 2}
    decoder = {"op": "mae_decoder", "dim": 4, "depth": 1, "heads": 2}
    case = Published(name, "hf", MAE, {"channels": 1, "patch": 2, "keep": 4, "encoder": encoder, "decoder": decoder}, seed,
                     export="" if rename else None, computed=["vit.embeddings.position_embeddings", "decoder.decoder_pos_embed"])
    image = case.feed("image", case.numbers(2, 1, 8, 8))
    kept, restore, mask = dropped(case, 2, 16, 4)
    case.feeds.update(kept=kept, restore=restore, mask=mask.reshape(2, 4, 4))
    model = case.fill(transformers.ViTMAEForPreTraining(config))
    for parameter in (model.vit.embeddings.position_embeddings, model.decoder.decoder_pos_embed):
        # Those of the published weights: columns first.
        table = build_2d_sinusoidal_position_embedding(4, 4, parameter.shape[-1], cls_token=True, dtype=torch.float64)
        parameter.data = torch.cat(table.chunk(2, 1)[::-1], 1)[None]
    arrays = {n.replace("decoder_encoder.layer", "decoder_layers"): a for n, a in saved(model).items()} if rename else None
    out = model(image, noise=restore.double())
    finish_hf(case, model, arrays, patches=out.logits, loss=out.loss)


def hf_swin(name, version, seed):
    config, kind = ((transformers.SwinConfig, transformers.SwinForMaskedImageModeling) if version == 1 else
                    (transformers.Swinv2Config, transformers.Swinv2ForMaskedImageModeling))
    config = config(image_size=16, patch_size=2, num_channels=3, embed_dim=4, depths=[2, 1], num_heads=[1, 2], window_size=4,
                    drop_path_rate=0.0, encoder_stride=4)
    config._attn_implementation = "sdpa" if version == 1 else "eager"
    encoder = {"op": "swin_encoder", "dim": 4, "depths": [2, 1], "heads": [1, 2], "window": 4, "patch": 2, "version": version}
    case = Published(name, "hf", SWIN, {"encoder": encoder}, seed)
    image = case.feed("image", case.numbers(2, 3, 16, 16))
    mask = case.feed("mask", torch.from_numpy(case.generator.randint(0, 2, (2, 8, 8))).double())
    model = case.fill(kind(config))
    exact_coordinates(model)
    finish_hf(case, model, recon=model(image, bool_masked_pos=mask.flatten(1) != 0).reconstruction)


def hf_beit(name, shared, seed):
    """The encoder alone: names without `beit.`."""
    config = transformers.BeitConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4,
        use_relative_position_bias=not shared, use_shared_relative_position_bias=shared, use_mask_token=True, use_mean_pooling=False,
        drop_path_rate=0.0, layer_norm_eps=1e-6, attn_implementation="sdpa")
    encoder = {"op": "beit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4, "relative": "shared" if shared else "own"}
    case = Published(name, "hf", "tests/torch/names/masked.yaml", {"encoder": encoder}, seed, export="--bare")
    image, mask = case.feed("image", case.numbers(2, 3, 8, 8)), masks(case, 2, 2, 2)
    model = case.fill(transformers.BeitModel(config, add_pooling_layer=False))
    finish_hf(case, model, **{"codes.tokens": model(image, bool_masked_pos=mask.flatten(1).bool()).last_hidden_state})


def hf_classifier():
    config = transformers.BeitConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4, num_labels=3,
        use_relative_position_bias=True, use_mean_pooling=True, drop_path_rate=0.0, layer_norm_eps=1e-6, attn_implementation="sdpa")
    encoder = {"op": "beit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4, "relative": "own", "last_norm": False}
    case = Published("hf_classifier", "hf", "tests/torch/names/classifier.yaml", {"encoder": encoder}, 9)
    image = case.feed("image", case.numbers(2, 3, 8, 8))
    model = case.fill(transformers.BeitForImageClassification(config))
    finish_hf(case, model, scores=model(image).logits)


# ---- the official code: modules with its names ----

def whole(state, *more):
    """A state dict with the buffers of the official modules, which no graph needs."""
    arrays = {n: t.detach().numpy() for n, t in state.items()}
    for name in more:
        arrays[name] = numpy.arange(12, dtype="int32").reshape(3, 4)
    return arrays


def official_vit():
    encoder = {"op": "beit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4}
    case = Published("official_vit", "official", SIMMIM, {"encoder": encoder}, 11)
    image, mask = case.feed("image", case.numbers(2, 3, 8, 8)), masks(case, 2, 2, 2)
    model = case.fill(SimMIM(Beit(3, 2, 2, 4, 8, 2, 2, 2), [nn.Conv2d(8, 48, 1)], 4))
    arrays = whole(model.state_dict(), "encoder.rel_pos_bias.relative_position_index")
    loss, recon = model(image, mask)
    finish(case, arrays, model, loss=loss, recon=recon)


def official_finetuned():
    encoder = {"op": "beit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4, "relative": "own", "last_norm": False}
    case = Published("official_finetuned", "official", "tests/torch/names/classifier.yaml", {"encoder": encoder}, 12, export="--bare")
    image = case.feed("image", case.numbers(2, 3, 8, 8))
    model = case.fill(Beit(3, 2, 2, 4, 8, 2, 2, 2, own=True, pooled=3))
    arrays = whole(model.state_dict(), *["blocks.%d.attn.relative_position_index" % i for i in range(2)])
    finish(case, arrays, model, scores=model(image))


class Model(nn.Module):
    def __init__(self, encoder, inner):
        super().__init__()
        self.encoder, self.decoder = encoder, nn.Sequential(nn.Conv2d(inner, 48, 1), nn.PixelShuffle(4))

    def forward(self, image, mask):
        return self.decoder(self.encoder(image, mask))


def official_swin(name, version, seed):
    shape = {"dim": 4, "depths": [2, 1], "heads": [1, 2], "window": 4}
    encoder = dict(shape, op="swin_encoder", patch=2, version=version, absolute=version == 1)
    case = Published(name, "official", SWIN, {"encoder": encoder}, seed)
    image = case.feed("image", case.numbers(2, 3, 16, 16))
    mask = case.feed("mask", torch.from_numpy(case.generator.randint(0, 2, (2, 8, 8))).double())
    model = case.fill(Model(swin_modules.Encoder((16, 16), 3, patch=2, version=version, absolute=version == 1, **shape), 8))
    block = "encoder.layers.0.blocks.%d."
    arrays = whole(model.state_dict(), block % 0 + "attn.relative_position_index", block % 1 + "attn_mask",
                   *([block % 1 + "attn.relative_coords_table"] if version == 2 else []))
    finish(case, arrays, model, recon=model(image, mask))


def official_mae():
    encoder = {"op": "vit_encoder", "dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4}
    decoder = {"op": "mae_decoder", "dim": 4, "depth": 1, "heads": 2}
    case = Published("official_mae", "official", MAE, {"patch": 4, "keep": 2, "encoder": encoder, "decoder": decoder}, 15,
                     export="--bare", computed=["pos_embed", "decoder_pos_embed"])
    image = case.feed("image", case.numbers(2, 3, 8, 8))
    kept, restore, mask = dropped(case, 2, 4, 2)
    case.feeds.update(kept=kept, restore=restore, mask=mask.reshape(2, 2, 2))
    model = case.fill(Mae(3, 2, 2, 4, 8, 2, 2, 4, 1, 2, ratio=2))
    model.pos_embed = nn.Parameter(model.positions[None], requires_grad=False) # as the official module has them
    model.decoder_pos_embed = nn.Parameter(model.decoder_positions[None], requires_grad=False)
    loss, recon = model(image, kept, mask, True)
    finish(case, None, model, loss=loss, patches=recon)


# ---- timm ----

def timm_model(name, found, encoder, model, wanted, arrange, seed):
    case = Published(name, "timm", ENCODER, {"encoder": encoder}, seed, found=found)
    image = case.feed("image", case.numbers(2, 3, 16, 16))
    model = exact_coordinates(case.fill(model))
    finish(case, None, model, **{wanted: arrange(model.forward_features(image))})


def all_timm():
    shape = {"dim": 8, "depth": 2, "heads": 2, "ratio": 2, "patch": 4}
    theirs = {"img_size": 16, "patch_size": 4, "embed_dim": 8, "depth": 2, "num_heads": 2, "mlp_ratio": 2, "num_classes": 0}
    timm_model("timm_vit", "official", dict(shape, op="vit_encoder", with_class=True, eps=1e-6), timm.models.VisionTransformer(**theirs),
               "codes.tokens", lambda x: x, 21)
    timm_model("timm_beit", "official", dict(shape, op="beit_encoder"), timm.models.beit.Beit(
        init_values=0.1, use_abs_pos_emb=False, use_shared_rel_pos_bias=True, global_pool="token", **theirs),
        "codes.tokens", lambda x: x, 22)
    for name, version, kind in (("timm_swin", 1, timm.models.SwinTransformer), ("timm_swin_v2", 2, timm.models.SwinTransformerV2)):
        swin = {"op": "swin_encoder", "dim": 4, "depths": [2, 1], "heads": [1, 2], "window": 4, "patch": 2, "version": version}
        model = kind(img_size=16, patch_size=2, embed_dim=4, depths=(2, 1), num_heads=(1, 2), window_size=4, num_classes=0)
        timm_model(name, "timm", swin, model, "codes", lambda x: x.permute(0, 3, 1, 2), 22 + version)


hf_vit()
hf_mae("hf_mae", True, 2)
hf_mae("hf_mae_v5", False, 3)
hf_swin("hf_swin", 1, 4)
hf_swin("hf_swin_v2", 2, 5)
hf_beit("hf_beit", True, 6)
hf_beit("hf_beit_own", False, 7)
hf_classifier()
official_vit()
official_finetuned()
official_swin("official_swin", 1, 13)
official_swin("official_swin_v2", 2, 14)
official_mae()
all_timm()
