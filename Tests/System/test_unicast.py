# SPDX-License-Identifier: GPL-2.0-or-later
"""Unicast, and IPv6."""
import re
import socket
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import PAIRS, need, test
from wire import Capture, Forger, Sniffer, advert, checksum, packet

VIP = "10.90.9.9"
VIP6 = "fd00:90::99"


def unicast(*peers, source=None, more=""):
    lines = [f"unicast_src_ip {source}"] if source else []
    return "\n".join([*lines, "unicast_peer {", *(f"    {peer}" for peer in peers), "}", more, ""])


for pair in PAIRS:
    @test(f"U-1 {pair}: unicast v3: a copy for each peer and none for the group; cut off and back")
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            heard = Sniffer(lab.switch, lab.port(a))
            pair.start(lab, *(configuration(instance(priority=priority, extra=unicast(*peers, source=own.address())))
                              for priority, own, peers in ((150, a, (b.address(), "10.90.0.77")), (100, b, (a.address(),)))))
            lab.settle(a, rest=1)
            lab.cut(a)
            wait_until(lambda: b.holds(VIP), 3, "the backup takes over", lab.logs)
            lab.mend(a)
            lab.settle(a, rest=1)
            heard.finish()
            sent = heard.from_source(a.address())
            check({one.destination for one in sent} <= {b.address(), "10.90.0.77"}, "to peers only",
                  {one.destination for one in sent})
            for one in sent:
                header = (socket.inet_aton(one.source) + socket.inet_aton(one.destination)
                          + bytes([0, 112, 0, len(one.body)]))
                check(checksum(header + one.body) == 0 or checksum(one.body) == 0, "the checksum of each copy", one.body.hex())

    @test(f"V3-1 V3-20 {pair}: IPv6: ff02::12, hop limit 255, announcements with R and O; cut off and back")
    def _(pair=pair):
        need("tshark", "tcpdump")
        with Lab() as lab:
            a, b = lab.routers
            holds = lambda host: f"{VIP6}/64" in host.addresses("eth0", "-6")
            capture = Capture(lab.client, f"{lab.directory}/six.pcap", expression="ip6")
            for router in lab.routers:  # 2.2.7 calls itself a router where the kernel forwards
                router.run("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
            files = [configuration(instance(priority=p, addresses=["fe80::99/64", f"{VIP6}/64"])) for p in (150, 100)]
            pair.start(lab, *files)
            wait_until(lambda: holds(a) and not holds(b), 8, "the better one holds it", lab.logs)
            lab.cut(a)
            wait_until(lambda: holds(b), 3, "the backup takes over", lab.logs)
            lab.mend(a)
            wait_until(lambda: holds(a) and not holds(b), 4, "and gives it back", lab.logs)
            stays_true(lambda: holds(a) and not holds(b), 1, "for good", lab.logs)
            capture.finish()
            adverts = capture.fields("ipv6.dst", "ipv6.hlim", "vrrp.checksum.status", "ipv6.src", "vrrp.ipv6_addr")
            check(len(adverts) > 5, "adverts")
            for row in adverts:
                check(row[:3] == ["ff02::12", "255", "1"] and row[3].startswith("fe80::"), "an advert", row)
                check(row[4].split(",")[0] == "fe80::99", "the link-local address comes first (V3-4)", row)
            rows = capture.fields("ipv6.dst", "icmpv6.nd.na.flag.r", "icmpv6.nd.na.flag.s", "icmpv6.nd.na.flag.o",
                                  "icmpv6.nd.na.target_address", "ipv6.hlim", display="icmpv6.type == 136")
            ours = [row for row in rows if row[4] in (VIP6, "fe80::99") and row[0] == "ff02::1"]
            check(len({row[4] for row in ours}) == 2, "both announced", rows)
            for row in ours:
                check(row[1:4] in (["1", "0", "1"], ["True", "False", "True"]), "R=1, S=0, O=1", row)
                check(row[5] == "255", "hop limit", row)


@test("V3-23 IPv6: whoever asks the solicited-node group is answered by the master, with the router flag")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.ip("link", "set", "eth0", "allmulticast", "off")
        a.run("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
        a.daemon.start(configuration(instance(addresses=["fe80::99/64", f"{VIP6}/64"])))
        wait_until(lambda: f"{VIP6}/64" in a.addresses("eth0", "-6"), 6, "master", lab.logs)
        groups = a.ip("-6", "maddr", "show", "dev", "eth0")
        check("ff02::1:ff00:99" in groups and "ff02::12" in groups, "the groups", groups)
        s = lab.client.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.sendto(b"?", (VIP6, 7777))
        wait_until(lambda: re.search(f"{VIP6} .*lladdr .*router", lab.client.ip("-6", "neigh", "show", "dev", "eth0")), 3,
                   "resolved, as a router", lambda: lab.client.ip("-6", "neigh"))


@test("V3-33 IPv6 addresses come without duplicate address detection, ready for use at once")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.run("sysctl", "-q", "-w", "net.ipv6.conf.eth0.accept_dad=1", "net.ipv6.conf.all.accept_dad=1")
        a.daemon.start(configuration(instance(addresses=["fe80::99/64", f"{VIP6}/64"])))
        wait_until(lambda: VIP6 in a.ip("-6", "addr", "show", "dev", "eth0"), 6, "master", lab.logs)
        check("tentative" not in a.ip("-6", "addr", "show", "dev", "eth0"), "not tentative")


@test("native_ipv6: a router without addresses is one of IPv6", known="2.2.7 does not know no_virtual_ipaddress")
def _():
    need("tshark", "tcpdump")
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        capture = Capture(lab.client, f"{lab.directory}/six.pcap", expression="ip6 or proto 112")
        a.daemon.start(configuration(instance(addresses=(), extra="native_ipv6\nno_virtual_ipaddress\n")))
        a.daemon.expect_log("Entering MASTER STATE")
        time.sleep(0.5)
        capture.finish()
        rows = capture.fields("ipv6.dst", "vrrp.version", "vrrp.addr_count")
        check(rows and all(row == ["ff02::12", "3", "0"] for row in rows), "adverts", rows)


@test("U-2 without bounds any TTL will do; min_ttl and max_ttl bound it peer by peer")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        forger = Forger(lab)
        forger_mac(forger, a)

        def hears(ttl):
            """Whether an advert of a higher priority with this TTL makes the router yield."""
            wait_until(lambda: a.holds(VIP), 4, "master", lab.logs)
            body = advert(vrid=7, priority=200, source=forger.address, destination=a.address())
            forger.send(packet(body, source=forger.address, destination=a.address(), ttl=ttl))
            time.sleep(0.15)
            return not a.holds(VIP)

        a.daemon.start(configuration(instance(extra=unicast(forger.address, source=a.address()))))
        check(hears(7) and hears(255), "any TTL", lab.logs())
        a.daemon.reload(configuration(instance(extra=unicast(
            f"{forger.address} min_ttl 250 max_ttl 253", source=a.address()))))
        time.sleep(0.3)
        check(not hears(249) and hears(250) and hears(253) and not hears(254), "between the bounds", lab.logs())


def forger_mac(forger, router):
    """Has the forger send frames to the router alone."""
    mac = bytes.fromhex(re.search(r"link/ether (\S+)", router.ip("-o", "link", "show", "eth0")).group(1).replace(":", ""))
    forger.frame = lambda ip: mac + forger.mac + b"\x08\x00" + ip


@test("U-3 check_unicast_src: who is no peer is not heard, and it is said once; without it anyone is",
      known="2.2.7 says it of each advert")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        forger = Forger(lab)
        forger_mac(forger, a)
        body = advert(vrid=7, priority=200, source=forger.address, destination=a.address())
        frame = packet(body, source=forger.address, destination=a.address())
        peers = unicast("10.90.0.77", source=a.address())
        a.daemon.start(configuration(instance(extra=peers + "check_unicast_src\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        for _ in range(5):
            forger.send(frame)
        stays_true(lambda: a.holds(VIP), 0.4, "still master", lab.logs)
        said = [line for line in a.daemon.log().splitlines() if forger.address in line]
        check(len(said) == 1, "one line about it", *said)
        a.daemon.reload(configuration(instance(extra=peers)))
        wait_until(lambda: forger.send(frame) or not a.holds(VIP), 3, "heard", lab.logs)


@test("U-4 an empty unicast_peer means multicast; with unicast_fault_no_peer it means FAULT", known="its warning ends -t")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Sniffer(lab.client)
        a.daemon.start(configuration(instance(extra="unicast_peer {\n}\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        heard.finish()
        check({one.destination for one in heard.adverts} == {"224.0.0.18"}, "multicast", lab.logs())
        a.daemon.reload(configuration(instance(extra="unicast_peer {\n}\nunicast_fault_no_peer\n")))
        a.daemon.expect_log("Entering FAULT STATE")
        wait_until(lambda: not a.holds(VIP), 2, "no address", lab.logs)
        a.daemon.reload(configuration(instance(extra=unicast("10.90.0.77"))))
        wait_until(lambda: a.holds(VIP), 5, "master with a peer", lab.logs)


@test("U-2 unicast_ttl is the TTL of what leaves")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        for ttl, more in ((255, ""), (7, "unicast_ttl 7\n")):
            heard = Sniffer(lab.switch, lab.port(a))
            config = configuration(instance(extra=unicast(lab.client.address(), source=a.address(), more=more)))
            a.daemon.start(config) if ttl == 255 else a.daemon.reload(config)
            time.sleep(1.2 if ttl == 255 else 0.6)
            heard.finish()
            check(heard.adverts and {one.ttl for one in heard.adverts[1:]} == {ttl}, f"TTL {ttl}", lab.logs())


for pair in PAIRS[:2]:
    @test(f"U-5 {pair}: two groups of one VRID on one interface, each with its own master", limit=40)
    def _(pair=pair):
        with Lab(routers=3) as lab:
            a, b, c = lab.routers
            first, second = f"{VIP}/32", "10.90.9.10/32"
            a.daemon.start(configuration(
                instance("ONE", priority=150, addresses=[first], extra=unicast(b.address(), source=a.address())),
                instance("TWO", priority=100, addresses=[second],
                         extra=unicast(c.address(), source="10.90.0.101"))))
            a.ip("addr", "add", "10.90.0.101/16", "dev", "eth0")
            b.daemon.start(configuration(instance("ONE", priority=100, addresses=[first],
                                                  extra=unicast(a.address(), source=b.address()))), binary=pair.second)
            c.daemon.start(configuration(instance("TWO", priority=150, addresses=[second],
                                                  extra=unicast("10.90.0.101", source=c.address()))), binary=pair.second)
            lab.settle(a, VIP, timeout=8)
            lab.settle(c, "10.90.9.10", timeout=8)
            stays_true(lambda: a.holds(VIP) and c.holds("10.90.9.10") and not a.holds("10.90.9.10"), 1, "as it was", lab.logs)
            lab.cut(c)
            wait_until(lambda: a.holds("10.90.9.10"), 3, "the other group's backup takes over", lab.logs)
            check(a.holds(VIP), "this group's master stays", lab.logs())
            lab.mend(c)
            wait_until(lambda: not a.holds("10.90.9.10"), 3, "and gives way", lab.logs)
            check(a.holds(VIP), "this group's master stays", lab.logs())
