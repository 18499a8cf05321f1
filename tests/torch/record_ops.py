#!/usr/bin/python3
"""Records what PyTorch computes for the samples of all ops: tests/torch/records/<op>.npz.

usage: record_ops.py PATH/TO/dump_samples        (or: ninja -C build record_ops)

Every op has a line in TORCH, a function from (inputs, attributes) to its outputs written with PyTorch alone, or a
line in EXEMPT that says why it has none; anything else is an error. Inputs are tensors (floats in f64) or None where
absent; an output that is None is not recorded. Gradients are those of sum(y * cotangent) over the differentiable
outputs. tests/test_ops_torch.c says how a record is laid out. Needs torch (made with 1.13) and numpy."""
import json
import os
import subprocess
import sys
import tempfile

import numpy
import torch
import torch.nn.functional as F

PART = 128
RECORDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "records")

FLOATS = {"f32": torch.float64, "f64": torch.float64, "bf16": torch.bfloat16, "i32": torch.int32, "u8": torch.uint8}


# ---- helpers ----

def number(x):
    """Integers as f64, for ops that give floats."""
    return x if x.is_floating_point() else x.double()


def both(function):
    """Of two values in their promoted type."""
    def apply(x, a):
        kind = torch.promote_types(x[0].dtype, x[1].dtype)
        return function(x[0].to(kind), x[1].to(kind))
    return apply


def each(function):
    return lambda x, a: function(number(x[0]))


def test(function):
    return both(lambda a, b: function(a, b).int())


def pullback(function, inputs, dy):
    """The gradients of sum(function(*inputs) * dy); zeros where the function does not depend on an input."""
    with torch.enable_grad():
        inputs = [None if x is None else x.detach().clone().requires_grad_() for x in inputs]
        present = [x for x in inputs if x is not None]
        y = function(*inputs)
        grads = iter(torch.autograd.grad((y * dy).sum(), present, allow_unused=True))
    out = []
    for x in inputs:
        g = next(grads) if x is not None else None
        out.append(torch.zeros_like(x) if g is None and x is not None else g)
    return out


def get(x, k):
    return x[k] if k < len(x) else None


def reduce(function, x, a):
    axes = list(range(x.dim())) if a["axis"] is None else a["axis"]
    return function(x, tuple(axes), a["keep"]) if axes else x


def index(x, starts, stops, steps):
    for d, size in enumerate(x.shape):
        s = slice(starts[d] if d < len(starts) else None, stops[d] if d < len(stops) else None,
                  steps[d] if d < len(steps) else None)
        x = x.index_select(d, torch.tensor(list(range(*s.indices(size))), dtype=torch.long))
    return x


def scatter(x, shape, starts, steps):
    """x at starts + steps * index of zeros(shape)."""
    y = torch.zeros(shape, dtype=x.dtype)
    for d in reversed(range(x.dim())):
        at = torch.tensor([starts[d] + steps[d] * i for i in range(x.shape[d])], dtype=torch.long)
        wide = list(x.shape)
        wide[d] = shape[d]
        x = torch.zeros(wide, dtype=x.dtype).index_add(d, at, x)
    return x if x.numel() else y


def sum_to(x, shape):
    lead = x.dim() - len(shape)
    axes = [d for d in range(x.dim()) if d < lead or (shape[d - lead] == 1 and x.shape[d] != 1)]
    return (x.sum(axes) if axes else x).reshape(shape)


def matmul(x, a):
    left = x[0].transpose(-1, -2) if a["transpose_a"] else x[0]
    right = x[1].transpose(-1, -2) if a["transpose_b"] else x[1]
    return left @ right


def layer_norm(x, a):
    y = F.layer_norm(x[0], x[0].shape[-1:], get(x, 1), get(x, 2), a["eps"])
    return y, x[0].mean(-1), (x[0].var(-1, unbiased=False) + a["eps"]).rsqrt()


