"""A headless Chromium for tests of pages.

Speaks the DevTools protocol through a pipe: one JSON object a message, ended by a zero byte.
"""
import json
import os
import shutil
import subprocess

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


def find():
    """The path of a browser, or None."""
    return next((found for found in map(shutil.which, BROWSERS) if found), None)


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

    def wait(self, promise):
        """Until it is kept; fails as it does."""
        result = self.call("Runtime.evaluate", expression=promise, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(promise + ": " + str(result["exceptionDetails"]))

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
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39}
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


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, wanted, given):
        if wanted == given:
            self.passed += 1
        else:
            self.failed += 1
            print("%s: wanted %r, given %r" % (what, wanted, given))
