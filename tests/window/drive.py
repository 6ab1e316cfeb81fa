#!/usr/bin/python3
"""Uses the program in a real window, as a person or a screen reader would.

Brings up a virtual screen (Xvfb), a window manager (openbox) and an accessibility bus, starts the program
in them, and carries out steps, one a line, from --steps FILE or standard input:

    tests/window/drive.py [--size 1280x800] [--home DIR] [--steps FILE] -- PROGRAM [ARGUMENT ...]

A widget is found by its accessible name, in any case; the whole name wins over a part of it. Settings
go to --home DIR, or to a folder that is thrown away, never to your own. A failed step ends the run with
exit status 1, says which one it was, how the program ended, and what it wrote to standard error.

Needs these Debian packages: xvfb openbox xdotool imagemagick libgl1-mesa-dri libegl1 libgl1
libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2 libx11-xcb1 at-spi2-core python3-pyatspi
gir1.2-atspi-2.0 dbus libglib2.0-bin

Steps (quote what has spaces):
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

INSIDE = "SOCKSCOPE_DRIVE_INSIDE"
BUS_LAUNCHER = "/usr/libexec/at-spi-bus-launcher"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class StepFailed(Exception):
    """What a person would have complained about."""


def on_a_screen(main):
    """Runs main() on a screen and a session bus of its own; gives the exit status."""
    if INSIDE in os.environ:
        return main()
    read_end, write_end = os.pipe()
    runtime = tempfile.mkdtemp(prefix="sockscope-screen-")  # mode 0700, as XDG_RUNTIME_DIR must be
    # By default a server starts over when its last client leaves, and whoever is connecting just then is refused.
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "2560x1600x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_end], **QUIET)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as number:
            display = number.readline().strip()
        if not display:
            print("FAILED: Xvfb did not start", file=sys.stderr)
            return 1
        environment = dict(os.environ, DISPLAY=":" + display, XDG_RUNTIME_DIR=runtime)
        environment[INSIDE] = "1"
        environment.pop("WAYLAND_DISPLAY", None)
        again = [sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]]
        return subprocess.call(["dbus-run-session", "--", *again], env=environment)
    finally:
        screen.terminate()
        screen.wait()
        shutil.rmtree(runtime, ignore_errors=True)


def no_answer(ask, default=None):
    """What ask() gives, or the default: a widget may be gone by the time it is asked."""
    try:
        return ask()
    except Exception:  # pyatspi passes on whatever the bus threw
        return default


class Window:
    """The running program. Use it in a `with`, which ends everything it has started."""

    def __init__(self, command, size="1280x800", home=None):
        self.command = command
        self.size = size
        self.home = home
        self.id = None
        self.program = None
        self._ending = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException as failure:
            self._tell(failure)
            self._ending.close()
            raise
        return self

    def __exit__(self, _kind, failure, _trace):
        if failure is not None:
            self._tell(failure)
        self._ending.close()

    def _tell(self, failure):
        if not isinstance(failure, StepFailed):
            return
        print(f"FAILED: {failure}", file=sys.stderr)
        if self.program is None:
            return
        status = self.program.poll()
        state = "still runs" if status is None else f"has ended with exit status {status}"
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip() or "nothing"
        print(f"the program {state}; it wrote to standard error:\n{said}", file=sys.stderr)

    def _helper(self, *command, **options):
        process = subprocess.Popen(command, **options)
        self._ending.callback(end, process)
        return process

    def _start(self):
        import pyatspi  # only there once a session bus is
        self.accessibility = pyatspi
        self._helper(BUS_LAUNCHER, "--launch-immediately", **QUIET)
        self._helper("openbox", **QUIET)
        if not patiently(lambda: self._xdotool("get_num_desktops"), 10):
            raise StepFailed("openbox did not start")
        # A program builds its accessible tree only once somebody wants to read it.
        wanted = ["gdbus", "call", "--session", "--dest", "org.a11y.Bus",
                  "--object-path", "/org/a11y/bus", "--method", "org.freedesktop.DBus.Properties.Set",
                  "org.a11y.Status", "IsEnabled", "<true>"]
        if not patiently(lambda: subprocess.call(wanted, **QUIET) == 0, 10):
            raise StepFailed("the accessibility bus did not start")
        home = self.home or self._ending.enter_context(tempfile.TemporaryDirectory(prefix="sockscope-home-"))
        environment = dict(os.environ)
        for kind in ["config", "state", "data", "cache"]:
            folder = os.path.join(os.path.abspath(home), kind)
            os.makedirs(folder, exist_ok=True)
            environment[f"XDG_{kind.upper()}_HOME"] = folder
        self.errors = self._ending.enter_context(tempfile.TemporaryFile())
        self.started = time.monotonic()
        self.program = self._helper(*self.command, env=environment, stderr=self.errors)
        self.id = patiently(self._find, 30)
        if self.id is None:
            raise StepFailed("no window in 30 s")
        print(f"window after {time.monotonic() - self.started:.1f} s", flush=True)
        self._xdotool("windowsize", "--sync", self.id, *self.size.split("x"))
        self._xdotool("windowmove", self.id, "0", "0")

    def _find(self):
        self.alive()
        found = self._xdotool("search", "--onlyvisible", "--pid", str(self.program.pid)).split()
        return found[-1] if found else None

    def _xdotool(self, *words):
        return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=20).stdout.strip()

    def _activate(self):
        self._xdotool("windowactivate", "--sync", self.id)
        return self._xdotool("getactivewindow") == str(self.id)

    # What can be seen

    def nodes(self):
        """Every node of the accessible tree with its depth."""
        for application in self.accessibility.Registry.getDesktop(0):
            if application and no_answer(application.get_process_id) == self.program.pid:
                yield from self._below(application, 0)

    def _below(self, node, depth):
        yield depth, node
        for index in range(no_answer(lambda: node.childCount, 0)):
            child = no_answer(lambda: node.getChildAtIndex(index))  # noqa: B023, called at once
            if child is not None:
                yield from self._below(child, depth + 1)

    def text_of(self, node):
        """A node's name, content and description, each once."""
        parts = [no_answer(lambda: node.name), no_answer(lambda: node.queryText().getText(0, -1)),
                 no_answer(lambda: node.description)]
        return " ".join(dict.fromkeys(part for part in parts if part))

    def lines(self):
        """The text of every node that has one."""
        return [text for text in (self.text_of(node) for _, node in self.nodes()) if text]

    def sees(self, *parts):
        """Whether one node's text contains all of these, in any case."""
        return any(all(part.lower() in line.lower() for part in parts) for line in self.lines())

    def matches(self, pattern):
        """Whether some node's text matches the regular expression."""
        return any(re.search(pattern, line) for line in self.lines())

    def find(self, name, able):
        """The node of this name, or with it as a part, for which able(node) holds."""
        def look():
            part = None
            for _, node in self.nodes():
                label = (no_answer(lambda: node.name) or "").lower()  # noqa: B023, called at once
                if name.lower() in label and no_answer(lambda: able(node)):  # noqa: B023
                    if label == name.lower():
                        return node
                    part = part or node
            return part
        node = patiently(look, 10)
        if node is None:
            self.alive()
            raise StepFailed(f"no such widget: {name!r}")
        return node

    def until(self, condition, what, seconds=15):
        """Waits until condition() holds; `what` says what was hoped for."""
        def look():
            self.alive()
            return condition()
        if not patiently(look, float(seconds)):
            seen = "\n  ".join(self.lines()) or "nothing"
            raise StepFailed(f"{what}: not within {seconds} s; there was\n  {seen}")

    # What can be done

    def alive(self):
        status = self.program.poll()
        if status is not None:
            raise StepFailed(f"the program ended by itself, exit status {status}")

    def press(self, name):
        node = self.find(name, lambda node: node.queryAction().nActions > 0)
        node.queryAction().doAction(0)
        time.sleep(0.4)  # two actions in one frame may count as one

    def enter(self, name, text):
        node = self.find(name, lambda node: node.queryEditableText() is not None)
        node.queryEditableText().setTextContents(text)
        time.sleep(0.4)

    def keys(self, *keys):
        self._xdotool("windowfocus", "--sync", self.id)
        self._xdotool("key", *keys)
        time.sleep(0.3)

    def click(self, x, y, button="1"):
        self.move(x, y)
        self._xdotool("click", button)
        time.sleep(0.3)

    def move(self, x, y):
        self._xdotool("mousemove", "--window", self.id, x, y)
        time.sleep(0.3)

    def resize(self, size):
        self._xdotool("windowsize", "--sync", self.id, *size.split("x"))
        time.sleep(0.5)

    def shot(self, path, window=None):
        subprocess.run(["import", "-window", window or self.id, path], check=True)

    def close(self, seconds=10):
        """Closes the window with the window manager's key, and expects a clean end."""
        if not patiently(self._activate, 10):
            raise StepFailed("the window does not become the active one")
        self._xdotool("key", "alt+F4")
        try:
            status = self.program.wait(seconds)
        except subprocess.TimeoutExpired:
            raise StepFailed(f"the program still runs {seconds} s after its window was closed") from None
        if status != 0:
            raise StepFailed(f"after its window was closed the program ended with exit status {status}")


