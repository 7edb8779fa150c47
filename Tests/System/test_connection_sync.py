# SPDX-License-Identifier: GPL-2.0-or-later
"""lvs_sync_daemon: which of the kernel's daemons that copy connections run, and with what options."""
import re

from ipvs import Table, directors, real_server, virtual_server
from lab import BINARY, Lab, check, configuration, instance, wait_until
from suite import test

SERVICE = virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", real_server("10.0.0.1 80"))


def daemons(table):
    """`ipvsadm -L --daemon`: state -> (interface, id)."""
    return {state: (interface, int(number)) for state, interface, number in re.findall(
        r"^(master|backup) sync daemon \(mcast=(\S+?), syncid=(\d+)", table.ipvsadm("-L", "--daemon"), re.M)}


def expect(table, wanted, what, lab):
    wait_until(lambda: daemons(table) == wanted, 25, what, lambda: f"{table.ipvsadm('-L', '--daemon')}\n{lab.logs()}")


@test("the sync daemon is master where its router is, backup elsewhere, and gone after the end", limit=120, kernel="ipvs")
def _():
    with Lab(routers=2) as lab:
        a, b = lab.routers
        tables = [Table(a), Table(b)]

        def config(priority, options="inst VI"):
            return configuration(instance(priority=priority), extra=f"lvs_sync_daemon eth0 {options}")
        a.daemon.start(config(150), parts=())
        b.daemon.start(config(100), parts=())
        lab.settle(a, timeout=25)
        expect(tables[0], {"master": ("eth0", 7)}, "the master sends, under the id of the router", lab)
        expect(tables[1], {"backup": ("eth0", 7)}, "the backup receives", lab)
        b.daemon.reload(config(200, "inst VI id 9"))
        lab.settle(b, timeout=25)
        expect(tables[0], {"backup": ("eth0", 7)}, "the old master receives", lab)
        expect(tables[1], {"master": ("eth0", 9)}, "the new one sends, under the id of its configuration", lab)
        b.daemon.stop()
        expect(tables[1], {}, "nothing runs after the end", lab)
        expect(tables[0], {"master": ("eth0", 7)}, "the other sends again", lab)


@test("lvs_sync_daemon_interface in a router makes the sync daemon follow it", limit=90, kernel="ipvs")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(extra="lvs_sync_daemon_interface eth0\n")), parts=())
        lab.settle(a, timeout=25)
        expect(Table(a), {"master": ("eth0", 7)}, "it sends", lab)


@test("without a router both sync daemons run, with the options that are given", limit=90, kernel="ipvs")
def _():
    with directors(BINARY) as (director,):
        director.host.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1")
        director.host.ip("link", "set", "d0", "up")
        director.host.ip("link", "set", "d1", "up")
        director.host.ip("addr", "add", "10.9.0.1/24", "dev", "d0")
        options = "d0 id 5 maxlen 1400 port 9000 ttl 3 group 224.0.0.99"
        director.start(f"global_defs {{\n  lvs_sync_daemon {options}\n  lvs_timeouts tcp 111 tcpfin 22 udp 33\n}}\n{SERVICE}")
        wait_until(lambda: daemons(director.table) == {"master": ("d0", 5), "backup": ("d0", 5)}, 25, "both run",
                   lambda: director.table.ipvsadm("-L", "--daemon") + director.daemon.log()[-1500:])
        shown = director.table.ipvsadm("-L", "--daemon")
        for pattern in ("maxlen=1400", r"group=224\.0\.0\.99", "port=9000", "ttl=3"):
            check(len(re.findall(pattern, shown)) == 2, f"both have {pattern}", shown)
        check(re.search(r"tcp tcpfin udp\): 111 22 33", director.table.ipvsadm("-L", "--timeout")), "lvs_timeouts",
              director.table.ipvsadm("-L", "--timeout"))
        director.stop()
        check(not daemons(director.table), "none runs after the end", director.table.ipvsadm("-L", "--daemon"))
