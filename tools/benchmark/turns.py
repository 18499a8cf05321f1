"""Two programs measured in turns: both stay alive and warm, one works at a time."""
import glob
import json
import os
import statistics
import subprocess
import tempfile
import time

SETTINGS_OF_OURS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") # some machines set them, for other programs
PAUSE = 0.2 # seconds between turns: an OpenMP worker spins for a while after its last work


class Failed(Exception):
    """A side that could not do what was asked, in its own words."""


def environment(more=None):
    kept = {key: value for key, value in os.environ.items() if key not in SETTINGS_OF_OURS}
    return dict(kept, **(more or {}))


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()]
    return (errors or lines or ["it ended without a word"])[-1].split("error: ")[-1].strip()


class Side:
    """A program that runs steps on demand: a line of JSON first, then one for each number of steps."""

    def __init__(self, command, more=None):
        self.complaints = tempfile.TemporaryFile("w+")
        self.begun = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=self.complaints, env=environment(more))

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.complaints.close()

    def read(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.complaints.seek(0)
        raise Failed(last_line(self.complaints.read()))

    def ask(self, steps):
        try:
            self.process.stdin.write("%d\n" % steps)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass # reading says why

    def run(self, steps):
        """Seconds of each step."""
        self.ask(steps)
        return self.read()["seconds"]

    def cpu_seconds(self):
        """Of all its threads so far, in user and kernel."""
        total = 0
        for path in glob.glob("/proc/%d/task/*/schedstat" % self.process.pid):
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
        return 1e-9 * total

    def peak_memory(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return 1024 * int(fields["VmHWM"].split()[0])


def warm_up(side, least, longest):
    """Runs steps until `least` of them were run or `longest` seconds spent; the fastest one."""
    seconds = []
    while len(seconds) < least and (sum(seconds) < longest or len(seconds) < 2):
        seconds += side.run(1)
    return min(seconds)


def take_turn(side, steps):
    """The median time of a step, and CPU seconds of one (a mean)."""
    before = side.cpu_seconds()
    seconds = side.run(steps)
    return {"seconds": statistics.median(seconds), "cpu": (side.cpu_seconds() - before) / steps}


def measure_turns(sides, pairs, turn, warm=5, longest=5):
    """For each side its `pairs` turns of about `turn` seconds. As many steps for all."""
    steps = max(1, round(turn / max(warm_up(side, warm, longest) for side in sides)))
    turns = [[] for _ in sides]
    for _ in range(pairs):
        for side, taken in zip(sides, turns):
            time.sleep(PAUSE)
            taken.append(take_turn(side, steps))
    return turns


def summary(turns, head, side, clock):
    """What one side reached, by the clock `seconds` or `cpu`."""
    seconds = [turn[clock] for turn in turns]
    return {"head": head, "turns": turns, "seconds": seconds,
            "images_per_second": head["batch"] / statistics.median(seconds),
            "fastest_images_per_second": head["batch"] / min(seconds), "peak_memory": side.peak_memory()}
