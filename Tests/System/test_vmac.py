# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces of virtual MACs: what they are, what leaves from them and when, and what becomes of them."""
import json
import socket
import struct
import threading
import time

from lab import BINARY, PEER, Lab, check, configuration, inside, instance, stays_true, wait_until
from suite import PAIRS, need, test
from wire import checksum

VIP, VIP6, LINK_LOCAL = "10.90.9.9", "fd00:90::99", "fe80::99"
MAC4, MAC6 = "00:00:5e:00:01:07", "00:00:5e:00:02:07"
ADDRESSES6 = (f"{LINK_LOCAL}/64", f"{VIP6}/64")


def both(priority=100, interval=0.2, extra="", globals=""):
    """An IPv4 and an IPv6 router of the same number, each with a virtual MAC."""
    return configuration(
        instance(priority=priority, interval=interval, extra="use_vmac\n" + extra),
        instance("V6", priority=priority, interval=interval, addresses=ADDRESSES6, extra="use_vmac\n" + extra), extra=globals)


def links(host):
    """What `ip` tells of each interface above another, by name."""
    all_links = json.loads(host.ip("-d", "-j", "link", "show"))
    return {link["ifname"]: link for link in all_links if link.get("linkinfo", {}).get("info_kind") in ("macvlan", "ipvlan")}


def shape(host):
    """Names, bases, MACs and addresses of the interfaces made; not what only upstream puts there, the base's link-local address."""
    found = {}
    for name, link in links(host).items():
        own = [line.split() for line in host.ip("-o", "addr", "show", "dev", name).splitlines()]
        addresses = sorted(words[3] for words in own if "deprecated" not in words)
        found[name] = (link["link"], link["address"], link["linkinfo"]["info_data"]["mode"],
                       link.get("inet6_addr_gen_mode", "none"), addresses)
    return found


def setting(host, interface, name, family="ipv4"):
    return host.run("cat", f"/proc/sys/net/{family}/conf/{interface}/{name}").strip()


def holds_both(host):
    return host.holds(VIP) and VIP6 in " ".join(host.addresses(family="-6"))


class Frames(threading.Thread):
    """Hears the frames that come into one port of the switch until `finish`."""

    def __init__(self, lab, port, where=None):
        super().__init__(daemon=True)
        self.frames, self.running = [], True

        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.bind((port, 0))
            s.settimeout(0.1)
            return s

        self.socket = inside((where or lab.switch).name, make)
        self.start()

    def run(self):
        while self.running:
            try:
                frame, sender = self.socket.recvfrom(2048)
            except OSError:
                continue
            if sender[2] != 4:  # not what leaves by this port
                self.frames.append((time.monotonic(), frame))

    def finish(self):
        self.running = False
        self.join(2)
        self.socket.close()
        return self

    def sources(self):
        return {frame[6:12].hex(":") for _, frame in self.frames}

    def of(self, mac):
        return [frame for _, frame in self.frames if frame[6:12].hex(":") == mac]


def kind(frame):
    """advert, announcement or other."""
    if frame[12:14] == b"\x08\x06":
        return "announcement"
    if frame[12:14] == b"\x08\x00":
        return "advert" if frame[23] == 112 else "other"
    if frame[12:14] == b"\x86\xdd":
        return "advert" if frame[20] == 112 else "announcement" if frame[20] == 58 and frame[54] == 136 else "other"
    return "other"


@test("V3-2 V3-33 V3-34: a master's adverts and announcements leave from the virtual MAC, the advert first")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Frames(lab, lab.port(a))
        a.daemon.start(both())
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)
        time.sleep(0.3)
        heard.finish()
        for mac, address in ((MAC4, VIP), (MAC6, LINK_LOCAL)):
            kinds = [kind(frame) for frame in heard.of(mac) if kind(frame) != "other"]
            check(kinds[:2] == ["advert", "announcement"], "the advert, then the announcements", kinds, lab.logs())
        check(all(kind(frame) != "advert" for _, frame in heard.frames if frame[6:12].hex(":") not in (MAC4, MAC6)),
              "no advert has another source")
        advert = next(frame for frame in heard.of(MAC6) if kind(frame) == "advert")
        own = [word for word in a.addresses("eth0", "-6") if word.startswith("fe80")][0].split("/")[0]
        check(socket.inet_ntop(socket.AF_INET6, advert[22:38]) == own, "from the link-local address of the interface below")
        check(own not in " ".join(a.addresses("vrrp6.7", "-6")), "which nobody can learn at the virtual MAC")


