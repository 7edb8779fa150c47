# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a client is without its address when the master vanishes: the protocol's own time and nothing more."""
import time

from lab import Lab, Prober, check, configuration, instance
from suite import PAIRS, test
from wire import cut_after_advert

MARGIN = 0.005  # seconds above the protocol's limit; a busy machine gets three attempts


def outage(pair, interval):
    def config(priority):
        return configuration(instance(priority=priority, interval=interval))
    with Lab() as lab:
        a, b = lab.routers
        pair.start(lab, config(150), config(100))
        lab.settle(a, timeout=10, rest=0.5)
        prober = Prober(lab)
        prober.start()
        time.sleep(0.7)
        cut = cut_after_advert(lab, a)
        time.sleep(interval * 4.5 + 0.5)
        prober.finish()
        return prober.outage(cut - 0.05)


for pair in PAIRS:
    for interval in (1, 0.05, 0.01):
        @test(f"{pair}: master cut off at {interval:g} s: within 3 intervals + skew + 5 ms", limit=60, alone=True)
        def _(pair=pair, interval=interval):
            limit = 3 * interval + interval * (256 - 100) / 256
            seen = []
            for _ in range(3):
                seen.append(outage(pair, interval))
                if min(seen) <= limit + MARGIN:
                    return
            check(False, f"outages {[f'{1000 * s:.1f} ms' for s in seen]}, the protocol's limit is {1000 * limit:.1f} ms")
