# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that dies, a machine that stalls, a LAN that is torn: nobody notices, or everybody is told."""
import os
import signal
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, stays_true, wait_until
from suite import need, test
from test_reload import Monitor
from wire import Sniffer, gaps

VIP = "10.90.9.9"
FIRST, SECOND = "10.90.9.9/32", "10.90.9.10/32"


def group(*names):
    return "vrrp_sync_group G {\n    group {\n" + "".join(f"        {name}\n" for name in names) + "    }\n}\n"


def kill_child(daemon):
    """Kills the VRRP process and waits for the next one."""
    before = daemon.pid("vrrp.pid")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: daemon.pid("vrrp.pid") != before, 5, "a new VRRP process", daemon.log)


def blocks(priority, interval, synced):
    routers = [instance("A", vrid=7, priority=priority, interval=interval, addresses=[FIRST])]
    if synced:
        routers.append(instance("B", vrid=8, priority=priority, interval=interval, addresses=[SECOND]))
        routers.append(group("A", "B"))
    return configuration(*routers)


for interval, synced in ((1, False), (0.1, False), (0.1, True)):
    @test(f"T-5 the VRRP process of a master is killed, advert_int {interval:g}{' in a sync group' if synced else ''}: the addresses stay, "
          "2.2.7 stays backup", limit=40, known="2.2.7 takes its addresses away and starts an election")
    def _(interval=interval, synced=synced):
        need(PEER)
        with Lab() as lab:
            a, b = lab.routers
            a.daemon.start(blocks(150, interval, synced))
            b.daemon.start(blocks(100, interval, synced), binary=PEER)
            lab.settle(a, timeout=9, rest=0.5)
            b.daemon.expect_log(r"Entering BACKUP")
            ours, theirs, monitor, heard = a.daemon.mark(), b.daemon.mark(), Monitor(a), Sniffer(lab.client)
            kill_child(a.daemon)
            stays_true(lambda: a.holds(VIP) and not b.holds(VIP), max(2.5, 4 * interval), "the address stays", lab.logs)
            heard.finish()
            check("MASTER" not in b.daemon.since(theirs), "the peer claimed it", b.daemon.since(theirs))
            check("is MASTER because: it was before" in a.daemon.since(ours), "it goes on as master", a.daemon.since(ours))
            changes = [line for line in monitor.finish() if "10.90.9." in line]
            check(not changes, "addresses were touched", *changes)
            adverts = [advert for advert in heard.from_source(a.address()) if advert.vrid == 7]
            check(max(gaps(adverts)) < 2 * interval, f"silent for {max(gaps(adverts)):.3f} s")
            check(0 not in {advert.priority for advert in adverts}, "it said that it leaves")
            check(heard.gratuitous(VIP), "it announced the address again")


@test("T-5 the VRRP process of a backup is killed: it is a backup again, and claims nothing")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(blocks(150, 0.2, False))
        b.daemon.start(blocks(100, 0.2, False))
        lab.settle(a)
        mark = b.daemon.mark()
        kill_child(b.daemon)
        stays_true(lambda: a.holds(VIP) and not b.holds(VIP), 2, "the master keeps the address", lab.logs)
        check("MASTER STATE" not in b.daemon.since(mark), "the backup claimed it", b.daemon.since(mark))


@test("T-5 a killed master comes back to find a better one: within a second it holds nothing", limit=40)
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(blocks(100, 0.5, False))
        lab.settle(a)
        os.kill(a.daemon.pid(), signal.SIGSTOP)  # nobody starts the process again for a while
        os.kill(a.daemon.pid("vrrp.pid"), signal.SIGKILL)
        b.daemon.start(blocks(150, 0.5, False))
        wait_until(lambda: b.holds(VIP), 6, "the other one takes over", lab.logs)
        check(a.holds(VIP), "the killed one left its address behind")
        os.kill(a.daemon.pid(), signal.SIGCONT)
        wait_until(lambda: not a.holds(VIP), 1.5, "the address is gone from the one that died", lab.logs)
        stays_true(lambda: b.holds(VIP), 1, "the better one keeps it", lab.logs)


@test("T-2 a master stops for 2 s and runs on: advert first, one master in the end, and that one announces last", limit=40,
      known="2.2.7 does not say that it was asleep")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(blocks(150, 0.2, False))
        b.daemon.start(blocks(100, 0.2, False))
        lab.settle(a, rest=0.5)
        child, mark = a.daemon.pid("vrrp.pid"), a.daemon.mark()
        os.kill(child, signal.SIGSTOP)
        try:
            wait_until(lambda: b.holds(VIP), 2, "the backup takes over", lab.logs)
            time.sleep(max(0, 2 - 0.8))
            heard = Sniffer(lab.client)
        finally:
            os.kill(child, signal.SIGCONT)
        lab.settle(a, timeout=3, rest=1)
        heard.finish()
        woke = a.daemon.since(mark)
        check("thread timer expired" in woke, "it noticed that it slept", woke)
        check("another router may have taken over" in woke or "DUAL MASTER over" in woke, "and what that meant", woke)
        first = heard.from_source(a.address())[0]
        announced = [arp.at for arp in heard.gratuitous(VIP)]
        check(announced and first.at < announced[0], "the advert came first", lab.logs())
        last = heard.gratuitous(VIP)[-1]
        mac = a.ip("-o", "link", "show", "eth0").split("link/ether ")[1].split()[0]
        check(last.sender_mac.hex(":") == mac, "the last announcement is the master's", lab.logs())


for first, name in ((BINARY, "ours"), (PEER, "2.2.7")):
    @test(f"T-2 a LAN torn in two is whole again: the master ({name}) announces the addresses although it heard nothing", limit=40,
          known="2.2.7 gives way without a word, so that the other half finds the wrong router for minutes")
    def _(first=first):
        need(PEER)
        with Lab() as lab:
            a, b = lab.routers
            a.daemon.start(blocks(150, 0.2, False), binary=first)
            b.daemon.start(blocks(100, 0.2, False))
            lab.settle(a, timeout=9, rest=0.3)
            lab.cut(b)
            wait_until(lambda: b.holds(VIP), 3, "both are masters", lab.logs)
            time.sleep(6)  # every announcement that is due anyhow is over
            heard = Sniffer(lab.client)
            lab.mend(b)
            lab.settle(a, timeout=2, rest=1)
            heard.finish()
            mac = a.ip("-o", "link", "show", "eth0").split("link/ether ")[1].split()[0]
            check(any(arp.sender_mac.hex(":") == mac for arp in heard.gratuitous(VIP)), "the master announced", lab.logs())


@test("a reload gives the address to another router: it moves, and is at no time absent",
      known="2.2.7 takes the address away and starts an election")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance("OLD", vrid=7, interval=1), version=2))
        wait_until(lambda: a.holds(VIP), 8, "it is master", lab.logs)
        monitor, mark = Monitor(a), a.daemon.mark()
        a.daemon.reload(configuration(instance("NEW", vrid=8, interval=1), version=2))
        a.daemon.expect_log(r"\(NEW\) Entering MASTER STATE", timeout=1, since=mark)
        time.sleep(0.5)
        changes = [line for line in monitor.finish() if VIP in line]
        check(not changes, "the address was touched", *changes)
        check("FAULT" not in a.daemon.since(mark), "it was in fault for a moment", a.daemon.since(mark))