@test("V3-22: from start to stop nothing leaves from the virtual MAC of a backup, and it hears no frame for it")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(both(150))
        lab.settle(a)
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)
        heard = Frames(lab, lab.port(b))
        b.daemon.start(both(100))
        b.daemon.expect_log(r"\(VI\) Entering BACKUP")
        b.daemon.expect_log(r"\(V6\) Entering BACKUP")
        check(all("UP" not in link["flags"] for link in links(b).values()) and len(links(b)) == 2, "made, and down", links(b))
        listener = b.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("", 9999))
        listener.settimeout(0.5)
        flood(lab, b, MAC4)
        flood(lab, b, b.run("cat", "/sys/class/net/eth0/address").strip())
        check(listener.recv(16) == b"0", "what is for its own address arrives")
        stays_true(lambda: holds_both(a), 0.8, "the master is what it was", lab.logs)
        b.daemon.stop()
        heard.finish()
        check(heard.sources().isdisjoint({MAC4, MAC6}), "silent", heard.sources())
        listener.close()


def flood(lab, host, mac):
    """Sends a datagram to port 9999 of the host's own address, in a frame to this MAC, as a switch does that has forgotten it.
    Its one byte says whether the MAC is a virtual one."""
    out = inside(lab.switch.name, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    out.bind((lab.port(host), 0))
    virtual = b"1" if mac.startswith("00:00:5e") else b"0"
    udp = struct.pack("!HHHH", 9998, 9999, 9, 0) + virtual
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(lab.client.address()),
                         socket.inet_aton(host.address()))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    out.send(bytes.fromhex(mac.replace(":", "")) + b"\x02\0\0\0\0\x01\x08\0" + header + udp)
    out.close()


def ask(lab, address):
    """Who answers when the client asks for the address by ARP."""
    heard = Frames(lab, "eth0", lab.client)
    own = bytes.fromhex(lab.client.run("cat", "/sys/class/net/eth0/address").strip().replace(":", ""))
    out = lab.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind(("eth0", 0))
    out.send(b"\xff" * 6 + own + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + own + socket.inet_aton(lab.client.address())
             + bytes(6) + socket.inet_aton(address))
    out.close()
    time.sleep(0.3)
    heard.finish()
    return [frame[22:28].hex(":") for _, frame in heard.frames
            if frame[12:14] == b"\x08\x06" and frame[21] == 2 and frame[28:32] == socket.inet_aton(address)]


@test("V3-31: neighbours learn nothing but the virtual MAC for the addresses")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(both(150))
        b.daemon.start(both(100))
        lab.settle(a)
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)

        def learned():
            lab.client.run("ip", "neigh", "flush", "all")
            for family, address in ((socket.AF_INET, VIP), (socket.AF_INET6, VIP6)):
                with lab.client.socket(family, socket.SOCK_DGRAM) as s:
                    s.sendto(b"?", (address, 7))

            def table():
                lines = [line.split() for line in lab.client.ip("neigh").splitlines() if "lladdr" in line]
                found = {words[0]: words[words.index("lladdr") + 1] for words in lines}
                return found if {VIP, VIP6} <= found.keys() else None
            return wait_until(table, 2, "both addresses answer", lab.logs)

        for holder in (a, b):
            found = learned()
            check(found.get(VIP) == MAC4 and found.get(VIP6) == MAC6, "the virtual MACs", found)
            answers = ask(lab, VIP)
            check(answers == [MAC4], "one answer to a question", answers)
            if holder is a:
                a.daemon.stop()
                lab.settle(b)
                wait_until(lambda: holds_both(b), 5, "the backup has taken over", lab.logs)


