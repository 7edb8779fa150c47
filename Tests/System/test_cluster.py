# SPDX-License-Identifier: GPL-2.0-or-later
"""Three routers change from Debian's keepalived to ours and back, one at a time."""
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, wait_until
from suite import need, test
from wire import Sniffer

VIP = "10.90.9.9"
INTERVAL, PRIORITIES = 0.5, (150, 120, 100)


def change(lab, router, file, binary):
    """Replaces the daemon of a router as a package upgrade does: stop, start."""
    router.daemon.stop()
    time.sleep(0.2)
    router.daemon.start(file, binary=binary)
    router.daemon.expect_log(r"Entering \w+ STATE", timeout=8)


class Watcher:
    """Who says that it is master, from the adverts on the wire."""

    def __init__(self, lab):
        self.heard = Sniffer(lab.switch, "br0")

    def finish(self):
        self.adverts = [one for one in self.heard.finish().adverts if one.vrid == 7]
        return self

    def longest_silence(self):
        times = [one.at for one in self.adverts if one.priority]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def longest_overlap(self):
        """The longest time in which two routers took turns at speaking as masters."""
        longest, began, last = 0.0, None, None
        for one in self.adverts:
            if not one.priority:
                began, last = None, None  # it left: whoever follows is alone
                continue
            if last and one.source != last.source and self.spoke_again(last):
                began = began or last.at
                longest = max(longest, one.at - began)
            elif last and one.source == last.source:
                began = None
            last = one
        return longest

    def spoke_again(self, advert):
        """Whether the same source spoke once more before it was silent for three intervals."""
        return any(advert.at < one.at < advert.at + 3 * INTERVAL and one.source == advert.source and one.priority
                   for one in self.adverts)


@test("a rolling change of three routers, theirs to ours and back: never two masters for longer than an advert, never"
      " none for longer than the protocol allows", limit=120)
def _():
    need(PEER)
    with Lab(routers=3) as lab:
        files = [configuration(instance(priority=priority, interval=INTERVAL)) for priority in PRIORITIES]
        for router, file in zip(lab.routers, files):
            router.daemon.start(file, binary=PEER)
        lab.settle(lab.routers[0], timeout=8, rest=0.5)
        watcher = Watcher(lab)
        for binary in (BINARY, PEER):
            for number in (2, 1, 0):
                change(lab, lab.routers[number], files[number], binary)
                lab.settle(lab.routers[0], timeout=8, rest=0.5)
        watcher.finish()
        # The lowest priority waits longest: three intervals and its skew time; 50 ms for two busy processors.
        limit = 3 * INTERVAL + (256 - min(PRIORITIES)) * INTERVAL / 256 + 0.05
        check(watcher.longest_silence() < limit, f"no master for {watcher.longest_silence():.3f} s, limit {limit:.3f} s",
              lab.logs())
        check(watcher.longest_overlap() < INTERVAL, f"two masters for {watcher.longest_overlap():.3f} s", lab.logs())
        speakers = {one.source for one in watcher.adverts}
        check(lab.routers[0].address() in speakers and len(speakers) >= 2, "who spoke", speakers)
