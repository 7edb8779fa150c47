# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP: what did not change feels nothing, what changed changes in place, what is broken is refused."""
import subprocess
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import test
from wire import Sniffer, gaps

VIP = "10.90.9.9"
UPSTREAM_ADVERT = "2.2.7 sends an advert out of turn at every reload"


class Monitor:
    """Everything the kernel tells about changes of links, addresses, routes and rules on a host."""

    def __init__(self, host):
        self.path = f"{host.lab.directory}/{host.name}.monitor"
        with open(self.path, "w") as output:
            self.process = host.spawn("ip", "-o", "monitor", "link", "address", "route", "rule", stdout=output)
        time.sleep(0.2)

    def lines(self):
        with open(self.path) as file:
            return [line.strip() for line in file if line.strip()]

    def finish(self):
        time.sleep(0.3)
        self.process.terminate()
        self.process.wait(5)
        return self.lines()


def rhythm(adverts, interval):
    """Fails when adverts of a master are not `interval` apart, by more than a tenth."""
    wrong = [gap for gap in gaps(adverts) if abs(gap - interval) > interval / 10]
    check(not wrong, f"adverts out of rhythm: gaps of {[f'{gap:.3f}' for gap in wrong]} s at {interval} s")


def master(lab, config, address=VIP):
    a = lab.routers[0]
    a.daemon.start(config)
    wait_until(lambda: a.holds(address), 8, "the router is master", lab.logs)
    return a


@test("nothing changed: no netlink write, no packet out of rhythm, the same processes", alone=True,
      known=UPSTREAM_ADVERT)
def _():
    with Lab() as lab:
        config = configuration(instance(priority=150, interval=0.5, excluded=["10.90.9.10/32"],
                                        extra="garp_master_delay 0\n"))
        a = master(lab, config)
        lab.routers[1].daemon.start(configuration(instance(priority=100, interval=0.5)))
        time.sleep(2)
        before, monitor, heard = a.daemon.processes(), Monitor(a), Sniffer(lab.client)
        for _ in range(5):
            time.sleep(0.77)
            a.daemon.reload()
        time.sleep(1)
        heard.finish()
        check(monitor.finish() == [], "the kernel saw changes", *monitor.lines())
        check(a.daemon.processes() == before, "the processes changed", lab.logs())
        check(not heard.gratuitous(VIP), "announcements were repeated")
        check(len(heard.from_source(a.address())) >= 8, "adverts went on", lab.logs())
        check(not heard.from_source(lab.routers[1].address()), "the backup spoke")
        rhythm(heard.from_source(a.address()), 0.5)


@test("a backup reloads: it stays a backup and forgets no timer")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150, interval=0.3)))
        b.daemon.start(configuration(instance(priority=100, interval=0.3)))
        lab.settle(a)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            b.daemon.reload()
            time.sleep(0.25)
        lab.settle(a, rest=0.5)
        check("Entering MASTER" not in b.daemon.log(), "the backup became master", lab.logs())
        lab.cut(a)
        wait_until(lambda: b.holds(VIP), 3, "it still takes over", lab.logs)


@test("one address added to one of 200 instances: only that address appears", limit=60, alone=True,
      known=UPSTREAM_ADVERT)
def _():
    with Lab(routers=1) as lab:
        def config(more=()):
            return configuration(*(instance(f"I{n}", vrid=n, interval=1, priority=150, extra="garp_master_delay 0\n",
                                            addresses=[f"10.95.0.{n}/32", *(more if n == 77 else ())])
                                   for n in range(1, 201)))
        a = master(lab, config(), "10.95.0.200")
        wait_until(lambda: len(a.virtual_addresses()) == 200, 5, "all 200 are master", lab.logs)
        time.sleep(2.5)
        monitor, heard = Monitor(a), Sniffer(lab.client)
        time.sleep(1)
        a.daemon.reload(config(["10.95.1.1/32"]))
        wait_until(lambda: a.holds("10.95.1.1/32"), 3, "the new address appears", lab.logs)
        time.sleep(2)
        heard.finish()
        changes = [line for line in monitor.finish() if "10.95.1.1" not in line]
        check(changes == [], "other changes", *changes[:10])
        check(not [line for line in monitor.lines() if "Deleted" in line], "something was deleted", *monitor.lines())
        announced = {arp.sender for arp in heard.gratuitous()}
        check("10.95.1.1" in announced, "the new address was announced")
        for vrid in range(1, 201):
            if vrid != 77:
                rhythm([advert for advert in heard.adverts if advert.vrid == vrid], 1)
        carried = [advert.addresses for advert in heard.adverts if advert.vrid == 77][-1]
        check(sorted(carried) == ["10.95.0.77", "10.95.1.1"], "adverts carry it", carried)


@test("an address removed: only that address goes")
def _():
    with Lab(routers=1) as lab:
        def config(addresses):
            return configuration(instance(addresses=addresses))
        a = master(lab, config([VIP, "10.90.9.10", "10.90.9.11"]))
        time.sleep(0.3)
        monitor = Monitor(a)
        a.daemon.reload(config([VIP, "10.90.9.11"]))
        wait_until(lambda: not a.holds("10.90.9.10"), 3, "the address goes", lab.logs)
        lines = monitor.finish()
        check(lines and all("10.90.9.10" in line for line in lines), "nothing else changes", *lines)
        check(a.holds(VIP) and a.holds("10.90.9.11"), "the others stay", a.addresses())


