# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel is asked to do: addresses with all their options, and nothing of other people's."""
import re
import socket
import struct
import time

from lab import Lab, check, configuration, inside, instance, stays_true, wait_until
from suite import test
from wire import Sniffer

VIP = "10.90.9.9"


def master(lab, config, address=VIP):
    a = lab.routers[0]
    a.daemon.start(config)
    wait_until(lambda: a.holds(address), 8, "the router is master", lab.logs)
    return a


@test("an address with device, label, scope and broadcast")
def _():
    with Lab(routers=1, links=2) as lab:
        a = master(lab, configuration(instance(addresses=[
            "10.90.9.9/24 brd 10.90.9.255 dev eth0 label eth0:vip", "10.90.9.10/24 dev eth1 scope link",
            "10.90.9.13/24 brd +"])))
        time.sleep(0.2)
        shown = a.ip("-o", "-4", "addr", "show")
        for pattern in (r"eth0\s+inet 10\.90\.9\.9/24 brd 10\.90\.9\.255 scope global .*eth0:vip",
                        r"eth1\s+inet 10\.90\.9\.10/24 scope link",
                        r"eth0\s+inet 10\.90\.9\.13/24 brd 10\.90\.9\.255"):
            check(re.search(pattern, shown), f"an address like {pattern}", shown, a.daemon.log()[-600:])
        a.daemon.stop()
        check(not a.virtual_addresses(), "all are gone after the end", a.addresses())


@test("an address with a peer comes and goes", known="2.2.7 leaves it behind")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance(addresses=["10.90.9.9 peer 10.90.9.10"])))
        shown = a.ip("-o", "-4", "addr", "show")
        check(re.search(r"inet 10\.90\.9\.9 peer 10\.90\.9\.10/32", shown), "how it was added", shown)
        a.daemon.stop()
        check(not a.holds(VIP), "it is gone after the end", a.addresses())


@test("an address without a prefix length is a /32 of scope global")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance(addresses=[VIP])))
        check(re.search(r"inet 10\.90\.9\.9/32 scope global eth0", a.ip("-o", "-4", "addr", "show")), "how it was added")


@test("addresses are marked as ours (protocol 18)", known="2.2.7 leaves them unmarked")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance()))
        marks = inside(a.name, address_protocols)
        check(marks.get(VIP) == 18 and marks.get(a.address()) != 18, "the marks", marks)


def address_protocols():
    """Who added each IPv4 address, as the kernel tells (IFA_PROTO; not every `ip` can show it)."""
    RTM_GETADDR, DUMP, IFA_LOCAL, IFA_PROTO, NLMSG_DONE = 22, 0x301, 2, 11, 3
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHII", 24, RTM_GETADDR, DUMP, 1, 0) + struct.pack("=BBBBI", socket.AF_INET, 0, 0, 0, 0))
        while True:
            data = s.recv(65536)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_DONE:
                    return found
                attributes, values = data[24:length], {}
                while attributes:
                    size, name = struct.unpack_from("=HH", attributes)
                    values[name] = attributes[4:size]
                    attributes = attributes[(size + 3) & ~3:]
                found[socket.inet_ntoa(values[IFA_LOCAL])] = values.get(IFA_PROTO, b"\0")[0]
                data = data[(length + 3) & ~3:]


@test("somebody else's addresses and those the host had are never touched")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.ip("addr", "add", "10.99.0.1/24", "dev", "eth0")
        master(lab, configuration(instance()))
        a.ip("addr", "add", "10.99.0.2/24", "dev", "eth0")
        a.daemon.reload()
        time.sleep(0.5)
        a.daemon.stop()
        check(a.holds("10.99.0.1/24") and a.holds("10.99.0.2/24") and a.holds("10.90.0.1/16"), "all there", a.addresses())


@test("promote_secondaries: a neighbour in the same subnet survives our leaving")
def _():
    for extra, stays in (("", False), ("promote_secondaries\n", True)):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            a.run("sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=0", "net.ipv4.conf.eth0.promote_secondaries=0")
            master(lab, configuration(instance(addresses=["10.95.0.1/24"], extra=extra)), "10.95.0.1")
            a.ip("addr", "add", "10.95.0.2/24", "dev", "eth0")  # a secondary of ours
            a.daemon.stop()
            check(not a.holds("10.95.0.1"), "ours is gone", a.addresses())
            check(a.holds("10.95.0.2") == stays, f"the other one {'stays' if stays else 'goes with it'}", a.addresses())


@test("losing the election removes the addresses before the winner needs them")
def _():
    with Lab() as lab:
        a, b = lab.routers
        master(lab, configuration(instance(priority=100, addresses=[f"10.90.9.{n}" for n in range(1, 51)])), "10.90.9.50")
        b.daemon.start(configuration(instance(priority=200, addresses=[f"10.90.9.{n}" for n in range(1, 51)])))
        wait_until(lambda: b.holds("10.90.9.50"), 5, "the better router takes over", lab.logs)
        wait_until(lambda: not a.virtual_addresses(), 0.5, "the loser has none left", lab.logs)
        stays_true(lambda: not a.virtual_addresses() and len(b.virtual_addresses()) == 50, 1, "and so it stays", lab.logs)


@test("an instance on an interface that loses its own address goes to FAULT and comes back")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance()))
        mark = a.daemon.mark()
        a.ip("addr", "del", "10.90.0.1/16", "dev", "eth0")
        a.daemon.expect_log(r"ntering FAULT", since=mark)
        wait_until(lambda: not a.holds(VIP), 2, "no address in FAULT", lab.logs)
        a.ip("addr", "add", "10.90.0.1/16", "dev", "eth0")
        wait_until(lambda: a.holds(VIP), 5, "master again", lab.logs)


@test("an interface that is down at the start: FAULT, and master once it comes up")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.link_down()
        a.daemon.start(configuration(instance()))
        a.daemon.expect_log(r"\(VI\) Entering FAULT STATE|\(VI\) entering FAULT state")
        check(not a.holds(VIP), "no address")
        a.link_up()
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)


@test("a cable pulled (no carrier) is an interface down")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150)))
        b.daemon.start(configuration(instance(priority=100)))
        lab.settle(a)
        lab.unplug(a)
        a.daemon.expect_log(r"\(VI\) Entering FAULT STATE")
        lab.settle(b)
        lab.plug(a)
        lab.settle(a, rest=0.5)


@test("the interface flaps ten times: the right router ends as master")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150)))
        b.daemon.start(configuration(instance(priority=100)))
        lab.settle(a)
        for _ in range(10):
            a.link_down()
            time.sleep(0.03)
            a.link_up()
            time.sleep(0.03)
        lab.settle(a, rest=1)


@test("netlink sockets have the receive buffers that the file asks for")
def netlink_buffers():
    with Lab(routers=1) as lab:
        router = lab.routers[0]
        daemon = router.daemon.start(configuration(
            instance(), extra="vrrp_netlink_monitor_rcv_bufs 5000000\nvrrp_netlink_monitor_rcv_bufs_force on\n"
                              "vrrp_netlink_cmd_rcv_bufs 300000\nvrrp_netlink_cmd_rcv_bufs_force on\n"))
        lab.settle(router)
        sockets = router.run("ss", "-anpm", "-f", "netlink")
        own = [line for line in sockets.splitlines() if "rb" in line]
        for size in (5000000, 300000):  # the kernel doubles what it is asked for
            check(any(f"rb{size * 2}," in line for line in own), f"no socket with {size} bytes", *own)
        daemon.stop()
