# SPDX-License-Identifier: GPL-2.0-or-later
"""no_accept and strict mode: who may talk to a virtual address, and what nftables is told."""
import re
import socket
import time

from lab import BINARY, PEER, Lab, Prober, check, configuration, instance, stays_true, wait_until
from suite import need, test
from wire import Capture, Forger, advert, packet

VIP = "10.90.9.9"
SIX = ("vrrp_instance V6 {\n    interface eth0\n    virtual_router_id 8\n    advert_int 0.2\n    priority 100\n"
       "    no_accept\n    virtual_ipaddress {\n        fe80::8/64\n        fd00:90::88/64\n    }\n}\n")


def ruleset(host):
    return host.run("nft", "list", "ruleset")


def masters(host):
    return host.holds(VIP) and any(a.startswith("fd00:90::88") for a in host.addresses("eth0", "-6"))


def both(extra="", instance_extra="no_accept\n", six=SIX):
    return configuration(
        instance(addresses=[f"{VIP}/32", "10.90.9.10/24", "10.91.9.1/32 dev eth1"], excluded=["fd00:90::99/64"],
                 extra=instance_extra), six, extra=extra)


CASES = {
    "no_accept": both(),
    "nftables fw, priority and counters": both("nftables fw\nnftables_priority 5\nnftables_counters\n"),
    "dont_track_primary": both(six=SIX.replace("no_accept", "no_accept\n    dont_track_primary")),
    "dont_track_primary and nftables_ifindex": both(
        "nftables\nnftables_ifindex\n", six=SIX.replace("no_accept", "no_accept\n    dont_track_primary")),
}
for what, config in CASES.items():
    @test(f"V3-32 {what}: the same tables as 2.2.7 makes, and none after the end")
    def _(config=config):
        need("nft", PEER)
        seen = []
        with Lab(routers=2, links=2) as lab:
            for router, binary in zip(lab.routers, (BINARY, PEER)):
                router.daemon.start(config, binary=binary)
                wait_until(lambda: masters(router), 8, "master of both", lab.logs)
                wait_until(lambda: "vips" in ruleset(router), 2, "the tables", lab.logs)
                seen.append(re.sub(r"counter packets \d+ bytes \d+", "counter", ruleset(router)))
                router.daemon.stop()
                check("table" not in ruleset(router), "nothing is left", ruleset(router))
        check(seen[0] == seen[1], "the tables differ", *seen)


def udp6(host, address, port=7777):
    """Whether a datagram to the address is answered."""
    s = host.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(0.3)
    try:
        s.sendto(b"?", (address, port))
        return s.recv(64) == b"!"
    except OSError:
        return False
    finally:
        s.close()


