# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes on the wire, as tshark and a plain listener see them."""
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import need, test
from wire import Capture, Forger, Sniffer, checksum, gaps

VIP = "10.90.9.9"


def lone_master(lab, config, address=VIP):
    lab.routers[0].daemon.start(config)
    wait_until(lambda: lab.routers[0].holds(address), 8, "the only router holds the address", lab.logs)
    return lab.routers[0]


for version, extra in ((2, ""), (2, "authentication {\n    auth_type PASS\n    auth_pass s3cret\n}\n"), (3, "")):
    @test(f"V3-1 V2-1 v{version}{' with a password' if extra else ''}: tshark decodes our adverts without a complaint")
    def _(version=version, extra=extra):
        need("tshark", "tcpdump")
        with Lab(routers=1) as lab:
            capture = Capture(lab.client, f"{lab.directory}/adverts.pcap")
            a = lone_master(lab, configuration(instance(
                interval=1, priority=123, addresses=[VIP, "10.90.9.10/24"], extra=extra), version=version))
            time.sleep(2)
            a.daemon.stop()
            time.sleep(0.2)
            capture.finish()
            rows = capture.fields("vrrp.version", "vrrp.type", "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.addr_count",
                                  "vrrp.checksum.status", "ip.ttl", "ip.dst", "eth.dst", "vrrp.ip_addr")
            check(len(rows) >= 3, f"{len(rows)} adverts")
            for row in rows:
                check(row[0] == str(version) and row[1:3] == ["1", "7"] and row[3] in ("123", "0"), "the fields", row)
                check(row[5] == "1", "tshark finds the checksum good", row)
                check(row[6:9] == ["255", "224.0.0.18", "01:00:5e:00:00:12"], "TTL 255 to the group", row)
                check(set(row[9].split(",")) == {VIP, "10.90.9.10"}, "the addresses", row)
            if extra:
                words = capture.fields("vrrp.auth_type", "vrrp.auth_string")
                check(all(word == ["1", "s3cret"] for word in words), "the password", words)
            check(not capture.complaints(), "tshark has nothing to say", *capture.complaints())


@test("V3-11 a host that forwards packets forwards no adverts, whoever sent them")
def _():
    with Lab(routers=1, links=2) as lab:
        a = lab.routers[0]
        a.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        near, far, forger = Sniffer(lab.client), Sniffer(lab.client, "eth1"), Forger(lab)
        a.run("ip", "route", "add", "224.0.0.0/4", "dev", "eth1")
        lone_master(lab, configuration(instance()))
        for _ in range(5):
            forger.advertise(vrid=9)
            time.sleep(0.1)
        check({item.vrid for item in near.finish().adverts} == {7, 9}, "there were some", lab.logs())
        check(not far.finish().adverts, "on the other side there are none")


@test("v3: v3_checksum_as_v2 leaves the pseudo header out of the checksum",
      known="2.2.7 does not know v3_checksum_as_v2")
def _():
    for extra, pseudo in (("", True), ("v3_checksum_as_v2\n", False)):
        with Lab(routers=1) as lab:
            heard = Sniffer(lab.client)
            a = lone_master(lab, configuration(instance(extra=extra)))
            heard.finish()
            body = heard.adverts[0].body
            header = bytes([10, 90, 0, 1, 224, 0, 0, 18, 0, 112, 0, len(body)])
            check(checksum((header if pseudo else b"") + body) == 0,
                  f"the checksum {'with' if pseudo else 'without'} the pseudo header is good", body.hex(), a.daemon.log()[-500:])


for pseudo in (True, False):
    @test(f"v3: a peer whose checksum is {'with' if pseudo else 'without'} the pseudo header is understood",
          known=None if pseudo else "2.2.7 takes only checksums over the pseudo header")
    def _(pseudo=pseudo):
        with Lab(routers=1) as lab:
            a = lone_master(lab, configuration(instance()))
            forger = Forger(lab)
            end = time.monotonic() + 2
            while time.monotonic() < end and a.holds(VIP):
                forger.advertise(priority=200, pseudo=pseudo)
                time.sleep(0.05)
            check(not a.holds(VIP), "a master of priority 200 is listened to", lab.logs())


@test("the first gratuitous ARP follows the first advert, and says what RFC 5227 wants")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        a = lone_master(lab, configuration(instance(interval=1)))
        time.sleep(1)
        heard.finish()
        mine = heard.gratuitous(VIP)
        check(mine, "an announcement was heard", lab.logs())
        check(heard.adverts[0].at <= mine[0].at, "first the advert, then the announcement")
        mac = bytes.fromhex(a.ip("-o", "link", "show", "eth0").split("link/ether ")[1].split()[0].replace(":", ""))
        for arp in mine:
            check(arp.operation in (1, 2) and arp.sender_mac == mac and arp.frame[0:6] == b"\xff" * 6
                  and arp.frame[6:12] == mac, "broadcast, from our own MAC", arp.frame.hex())


