"""What the tests of models share: asking the program about graphs, and counting what holds."""
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

PROGRAM, ROOT = sys.argv[1:3]
results = []


def check(good, what):
    results.append(bool(good))
    if not good:
        print("failed: %s" % what)


def finish():
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    sys.exit(not all(results))


def graph(name):
    return os.path.join(ROOT, name if "/" in name else os.path.join("graphs", name))


def simgraph(verb, name, *options, settings=()):
    command = [PROGRAM, verb, graph(name), *options] + [word for s in settings for word in ("--set", s)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def summary(name, *settings, depth=2):
    return json.loads(simgraph("summary", name, "--json", "--params", "--depth", str(depth), settings=settings))


def weights(name, *settings):
    return {w["name"]: w for w in summary(name, *settings)["weights"]}


def evaluate(name, settings, feeds, fetch, *options):
    """Values by name; feeds are arrays by name."""
    with tempfile.TemporaryDirectory() as scratch:
        feed, out = os.path.join(scratch, "feed.npz"), os.path.join(scratch, "out.npz")
        if feeds:
            np.savez(feed, **feeds)
            options += ("--feed", feed)
        simgraph("eval", name, "--fetch", ",".join(fetch), "-o", out, *options, settings=settings)
        return dict(np.load(out))


def started(name, settings, *names):
    """How weights start: arrays by name."""
    return evaluate(name, settings, {}, names)
