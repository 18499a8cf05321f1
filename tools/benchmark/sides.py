"""How both programs are started for a model."""
import json
import os
import subprocess
import tempfile

from turns import Failed, Side, environment, last_line

HERE = os.path.dirname(os.path.abspath(__file__))
GRAPH = os.path.join(HERE, "..", "..", "graphs", "bench.yaml")
STEP = os.path.join(HERE, "torch_step.py")
OURS = {"batch": "batch_size"} # what torch_step.py's --set calls otherwise


def graph_of(model):
    return os.path.relpath(GRAPH) + ("" if model == "vit" else "@" + model)


def our_settings(changes, precision):
    words = []
    for key, value in changes.items():
        words += ["--set", "%s=%s" % (OURS.get(key, key), json.dumps(value))]
    return words + (["--set", "train.precision=bf16"] if precision == "bf16" else [])


def call(words):
    """What the command prints."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env=environment())
    if done.returncode:
        raise Failed(last_line(done.stderr))
    return done.stdout


def ours(program, model, threads, precision="fp32", changes=None):
    return Side([program, "bench", graph_of(model), "--serve", "--threads", str(threads)] +
                our_settings(changes or {}, precision))


def our_profile(program, model, threads, precision="fp32", changes=None):
    """What `simgraph bench --json` tells."""
    return json.loads(call([program, "bench", graph_of(model), "--json", "--threads", str(threads)] +
                           our_settings(changes or {}, precision)))


def losses_of(program, graph, words):
    """The loss of each step of a `simgraph run`."""
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "run")
        call([program, "run", graph, "--quiet", "--out", out] + words)
        with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
    return [record["loss"] for record in records if record.get("loss") is not None]


class Torch:
    """An interpreter that has PyTorch."""

    def __init__(self, python):
        self.python = python
        done = subprocess.run([python, "-c", "import torch, numpy; print(torch.__version__, torch.backends.mkl.is_available())"], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        if done.returncode:
            raise Failed(last_line(done.stderr))
        self.version, has_mkl = done.stdout.split()
        self.has_mkl = has_mkl == "True"

    def command(self, model, threads, precision, settings, changes):
        words = [self.python, STEP, model, "--precision", precision] + list(settings.words)
        words += [] if settings.name == "default" and threads == os.cpu_count() else ["--threads", str(threads)]
        for key, value in changes.items():
            words += ["--set", "%s=%s" % (key, json.dumps(value))]
        return words

    def start(self, model, threads, precision, settings, changes=None):
        return Side(self.command(model, threads, precision, settings, changes or {}), settings.variables)

    def ask(self, model, threads, precision, settings, changes, more):
        """What torch_step.py answers with the options `more`."""
        done = subprocess.run(self.command(model, threads, precision, settings, changes) + more, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment(settings.variables))
        if done.returncode:
            raise Failed(last_line(done.stderr))
        return json.loads(done.stdout)
