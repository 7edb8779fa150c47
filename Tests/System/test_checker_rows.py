# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of virtual servers and of the checker process that no other test is about, beside 2.2.7 where it knows them."""
import os
import re
import time

from ipvs import Table, directors, real_server, virtual_server
from lab import BINARY, PEER, Lab, check, configuration, instance, stays_true, wait_until
from services import StreamServer, WebServer, checker
from suite import need, test
from test_balancing import Connection, Farm
from test_connection_sync import daemons
from test_interfaces import namespace_start
from test_ipvs import compare
from test_services import lines, script

SERVERS = real_server("10.0.0.1 80"), real_server("10.0.0.2 80", "weight 3")
SERVICE = virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", *SERVERS)


def global_defs(*lines):
    return "global_defs {\n  router_id lab\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


# --------------------------------------------------------------------------------------------------------------------
# The process

@test("the checker process has the name, the priorities, the processor, the memory and the limit that the file gives it",
      known="2.2.7 ends where the kernel has no IPVS")
def _():
    with Lab(routers=1, links=0) as lab:
        host = lab.routers[0]
        last = max(os.sched_getaffinity(0))

        def facts(*lines):
            mark = host.daemon.mark()
            host.daemon.start(global_defs(*lines) + SERVICE, parts=("-C",))
            host.daemon.expect_log("Gained quorum", since=mark)
            pid = host.daemon.pid("chk.pid")

            def read(name):
                with open(f"/proc/{pid}/{name}") as file:
                    return file.read()
            limit = re.search(r"Max realtime timeout\s+(\S+)", read("limits")).group(1)
            seen = {"name": read("comm").strip(), "nice": int(read("stat").rsplit(")", 1)[1].split()[16]),
                    "policy": os.sched_getscheduler(pid), "priority": os.sched_getparam(pid).sched_priority,
                    "locked": int(re.search(r"VmLck:\s+(\d+)", read("status")).group(1)) > 1000,
                    "processors": os.sched_getaffinity(pid),
                    "rttime": limit}
            host.daemon.stop()
            return seen

        first = facts("checker_process_name looker", "checker_rt_priority 20", "checker_rlimit_rttime 2000000", "checker_no_swap",
                      f"checker_cpu_affinity {last}")
        check(first["name"] == "looker" and first["policy"] & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR, "name and class", first)
        check(first["priority"] == 20 and first["rttime"] == "2000000", "priority and limit", first)
        check(first["locked"] and first["processors"] == {last}, "memory and processor", first)
        second = facts("lvs_process_name other", "checker_priority -7")
        check(second["name"] == "other" and second["nice"] == -7 and second["policy"] == 0 and not second["locked"],
              "the other name, and a nice value", second)


@test("lvs_notify_fifo_script reads the checker's pipe", known="2.2.7 ends where the kernel has no IPVS")
def _():
    with Lab(routers=1, links=0) as lab:
        host, out = lab.routers[0], f"{lab.directory}/out"
        host.daemon.start(global_defs(
            f"lvs_notify_fifo {lab.directory}/fifo", f"lvs_notify_fifo_script {script(lab, 'reader', f'exec cat $1 >>{out}')}",
            "rs_init_notifies", "script_user root") + SERVICE, parts=("-C",))
        wait_until(lambda: "VS [10.1.0.1]:tcp:80 UP" in lines(out), 5, "the script is told", lambda: host.daemon.log())
        check("RS [10.0.0.2]:tcp:80 [10.1.0.1]:tcp:80 UP" in lines(out), "and of the servers at the start", lines(out))
        host.daemon.stop()


