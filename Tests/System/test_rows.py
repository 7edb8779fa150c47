# SPDX-License-Identifier: GPL-2.0-or-later
"""Keywords about elections, announcements and notices, each seen to work: the title begins with the row."""
import os
import signal
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import test
from test_notify import SECURE, Scripts
from wire import Forger, Sniffer, gaps

VIP = "10.90.9.9"


def master(lab, config, address=VIP):
    a = lab.routers[0]
    a.daemon.start(config)
    wait_until(lambda: a.holds(address), 8, "master", lab.logs)
    return a


# --------------------------------------------------------------------------------------------------------------------
# Elections

for row, priority in (("timer_expired_backup", ""), ("thread_timer_expired", " 100")):
    @test(f"{row}{priority}: a master that was stopped for too long does not claim its place back", limit=40,
          known="2.2.7 does not know it")
    def _(row=row, priority=priority):
        with Lab() as lab:
            a, b = lab.routers
            for router, number in ((a, 150), (b, 100)):
                router.daemon.start(configuration(instance(
                    priority=number, extra=f"nopreempt\n{row}{priority}\n", interval=0.2)))
            lab.settle(a)
            child = a.daemon.pid("vrrp.pid")
            os.kill(child, signal.SIGSTOP)
            wait_until(lambda: b.holds(VIP), 3, "the backup takes over", lab.logs)
            heard = Sniffer(lab.client)
            time.sleep(0.5)
            os.kill(child, signal.SIGCONT)
            lab.settle(b, timeout=2, rest=1)
            heard.finish()
            check(not heard.from_source(a.address()), "it did not even speak", lab.logs())


@test("higher_prio_send_advert: one more advert before it yields; without it none")
def _():
    for extra, more in (("", 0), ("higher_prio_send_advert\n", 1)):
        with Lab(routers=1) as lab:
            a = master(lab, configuration(instance(interval=1, priority=100, extra=extra)))
            time.sleep(0.3)
            heard = Sniffer(lab.client)
            Forger(lab).advertise(priority=200, interval=1)
            wait_until(lambda: not a.holds(VIP), 1, "it yields", lab.logs)
            time.sleep(0.1)
            heard.finish()
            check(len(heard.from_source(a.address())) == more, f"{more} adverts", lab.logs())


@test("lower_prio_no_advert: a losing advert is not answered")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance(interval=1, extra="lower_prio_no_advert\n")))
        time.sleep(0.3)
        heard = Sniffer(lab.client)
        Forger(lab).advertise(priority=50, interval=1)
        time.sleep(0.4)
        heard.finish()
        check(not heard.from_source(a.address()), "no answer", lab.logs())


@test("down_timer_adverts: the outage is as many intervals as it says")
def _():
    for adverts, shortest, longest in ((1, 0.2, 0.45), (6, 1.2, 1.55)):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            forger = Forger(lab)
            a.daemon.start(configuration(instance(extra=f"down_timer_adverts {adverts}\n")))
            a.daemon.expect_log("Entering BACKUP STATE")
            end = time.monotonic() + 1.2
            while time.monotonic() < end:
                forger.advertise(priority=200)
                last = time.monotonic()
                time.sleep(0.1)
            wait_until(lambda: a.holds(VIP), 4, "master", lab.logs)
            waited = time.monotonic() - last
            check(shortest < waited < longest, f"waited {waited:.2f} s", lab.logs())


@test("vrrp_skip_check_adv_addr: another list of the known master is not mentioned")
def _():
    for extra, said in (("", True), ("vrrp_skip_check_adv_addr\n", False)):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            forger = Forger(lab)
            a.daemon.start(configuration(instance(), extra=extra))
            a.daemon.expect_log("Entering BACKUP STATE")
            forger.advertise(priority=200)
            time.sleep(0.1)
            forger.advertise(priority=200, addresses=["10.90.9.77"])
            time.sleep(0.2)
            check(("10.90.9.9" in a.daemon.log()) == said, f"{'said' if said else 'not said'}", a.daemon.log()[-800:])


