#!/usr/bin/env python3
"""One and the same mistake has one exit code, whichever verb meets it.

usage: codes_test.py SIMGRAPH

Every rule is a mistake, its code, and command lines that make it; what stands
in capitals is a file or directory that is made first. A verb that a signal ends counts as in a shell: 128 and its number.
"""
import concurrent.futures
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile

SIMGRAPH = os.path.abspath(sys.argv[1])

# Verbs by what they take; each line is whole but for that.
OF_GRAPHS = ["run {}", "check {}", "data check {}", "data stats {}", "data show {} -o x.png", "summary {}", "diff {} GRAPH", "dot {}", "mask {}",
             "eval {}", "expand {}", "gradcheck {}", "bench {}", "import WEIGHTS -g {}", "export WEIGHTS -g {} --names timm",
             "export WEIGHTS -g {} --onnx x.onnx", "reconstruct {} --init WEIGHTS IMAGE", "features {} --init WEIGHTS IMAGE -o x.npz",
             "probe {} --init WEIGHTS"]
OF_RUNS = ["report {}", "compare {} RUN", "reconstruct {} IMAGE", "features {} IMAGE -o x.npz", "probe {}", "export {} --names timm",
           "export {} --onnx x.onnx"]
OF_WEIGHTS = ["run GRAPH --init {}", "eval GRAPH --init {} --feed image=ARRAY --fetch recon", "import {} -g GRAPH", "export {} -g GRAPH --names timm",
              "export {} -g GRAPH --onnx x.onnx", "reconstruct GRAPH --init {} IMAGE", "features GRAPH --init {} IMAGE -o x.npz",
              "probe GRAPH --init {}"]
OF_IMAGES = ["reconstruct RUN {}", "features RUN {} -o x.npz", "features RUN --picture x.png {}", "probe RUN {}", "reconstruct RUN IMAGE --mask {}"]
OUTPUTS = ["run GRAPH -o {}/x", "init -o {}/x.yaml", "report RUN -o {}/x.html", "data show GRAPH -o {}/x.png", "data show GRAPH -o {}/x.npz",
           "dot GRAPH -o {}/x.svg", "mask GRAPH -o {}/x.png", "reconstruct RUN IMAGE -o {}/x.png", "reconstruct RUN IMAGE -o {}/x.npz",
           "features RUN IMAGE -o {}/x.npz", "features RUN IMAGE --picture {}/x.png", "eval GRAPH --fetch image --feed image=ARRAY -o {}/x.npz",
           "import WEIGHTS -g GRAPH -o {}/x.safetensors", "export RUN --onnx {}/x.onnx"]
ENDINGS = ["report RUN -o x.jpg", "data show GRAPH -o x.jpg", "dot GRAPH -o x.jpg", "mask GRAPH -o x.jpg", "reconstruct RUN IMAGE -o x.jpg",
           "features RUN IMAGE -o x.jpg", "features RUN IMAGE --picture x.jpg", "eval GRAPH --fetch image --feed image=ARRAY -o x.jpg",
           "import WEIGHTS -g GRAPH -o x.jpg", "export RUN --onnx x.jpg"]
VALUES = ["eval GRAPH --fetch {}", "eval GRAPH --feed {}=ARRAY", "eval GRAPH --fetch image --grad {}", "gradcheck GRAPH --loss {}", "mask GRAPH --node {}",
          "reconstruct RUN IMAGE --node {}", "features RUN IMAGE --node {} -o x.npz", "probe RUN --node {}", "export RUN --onnx x.onnx --fetch {}"]
NAMES = ["data show GRAPH --split {} -o x.png", "reconstruct RUN --data {}", "features RUN --data {} -o x.npz", "probe RUN --data {}", "ops {}", "init {}",
         "completion {}", "export RUN --names {}", "{}"]
THREADS = ["run GRAPH", "data show GRAPH", "data stats GRAPH", "dot GRAPH", "mask GRAPH", "eval GRAPH", "gradcheck GRAPH", "bench GRAPH",
           "reconstruct RUN IMAGE", "features RUN IMAGE", "probe RUN", "doctor"]
PRINTS = ["--version", "-h", "run -h", "check GRAPH", "summary GRAPH", "summary GRAPH --json", "diff GRAPH BARE", "dot GRAPH", "mask GRAPH",
          "expand GRAPH", "ops", "ops relu --json", "schema", "completion bash", "doctor", "runs .", "runs . --json", "compare RUN RUN", "data stats GRAPH",
          "data check GRAPH", "eval GRAPH --fetch image --feed image=ARRAY", "gradcheck GRAPH", "reconstruct RUN IMAGE -o x.png", "init -o -",
          "features RUN IMAGE -o x.npz", "import WEIGHTS -g GRAPH"]

