# SPDX-License-Identifier: GPL-2.0-or-later
"""One reload for each kind of row: a master takes the change over in place, and another instance feels nothing.

A row of the table below is changed by a reload, seen to be in effect, and changed back by another. What reloads do about
addresses, whole instances, unicast peers, BFD sessions, notify pipes and kernel settings stands in the files about those.
"""
import re
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import test
from test_notify import SECURE, Scripts
from test_process_tracking import Program
from test_reload import UPSTREAM_ADVERT, Monitor
from wire import Forger, Sniffer, checksum, gaps

VIP, BYSTANDER, SECOND = "10.90.9.9", "10.90.9.90", "10.90.0.201"
QUIET = "garp_master_delay 0\n"
NEIGHBOUR = instance("Y", vrid=9, interval=0.5, addresses=(BYSTANDER,), extra=QUIET)


class Bench:
    """A master X under reloads beside a bystander Y, and all that is heard of both."""

    def __init__(self, lab):
        self.lab, self.a = lab, lab.routers[0]
        self.a.ip("addr", "add", f"{SECOND}/16", "dev", "eth0")
        self.forger, self.scripts, self.program = Forger(lab), Scripts(lab), Program(lab)
        self.program.start("600")
        for name, text in (("number", "7\n"), ("fifo", None)):
            if text:
                with open(f"{lab.directory}/{name}", "w") as file:
                    file.write(text)
        self.heard, self.far = Sniffer(lab.client), Sniffer(lab.client, "eth1")
        self.since = 0

    def file(self, *blocks, globals="", extra="", **options):
        """The file with these rows: blocks of their own, global ones, those of X."""
        options.setdefault("interval", 0.1)
        return configuration(*blocks, instance("X", extra=QUIET + extra, **options), NEIGHBOUR, extra=SECURE + globals)

    def reload(self, text):
        mark = self.a.daemon.mark()
        self.a.daemon.reload(text)
        self.a.daemon.expect_log("Reload complete", since=mark)
        self.since = time.time()

    def adverts(self, vrid=7, far=False):
        """Those of a router since the reload."""
        heard = self.far if far else self.heard
        return [item for item in list(heard.adverts)
                if item.at > self.since and item.vrid == vrid and item.source != self.forger.address]

    def advert(self, wanted, vrid=7, far=False):
        """Waits for one that is as wanted, and for another."""
        def twice():
            return sum(bool(wanted(item)) for item in self.adverts(vrid, far)[-2:]) == 2
        wait_until(twice, 4, "adverts as the row wants them",
                   lambda: [item.frame.hex() for item in self.adverts(vrid, far)[-2:]] + [self.lab.logs()])

    def gratuitous(self, address, far=False):
        return [arp for arp in (self.far if far else self.heard).gratuitous(address) if arp.at > self.since]

    def shows(self, text, *command):
        wait_until(lambda: text in self.a.run(*command), 3, f"{text} in {' '.join(command)}",
                   lambda: self.a.run(*command) + self.lab.logs())

    def answers(self):
        """Whether a losing advert is answered at once: two more within 0.09 s are no rhythm of 0.1 s."""
        self.advert(lambda item: True)
        before = len(self.adverts())
        for _ in range(3):
            self.forger.advertise(priority=50)
            time.sleep(0.03)
        return len(self.adverts()) - before >= 2


def row(**changes):
    """What the file says in the place of the base's; functions get the bench."""
    return changes


def pseudo(item):
    """Whether an advert's checksum covers the pseudo header of IPv6 that version 3 of old had for IPv4, too."""
    return checksum(item.body) != 0


def tracking(block):
    return f"track_{block} {{\n    probe\n}}\n"


def reads_polling(bench, kind):
    bench.a.daemon.expect_log(f"Polling the link of eth0 by {kind}")


def debounced(bench):
    bench.lab.unplug(bench.a, 1)
    time.sleep(0.1)
    bench.lab.plug(bench.a, 1)
    stays_true(lambda: "(X) Entering FAULT" not in bench.a.daemon.log(), 0.5, "a moment is no fault", bench.lab.logs)


def runs_script(bench):
    bench.forger.advertise(priority=50)
    bench.scripts.wait(["lower "])


def paced(bench):
    time.sleep(0.1)
    bench.since = time.time()
    bench.forger.advertise(priority=50)
    wait_until(lambda: len(bench.gratuitous(None)) >= 4, 3, "announced again", bench.lab.logs)
    check(all(gap > 0.15 for gap in gaps(bench.gratuitous(None))), "one after the other", gaps(bench.gratuitous(None)))


