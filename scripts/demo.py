#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two routers share an address; one loses its cable. Started by scripts/demo."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))
sys.dont_write_bytecode = True
from lab import Failure, Lab, Prober, wait_until  # noqa: E402

ADDRESS = "10.90.9.9"
INTERVAL = 0.1
CONFIGURATION = """\
global_defs {
    vrrp_version 3
}

vrrp_instance DEMO {
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int 0.1              # a sign of life ten times a second

    virtual_ipaddress {
        10.90.9.9/32
    }
}
"""
COLOURS = {"A": "\033[32m", "B": "\033[34m", "·": "\033[31m"} if sys.stdout.isatty() else {}


def paint(letter):
    return f"{COLOURS[letter]}{letter}\033[0m" if COLOURS else letter


class Story:
    """Tells what happens, with the time since the curtain rose."""

    def __init__(self):
        self.began = time.monotonic()

    def __call__(self, text):
        print(f"  {time.monotonic() - self.began:5.1f} s  {text}", flush=True)


def introduce(lab):
    a, b = lab.routers
    print(f"""
Two routers, one address

      A {a.address()}        B {b.address()}
      priority 150       priority 100
          │                  │
    ──────┴─────────┬────────┴──────
                    │
              client {lab.client.address()}
              knows only {ADDRESS}

The configuration of A; B's differs in the priority:
""")
    print("".join(f"    {line}\n" for line in (CONFIGURATION % 150).splitlines()))


def holders(lab):
    return "".join(letter for letter, router in zip("AB", lab.routers) if router.holds(ADDRESS))


def wait_for(lab, letter):
    wait_until(lambda: holders(lab) == letter, 5, f"{letter} alone holds {ADDRESS}", lab.logs)


def perform(lab):
    a, b = lab.routers
    story = Story()
    for router, priority in ((a, 150), (b, 100)):
        router.daemon.start(CONFIGURATION % priority)
    story("both routers start, neither holds the address yet")
    wait_for(lab, "A")
    story(f"A is master and holds {ADDRESS}")
    prober = Prober(lab, ADDRESS, answers={a: b"A", b: b"B"})
    prober.start()
    time.sleep(1.5)

    cut = time.monotonic()
    lab.unplug(a)
    story("A's cable is pulled; B hears nothing more from it")
    wait_until(lambda: b.holds(ADDRESS) and prober.last_answer() == "B", 5, "B takes over", lab.logs)
    story("B is master and answers the client")
    time.sleep(1)

    mended = time.monotonic()
    lab.plug(a)
    story("the cable is back")
    wait_for(lab, "A")
    story("A has the higher priority: it took the address back, and B let go")
    time.sleep(1)

    stopped = time.monotonic()
    a.daemon.stop()
    story("A is stopped for maintenance and says goodbye")
    wait_for(lab, "B")
    time.sleep(0.6)
    prober.finish()
    return prober, (cut, mended, stopped)


def strip(prober, start, end, step=0.1):
    """One letter for each tenth of a second: who answered, or nobody."""
    letters = []
    at = start
    while at + step <= end:
        seen = [answer for when, answer in prober.answers if at <= when < at + step]
        silent = prober.silence(at, at + step) > step * 0.6
        letters.append("·" if silent or not seen else seen[-1])
        at += step
    return "".join(paint(letter) for letter in letters)


def report(prober, moments):
    cut, mended, stopped = moments
    limit = 3 * INTERVAL + INTERVAL * (256 - 100) / 256
    lost = prober.silence(cut - 0.02, mended)
    back = prober.silence(mended - 0.02, stopped)
    goodbye = prober.silence(stopped - 0.02, prober.ended)
    print(f"""
Who answered the client, a letter for each tenth of a second

    {strip(prober, prober.began, prober.ended)}

How long the client was without an answer

    cable pulled     {1000 * lost:6.1f} ms   the protocol needs up to {1000 * limit:.1f} ms to be sure
    cable back       {1000 * back:6.1f} ms
    maintenance      {1000 * goodbye:6.1f} ms   a goodbye saves most of the wait

    {prober.sent:,} questions, {len(prober.answers):,} answers
""")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Lab(routers=2) as lab:
            introduce(lab)
            prober, moments = perform(lab)
            report(prober, moments)
    except KeyboardInterrupt:
        print("\n  stopped; everything is cleaned up")
        return 130
    except Failure as failure:
        print(f"\n  this should not happen: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
