#!/usr/bin/env python3
"""tools/bench: what it measures adds up, what cannot be measured is told in words, its page can be made, and (where
there is PyTorch) both sides train the same model, which a changed rate shows.

usage: bench_test.py SIMGRAPH ROOT"""
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import xml.etree.ElementTree as xml

passed = failed = 0
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("failed: " + what)


def has(module):
    """Whether PYTHON has the module, which is not imported: PyTorch takes seconds."""
    look = "import importlib.util, sys; sys.exit(not importlib.util.find_spec(sys.argv[1]))"
    return subprocess.run([PYTHON, "-c", look, module], check=False).returncode == 0


class Bench:
    def __init__(self, simgraph, root, scratch):
        self.simgraph, self.root = simgraph, root
        self.kept = os.path.join(scratch, "kept.json")

    def run(self, *words, simgraph=None):
        """Exit code, standard output, standard error."""
        done = subprocess.run([PYTHON, os.path.join(self.root, "tools", "bench"), "--simgraph", simgraph or self.simgraph,
                               *words], cwd=self.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=900)
        return done.returncode, done.stdout, done.stderr

    def records(self, part):
        with open(self.kept, encoding="utf-8") as file:
            return [record for record in json.load(file) if record["key"][0] == part]


def alone(bench):
    """Without PyTorch: simgraph by itself."""
    code, out, err = bench.run("--quick", "--models", "vit,cnn_32", "--threads", "1", "--torch", "/bin/false", "--parts",
                               "same,precision,models,ops,first", "--json", bench.kept)
    check(code == 0 and not err, "simgraph alone: %d %s" % (code, err))
    check("no PyTorch in /bin/false (" in out and "only simgraph is measured" in out, "says that there is no PyTorch")
    races = bench.records("models")
    check([r["key"][1] for r in races] == ["vit", "cnn_32"], "a record of each model")
    for record in races:
        ours = record["simgraph"]
        check("torch" not in record and "ratio" not in record, "no other side")
        check(ours["head"]["batch"] == 2 and ours["head"]["threads"] == 1 and record["flops"] > 1e6, "what was run")
        middle = sorted(ours["seconds"])
        middle = (middle[0] + middle[-1]) / 2
        check(len(ours["seconds"]) == 2 and abs(ours["images_per_second"] * middle / 2 - 1) < 1e-9, "images/s of 2 turns")
        check(ours["peak_memory"] > 2 ** 20, "memory")
    check({"matmul", "adamw"} <= {op["op"] for op in bench.records("ops")[0]["profile"]["ops"]}, "ops of the ViT")
    lost = bench.records("precision")[0]["loss"]
    check(len(lost["fp32"]) == 1 and 0 < abs(lost["bf16"][0] / lost["fp32"][0] - 1) < 0.02, "bf16 moves a loss a little: %s" % lost)
    check("precision vit: 20 steps, fp32 " in out, "tells of both precisions")
    check(min(bench.records("first")[0]["seconds"]) > 0, "time to the first step")
    quick = ["--quick", "--models", "cnn_32", "--torch", "/bin/false", "--parts", "threads", "--json", bench.kept]
    code, out, _ = bench.run(*quick, "--threads", "1")
    check(code == 0 and "two numbers are needed to compare" in out and not bench.records("threads"), "one number of threads: " + out)
    code, out, _ = bench.run(*quick, "--threads", "1,2")
    gain = bench.records("threads")[0]
    check(code == 0 and gain["threads"] == [1, 2] and 0 < gain["gain"][0] <= gain["gain"][1] <= gain["gain"][2], "threads: %s %s" % (gain, out))
    code, out, _ = bench.run("--quick", "--models", "cnn_32", "--threads", "1", "--torch", "/bin/false", "--parts", "models",
                             "--clock", "cpu", "--set", "batch=3", "--json", bench.kept)
    record = bench.records("models")[-1]
    check(code == 0 and record["clock"] == "cpu" and record["simgraph"]["head"]["batch"] == 3, "CPU seconds, another batch")
    check(len(bench.records("models")) == 3, "kept beside the others")
    check(record["key"][5:] == [["batch", 3], ["clock", "cpu"]], "what was changed is in the key: %s" % record["key"])
    check(record["quick"] and record["program"].startswith("simgraph ") and re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"]),
          "by what and when: %s %s" % (record["program"], record["date"]))


