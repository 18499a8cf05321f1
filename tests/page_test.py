#!/usr/bin/env python3
"""Opens pages of `simgraph dot` in Chromium and uses them as a reader does: clicks, keys, wheel, search.

usage: page_test.py SIMGRAPH GRAPH

Without Chromium the test is skipped (exit status 77).
"""
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

import browser as browsers

# What is wrong with the drawing as it is seen, at the scale 1: boxes, labels and titles that lie on each other, words
# that leave their boxes, and edges through what they do not belong to.
FAULTS = """(() => {
  const seen = view;
  view = {x: 0, y: 0, scale: 1};
  apply();
  const rect = (e, less) => {
    const r = e.getBoundingClientRect();
    return {l: r.left + 1, r: r.right - 1, t: r.top + less, b: r.bottom - less};
  };
  const things = [], bad = [], every = (selector, make) => {
    for (const e of document.querySelectorAll("#world " + selector))
      if (e.textContent) things.push(Object.assign({e, words: e.textContent}, make(e)));
  };
  every(".half", e => ({kind: "box", item: e.closest(".item").item, ...rect(e.querySelector(".outline:not(.second)"), 1)}));
  every(".label", e => ({kind: "label", ...rect(e, 1)}));
  every(".frame > text", e => ({kind: "title", ...rect(e, 2)}));
  things.forEach((a, i) => things.slice(i + 1).forEach(b => {
    const one = a.kind === "title" && b.kind === "title" && a.e.parentNode === b.e.parentNode;
    if (!one && Math.min(a.r, b.r) > Math.max(a.l, b.l) && Math.min(a.b, b.b) > Math.max(a.t, b.t))
      bad.push(`${a.kind} ${a.words} lies on ${b.kind} ${b.words}`);
  }));
  for (const thing of things)
    for (const text of thing.kind === "box" ? thing.e.querySelectorAll("text") : []) {
      const words = text.getBoundingClientRect();
      if (words.left < thing.l - 1.5 || words.right > thing.r + 1.5) bad.push("words leave the box " + thing.words);
    }
  for (const edge of drawn.edges) {
    const path = edge.element.querySelector("path"), m = path.getScreenCTM(), met = new Set();
    for (let at = 0, length = path.getTotalLength(); at <= length; at += 4) {
      const p = path.getPointAtLength(at), x = p.x * m.a + m.e, y = p.y * m.d + m.f;
      for (const t of things) {
        if (x < t.l || x > t.r || y < t.t || y > t.b) continue;
        if (t.item && (t.item === edge.from || t.item === edge.to)) {
          // Its own boxes are met at the border.
          if (edge.from === edge.to || !(x > t.l + 4 && x < t.r - 4 && y > t.t + 4 && y < t.b - 4)) continue;
        }
        if (t.kind === "label" && (edge.parts || []).some(part => part.edge === t.e.carrier)) continue;
        met.add(t);
      }
    }
    for (const t of met) bad.push(`${edge.kind} ${pathOf(edge.from)}>${pathOf(edge.to)} goes through ${t.kind} ${t.words}`);
  }
  view = seen;
  apply();
  return bad;
})()"""
FITS = """(() => {
  const w = world.getBoundingClientRect(), d = drawing.getBoundingClientRect();
  return w.left >= d.left && w.right <= d.right && w.top >= d.top && w.bottom <= d.bottom &&
    (w.width > 0.9 * d.width || w.height > 0.9 * d.height || view.scale >= 1.39);
})()"""


def legend(browser):
    return browser.value("[...document.querySelectorAll('#legend span')].map(e => e.textContent)")


def paths(browser, what):
    return browser.value("[...document.querySelectorAll('%s')].map(e => e.dataset.path)" % what)


