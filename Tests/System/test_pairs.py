# SPDX-License-Identifier: GPL-2.0-or-later
"""Two routers share an address: who holds it, before and after everything that can happen to them."""
from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import PAIRS, test
from wire import Sniffer, gaps

VIP = "10.90.9.9"


def files(version=3, interval=0.2, high=150, low=100, both="", high_extra="", low_extra="", **keys):
    """The two routers' configurations."""
    def one(priority, extra):
        block = instance(priority=priority, interval=1 if version == 2 else interval,
                         extra=both + extra, **keys)
        return configuration(block, version=version)
    return one(high, high_extra), one(low, low_extra)


for pair in PAIRS:
    @test(f"{pair}: v3, the master is cut off and comes back")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files())
            lab.settle(a, rest=1)
            check(a.holds(f"{VIP}/32"), "the address has its configured prefix length", a.addresses())
            lab.cut(a)
            wait_until(lambda: b.holds(VIP), 3, "the backup takes over", lab.logs)
            b.daemon.expect_log(r"\(VI\) Entering MASTER STATE")
            lab.mend(a)
            lab.settle(a, rest=1)
            b.daemon.expect_log(r"\(VI\) Entering BACKUP STATE")

    @test(f"{pair}: v2 with a password, the master is cut off and comes back")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            password = "authentication {\n    auth_type PASS\n    auth_pass s3cret\n}\n"
            pair.start(lab, *files(version=2, both=password))
            lab.settle(a, timeout=10, rest=2)
            lab.cut(a)
            wait_until(lambda: b.holds(VIP), 6, "the backup takes over", lab.logs)
            lab.mend(a)
            lab.settle(a, rest=2)

    @test(f"{pair}: v2 without a password")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files(version=2))
            lab.settle(a, timeout=10, rest=3)

    @test(f"{pair}: the master is stopped: priority 0, and the backup takes over within its skew time")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files(interval=1))
            lab.settle(a, timeout=8, rest=1)
            heard = Sniffer(lab.client)
            code = a.daemon.stop()
            lab.settle(b, timeout=3)
            heard.finish()
            check(code == 0, f"exit code {code}")
            goodbye = [advert for advert in heard.from_source(a.address()) if advert.priority == 0]
            check(goodbye, "an advert with priority 0", lab.logs())
            first = heard.from_source(b.address())[0].at - goodbye[0].at
            # v3: skew = (256 - 100) / 256 x 1 s = 0.61 s, far below the 3.61 s of a silent master
            check(first < 0.8, f"the backup spoke {first:.2f} s after the goodbye", lab.logs())
            check(not a.virtual_addresses(), "the stopped router keeps no address", a.addresses())

    @test(f"{pair}: the master stops and starts again: it takes its address back")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            high, low = files()
            pair.start(lab, high, low)
            lab.settle(a)
            a.daemon.stop()
            lab.settle(b)
            a.daemon.start(high, binary=pair.first)
            lab.settle(a, rest=1)

    @test(f"{pair}: nopreempt: who holds the address keeps it")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            high, low = files(both="state BACKUP\nnopreempt\n")
            pair.start(lab, high, low)
            lab.settle(a)
            a.daemon.stop()
            lab.settle(b)
            a.daemon.start(high, binary=pair.first)
            a.daemon.expect_log(r"Entering BACKUP STATE")
            lab.settle(b, rest=2)
            b.daemon.stop()
            lab.settle(a)

    @test(f"{pair}: preempt_delay: the better router waits before it takes over")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            high, low = files(both="state BACKUP\n", high_extra="preempt_delay 3\n")
            b.daemon.start(low, binary=pair.second)
            lab.settle(b)
            a.daemon.start(high, binary=pair.first)
            a.daemon.expect_log(r"Entering BACKUP STATE")
            lab.settle(b, rest=2)
            lab.settle(a, timeout=4, rest=0.5)

    @test(f"{pair}: equal priorities: the higher address wins, and nobody flaps")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files(high=100, low=100))
            wait_until(lambda: len(lab.holder(VIP)) == 1, 5, "one router holds the address", lab.logs)
            wait_until(lambda: lab.holder(VIP), 1, "someone holds it")
            winner = lab.holder(VIP)[0]
            lab.settle(winner, rest=2)
            other = b if winner is a else a
            lab.cut(winner)
            wait_until(lambda: other.holds(VIP), 3, "the other one takes over", lab.logs)
            lab.mend(winner)
            lab.settle(b, rest=1)  # both were masters: 10.90.0.2 > 10.90.0.1

    @test(f"{pair}: priority 255 claims the address at once")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            high, low = files(interval=1, high=255)
            b.daemon.start(low, binary=pair.second)
            lab.settle(b)
            heard = Sniffer(lab.client)
            a.daemon.start(high, binary=pair.first)
            wait_until(lambda: a.holds(VIP), 3, "the owner has its address", lab.logs)
            lab.settle(a, rest=1)
            heard.finish()
            check(heard.from_source(a.address())[0].priority == 255, "adverts carry 255")

    @test(f"{pair}: the master's interface goes down and up: FAULT and recovery")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files())
            lab.settle(a)
            mark = a.daemon.mark()
            a.link_down()
            a.daemon.expect_log(r"\(VI\) Entering FAULT STATE", since=mark)
            lab.settle(b)
            mark = a.daemon.mark()
            a.link_up()
            a.daemon.expect_log(r"\(VI\) Entering BACKUP STATE", since=mark)
            lab.settle(a, rest=1)

    @test(f"{pair}: the backup's interface goes down and up: nobody notices")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *files())
            lab.settle(a)
            b.link_down()
            b.daemon.expect_log(r"\(VI\) Entering FAULT STATE")
            lab.settle(a, rest=1)
            b.link_up()
            lab.settle(a, rest=1.5)

    @test(f"{pair}: a sync group goes together, on two LANs")
    def _(pair=pair):
        with Lab(links=2) as lab:
            a, b = lab.routers
            def config(priority):
                return configuration(
                    "vrrp_sync_group G {\n    group {\n        INSIDE\n        OUTSIDE\n    }\n}\n",
                    instance("INSIDE", vrid=1, priority=priority, addresses=["10.90.9.9/32"]),
                    instance("OUTSIDE", vrid=2, priority=priority, addresses=["10.91.9.9/32"], interface="eth1"))
            pair.start(lab, config(150), config(100))
            for address in ("10.90.9.9", "10.91.9.9"):
                lab.settle(a, address, timeout=8)
            a.link_down("eth1")
            for address in ("10.90.9.9", "10.91.9.9"):
                lab.settle(b, address, timeout=8)
            a.daemon.expect_log(r"VRRP_Group\(G\) Syncing instances to FAULT state")
            a.link_up("eth1")
            for address in ("10.90.9.9", "10.91.9.9"):
                lab.settle(a, address, timeout=10, rest=0.5)

    @test(f"{pair}: another password is not listened to")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            def config(priority, word):
                return configuration(instance(priority=priority, interval=1, extra=(
                    f"authentication {{\n    auth_type PASS\n    auth_pass {word}\n}}\n")), version=2)
            pair.start(lab, config(150, "right"), config(100, "wrong"))
            wait_until(lambda: a.holds(VIP) and b.holds(VIP), 10, "both are masters: they cannot trust each other", lab.logs)
            a.daemon.expect_log(r"received an invalid passwd")

    @test(f"{pair}: a password longer than eight characters counts with its first eight")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            def config(priority, word):
                return configuration(instance(priority=priority, interval=1, extra=(
                    f"authentication {{\n    auth_type PASS\n    auth_pass {word}\n}}\n")), version=2)
            pair.start(lab, config(150, "cluster1_api"), config(100, "cluster1_ingress"))
            lab.settle(a, timeout=10, rest=3)

    @test(f"{pair}: adverts come at their interval and carry the addresses")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            addresses = ["10.90.9.9/32", "10.90.9.10/24", "10.90.9.11"]
            pair.start(lab, *files(addresses=addresses, excluded=["10.90.9.12/32"]))
            lab.settle(a)
            heard = Sniffer(lab.client)
            stays_true(lambda: a.holds("10.90.9.12"), 2, "the excluded address is held too", lab.logs)
            heard.finish()
            adverts = heard.adverts
            check(8 <= len(adverts) <= 12, f"{len(adverts)} adverts in 2 s at 0.2 s")
            for advert in adverts:
                check((advert.ttl, advert.destination, advert.vrid, advert.priority, advert.interval)
                      == (255, "224.0.0.18", 7, 150, 0.2), "the fields of an advert", vars(advert))
                check(sorted(advert.addresses) == ["10.90.9.10", "10.90.9.11", "10.90.9.9"], "the addresses", advert.addresses)
            check(max(gaps(adverts)) < 0.25, f"worst gap {max(gaps(adverts)):.3f} s")
            for held in ("10.90.9.9/32", "10.90.9.10/24", "10.90.9.11/32"):
                check(a.holds(held), f"holds {held}", a.addresses())
