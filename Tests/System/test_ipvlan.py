# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces that this machine's kernel has not: ipvlans and VRFs."""
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, stays_true, wait_until
from suite import need, test
from test_vmac import VIP, links


def ipvlan(number, priority):
    return configuration(instance(priority=priority, extra=f"use_ipvlan ipv0 10.90.5.{number}/16 bridge\n"))


@test("use_ipvlan: the interface is the one that upstream makes of the file; adverts come from its address", kernel="ipvs",
      limit=90)
def _():
    need(PEER)
    made = {}
    for binary in (PEER, BINARY):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            a.daemon.start(ipvlan(5, 100), binary=binary)
            wait_until(lambda: a.holds(VIP), 20, "master", lab.logs)
            time.sleep(0.3)
            link = links(a)["ipv0"]
            made[binary] = (link["link"], link["linkinfo"]["info_kind"], link["linkinfo"]["info_data"], "UP" in link["flags"],
                            sorted(a.addresses("ipv0")))
            a.daemon.stop(15)
            check(not links(a), "gone at the end", links(a))
    check(made[BINARY] == made[PEER], "alike", *made.values())


@test("use_ipvlan beside upstream, each way round: one master, and the other takes over when it leaves", kernel="ipvs", limit=90)
def _():
    need(PEER)
    for first, second in ((BINARY, PEER), (PEER, BINARY)):
        with Lab() as lab:
            a, b = lab.routers
            a.daemon.start(ipvlan(5, 150), binary=first)
            b.daemon.start(ipvlan(6, 100), binary=second)
            a.daemon.expect_log("Entering BACKUP", 20)
            b.daemon.expect_log("Entering BACKUP", 20)
            lab.settle(a, timeout=15, rest=1)
            a.daemon.stop(15)
            lab.settle(b, timeout=10)


@test("use_ipvlan by reloads: another address, a virtual MAC in its place, and back",
      kernel="ipvs", limit=90)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(ipvlan(5, 100))
        wait_until(lambda: a.holds(VIP), 20, "master", lab.logs)
        index, mark = links(a)["ipv0"]["ifindex"], a.daemon.mark()
        a.daemon.reload(ipvlan(6, 100))
        wait_until(lambda: "10.90.5.6/16" in a.addresses("ipv0") and "10.90.5.5/16" not in a.addresses("ipv0"), 10,
                   "the other address", lambda: f"{a.addresses('ipv0')}\n{lab.logs()}")
        check(links(a)["ipv0"]["ifindex"] == index, "the same interface", index, links(a))
        check(a.holds(VIP), "the address", a.addresses(), lab.logs())
        check("Entering BACKUP" not in a.daemon.since(mark) and "FAULT" not in a.daemon.since(mark), "still master", lab.logs())
        a.daemon.reload(configuration(instance(extra="use_vmac\n")))
        wait_until(lambda: set(links(a)) == {"vrrp.7"} and f"{VIP}/32" in a.addresses("vrrp.7"), 15, "a virtual MAC",
                   lambda: f"{links(a)}\n{lab.logs()}")
        check("FAULT" not in a.daemon.log(), "there is never one to be missed", lab.logs())
        a.daemon.reload(ipvlan(5, 100))
        wait_until(lambda: set(links(a)) == {"ipv0"} and f"{VIP}/32" in a.addresses("eth0"), 15, "an ipvlan again",
                   lambda: f"{links(a)}\n{lab.logs()}")
        a.daemon.stop(15)
        check(not links(a), "gone at the end", links(a))


@test("an interface below in a VRF: that of the virtual MAC is in it too; a unicast router in a VRF needs no interface",
      kernel="ipvs", limit=90)
def _():
    with Lab() as lab:
        a, b = lab.routers
        for host in (a, b):
            host.ip("link", "add", "blue", "type", "vrf", "table", "100")
            host.ip("link", "set", "blue", "up")
            host.ip("link", "set", "eth0", "master", "blue")

        def config(host, peer, priority):
            unicast = (f"vrrp_instance U {{\n vrf blue\n virtual_router_id 8\n priority {priority}\n advert_int 0.2\n"
                       f" unicast_src_ip {host.address()}\n unicast_peer {{\n {peer.address()}\n }}\n"
                       " virtual_ipaddress {\n 10.90.8.8/32 dev eth0\n }\n}\n")
            return configuration(instance(priority=priority, extra="use_vmac\n"), unicast)
        a.daemon.start(config(a, b, 150))
        b.daemon.start(config(b, a, 100))
        for address in (VIP, "10.90.8.8"):
            lab.settle(a, address, timeout=20)
        stays_true(lambda: lab.holder("10.90.8.8") == [a] and lab.holder(VIP) == [a], 1, "alone", lab.logs)
        check(links(a)["vrrp.7"].get("master") == "blue", "in the VRF", links(a))
        lab.cut(a)
        for address in (VIP, "10.90.8.8"):
            wait_until(lambda: b.holds(address), 10, "the other takes over", lab.logs)