@test("names, places and settings of the interfaces are those that upstream makes of the file")
def _():
    need(PEER)
    blocks = (
        instance(addresses=(f"{VIP}/32", "10.90.9.8/32 dev eth0", "10.91.9.9/32 dev eth1", "10.91.9.8/32 dev eth1 use_vmac"),
                 excluded=(f"{VIP6}/64",), extra="use_vmac\n"),
        instance("V6", addresses=("fe80::98/64",), extra="use_vmac\n"),
        instance("NAMED", vrid=8, addresses=("10.90.8.8/32",), extra="use_vmac vip0 02:11:22:33:44\n"),
        instance("ALL", vrid=9, addresses=("10.90.9.7/32", "10.91.9.7/32 dev eth1"), excluded=("fd00:90::97/64",),
                 extra="use_vmac\nuse_vmac_addr\nvmac_xmit_base\n"),
        instance("ONE", vrid=10, addresses=("10.90.9.6/32", "10.91.9.6/32 dev eth1 use_vmac")))
    settings = ["arp_ignore", "arp_filter", "accept_local", "rp_filter", "promote_secondaries"]
    seen = {}
    for binary in (PEER, BINARY):
        with Lab(routers=1, links=2) as lab:
            a = lab.routers[0]
            a.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth1.rp_filter=2")
            a.daemon.start(configuration(*blocks, extra="vmac_addr_prefix ad\n"), binary=binary)
            wait_until(lambda: a.holds("10.91.9.6") and a.holds("10.91.9.7") and a.holds(VIP), 5, "masters", lab.logs)
            time.sleep(0.5)
            made = shape(a)
            there = [name for name in made if MAC6[:-3] != made[name][1][:-3]]
            seen[binary] = (made, {(name, word): setting(a, name, word) for name in [*there, "eth0", "eth1", "all", "default"]
                                   for word in settings})
            a.daemon.stop()
            check(not links(a), "all are gone with the daemon", links(a))
            if binary == BINARY:
                left = [setting(a, name, word) for name, word in
                        (("all", "rp_filter"), ("eth0", "rp_filter"), ("eth1", "rp_filter"), ("eth0", "arp_ignore"),
                         ("eth0", "arp_filter"), ("default", "rp_filter"))]
                check(left == ["1", "0", "2", "0", "0", "0"], "settings are what they were", left)
    for ours, theirs in zip(seen[BINARY], seen[PEER]):
        differences = {key: (ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        # One more interface below carries addresses of a virtual MAC; upstream forgets to keep that one silent.
        differences = {key: value for key, value in differences.items() if key not in (("eth1", "arp_ignore"), ("eth1", "arp_filter"))}
        check(not differences, "alike (ours, theirs)", differences)


@test("settings of its own: IPv6 speaks of itself only where addresses are IPv6; group and VMAC prefix")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.ip("link", "set", "eth0", "group", "5")
        a.daemon.start(both(globals="vmac_prefix vm\n").replace("use_vmac\n", "use_vmac group 77 netlink_notify_msg\n", 1))
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)
        made = links(a)
        check({name: link["group"] for name, link in made.items()} == {"vm.7": "77", "vm6.7": "5"}, "groups", made)
        check(setting(a, "vm.7", "disable_ipv6", "ipv6") == "1", "no IPv6 at all where there is only IPv4")
        ours = {word: setting(a, "vm6.7", word, "ipv6") for word in ("accept_ra", "router_solicitations", "autoconf", "addr_gen_mode")}
        check(set(ours.values()) == {"0", "1"} and ours["addr_gen_mode"] == "1", "quiet", ours)


def pair_test(pair, family):
    @test(f"{pair}: {family} with virtual MACs: one master, and the other takes over at once when it leaves")
    def _():
        addresses = (f"{VIP}/32",) if family == "IPv4" else ADDRESSES6
        address, flag = (VIP, "-4") if family == "IPv4" else (VIP6, "-6")
        with Lab() as lab:
            a, b = lab.routers
            has = lambda host: any(word.startswith(address + "/") for word in host.addresses(family=flag))  # noqa: E731
            pair.start(lab, *(configuration(instance(priority=p, addresses=addresses, extra="use_vmac\n")) for p in (150, 100)))
            wait_until(lambda: has(a) and not has(b), 5, "the better one is master", lab.logs)
            stays_true(lambda: has(a) and not has(b), 0.8, "alone", lab.logs)
            a.daemon.stop()
            wait_until(lambda: has(b), 2, "the other takes over", lab.logs)
            # It comes back and preempts: both have the same MAC at this moment.
            mark = b.daemon.mark()
            a.daemon.start(configuration(instance(priority=150, addresses=addresses, extra="use_vmac\n")), binary=pair.first)
            wait_until(lambda: has(a) and not has(b), 5, "and gives way again", lab.logs)
            stays_true(lambda: has(a) and not has(b), 0.8, "for good", lab.logs)
            check("Entering BACKUP" in b.daemon.since(mark), "said so", lab.logs())
            if pair.second == BINARY:
                wait_until(lambda: all("UP" not in link["flags"] for link in links(b).values()), 2, "down again", lab.logs)


for _pair in PAIRS:
    for _family in ("IPv4", "IPv6"):
        pair_test(_pair, _family)


@test("after a crash the interfaces are adopted as they are, and gone after the end")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(both())
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)
        before = {name: link["ifindex"] for name, link in links(a).items()}
        a.daemon.crash()
        check({name: link["ifindex"] for name, link in links(a).items()} == before, "the dead leave them")
        mark = a.daemon.mark()
        a.daemon.start(both())
        a.daemon.expect_log(r"\(V6\) Entering MASTER", since=mark)
        wait_until(lambda: holds_both(a), 5, "masters again", lab.logs)
        check({name: link["ifindex"] for name, link in links(a).items()} == before, "the same interfaces")
        check("Success creating" not in a.daemon.since(mark), "not made anew", a.daemon.since(mark))
        a.daemon.stop()
        check(not links(a), "gone at the end", links(a))