def layer_norm_grad(x, a):
    x, mean, rstd, dy, weight = (list(x) + [None])[:5]
    h, rows = (x - mean[..., None]) * rstd[..., None], tuple(range(x.dim() - 1))
    g = dy if weight is None else dy * weight
    dx = rstd[..., None] * (g - g.mean(-1, keepdim=True) - h * (g * h).mean(-1, keepdim=True))
    return dx, (dy * h).sum(rows) if rows else dy * h, dy.sum(rows) if rows else dy


def attention(q, k, v, bias, mask, scale):
    scores = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = scores.masked_fill(mask != 0, -float("inf"))
    return scores.softmax(-1) @ v


def attention_grad(x, a):
    q, k, v, dy, bias, mask = (list(x) + [None, None])[:6]
    dq, dk, dv, db = pullback(lambda q, k, v, b: attention(q, k, v, b, mask, a["scale"]), [q, k, v, bias], dy)
    return dq, dk, dv, torch.zeros(()) if db is None else db


def weighted(x, errors, eps):
    """The loss of element errors, and its norm. x[2]: the weight."""
    w = get(x, 2)
    if w is None:
        return errors.mean(), torch.tensor(1 / errors.numel())
    repeats = errors.numel() / w.numel()
    return (errors * w).sum() / (w.sum() + eps) / repeats, 1 / (w.sum() + eps) / repeats


def loss(function):
    return lambda x, a: weighted(x, function(x[0], x[1], a), a["eps"])


def loss_grad(function):
    """Of (output, target, norm, dy, weight): the norm is given."""
    def apply(x, a):
        w = get(x, 4)
        total = lambda o, t: (function(o, t, a) * (1 if w is None else w)).sum() * x[2]
        return pullback(total, [x[0], x[1]], x[3])
    return apply


def unary_grad(function):
    return lambda x, a: pullback(function, [x[0]], x[1])[0]


def adamw(x, a):
    p, m, v, g, rate, corrections, factor, ok = x
    rate, g = rate * a["scale"], g * factor
    m2, v2 = a["beta1"] * m + (1 - a["beta1"]) * g, a["beta2"] * v + (1 - a["beta2"]) * g * g
    root = (v2 * corrections[1]).sqrt() + a["eps"]
    p2 = p * (1 - rate * a["decay"]) - rate * corrections[0] * m2 / root
    return (p2, m2, v2) if ok else (p, m, v)


def cross_entropy_rows(scores, target, a):
    """-sum(target * log_softmax(scores)) of each row, with label smoothing."""
    n = scores.shape[-1]
    if not target.is_floating_point():
        target = F.one_hot(target.long(), n)
    return -(((1 - a["smooth"]) * target + a["smooth"] / n) * scores.log_softmax(-1)).sum(-1)


def cross_entropy_grad(x, a):
    if x[1].is_floating_point():
        return loss_grad(cross_entropy_rows)(x, a)
    w = get(x, 4)
    total = lambda scores: (cross_entropy_rows(scores, x[1], a) * (1 if w is None else w)).sum() * x[2]
    return pullback(total, [x[0]], x[3])[0], torch.zeros_like(x[1], dtype=x[0].dtype)


def along(function):
    """A vector-Jacobian product in terms of the output y, for (y, dy)."""
    return lambda x, a: function(x[0], x[1], a["axis"])


def top_k(x, k, axis):
    """Of equals the first; torch.topk does not say which."""
    return [part.narrow(axis, 0, k) for part in x.sort(dim=axis, descending=True, stable=True)]


def gather(table, at, a):
    at = at.long()
    if a["rows"]:
        return torch.stack([gather(t, i, {"rows": False, "axis": 0}) for t, i in zip(table, at)]) \
            if len(table) else table.sum() + table.new_zeros((0, *at.shape[1:], *table.shape[2:]))
    axis = a["axis"] % table.dim()
    return table.index_select(axis, at.flatten()).reshape(table.shape[:axis] + at.shape + table.shape[axis + 1:])


