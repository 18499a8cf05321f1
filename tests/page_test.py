#!/usr/bin/env python3
"""Opens pages of `simgraph dot` in Chromium and uses them as a reader does: clicks, keys, wheel, search.

usage: page_test.py SIMGRAPH GRAPH

Speaks the DevTools protocol through a pipe: one JSON object a message, ended by a zero byte. Without Chromium the
test is skipped (exit status 77).
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


class Browser:
    def __init__(self, program, home):
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def connect():
            # Descriptors 3 and 4 are the protocol's; first out of the way of each other.
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--user-data-dir=" + home, "--window-size=1200,900", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=home))
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.buffer, self.errors, self.session, self.requests = 0, b"", [], None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log"]:
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.read_end, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "?"))
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.errors.append(message["params"]["entry"]["text"])
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(method + ": " + str(answer["error"]))
                return answer["result"]

    def open(self, path):
        self.call("Page.navigate", url="file://" + path)
        while self.receive().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(expression + ": " + str(result["exceptionDetails"]))
        return result["result"].get("value")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector, count=1):
        x, y = self.value("(() => { const r = document.querySelector(%s).getBoundingClientRect();"
                          "return [r.x + r.width / 2, r.y + r.height / 2]; })()" % json.dumps(selector))
        self.mouse("mouseMoved", x, y)
        for turn in range(1, count + 1):
            self.mouse("mousePressed", x, y, button="left", clickCount=turn)
            self.mouse("mouseReleased", x, y, button="left", clickCount=turn)
        self.value("new Promise(done => setTimeout(done))")
        self.call("Runtime.evaluate", expression="new Promise(r => setTimeout(r, 20))", awaitPromise=True)

    def key(self, key, text=None):
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40}
        more = {"text": text} if text else {}
        if key == "Enter":
            more = {"text": "\r"}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=codes.get(key, 0), **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes.get(key, 0))

    def type(self, words):
        for letter in words:
            self.key(letter, letter)

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(30)


# Every item lies within the drawing, and no two items of one page overlap.
OVERLAPS = """(() => {
  const list = [...document.querySelectorAll(".item")].map(e => e.item), bad = [];
  for (const a of list) for (const b of list)
    if (a.key < b.key && Math.abs(a.x - b.x) < (a.w + b.w) / 2 - 0.1 && Math.abs(a.y - b.y) < (a.h + b.h) / 2 - 0.1)
      bad.push(a.key + " " + b.key);
  for (const a of list) if (!(Number.isFinite(a.x) && Number.isFinite(a.y))) bad.push("nowhere: " + a.key);
  return bad.join(", ");
})()"""


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, wanted, given):
        if wanted == given:
            self.passed += 1
        else:
            self.failed += 1
            print("%s: wanted %r, given %r" % (what, wanted, given))


def paths(browser, what):
    return browser.value("[...document.querySelectorAll('%s')].map(e => e.dataset.path)" % what)


def use_forward(browser, check, page):
    browser.open(page)
    check.equal("title", "simmim", browser.value("document.title"))
    check.equal("first overlaps", "", browser.value(OVERLAPS))
    # Depth 1: what is in the encoder, the decoder and the loss is closed.
    check.equal("frames", ["codes", "loss", "recon"], paths(browser, ".frame"))
    items = paths(browser, ".item")
    check.equal("a closed repeat is one box", 1, items.count("codes.block.0"))
    check.equal("it says how often", "block.0–2vit_block × 3", browser.value(
        "[...document.querySelectorAll('[data-path=\"codes.block.0\"] .name, [data-path=\"codes.block.0\"] .what')]"
        ".map(e => e.textContent).join('')"))
    check.equal("it feeds itself", 1, browser.value("document.querySelectorAll('.edge.loop').length"))
    # A click on + opens it; the sign stays under the pointer.
    browser.click("[data-scope='codes.block.0']")
    check.equal("frames after a click", ["codes", "loss", "recon", "codes.block.0"], paths(browser, ".frame"))
    items = paths(browser, ".item")
    for path in ["codes.block.0.norm1", "codes.block.0.mix", "codes.block.0.mid", "codes.block.0.mlp", "codes.block.0.y"]:
        check.equal(path, 1, items.count(path))
    check.equal("overlaps after a click", "", browser.value(OVERLAPS))
    # A double click on a closed block opens it too, and − closes.
    browser.click("[data-path='codes.block.0.mlp'] .name", count=2)
    check.equal("after a double click", ["codes", "loss", "recon", "codes.block.0", "codes.block.0.mlp"], paths(browser, ".frame"))
    for scope in ["codes", "loss", "recon"]:
        browser.click("[data-scope='%s']" % scope)
    check.equal("closed again", [], paths(browser, ".frame"))
    check.equal("one box is left of it", 1, paths(browser, ".item").count("codes"))
    edges = browser.value("drawn.edges.map(e => pathOf(e.from) + '>' + pathOf(e.to)).sort()")
    check.equal("edges of the closed drawing", ["codes>recon", "image>codes", "image>loss", "mask>codes", "mask>loss",
                                                "recon>loss"], edges)


def use_search(browser, check):
    # Found by path and op, opened around, selected; the panel tells its attributes.
    browser.key("/", "/")
    browser.type("mix proj linear")
    check.equal("hits", "codes.block.0.mix.proj  linear",
                browser.value("document.querySelector('#found li').textContent"))
    browser.key("Enter")
    check.equal("selected", ["codes.block.0.mix.proj"], paths(browser, ".selected"))
    panel = browser.value("[...document.querySelectorAll('#panel p')].map(e => e.textContent)")
    check.equal("panel begins with the path", "codes.block.0.mix.proj", panel[0])
    check.equal("panel tells parameters", True, "4160 parameters" in panel)
    check.equal("panel tells what is read", True, "codes.block.0.mix.mixed  batch×1×4×49×16 → batch×49×64 f32" in panel)
    check.equal("link to the line", True, browser.value("document.querySelector('#panel a').getAttribute('href')")
                .startswith("graphs/lib/attention.yaml#L"))
    browser.key("Escape")
    check.equal("escape", [], paths(browser, ".selected"))
    browser.key("/", "/")
    browser.value("search.value = ''")
    browser.type("nothing like it")
    check.equal("no hits", "0 matches", browser.value("document.querySelector('#found').textContent"))
    browser.key("Escape")


def use_keys(browser, check):
    everything = browser.value("open.size")
    for _ in range(8):
        browser.key("[", "[")
    check.equal("all closed", 0, browser.value("[...document.querySelectorAll('.frame')].length"))
    for _ in range(8):
        browser.key("]", "]")
    check.equal("all open", browser.value("data.scopes.length"), browser.value("[...document.querySelectorAll('.frame')].length"))
    check.equal("overlaps with all open", "", browser.value(OVERLAPS))
    check.equal("something was open before", True, everything > 0)
    before = browser.value("view.scale")
    browser.mouse("mouseWheel", 600, 500, deltaX=0, deltaY=-240)
    check.equal("wheel zooms", True, browser.value("view.scale") > before)
    x = browser.value("view.x")
    browser.mouse("mousePressed", 40, 700, button="left", clickCount=1)
    browser.mouse("mouseMoved", 140, 700, button="left", buttons=1)
    browser.mouse("mouseReleased", 140, 700, button="left", clickCount=1)
    check.equal("dragging pans", 100, round(browser.value("view.x") - x))
    browser.key("0", "0")
    check.equal("0 fits", True, browser.value(
        "(() => { const w = world.getBoundingClientRect(), d = drawing.getBoundingClientRect();"
        "return w.left >= d.left - 1 && w.right <= d.right + 1 && w.bottom <= d.bottom + 1; })()"))
    # Enter on a focused block toggles it.
    browser.value("document.querySelector('.frame[data-path=\"recon\"]').focus()")
    browser.key("Enter")
    check.equal("enter closes", 1, paths(browser, ".item").count("recon"))


def use_step(browser, check, page):
    browser.open(page)
    items = paths(browser, ".item")
    check.equal("the update", True, "update/adamw" in items)
    gradients = browser.value("[...document.querySelectorAll('.item')].filter(e => e.item.gradient).map(e => e.dataset.path)")
    check.equal("gradients stand with their nodes", True, "recon" in gradients and "codes.norm" in gradients)
    check.equal("gradients flow", True, browser.value("document.querySelectorAll('.edge.backward').length") > 5)
    check.equal("overlaps of a step", "", browser.value(OVERLAPS))
    for _ in range(8):
        browser.key("]", "]")
    check.equal("overlaps of an open step", "", browser.value(OVERLAPS))


# Colours that an element has in the other scheme as well.
STUCK = """(() => {
  const stuck = new Set();
  for (const e of document.querySelectorAll("svg *"))
    for (const name of ["fill", "stroke"]) {
      const given = e.getAttribute(name);
      if (!given || given === "none" || given === "transparent") continue;
      const probe = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      probe.style.fill = given;
      document.documentElement.append(probe);
      if (getComputedStyle(probe).fill === getComputedStyle(e)[name]) stuck.add(name + " " + given);
      probe.remove();
    }
  return [...stuck].sort();
})()"""
BACKGROUND = "getComputedStyle(document.querySelector('g.graph polygon')).fill"


# A picture, and a page, that follow the reader's colour scheme.
def use_schemes(browser, check, picture, page):
    browser.open(picture)
    check.equal("light paper", "rgb(255, 255, 255)", browser.value(BACKGROUND))
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check.equal("dark paper", "rgb(21, 24, 28)", browser.value(BACKGROUND))
    check.equal("colours that serve both", ["stroke #cc79a7", "stroke #e69f00"], browser.value(STUCK))
    browser.open(page)
    check.equal("dark page", "rgb(21, 24, 28)", browser.value("getComputedStyle(document.body).backgroundColor"))
    check.equal("dark names", "rgb(240, 240, 240)",
                browser.value("getComputedStyle(document.querySelector('.item .name')).fill"))
    browser.call("Emulation.setEmulatedMedia", features=[])


def main():
    simgraph, graphs = os.path.abspath(sys.argv[1]), os.path.dirname(os.path.abspath(sys.argv[2]))
    program = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if not program:
        print("skipped: there is no Chromium here")
        return 77
    check = Checks()
    with tempfile.TemporaryDirectory() as top:
        os.symlink(graphs, os.path.join(top, "graphs"))
        for name, options in [("forward", ["--depth", "1"]), ("step", ["--view", "step"])]:
            subprocess.run([simgraph, "dot", "graphs/simmim.yaml", "-o", name + ".html"] + options, cwd=top, check=True)
        subprocess.run([simgraph, "dot", "graphs/simmim.yaml", "--view", "step", "-o", "step.svg"], cwd=top, check=True)
        browser = Browser(program, os.path.join(top, "home"))
        try:
            use_forward(browser, check, os.path.join(top, "forward.html"))
            use_search(browser, check)
            use_keys(browser, check)
            use_step(browser, check, os.path.join(top, "step.html"))
            use_schemes(browser, check, os.path.join(top, "step.svg"), os.path.join(top, "step.html"))
            check.equal("errors in the browser", [], browser.errors)
            check.equal("nothing is fetched", [], [url for url in browser.requests if not url.startswith("file:") and url != "about:blank"])
        finally:
            browser.close()
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


sys.exit(main())
