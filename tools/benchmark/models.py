"""The sizes of the models of graphs/bench.yaml: its arguments and variants."""

MODELS = {
    "vit": {"kind": "vit", "size": 32, "patch": 4, "batch": 128, "dim": 192, "depth": 12, "heads": 3},
    "vit_s": {"kind": "vit", "size": 224, "patch": 16, "batch": 16, "dim": 384, "depth": 12, "heads": 6},
    "vit_b": {"kind": "vit", "size": 224, "patch": 16, "batch": 8, "dim": 768, "depth": 12, "heads": 12},
    "swin_t": {"kind": "swin", "size": 192, "patch": 4, "mask_patch": 32, "batch": 16, "dim": 96,
               "depths": [2, 2, 6, 2], "heads": [3, 6, 12, 24], "window": 6},
    "cnn_32": {"kind": "cnn", "size": 32, "patch": 4, "batch": 128, "widths": [32, 64, 128, 256]},
    "cnn_64": {"kind": "cnn", "size": 64, "patch": 4, "batch": 128, "widths": [32, 64, 128, 256]},
}
RATIO = 0.6 # of hidden cells


def sizes_of(model, changes):
    """The sizes, with a few changed, and those of the mask: cells a side, and tokens a side of a cell."""
    sizes = dict(MODELS[model], **changes)
    cell = sizes.get("mask_patch", sizes["patch"])
    return dict(sizes, cells=sizes["size"] // cell, repeat=cell // sizes["patch"])
