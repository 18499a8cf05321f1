#!/usr/bin/env python3
"""The site that tools/docs makes: every link and anchor leads somewhere, what is wrong in a page is told, and a browser
opens it and searches without a complaint.

usage: site_test.py SOURCE

Without markdown-it-py and Pygments the test is skipped (exit status 77), without Chromium its last part.
"""
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

GOOD = {
    "README.md": "# Start\n\n[a](docs/a.md#two-words), [list](docs)\n",
    "docs/README.md": "# Contents\n\n## Part\n\n- [Start](../README.md)\n- [A](a.md)\n",
    "docs/a.md": "# A\n\n## Two *words*\n\n<!-- a note -->\n\n    x: {op: input}\n\n`<b>` [up](../README.md#start)\n",
}
# What is wrong in these is told.
BAD = {
    "docs/a.md": GOOD["docs/a.md"] + """
[x](nowhere.md)

![x](no.png)

[x](../../above.md) [x](#three)

[x](../README.md#two-words)

a <b>tag</b>

<p>more</p>
""",
    "docs/b.md": "# B\n",
    "docs/c.md": "No heading.\n",
    "docs/README.md": GOOD["docs/README.md"] + "- [C](c.md)\n- [D](d.md)\n- [A](a.md)\n",
}
TOLD = """docs/README.md:1: docs/b.md is not in the table of contents
docs/README.md:8: d.md leads nowhere
docs/README.md:9: docs/a.md is named twice
docs/a.md:11: nowhere.md leads nowhere
docs/a.md:13: no.png leads nowhere
docs/a.md:15: #three: there is no heading #three
docs/a.md:15: ../../above.md leads nowhere
docs/a.md:17: ../README.md#two-words: there is no heading #two-words
docs/a.md:19: HTML in a page: </b>
docs/a.md:19: HTML in a page: <b>
docs/a.md:21: HTML in a page: <p>more</p>
docs/c.md:1: a page begins with a heading
"""


class Links(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.title, self.open = [], set(), "", False
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs[key] for key in ("href", "src") if key in attrs]
        self.anchors.add(attrs.get("id"))
        self.open = tag == "title"

    def handle_data(self, data):
        if self.open:
            self.title += data
            self.open = False


def make(tools, out):
    done = subprocess.run([os.path.join(tools, "docs"), "-o", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode == 77:
        print(done.stderr)
        sys.exit(77)
    return done


def dead(top):
    """Links of a site that lead nowhere, read from its files alone; and how many lead somewhere."""
    pages, wrong, good = {}, [], 0
    for directory, _, names in os.walk(top):
        for name in names:
            if name.endswith(".html") and "/gallery" not in directory:
                path = os.path.join(directory, name)
                pages[path] = Links(path)
    for path, page in pages.items():
        if not page.title:
            wrong.append("%s has no title" % path)
        for link in page.links:
            target, _, anchor = link.partition("#")
            if ":" in target:
                continue
            to = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(target))) if target else path
            if os.path.isdir(to) and not target.endswith("./"):
                to = os.path.join(to, "index.html")
            if not os.path.exists(to) or (anchor and to in pages and anchor not in pages[to].anchors):
                wrong.append("%s: %s" % (os.path.relpath(path, top), link))
            good += 1
    return wrong, good


def small(top, changes):
    tree = os.path.join(top, "tree")
    shutil.rmtree(tree, ignore_errors=True)
    for name, text in dict(GOOD, **changes).items():
        os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
        with open(os.path.join(tree, name), "w") as file:
            file.write(text)
    os.makedirs(os.path.join(tree, "tools"))
    shutil.copy(os.path.join(TOOLS, "docs"), os.path.join(tree, "tools"))
    os.symlink(os.path.join(TOOLS, "site"), os.path.join(tree, "tools", "site"))
    return make(os.path.join(tree, "tools"), os.path.join(top, "small"))


def browse(top):
    """What Chromium makes of the start page, and of the search for an op; None where there is no Chromium."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not browser:
        return None
    page = os.path.join(top, "try.html")
    with open(os.path.join(top, "index.html")) as file:
        text = file.read()
    with open(page, "w") as file:
        file.write(text.replace("</body>", "<script>addEventListener('load', () => {"
                                "field.value = 'layer norm'; field.dispatchEvent(new Event('input'));});</script></body>"))
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
                           "--user-data-dir=" + os.path.join(top, "profile"), "--dump-dom", "file://" + page],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, HOME=top))
    os.remove(page)
    return done.stdout, [line for line in done.stderr.split("\n") if "CONSOLE" in line]


TOOLS = os.path.join(os.path.abspath(sys.argv[1]), "tools")


def main():
    passed = failed = 0

    def check(good, message):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)
        if not good:
            print(message)

    with tempfile.TemporaryDirectory() as top:
        site = os.path.join(top, "site")
        done = make(TOOLS, site)
        check(done.returncode == 0 and done.stderr == "", done.stderr)
        wrong, good = dead(site)
        check(not wrong and good > 1000, "dead links in the site:\n%s" % "\n".join(wrong))
        for name in ("index.html", "tutorial.html", "howto/own-op.html", "graphs/simmim.yaml.html", "images/masks.png"):
            check(os.path.exists(os.path.join(site, name)), "%s is missing" % name)
        with open(os.path.join(site, "images", "simmim.svg")) as file:
            links = re.findall(r'xlink:href="([^"#]+)#(L-\d+)"', file.read())
        pages = {name: Links(os.path.join(site, "images", name)) for name, _ in links}
        check(len(links) > 5 and all(anchor in pages[name].anchors for name, anchor in links), "links of the diagram: %s" % links)
        done = small(top, {})
        check(done.returncode == 0 and done.stderr == "", done.stderr)
        with open(os.path.join(top, "small", "a.html")) as file:
            text = file.read()
        for part in ('<h2 id="two-words">', '<span class="nt">x</span>', "<code>&lt;b&gt;</code>", 'href="index.html#start"'):
            check(part in text, "not in a.html: %s" % part)
        check("a note" not in text, "a comment is shown")
        done = small(top, BAD)
        told = "".join(sorted(done.stderr.splitlines(True)))
        check(done.returncode == 1 and told == TOLD, "told:\n%s" % told)
        seen = browse(site)
        if seen:
            check(not seen[1], "the browser says:\n%s" % "\n".join(seen[1]))
            check('<a href="./ops.html#layer_norm">layer_norm<' in seen[0], "the search does not find layer_norm")
    print("%d passed, %d failed%s" % (passed, failed, "" if seen else "; there is no Chromium"))
    return failed > 0


sys.exit(main())