@test("V3-32 no_accept: not one packet is answered from the first instant on; accept: all are",
      known="2.2.7 does not follow a reload")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        prober = Prober(lab)
        prober.start()
        a.daemon.start(configuration(instance(extra="no_accept\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        stays_true(lambda: not prober.answers, 1, "no answer", lab.logs)
        # ARP is no matter of Accept_Mode: the address is resolved.
        check("lladdr" in lab.client.ip("neigh", "show", VIP), "the client has the hardware address")
        a.daemon.reload(configuration(instance()))
        wait_until(lambda: len(prober.answers) > 50, 3, "answers after a reload that accepts", lab.logs)
        check("elements" not in ruleset(a), "the address is out of the set", ruleset(a))
        a.daemon.reload(configuration(instance(extra="no_accept\n")))
        wait_until(lambda: VIP in ruleset(a), 3, "refused again", lab.logs)
        time.sleep(0.1)
        count = len(prober.answers)
        stays_true(lambda: len(prober.answers) == count, 0.5, "no answer", lab.logs)
        check(a.daemon.stop() == 0, "ends well")
        prober.finish()
        check(len(prober.answers) == count, "nor an answer while it ends", lab.logs())


@test("V3-32 no_accept: nothing is answered while the router comes and goes as master: the rule is there before the address "
      "and until it is gone")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        prober = Prober(lab, gap=0.0003)
        prober.start()
        a.daemon.start(configuration(instance(priority=254, interval=0.05, extra="no_accept\n")), detail=False)
        forger = Forger(lab)
        for _ in range(25):
            wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
            for priority, pause in ((255, 0.03), (0, 0)):
                forger.send(packet(advert(vrid=7, priority=priority, interval=0.05, source=forger.address), source=forger.address))
                time.sleep(pause)
        prober.finish()
        check(a.daemon.log().count("Entering BACKUP STATE") > 20, "it came and went", lab.logs())
        check(not prober.answers, f"{len(prober.answers)} answers", lab.logs())


@test("V3-32 no_accept, IPv6: neighbour solicitations are answered, datagrams are not")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        echo = a.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        echo.bind(("::", 7777))
        a.daemon.start(configuration(SIX))
        wait_until(lambda: "fd00:90::88/64" in a.addresses("eth0", "-6"), 5, "master", lab.logs)
        check(not udp6(lab.client, "fd00:90::88"), "no answer")
        wait_until(lambda: re.search(r"fd00:90::88 .*lladdr", lab.client.ip("-6", "neigh", "show", "dev", "eth0")), 3,
                   "the address is resolved", lambda: lab.client.ip("-6", "neigh"))
        echo.settimeout(0.2)
        try:
            check(False, "the datagram came through", echo.recvfrom(64))
        except TimeoutError:
            pass


@test("V3-32 strict_mode refuses without being told, the owner accepts")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(extra="strict_mode\n", interval=1)))
        wait_until(lambda: a.holds(VIP), 8, "master", lab.logs)
        check(VIP in ruleset(a), "strict: in the set", ruleset(a))
        a.daemon.stop()
        a.daemon.start(configuration(instance(extra="strict_mode\n", priority=255, interval=1)))
        wait_until(lambda: a.holds(VIP), 8, "master", lab.logs)
        check(VIP not in ruleset(a), "owner: not in the set", ruleset(a))


@test("V3-32 a killed daemon leaves its tables; the next one replaces them, and nothing is answered in between")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        config = configuration(instance(extra="no_accept\n"), extra="nftables_counters\n")
        a.daemon.start(config)
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        a.daemon.crash()
        check(VIP in ruleset(a) and a.holds(VIP), "both are left", ruleset(a))
        a.run("nft", "add", "rule", "ip", "keepalived", "in", "ip", "daddr", "192.0.2.1", "drop")
        prober = Prober(lab)
        prober.start()
        stays_true(lambda: not prober.answers, 0.3, "no answer while nobody runs")
        mark = a.daemon.mark()
        a.daemon.start(config)
        a.daemon.expect_log("Entering MASTER STATE", since=mark)
        wait_until(lambda: a.holds(VIP) and VIP in ruleset(a), 3, "master again", lab.logs)
        check("192.0.2.1" not in ruleset(a), "what was not ours is gone", ruleset(a))
        a.daemon.stop()
        prober.finish()
        check(not prober.answers, f"{len(prober.answers)} answers", lab.logs())


@test("a table that killed processes left is gone, though the next daemon is asked for another or for none",
      known="2.2.7 leaves it")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        for extra in ("", "nftables other\n"):
            mark = a.daemon.mark()
            a.daemon.start(configuration(instance(extra="no_accept\n")))
            a.daemon.expect_log(r"\(VI\) Entering MASTER STATE", since=mark)
            wait_until(lambda: "table ip keepalived" in a.run("nft", "list", "ruleset"), 3, "a table", lab.logs)
            a.daemon.crash()
            mark = a.daemon.mark()
            a.daemon.start(configuration(instance("OTHER", vrid=9, addresses=("10.90.9.7",)), extra=extra))
            a.daemon.expect_log(r"\(OTHER\) Entering MASTER STATE", since=mark)
            wait_until(lambda: "keepalived" not in a.run("nft", "list", "ruleset"), 3, "it is gone", lambda: a.run("nft", "list", "ruleset"))
            a.daemon.stop()
            check(not a.run("nft", "list", "ruleset"), "nothing is left", a.run("nft", "list", "ruleset"))


@test("a firewall that is flushed by somebody else is made again", known="2.2.7 does not notice")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(extra="no_accept\n")))
        wait_until(lambda: VIP in ruleset(a), 5, "master", lab.logs)
        before = ruleset(a)
        a.run("nft", "flush", "ruleset")
        wait_until(lambda: ruleset(a) == before, 2, "the same tables", lambda: ruleset(a) + lab.logs())
        a.run("nft", "delete", "element", "ip", "keepalived", "vips", "{", VIP, "}")
        wait_until(lambda: ruleset(a) == before, 2, "the same elements", lambda: ruleset(a) + lab.logs())
        a.daemon.expect_log("was changed by someone else")
        # Its own changes are no reason.
        mark = a.daemon.mark()
        a.daemon.reload(configuration(instance(addresses=["10.90.9.10/32"], extra="no_accept\n")))
        wait_until(lambda: "10.90.9.10" in ruleset(a) and VIP not in ruleset(a), 3, "the other address", lab.logs)
        time.sleep(0.1)
        check("someone else" not in a.daemon.since(mark), "no repair", a.daemon.since(mark))