def use_forward(browser, check, page):
    browser.open(page)
    check.equal("title", "simmim", browser.value("document.title"))
    check.equal("it fits the window at first", True, browser.value(FITS))
    check.equal("faults at first", [], browser.value(FAULTS))
    check.equal("the legend lists what is drawn", ["input", "random", "product", "normalisation", "layout",
                                                   "loss", "block"], legend(browser))
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
    check.equal("faults after a click", [], browser.value(FAULTS))
    # A double click on a closed block opens it too, and − closes.
    browser.click("[data-path='codes.block.0.mlp'] .name", count=2)
    check.equal("after a double click", ["codes", "loss", "recon", "codes.block.0", "codes.block.0.mlp"], paths(browser, ".frame"))
    for scope in ["codes", "loss", "recon"]:
        browser.click("[data-scope='%s']" % scope)
    check.equal("closed again", [], paths(browser, ".frame"))
    check.equal("one box is left of it", 1, paths(browser, ".item").count("codes"))
    edges = browser.value("drawn.edges.map(e => pathOf(e.from) + '>' + pathOf(e.to)).sort()")
    check.equal("the legend of the closed drawing", ["input", "random", "product", "loss", "block"], legend(browser))
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
    check.equal("0 fits", True, browser.value(FITS))
    browser.value("zoom(3, 0, 0)")
    browser.click("#fit")
    check.equal("the button fits", True, browser.value(FITS))
    # Enter on a focused block toggles it.
    browser.value("document.querySelector('.frame[data-path=\"recon\"]').focus()")
    browser.key("Enter")
    check.equal("enter closes", 1, paths(browser, ".item").count("recon"))


# Every level in both directions.
def use_levels(browser, check, what):
    for direction in ["down", "right"]:
        for _ in range(9):
            browser.key("[", "[")
        level, frames = 0, None
        while frames != len(paths(browser, ".frame")):
            frames = len(paths(browser, ".frame"))
            check.equal("%s, %s, level %d" % (what, direction, level), [], browser.value(FAULTS))
            browser.key("]", "]")
            level += 1
        browser.key("t", "t")


# From image to loss, along x and along y.
WAY = "['image', 'loss'].map(path => itemFor(path).forwardPlace).reduce((a, b) => [b.x - a.x, b.y - a.y])"


def use_directions(browser, check, page):
    browser.open(page)
    x, y = browser.value(WAY)
    check.equal("from left to right", True, x > 5 * abs(y))
    check.equal("turned it fits too", True, browser.value(FITS))
    browser.click("#turn")
    x, y = browser.value(WAY)
    check.equal("from top to bottom", True, y > 5 * abs(x))
    use_levels(browser, check, "forward")


def use_step(browser, check, page):
    browser.open(page)
    check.equal("a step fits the window", True, browser.value(FITS))
    items = paths(browser, ".item")
    check.equal("the update", True, "update/adamw" in items)
    gradients = browser.value("[...document.querySelectorAll('.item')].filter(e => e.item.gradient).map(e => e.dataset.path)")
    check.equal("gradients stand with their nodes", True, "recon" in gradients and "codes.norm" in gradients)
    check.equal("gradients flow", True, browser.value("document.querySelectorAll('.edge.gradient').length") > 5)
    check.equal("gradients run upwards", [], browser.value(
        "drawn.edges.filter(e => e.kind === 'gradient' && e.from.gradientPlace.y <= e.to.gradientPlace.y).map(e => e.from.key)"))
    check.equal("the update stands beside everything", True, browser.value(
        "Math.min(...drawn.items.filter(i => partOf(i) === UPDATE).map(i => i.forwardPlace.x - i.width / 2)) >"
        "Math.max(...drawn.items.filter(i => partOf(i) !== UPDATE).map(i => i.forwardPlace.x + i.width / 2))"))
    check.equal("one arrow leads there", 1, browser.value("document.querySelectorAll('.edge.bundle').length"))
    use_levels(browser, check, "step")