def gather_grad(x, a):
    """The transpose of gather: rows of a matrix of 0 and 1."""
    size = 1
    for d in a["shape"]:
        size *= d
    places = gather(torch.arange(size, dtype=torch.float64).reshape(a["shape"]), x[1], a).long()
    return torch.zeros(size, dtype=x[0].dtype).index_add(0, places.flatten(), x[0].flatten()).reshape(a["shape"])


def shuffle(function, x, channels, sides):
    """PyTorch refuses gradients of empty maps."""
    if x.numel():
        return function(x)
    return x.reshape(x.shape[0], int(x.shape[1] * channels), int(x.shape[2] * sides), int(x.shape[3] * sides))


def pair(n):
    return n[0] if len(n) == 1 else tuple(n)


def conv(x, w, bias, a):
    """PyTorch refuses maps without samples or channels."""
    if x.numel() and w.numel():
        return F.conv2d(x, w, bias, pair(a["stride"]), pair(a["pad"]), pair(a["dilation"]), a["groups"])
    like = F.conv2d(torch.zeros(1, 1, *x.shape[2:]), torch.zeros(1, 1, *w.shape[2:]), None, pair(a["stride"]),
                    pair(a["pad"]), pair(a["dilation"]))
    y = x.sum() + w.sum() + torch.zeros(x.shape[0], w.shape[0], *like.shape[2:])
    return y if bias is None else y + bias[:, None, None]


def conv_transpose(x, a):
    bias = get(x, 2)
    if x[0].numel():
        return F.conv_transpose2d(x[0], x[1], bias, pair(a["stride"]), pair(a["pad"]), pair(a["output_pad"]),
                                  a["groups"], pair(a["dilation"]))
    like = F.conv_transpose2d(torch.zeros(1, *x[0].shape[1:]), x[1], bias, pair(a["stride"]), pair(a["pad"]),
                              pair(a["output_pad"]), a["groups"], pair(a["dilation"]))
    return like[:0] + x[0].sum()


def conv_input_grad(x, a):
    """Through PyTorch's gradient, which can itself be differentiated."""
    size = a["size"] * (2 if len(a["size"]) == 1 else 1)
    probe = torch.zeros(x[0].shape[0], x[1].shape[1] * a["groups"], *size, requires_grad=True)
    with torch.enable_grad():
        y = conv(probe, x[1], None, a)
        return torch.autograd.grad((y * x[0]).sum(), probe, create_graph=True)[0]


