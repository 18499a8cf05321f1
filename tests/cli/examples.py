#!/usr/bin/env python3
"""Runs every example that the help and README.md give, as it stands there.

usage: examples.py PROGRAM SOURCE_ROOT

The examples run in a shell, one after the other in one directory that holds the project's graphs, x.npy, an array of the
kind that those of `eval` feed, photos, a directory of images, and mae.safetensors, weights under Hugging Face's names for those of `import`. `run` is made short: its examples train for a hundredth of an epoch (`features` and `probe` take 500 images)
and are judged on 200 images; `bench` times 5 steps. Without the
data set of graphs/simmim.yaml the test is skipped (77). The closing line is "N passed, N failed".
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

DATA = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"


def write_image(path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 28, 28), }"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<784f", *(i / 783 for i in range(784))))


def write_photos(directory):
    os.makedirs(directory)
    for i in range(20):
        with open(os.path.join(directory, "%d.ppm" % i), "wb") as file:
            file.write(b"P6 70 80 255\n" + bytes((i * 7 + k) % 251 for k in range(3 * 70 * 80)))


def main():
    program, root = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.path.exists(DATA):
        print("skipped: the package dataset-fashion-mnist is not installed")
        return 77

    def help_of(*words):
        return subprocess.run([program, *words, "-h"], stdout=subprocess.PIPE, check=True).stdout.decode()

    general = help_of()
    verbs = re.findall(r"^  ([a-z]+) +\S", general[general.index("usage:"):], re.M)
    commands = []
    for verb in verbs:
        lines = help_of(verb).split("\n\n")[0].split("\n")
        # Those of completion stand within other words of a shell.
        commands += [re.search(r"simgraph %s\b%s" % (verb, "[^)#|]*" if verb == "completion" else ".*"), line)[0].strip() for line in lines]
    commands += [line.strip() for line in general.split("\n\n")[1].split("\n")]
    with open(os.path.join(root, "README.md"), encoding="utf-8") as text:
        commands += [line.split("#")[0].strip().replace("build/", "", 1) for line in text
                     if line.startswith("    build/simgraph ")]
    assert len(verbs) >= 25 and len(commands) > 40, (verbs, commands)
    failed = 0
    with tempfile.TemporaryDirectory() as top:
        os.symlink(os.path.join(root, "graphs"), os.path.join(top, "graphs"))
        write_image(os.path.join(top, "x.npy"))
        for name in ("photos/train/cat", "photos/train/dog", "photos/val/cat", "photos/val/dog"):
            write_photos(os.path.join(top, name))
        for name in ("photo.jpg", "drawing.png", "hole.png", "a.png", "b.png"):
            shutil.copy(os.path.join(root, "tests", "images", "full.jpg" if name.endswith("jpg") else "colour.png"), os.path.join(top, name))
        os.mkdir(os.path.join(top, "bin"))
        os.symlink(program, os.path.join(top, "bin", "simgraph"))
        environment = dict(os.environ, PATH=os.path.join(top, "bin") + ":" + os.environ["PATH"])
        short = "run graphs/simmim.yaml --quiet --set epochs=0.01 --set evaluate.samples=200 --out runs/"
        for command in (short + "simmim", short + "simmim-2", "run graphs/mae.yaml --quiet --set epochs=0.01 --set data.test.limit=200",
                        "export runs/mae -g graphs/mae.yaml --names hf -o mae.safetensors"):
            subprocess.run([program] + command.split(), cwd=top, env=environment, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(os.path.join(top, "runs", "mae", "model.safetensors"), os.path.join(top, "weights.safetensors"))
        for command in commands:
            words = command.split()
            assert words[0] == "simgraph", command
            short = " --set epochs=0.01 --quiet" if words[1] == "run" else ""
            if short and "photos" not in command:  # which are fewer
                short += " --set evaluate.samples=200"
            if words[1] == "bench":
                short = " --steps 5"
            if words[1] in ("features", "probe") and words[2].startswith("runs/") and "--limit" not in words:
                short = " --limit 500"
            done = subprocess.run(["sh", "-c", command + short], cwd=top, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            notes = b"".join(line for line in done.stderr.splitlines() if not line.startswith((b"simgraph: note: ", b"weights of ")))
            # Both examples of diff compare graphs that differ; fmt says nothing when all is well.
            good = done.returncode == (1 if words[1] == "diff" else 0) and notes == b""
            made = [words[k + 1] for k, word in enumerate(words) if word in ("-o", "--out", ">")]
            good = good and (done.stdout != b"" or made or words[1] == "fmt") and all(os.path.exists(os.path.join(top, m)) for m in made)
            if not good:
                failed += 1
                print("$ %s\n%s%s= %d" % (command, done.stdout.decode(), done.stderr.decode(), done.returncode))
    print("%d passed, %d failed" % (len(commands) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
