# SPDX-License-Identifier: GPL-2.0-or-later
"""What an SNMP manager sees of real traffic through virtual servers, and hears of servers that come and go, beside 2.2.7."""
import re
import time

from ipvs import Listener, real_server, virtual_server
from lab import BINARY, PEER, Lab, check, wait_until
from suite import need, test
from test_balancing import VIPS, Connection, Farm
from test_notifications import heard
from test_observers import ROOT, Manager

SERVICES, SERVERS = ROOT + ".3.3.1", ROOT + ".3.4.1"
# Columns of virtual and of real servers, as ipvsadm shows them: connections, packets in and out, bytes in and out.
SERVICE_COLUMNS, SERVER_COLUMNS = (27, 28, 29, 30, 31), (14, 18, 19, 20, 21)


def number(walk, name):
    found = re.fullmatch(r"\w+: (\d+)", walk.get(name, ""))
    return int(found[1]) if found else None


def shown(manager, farm):
    """The counters of each service, then those of its servers, as the manager sees them."""
    walk = manager.walk(ROOT + ".3")
    rows = []
    for service in range(1, len(VIPS) + 1):
        rows.append([number(walk, f"{SERVICES}.{column}.{service}") for column in SERVICE_COLUMNS])
        rows += [[number(walk, f"{SERVERS}.{column}.{service}.{server}") for column in SERVER_COLUMNS]
                 for server in range(1, len(farm.servers) + 1)]
    return rows


def counted(director):
    """The same, as the kernel shows them to ipvsadm, by service and server in the order of the configuration."""
    rows = {}
    for line in director.table.ipvsadm("-Ln", "--stats", "--exact").splitlines():
        if match := re.match(r"(TCP|  ->) +([\d.]+):(\d+) +(.*)", line):
            head = (match[2],) if match[1] == "TCP" else (head[0], match[2])
            rows[head] = list(map(int, match[4].split()))
    return [row for vip in VIPS.values() for _, row in sorted((key, row) for key, row in rows.items() if key[0] == vip)]


@test("an SNMP manager sees the counters of real traffic that ipvsadm shows, as old as the interval says and no older", limit=120,
      kernel="ipvs")
def _():
    with Farm() as farm:
        director, manager = farm.director, Manager(farm.director.host)
        extra = f"router_id lab\n  enable_snmp_checker\n  snmp_vs_stats_update_interval 2\n  snmp_socket unix:{manager.socket}\n"
        director.start(farm.config(*farm.servers).replace("router_id lab\n", extra))
        wait_until(lambda: director.table.servers() == 6, 25, "all servers are in the table", director.daemon.log)
        wait_until(lambda: shown(manager, farm)[0][0] is not None, 20, "the tables are served", director.daemon.log)
        connections = [Connection(farm.client, vip) for vip in VIPS.values() for _ in range(4)]
        for _ in range(5):
            for one in connections:
                one.exchange()
        check(not any(one.failure for one in connections), "traffic flows")
        time.sleep(2.5)  # the kernel sums up every two seconds
        truth = counted(director)
        check(len(truth) == 9 and all(row[0] > 0 and row[1] > 0 and row[3] > 0 for row in truth), "the kernel counts", *truth)

        def agree(what):
            began = time.monotonic()
            wait_until(lambda: shown(manager, farm) == counted(director), 8, what,
                       lambda: "\n".join(map(str, [*shown(manager, farm), "", *counted(director)])))
            check(time.monotonic() - began < 5, f"{what} after {time.monotonic() - began:.1f} s")
        agree("the manager sees them")
        walk = manager.walk(SERVERS)
        active = [number(walk, f"{SERVERS}.15.{service}.{server}") for service in (1, 2, 3) for server in (1, 2)]
        check(active == [2] * 6, "established connections", active)
        for one in connections:
            one.exchange()
        time.sleep(2.5)
        check(counted(director) != truth, "they grow", *counted(director))
        agree("the manager sees that, too")


@test("an SNMP manager hears of real servers and quorums what it hears from 2.2.7", limit=90, kernel="ipvs")
def _():
    need(PEER)
    with Lab(routers=2, links=0) as lab:
        told = []
        for host, binary in zip(lab.routers, (BINARY, PEER)):
            manager, listener = Manager(host), Listener(host)
            up = real_server("10.0.0.1 80", "weight 2", checked=True)
            config = virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP; quorum 3; sorry_server 10.0.0.9 80",
                                    up, real_server("10.0.0.2 80"))
            config += virtual_server("10.1.0.2 80", "lb_algo rr; lb_kind DR; protocol TCP; alpha", up)
            host.daemon.start("global_defs {\n  router_id lab\n  enable_snmp_checker\n  enable_traps\n"
                              f"  snmp_socket unix:{manager.socket}\n}}\n" + config, parts=("-C",), binary=binary)
            host.daemon.expect_log("Gained quorum .*10.1.0.2", 20)
            began = heard(manager, 2)
            listener.close()
            host.daemon.expect_log("Lost quorum .*10.1.0.2", 20)
            failed = heard(manager, 2)
            mark = host.daemon.mark()
            listener.open()
            host.daemon.expect_log("Gained quorum .*10.1.0.2", 20, mark)
            told.append((began, failed, heard(manager, 2)))
            host.daemon.stop(10)
        def plain(notifications):
            # 2.2.7 leaves out of which row an object is.
            return sorted(repr((name, [(re.sub(r"(\.3\.[34]\.1\.\d+)(\.\d+)+$", r"\1", of), value) for of, value in objects]))
                          for name, objects in notifications)
        for what, ours, theirs in zip(("the start", "a failure", "the return"), *told):
            ours, theirs = plain(ours), plain(theirs)
            check(ours == theirs and (theirs or what == "the start"), what, "ours:", *ours, "2.2.7:", *theirs)