@test("vrrp_startup_delay: not a word and no address before it is over")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Sniffer(lab.client)
        began = time.time()
        a.daemon.start(configuration(instance(), extra="vrrp_startup_delay 1.5\n"))
        wait_until(lambda: a.holds(VIP), 6, "master", lab.logs)
        heard.finish()
        check(heard.adverts[0].at - began > 1.5 + 0.6, f"{heard.adverts[0].at - began:.2f} s", lab.logs())


@test("vrrp_delay_after_boot: over long ago it delays nothing, in the future it does", known="2.2.7 does not know it")
def _():
    uptime = time.monotonic()  # the same clock
    cases = [(min(1, uptime), 0, 2), (uptime + 2.5, 1.5, 6)]
    for delay, shortest, longest in cases[:2 if uptime < 4200 else 1]:  # it may not be longer than 4294 s
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            began = time.monotonic()
            a.daemon.start(configuration(instance(), extra=f"vrrp_delay_after_boot {delay:.2f}\n"))
            wait_until(lambda: a.holds(VIP), 6, "master", lab.logs)
            waited = time.monotonic() - began
            check(shortest < waited < longest, f"{waited:.2f} s", lab.logs())


@test("track_src_ip: a static address that comes with the router is its source", known="2.2.7 takes its time")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        statics = "static_ipaddress {\n    10.90.0.111/16 dev eth0\n}\n"
        a = master(lab, configuration(statics, instance(extra="mcast_src_ip 10.90.0.111\ntrack_src_ip\n")))
        wait_until(lambda: len(heard.adverts) >= 3, 3, "adverts", lab.logs)
        heard.finish()
        sources = {advert.source for advert in heard.adverts}
        check(sources == {"10.90.0.111"}, "adverts come from the static address", sources)
        a.ip("addr", "del", "10.90.0.111/16", "dev", "eth0")
        wait_until(lambda: a.holds("10.90.0.111"), 2, "it is put back", lab.logs)
        wait_until(lambda: a.holds(VIP), 3, "master again", lab.logs)


# --------------------------------------------------------------------------------------------------------------------
# Announcements

@test("garp_lower_prio_repeat, garp_lower_prio_delay: announced again after a losing advert, and once more")
def _():
    for where, files in (
            ("the instance", lambda words: configuration(instance(interval=1, extra="garp_master_delay 0\n" + words))),
            ("global_defs", lambda words: configuration(instance(interval=1), extra="vrrp_garp_master_delay 0\n" + "".join(
                f"vrrp_{line}\n" for line in words.splitlines())))):
        with Lab(routers=1) as lab:
            a = master(lab, files("garp_lower_prio_repeat 2\ngarp_lower_prio_delay 1\n"))
            time.sleep(0.4)
            heard = Sniffer(lab.client)
            Forger(lab).advertise(priority=50, interval=1)
            sent = time.time()
            time.sleep(1.6)
            times = [arp.at - sent for arp in heard.finish().gratuitous(VIP)]
            check(len([t for t in times if t < 0.4]) == 2, f"{where}: two at once", times)
            check(len([t for t in times if 0.8 < t < 1.5]) == 2, f"{where}: and two after a second", times)


@test("garp_lower_prio_repeat 0: a losing advert is no reason to announce")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance(interval=1, extra="garp_master_delay 0\ngarp_lower_prio_repeat 0\n")))
        time.sleep(0.4)
        heard = Sniffer(lab.client)
        Forger(lab).advertise(priority=50, interval=1)
        time.sleep(0.4)
        check(not heard.finish().gratuitous(VIP), "nothing", lab.logs())


