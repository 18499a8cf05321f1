"""onnx_test.py ONNX_OPS ONNX_GRAPHS SIMGRAPH ROOT: models that simgraph writes, checked by the package onnx and run by
onnxruntime, against what simgraph computes itself."""
import os
import subprocess
import sys
import tempfile

from packages import need

need("onnx", "onnxruntime", "safetensors")

import numpy as np
import onnx
import onnxruntime
import safetensors.numpy

OPS, GRAPHS, SIMGRAPH, ROOT = sys.argv[1:]
onnxruntime.set_default_logger_severity(3)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check(path):
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path, load_external_data=False)
    assert [o.version for o in model.opset_import] == [17] and model.ir_version == 8
    return model


def near(got, want):
    """The largest difference, relative to the largest number there is."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return np.inf
    if got.dtype.kind != "f":
        return 0.0 if np.array_equal(got, want) else np.inf
    got, want = got.astype(np.float64), want.astype(np.float64)
    odd = ~np.isfinite(want)
    if not np.array_equal(got[odd], want[odd], equal_nan=True):
        return np.inf
    if odd.all():
        return 0.0
    return np.abs(got - want)[~odd].max(initial=0) / max(1, np.abs(want[~odd]).max(initial=0))


def test_ops(directory):
    listed = subprocess.run([OPS, directory], check=True, capture_output=True, text=True).stdout
    forms = {name: (form, int(count)) for name, form, count in map(str.split, listed.splitlines())}
    assert all(count for form, count in forms.values()), [n for n, (f, c) in forms.items() if not c]
    path = directory + "/model.onnx"
    check(path)
    run = session(path)
    feeds, wants = dict(np.load(directory + "/in.npz")), dict(np.load(directory + "/out.npz"))
    for port in run.get_inputs():
        if port.name not in feeds:  # drawn: the first output of the op
            feeds[port.name] = wants[port.name + ".out0" if port.name + ".out0" in wants else port.name]
    # What drop_mask keeps stands in the order of the tokens, not in a random one.
    for name in [name for name in wants if name.startswith("drop_mask.")]:
        order = np.argsort(feeds[name[:-5]], axis=1, kind="stable")
        if name.endswith("out1"):
            wants[name] = order[:, : wants[name].shape[1]].astype(np.int32)
        if name.endswith("out2"):
            wants[name] = np.argsort(order, axis=1).astype(np.int32)
    names = [port.name for port in run.get_outputs()]
    got = dict(zip(names, run.run(names, {port.name: feeds[port.name] for port in run.get_inputs()})))
    assert set(names) == set(wants)
    # To the last bit, where numbers do not fit or a quotient is just below a whole number.
    corners = [name for name in names if name.startswith("corner.")]
    unequal = [(name, got[name], wants[name]) for name in corners
               if got[name].dtype != wants[name].dtype
               or not np.array_equal(got[name], wants[name], equal_nan=got[name].dtype.kind == "f")]
    assert len(corners) > 10 and not unequal, unequal
    bad = {name: near(got[name], wants[name]) for name in set(names) - set(corners)}
    bad = {name: error for name, error in bad.items() if not error <= 1e-5}
    for name, error in bad.items():
        print(name, error, got[name].shape, got[name].ravel()[:5], wants[name].shape, wants[name].ravel()[:5])
    assert not bad
    print(len(names), "outputs of samples of", len(forms), "ops,",
          sum(form == "rule" for form, count in forms.values()), "by rules")


# What is said of graphs/X.yaml: its outputs ("-": the usual), and settings that make it small.
SMALL_VIT = ["encoder.dim=16", "encoder.depth=1", "encoder.heads=2"]
SMALL_SWIN = ["size=64", "encoder.dim=8", "encoder.depths=[2, 2]", "encoder.heads=[2, 4]", "encoder.window=4"]
SMALL_SHAPES = ["size=16", "patch=4"]
MODELS = {
    "simmim": ["-", *SMALL_VIT],
    "shapes": ["recon,codes,loss", *SMALL_VIT, *SMALL_SHAPES],
    "beit": ["-", *SMALL_VIT],
    "mae": ["recon,loss", *SMALL_VIT],
    "swin_small": ["-", "size=32"],
    "swin_t": ["-", "size=64", "encoder.dim=12", "encoder.depths=[1, 1, 2, 1]"],
    "swin_b_100ep": ["-", *SMALL_SWIN],
    "swin_b_800ep": ["-", *SMALL_SWIN],
    "swin_l_800ep": ["-", *SMALL_SWIN],
    "swin_v2_b_800ep": ["-", *SMALL_SWIN],
    "swin_clothes": ["-", "encoder.dim=8"],
    "swin_b_finetune": ["-", "size=32", "depths=[1, 2]", "encoder.dim=8", "encoder.heads=[2, 4]", "encoder.window=4"],
    "vit_b_800ep": ["-", *SMALL_VIT, "size=64"],
    "vit_b_finetune": ["-", "size=32", "depth=1", "encoder.dim=16", "encoder.heads=2"],
    "mae_vit_b": ["-", "size=64", *SMALL_VIT, "decoder.dim=8", "decoder.depth=1", "decoder.heads=2"],
    "a2mim_resnet50": ["-", "size=64", "encoder.depths=[1, 1, 1, 1]", "encoder.width=4"],
    "a2mim_convnext_t": ["-", "size=64", "encoder.depths=[1, 1, 1, 1]", "encoder.widths=[4, 6, 8, 10]"],
    "spark_resnet50": ["-", "size=64", "encoder.depths=[1, 1, 1, 1]", "encoder.width=4", "nodes.recon.width=32"],
    "spark_convnext_s": ["-", "size=64", "encoder.depths=[1, 1, 1, 1]", "encoder.widths=[4, 6, 8, 10]", "nodes.recon.width=32"],
    "bench": ["-", "dim=16", "depth=1", "heads=2"],
    "folder": ["-", *SMALL_VIT, "size=32"],
    "conv": ["recon,codes"],
    "conv@token": ["recon"],
    "cnn": ["-"],
    "cnn_16": ["recon,loss"],
    "spark": ["-"],
    "spark@convnext": ["-"],
    "spark@add": ["recon"],
    "masks@checkerboard": ["-", *SMALL_VIT],
    "contrastive": ["recon,vector", *SMALL_VIT],
    "teacher": ["recon,guess,target", *SMALL_VIT],
    "hard": ["recon,codes", *SMALL_VIT],
    "finetune": ["-", "encoder.dim=16", "depth=1", "encoder.heads=2"],
    "few_labels": ["scores,accuracy,loss", "depth=1"],
}


def test_graphs(directory, samples=3):
    lines = ["\t".join([f"{ROOT}/graphs/{name.partition('@')[0]}.yaml{name[name.find('@'):] if '@' in name else ''}", *rest])
             for name, rest in MODELS.items()]
    done = subprocess.run([GRAPHS, directory, str(samples)], input="\n".join(lines) + "\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    worst = 0
    for number, name in enumerate(MODELS):
        base = f"{directory}/{number}"
        model = check(base + ".onnx")
        run = session(base + ".onnx")
        feeds, wants = dict(np.load(base + ".in.npz")), dict(np.load(base + ".out.npz"))
        names = [port.name for port in run.get_outputs()]
        assert {port.name for port in run.get_inputs()} == set(feeds) and set(names) == set(wants)
        errors = {n: near(got, wants[n]) for n, got in zip(names, run.run(names, feeds))}
        # One sample alone, of what is not a number for the whole batch.
        single = {port.name for port in run.get_outputs() if port.shape and port.shape[0] == "batch"}
        for port in run.get_inputs():
            if "batch" in port.shape:
                feeds[port.name] = feeds[port.name][1:2]
        for n, got in zip(sorted(single), run.run(sorted(single), feeds)):
            errors[n + " alone"] = near(got, wants[n][1:2])
        print(f"{name:20} {len(model.graph.node):5} nodes", *(f"{n} {error:.1e}" for n, error in errors.items()))
        assert single and all(error <= 1e-5 for error in errors.values()), name
        worst = max(worst, *errors.values())
    print(f"{len(MODELS)} graphs, the largest difference {worst:.1e}")


def test_program(directory):
    """Weights in a file of their own, and a batch that is fixed: the first of the models again."""
    base, beside = directory + "/0", directory + "/beside.onnx"
    name = next(iter(MODELS))
    command = [SIMGRAPH, "export", base + ".safetensors", "-g", f"{ROOT}/graphs/{name}.yaml", "--onnx", beside, "--beside",
               "--batch", "3"]
    for setting in MODELS[name][1:]:
        command += ["--set", setting]
    subprocess.run(command, check=True, capture_output=True)
    model, whole = check(beside), onnx.load(base + ".onnx")
    assert all(t.data_location == onnx.TensorProto.EXTERNAL for t in model.graph.initializer if t.name.endswith("weight"))
    apart = {t.name: onnx.numpy_helper.to_array(t, directory) for t in model.graph.initializer}
    inside = {t.name: onnx.numpy_helper.to_array(t) for t in whole.graph.initializer}
    named = [n for n in inside if n.endswith(("weight", "bias"))]
    assert len(named) > 10 and all(np.array_equal(inside[n], apart[n]) for n in named)
    run = session(beside)
    assert all(port.shape[0] == 3 for port in run.get_inputs())
    names = [port.name for port in run.get_outputs()]
    wants = np.load(base + ".out.npz")
    for n, got in zip(names, run.run(names, dict(np.load(base + ".in.npz")))):
        assert near(got, wants[n]) <= 1e-5
    # And the file of weights is one that Python's safetensors reads.
    ours = safetensors.numpy.load_file(base + ".safetensors")
    assert all(np.array_equal(inside[n], ours[n]) for n in named)


with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
    test_ops(directory)
    test_graphs(directory)
    test_program(directory)
