#!/usr/bin/python3
"""Records graphs/contrastive.yaml and graphs/teacher.yaml, made small, for tests/exact_test.py.

usage: record_hybrids.py

The teacher has the weights of the encoder here, as it has when a run begins; how it follows them is the matter of
record_states.py. Needs torch (made with 1.13) and numpy."""
import torch
from torch import nn
from torch.nn import functional

from exact import Case
from record_training import decode, encode, linear, masked_l1


class Weights(nn.Module):
    """Weights by simgraph's names."""

    def __init__(self, shapes):
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name.replace(".", "/"), nn.Parameter(torch.zeros(shape)))

    def by_name(self):
        return {name.replace("/", "."): parameter for name, parameter in self.named_parameters()}


def shapes_of(dim, depth, patch, cells):
    norms = ["codes.norm"] + ["codes.block.%d.norm%d" % (block, k) for block in range(depth) for k in (1, 2)]
    shapes = {"codes.embed.position": (cells, dim), "codes.embed.mask_token": (dim,),
              "codes.embed.proj.weight": (dim, 1, patch, patch), "codes.embed.proj.bias": (dim,),
              "recon.pixels.weight": (patch * patch, dim, 1, 1), "recon.pixels.bias": (patch * patch,)}
    for block in range(depth):
        for part, shape in (("mix.qkv", (3 * dim, dim)), ("mix.proj", (dim, dim)), ("mlp.fc1", (4 * dim, dim)),
                            ("mlp.fc2", (dim, 4 * dim))):
            shapes["codes.block.%d.%s.weight" % (block, part)] = shape
            shapes["codes.block.%d.%s.bias" % (block, part)] = shape[:1]
    for name in norms:
        shapes[name + ".weight"] = shapes[name + ".bias"] = (dim,)
    return shapes


class Hybrid:
    """What both have: a case with an image, a mask, an encoder and a decoder."""

    def __init__(self, name, graph, settings, more, size, patch, dim, depth, heads, seed):
        self.case = Case(name, graph, dict({"size": size, "patch": patch, "encoder.dim": dim, "encoder.depth": depth,
                                            "encoder.heads": heads}, **settings), seed=seed)
        self.patch, self.depth, self.heads = patch, depth, heads
        cells = size // patch
        self.image = self.case.feed("image", self.case.numbers(3, 1, size, size))
        drawn = torch.from_numpy(self.case.generator.randint(0, 2, (3, cells, cells)) / 1.0)
        self.mask = self.case.feed("mask", drawn)
        weights = self.case.weights(Weights(dict(shapes_of(dim, depth, patch, cells * cells), **more)),
                                    [("(.*)", lambda match: match.group(1).replace("/", "."))])
        self.w = weights.by_name()
        self.codes = self.encode(self.w, self.image, self.mask)
        self.recon = decode(self.w, self.codes, patch)
        self.masked = masked_l1(self.recon, self.image, self.mask, patch)

    def encode(self, w, image, mask):
        return encode(w, image, mask, self.depth, self.heads, self.patch)

    def teach(self, image):
        """What the averaged encoder makes of a whole image."""
        return self.encode({name: value.detach() for name, value in self.w.items()}, image, None)


def project(w, codes):
    hidden = functional.gelu(linear(w, codes.mean((2, 3)), "vector.fc1"))
    return functional.normalize(linear(w, hidden, "vector.fc2"))


def contrastive(name, share, temperature, **sizes):
    dim = sizes["dim"]
    more = {"vector.fc1.weight": (12, dim), "vector.fc1.bias": (12,), "vector.fc2.weight": (6, 12),
            "vector.fc2.bias": (6,)}
    h = Hybrid(name, "graphs/contrastive.yaml",
               {"lambda": share, "temperature": temperature, "nodes.vector.hidden": 12, "nodes.vector.out": 6,
                "nodes.target.hidden": 12, "nodes.target.out": 6}, more, **sizes)
    view = h.case.feed("view", h.case.numbers(*h.image.shape))
    still = {key: value.detach() for key, value in h.w.items()}
    scores = project(h.w, h.codes) @ project(still, h.teach(view)).t() / temperature
    nce = functional.cross_entropy(scores, torch.arange(len(scores)))
    h.case.save(h.masked + share * nce, nce=nce, masked=h.masked, recon=h.recon)


def teacher(name, share, **sizes):
    dim = sizes["dim"]
    h = Hybrid(name, "graphs/teacher.yaml", {"lambda": share},
               {"guess.y.weight": (dim, dim, 1, 1), "guess.y.bias": (dim,)}, **sizes)
    target = h.teach(h.image)
    target = functional.layer_norm(target.permute(0, 2, 3, 1), (dim,)).permute(0, 3, 1, 2)
    guess = functional.conv2d(h.codes, h.w["guess.y.weight"], h.w["guess.y.bias"])
    hidden = h.mask.unsqueeze(1).expand_as(guess)
    each = functional.smooth_l1_loss(guess, target, reduction="none")
    match = (each * hidden).sum() / (h.mask.sum() + 1e-5) / dim
    h.case.save(h.masked + share * match, match=match, masked=h.masked, recon=h.recon)


if __name__ == "__main__":
    contrastive("hybrid_contrastive", 0.1, 0.2, size=8, patch=4, dim=8, depth=1, heads=2, seed=11)
    contrastive("hybrid_contrastive_deep", 1.5, 0.07, size=12, patch=4, dim=12, depth=2, heads=3, seed=12)
    teacher("hybrid_teacher", 0.5, size=8, patch=4, dim=8, depth=1, heads=2, seed=13)
    teacher("hybrid_teacher_deep", 2.0, size=12, patch=4, dim=12, depth=2, heads=3, seed=14)