def priority(number):
    return lambda bench: bench.advert(lambda item: item.priority == number)


def script(bench, program):
    return f"vrrp_script probe {{\n    script {program}\n    interval 1\n    weight 15\n}}\n"


LATE = instance("Z", vrid=11, interval=0.2, addresses=("10.90.9.11",), extra=QUIET)
SYNC = "vrrp_sync_group G {\n    group {\n        X\n        Y\n    }\n}\n"
#   title, what the file says, what shows it
ROWS = [
    ("priority", row(priority=120), priority(120)),
    ("priority 255", row(priority=255), priority(255)),
    ("advert_int", row(interval=0.3), lambda bench: bench.advert(lambda item: item.interval == 0.3)),
    ("state and debug", row(extra="state MASTER\ndebug 3\n"), priority(100)),
    ("version", row(extra="version 2\n", interval=1), lambda bench: bench.advert(lambda item: item.version == 2)),
    ("authentication", row(extra="version 2\nauthentication {\n    auth_type PASS\n    auth_pass s3cret\n}\n", interval=1),
     lambda bench: bench.advert(lambda item: item.body[4] == 1 and b"s3cret" in item.body)),
    ("auth_hmac", row(extra="auth_hmac {\n    key 1 hex:" + "42" * 32 + "\n    active_key 1\n    mode permissive\n}\n"),
     lambda bench: bench.advert(lambda item: len(item.body) == 12 + 28)),
    ("v3_checksum_as_v2", row(extra="v3_checksum_as_v2 true\n"), lambda bench: bench.advert(lambda item: not pseudo(item))),
    ("mcast_dst_ip", row(extra="mcast_dst_ip 224.0.0.77\n"),
     lambda bench: bench.advert(lambda item: item.destination == "224.0.0.77")),
    ("mcast_src_ip", row(extra=f"mcast_src_ip {SECOND}\n"), lambda bench: bench.advert(lambda item: item.source == SECOND)),
    ("unicast_peer, unicast_ttl", row(extra="unicast_peer {\n    10.90.0.2\n}\nunicast_ttl 64\n"),
     lambda bench: bench.advert(lambda item: item.destination == "10.90.0.2" and item.ttl == 64)),
    ("virtual_ipaddress: an option of an address", row(addresses=(f"{VIP}/32 label eth0:x",)),
     lambda bench: bench.shows("eth0:x", "ip", "-4", "-o", "addr")),
    ("virtual_ipaddress_excluded", row(excluded=("10.91.9.9/32 dev eth1",)),
     lambda bench: bench.shows("10.91.9.9/32", "ip", "-4", "-o", "addr")),
    ("virtual_routes", row(extra="virtual_routes {\n    10.44.0.0/16 via 10.90.0.2\n}\n"),
     lambda bench: bench.shows("10.44.0.0/16 via 10.90.0.2", "ip", "route")),
    ("virtual_rules", row(extra="virtual_rules {\n    from 10.45.0.0/16 table 200 preference 99\n}\n"),
     lambda bench: bench.shows("10.45.0.0/16", "ip", "rule")),
    ("static_ipaddress, static_routes, static_rules",
     row(blocks=lambda bench: "static_ipaddress {\n    10.46.0.1/24 dev eth1\n}\nstatic_routes {\n    10.47.0.0/16 dev eth1\n}\n"
         "static_rules {\n    from 10.48.0.0/16 table 201 preference 98\n}\n"),
     lambda bench: [bench.shows(text, "ip", *what.split()) for text, what in (
         ("10.46.0.1/24", "-4 addr"), ("10.47.0.0/16", "route"), ("10.48.0.0/16", "rule"))]),
    ("track_group", row(blocks=lambda bench: "track_group T {\n    group {\n        X\n    }\n}\n"
                        "static_routes {\n    10.49.0.0/16 dev eth1 track_group T\n}\n"),
     lambda bench: bench.shows("10.49.0.0/16", "ip", "route")),
    ("track_interface", row(extra="track_interface {\n    eth1 weight 10\n}\n"), priority(110)),
    ("dont_track_primary", row(extra="dont_track_primary\n"), priority(100)),
    ("track_script, vrrp_script", row(blocks=lambda bench: script(bench, "/bin/true"), extra=tracking("script")), priority(115)),
    ("vrrp_script: another program", row(blocks=lambda bench: script(bench, "/bin/false"), extra=tracking("script")),
     priority(100)),
    ("track_file", row(blocks=lambda bench: f"track_file probe {{\n    file {bench.lab.directory}/number\n}}\n",
                       extra=tracking("file")), priority(107)),
    ("track_file: another weight", row(blocks=lambda bench: f"track_file probe {{\n    file {bench.lab.directory}/number\n"
                                       "    weight -2\n}\n", extra=tracking("file")), priority(86)),
    ("track_process, vrrp_track_process", row(blocks=lambda bench: f"vrrp_track_process probe {{\n    process {bench.program.name}\n"
                                              "    weight 12\n}\n", extra=tracking("process")), priority(112)),
    ("vrrp_track_process: another quorum", row(blocks=lambda bench: "vrrp_track_process probe {\n"
                                               f"    process {bench.program.name}\n    weight 12\n    quorum 2\n}}\n",
                                               extra=tracking("process")), priority(100)),
    ("vrrp_sync_group", row(blocks=lambda bench: SYNC), lambda bench: stays_true(
        lambda: bench.a.holds(VIP) and bench.a.holds(BYSTANDER), 0.5, "both stay masters")),
    ("vrrp_sync_group: a tracker", row(blocks=lambda bench: SYNC.replace(
        "    }\n}", "    }\n    track_interface {\n        eth1 weight 3\n    }\n}")), priority(103)),
    ("garp_master_refresh", row(extra="garp_master_refresh 1\n"), lambda bench: wait_until(
        lambda: bench.gratuitous(VIP), 4, "announced again", lambda: f"{len(bench.adverts())} adverts\n{bench.lab.logs()}")),
    ("garp_extra_if", row(addresses=(VIP, "10.91.9.9/32 dev eth1"), extra="garp_extra_if all 1\n"), lambda bench: wait_until(
        lambda: len(bench.gratuitous("10.91.9.9", far=True)) >= 2, 3, "again and again", bench.lab.logs)),
    ("vrrp_garp_extra_if", row(addresses=(VIP, "10.91.9.9/32 dev eth1"), globals="vrrp_garp_extra_if all 1\n"),
     lambda bench: wait_until(lambda: len(bench.gratuitous("10.91.9.9", far=True)) >= 2, 3, "again and again", bench.lab.logs)),
    ("garp_group", row(blocks=lambda bench: "garp_group {\n    garp_interval 0.2\n    interface eth0\n}\n",
                       addresses=(VIP, "10.90.9.21", "10.90.9.22", "10.90.9.23")), paced),
    ("lower_prio_no_advert", row(extra="lower_prio_no_advert\n"), lambda bench: check(not bench.answers(), "no answer")),
    ("vrrp_lower_prio_no_advert", row(globals="vrrp_lower_prio_no_advert\n"), lambda bench: check(
        not bench.answers(), "no answer")),
    ("use_vmac", row(extra="use_vmac\n"), lambda bench: bench.advert(lambda item: item.frame[6:12].hex() == "00005e000107")),
    ("vmac_xmit_base", row(extra="use_vmac\nvmac_xmit_base\n"), lambda bench: (
        bench.shows(f"{VIP}/32", "ip", "-4", "addr", "show", "dev", "vrrp.7"),
        bench.advert(lambda item: item.frame[6:12].hex() != "00005e000107"))),
    ("no_accept", row(extra="no_accept\n"), lambda bench: bench.shows(VIP, "nft", "list", "ruleset")),
    ("promote_secondaries", row(extra="promote_secondaries\n"), lambda bench: bench.shows(
        "1", "cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries")),
    ("kernel_rx_buf_size", row(extra="kernel_rx_buf_size 123456\n"), priority(100)),
    ("linkbeat_use_polling", row(extra="linkbeat_use_polling\n"), lambda bench: reads_polling(bench, "ETHTOOL")),
    ("linkbeat_interfaces", row(blocks=lambda bench: "linkbeat_interfaces {\n    eth0 IOCTL\n}\n"),
     lambda bench: reads_polling(bench, "IOCTL")),
    ("interface_up_down_delays", row(blocks=lambda bench: "interface_up_down_delays {\n    eth1 0.4 0.1\n}\n",
                                     extra="track_interface {\n    eth1\n}\n"), debounced),
    ("vrrp_startup_delay, which is for the next start", row(blocks=lambda bench: LATE, globals="vrrp_startup_delay 30\n"),
     lambda bench: wait_until(lambda: bench.a.holds("10.90.9.11"), 3, "the new one is master", bench.lab.logs)),
    ("dynamic_interfaces", row(globals="dynamic_interfaces\n"), priority(100)),
    ("notify_master_rx_lower_pri", row(extra=lambda bench: f'notify_master_rx_lower_pri "{bench.scripts.recorder("lower")}"\n'),
     runs_script),
    ("vrrp_netlink_cmd_rcv_bufs and other rows of the next start", row(
        globals="vrrp_netlink_cmd_rcv_bufs 300000\nvrrp_netlink_monitor_rcv_bufs 300000\nvrrp_rx_bufs_multiplier 4\n"), priority(100)),
]