RULES = [  # (code, mistake, what stands for {}, lines)
    (6, "no such graph file", "none.yaml", OF_GRAPHS + ["fmt {}"]),
    (6, "a directory for a graph file", "EMPTY", [line for line in OF_GRAPHS if "--init" not in line] + ["fmt {}"]),
    (3, "a graph file that is binary", "IMAGE", OF_GRAPHS + ["fmt {}"]),
    (3, "a mistake in a graph file", "BAD", OF_GRAPHS),
    (3, "an argument that is not", "GRAPH --set nosuch=1", OF_GRAPHS[::2]),
    (3, "a wrong value of an argument", "GRAPH --set width=x", OF_GRAPHS[1::2]),
    (3, "a variant that is not", "GRAPH@nosuch", OF_GRAPHS[::3]),
    (6, "no such run", "none", OF_RUNS + ["runs {}", "run GRAPH --resume {}"] + OF_WEIGHTS),
    (6, "a directory that is no run", "EMPTY", OF_RUNS + ["run GRAPH --resume {}"] + OF_WEIGHTS),
    (2, "a file for a run", "GRAPH", ["report {}", "compare {} RUN", "reconstruct {} IMAGE", "features {} IMAGE -o x.npz", "probe {}", "runs {}",
                                     "run GRAPH --resume {}"]),
    (6, "no such weights", "none.safetensors", OF_WEIGHTS),
    (4, "weights that are cut short", "CUT", OF_WEIGHTS),
    (5, "weights of another graph", "OTHER", OF_WEIGHTS),
    (6, "no such image", "none.png", OF_IMAGES),
    (4, "a damaged image", "CUT_IMAGE", OF_IMAGES),
    (4, "a damaged array", "CUT_ARRAY.npy", ["eval GRAPH --fetch image --feed image={}"]),
    (4, "no image in a directory", "EMPTY", [line for line in OF_IMAGES if "--mask" not in line]),
    (6, "no such array", "none.npy", ["eval GRAPH --fetch image --feed image={}"]),
    (6, "an output that cannot be written", "/proc/no", OUTPUTS),
    (2, "an output with another ending", "", ENDINGS),
    (2, "an output that is there", "", ["init -o GRAPH", "run GRAPH -o RUN"]),
    (2, "a value that is not", "nosuch", VALUES),
    (2, "a name that is not", "nosuch", NAMES),
    (2, "an option without its value", "--threads", [line + " {}" for line in THREADS]),
    (2, "no whole number", "--threads=x", [line + " {}" for line in THREADS]),
    (2, "a number out of range", "--threads=0", [line + " {}" for line in THREADS]),
    (4, "data that are not", "FOLDER", ["run {}", "data check {}", "data stats {}", "data show {} -o x.png", "probe {} --init WEIGHTS",
                                                                   "features {} --init WEIGHTS --data train -o x.npz"]),
    (4, "a file for a directory of data", "FILED", ["run {}", "data check {}", "data stats {}", "data show {} -o x.png", "probe {} --init WEIGHTS"]),
    (4, "a directory for a file of data", "LISTED", ["run {}", "data check {}"]),
    (3, "no section data", "BARE", ["data check {}", "data stats {}", "data show {} -o x.png", "run {}"]),
    (3, "nothing to differentiate", "BARE", ["gradcheck {}", "dot {} --backward"]),
    (3, "a loss that is an image", "train.minimize=recon", ["run GRAPH --set {}", "gradcheck GRAPH --set {}"]),
]


GRAPH = """simgraph: 1
args: {width: 8}
nodes:
  image: {op: input, shape: [batch, 1, 8, 8]}
  mask: {op: random_mask, shape: [batch, 2, 2], ratio: 0.5}
  codes: {op: vit_encoder, in: {image: image, mask: mask}, dim: $width, depth: 1, heads: 2, patch: 4}
  recon: {op: pixel_decoder, in: {codes: codes, like: image}}
  loss: masked_l1(recon, image, mask)
data:
  train: {op: shapes, count: 8, size: 8, fields: {image: []}}
  test: {op: shapes, count: 8, size: 8, seed: 1, fields: {image: []}}
train: {minimize: loss, data: train, steps: 1, batch: 8, optimizer: {op: adamw, lr: 1e-3}}
"""
BARE = "simgraph: 1\nnodes:\n  image: {op: input, shape: [batch, 1, 8, 8]}\n  y: relu(image)\n"


