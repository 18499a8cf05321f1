"""Records what a PyTorch model computes, to be held against a graph: what record_vit.py and its neighbours share.

A case is one file tests/torch/exact/NAME.npz, read by tests/exact_test.py:

    case            JSON: {"graph": a path from the root of the repository, "set": {key: value}, "mode": "eval" or "train"}
    init/WEIGHT     every weight of the graph under its name there, and running statistics
    feed/VALUE      inputs of the graph, and whatever else it would draw, such as a mask
    want/VALUE      what PyTorch computes; always the loss; in training the running statistics after the step, too
    grad/WEIGHT     the gradient of the loss to every weight

Weights and feeds are multiples of 1/128 between -1 and 1, exact and small in f16; what is computed from them is f64."""
import inspect
import json
import os
import re

import numpy
import torch

DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exact")


class Case:
    """One model with random weights.

    case = Case("mae_small", "graphs/mae.yaml", {"patch": 2}, seed=3)
    image = case.feed("image", case.numbers(2, 3, 8, 8))
    case.weights(module, [(r"encoder\\.norm\\.(weight|bias)", r"codes.norm.\\1")])
    case.save(loss, recon=recon)"""

    def __init__(self, name, graph, settings=None, mode="eval", seed=1):
        self.name = name
        self.case = {"graph": graph, "set": settings or {}, "mode": mode}
        self.generator = numpy.random.RandomState(seed)
        self.parameters = {}  # name in the graph -> [(parameter, how its axes are arranged there)]
        self.feeds = {}
        self.statistics = {}  # name in the graph -> (first numbers, buffer)

    def numbers(self, *shape, reach=1.0):
        """Random numbers in [-reach, reach], multiples of 1/128."""
        most = int(reach * 128)
        return torch.from_numpy(self.generator.randint(-most, most + 1, shape) / 128.0)

    def feed(self, name, tensor):
        self.feeds[name] = tensor
        return tensor

    def weights(self, module, rules, reach=0.5):
        """Fills every learned parameter of `module` with random numbers and notes its name in the graph.

        A rule is (pattern, name) or (pattern, name, arrange): the pattern matches the whole of PyTorch's name, the name is
        what re.sub takes (it may use groups, or be a function of the match), and arrange maps the parameter to the shape it
        has in the graph. Parameters that get one name are joined along the first axis, in PyTorch's order. A parameter
        without a rule is an error."""
        module.double()
        for theirs, parameter in module.named_parameters():
            if not parameter.requires_grad:
                continue
            rule = next((r for r in rules if re.fullmatch(r[0], theirs)), None)
            if rule is None:
                raise SystemExit("%s: no rule for %s" % (self.name, theirs))
            with torch.no_grad():
                parameter.copy_(self.numbers(*parameter.shape, reach=reach))
            ours = re.sub(rule[0] + "$", rule[1], theirs)
            self.parameters.setdefault(ours, []).append((parameter, rule[2] if len(rule) > 2 else lambda t: t))
        return module

    def running(self, module, rules):
        """Fills the running statistics of batch normalisations and notes their names in the graph, by rules as those of
        `weights`: the name of NORM.running_mean becomes NAME.mean, NAME.next_mean behind the step."""
        for theirs, buffer in module.named_buffers():
            part = re.fullmatch(r"(.*)\.running_(mean|var)", theirs)
            if not part:
                continue
            rule = next((r for r in rules if re.fullmatch(r[0], part[1] + ".weight")), None)
            if rule is None:
                raise SystemExit("%s: no rule for %s" % (self.name, theirs))
            norm = re.sub(rule[0] + "$", rule[1], part[1] + ".weight")[:-len(".weight")]
            buffer.copy_(self.numbers(*buffer.shape, reach=0.5) + (0 if part[2] == "mean" else 1))
            self.statistics[norm, "mean" if part[2] == "mean" else "variance"] = buffer.clone(), buffer

    def save(self, loss, **values):
        loss.backward()
        arrays = {"case": numpy.array(json.dumps(self.case))}
        for (norm, kind), (first, buffer) in self.statistics.items():
            arrays["init/%s.%s" % (norm, kind)] = exact_half(first.numpy())
            if self.case["mode"] == "train":
                arrays["want/%s.next_%s" % (norm, kind)] = buffer.numpy()
        for name, tensor in self.feeds.items():
            array = tensor.detach().numpy()
            arrays["feed/" + name] = exact_half(array) if array.dtype.kind == "f" else array.astype("int32")
        for name, parts in self.parameters.items():
            gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p, _ in parts]
            joined = torch.cat([arrange(p.detach()) for p, arrange in parts])
            arrays["init/" + name] = exact_half(joined.numpy())
            arrays["grad/" + name] = torch.cat([arrange(g) for g, (_, arrange) in zip(gradients, parts)]).numpy()
        for name, tensor in dict(values, loss=loss).items():
            arrays["want/" + name] = tensor.detach().numpy()
            assert tensor.dtype == torch.float64, name
        os.makedirs(DIRECTORY, exist_ok=True)
        numpy.savez_compressed(os.path.join(DIRECTORY, self.name + ".npz"), **arrays)
        parameters = sum(a.size for name, a in arrays.items() if name.startswith("init/"))
        print("%s: %d weights, loss %.6f" % (self.name, parameters, loss.item()))


def exact_half(array):
    half = array.astype("float16")
    assert (half.astype(array.dtype) == array).all()
    return half


def only_needed(*packages):
    """Ends a recording script whose packages are not there, and says which it needs."""
    try:
        return [__import__(name) for name in packages]
    except ImportError as error:
        script = os.path.basename(inspect.stack()[1].filename)
        raise SystemExit("%s needs %s: %s" % (script, " and ".join(packages), error)) from None
