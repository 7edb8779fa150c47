#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred instances, reloaded again and again beside a peer that must never notice. Started by scripts/soak.

    soak.py [--seconds N] [--reloads N]     whichever comes first; 60 s without either

Three of four reloads change nothing; the others give one instance an address more, or take it away. No advert may be out of
rhythm by more than a tenth of its interval, and the memory of the processes may not grow.
"""
import argparse
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))
sys.dont_write_bytecode = True
from lab import Lab, anonymous, check, configuration, instance, wait_until  # noqa: E402
from wire import Sniffer  # noqa: E402

INSTANCES, INTERVAL = 100, 0.5


def config(priority, turn=0):
    """A hundred instances; the one whose turn it is has an address more."""
    return configuration(*(instance(f"I{n}", vrid=n, priority=priority, interval=INTERVAL, extra="garp_master_delay 0\n",
                                    addresses=[f"10.95.0.{n}", *([f"10.95.1.{n}"] if n == turn else [])])
                           for n in range(1, INSTANCES + 1)))


class Log:
    """Counts words in a growing log, reading each line once."""

    def __init__(self, path, word):
        self.file, self.word, self.count = open(path, errors="replace"), word, 0

    def poll(self):
        self.count += sum(self.word in line for line in self.file)
        return self.count


class Rhythm(Sniffer):
    """Compares each advert with the one before it, and keeps none."""

    def __init__(self, host, source):
        self.last, self.worst, self.heard, self.source, self.lock = {}, 0, 0, source, threading.Lock()
        super().__init__(host)

    def poll(self):
        """The worst deviation so far in seconds, and how many adverts were compared."""
        adverts, self.adverts, self.arps = self.adverts, [], []
        for advert in adverts:
            if advert.source != self.source:
                continue
            if advert.vrid in self.last:
                self.worst = max(self.worst, abs(advert.at - self.last[advert.vrid] - INTERVAL))
            self.last[advert.vrid] = advert.at
            self.heard += 1
        return self.worst, self.heard


def main(seconds, count):
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(config(150), detail=False)
        b.daemon.start(config(100), detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == INSTANCES, 20, "master of all", lab.logs)
        time.sleep(3)
        processes, claims = a.daemon.processes(), b.daemon.log().count("Entering MASTER")
        done, rhythm = Log(a.daemon.path("log"), "Reload complete"), Rhythm(lab.client, a.address())
        memory, reloads, began = [], 0, time.monotonic()
        while reloads < count and time.monotonic() - began < seconds:
            a.daemon.reload(config(150, reloads // 4 % (INSTANCES + 1)))
            reloads += 1
            wait_until(lambda: done.poll() >= reloads, 10, f"reload {reloads} is complete", lab.logs)
            if reloads % 50 == 0:
                worst, heard = rhythm.poll()
                check(worst <= INTERVAL / 10, f"an advert was out of rhythm by {1000 * worst:.1f} ms", lab.logs())
                check(a.daemon.processes() == processes, "the processes changed", lab.logs())
                check(b.daemon.log().count("Entering MASTER") == claims, "the peer noticed", lab.logs())
                memory.append([anonymous(pid) for pid in processes])
        worst, heard = rhythm.poll()
        rhythm.finish()
        # The first fifth may still grow: caches fill, heaps find their size.
        settled = memory[len(memory) // 5:]
        grown = [max(late) - max(early) for early, late in
                 zip(zip(*settled[:len(settled) // 2]), zip(*settled[len(settled) // 2:]))]
        print(f"{reloads} reloads in {time.monotonic() - began:.0f} s beside {heard} adverts, the worst {1000 * worst:.1f} ms out of rhythm; "
              f"the peer noticed nothing; the processes grew by {grown} kB")
        check(all(kilobytes < 256 for kilobytes in grown), "memory grows with every reload", *memory)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--reloads", type=int)
    options = parser.parse_args()
    main(options.seconds or (1e9 if options.reloads else 60), options.reloads or 10**9)