def conv_weight_grad(x, a):
    kernel = a["kernel"] * (2 if len(a["kernel"]) == 1 else 1)
    probe = torch.zeros(x[1].shape[1], x[0].shape[1] // a["groups"], *kernel, requires_grad=True)
    with torch.enable_grad():
        y = conv(x[0], probe, None, a)
        return torch.autograd.grad((y * x[1]).sum(), probe, create_graph=True)[0], x[1].sum((0, 2, 3))


def pool(function, x, a, **more):
    stride = a["kernel"] if a["stride"] is None else a["stride"]
    return function(x, pair(a["kernel"]), pair(stride), pair(a["pad"]), **more)


def avg_pool(x, a):
    return pool(F.avg_pool2d, x, a, count_include_pad=a["count_include_pad"])


def max_pool(x, a):
    """PyTorch refuses the gradient of no samples."""
    like = x if len(x) else torch.zeros(1, *x.shape[1:])
    y, at = pool(F.max_pool2d, like, a, return_indices=True)
    return y[:len(x)] + 0 * x.sum(), at[:len(x)].int()


def avg_pool_grad(x, a):
    """Through PyTorch's gradient, which can itself be differentiated."""
    size = a["size"] * (2 if len(a["size"]) == 1 else 1)
    probe = torch.zeros(*x[0].shape[:2], *size, requires_grad=True)
    with torch.enable_grad():
        return torch.autograd.grad((avg_pool(probe, a) * x[0]).sum(), probe, create_graph=True)[0] \
            if len(x[0]) else probe.detach() + x[0].sum()


def max_pool_grad(x, a):
    size = a["size"] * (2 if len(a["size"]) == 1 else 1)
    maps = torch.zeros(*x[0].shape[:2], size[0] * size[1])
    return maps.scatter_add(2, x[1].long().flatten(2), x[0].flatten(2)).unflatten(2, size)


def extreme_grad(x, a):
    equal = (x[0] == x[1]).double()
    axes = [d for d in range(x[0].dim()) if x[1].shape[d] == 1]
    return x[2] * equal / equal.sum(axes, keepdim=True).clamp(min=1) if axes else x[2] * equal


def variance(x, a):
    axes = list(range(x.dim())) if a["axis"] is None else a["axis"]
    return x.var(axes, unbiased=a["unbiased"], keepdim=a["keep"]) if x.dim() else x * 0


def accumulate(x, a):
    total, part, (lane, first) = x[0], x[1], x[2].tolist()
    total = torch.zeros_like(total) if first else total.clone()
    total[:, lane] += part
    return total


def moments(x, weight=None):
    """Mean, variance and unbiased variance of each channel, and how much counts."""
    weight = x.new_ones(x.shape[0], 1, *x.shape[2:]) if weight is None else weight
    x, weight = x.transpose(0, 1).flatten(1), weight.flatten()
    n = weight.sum()
    mean = (x * weight).sum(1) / n
    if len(x) == 0:
        return mean, mean, mean, n
    variance = torch.cov(x, aweights=weight, correction=0).reshape(len(x), -1).diagonal()
    return mean, variance, variance * n / (n - 1 if n > 1 else 1), n


def moments_grad(x, a):
    x, mean, dmean, dvariance, weight, n = (list(x) + [None] * 3)[:6]
    zero = torch.zeros(x.shape[1])
    dmean, dvariance = zero if dmean is None else dmean, zero if dvariance is None else dvariance
    shape = [1, -1] + [1] * (x.dim() - 2)
    n = x.numel() / max(x.shape[1], 1) if n is None else n
    dx = dmean.reshape(shape) + 2 * dvariance.reshape(shape) * (x - mean.reshape(shape))
    return (dx if weight is None else dx * weight) * (1 / n if n > 0 else 0)


def normalised(x, mean, variance, weight, bias, eps):
    shape = [1, -1] + [1] * (x.dim() - 2)
    y = (x - mean.reshape(shape)) / (variance.reshape(shape) + eps).sqrt()
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def batch_norm(x, a):
    """PyTorch does not differentiate its own by the moments, so it stands beside a formula that it does."""
    x = (list(x) + [None, None])[:5]
    y = normalised(*x, a["eps"])
    if y.numel():
        plain = [None if v is None else v.detach() for v in x]
        torch.testing.assert_close(y.detach(), F.batch_norm(*plain, False, 0, a["eps"]), rtol=1e-12, atol=1e-12)
    return y


def batch_norm_grad(x, a):
    x, mean, variance, dy, weight = (list(x) + [None])[:5]
    weight = torch.ones(x.shape[1]) if weight is None else weight
    return pullback(lambda *v: normalised(*v, a["eps"]), [x, mean, variance, weight, torch.zeros(x.shape[1])], dy)


def sgd(x, a):
    p, m, g, rate, factor, ok = x
    p, m = p.clone().requires_grad_(), m.clone()
    optimizer = torch.optim.SGD([p], lr=float(rate) * a["scale"], momentum=a["momentum"], nesterov=a["nesterov"],
                                weight_decay=a["decay"])
    p.grad = g * factor
    optimizer.state[p]["momentum_buffer"] = m
    if ok:
        optimizer.step()
    return p.detach(), m


def blend(x, momentum):
    share = get(x, 3)
    share = momentum if share is None else float(share)
    return x[1].clone() if share == 1 else x[0].lerp(x[1], share)


def hidden_pixels(image, mask):
    rows, columns = image.shape[2] // max(mask.shape[1], 1), image.shape[3] // max(mask.shape[2], 1)
    return (mask != 0).repeat_interleave(rows, 1).repeat_interleave(columns, 2)


def nearest_fill(x, a):
    image, hidden, y = x[0], hidden_pixels(x[0], x[1]), torch.zeros_like(x[0])
    for i in range(len(image)):
        seen = (~hidden[i]).nonzero()
        if len(seen):
            places = torch.ones(image.shape[2:]).nonzero()
            distance = (places[:, None] - seen[None]).square().sum(-1)
            # The first of equal distances: seen is in the order of the indices.
            best = seen[(distance * len(seen) + torch.arange(len(seen))).argmin(1)]
            y[i] = image[i][:, best[:, 0], best[:, 1]].reshape(image[i].shape)
    return y


def harmonic_fill(x, a):
    image, hidden, y = x[0], hidden_pixels(x[0], x[1]), torch.zeros_like(x[0])
    rows, columns = image.shape[2:]
    for i in range(len(image)):
        flags = hidden[i].flatten()
        if flags.all():
            continue
        if a["iterations"] == 0:
            mean = image[i].flatten(1)[:, ~flags].mean(1)
            y[i] = torch.where(hidden[i], mean[:, None, None], image[i])
            continue
        system = torch.eye(rows * columns)
        for p in flags.nonzero().flatten().tolist():
            r, c = divmod(p, columns)
            near = [(r + dr) * columns + c + dc for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1))
                    if 0 <= r + dr < rows and 0 <= c + dc < columns]
            system[p, near] = -1 / len(near)
        given = torch.where(flags, torch.zeros(()), image[i].flatten(1))
        y[i] = torch.linalg.solve(system, given.T).T.reshape(image[i].shape)
    return y