def patiently(look, seconds):
    """What look() gives as soon as it is true; None if it is not in time."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= end:
            return None
        time.sleep(0.2)


def end(process):
    """Ends a process that we started, if it still runs."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def count_is(window, name, wanted):
    return sum(name.lower() in line.lower() for line in window.lines()) == int(wanted)


def absent(window, text):
    if window.sees(text):
        raise StepFailed(f"{text!r} is there")


def tree(window, depth="40"):
    for level, node in window.nodes():
        if level <= int(depth):
            print("  " * level + no_answer(node.getRoleName, "?"), repr(no_answer(lambda: node.name)))  # noqa: B023


# The steps of a script: what follows the word, what it is for, and how it is done.
STEPS = {
    "wait": ("SECONDS", "do nothing", lambda w, s: time.sleep(float(s))),
    "until": ("TEXT [SECONDS]", "wait until some widget's text contains TEXT (15 s)",
              lambda w, text, s="15": w.until(lambda: w.sees(text), f"{text!r} there", s)),
    "gone": ("TEXT [SECONDS]", "wait until none does",
             lambda w, text, s="15": w.until(lambda: not w.sees(text), f"{text!r} gone", s)),
    "absent": ("TEXT", "fail if one does now", absent),
    "count": ("NAME N", "wait until exactly N widgets' texts contain NAME",
              lambda w, name, n: w.until(lambda: count_is(w, name, n), f"{n} of {name!r}")),
    "press": ("NAME", "activate a button, tab, check box, ...", Window.press),
    "type": ("NAME TEXT", "put TEXT into the entry", Window.enter),
    "keys": ("KEY ...", "press keys, by xdotool's names (ctrl+f, Down, Escape)", Window.keys),
    "click": ("X Y [BUTTON]", "click at a point of the window", Window.click),
    "move": ("X Y", "move the pointer", Window.move),
    "resize": ("WxH", "resize the window", Window.resize),
    "shot": ("FILE", "save a picture of the window (PNG)", Window.shot),
    "screen": ("FILE", "save a picture of the whole screen", lambda w, path: w.shot(path, "root")),
    "tree": ("[DEPTH]", "print the accessible tree", tree),
    "texts": ("", "print every text, one a line", lambda w: print("\n".join(w.lines()))),
    "alive": ("", "fail unless the program still runs", Window.alive),
    "close": ("", "close the window; fail unless the program then ends with exit status 0", Window.close),
}


def carry_out(window, script):
    for number, line in enumerate(script, 1):
        words = shlex.split(line, comments=True)
        if not words:
            continue
        try:
            _, _, step = STEPS[words[0]]
            step(window, *words[1:])
        except KeyError:
            raise StepFailed(f"line {number}: no step {words[0]!r}") from None
        except (StepFailed, TypeError, ValueError, subprocess.SubprocessError) as failure:
            raise StepFailed(f"line {number}: {line.strip()}: {failure}") from None
        sys.stdout.flush()


def main():
    steps = "\n".join(f"    {name + ' ' + form:24} {what}" for name, (form, what, _) in STEPS.items())
    parser = argparse.ArgumentParser(
        description=__doc__ + steps, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1280x800", help="the window's size")
    parser.add_argument("--home", metavar="DIR", help="where the program keeps its settings")
    parser.add_argument("--steps", metavar="FILE", type=argparse.FileType(), default=sys.stdin)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    def run():
        try:
            with Window(options.command, options.size, options.home) as window:
                carry_out(window, options.steps)
            return 0
        except StepFailed:
            return 1

    return on_a_screen(run)


if __name__ == "__main__":
    sys.exit(main())