def cannot(bench):
    """What is wrong or missing ends in words."""
    for words, code, told in (
            (["--models", "vti"], 2, "there is no vti: one of vit, vit_s"),
            (["--precision", "f8"], 2, "there is no f8: one of fp32, bf16"),
            (["--threads", "0"], 2, "`0` is no list of numbers of threads"),
            (["--turn", "-1"], 2, "`-1` is no number above 0"),
            (["--set", "batch"], 2, "`batch` is not KEY=NUMBER"),
            (["--page"], 2, "--page needs --json")):
        got, _, err = bench.run(*words)
        check(got == code and told in err and "Traceback" not in err, "%s: %d %s" % (words, got, err))
    got, _, err = bench.run(simgraph="/nowhere/simgraph")
    check(got == 1 and "there is no program /nowhere/simgraph: build it" in err, "no program: " + err)
    got, _, err = bench.run(simgraph="/bin/false")
    check(got == 1 and "/bin/false does not tell its version" in err and "Traceback" not in err, "another program: " + err)
    quick = ["--quick", "--models", "cnn_32", "--threads", "1", "--torch", "/bin/false", "--parts", "models"]
    got, out, err = bench.run(*quick, "--set", "sice=8")
    check(got == 1 and "simgraph cannot: " in out and "sice" in out and not err, "an unknown size: %d %s %s" % (got, out, err))
    got, out, err = bench.run(*quick, "--set", "sice=8", "--parts", "first")
    check(got == 1 and "first step, vit: simgraph cannot: " in out and not err, "no first step: %d %s %s" % (got, out, err))
    got, _, err = bench.run(*quick[1:], "--json", bench.kept)
    check(got == 1 and "has was measured with --quick: name another file" in err, "full beside quick: %d %s" % (got, err))
    got, out, err = bench.run(*quick, "--precision", "bf16")
    check(got == 0 and ("images/s" in out or "simgraph cannot: " in out) and not err, "bf16, or why not: %s %s" % (out, err))


def keys():
    """What is measured under other conditions is kept beside; what failed takes no measurement away."""
    import parts
    import records
    options = types.SimpleNamespace(set=[("depth", 4)], clock="seconds", quick=False, settings=["best"],
                                    torch=[types.SimpleNamespace(version="2.0", has_mkl=False)])
    usual = os.cpu_count()
    check(parts.rest_of_key(options, {"batch": 2}, threads=usual, clock="seconds") == [["batch", 2], ["depth", 4]], "sizes")
    check(parts.rest_of_key(options, threads=usual + 1, clock="cpu") == [["clock", "cpu"], ["depth", 4], ["threads", usual + 1]],
          "how it was measured")
    side = {"images_per_second": 1.0, "seconds": [1.0], "peak_memory": 1 << 20}
    both = {"flops": 3e9, "simgraph": side, "torch": side, "ratio": [1.0, 1.0, 1.0]}
    kept, race, left = records.Records(None), parts.race, []
    for precision, depth, threads, record in (
            ("fp32", 4, 1, both), ("bf16", 4, 1, dict(both, flops=5e9)), ("fp32", 2, 1, dict(both, flops=7e9)),
            ("fp32", 4, 1, {"missing": {"torch": "gone"}, "simgraph": side, "flops": 3e9}),
            ("fp32", 4, 1, {"missing": {"simgraph": "gone", "torch": "gone"}}),
            ("fp32", 4, 2, {"missing": {"simgraph": "gone"}, "torch": side})):
        options.set = [("depth", depth)]
        parts.race = lambda *_, record=record: dict(record)
        with contextlib.redirect_stdout(io.StringIO()):
            parts.race_all(options, kept, "models", "vit", threads, precision)
        left.append(len(kept.all))
    parts.race = race
    check(left == [1, 2, 3, 3, 3, 4] and sum("ratio" in r for r in kept.all) == 3, "what failed is not kept: %s" % left)
    check(kept.all[-1]["flops"] == 3e9, "operations of the same model: %s" % kept.all[-1]["flops"])
    import tables
    check([row[0] for row in tables.race_rows([dict(r, simgraph=dict(side, head={"batch": 1})) for r in kept.all], "fp32")] ==
          ["small ViT, depth 2", "small ViT, depth 4", "small ViT, depth 4"], "rows tell other sizes")
    product = {"key": ["ops", "vit", "fp32", "simgraph"], "profile": {"threads": 1, "product_gflops_per_second": 10.0}}
    check([line.split(" | ")[0] for line in tables.limits(kept.all + [product])[2:]] ==
          ["| small ViT, depth 2", "| small ViT, depth 4"], "and so do limits")