@test("an interface that somebody removes or puts down is there again, with its addresses")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(both())
        wait_until(lambda: holds_both(a), 5, "both are masters", lab.logs)
        a.ip("link", "set", "vrrp6.7", "down")
        wait_until(lambda: holds_both(a) and "UP" in links(a)["vrrp6.7"]["flags"], 2, "it is up again", lab.logs)
        time.sleep(0.3)  # the first announcements are over
        heard = Frames(lab, lab.port(a))
        a.ip("link", "del", "vrrp.7")
        a.ip("link", "del", "vrrp6.7")
        wait_until(lambda: len(links(a)) == 2 and holds_both(a), 3, "both are there again", lab.logs)
        time.sleep(0.5)
        heard.finish()
        for mac in (MAC4, MAC6):
            check({"advert", "announcement"} <= {kind(frame) for frame in heard.of(mac)}, "and in use", lab.logs())
        check("Entering FAULT" not in a.daemon.log(), "still master all the while", lab.logs())


@test("the interface below goes and another comes in its place: the virtual MAC follows")
def _():
    with Lab() as lab:
        a, b = lab.routers
        b.daemon.start(both(100))
        a.daemon.start(both(150, globals="dynamic_interfaces\n"))
        lab.settle(a)
        a.ip("link", "del", "eth0")
        lab.settle(b)
        lab.switch.ip("link", "add", lab.port(a), "type", "veth", "peer", "name", "eth0", "netns", a.name)
        lab.switch.ip("link", "set", lab.port(a), "master", "br0", "up")
        a.link_up()
        lab.settle(a)
        wait_until(lambda: holds_both(a), 5, "IPv6 too", lab.logs)
        check(setting(a, "eth0", "arp_ignore") == "1", "the new one keeps silent about the addresses")


@test("a reload changes only what changed: a MAC in place, a name that was made up stays, another comes and goes")
def _():
    with Lab(routers=1, links=2) as lab:
        a = lab.routers[0]
        first = instance(extra="use_vmac\n")
        second = instance("V2", interface="eth1", addresses=("10.91.9.9/32",), extra="use_vmac\n")
        a.daemon.start(configuration(first, second))
        wait_until(lambda: a.holds(VIP) and a.holds("10.91.9.9"), 5, "both are masters", lab.logs)
        before = links(a)
        check(set(before) == {"vrrp.7", "vrrp1.7"}, "two", before)
        mark = a.daemon.mark()
        changed = second.replace("use_vmac\n", "use_vmac 02:11:22:33:44\n")
        a.daemon.reload(configuration(changed))
        wait_until(lambda: set(links(a)) == {"vrrp1.7"}, 3, "one is left, under its name", lambda: f"{links(a)}\n{lab.logs()}")
        wait_until(lambda: links(a)["vrrp1.7"]["address"] == "02:11:22:33:44:07", 2, "with the new MAC", lab.logs)
        check(links(a)["vrrp1.7"]["ifindex"] == before["vrrp1.7"]["ifindex"], "the same interface")
        check(a.holds("10.91.9.9") and "(V2) Entering" not in a.daemon.since(mark), "whose router felt nothing", lab.logs())
        check(setting(a, "eth0", "arp_ignore") == "0", "the interface that carries none any more is as it was")
        more = changed.replace("10.91.9.9/32\n", "10.91.9.9/32\n        10.90.9.9/32 dev eth0 use_vmac\n")
        a.daemon.reload(configuration(more))
        wait_until(lambda: a.holds(VIP) and set(links(a)) == {"vrrp1.7", "vrrp.7"}, 3, "another interface for an address",
                   lambda: f"{links(a)}\n{lab.logs()}")
        a.daemon.reload(configuration(changed.replace("use_vmac 02", "use_vmac vip0 02")))
        wait_until(lambda: set(links(a)) == {"vip0"} and a.holds("10.91.9.9"), 3, "a name that the file gives", lab.logs)


@test("vmac_xmit_base: adverts leave and arrive by the interface below, the addresses are on the virtual MAC")
def _():
    with Lab() as lab:
        a, b = lab.routers
        heard = Frames(lab, lab.port(a))
        a.daemon.start(configuration(instance(priority=150, extra="use_vmac\nvmac_xmit_base\n")))
        b.daemon.start(configuration(instance(priority=100, extra="use_vmac\nvmac_xmit_base\n")))
        lab.settle(a, rest=0.5)
        heard.finish()
        check({kind(frame) for frame in heard.of(MAC4)} <= {"announcement", "other"}, "no advert from the virtual MAC")
        check(f"{VIP}/32" in a.addresses("vrrp.7"), "the address is on it")
