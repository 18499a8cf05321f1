#!/usr/bin/env python3
"""The pages of `simgraph run`, `report` and `compare` in Chromium, used as a reader does; and which pictures a run keeps.

usage: report_test.py SIMGRAPH GRAPH

Without Chromium what needs it is left out, and the test is skipped (exit status 77).
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import browser as browsers

SECTIONS = ["summary", "curves", "pictures", "masks", "diagram", "memory", "profile", "graph", "repeat"]
TEXT = "document.querySelector('%s').textContent"
# The pictures as they are in the browser: pixels of a canvas, by their sum.
SUM = "(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.reduce((a, b) => a + b, 0))(document.querySelectorAll('%s')[%d])"


class Program:
    def __init__(self, path, graph, top):
        self.path, self.graph, self.top = path, graph, top

    def __call__(self, *words, code=0):
        done = subprocess.run([self.path] + list(words), cwd=self.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != code:
            raise RuntimeError("%s: exit %d: %s" % (" ".join(words), done.returncode, done.stderr))
        return done.stdout

    def run(self, out, *words):
        return self("run", self.graph, "-q", "--threads", "2", "--out", out, *words)

    def data(self, page):
        """The JSON of a page, read as a browser finds its end."""
        with open(os.path.join(self.top, page), encoding="utf-8") as file:
            text = file.read()
        begin = text.index('id="data">') + 10
        return json.loads(text[begin:text.index("</script", begin)]), text


def steps_kept(top, run):
    names = os.listdir(os.path.join(top, run, "pictures"))
    return sorted(int(name[len("first-"):-len(".png")]) for name in names if name.startswith("first-"))


def load(top, *path):
    with open(os.path.join(top, *path), "rb") as file:
        return file.read()


# Chunks of a PNG file (ISO 15948): length, name, content, checksum.
def use_comment(check, data):
    at, chunks = 8, []
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        content, (checksum,) = data[at + 8:at + 8 + length], struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        check.equal("checksum of %s" % name, zlib.crc32(name + content), checksum)
        chunks.append((name, content))
        at += 12 + length
    width, height = struct.unpack(">II", chunks[0][1][:8])
    # Four pictures of 16 x 16 pixels, enlarged to 128 x 128, three samples.
    check.equal("where samples are", (b"tEXt", b"Comment\0columns 4 rows 3 left 20 top 48 width 128 height 128 across 142 down 138 px"),
                chunks[1])
    check.equal("to its end", (20 + 3 * 142 + 128 + 20, 48 + 2 * 138 + 128 + 20), (width, height))


# Of 6 evaluations in 24 steps at most 3 stay: the last of each third.
def use_pictures(program, check):
    top = program.top
    check.equal("evenly kept", [8, 16, 24], steps_kept(top, "a"))
    check.equal("the newest is the one beside the directory", load(top, "a", "first.png"), load(top, "a", "pictures/first-24.png"))
    use_comment(check, load(top, "a", "first.png"))
    program.run("all", "--set", "keep=50", "--set", "every=1")
    check.equal("all", list(range(1, 25)), steps_kept(top, "all"))
    check.equal("the same as of few", load(top, "a", "pictures/first-8.png"), load(top, "all", "pictures/first-8.png"))
    # A longer run of the same: pictures of the thirds of the new length.
    open(os.path.join(top, "all", "pictures", "first-99.png"), "w").close()
    open(os.path.join(top, "all", "pictures", "other-5.png"), "w").close()
    program("run", "all/graph.yaml", "-q", "--resume", "--set", "train.steps=36", "--set", "evaluate.keep_pictures=3")
    check.equal("resumed", [12, 24, 36], steps_kept(top, "all"))
    check.equal("not ours", True, os.path.exists(os.path.join(top, "all", "pictures", "other-5.png")))
    os.unlink(os.path.join(top, "all", "pictures", "other-5.png"))
    program.run("none", "--set", "keep=0")
    check.equal("none kept", False, os.path.exists(os.path.join(top, "none", "pictures")))


def records_of(top, run):
    return [json.loads(line) for line in load(top, run, "metrics.jsonl").decode().splitlines()]


# What the page tells against the files that it is made of.
def use_data(program, check):
    data, text = program.data("a/report.html")
    run, records = data["runs"][0], records_of(program.top, "a")
    doc = "A tiny masked model, with words that a page must not take for its own, </script><b id=bold> \"&amp;\" 'x'."
    check.equal("the words of the graph", doc, run["doc"])
    check.equal("no word of it ends the script", False, "</script><b" in text)
    close = lambda a, b: all(x == y or abs(x - y) <= 1e-6 * abs(y) for x, y in zip(a, b)) and len(a) == len(b)
    check.equal("loss", True, close(run["columns"]["loss"], [r["loss"] for r in records]))
    held = [r["values"]["step"] for r in records if "values" in r]
    check.equal("a value called step", ["masked l1", "step"], run["evaluations"]["names"])
    check.equal("its column", True, close(run["evaluations"]["v1"], held))
    check.equal("steps", [4, 8, 12, 16, 20, 24], run["evaluations"]["step"])
    check.equal("pictures", [8, 16, 24], [frame[0] for frame in run["pictures"]["first"]])
    check.equal("the graph", load(program.top, "a", "graph.yaml").decode(), run["yaml"])
    check.equal("nothing from elsewhere", False, "http:" in text.replace("http://www.w3.org/", "") or "https:" in text)
    again = program("report", "a", "-o", "again.html")
    check.equal("said", "again.html\n", again)
    check.equal("made again", text, load(program.top, "again.html").decode())
    # Without what only newer runs have.
    for name in ["run.json", "graph.yaml", "report.html"]:
        if os.path.exists(os.path.join(program.top, "none", name)):
            os.unlink(os.path.join(program.top, "none", name))
    check.equal("a line", "none/report.html\n", program("report", "none/"))
    old = program.data("none/report.html")[0]["runs"][0]
    check.equal("an older run", [None, None, ""], [old["doc"], old["yaml"], old["state"]])
    check.equal("its picture", [24], [frame[0] for frame in old["pictures"]["first"]])


# What run.json says.
def use_about(program, check):
    ended = subprocess.Popen(["true"])
    ended.wait()
    about = {"state": "running", "pid": ended.pid, "command": ["simgraph", "run", "my graphs/x.yaml", "--set", "a=b c"],
             "graph": "my graphs/x.yaml", "variant": "wide", "set": ["a=b c", "d=1"], "seconds": 90.5,
             "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
             "step": 24, "steps": 24000, "threads": 1, "cpu": "a </script> processor", "parameters": 12345,
             "best": {"of": "masked l1", "keep": "highest"}}
    for text, state in [(json.dumps(about), "stopped"), (json.dumps(dict(about, pid=os.getpid())), "running"), ("[1", "")]:
        with open(os.path.join(program.top, "none", "run.json"), "w") as file:
            file.write(text)
        program("report", "none")
        run = program.data("none/report.html")[0]["runs"][0]
        check.equal("state", state, run["state"])
        if not state:
            continue
        facts = dict(run["facts"])
        check.equal("title", "x@wide", run["title"])
        check.equal("command", "simgraph run 'my graphs/x.yaml' --set 'a=b c'", run["command"])
        check.equal("time", True, facts["time"].startswith("1 min 3"))  # of one that runs, until now
        check.equal("facts", ["my graphs/x.yaml@wide", "a=b c, d=1", "24 of 24,000", "a </script> processor, 1 thread",
                              "12,345"], [facts[name] for name in ["graph", "settings", "steps", "processor", "parameters"]])
        check.equal("best", ["masked l1", True], [run["best"], run["highest"]])


def use_report(browser, check, page):
    browser.open(page)
    browser.wait("ready")
    check.equal("title", ["a"] * 3, browser.value("[document.title, document.querySelector('h1').textContent, "
                                                  "document.querySelector('#summary dd').textContent]"))
    check.equal("hostile words are words", None, browser.value("document.getElementById('bold')"))
    for name in SECTIONS:
        check.equal("section " + name, True, browser.value("document.querySelector('#%s').textContent.trim().length > 8 || "
                                                           "!!document.querySelector('#%s iframe')" % (name, name)))
    check.equal("curves", ["Loss", "Held out", "Reported", "Learning rate", "Gradient norm", "Images a second"],
                browser.value("[...document.querySelectorAll('figcaption b')].map(e => e.textContent)"))
    use_curves(browser, check)
    use_slider(browser, check)
    masks = browser.value("[...document.querySelectorAll('#masks .tiles div')].map(e => e.textContent)")
    check.equal("masks", ["50.0 % hidden"] * 3 + ["how often, of all these"], masks)
    frames = browser.value("[...document.querySelectorAll('iframe')].map(f => f.contentDocument.title + f.contentDocument.querySelectorAll('svg g').length)")
    title = browser.value("run.title")
    check.equal("pages within", True, frames[0].startswith(title) and int(frames[0][len(title):]) > 10 and
                frames[1].startswith(title + ": memory of a step"))
    use_axes(browser, check)


def use_curves(browser, check):
    keys = "[...document.querySelectorAll('.keys')[%d].children].map(e => e.textContent)"
    last = browser.value(keys % 0)
    check.equal("the last values", "step 24", last[0])
    browser.value("document.querySelector('.chart svg').scrollIntoView({block: 'center', behavior: 'instant'})")
    x, y, width = browser.value("(r => [r.x, r.y, r.width])(document.querySelector('.chart svg').getBoundingClientRect())")
    browser.mouse("mouseMoved", x + 56, y + 100)
    check.equal("hovered at the left", "step 1", browser.value(keys % 0)[0])
    check.equal("on all charts", "step 1", browser.value(keys % 2)[0])
    loss = browser.value("String(Number(run.columns.loss[0].toPrecision(4)))")
    check.equal("its value", "training " + loss, browser.value(keys % 0)[1])
    check.equal("the cross", 1, browser.value("document.querySelector('.chart svg').querySelectorAll('line.cursor').length"))
    browser.mouse("mouseMoved", 2, 2)
    check.equal("left", last, browser.value(keys % 0))
    browser.value("document.querySelector('.chart svg').focus()")
    browser.key("ArrowLeft")
    check.equal("by key", "step 23", browser.value(keys % 0)[0])
    browser.key("Escape")
    path = "document.querySelector('.chart path').getAttribute('d')"
    before = browser.value(path)
    browser.click(".chart button")
    check.equal("a logarithmic axis", True, browser.value(path) != before)
    browser.click(".chart button")
    check.equal("and back", before, browser.value(path))
    browser.value("(s => { s.value = 'epoch'; s.dispatchEvent(new Event('change')); })(document.querySelector('#curves select'))")
    check.equal("along epochs", "epoch 3", browser.value(keys % 0)[0])


# Axes of charts that are made for it.
def use_axes(browser, check):
    made = "(chart(document.body, 'made', %s, %s), (c => [c.log, c.x(4) - c.x(3), c.x(3)])(charts[charts.length - 1]))"
    series = "[{name: 'a', of: {step: [1, 2, 3, 4], epoch: [1, 2, 3, 4], y: [1, 1e-3, 1e-6, 1e-9]}, y: 'y', colour: 0}]"
    check.equal("whole steps", [1, 2, 3, 4], browser.value("ticks(1, 4, 8, false, true)"))
    check.equal("and parts", [1, 1.5, 2, 2.5, 3, 3.5, 4], browser.value("ticks(1, 4, 8, false)"))
    check.equal("logarithmic by itself", True, browser.value(made % (series, "{}"))[0])
    check.equal("not a rate", False, browser.value(made % (series, "{linear: true}"))[0])
    browser.value("(s => { s.value = 'step'; s.dispatchEvent(new Event('change')); })(document.querySelector('#curves select'))")
    check.equal("one format of ticks", [["0", "0.0005", "0.001", "0.0015"], ["1e-5", "1e-2", "1e+0"], ["0", "1,500"]], browser.value(
        "[[0, 5e-4, 1e-3, 1.5e-3], [1e-5, 1e-2, 1], [0, 1500]].map(tickWords)"))
    # Of a run that ended before the other: the step of its value.
    runs = "[[1, 10], [1, 10, 300]].map(step => ({name: 'r' + step.length, of: {step, epoch: step, y: step}, y: 'y', colour: 0}))"
    read = "(() => { const at = charts[charts.length - 1], all = [null, 1, 300].map(x => { at.show(x); " \
           "return [...document.querySelectorAll('.keys')[charts.length - 1].children].map(e => e.textContent).join(); }); return all; })()"
    browser.value(made % (runs, "{}"))
    check.equal("where one run has ended", ["step 300,r2 10 (step 10),r3 300", "step 1,r2 1,r3 1",
                                            "step 300,r2 10 (step 10),r3 300"], browser.value(read))
    points = "[3, 4].map(x => ({name: 'a', of: {step: [x], epoch: [x], y: [x]}, y: 'y', colour: 0, points: true}))"
    log, apart, left = browser.value(made % (points, "{}"))
    check.equal("single points are off the frame", True, abs((left - 56) - apart) < 1e-6)


def use_slider(browser, check):
    told = TEXT % "#pictures output"
    check.equal("the last picture", True, browser.value(told).startswith("step 24 · epoch 3 · masked l1 "))
    after, source = browser.value(SUM % ("#pictures canvas", 1)), browser.value("document.querySelector('.look > img').src")
    browser.value("document.querySelector('.time input').focus()")
    browser.key("ArrowLeft")
    browser.wait("new Promise(done => setTimeout(done, 50))")
    check.equal("the one before", True, browser.value(told).startswith("step 16 "))
    check.equal("another sheet", True, browser.value("document.querySelector('.look > img').src") != source)
    check.equal("another reconstruction", True, browser.value(SUM % ("#pictures canvas", 1)) != after)
    original = browser.value(SUM % ("#pictures canvas", 0))
    browser.value("(s => { s.value = 2; s.dispatchEvent(new Event('change')); })(document.querySelectorAll('#pictures .look select')[0])")
    browser.wait("new Promise(done => setTimeout(done, 50))")
    check.equal("another sample", True, browser.value(SUM % ("#pictures canvas", 0)) != original)
    browser.value("document.querySelector('.divided').scrollIntoView({block: 'center', behavior: 'instant'})")
    x, y, width = browser.value("(r => [r.x, r.y + 20, r.width])(document.querySelector('.divided').getBoundingClientRect())")
    browser.mouse("mousePressed", x + width / 4, y, button="left", clickCount=1)
    browser.mouse("mouseReleased", x + width / 4, y, button="left", clickCount=1)
    check.equal("the divider", 25, round(float(browser.value("document.querySelector('.divided').style.getPropertyValue('--at')")[:-1])))


def use_looks(browser, check):
    for width in [1400, 420]:
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        browser.wait("new Promise(done => setTimeout(done, 50))")
        check.equal("nothing is wider than %d" % width, True, browser.value("document.documentElement.scrollWidth <= %d" % width))
    browser.call("Emulation.clearDeviceMetricsOverride")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check.equal("dark", "rgb(21, 24, 28)", browser.value("getComputedStyle(document.body).backgroundColor"))
    browser.call("Emulation.setEmulatedMedia", features=[])


def use_profile(program, browser, check, page):
    profile = json.loads(load(program.top, "b", "profile.json"))
    check.equal("profiled steps", 4, profile["steps"])
    whole = profile["seconds"] * profile["threads"]
    check.equal("shares add up", True, abs(sum(op["seconds"] for op in profile["ops"]) - whole) < 1e-4 * whole)
    if not browser:
        return
    browser.open(page)
    check.equal("tables", 3, browser.value("document.querySelectorAll('#profile table').length"))
    names = browser.value("[...document.querySelectorAll('#profile table')[0].tBodies[0].rows].map(r => r.cells[0].textContent)")
    check.equal("ops", [op["name"] for op in profile["ops"]][:14], names[:14])
    shares = browser.value("[...document.querySelectorAll('#profile table')].map(t => [...t.tBodies[0].rows].reduce((sum, r) => sum + parseFloat(r.cells[2].textContent), 0))")
    check.equal("others", "(all others)", (names + [""])[14])
    check.equal("shares of a table", [True] * 3, [abs(share - 100) < 1 for share in shares])  # each of 15 is rounded to a tenth


def use_comparison(program, browser, check, page):
    shown = program("compare", "a", "b/", "-o", "compare.html")
    rows = {line[:line.index("  ")]: line.split()[-2:] for line in shown.splitlines()[1:] if "  " in line}
    check.equal("the ratio", ["0.5", "0.75"], rows["mask_ratio"])
    check.equal("steps", ["24", "24"], rows["steps"])
    for i, run in enumerate(["a", "b"]):
        held = [r["values"]["masked l1"] for r in records_of(program.top, run) if "values" in r]
        check.equal("last of " + run, "%.5g" % held[-1], rows["masked l1"][i])
        check.equal("lowest of " + run, "%.5g" % min(held), rows["masked l1, lowest"][i])
    check.equal("what was written", "compare.html", shown.splitlines()[-1])
    told = json.loads(program("compare", "a", "b", "--json"))
    for i, run in enumerate(["a", "b"]):
        records = records_of(program.top, run)
        steps = [r["step"] - s for r, s in zip(records, [0] + [r["step"] for r in records])]
        speed = records[-1]["step"] / sum(n / r["images_per_second"] for n, r in zip(steps, records))
        check.equal("speed of all updates", True, abs(told["runs"][i]["images_per_second"] / speed - 1) < 1e-6)
        check.equal("most memory", max(r["peak_memory"] for r in records), told["runs"][i]["peak_memory"])
    check.equal("as JSON", ["a", "b"], [run["run"] for run in told["runs"]])
    check.equal("its difference", ["mask_ratio", "depth"], [each["path"] for each in told["differences"][0]["arguments"]])
    diff = json.loads(program("diff", "a/graph.yaml", "b/graph.yaml", "--json", code=1))
    for part in ["arguments", "nodes", "sections"]:
        check.equal("as diff tells " + part, diff[part], told["differences"][0][part])
    if not browser:
        return
    browser.open(page)
    check.equal("curves", ["Training loss", "Held out: masked l1", "Learning rate", "Gradient norm",
                           "Images a second"], browser.value("[...document.querySelectorAll('figcaption b')].map(e => e.textContent)"))
    check.equal("two lines", 2, browser.value("document.querySelector('.chart').querySelectorAll('path').length"))
    check.equal("two pictures", 2, browser.value("document.querySelectorAll('#pictures img').length"))
    check.equal("rows", len(rows), browser.value("document.querySelectorAll('#values tbody tr').length"))
    check.equal("differences", True, "mask_ratio" in browser.value(TEXT % "#differences"))
    use_looks(browser, check)


def main():
    check, program = browsers.Checks(), browsers.find()
    with tempfile.TemporaryDirectory() as top:
        simgraph = Program(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), top)
        simgraph.run("a")
        use_pictures(simgraph, check)
        use_data(simgraph, check)
        use_about(simgraph, check)
        browser = browsers.Browser(program, os.path.join(top, "home")) if program else None
        try:
            if browser:
                use_report(browser, check, os.path.join(top, "a/report.html"))
                use_looks(browser, check)
            simgraph.run("b", "--set", "mask_ratio=0.75", "--set", "depth=2", "--profile", "--profile-steps", "4")
            use_profile(simgraph, browser, check, os.path.join(top, "b/report.html"))
            use_comparison(simgraph, browser, check, os.path.join(top, "compare.html"))
            if browser:
                check.equal("errors in the browser", [], browser.errors)
                outside = ("file:", "data:", "about:")
                check.equal("nothing is fetched", [], [url for url in browser.requests if not url.startswith(outside)])
        finally:
            if browser:
                browser.close()
    if not program:
        print("left out: there is no Chromium here")
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0 if program else 77


sys.exit(main())