@test("vrrp_garp_master_repeat, _delay, _refresh and _refresh_repeat hold for every router")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        master(lab, configuration(instance(), extra="vrrp_garp_master_repeat 3\nvrrp_garp_master_delay 1\n"
                                                    "vrrp_garp_master_refresh 2\nvrrp_garp_master_refresh_repeat 2\n"))
        time.sleep(2.6)
        times = [arp.at - heard.adverts[0].at for arp in heard.finish().gratuitous(VIP)]
        check(len([t for t in times if t < 0.5]) == 3, "three at once", times)
        check(len([t for t in times if 0.8 < t < 1.5]) == 3, "three after a second", times)
        check(len([t for t in times if 1.8 < t < 2.6]) == 2, "two after two", times)


@test("vrrp_min_garp: one announcement, and no more")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        master(lab, configuration(instance(extra="garp_master_delay 1\n"), extra="vrrp_min_garp\nvrrp_garp_master_delay 0\n"))
        time.sleep(0.7)
        check(len(heard.finish().gratuitous(VIP)) == 1, "one", lab.logs())


@test("garp_group: its interfaces share the pace, others keep theirs", known="2.2.7 sends two of them, however many were asked for")
def _():
    with Lab(routers=1, links=2) as lab:
        one, two = Sniffer(lab.client), Sniffer(lab.client, "eth1")
        group = "garp_group {\n    garp_interval 0.1\n    interfaces {\n        eth0\n        eth1\n    }\n}\n"
        master(lab, configuration(group, instance(
            addresses=[f"{VIP}/32", "10.91.9.9/32 dev eth1"], extra="garp_master_repeat 3\ngarp_master_delay 0\n")))
        time.sleep(1)
        arps = one.finish().gratuitous() + two.finish().gratuitous()
        arps.sort(key=lambda arp: arp.at)
        check(len(arps) == 6, f"{len(arps)} announcements", lab.logs())
        check(all(0.08 < gap < 0.3 for gap in gaps(arps)), "0.1 s apart, whatever the interface", gaps(arps))
        check({arp.sender for arp in arps[:2]} == {VIP, "10.91.9.9"}, "each once before any twice", [arp.sender for arp in arps])


@test("garp_extra_if all: addresses on other interfaces are announced again and again")
def _():
    with Lab(routers=1, links=2) as lab:
        one, two = Sniffer(lab.client), Sniffer(lab.client, "eth1")
        master(lab, configuration(instance(
            addresses=[f"{VIP}/32", "10.91.9.9/32 dev eth1"],
            extra="garp_master_repeat 1\ngarp_master_delay 0\ngarp_extra_if all 1\n")))
        time.sleep(2.3)
        check(len(one.finish().gratuitous(VIP)) == 1, "the router's own: once", lab.logs())
        check(len(two.finish().gratuitous("10.91.9.9")) == 3, "the other: once a second more", lab.logs())


# --------------------------------------------------------------------------------------------------------------------
# Notices

@test("notify_master_rx_lower_pri: its script runs when a master hears a losing advert")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        a = master(lab, configuration(instance(extra=(
            f'notify_master_rx_lower_pri "{scripts.recorder("lower")}"\n')), extra=SECURE))
        Forger(lab).advertise(priority=50)
        scripts.wait(["lower "])
        check(a.holds(VIP), "still master")


@test("notify_deleted: a router that leaves the configuration is told as DELETED; without it as FAULT")
def _():
    for extra, last in (("", ["INSTANCE GONE FAULT 90"]), ("notify_deleted\n", ["INSTANCE GONE DELETED 90"])):
        with Lab(routers=1) as lab:
            scripts = Scripts(lab)
            kept = instance("KEPT", vrid=8, addresses=["10.90.9.8/32"])
            gone = instance("GONE", priority=90, extra=f'notify "{scripts.recorder("any")}"\n' + extra)
            a = master(lab, configuration(kept, gone, extra=SECURE))
            scripts.wait(["any INSTANCE GONE BACKUP 90", "any INSTANCE GONE MASTER 90"])
            a.daemon.reload(configuration(kept, extra=SECURE))
            scripts.wait(["any INSTANCE GONE BACKUP 90", "any INSTANCE GONE MASTER 90"] + [f"any {one}" for one in last])
