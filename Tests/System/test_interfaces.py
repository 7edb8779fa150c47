# SPDX-License-Identifier: GPL-2.0-or-later
"""What interfaces do to routers: links that are polled or debounced, sources that go, interfaces that come late; namespaces."""
import os
import re
import subprocess
import time

from ipvs import Table
from lab import BINARY, PEER, Host, Lab, check, configuration, instance, run, stays_true, wait_until
from suite import need, test
from test_reload import Monitor

VIP = "10.90.9.9"


def is_fault(host, mark=0):
    return "Entering FAULT STATE" in host.daemon.since(mark)


@test("linkbeat: a link that is polled, in every way of asking for it, is a fault while it is down")
def _():
    for globals, extra, word in (("", "linkbeat_use_polling\n", "ETHTOOL"),
                                 ("linkbeat_interfaces {\n eth0 ETHTOOL\n}\n", "", "ETHTOOL"),
                                 ("linkbeat_interfaces {\n eth0 IOCTL\n}\nlinkbeat_use_polling\n", "", "IOCTL")):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            a.daemon.start(configuration(globals, instance(extra=extra)))
            wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
            check(f"Polling the link of eth0 by {word}" in a.daemon.log(), "polled", lab.logs())
            lab.unplug(a)
            wait_until(lambda: is_fault(a), 3, "fault", lab.logs)
            lab.plug(a)
            wait_until(lambda: a.holds(VIP), 4, "master again", lab.logs)


@test("interface_up_down_delays: a link that flaps briefly is no fault, and has to last when it is back")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration("interface_up_down_delays {\n eth0 0.4 0.8\n}\n", instance(interval=0.5)))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        lab.unplug(a)
        time.sleep(0.1)
        lab.plug(a)
        stays_true(lambda: not is_fault(a), 0.7, "no fault", lab.logs)
        lab.unplug(a)
        wait_until(lambda: is_fault(a), 1.5, "a fault when it lasts", lab.logs)
        mark = a.daemon.mark()
        lab.plug(a)
        stays_true(lambda: "BACKUP" not in a.daemon.since(mark), 0.6, "not at once", lab.logs)
        wait_until(lambda: a.holds(VIP), 4, "master again", lab.logs)