@test("netlink sockets of the checker have the receive buffers that the file asks for", limit=60, kernel="ipvs")
def _():
    need(PEER)
    with directors(BINARY, PEER) as pair:
        file = global_defs(*(f"lvs_netlink_{which}_rcv_bufs{word}" for which, size in (("cmd", 300000), ("monitor", 5000000))
                             for word in (f" {size}", "_force on")))
        for one in pair:
            one.start(file + SERVICE.replace("protocol", "ha_suspend\n  protocol"))
        # Of 2.2.7's sockets "cmd" is not the one to IPVS, and not opened here.
        for one, wanted in zip(pair, ({300000, 5000000}, {5000000})):
            one.settled()
            sockets = one.host.run("ss", "-anm", "-f", "netlink").splitlines()
            sizes = {int(size) // 2 for line in sockets for size in re.findall(r"rb(\d+)", line)}
            check(wanted <= sizes, f"sockets of {one.binary}", sizes, *sockets)


# --------------------------------------------------------------------------------------------------------------------
# The table

@test("lvs_flush and lvs_flush_on_stop: of whose services the table is emptied, as 2.2.7 does", limit=90, kernel="ipvs")
def _():
    need(PEER)
    with directors(BINARY, PEER) as pair:
        def other(one, address):
            one.table.ipvsadm("-A", "-t", f"{address}:80", "-s", "rr")
        for lines, before, after in (([], True, True), (["lvs_flush", "lvs_flush_on_stop VS"], False, True),
                                     (["lvs_flush_onstop VS"], True, True), (["lvs_flush_onstop"], True, False)):
            for one in pair:
                other(one, "10.7.0.1")
                one.start(global_defs(*lines) + SERVICE)
            for one in pair:
                wait_until(lambda: one.table.servers() == 2, 15, "the service", one.daemon.log)
                check(("0A070001" in one.table.proc()) == before, f"{lines}: what was there before {one.binary}", one.table.proc())
                other(one, "10.7.0.2")
            compare(f"with {lines}", *pair)
            for one in pair:
                one.stop()
                check(("0A070002" in one.table.proc()) == after and "0A010001" not in one.table.proc(),
                      f"{lines}: what is left by {one.binary}", one.table.proc())
                one.table.ipvsadm("-C")


@test("a scheduler that the kernel does not have costs its own service only", limit=60, kernel="ipvs")
def _():
    need(PEER)
    with directors(BINARY, PEER) as pair:
        file = global_defs() + SERVICE.replace("lb_algo rr", "lb_algo twos") + SERVICE.replace("10.1.0.1", "10.1.0.2")
        for one in pair:
            one.start(file)
        pair[1].settled(calm=1)
        compare("without twos", *pair)
        ours = pair[0]
        check("10.1.0.2:80" in ours.table.ipvsadm("-Sn"), "the other service is there", ours.table.ipvsadm("-Sn"))
        ours.daemon.expect_log(r"IPVS cmd IPVS_CMD_NEW_SERVICE\(1\) error: .*", 10)
        said = ours.daemon.log().count("IPVS cmd IPVS_CMD_NEW_SERVICE")
        stays_true(lambda: ours.daemon.log().count("IPVS cmd IPVS_CMD_NEW_SERVICE") == said and ours.daemon.process.poll() is None,
                   2, "it is said, and not again and again", ours.daemon.log)
        for one in pair:
            one.stop()
        check(ours.table.is_empty(), "nothing is left", ours.table.proc())


@test("nftables_ipvs: the services are those of 2.2.7, and what carries their mark is served", limit=120, kernel="ipvs")
def _():
    """This kernel's nftables knows no address family, which both daemons survive: iptables marks in their place. What nftables
    does is seen by a test on the machine's own kernel (test_firewall)."""
    need(PEER)
    with Farm() as farm, directors(PEER) as (theirs,):
        ours, (one, two) = farm.director, farm.servers

        def file(last):
            servers = "".join(f"  real_server {server.address(1)} 8080 {{\n  }}\n" for server in (one, two))
            return (global_defs("nftables_ipvs", "nftables_ipvs_start_fwmark 700", "nftables_ipvs_priority -7")
                    + f"virtual_server_group G {{\n  10.90.50.1-{last} 80\n  10.90.50.9 80\n}}\n"
                    + f"virtual_server group G {{\n  lb_algo rr\n  lb_kind NAT\n  protocol TCP\n{servers}}}\n")

        def mark(last):
            ours.host.run("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-d",
                          f"10.90.50.{last}", "-j", "MARK", "--set-mark", "700")

        def served(address):
            try:
                return {Connection(farm.client, address, timeout=1).server for _ in range(4)}
            except OSError as error:
                return error
        for director in (ours, theirs):
            director.start(file(2))
        theirs.settled(calm=1)
        compare("with nftables_ipvs", ours, theirs)
        check("FWM  000002BC" in ours.table.proc(), "one service, by mark", ours.table.proc())
        mark(1)
        check(served("10.90.50.1") == {one.name, two.name}, "both serve", served("10.90.50.1"), ours.table.proc())
        check(isinstance(served("10.90.50.3"), OSError), "nobody serves what has no mark", served("10.90.50.3"))
        for director in (ours, theirs):
            director.daemon.reload(file(3))
        mark(3)
        time.sleep(1)
        rules = [Table.ordered(director.table.ipvsadm("-Sn")) for director in (ours, theirs)]
        check(rules[0] == rules[1], "the same after the reload", *rules)
        check(served("10.90.50.3") == {one.name, two.name}, "the mark is that of before", ours.daemon.log())
        for director in (ours, theirs):
            director.stop()
        check(ours.table.is_empty(), "nothing is left", ours.table.proc())


@test("a sync daemon that follows a router runs where net_namespace_ipvs says", limit=60, kernel="ipvs")
def _():
    with Lab(routers=2) as lab:
        a, b = lab.routers
        config = (f"net_namespace {a.name}\nnet_namespace_ipvs {b.name}\n"
                  + configuration(instance(), extra="lvs_sync_daemon eth0 inst VI id 9") + SERVICE)
        process, log = namespace_start(lab, config)
        try:
            lab.settle(a, timeout=25)
            tables = [Table(host) for host in (a, b)]
            wait_until(lambda: daemons(tables[1]) == {"master": ("eth0", 9)}, 15, "it sends, in the other namespace",
                       lambda: f"{[daemons(table) for table in tables]}\n{open(log).read()[-3000:]}")
            wait_until(lambda: tables[1].services() == 1 and tables[0].services() == 0, 10, "beside the services")
            check(daemons(tables[0]) == {}, "none runs in the router's namespace", daemons(tables[0]))
        finally:
            process.terminate()
            process.wait(15)
        check(daemons(tables[1]) == {}, "it ends with the daemon", daemons(tables[1]))


# --------------------------------------------------------------------------------------------------------------------
# Checkers

@test("fast_recovery, http_protocol 1.0C: three urls pass one after the other without a delay between, as with 2.2.7", limit=60, kernel="ipvs")
def _():
    need(PEER)
    delay = 1
    with Lab(routers=2) as lab:
        server = WebServer(lab.client, 1002)
        urls = "url {\n path /\n status_code 200\n}\n" * 3
        tables = [Table(host) for host in lab.routers]
        for host, binary in zip(lab.routers, (BINARY, PEER)):
            blocks = (f"  real_server {server.address} {server.port + n} {{\n" + checker(
                "HTTP_GET", f"connect_port {server.port}", f"delay_loop {delay}", "nb_get_retry 0", "warmup 0", "log_all_failures",
                # 2.2.7 looks after a server that is down no sooner than that.
                "delay_before_retry 0.2", "http_protocol 1.0C", *(["fast_recovery"] if n else []), urls) + "  }\n"
                for n in range(2))
            host.daemon.start(global_defs() + virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind NAT; protocol TCP", *blocks),
                              parts=("-C",), binary=binary)
        for table in tables:
            wait_until(lambda: table.servers() == 2, 15, "both servers", lab.logs)
        time.sleep(3 * delay)
        # The last one may not have said what it wants yet.
        request = [attempt.request for attempt in server.attempts if attempt.request][-1]
        check(b"Connection: close" in request, "1.0C asks for the end", request)
        server.change("error")
        for table in tables:
            wait_until(lambda: table.servers() == 0, 15, "both are out", lab.logs)
        began = server.change("good")
        back = [[None, None], [None, None]]
        while any(moment is None for row in back for moment in row) and time.monotonic() < began + 15:
            for row, table in zip(back, tables):
                for n in range(2):
                    if row[n] is None and f":{server.port + n:04X} " in table.proc():
                        row[n] = time.monotonic() - began
            time.sleep(0.02)
        for row, binary in zip(back, (BINARY, PEER)):
            check(None not in row, f"{binary} has them back", back, lab.logs())
            # A look at the url that failed last, then a round of all three.
            check(row[1] < 2 * delay + 0.5 and row[0] > row[1] + 2 * delay, f"{binary}: slowly and fast", back)