@test("without no_accept nftables is not touched")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.run("nft", "add", "table", "inet", "keepalived")
        a.run("nft", "add", "table", "ip", "keepalived")
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        check("table ip keepalived" in ruleset(a), "a table of somebody else", ruleset(a))
        a.daemon.reload(configuration(instance(extra="no_accept\n")))
        wait_until(lambda: VIP in ruleset(a), 3, "refused", lab.logs)
        a.daemon.stop()
        check(ruleset(a).split() == "table inet keepalived { }".split(), "the inet table is never ours", ruleset(a))


# --------------------------------------------------------------------------------------------------------------------
# Virtual MACs

def quiet(extra=""):
    return configuration(
        instance(extra=f"use_vmac vmac7\n{extra}"),
        instance("V6", vrid=8, addresses=["fe80::8/64", "fd00:90::88/64"], extra=f"use_vmac vmac8\n{extra}"))


@test("V3-31 use_vmac: the tables that keep the kernel's own reports off the network are those of 2.2.7")
def _():
    need("nft", PEER)
    for extra in ("", "no_accept\n"):
        seen = []
        with Lab(routers=2) as lab:
            for router, binary in zip(lab.routers, (BINARY, PEER)):
                router.daemon.start(quiet(extra), binary=binary)
                router.daemon.expect_log(r"\(VI\) Entering MASTER STATE", timeout=8)
                router.daemon.expect_log(r"\(V6\) Entering MASTER STATE", timeout=8)
                time.sleep(0.2)
                seen.append(ruleset(router))
                router.daemon.stop()
                check("table" not in ruleset(router), "nothing is left", ruleset(router))
        check("vmac_map" in seen[1], "a map", seen[1])
        check(blocks(seen[0]) == blocks(seen[1]), "the tables differ", *seen)


def blocks(text):
    """The sets and chains of a listing, whatever their order."""
    return sorted(block.strip() for block in re.split(r"\n\n|^table .*\n|^}\n", text, flags=re.M) if block.strip())


@test("V3-2 V3-31 use_vmac: the virtual MAC sends adverts and announcements, no IGMP and no MLD; the interface below does")
def _():
    need("tshark", "tcpdump")
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        capture = Capture(lab.client, f"{lab.directory}/quiet.pcap", expression="ip or ip6 or arp")
        a.daemon.start(quiet())
        for name in ("VI", "V6"):
            a.daemon.expect_log(rf"\({name}\) Entering MASTER STATE", timeout=8)
        time.sleep(1.5)
        capture.finish()
        chatter = "igmp or icmpv6.type == 143 or icmpv6.type == 133"
        virtual = "(eth.src == 00:00:5e:00:01:07 or eth.src == 00:00:5e:00:02:08)"
        check(capture.fields("eth.src", display=f"vrrp and {virtual}"), "adverts come from the virtual MAC", lab.logs())
        check(not capture.fields("eth.src", "frame.protocols", display=f"({chatter}) and {virtual}"), "no chatter of the virtual MAC",
              capture.fields("eth.src", "frame.protocols", display=chatter))