@test("track_src_ip: fault while the interface has not the source address", known="2.2.7 goes on without it")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.ip("addr", "add", "10.90.7.7/16", "dev", "eth0")
        a.daemon.start(configuration(instance(extra="mcast_src_ip 10.90.7.7\ntrack_src_ip\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        a.ip("addr", "del", "10.90.7.7/16", "dev", "eth0")
        wait_until(lambda: is_fault(a) and not a.holds(VIP), 2, "fault", lab.logs)
        a.ip("addr", "add", "10.90.7.7/16", "dev", "eth0")
        wait_until(lambda: a.holds(VIP), 3, "master again", lab.logs)


@test("dynamic_interfaces: every interface may come late: the router's, an address's, a route's, a tracked one")
def _():
    config = configuration(
        instance(interface="late0", addresses=(f"{VIP}/32", "10.99.9.9/32 dev late1"),
                 extra="track_interface {\n late2\n}\nvirtual_routes {\n 10.50.0.0/16 dev late3\n}\n"),
        extra="dynamic_interfaces\n")
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(config)
        a.daemon.expect_log("Entering FAULT STATE")
        for number in range(4):
            a.ip("link", "add", f"late{number}", "type", "veth", "peer", "name", f"peer{number}")
            check(not a.holds(VIP), "still fault")
            for name in (f"peer{number}", f"late{number}"):
                a.ip("link", "set", name, "up")
            a.ip("addr", "add", f"10.{100 + number}.0.1/16", "dev", f"late{number}")
        wait_until(lambda: f"{VIP}/32" in a.addresses("late0") and "10.99.9.9/32" in a.addresses("late1"), 5, "master", lab.logs)
        wait_until(lambda: "10.50.0.0/16" in a.ip("route"), 2, "the route", lab.logs)
        mark = a.daemon.mark()
        a.ip("link", "del", "late1")
        wait_until(lambda: is_fault(a, mark), 2, "fault when one goes", lab.logs)
        a.ip("link", "add", "late1", "type", "veth", "peer", "name", "peer1")
        for name in ("peer1", "late1"):
            a.ip("link", "set", name, "up")
        wait_until(lambda: "10.99.9.9/32" in a.addresses("late1"), 5, "another of its name will do", lab.logs)


def weight_test(name, binary):
    @test(f"{name}: track_interface: weights up and down, dont_track_primary, and a fault without weight")
    def _():
        need(PEER)
        with Lab(routers=1, links=3) as lab:
            a = lab.routers[0]
            tracked = "dont_track_primary\ntrack_interface {\n eth1 weight 20\n eth2 weight -30\n}\nnotify_priority_changes true\n"
            a.daemon.start(configuration(instance(priority=100, extra=tracked)), binary=binary)
            wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
            steps = (("eth1", 120, 100), ("eth2", 100, 70))
            for device, before, after in steps:
                mark = a.daemon.mark()
                a.link_down(device)
                a.daemon.expect_log(rf"Changing effective priority from {before} to {after}", since=mark)
            for device, before, after in (("eth2", 70, 100), ("eth1", 100, 120)):
                mark = a.daemon.mark()
                a.link_up(device)
                a.daemon.expect_log(rf"Changing effective priority from {before} to {after}", since=mark)
            a.link_down("eth0")
            stays_true(lambda: not is_fault(a), 0.5, "its own interface is not tracked", lab.logs)


for _name, _binary in (("ours", BINARY), ("2.2.7", PEER)):
    weight_test(_name, _binary)


@test("disable_local_igmp: no reports for 224.0.0.18 while it runs, and the setting of before afterwards")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        path = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"
        a.daemon.start(configuration(instance(), extra="disable_local_igmp\n"))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        check(a.run("cat", path).strip() == "0", "off")
        a.daemon.stop()
        check(a.run("cat", path).strip() == "1", "as before")


@test("promote_secondaries: set on the interface, as upstream sets it")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.run("sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=0")
        a.daemon.start(configuration(instance(extra="promote_secondaries\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        check(a.run("cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries").strip() == "1", "set")


@test("iproute_usr_dir: names of every kind are those of the distribution, unless iproute_etc_dir has others")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        for directory, files in (
                ("usr", {"rt_tables": "4711 blue\n4712 green\n", "rt_protos": "77 ours\n", "rt_scopes": "200 near\n",
                         "rt_dsfield": "0x10 fast\n", "rt_realms": "9 shop\n", "group": "33 vips\n"}),
                ("etc", {"rt_tables": "4713 green\n"})):
            os.mkdir(f"{lab.directory}/{directory}")
            for name, text in files.items():
                with open(f"{lab.directory}/{directory}/{name}", "w") as file:
                    file.write(text)
        extra = ("use_vmac group vips\n"
                 "virtual_routes {\n 10.60.0.0/16 dev eth0 table blue no_track protocol ours scope near tos fast realms shop\n"
                 " 10.61.0.0/16 dev eth0 table green\n}\n"
                 "virtual_rules {\n from 10.62.0.0/16 table green tos fast preference 1000\n}\n")
        a.daemon.start(configuration(instance(extra=extra), extra=(
            f"iproute_usr_dir {lab.directory}/usr\niproute_etc_dir {lab.directory}/etc\n")))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        wait_until(lambda: "10.61.0.0/16" in a.ip("-N", "route", "show", "table", "4713"), 3, "etc comes first", lab.logs)
        route = a.ip("-N", "route", "show", "table", "4711")
        for words in ("10.60.0.0/16", "tos 0x10", "proto 77", "scope 200", "realm 9"):
            check(words in route, words, route)
        check("from 10.62.0.0/16 tos 0x10 lookup 4713" in a.ip("-N", "rule"), "the rule", a.ip("-N", "rule"))
        check("group 33" in a.ip("-N", "link", "show", "dev", "vrrp.7"), "the group", a.ip("-N", "link", "show", "dev", "vrrp.7"))


@test("use_vmac netlink_notify_msg: whoever watches the interface below is told of it once more when the virtual MAC is made")
def _():
    told = []
    for option in ("", " netlink_notify_msg"):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            monitor = Monitor(a)
            a.daemon.start(configuration(instance(extra=f"use_vmac{option}\n")))
            wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
            lines = monitor.finish()
            below = [line for line in lines if re.match(r"\d+: eth0@", line) and "link/ether" in line]
            check(any("vrrp.7@eth0" in line for line in lines), "the virtual MAC is made", *lines)
            told.append(len(below))
    check(told[1] == told[0] + 1, "once more than by the kernel alone", told)


@test("iproute_etc_dir: names of tables are looked up there")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        with open(f"{lab.directory}/rt_tables", "w") as file:
            file.write("4711 blue\n")
        rules = "virtual_rules {\n from 10.90.9.9 table blue preference 1000\n}\n"
        a.daemon.start(configuration(instance(extra=rules), extra=f"iproute_etc_dir {lab.directory}\n"))
        wait_until(lambda: "lookup 4711" in a.ip("rule"), 5, "the number of the name", lab.logs)


def namespace_start(lab, config, *flags):
    """Starts a daemon in the namespace of the tests, with its pid files where they belong."""
    path = f"{lab.directory}/outside.conf"
    with open(path, "w") as file:
        file.write(config)
    os.chmod(path, 0o644)
    log = open(f"{lab.directory}/outside.log", "w")
    process = subprocess.Popen([BINARY, "-n", "-l", "-G", "-D", "-f", path, *flags], stdout=log, stderr=log)
    lab.processes.append(process)
    return process, f"{lab.directory}/outside.log"


def namespace_test(title, globals, flags):
    @test(f"{title}: the daemon runs in the namespace, with pid files of its own")
    def _():
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            name = a.name
            pid = f"/run/keepalived/{name}/keepalived_lab.pid"
            config = globals.format(name=name) + "instance lab\n" + configuration(instance(interface="only"))
            a.ip("link", "add", "only", "type", "veth", "peer", "name", "other")
            for device in ("only", "other"):
                a.ip("link", "set", device, "up")
            a.ip("addr", "add", "10.98.0.1/16", "dev", "only")
            process, log = namespace_start(lab, config, "-P", *(word.format(name=name) for word in flags))
            try:
                wait_until(lambda: a.holds(VIP), 5, "master in there", lambda: open(log).read()[-2000:])
                with open(pid) as file:
                    check(int(file.read()) == process.pid, "the pid file, seen from outside")
                check(os.path.exists(f"/run/keepalived/{name}/vrrp_lab.pid"), "and that of the child")
                check(os.path.samefile(f"/proc/{process.pid}/ns/net", f"/run/netns/{name}"), "the parent is in there")
                mounted = run("nsenter", "-m", "-t", str(process.pid), "ls", "/run/keepalived")
                check("keepalived_lab.pid" in mounted, "which it sees as /run/keepalived", mounted)
            finally:
                process.terminate()
                process.wait(6)
                run("rm", "-rf", f"/run/keepalived/{name}")
            check(not a.holds(VIP) and not os.path.exists(pid), "nothing is left", open(log).read()[-500:])


namespace_test("net_namespace", "net_namespace {name}\n", ())
namespace_test("-s", "", ("-s", "{name}"))


@test("net_namespace_ipvs: the virtual servers are in the namespace it names, or where the daemon was started", kernel="ipvs", limit=90)
def _():
    with Lab(routers=2, links=0) as lab:
        a, b = lab.routers
        outside = Host(lab, "default", 0)
        server = "virtual_server 10.90.9.9 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 10.90.0.9 80 {\n }\n}\n"
        tables = {host: Table(host) for host in (a, b)}
        for word in (f"net_namespace_ipvs {b.name}", "net_namespace_ipvs"):
            process, log = namespace_start(lab, f"net_namespace {a.name}\n{word}\n" + server, "-C")
            try:
                def table():
                    with open("/proc/net/ip_vs") as file:
                        return {a: tables[a].services(), b: tables[b].services(), outside: file.read().count("TCP")}
                expected = b if b.name in word else outside
                wait_until(lambda: [host for host, count in table().items() if count] == [expected], 20,
                           f"one service, in {expected.name}", lambda: f"{table()}\n{open(log).read()[-2000:]}")
            finally:
                process.terminate()
                process.wait(15)