@test("an instance added and one removed: the third feels nothing", known=UPSTREAM_ADVERT)
def _():
    with Lab(routers=1) as lab:
        def config(*vrids):
            return configuration(*(instance(f"I{n}", vrid=n, interval=0.3, addresses=[f"10.95.0.{n}"]) for n in vrids))
        a = master(lab, config(1, 2), "10.95.0.2")
        time.sleep(1)
        heard = Sniffer(lab.client)
        a.daemon.reload(config(2, 3))
        wait_until(lambda: a.virtual_addresses() == ["10.95.0.2/32", "10.95.0.3/32"], 5,
                   "1 is gone, 3 is here", lambda: f"{a.addresses()}\n{lab.logs()}")
        heard.finish()
        gone = [advert for advert in heard.adverts if advert.vrid == 1]
        check(gone and gone[-1].priority == 0, "the removed instance said goodbye", [advert.priority for advert in gone])
        rhythm([advert for advert in heard.adverts if advert.vrid == 2], 0.3)


@test("an address moves between instances: it is never gone",
      known="2.2.7 removes the address from the one instance after adding it to the other")
def _():
    with Lab(routers=1) as lab:
        def config(one, two):
            return configuration(instance("A", vrid=1, addresses=["10.95.0.1", *one]),
                                 instance("B", vrid=2, addresses=["10.95.0.2", *two]))
        a = master(lab, config(["10.95.0.9"], []), "10.95.0.9")
        wait_until(lambda: a.holds("10.95.0.2"), 5, "both are master", lab.logs)
        time.sleep(0.3)
        monitor = Monitor(a)
        a.daemon.reload(config([], ["10.95.0.9"]))
        time.sleep(1.5)
        check(a.holds("10.95.0.9"), "it is still there", lab.logs())
        check(not [line for line in monitor.finish() if "Deleted" in line], "it was deleted for a while", *monitor.lines())


@test("a lower priority: the peer takes over, and back when it is raised again")
def _():
    with Lab() as lab:
        a, b = lab.routers
        def config(priority):
            return configuration(instance(priority=priority))
        a.daemon.start(config(150))
        b.daemon.start(config(100))
        lab.settle(a)
        a.daemon.reload(config(50))
        lab.settle(b, rest=0.5)
        a.daemon.reload(config(150))
        lab.settle(a, rest=0.5)


BROKEN = {
    "cut off in the middle": lambda text: text[:text.index("virtual_router_id") + 8],
    "without its VRID": lambda text: text.replace("virtual_router_id 7", ""),
    "with two instances of one VRID": lambda text: text + instance("OTHER", addresses=["10.90.9.99"]),
    "that is gone": None,
}
for what, breaking in BROKEN.items():
    @test(f"a file {what} is refused with the reason, and the old one runs on",
          known="2.2.7 takes a broken file at a reload and drops what it cannot read")
    def _(breaking=breaking):
        with Lab() as lab:
            good = configuration(instance(priority=150, interval=0.3))
            a = master(lab, good)
            lab.routers[1].daemon.start(configuration(instance(priority=100, interval=0.3)))
            time.sleep(1)
            before, monitor, heard, mark = a.daemon.processes(), Monitor(a), Sniffer(lab.client), a.daemon.mark()
            if breaking:
                a.daemon.reload(breaking(good))
            else:
                subprocess.run(["rm", a.daemon.path("conf")], check=True)
                a.daemon.reload()
            stays_true(lambda: a.holds(VIP) and not lab.routers[1].holds(VIP), 2, "the router stays master", lab.logs)
            heard.finish()
            check(monitor.finish() == [], "the kernel saw changes", *monitor.lines(), lab.logs())
            check(a.daemon.processes() == before, "the processes changed", lab.logs())
            rhythm(heard.from_source(a.address()), 0.3)
            said = a.daemon.since(mark)
            check(a.daemon.path("conf") in said or "conf" in said, "the log names the file and the reason", said)
            a.daemon.reload(configuration(instance(priority=150, interval=0.3, addresses=[VIP, "10.90.9.10"])))
            wait_until(lambda: a.holds("10.90.9.10"), 3, "a good file is taken again", lab.logs)


@test("twenty reloads in a second: the last file counts, and nothing flaps", known=UPSTREAM_ADVERT)
def _():
    with Lab(routers=1) as lab:
        def config(n):
            return configuration(instance(interval=0.3, addresses=[VIP, f"10.90.9.{100 + n}"]))
        a = master(lab, config(0))
        time.sleep(1)
        heard = Sniffer(lab.client)
        for n in range(1, 21):
            a.daemon.reload(config(n))
            time.sleep(0.05)
        wait_until(lambda: sorted(a.virtual_addresses()) == sorted([f"{VIP}/32", "10.90.9.120/32"]), 5,
                   "the last configuration holds", lambda: f"{a.addresses()}\n{lab.logs()}")
        time.sleep(1)
        rhythm(heard.finish().adverts, 0.3)
        check("Entering BACKUP STATE" not in a.daemon.log().split("Entering MASTER STATE")[-1], "it flapped", lab.logs())
