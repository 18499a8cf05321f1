"""A program on a terminal of some size, and what stands on its screen: as much of a VT100 as the program uses, with windows
that change their size.

    screen = Terminal([program, "run", "g.yaml"], rows=24, columns=80)
    screen.wait(lambda s: "step" in s.text())      # until it shows something
    screen.resize(24, 40, reflow=True)             # as GNOME's and kitty break lines anew; False: as xterm cuts them
    screen.end()                                   # the exit status
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

CONTROL = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


class Terminal:
    def __init__(self, command, rows=24, columns=80, env=None):
        self.rows, self.columns = rows, columns
        self.lines = [[]]  # of the whole session: lists of characters; wrapped ones say so
        self.wrapped = [False]
        self.row = self.column = 0
        self.pending = b""
        self.colours = set()
        self.raw = b""
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], command, {**os.environ, **{"TERM": "xterm", "LC_ALL": "C.UTF-8"}, **(env or {})})

    # ---- what the terminal does ----

    def top(self):
        return max(0, len(self.lines) - self.rows)

    def line_end(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])
            self.wrapped.append(False)

    def put(self, c):
        if self.column == self.columns:
            self.wrapped[self.row] = True
            self.line_end()
            self.column = 0
        line = self.lines[self.row]
        line += [" "] * (self.column - len(line))
        line[self.column:self.column + 1] = [c]
        self.column += 1

    def control(self, numbers, what):
        n = int(numbers) if numbers.isdigit() else 0
        if what == "m":
            self.colours.add(numbers)
        elif what == "K" and n == 0:
            del self.lines[self.row][self.column:]
        elif what == "J" and n == 0:
            del self.lines[self.row][self.column:]
            for row in range(self.row + 1, len(self.lines)):
                self.lines[row] = []
                self.wrapped[row] = False
        elif what == "A":
            self.row = max(self.top(), self.row - max(n, 1))
        else:
            raise AssertionError("unknown control %s%s" % (numbers, what))

    def feed(self, data):
        self.raw += data
        text = (self.pending + data)
        for cut in range(4):  # characters and controls may be torn
            try:
                known = text[:len(text) - cut].decode()
                break
            except UnicodeDecodeError:
                continue
        rest = text[len(text) - cut:]
        torn = re.search(r"\x1b(\[[0-9;]*)?$", known)
        if torn:
            rest, known = known[torn.start():].encode() + rest, known[:torn.start()]
        self.pending = rest
        at = 0
        while at < len(known):
            match = CONTROL.match(known, at)
            if match:
                self.control(match.group(1), match.group(2))
                at = match.end()
                continue
            c = known[at]
            at += 1
            if c == "\r":
                self.column = 0
            elif c == "\n":
                self.line_end()
            elif c >= " ":
                self.put(c)
            else:
                raise AssertionError("unknown character %r" % c)

    def resize(self, rows, columns, reflow):
        """Reflowing joins what was broken and breaks it anew; the cursor stays with its character. The program is stopped
        meanwhile, when it has just been quiet: what it draws for one size is not to be shown in another."""
        while select.select([self.file], [], [], 0.03)[0]:
            self.read(0)
        os.kill(self.pid, signal.SIGSTOP)
        while select.select([self.file], [], [], 0.01)[0]:
            self.read(0)
        cursor = (self.row, self.column)
        lines, wrapped = [], []
        row = 0
        while row < len(self.lines):
            text, mark = [], None
            while True:
                if row == cursor[0]:
                    mark = len(text) + cursor[1]
                text += self.lines[row]
                row += 1
                if not reflow or not self.wrapped[row - 1] or row == len(self.lines):
                    break
            parts = [text[i:i + columns] for i in range(0, max(len(text), 1), columns)] if reflow else [text[:columns]]
            if mark is not None:
                self.row, self.column = len(lines) + (mark // columns if reflow else 0), mark % columns
                self.row = min(self.row, len(lines) + len(parts) - 1)
            lines += parts
            wrapped += [True] * (len(parts) - 1) + [False]
        # The cursor stays on the screen: where that gets lower, what is below it is lost first.
        del lines[self.row + rows:], wrapped[self.row + rows:]
        self.lines, self.wrapped, self.rows, self.columns = lines, wrapped, rows, columns
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGCONT)

    # ---- what a test does ----

    def shown(self):
        """All lines so far, those that have scrolled away included."""
        lines = ["".join(line).rstrip() for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def text(self):
        return "\n".join(self.shown())

    def read(self, seconds):
        if not select.select([self.file], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.file, 65536)
        except OSError:
            return False
        self.feed(data)
        return bool(data)

    def wait(self, until, seconds=60):
        end = time.monotonic() + seconds
        while not until(self) and time.monotonic() < end:
            if not self.read(0.1):
                break
        return until(self)

    def end(self, number=None):
        if number:
            os.kill(self.pid, number)
        while self.read(60):
            pass
        os.close(self.file)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self):
        return self.end(signal.SIGKILL)