def page(bench, scratch):
    import tables
    source = os.path.join(bench.root, "docs", "performance.md")
    with open(source, encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(bench.root, "docs", "performance-avx2.md"), encoding="utf-8") as file:
        both = text + file.read()
    check(set(re.findall("<!-- table (.*) -->", both)) == set(tables.TABLES), "the pages have all tables")
    import kinds
    import tokens
    sizes = [(tokens.tokens_of(c["size"]), c["batch"]) for c in (tokens.changes_of(n, False) for n in tokens.SIZES)]
    check(sizes == [(64, 32), (144, 14), (256, 8), (400, 5), (784, 4)], "tokens of an image, images of a batch: %s" % sizes)
    check(kinds.share_of("attention", {"dot_attention": 1.0, "aten::bmm": 0.5, "affine": 4.5}) == 0.25, "share of attention")
    record = {"key": ["tune", "vit", 2, "fp32", "2.0", ["batch", 4], ["size", 112]], "tokens": 784, "batch": 4,
              "seconds": {"default": 0.3136, "simgraph": 0.1568}, "attention": {"simgraph": 0.5}}
    check(tables.per_token([record])[-1] == "| 784 | 4 | 2 | fp32 | 2.0 | 50.0 (50 %) | 100.0 |",
          "time of a token: %s" % tables.per_token([record])[-1])
    check(not tables.tuning([record]), "settings apart from tokens")
    record = {"key": ["threads", "swin_t", "fp32", "torch 2.15.0+cu132"], "threads": [1, 2], "gain": [1.5, 1.75, 2.0]}
    check(tables.gains([record])[-1] == "| Swin-T | fp32 | PyTorch 2.15.0 | 2 against 1 | **1.75** (1.50 to 2.00) |",
          "two threads against one: %s" % tables.gains([record])[-1])
    ops = [("packed_affine", 2.0, 60e9), ("packed_conv2d", 1.0, 30e9), ("dot_attention_grad", 0.5, 5e9), ("gelu", 0.3, 1e9),
           ("layer_norm", 0.1, 1e9), ("adamw", 0.06, 1e9), ("where", 0.04, 0)]
    record = {"key": ["ops", "vit", "bf16", "simgraph"], "profile": {"threads": 2, "product_gflops_per_second": 80.0, "ops": [
        {"op": op, "seconds": seconds, "flops": flops} for op, seconds, flops in ops]}}
    check(tables.step([record])[-1] == "| small ViT | bf16 | 2 | 75 % | 75 % | 12 % | 25 % | 8 % | 2 % | 2 % | 1 % |",
          "what a step is made of: %s" % tables.step([record])[-1])
    if not has("matplotlib"):
        print("no page was made: there is no matplotlib (python3-matplotlib)")
        return
    shutil.copy(source, scratch)
    code, _, err = bench.run("--json", bench.kept, "--page", scratch)
    check(code == 0, "page: " + err)
    with open(os.path.join(scratch, "performance.md"), encoding="utf-8") as file:
        made = file.read()
    check(re.sub("(-->\n).*?(<!-- end)", r"\1\2", made, flags=re.DOTALL) ==
          re.sub("(-->\n).*?(<!-- end)", r"\1\2", text, flags=re.DOTALL), "the words of the page stay")
    check("| small ViT | 2 | 1 | none | " in made, "the table has what was measured")
    size = re.search("<!-- table per_token -->.*?<!-- end -->", text, re.DOTALL).group()
    check("| 784 | 4 |" in size and size in made, "a table of what was not measured stays")
    other = os.path.join(scratch, "second.md")
    with open(other, "w", encoding="utf-8") as file:
        file.write("<!-- table step -->\nold\n<!-- end -->\n")
    for name, content in (("absent.json", None), ("empty.json", "[]")):
        path = os.path.join(scratch, name)
        if content:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        code, _, err = bench.run("--json", path, "--page", other)
        check(code == 1 and name + " has no records to make a page of" in err, "nothing for a page: %d %s" % (code, err))
    for content in ("", "[{", "{}", "[1]"):
        path = os.path.join(scratch, "broken.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        code, _, err = bench.run("--json", path, "--page", other)
        check(code == 2 and err == "tools/bench: %s holds no records of tools/bench: name another file, or remove it\n" % path,
              "a broken file: %d %s" % (code, err))
    code, _, err = bench.run("--json", bench.kept, "--page", other)
    with open(other, encoding="utf-8") as file:
        made = file.read()
    check(code == 0 and "| small ViT | fp32 | 1 | " in made and "old" not in made, "another page: %s %s" % (err, made))
    for name in ("throughput.svg", "memory.svg", "ops.svg"):
        path = os.path.join(scratch, "performance", name)
        check(os.path.exists(path) and xml.parse(path).getroot().tag.endswith("svg"), name)


def beside_torch(bench, scratch):
    if not (has("torch") and has("numpy")):
        print("not held against PyTorch: %s has none" % PYTHON)
        return
    quick = ["--quick", "--models", "vit,cnn_32", "--threads", "1", "--torch", PYTHON, "--json", bench.kept]
    code, out, err = bench.run(*quick, "--parts", "same", "--settings", "intel")
    import sides
    check("`intel` is left out, which needs " in out or sides.Torch(PYTHON).has_mkl, "why intel is left out: " + out)
    check(code == 0 and out.count("losses of 3 steps differ by at most") == 2, "the same models: %s %s" % (out, err))
    check(all(record["difference"] < 1e-5 for record in bench.records("same")), "the same losses: " + out)
    code, out, err = bench.run(*quick, "--models", "swin_t", "--parts", "same", "--set", "dim=48")
    record = bench.records("same")[-1]
    check(code == 0 and record["difference"] < 1e-5 and record["key"][3:] == [["dim", 48]], "of another size: %s %s" % (out, err))
    other = os.path.join(scratch, "other")
    with open(other, "w", encoding="utf-8") as file:
        file.write('#!/bin/sh\n[ "$1" != run ] || set -- "$@" --set train.optimizer.lr=2e-3\nexec "%s" "$@"\n' % bench.simgraph)
    os.chmod(other, 0o755)
    code, out, _ = bench.run(*quick, "--parts", "same", simgraph=other)
    check(code == 1 and out.count("NOT the same") == 2, "another rate is noticed: " + out)
    code, out, err = bench.run(*quick, "--models", "cnn_32", "--parts", "models,ops")
    record = bench.records("models")[-1]
    check(code == 0 and "ratio" in record and record["ratio"] == sorted(record["ratio"]), "in turns: %s %s" % (out, err))
    pairs = sorted(b / a for a, b in zip(record["simgraph"]["seconds"], record["torch"]["seconds"]))
    check([record["ratio"][0], record["ratio"][2]] == [pairs[0], pairs[-1]], "ratios of pairs")
    check(any("conv" in op for op in bench.records("ops")[-1]["seconds"]), "PyTorch's operators")


def main():
    simgraph, root = (os.path.abspath(path) for path in sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(simgraph, root, scratch)
        alone(bench)
        cannot(bench)
        sys.path.insert(0, os.path.join(root, "tools", "benchmark"))
        keys()
        page(bench, scratch)
        beside_torch(bench, scratch)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


sys.exit(main())
