#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred instances, reloaded again and again for the given number of seconds, beside a peer that must never notice.
Started by scripts/soak."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))
sys.dont_write_bytecode = True
from lab import Lab, check, configuration, instance, pss, wait_until  # noqa: E402


def config(priority, turn=0):
    """A hundred instances; the one whose turn it is has an address more."""
    return configuration(*(instance(f"I{n}", vrid=n, priority=priority, interval=0.5, extra="garp_master_delay 0\n",
                                    addresses=[f"10.95.0.{n}", *([f"10.95.1.{n}"] if n == turn else [])])
                           for n in range(1, 101)))


def main(seconds):
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(config(150), detail=False)
        b.daemon.start(config(100), detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == 100, 20, "master of all", lab.logs)
        time.sleep(3)
        processes, claims = a.daemon.processes(), b.daemon.log().count("Entering MASTER")
        memory, reloads, end = None, 0, time.monotonic() + seconds
        while time.monotonic() < end:
            turn = reloads % 101
            a.daemon.reload(config(150, turn))
            reloads += 1
            time.sleep(0.1)
            if reloads == 200:
                memory = pss(processes[1])
            if reloads % 100 == 0:
                check(a.daemon.processes() == processes, "the processes changed", lab.logs())
                check(b.daemon.log().count("Entering MASTER") == claims, "the peer noticed", lab.logs())
        grown = pss(processes[1]) - (memory or pss(processes[1]))
        check(grown < 1024, f"{grown} kB more after {reloads} reloads")
        print(f"{reloads} reloads: the peer noticed nothing, the memory grew by {grown} kB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