# These make another router of it, which succeeds at once to the one before.
HEIRS = {"mcast_dst_ip", "unicast_peer, unicast_ttl", "use_vmac", "vmac_xmit_base"}

# With these nobody can succeed, and elections follow.
MOVES = [
    ("virtual_router_id", row(vrid=8), lambda bench: bench.advert(lambda item: True, vrid=8)),
    ("interface", row(interface="eth1"), lambda bench: bench.advert(lambda item: True, far=True)),
]


def apply(bench, changes):
    def made(value):
        return value(bench) if callable(value) else value
    changes = {key: made(value) for key, value in changes.items()}
    return bench.file(*[changes.pop("blocks")] if "blocks" in changes else [], **changes)


@test(f"each of {len(ROWS) + len(MOVES)} rows takes effect by a reload and goes with the next; the neighbour feels nothing",
      limit=150, known=UPSTREAM_ADVERT)
def _():
    with Lab(routers=1, links=2) as lab:
        bench = Bench(lab)
        a, base = bench.a, bench.file()
        a.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries")
        a.daemon.start(base)
        wait_until(lambda: a.holds(VIP) and a.holds(BYSTANDER), 5, "both are masters", lab.logs)
        began, mark, monitor = time.time(), a.daemon.mark(), Monitor(a)
        for title, changes, proof in ROWS + MOVES:
            print(title)
            bench.reload(apply(bench, changes))
            proof(bench)
            bench.reload(base)
            bench.advert(lambda item: (item.version, item.priority, item.interval, item.ttl, len(item.body), item.destination)
                         == (3, 100, 0.1, 255, 12, "224.0.0.18") and item.frame[6:8] != b"\0\0")
            wait_until(lambda: sorted(a.virtual_addresses()) == sorted([f"{VIP}/32", f"{BYSTANDER}/32", f"{SECOND}/16"]), 2,
                       f"after {title} only the addresses of before", lambda: f"{a.virtual_addresses()}\n{lab.logs()}")
            if (title, changes, proof) == ROWS[-1]:
                states = re.findall(r"\(X\) Entering (\w+)", a.daemon.since(mark))
                check(states == ["MASTER"] * 2 * len(HEIRS), "X was master all the while", states, a.daemon.since(mark)[-3000:])
        check("(Y) Entering" not in a.daemon.since(mark), "and so was Y to the end", a.daemon.since(mark)[-3000:])
        own = [item for item in bench.heard.finish().adverts if item.vrid == 9 and item.at > began]
        late = [gap for gap in gaps(own) if abs(gap - 0.5) > 0.1]
        check(not late, "in rhythm", late)
        deleted = [line for line in monitor.finish() if "Deleted" in line and BYSTANDER in line]
        check(not deleted, "with its address", *deleted)
        check(a.ip("route", "show", "proto", "18") == "" and "99:" not in a.ip("rule"), "no route is left", a.ip("route"))


# What a running daemon cannot change: the row, in upstream's words what it is.
FIXED = [
    ("net_namespace {}", "network namespace", ""), ("net_namespace_ipvs {}", "IPVS network namespace", ""),
    ("instance other", "instance name", ""), ("use_pid_dir", "use_pid_dir", ""), ("", "nftables table name", "nftables other"),
    ("", "disable_local_igmp", "disable_local_igmp"), ("", "config_directory", "tmp_config_directory /tmp"),
]


@test("rows that only a start can change refuse a reload with the reason, and everything runs on")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        base = configuration(instance("X"))
        a.daemon.start(base)
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        mark = a.daemon.mark()
        for line, words, inner in FIXED:
            since = a.daemon.mark()
            a.daemon.reload(line.format(lab.client.name) + "\n" + configuration(instance("X", priority=50), extra=inner))
            a.daemon.expect_log(f"Cannot change {words} at a reload", since=since)
            a.daemon.expect_log("Reload refused", since=since)
        check("(X)" not in a.daemon.since(mark) and a.holds(VIP), "nothing happened", a.daemon.since(mark))
        a.daemon.reload(configuration(instance("X", priority=120)))
        a.daemon.expect_log("effective priority from 100 to 120|Reload complete", since=mark)
