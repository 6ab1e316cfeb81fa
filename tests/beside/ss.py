#!/usr/bin/env python3
"""Holds sockets in all eleven states, IPv4 and IPv6, and compares what Sockscope lists with what ss does.

    tests/beside/ss.py SOCKSCOPE SOCKLOAD

Everything is on loopback. As root it compares owners as well, and looks again as a user without rights, to whom
the rows must be the same and the owners hidden, counted and explained. Whoever is not root is told that this part
did not run.
"""

import collections
import json
import os
import re
import subprocess
import sys
import time

# ss shows no sockets that are merely bound; those are held against the load generator's own number.
MIX = {
    "listen": 2, "closed": 3, "established": 4, "close-wait": 3, "close-wait-orphan": 2, "fin-wait-1": 1,
    "last-ack": 2, "closing": 1, "syn-sent": 2, "syn-received": 2, "not-accepted": 2, "time-wait": 2,
}
# How ss spells states that it does not merely hyphenate.
SPELLING = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT_1", "FIN-WAIT-2": "FIN_WAIT_2", "SYN-RECV": "SYN_RECEIVED"}
NOBODY = 65534


def ours(address):
    """Whether this is one of the addresses that the load generator used."""
    return address.startswith("127.77.") or address.startswith("[::1]")


def canonical(address):
    """ss writes IPv4 on a dual-stack socket as IPv6."""
    return re.sub(r"^\[::ffff:([0-9.]+)\]", r"\1", address)


def by_ss():
    """Every row as (state, local, remote) with the pids that hold it."""
    output = subprocess.run(["ss", "-HtanpO"], check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in output.splitlines():
        state, _, _, local, remote, *rest = line.split(None, 5)
        local, remote = canonical(local), canonical(remote)
        if not ours(local):
            continue
        state = SPELLING.get(state, state.replace("-", "_"))
        remote = None if state == "LISTEN" else remote
        rows[state, local, remote] = {int(pid) for pid in re.findall(r"pid=(\d+)", "".join(rest))}
    return rows


def by_sockscope(program, **options):
    """The same from `list --json`, and the gaps of the document."""
    run = subprocess.run([program, "list", "--json"], check=True, capture_output=True, text=True, **options)
    document = json.loads(run.stdout)
    rows, closed = {}, collections.Counter()
    for socket in document["sockets"]:
        if not ours(socket["local"]):
            continue
        if socket["state"] == "CLOSED":
            closed[socket["local"]] += 1
            continue
        pids = {process["pid"] for process in socket["owner"].get("processes", [])}
        rows[socket["state"], socket["local"], socket.get("remote")] = pids
    return rows, sum(closed.values()), document, run.stderr


def same(label, expected, seen):
    """Says whether two values are the same, and what differs."""
    if expected == seen:
        print(f"{label}: the same, {len(expected) if hasattr(expected, '__len__') else expected}")
        return True
    print(f"{label}: DIFFERS")
    if isinstance(expected, dict):
        for key in sorted(expected.keys() | seen.keys(), key=str):
            if expected.get(key) != seen.get(key):
                print(f"  {key}: ss {expected.get(key)}, sockscope {seen.get(key)}")
    else:
        print(f"  expected {expected}, seen {seen}")
    return False


def hold(sockload, *more):
    """Starts the load generator, and waits until it holds everything."""
    options = [str(part) for state, count in MIX.items() for part in (f"--{state}", count)]
    load = subprocess.Popen([sockload, *options, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = load.stdout.readline()
    if '"failed":0' not in line:
        raise SystemExit(f"the load generator: {line}")
    return load


def main():
    sockscope, sockload = sys.argv[1:]
    loads = [hold(sockload), hold(sockload, "--v6")]
    try:
        fine = True
        # A row may end or a timer fire between the two looks: then they are made again.
        for attempt in range(3):
            expected = by_ss()
            seen, closed, _, _ = by_sockscope(sockscope)
            if expected.keys() == seen.keys():
                break
            time.sleep(0.5)
        states = lambda rows: dict(collections.Counter(state for state, _, _ in rows))
        fine &= same("counts by state", states(expected), states(seen))
        fine &= same("states besides CLOSED", 10, len(states(seen)))
        fine &= same("CLOSED", 2 * MIX["closed"], closed)
        fine &= same("rows and owners", expected, seen)
        if os.geteuid() != 0:
            print("NOT RUN: the look of a user without rights, which root alone can arrange")
        else:
            hidden, closed, document, notes = by_sockscope(sockscope, user=NOBODY, group=NOBODY, extra_groups=[])
            fine &= same("rows without rights", sorted(map(str, seen)), sorted(map(str, hidden)))
            fine &= same("CLOSED without rights", 2 * MIX["closed"], closed)
            owned = sum(1 for pids in seen.values() if pids) + closed
            told = sum(gap["sockets"] for gap in document["gaps"] if gap["kind"] == "owners_hidden")
            listed = sum(1 for socket in document["sockets"] if socket["owner"]["kind"] == "hidden")
            fine &= same("hidden owners are counted", listed, told)
            fine &= same("at least ours are hidden", True, told >= owned)
            fine &= same("and explained", True, "cannot be seen from here" in notes)
    finally:
        for load in loads:
            load.stdin.close()
            load.wait()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