def named(line):
    return re.sub(r"\b(WEIGHTS|OTHER|CUT)\b", r"\1.safetensors", re.sub(r"\bARRAY\b", "ARRAY.npy", line))


def run(line, stdout=subprocess.PIPE):
    """The exit code, and what was said. Names of users stand in messages: what is no UTF-8 was no name of ours."""
    done = subprocess.run([SIMGRAPH] + line.split(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
    return done.returncode, done.stderr.decode("utf-8", "strict")


def prepare():
    def write(name, data):
        with open(name, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
    write("GRAPH", GRAPH)
    write("BAD", GRAPH.replace("masked_l1", "masked_l11"))
    write("BARE", BARE)
    write("FILED", GRAPH.replace("train: {op: shapes, count: 8, size: 8", "train: {op: folder, path: GRAPH, size: 8"))
    write("LISTED", GRAPH.replace("train: {op: shapes, count: 8, size: 8", "train: {op: idx, images: EMPTY"))
    write("FOLDER", GRAPH.replace("train: {op: shapes, count: 8, size: 8", "train: {op: folder, path: none, size: 8"))
    write("IMAGE", b"P5 8 8 255\n" + bytes(range(64)))
    write("CUT_IMAGE", b"P5 8 8 255\n" + bytes(9))
    write("ARRAY.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
          + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 8, 8), }".ljust(117) + b"\n" + bytes(256))
    write("CUT_ARRAY.npy", b"\x93NUMPY\x01\x00")
    os.mkdir("EMPTY")
    for words in ("run GRAPH -o RUN -q", "run GRAPH -o WIDE -q --set width=16"):
        code, said = run(words)
        if code:
            sys.exit("%s: %s" % (words, said))
    os.rename("RUN/model.safetensors", "WEIGHTS.safetensors")
    with open("WEIGHTS.safetensors", "rb") as file:
        whole = file.read()
    write("RUN/model.safetensors", whole)
    write("CUT.safetensors", whole[:100])
    os.rename("WIDE/model.safetensors", "OTHER.safetensors")


def all_verbs():
    """Mistakes that every verb can be told, and streams that every verb has."""
    text = subprocess.run([SIMGRAPH, "-h"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    names = re.findall(r"^  ([a-z]+) {1,9}[a-z]", text.split("usage:")[1], re.M)
    lines = [(2, "no such option", name + " --nosuch") for name in names]
    lines += [(2, "no such letter", name + " -%") for name in names]
    lines += [(2, "a value of a flag", name + " --json=1") for name in names]
    lines += [(2, "too many words", name + " a b c d" * 100) for name in ("run", "ops", "schema", "doctor", "init")]
    return names, lines


def interrupted():
    """What waits for its input, or tells that it has begun, and is ended."""
    wrong = []
    for line in ("run GRAPH --json -o {} --set train.steps=1000000", "bench GRAPH --serve", "fmt -"):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            words = [SIMGRAPH] + line.format("RUN-%d" % number).split()
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                if line != "fmt -":
                    process.stdout.readline()
                process.send_signal(number)
                process.stdout.read()
                code = process.wait()
            code = 128 - code if code < 0 else code
            if code != 128 + number:
                wrong.append((128 + number, "interrupted", line, code, ""))
    return wrong


def main():
    with tempfile.TemporaryDirectory() as top:
        os.chdir(top)
        prepare()
        names, lines = all_verbs()
        lines += [(code, mistake, named(line.replace("{}", word))) for code, mistake, word, all_lines in RULES for line in all_lines]
        unknown = {line.split()[0] for _, _, line in lines} - set(names) - {"nosuch"}
        with open("/dev/full", "wb") as full, concurrent.futures.ThreadPoolExecutor(2) as pool:
            got = list(pool.map(lambda rule: run(rule[2]), lines))
            lines += [(6, "standard output that takes nothing", named(line)) for line in PRINTS]
            got += list(pool.map(lambda line: run(named(line), full), PRINTS))
        wrong = [rule + found for rule, found in zip(lines, got) if found[0] != rule[0] or not found[1]]
        wrong += interrupted()
    for code, mistake, line, found, said in wrong:
        print("FAILED: %s: `simgraph %s` ends with %d, not %d:\n  %s" % (mistake, line, found, code, said.strip().replace("\n", "\n  ")))
    if len(names) < 20 or unknown:
        print("FAILED: these verbs are not of the help:", unknown, names)
    print("%d passed, %d failed" % (len(lines) + 6 - len(wrong), len(wrong)))
    return bool(wrong) or len(names) < 20 or bool(unknown)


sys.exit(main())