# --------------------------------------------------------------------------------------------------------------------
# nftables_ipvs

@test("nftables_ipvs: packets to a group's addresses carry the mark of its virtual server; nothing is left",
      known="2.2.7 ends where the kernel has no IPVS")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]

        def config(addresses):
            return (configuration(extra="nftables_ipvs\nnftables_ipvs_start_fwmark 700\n")
                    + f"virtual_server_group G {{\n    {addresses}\n}}\n"
                    + "".join("virtual_server group G {\n    protocol %s\n    lb_algo rr\n    lb_kind NAT\n"
                              "    real_server 10.90.0.77 80 {\n    }\n}\n" % one for one in ("UDP", "TCP")))

        def marked(port, address="10.90.9.10"):
            """How many datagrams to the address and port were seen with the mark 700."""
            a.run("nft", "-f", "-", input="table inet seen { chain c { type filter hook input priority 5; }; }\nflush chain inet seen c\n"
                  "add rule inet seen c meta mark 700 counter\n")
            s = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for _ in range(3):
                s.sendto(b"?", (address, port))
            time.sleep(0.1)
            return int(re.search(r"counter packets (\d+)", a.run("nft", "list", "table", "inet", "seen")).group(1))

        for number in range(9, 14):
            a.ip("addr", "add", f"10.90.9.{number}/32", "dev", "eth0")
        a.daemon.start(config("10.90.9.9-12 80"), parts=("-C",))
        wait_until(lambda: "keepalived_ipvs" in ruleset(a), 5, "the table", lab.logs)
        check(marked(80) == 3 and marked(80, "10.90.9.12") == 3, "the range", ruleset(a))
        check(marked(81) == 0 and marked(80, "10.90.9.13") == 0, "nothing else", ruleset(a))
        a.daemon.reload(config("10.90.9.13 80"))
        wait_until(lambda: "10.90.9.13 ." in ruleset(a), 3, "the other address", lab.logs)
        check(marked(80, "10.90.9.13") == 3 and marked(80) == 0, "the same mark after the reload", ruleset(a))
        a.daemon.stop()
        check("keepalived" not in ruleset(a), "nothing is left", ruleset(a))


@test("nftables_ipvs: the tables of a daemon that died go when the next one has others, or none",
      known="2.2.7 ends where the kernel has no IPVS")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]

        def config(*globals):
            return (configuration(extra="".join(f"{line}\n" for line in globals)) + "virtual_server_group G {\n    10.90.9.9 80\n}\n"
                    "virtual_server group G {\n    protocol TCP\n    lb_algo rr\n    lb_kind NAT\n"
                    "    real_server 10.90.0.77 80 {\n    }\n}\n")

        def start(*globals):
            a.daemon.start(config(*globals), parts=("-C",))

        def tables():
            return sorted(re.findall(r"table ip (\w+)", ruleset(a)))

        start("nftables_ipvs first")
        wait_until(lambda: tables() == ["first"], 5, "the table", lambda: ruleset(a))
        a.daemon.crash()
        check(tables() == ["first"], "it is left behind", ruleset(a))
        start("nftables_ipvs second")
        wait_until(lambda: tables() == ["second"], 5, "the other table in its place", lambda: ruleset(a))
        a.daemon.crash()
        start("nftables_ipvs second")
        time.sleep(1)
        check(tables() == ["second"], "the same table, once", ruleset(a))
        a.daemon.crash()
        start()
        wait_until(lambda: tables() == [], 5, "no table where nobody asks for one", lambda: ruleset(a))
        a.daemon.stop()