# Two graphs on one page: more blocks, another ratio, and drop path in all but the first.
def use_difference(browser, check, page):
    browser.open(page)
    check.equal("a comparison fits the window", True, browser.value(FITS))
    check.equal("its title", "simmim: mask_ratio=0.75, encoder.depth=6, encoder.drop=0.1", browser.value("document.title"))
    changes = browser.value("Object.fromEntries([...document.querySelectorAll('.item')].map(e => [e.dataset.path, e.item.change]))")
    check.equal("what differs", {"mask": 3, "codes.norm": 3, "codes.block.0": 3, "codes.block.1": 3},
                {path: change for path, change in changes.items() if change})
    check.equal("how often it was repeated", "~ block.0vit_block (was × 3)", browser.value(
        "[...document.querySelectorAll('[data-path=\"codes.block.0\"] tspan')].map(e => e.textContent).join('')"))
    check.equal("counts", ["5 as before", "~ 5 changed"], legend(browser))
    check.equal("edges that are gone", ["codes.block.0>codes.norm"], browser.value(
        "drawn.edges.filter(e => e.change === REMOVED && !e.loop).map(e => pathOf(e.from) + '>' + pathOf(e.to))"))
    browser.click("[data-path='mask'] .name")
    panel = browser.value("[...document.querySelectorAll('#panel p')].map(e => e.textContent)")
    check.equal("the panel tells what it was", True, "changed" in panel and "was ratio = 0.6" in panel)
    browser.key("Escape")
    browser.click("[data-scope='codes.block.1']")
    added = browser.value("[...document.querySelectorAll('.item.c1')].map(e => e.dataset.path).sort()")
    check.equal("what is new within", ["codes.block.1.mid.3_drop_path", "codes.block.1.y.3_drop_path"], added)
    use_levels(browser, check, "comparison")


# What only the older graph has is on the page as well, in its own blocks.
def use_removed(browser, check, page):
    browser.open(page)
    removed = browser.value("[...document.querySelectorAll('.item.c2')].map(e => e.dataset.path).sort()")
    check.equal("removed", True, "codes.embed" in removed and "codes.block.0" in removed)
    check.equal("it stands in its block", "codes", browser.value("data.scopes[itemFor('codes.embed').parent].id"))
    check.equal("dashed", True, browser.value(
        "getComputedStyle(document.querySelector('.item.c2 .outline')).strokeDasharray") != "none")
    use_levels(browser, check, "two graphs")


# The chart of memory: the pointer tells what lies where.
def use_memory(browser, check, page):
    browser.open(page)
    panel = "[...document.querySelectorAll('#panel h2, #panel p')].map(e => e.textContent)"
    peak = browser.value("data.nodes[data.peak]")
    check.equal("at first the peak", True, browser.value(panel)[0].endswith(": " + peak))
    x, y = browser.value("(() => { const r = document.querySelector('rect[data-id=\"0\"]').getBoundingClientRect();"
                         "return [Math.round(r.x + r.width / 3), Math.round(r.y + r.height / 2)]; })()")
    browser.mouse("mouseMoved", x, y)
    name, use, offset, size, first, last, fetched = browser.value("data.pieces[0]")
    words = browser.value(panel)
    check.equal("the piece below the pointer", name, words[0])
    check.equal("its life", True, ("nodes %d to %d" % (first + 1, last)) in words[1])
    node = browser.value("node")
    check.equal("the node below the pointer", True, abs(node - (first + (last - first) / 3)) < 2)
    listed = browser.value("[...document.querySelectorAll('#panel tr')].map(e => e.children[1].textContent)")
    lying = browser.value("data.pieces.filter(p => p[4] <= node && node < p[5]).map(p => p[0])")
    check.equal("what lies there", lying[:len(listed)], listed)
    browser.mouse("mousePressed", x, y, button="left", clickCount=1)
    browser.mouse("mouseReleased", x, y, button="left", clickCount=1)
    browser.mouse("mouseMoved", x + 90, y)
    check.equal("a click holds it", node, browser.value("node"))
    browser.key("ArrowRight")
    check.equal("the next node", node + 1, browser.value("node"))
    browser.key("Escape")
    browser.key("/", "/")
    browser.type("qkv")
    hits = browser.value("[...document.querySelectorAll('rect.hit')].map(e => data.pieces[e.dataset.id][0])")
    check.equal("search marks", True, len(hits) > 2 and all("qkv" in hit for hit in hits))
    browser.key("Escape")