def hog(image, a):
    samples, channels, rows, columns = image.shape
    cell, bins, window = a["cell"], a["bins"], a["window"]
    if not image.numel():
        return torch.zeros(samples, channels * bins, rows // cell, columns // cell)
    sobel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    planes = F.pad(image, (1, 1, 1, 1), mode="reflect").flatten(0, 1)[:, None]
    x, y = F.conv2d(planes, torch.stack([sobel, sobel.T])[:, None]).unbind(1)
    length = torch.hypot(x, y)
    if window:
        n = (torch.arange(window) - (window - 1) / 2) / (window // 2)
        weight = torch.exp(-n ** 2 / 2)
        weight = weight / weight.sum()
        length = length * torch.outer(weight.repeat(rows // window), weight.repeat(columns // window))
    which = torch.floor(torch.atan2(x, y) / torch.pi * bins).long() % bins
    parts = F.one_hot(which, bins).permute(0, 3, 1, 2) * length[:, None]
    return F.normalize(F.avg_pool2d(parts, cell) * cell ** 2, dim=1).reshape(samples, channels * bins, rows // cell, columns // cell)


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x ** 3)))


# ---- one line an op, in alphabetical order ----

TORCH = {
    "abs": lambda x, a: x[0].abs(),
    "accumulate": accumulate,
    "adamw": adamw,
    "add": both(torch.add),
    "affine": lambda x, a: F.linear(x[0], x[1], get(x, 2)),
    "affine_grad": lambda x, a: (x[1].flatten(0, -2).T @ x[0].flatten(0, -2), x[1].flatten(0, -2).sum(0)),
    "all_finite": lambda x, a: torch.tensor(int(all(v.isfinite().all() for v in x))),
    "argmax": lambda x, a: x[0].argmax(a["axis"], a["keep"]).int(),
    "argsort": lambda x, a: x[0].sort(dim=a["axis"], descending=a["descending"], stable=True)[1].int(),
    "avg_pool": lambda x, a: avg_pool(x[0], a),
    "avg_pool_grad": avg_pool_grad,
    "batch_moments": lambda x, a: moments(*x),
    "batch_moments_grad": moments_grad,
    "batch_norm": batch_norm,
    "batch_norm_grad": batch_norm_grad,
    "bce": loss(lambda o, t, a: F.binary_cross_entropy(o, t, reduction="none")),
    "bce_grad": loss_grad(lambda o, t, a: F.binary_cross_entropy(o, t, reduction="none")),
    "bce_logits": loss(lambda o, t, a: F.binary_cross_entropy_with_logits(o, t, reduction="none")),
    "bce_logits_grad": loss_grad(lambda o, t, a: F.binary_cross_entropy_with_logits(o, t, reduction="none")),
    "blend": lambda x, a: blend(x, a["momentum"]),
    "broadcast_to": lambda x, a: x[0].expand(a["shape"]),
    "cast": lambda x, a: x[0].to(FLOATS[a["type"]]),
    "clamp": lambda x, a: x[0].clamp(a["low"], a["high"]),
    "concat": lambda x, a: torch.cat(x, a["axis"]),
    "constant": lambda x, a: torch.full(a["shape"], a["value"], dtype=torch.float64),
    "conv2d": lambda x, a: conv(x[0], x[1], get(x, 2), a),
    "conv2d_input_grad": conv_input_grad,
    "conv2d_weight_grad": conv_weight_grad,
    "conv_transpose2d": conv_transpose,
    "copy": lambda x, a: x[0].clone(),
    "cos": each(torch.cos),
    "cross_entropy": loss(cross_entropy_rows),
    "cross_entropy_grad": cross_entropy_grad,
    "div": both(torch.true_divide),
    "dot_attention": lambda x, a: attention(x[0], x[1], x[2], get(x, 3), get(x, 4), a["scale"]),
    "dot_attention_grad": attention_grad,
    "equal": test(torch.eq),
    "erf": each(torch.erf),
    "exp": each(torch.exp),
    "extreme_grad": extreme_grad,
    "floor_div": both(lambda a, b: torch.div(a, b, rounding_mode="floor")),
    "gather": lambda x, a: gather(x[0], x[1], a),
    "gather_grad": gather_grad,
    "gelu": each(F.gelu),
    "gelu_grad": unary_grad(F.gelu),
    "gelu_tanh": each(gelu_tanh),
    "gelu_tanh_grad": unary_grad(gelu_tanh),
    "greater": test(torch.gt),
    "greater_equal": test(torch.ge),
    "harmonic_fill": harmonic_fill,
    "hog": lambda x, a: hog(x[0], a),
    "iota": lambda x, a: torch.arange(a["shape"][a["axis"]]).reshape(
        [-1] + [1] * (len(a["shape"]) - a["axis"] % len(a["shape"]) - 1)).expand(a["shape"]),
    "l1": loss(lambda o, t, a: (o - t).abs()),
    "l1_grad": loss_grad(lambda o, t, a: (o - t).abs()),
    "layer_norm": layer_norm,
    "layer_norm_grad": layer_norm_grad,
    "less": test(torch.lt),
    "less_equal": test(torch.le),
    "log": each(torch.log),
    "log_softmax": lambda x, a: x[0].log_softmax(a["axis"]),
    "log_softmax_grad": along(lambda y, dy, d: dy - y.exp() * dy.sum(d, keepdim=True)),
    "logical_and": lambda x, a: torch.logical_and(x[0], x[1]).int(),
    "logical_not": lambda x, a: torch.logical_not(x[0]).int(),
    "logical_or": lambda x, a: torch.logical_or(x[0], x[1]).int(),
    "matmul": matmul,
    "max": lambda x, a: reduce(torch.amax, x[0], a),
    "max_pool": lambda x, a: max_pool(x[0], a),
    "max_pool_grad": max_pool_grad,
    "maximum": both(torch.maximum),
    "mean": lambda x, a: reduce(torch.mean, number(x[0]), a),
    "min": lambda x, a: reduce(torch.amin, x[0], a),
    "minimum": both(torch.minimum),
    "mod": both(torch.remainder),
    "mse": loss(lambda o, t, a: (o - t).square()),
    "mse_grad": loss_grad(lambda o, t, a: (o - t).square()),
    "mul": both(torch.mul),
    "nearest_fill": nearest_fill,
    "neg": lambda x, a: -x[0],
    "not_equal": test(torch.ne),
    "one_hot": lambda x, a: F.one_hot(x[0].long(), a["classes"]).double(),
    "pad": lambda x, a: F.pad(x[0], [n for pair in zip(a["before"][::-1], a["after"][::-1]) for n in pair],
                            value=a["value"]),
    "permute": lambda x, a: x[0].permute(a["axes"]),
    "pixel_shuffle": lambda x, a: shuffle(lambda x: F.pixel_shuffle(x, a["by"]), x[0], a["by"] ** -2, a["by"]),
    "pixel_unshuffle": lambda x, a: shuffle(lambda x: F.pixel_unshuffle(x, a["by"]), x[0], a["by"] ** 2, 1 / a["by"]),
    "pow": both(torch.pow),
    "relu": lambda x, a: torch.relu(x[0]),
    "relu_grad": unary_grad(torch.relu),
    "reshape": lambda x, a: x[0].reshape(a["shape"]),
    "roll": lambda x, a: x[0].roll(a["by"], a["axes"]),
    "rsqrt": each(torch.rsqrt),
    "sgd": sgd,
    "sigmoid": each(torch.sigmoid),
    "sign": lambda x, a: torch.sign(x[0]),
    "silu": each(F.silu),
    "silu_grad": unary_grad(F.silu),
    "sin": each(torch.sin),
    "slice": lambda x, a: index(x[0], a["starts"], a["stops"], a["steps"]),
    "slice_scatter": lambda x, a: scatter(x[0], a["shape"], a["starts"], a["steps"]),
    "smooth_l1": loss(lambda o, t, a: F.smooth_l1_loss(o, t, reduction="none", beta=a["beta"])),
    "smooth_l1_grad": loss_grad(lambda o, t, a: F.smooth_l1_loss(o, t, reduction="none", beta=a["beta"])),
    "softmax": lambda x, a: x[0].softmax(a["axis"]),
    "softmax_grad": along(lambda y, dy, d: y * (dy - (y * dy).sum(d, keepdim=True))),
    "sqrt": each(torch.sqrt),
    "square": lambda x, a: x[0] * x[0],
    "stop_gradient": lambda x, a: x[0].detach(),
    "sub": both(torch.sub),
    "sum": lambda x, a: reduce(torch.sum, x[0], a),
    "sum_squares": lambda x, a: (x[0] * x[0]).sum().reshape(1),
    "sum_to": lambda x, a: sum_to(x[0], a["shape"]),
    "tanh": each(torch.tanh),
    "top_k": lambda x, a: top_k(x[0], a["k"], a["axis"]),
    "top_k_grad": lambda x, a: torch.zeros([a["size"] if d == a["axis"] % x[0].dim() else n
                                             for d, n in enumerate(x[0].shape)]).scatter_add(a["axis"], x[1].long(), x[0]),
    "var": lambda x, a: variance(x[0], a),
    "where": lambda x, a: torch.where(x[0] != 0, *torch.broadcast_tensors(x[1], x[2])),
}

EXEMPT = {
    "block_mask": "random; its counts and blocks are tested by themselves",
    "box_mask": "random; its rectangles are tested by themselves",
    "drop_mask": "random; counts and orders are tested by themselves",
    "drop_path": "random; shares and factors are tested by themselves",
    "dropout": "random; shares and factors are tested by themselves",
    "input": "fed by the host",
    "inverse_block_mask": "random; its counts and blocks are tested by themselves",
    "random_mask": "random; counts and independence are tested by themselves",
    "random_normal": "random; its moments are tested by themselves",
    "random_uniform": "random; its moments are tested by themselves",
    "average": "stored",
    "state": "stored",
    "weight": "stored",
}


# ---- recording ----

def numbers_of(x):
    x = x.detach().double().reshape(-1)
    if x.numel() <= PART:
        return x
    step = -(-x.numel() // PART)
    return torch.cat([x[::step], torch.stack([x.sum(), (x * x).sum()])])


def record(sample, inputs, cotangents):
    head = [sample["hash"]]
    if sample["op"] in EXEMPT:
        return numpy.array(head, dtype="<f8")
    inputs = [None if x is None else torch.from_numpy(x.copy()) for x in inputs]
    wrt = [k for k, wanted in enumerate(sample["wrt"]) if wanted and sample["gradient"]]
    for k in wrt:
        inputs[k].requires_grad_()
    y = TORCH[sample["op"]](inputs, sample["attrs"])
    y = list(y) if isinstance(y, (tuple, list)) else [y]
    y += [None] * (len(sample["out"]) - len(y))
    for k, (value, out) in enumerate(zip(y, sample["out"])):
        if value is not None and list(value.shape) != out["shape"]:
            sys.exit("%s/%s: output %d has shape %s in PyTorch and %s here"
                     % (sample["op"], sample["sample"], k, list(value.shape), out["shape"]))
    grads = {}
    if wrt:
        total = sum((value * torch.from_numpy(cotangents[k].copy())).sum() for k, value in enumerate(y)
                    if value is not None and sample["differentiable"][k])
        found = torch.autograd.grad(total, [inputs[k] for k in wrt], allow_unused=True)
        grads = {k: torch.zeros_like(inputs[k]) if g is None else g for k, g in zip(wrt, found)}
    head += [float(value is not None) for value in y] + [float(k in grads) for k in range(len(inputs))]
    parts = [numbers_of(value) for value in y if value is not None] + [numbers_of(grads[k]) for k in sorted(grads)]
    return numpy.concatenate([numpy.array(head)] + [p.numpy() for p in parts]).astype("<f8")


def same(path, records):
    try:
        with numpy.load(path) as old:
            return set(old.files) == set(records) and all(
                old[k].tobytes() == v.tobytes() for k, v in records.items())
    except OSError:
        return False


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: record_ops.py PATH/TO/dump_samples")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.argv[1], directory], check=True)
        with open(os.path.join(directory, "samples.json"), encoding="utf-8") as text:
            samples = json.load(text)
        with numpy.load(os.path.join(directory, "numbers.npz")) as file:
            numbers = {name: file[name] for name in file.files}
    names = {sample["op"] for sample in samples}
    missing = sorted(names - set(TORCH) - set(EXEMPT))
    if missing:
        sys.exit("no PyTorch line for: %s\nadd one to TORCH in %s (or to EXEMPT, with the reason)"
                 % (", ".join(missing), os.path.relpath(__file__)))
    files = {name: {} for name in names}
    for i, sample in enumerate(samples):
        inputs = [numbers.get("%d.in%d" % (i, k)) for k in range(len(sample["in"]))]
        cotangents = [numbers["%d.cotangent%d" % (i, k)] for k in range(len(sample["out"]))]
        files[sample["op"]][sample["sample"]] = record(sample, inputs, cotangents)
    os.makedirs(RECORDS, exist_ok=True)
    changed = 0
    for name, records in sorted(files.items()):
        path = os.path.join(RECORDS, name + ".npz")
        if not same(path, records):
            numpy.savez_compressed(path, **records)
            changed += 1
    for old in sorted(os.listdir(RECORDS)):
        if old[:-4] not in names:
            os.remove(os.path.join(RECORDS, old))
            changed += 1
    print("%d samples of %d ops, %d files changed" % (len(samples), len(names), changed))


if __name__ == "__main__":
    main()
