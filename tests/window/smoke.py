#!/usr/bin/python3
"""The shortest way through the built program in a real window: does what a user came for work?

    tests/window/smoke.py target/debug/sockscope

Makes a connection that hangs in CLOSE_WAIT, and expects to meet it on the first page and in the filtered
table; then opens a connection in the lab, and closes the window. Needs what drive.py needs.
"""

import contextlib
import re
import socket
import sys

from drive import StepFailed, Window, on_a_screen

# What the window calls things, for a screen reader and for us.
TILE = r"CLOSE_WAIT, [1-9][\d\u2009]* sockets?"
RAIL_SOCKETS = "Sockets"
FILTER = "Filter sockets"
RAIL_LAB = "Lab"
CONNECT = "Connect"


@contextlib.contextmanager
def stuck_connection():
    """A connection whose far end has closed and whose near end has not; gives the listener's port."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        client = held.enter_context(socket.create_connection(listener.getsockname()))
        peer, _ = listener.accept()
        peer.close()
        if client.recv(1) != b"":  # the FIN is here: from now on the client end is in CLOSE_WAIT
            raise RuntimeError("the peer had nothing to say")
        yield listener.getsockname()[1]


def walk_through(window, port):
    window.until(lambda: window.matches(TILE), f"a tile {TILE!r} on the first page", 30)
    print("the first page counts CLOSE_WAIT")
    window.press(RAIL_SOCKETS)
    window.enter(FILTER, str(port))
    row = re.compile(rf"(?s)(?=.*\b{port}\b)(?=.*CLOSE_WAIT)")
    window.until(lambda: window.matches(row), f"a row with port {port} in CLOSE_WAIT")
    print(f"the table shows port {port} in CLOSE_WAIT")
    window.press(RAIL_LAB)
    window.press(CONNECT)
    window.until(lambda: window.sees("ESTABLISHED"), "ESTABLISHED in the lab")
    print("the lab has connected")
    window.close()
    print("closed, exit status 0")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        with stuck_connection() as port, Window(sys.argv[1:]) as window:
            walk_through(window, port)
        return 0
    except StepFailed:
        return 1


if __name__ == "__main__":
    sys.exit(on_a_screen(main))