# The solver behind ranks and places against trying everything.
def use_simplex(browser, check):
    draw = random.Random(5)
    for turn in range(60):
        count = 5
        edges = [{"a": 0, "b": b, "len": 0, "weight": 0} for b in range(1, count)]
        edges += [{"a": a, "b": b, "len": draw.randint(0, 2), "weight": draw.randint(0, 4)}
                  for a in range(count) for b in range(a + 1, count) if draw.random() < 0.6]
        cost = lambda x: sum(e["weight"] * (x[e["b"]] - x[e["a"]]) for e in edges)
        fits = lambda x: all(x[e["b"]] - x[e["a"]] >= e["len"] for e in edges)
        best = min(cost((0,) + x) for x in itertools.product(range(9), repeat=count - 1) if fits((0,) + x))
        x = browser.value("simplex(%d, %s)" % (count, json.dumps(edges)))
        check.equal("simplex %d" % turn, (True, best), (fits(x), cost(x)))


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
# Words of a picture that the browser writes wider than their box.
CLIPPED = """[...document.querySelectorAll("g.node")].filter(g => {
  const shapes = [...g.querySelectorAll("polygon, path, ellipse")], words = [...g.querySelectorAll("text")].filter(e => e.textContent.trim());
  if (!shapes.length || !words.length || /^title /.test(g.querySelector("title").textContent)) return false;
  const ends = list => list.map(e => e.getBoundingClientRect()).reduce((a, b) => [Math.min(a[0], b.left), Math.max(a[1], b.right)], [1e9, -1e9]);
  const box = ends(shapes), text = ends(words);
  return text[0] < box[0] || text[1] > box[1];
}).map(g => g.textContent.trim())"""
BACKGROUND = "getComputedStyle(document.querySelector('g.graph polygon')).fill"


# A picture, and a page, that follow the reader's colour scheme.
def use_schemes(browser, check, picture, page):
    browser.open(picture)
    check.equal("words in boxes of the picture", [], browser.value(CLIPPED))
    check.equal("light paper", "rgb(255, 255, 255)", browser.value(BACKGROUND))
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check.equal("dark paper", "rgb(21, 24, 28)", browser.value(BACKGROUND))
    check.equal("colours that serve both", ["fill #cc79a7", "stroke #cc79a7", "stroke #e69f00"], browser.value(STUCK))
    browser.open(page)
    check.equal("dark page", "rgb(21, 24, 28)", browser.value("getComputedStyle(document.body).backgroundColor"))
    check.equal("dark names", "rgb(240, 240, 240)",
                browser.value("getComputedStyle(document.querySelector('.item .name')).fill"))
    browser.call("Emulation.setEmulatedMedia", features=[])


def main():
    simgraph, graphs = os.path.abspath(sys.argv[1]), os.path.dirname(os.path.abspath(sys.argv[2]))
    program = browsers.find()
    if not program:
        print("skipped: there is no Chromium here")
        return 77
    check = browsers.Checks()
    with tempfile.TemporaryDirectory() as top:
        os.symlink(graphs, os.path.join(top, "graphs"))
        newer = ["--diff", "graphs/simmim.yaml", "--set", "mask_ratio=0.75", "--set", "encoder.depth=6", "--set", "encoder.drop=0.1"]
        for name, options in [("forward.html", ["--depth", "1"]), ("step.html", ["--view", "step"]), ("step.svg", ["--view", "step"]),
                              ("right.html", ["--rankdir", "LR"]), ("difference.html", newer), ("memory.html", ["--view", "memory"]),
                              ("removed.html", ["--diff", "graphs/conv.yaml"])]:
            subprocess.run([simgraph, "dot", "graphs/simmim.yaml", "-o", name] + options, cwd=top, check=True)
        browser = browsers.Browser(program, os.path.join(top, "home"))
        try:
            use_forward(browser, check, os.path.join(top, "forward.html"))
            use_search(browser, check)
            use_keys(browser, check)
            use_simplex(browser, check)
            use_directions(browser, check, os.path.join(top, "right.html"))
            use_step(browser, check, os.path.join(top, "step.html"))
            use_difference(browser, check, os.path.join(top, "difference.html"))
            use_removed(browser, check, os.path.join(top, "removed.html"))
            use_memory(browser, check, os.path.join(top, "memory.html"))
            use_schemes(browser, check, os.path.join(top, "step.svg"), os.path.join(top, "step.html"))
            check.equal("errors in the browser", [], browser.errors)
            check.equal("nothing is fetched", [], [url for url in browser.requests if not url.startswith("file:") and url != "about:blank"])
        finally:
            browser.close()
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


sys.exit(main())