@test("garp: five at once and five after five seconds are the defaults", limit=40)
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        lone_master(lab, configuration(instance()))
        time.sleep(7)
        times = [arp.at for arp in heard.finish().gratuitous(VIP)]
        check(len(times) == 10, f"{len(times)} announcements", times)
        check(times[4] - times[0] < 0.5 and times[9] - times[5] < 0.5, "two bursts", times)
        check(abs(times[5] - times[0] - 5) < 0.3, f"the second {times[5] - times[0]:.2f} s after the first")


@test("garp: repeat, delay and refresh as configured")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        lone_master(lab, configuration(instance(
            extra="garp_master_repeat 2\ngarp_master_delay 1\ngarp_master_refresh 2\ngarp_master_refresh_repeat 3\n")))
        time.sleep(5)
        times = [arp.at - heard.adverts[0].at for arp in heard.finish().gratuitous(VIP)]
        check(len([t for t in times if t < 0.5]) == 2, "two at once", times)
        check(len([t for t in times if 0.7 < t < 1.5]) == 2, "two after one second", times)
        later = [t for t in times if t > 1.5]
        check(len(later) in (3, 6), "three every two seconds after that", times)
        check(1.7 < later[0] < 3.3, "the first refresh", times)


@test("garp: vrrp_garp_interval spaces them out", known="2.2.7 sends two of them, however many were asked for")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        lone_master(lab, configuration(instance(extra="garp_master_repeat 4\ngarp_master_delay 0\n"),
                                       extra="vrrp_garp_interval 0.1\n"))
        time.sleep(1.5)
        times = heard.finish().gratuitous(VIP)
        check(len(times) == 4, f"{len(times)} announcements")
        check(all(0.08 < gap < 0.3 for gap in gaps(times)), "0.1 s apart", gaps(times))


@test("garp: each address is announced, excluded ones too")
def _():
    with Lab(routers=1) as lab:
        heard = Sniffer(lab.client)
        lone_master(lab, configuration(instance(addresses=[VIP, "10.90.9.10"], excluded=["10.90.9.11", "10.90.9.12"])))
        time.sleep(1)
        announced = {arp.sender for arp in heard.finish().gratuitous()}
        check(announced == {VIP, "10.90.9.10", "10.90.9.11", "10.90.9.12"}, "who was announced", announced)


@test("a backup neither advertises nor announces")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        forger = Forger(lab)
        heard = Sniffer(lab.switch, lab.port(a))
        a.daemon.start(configuration(instance()))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            forger.advertise(priority=200)
            check(not a.virtual_addresses(), "no address on a backup", lab.logs())
            time.sleep(0.05)
        heard.finish()
        a.daemon.expect_log(r"\(VI\) Entering BACKUP STATE")
        check(not heard.from_source(a.address()), "no advert", lab.logs())
        check(not heard.gratuitous(VIP), "no announcement", lab.logs())


@test("a lower priority is answered at once, and the address announced again")
def _():
    with Lab(routers=1) as lab:
        a = lone_master(lab, configuration(instance(interval=1, priority=150)))
        time.sleep(1.3)
        forger = Forger(lab)
        heard = Sniffer(lab.client)
        forger.advertise(priority=50, interval=1)
        sent = time.time()
        time.sleep(0.5)
        heard.finish()
        answers = heard.from_source(a.address())
        check(answers and answers[0].at - sent < 0.1, "an advert at once", lab.logs())
        check(heard.gratuitous(VIP), "and an announcement")
        a.daemon.expect_log(r"\(VI\) Received advert from 10.90.0.2 with lower priority 50, ours 150, forcing new election")


@test("a backup adopts the master's interval (v3): it waits three of those, not of its own")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(interval=0.1)))
        forger = Forger(lab)
        for _ in range(6):
            forger.advertise(priority=200, interval=1)
            time.sleep(0.2)
        stays_true(lambda: not a.holds(VIP), 2.5, "it waits three seconds for such a master", lab.logs)
        wait_until(lambda: a.holds(VIP), 2, "then it takes over", lab.logs)


@test("a backup that hears priority 0 takes over within its skew time")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(interval=1, priority=100)))
        forger = Forger(lab)
        for _ in range(5):
            forger.advertise(priority=200, interval=1)
            time.sleep(0.2)
        heard = Sniffer(lab.client)
        forger.advertise(priority=0, interval=1)
        sent = time.time()
        wait_until(lambda: a.holds(VIP), 2, "it takes over", lab.logs)
        wait = heard.finish().from_source(a.address())[0].at - sent
        check(0.55 < wait < 0.7, f"after {wait:.3f} s, skew is 0.609 s", lab.logs())
        a.daemon.expect_log(r"\(VI\) Backup received priority 0 advertisement")
