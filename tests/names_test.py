#!/usr/bin/env python3
"""Files of other programs: imported, run, and exported again.

usage: names_test.py SIMGRAPH ROOT [NAME...]    (the records tests/torch/names/NAME*.npz below ROOT, or all of them;
                                                tests/torch/record_names.py says what they hold)

Of every record: whose names it has is found, and nothing is missing or left over; the graph computes from its weights what
the other program's model does, in f64 (1e-9) and in f32 (1e-4); what is exported has the names, shapes and bits of the file,
but for what the other program makes by itself. Fixed positions are computed again, to 1e-6."""
import glob
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

import weights

TOLERANCE = {"f64": 1e-9, "f32": 1e-4}
MADE = ("relative_position_index", "attn_mask", "relative_coords_table", "k_bias")


def part(record, prefix):
    return {name[len(prefix):]: record[name] for name in record.files if name.startswith(prefix)}


class Test:
    def __init__(self, program, root, path):
        self.program, self.record = program, np.load(path)
        self.case = json.loads(str(self.record["case"]))
        self.name, self.root, self.passed, self.failed = os.path.basename(path)[:-4], root, 0, 0
        self.graph = [os.path.join(root, self.case["graph"])]
        self.settings = []
        for key, value in self.case["set"].items():
            self.settings += ["--set", "%s=%s" % (key, value if isinstance(value, str) else json.dumps(value))]

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("%s: %s" % (self.name, what))

    def run(self, *words):
        done = subprocess.run([self.program] + list(words) + self.settings, stdout=subprocess.PIPE)
        self.check(done.returncode == 0, "exit status %d of %s" % (done.returncode, " ".join(words)))
        return done.stdout

    def evaluate(self, scratch, dtype):
        wants = part(self.record, "want/")
        feed, out = os.path.join(scratch, "feed.npz"), os.path.join(scratch, "out.npz")
        floats = np.float64 if dtype == "f64" else np.float32
        np.savez(feed, **{n: a.astype(floats if a.dtype.kind == "f" else a.dtype) for n, a in part(self.record, "feed/").items()})
        self.run("eval", *self.graph, "--init", os.path.join(scratch, "ours.safetensors"), "--feed", feed, "--fetch",
                 ",".join(wants), "--dtype", dtype, "-o", out)
        got = dict(np.load(out)) if os.path.exists(out) else {}
        for name, want in wants.items():
            same = name in got and got[name].shape == want.shape
            off = np.abs(got[name] - want).max() / np.abs(want).max() if same else np.inf
            self.check(off <= TOLERANCE[dtype], "%s in %s is off by %.1e" % (name, dtype, off))

    def compare(self, arrays, path):
        back = weights.load(path)
        for name, array in arrays.items():
            if name.split(".")[-1] in MADE and name not in back:
                continue
            same = name in back and back[name].shape == array.shape and (
                back[name].tobytes() == array.tobytes() or
                (name in self.case["computed"] and np.abs(back[name] - array).max() < 1e-6))
            self.check(same, "%s is not the same after export" % name)
        self.check(not set(back) - set(arrays), "exported as well: %s" % ", ".join(sorted(set(back) - set(arrays))))

    def all(self):
        arrays = {n: a.astype("float32") if a.dtype.kind == "f" else a for n, a in part(self.record, "file/").items()}
        with tempfile.TemporaryDirectory() as scratch:
            theirs, ours, back = (os.path.join(scratch, n + ".safetensors") for n in ("theirs", "ours", "back"))
            weights.save(theirs, arrays)
            # Both with names that are given and with names that are found.
            report = json.loads(self.run("import", theirs, "-g", *self.graph, "--json") or "{}")
            self.check(report.get("names") == self.case["found"], "its names are taken for those of %s" % report.get("names"))
            fates = {line["fate"] for line in report.get("lines", [])}
            self.check(fates <= {"taken", "ignored", "computed"}, "not all is as it should be: %s" % fates)
            self.run("import", theirs, "-g", *self.graph, "--names", self.case["names"], "-o", ours)
            for dtype in TOLERANCE:
                self.evaluate(scratch, dtype)
            if self.case["export"] is None:
                return
            self.run("export", ours, "-g", *self.graph, "--names", self.case["names"], "-o", back, *self.case["export"])
            self.compare(arrays, back)


def main():
    program, root, names = sys.argv[1], sys.argv[2], sys.argv[3:] or [""]
    paths = [glob.glob(os.path.join(root, "tests", "torch", "names", name + "*.npz")) for name in names]
    passed, failed = 0, 0
    for path in sorted(sum(paths, [])):
        test = Test(program, root, path)
        test.all()
        print("%s: %d passed, %d failed" % (test.name, test.passed, test.failed))
        passed, failed = passed + test.passed, failed + test.failed
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0 or not passed


sys.exit(main())
