#!/usr/bin/python3
"""Records what PyTorch computes over several training steps: tests/torch/facts.npz, read by tests/test_simmim_facts.c.

usage: record_facts.py        (or: ninja -C build record_facts)

Needs torch (made with 1.13) and numpy. Numbers are f64; inputs are exact in f32."""
import os

import numpy
import torch

STEPS = 6


def numbers(generator, *shape):
    return torch.from_numpy(generator.uniform(-2, 2, shape).astype("float32").astype("float64"))


def optimiser(facts, name, make, p, grads, rates):
    p = p.clone().requires_grad_()
    chosen, after = make([p]), []
    for grad, rate in zip(grads, rates):
        chosen.param_groups[0]["lr"] = rate
        p.grad = grad.clone()
        chosen.step()
        after.append(p.detach().clone())
    facts[name] = torch.stack(after)


def batch_norm(facts, generator):
    """A layer in training: its running statistics after every step, values and gradients of the last."""
    layer = torch.nn.BatchNorm2d(3)
    x, cotangent = numbers(generator, STEPS, 5, 3, 4, 2), numbers(generator, 5, 3, 4, 2)
    with torch.no_grad():
        layer.weight.copy_(numbers(generator, 3))
        layer.bias.copy_(numbers(generator, 3))
    means, variances = [], []
    for step in range(STEPS):
        image = x[step].clone().requires_grad_()
        y = layer(image)
        means.append(layer.running_mean.clone())
        variances.append(layer.running_var.clone())
    (y * cotangent).sum().backward()
    facts.update({"norm_x": x, "norm_cotangent": cotangent, "norm_weight": layer.weight, "norm_bias": layer.bias,
                  "norm_y": y, "norm_dx": image.grad, "norm_dweight": layer.weight.grad,
                  "norm_dbias": layer.bias.grad, "norm_means": torch.stack(means),
                  "norm_variances": torch.stack(variances), "norm_eval": layer.eval()(x[0])})


def clip(facts, generator):
    grads = [numbers(generator, 40), numbers(generator, 7, 3), numbers(generator, 1)]
    for limit in (5.0, 50.0):
        weights = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
        for w, g in zip(weights, grads):
            w.grad = g.clone()
        norm = torch.nn.utils.clip_grad_norm_(weights, limit)
        facts["clip_%d" % limit] = torch.cat([norm.reshape(1)] + [w.grad.flatten() for w in weights])
    facts["clip_grads"] = torch.cat([g.flatten() for g in grads])


def main():
    torch.set_default_dtype(torch.float64)
    generator, facts = numpy.random.default_rng(1), {}
    p, grads = numbers(generator, 4, 5), numbers(generator, STEPS, 4, 5)
    rates = [1e-3, 1e-2, 5e-2, 3e-2, 1e-2, 1e-4]
    facts.update({"p": p, "grads": grads, "rates": torch.tensor(rates)})
    optimiser(facts, "adamw", lambda w: torch.optim.AdamW(w, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05),
              p, grads, rates)
    optimiser(facts, "adamw_95", lambda w: torch.optim.AdamW(w, betas=(0.9, 0.95), eps=1e-6, weight_decay=0),
              p, grads, rates)
    optimiser(facts, "sgd", lambda w: torch.optim.SGD(w, lr=1, momentum=0.9, weight_decay=0.05), p, grads, rates)
    optimiser(facts, "sgd_nesterov", lambda w: torch.optim.SGD(w, lr=1, momentum=0.9, nesterov=True), p, grads, rates)
    optimiser(facts, "sgd_plain", lambda w: torch.optim.SGD(w, lr=1, weight_decay=0.05), p, grads, rates)
    clip(facts, generator)
    batch_norm(facts, generator)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "facts.npz")
    numpy.savez_compressed(path, **{name: value.detach().numpy() for name, value in facts.items()})


main()
