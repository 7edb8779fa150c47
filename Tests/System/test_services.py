# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual servers: what their checkers' verdicts lead to, scripts, weights, suspension, and reloads."""
import os
import re
import signal
import time

from lab import BINARY, PEER, Failure, Lab, check, instance, pss, stays_true, wait_until
from services import DatagramServer, Fifo, StreamServer, Watched, WebServer, checker, real_server, virtual_server
from suite import test

TCP = checker("TCP_CHECK", "retry 1", "delay_before_retry 0.2", "delay_loop 0.4", "connect_timeout 0.5")


def lines(path):
    try:
        with open(path) as file:
            return file.read().split("\n")[:-1]
    except OSError:
        return []


def script(lab, name, body):
    path = f"{lab.directory}/{name}"
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\n{body}\n")
    os.chmod(path, 0o755)
    return path


@test("quorum and servers: scripts, pipe and log tell of each change; omega tells of the end", limit=40)
def _():
    with Lab(routers=1) as lab:
        out = f"{lab.directory}/out"
        tell = script(lab, "tell", f'echo "$@" >>{out}')
        servers = [StreamServer(lab.client, 1000 + n) for n in range(3)]
        block = virtual_server(
            "10.99.0.0", *(real_server(s.address, s.port, TCP, extra=f'notify_up "{tell} up {s.port}"\n'
                                       f'notify_down "{tell} down {s.port}"') for s in servers),
            extra=f'quorum 2\nhysteresis 1\nquorum_up "{tell} quorum up"\nquorum_down "{tell} quorum down"\nalpha\nomega')
        watched = Watched(lab, block)
        wait_until(lambda: len(lines(out)) == 5, 6, "all are up", lambda: lines(out))
        check(set(lines(out)[1:]) == {"up 1000", "up 1001", "up 1002", "quorum up"} and lines(out)[0] == "quorum down",
              "alpha: down until checked", lines(out))
        servers[0].change("refuse")
        wait_until(lambda: lines(out)[-1] == "down 1000", 4, "one is down", lambda: lines(out))
        servers[1].change("refuse")
        wait_until(lambda: lines(out)[-1] == "down 1001", 4, "two are down", lambda: lines(out))
        check("quorum down" not in lines(out)[1:], "one of weight 1 is not below 2-1", lines(out))
        servers[2].change("refuse")
        wait_until(lambda: "quorum down" in lines(out)[-2:], 4, "quorum lost", lambda: lines(out))
        servers[0].change("good")
        servers[1].change("good")
        wait_until(lambda: {"up 1000", "up 1001"} <= set(lines(out)[-2:]), 4, "two are up", lambda: lines(out))
        servers[2].change("good")
        wait_until(lambda: "quorum up" in lines(out)[-2:], 4, "2+1 are up", lambda: lines(out))
        count = len(lines(out))
        watched.host.daemon.stop()
        check(sorted(lines(out)[count:]) == ["down 1000", "down 1001", "down 1002", "quorum down"], "omega", lines(out))
        told = [line for _, line in watched.fifo.events]
        check(told[-1] == "VS [10.99.0.0]:tcp:80 DOWN" and "RS [10.90.0.2]:tcp:1000 [10.99.0.0]:tcp:80 DOWN" in told, "pipe", told)


@test("rs_init_notifies: the servers that are up at the start are told of", limit=20)
def _():
    with Lab(routers=1) as lab:
        out = f"{lab.directory}/out"
        tell = script(lab, "tell", f'echo "$@" >>{out}')
        block = virtual_server("10.99.0.0", real_server(lab.client.address(), 80, extra=f'notify_up "{tell} up"'))
        Watched(lab, block, settings="rs_init_notifies")
        wait_until(lambda: lines(out) == ["up"], 3, "told at the start", lambda: lines(out))


@test("notify_fifo: one script reads it though two processes write; virtual servers are told beside routers", limit=30)
def _():
    with Lab(routers=1) as lab:
        out = f"{lab.directory}/out"
        reader = script(lab, "reader", f'echo "start $1" >>{out}\nexec cat "$1" >>{out}')
        server = StreamServer(lab.client, 1000)
        block = virtual_server("10.99.0.0", real_server(server.address, server.port, TCP)) + instance(addresses=["10.90.9.9"])
        watched = Watched(lab, block, parts=(),
                          settings=f"notify_fifo {lab.directory}/all\nnotify_fifo_script {reader}\nvrrp_version 3")
        wait_until(lambda: 'INSTANCE "VI" MASTER 100' in lines(out), 6, "the router is told of", lambda: lines(out))
        server.change("refuse")
        wait_until(lambda: "RS [10.90.0.2]:tcp:1000 [10.99.0.0]:tcp:80 DOWN" in lines(out), 6, "the server is told of",
                   lambda: lines(out))
        mark = watched.host.daemon.mark()
        watched.host.daemon.reload()
        watched.host.daemon.expect_log("Reload complete|Reload finished", since=mark)
        server.change("good")
        wait_until(lambda: "RS [10.90.0.2]:tcp:1000 [10.99.0.0]:tcp:80 UP" in lines(out), 6, "also after a reload",
                   lambda: lines(out))
        check(len([line for line in lines(out) if line.startswith("start")]) == 1, "one reader", lines(out))


@test("ha_suspend: only the router that holds the address asks its servers", limit=40)
def _():
    with Lab(routers=2) as lab:
        server = StreamServer(lab.client, 1000)
        watched = []
        for host, priority in zip(lab.routers, (150, 100)):
            block = virtual_server("10.90.9.9", real_server(server.address, server.port, TCP), extra="ha_suspend")
            watched.append(Watched(lab, instance(priority=priority, addresses=["10.90.9.9"]), block, parts=(), host=host,
                                   settings="vrrp_version 3"))
        first, second = lab.routers
        lab.settle(first)
        wait_until(lambda: server.by(first.address()), 5, "the master checks", lab.logs)
        began = time.monotonic()
        stays_true(lambda: not server.by(second.address(), began), 1.5, "the backup does not", lambda: server.attempts)
        check(len(server.by(first.address(), began)) >= 2, "the master goes on", server.attempts)
        mark = first.daemon.mark()
        watched[0].reload(instance(priority=50, addresses=["10.90.9.9"]),
                          virtual_server("10.90.9.9", real_server(server.address, server.port, TCP), extra="ha_suspend"))
        lab.settle(second)
        first.daemon.expect_log("Suspending healthchecker for service", since=mark)
        second.daemon.expect_log("Activating healthchecker for service")
        wait_until(lambda: server.by(second.address()), 5, "the new master checks", lab.logs)
        time.sleep(0.3)
        began = time.monotonic()
        stays_true(lambda: not server.by(first.address(), began), 1.2, "the old one rests", lambda: server.attempts)
        # Without ha_suspend it checks again, wherever the address is.
        began = time.monotonic()
        watched[0].reload(instance(priority=50, addresses=["10.90.9.9"]),
                          virtual_server("10.90.9.9", real_server(server.address, server.port, TCP)))
        wait_until(lambda: server.by(first.address(), began), 4, "no rest without ha_suspend", lab.logs)


@test("MISC_CHECK and FILE_CHECK: verdicts, weights, timeouts, users, a script behind a symbolic link", limit=40)
def _():
    with Lab(routers=1) as lab:
        state = f"{lab.directory}/state"
        with open(state, "w") as file:
            file.write("0")
        path = script(lab, "misc", f'id -un >{lab.directory}/user; exit "$(cat {state})"')
        os.chmod(lab.directory, 0o755)
        os.symlink(lab.directory, f"{lab.directory}/link")
        slow = script(lab, "slow", f"echo $$ >{lab.directory}/slow.pid\nsleep 50 & wait")
        quick = ["retry 1", "delay_before_retry 0.2", "delay_loop 0.4"]
        linked = path.replace(lab.directory, f"{lab.directory}/link")
        track = f"track_file F {{\n file {lab.directory}/file\n weight 2\n init_file 3\n}}\n"
        watched = Watched(
            lab,
            virtual_server("10.99.0.0", real_server("10.90.0.9", 80, checker("MISC_CHECK", *quick, f"misc_path {path}",
                                                                              "misc_dynamic", "user nobody"))),
            virtual_server("10.99.0.1", real_server("10.90.0.9", 80, checker("MISC_CHECK", *quick, f"misc_path {linked}"))),
            virtual_server("10.99.0.2", real_server("10.90.0.9", 80, checker("MISC_CHECK", *quick, f"misc_path {slow}",
                                                                              "misc_timeout 1", "retry 0"))),
            virtual_server("10.99.0.3", real_server("10.90.0.9", 80, checker("FILE_CHECK", "track_file F"))),
            virtual_server("10.99.0.4", real_server("10.90.0.9", 80, checker("FILE_CHECK", "track_file F", "weight 0"))),
            virtual_server("10.99.0.5", real_server("10.90.0.9", 80, checker("FILE_CHECK", "track_file F", "weight -3 reverse"))),
            extra=track)
        daemon = watched.host.daemon
        watched.expect("DOWN", 2, timeout=8)
        check("timed out" in daemon.log(), "why", daemon.log())
        check(lines(f"{lab.directory}/file") == ["3"], "init_file", lines(f"{lab.directory}/file"))
        check(lines(f"{lab.directory}/user")[-1:] in (["nobody"], ["root"]), "users", lines(f"{lab.directory}/user"))
        pid = int(lines(f"{lab.directory}/slow.pid")[-1])
        with open(state, "w") as file:
            file.write("7")
        daemon.expect_log(r"Changing weight from 1 to 5 for active service \[10.90.0.9\]:tcp:80 of VS \[10.99.0.0\]")
        watched.expect("DOWN", 1)
        check(f"[{linked}] failed" in daemon.log() or f"[{path}] failed" in daemon.log(), "the linked script ran", daemon.log())
        mark = daemon.mark()
        with open(state, "w") as file:
            file.write("0")
        daemon.expect_log(r"Changing weight from 5 to 1 for active service .* of VS \[10.99.0.0\]", since=mark)
        watched.expect("UP", 1)
        mark = daemon.mark()
        with open(f"{lab.directory}/file", "w") as file:
            file.write("0x10\n")
        daemon.expect_log(r"Changing weight from 7 to 33 .* of VS \[10.99.0.3\]", since=mark)
        daemon.expect_log(r"Changing weight from 10 to 49 .* of VS \[10.99.0.5\]", since=mark)
        now = time.monotonic()
        with open(f"{lab.directory}/file.new", "w") as file:
            file.write("0\n")
        os.rename(f"{lab.directory}/file.new", f"{lab.directory}/file")
        watched.expect("UP", 4, since=now)
        daemon.stop()
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 3, "nothing of a script is left")


@test("where checks connect to and from: addresses, ports, interfaces, marks; a fixed port again and again", limit=40,
      known="a second check from a fixed port fails to bind and is put off for ever")
def _():
    with Lab(routers=1, links=2) as lab:
        host, client = lab.routers[0], lab.client
        host.ip("addr", "add", "10.90.0.77/16", "dev", "eth0")
        # Marked packets find no way.
        host.ip("rule", "add", "fwmark", "66", "unreachable")
        client.run("sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1")  # an address answers on its own link only
        plain, other = StreamServer(client, 1000), StreamServer(client, 1001, client.address(1))
        six = StreamServer(client, 1002, "fd00:90::2")
        datagrams, near = DatagramServer(client, 1003), StreamServer(client, 1004, "::")
        link_local = next(a.split("/")[0] for a in client.addresses("eth0", "-6") if a.startswith("fe80"))
        quick = ["retry 1", "delay_before_retry 0.2", "delay_loop 0.4", "connect_timeout 0.5"]

        def service(number, *lines, kind="TCP_CHECK"):
            return virtual_server(f"10.99.0.{number}", real_server("10.90.66.66", 80, checker(kind, *quick, *lines)))
        to = [f"connect_ip {plain.address}", "connect_port 1000"]
        watched = Watched(
            lab, service(0, *to, "bindto 10.90.0.77", "bind_port 4444"),
            service(1, f"connect_ip {other.address}", "connect_port 1001", "bind_if eth1"),
            service(2, "connect_ip fd00:90::2", "connect_port 1002"),
            service(3, *to, "fwmark 66"), service(4, *to, "bind_if eth1"), service(5, "connect_port 1000"),
            service(6, f"connect_ip {plain.address}", "connect_port 1003", "bind_port 4445", "require_reply", kind="UDP_CHECK"),
            service(7, f"connect_ip {link_local}", "connect_port 1004", "bind_if eth0"),
            service(8, "connect_ip fd00:90::2", kind="PING_CHECK"), service(9, "connect_ip fd00:90::99", kind="PING_CHECK"))
        watched.expect("DOWN", 3, 4, 5, 9)
        # Ten attempts from one port within the minute that a closed connection is remembered.
        wait_until(lambda: len(plain.by("10.90.0.77")) > 8, 8, "a fixed port is used again", watched.host.daemon.log)
        wait_until(lambda: other.by(host.address(1)) and six.by("fd00:90::1") and datagrams.attempts and near.attempts, 4,
                   "all are asked", watched.host.daemon.log)
        check(near.attempts[0].client.startswith("fe80"), "from the link's own address", near.attempts[0])
        check(not [line for line in watched.fifo.since(0) for n in (0, 1, 2, 6, 7, 8) if f"[10.99.0.{n}]" in line and "DOWN" in line],
              "they stay up", watched.fifo.events, watched.host.daemon.log()[-3000:])
        now = plain.change("refuse")
        watched.expect("DOWN", 0, since=now)
        now = plain.change("good")
        watched.expect("UP", 0, since=now)


@test("endless and dripping answers are judged, in bounded memory, while other checks go on", limit=60,
      known="an HTTP answer that never ends is never judged")
def _():
    with Lab(routers=1) as lab:
        quick = ["retry 1", "delay_before_retry 0.2", "delay_loop 0.5", "connect_timeout 0.5"]
        servers = [WebServer(lab.client, 1000 + n) for n in range(3)]
        servers[0].change("endless")
        servers[1].change("drip")
        page = "url {\n path /\n regex nothing\n}"
        watched = Watched(lab, *(
            virtual_server(f"10.99.0.{n}", real_server(s.address, s.port, checker(
                "HTTP_GET", *quick, page if n < 2 else "url {\n path /\n}"))) for n, s in enumerate(servers)))
        began = time.monotonic()
        watched.expect("DOWN", 0, 1, timeout=20)
        pid = watched.host.daemon.pid("chk.pid")
        most = 0
        for _ in range(20):
            most = max(most, pss(pid))
            time.sleep(0.1)
        check(most < 60_000, f"{most} kB while an answer goes on", watched.host.daemon.log()[-2000:])
        late = [b.at - a.at for a, b in zip(servers[2].attempts, servers[2].attempts[1:]) if a.at > began]
        check(max(late) < 1.2, f"a healthy server was asked {max(late):.2f} s apart", late)
        check("larger than is accepted" in watched.host.daemon.log() or "Timeout HTTP read" in watched.host.daemon.log(),
              "why", watched.host.daemon.log()[-2000:])


@test("two thousand servers that hang hold up nobody: each is judged in time, and so is a healthy one", limit=60)
def _():
    with Lab(routers=1) as lab:
        client = lab.client
        server, silent = StreamServer(client, 1000), WebServer(client, 1001)
        silent.change("silent")
        client.run("sysctl", "-qw", "net.ipv4.tcp_max_syn_backlog=8192", "net.core.somaxconn=8192")
        # Addresses that nobody answers for: the router believes that they are behind a neighbour.
        lab.routers[0].ip("neigh", "add", "10.90.200.1", "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent")
        lab.routers[0].ip("route", "add", "10.97.0.0/16", "via", "10.90.200.1")
        slow = checker("TCP_CHECK", "retry 0", "delay_loop 1", "connect_timeout 3")
        quick = checker("TCP_CHECK", "retry 1", "delay_before_retry 0.2", "delay_loop 0.4", "connect_timeout 0.5")
        hanging = [real_server(f"10.97.{n // 250}.{n % 250 + 1}", 80, slow) for n in range(2000)]
        watched = Watched(lab, virtual_server("10.99.0.0", *hanging), virtual_server(
            "10.99.0.1", real_server(server.address, server.port, quick)))
        began = time.monotonic()
        wait_until(lambda: len({line for line in watched.fifo.since(0) if "DOWN" in line and line.startswith("RS")}) == 2000,
                   12, "all are judged", lambda: len(watched.fifo.events))
        took = time.monotonic() - began
        check(took < 7, f"the last was judged {took:.1f} s after the start")
        gaps = [b.at - a.at for a, b in zip(server.attempts, server.attempts[1:]) if a.at > began]
        check(max(gaps) < 1.0, f"a healthy server was asked {max(gaps):.2f} s apart", gaps)


@test("a reload touches only what changed: servers added, removed, changed, moved; history and counters stay", limit=60)
def _():
    with Lab(routers=1) as lab:
        servers = [StreamServer(lab.client, 1000 + n) for n in range(4)]
        servers[1].change("refuse")

        def rs(number, *lines, extra=""):
            own = checker("TCP_CHECK", "retry 1", "delay_before_retry 0.2", "delay_loop 0.4", "connect_timeout 0.5", *lines)
            return real_server(servers[number].address, servers[number].port, own, extra=extra)

        watched = Watched(lab, virtual_server("10.99.0.0", rs(0), rs(1)), virtual_server("10.99.0.1", rs(2), extra="alpha"))
        watched.expect("DOWN", 0)
        wait_until(lambda: servers[2].attempts and servers[0].attempts, 4, "all are asked")
        time.sleep(0.3)
        began = time.monotonic()
        mark = watched.reload(virtual_server("10.99.0.0", rs(0), rs(1)), virtual_server("10.99.0.1", rs(2), extra="alpha"))
        watched.expect_silence(0.6, since=began)
        check("Activating" not in watched.host.daemon.since(mark), "nothing begins anew", watched.host.daemon.since(mark))
        gaps = [b.at - a.at for a, b in zip(servers[0].attempts, servers[0].attempts[1:])]
        check(max(gaps[2:], default=0) < 0.75, "no check was put off", gaps)
        # Another order, a weight, another patience, one more; the virtual servers change places.
        began = time.monotonic()
        mark = watched.reload(
            virtual_server("10.99.0.1", rs(2), extra="alpha"),
            virtual_server("10.99.0.0", rs(3), rs(1, "retry 3"), rs(0, extra="weight 5")))
        log = watched.host.daemon.since(mark)
        check("Changing weight from 1 to 5 for active service [10.90.0.2]:tcp:1000" in log, "the weight", log)
        check(log.count("Activating healthchecker") == 1 and "tcp:1003" in log, "only the new one begins", log)
        watched.expect_silence(0.6, since=began)
        # The removed one is taken out, and its checks end.
        watched.reload(virtual_server("10.99.0.1", rs(2), extra="alpha"), virtual_server("10.99.0.0", rs(3), rs(1, "retry 3")))
        wait_until(lambda: "RS [10.90.0.2]:tcp:1000 [10.99.0.0]:tcp:80 DOWN" in watched.fifo.since(began), 2, "gone is down")
        time.sleep(0.3)
        count = len(servers[0].attempts)
        time.sleep(0.8)
        check(len(servers[0].attempts) == count, "nobody asks it any more")
        # The one that is down is still down, and comes up by itself.
        now = servers[1].change("good")
        watched.expect("UP", 0, since=now)
        # From one virtual server to the other, with another address to check: begun anew, not forgotten.
        mark = watched.reload(virtual_server("10.99.0.1", rs(2), rs(1), extra="alpha"), virtual_server("10.99.0.0", rs(3)))
        wait_until(lambda: any("tcp:1001 [10.99.0.1]:tcp:80 UP" in line for line in watched.fifo.since(now)), 4, "moved",
                   lambda: watched.fifo.since(now))


@test("an attempt under way when its check is changed is forgotten, whatever comes of it", limit=30)
def _():
    with Lab(routers=1) as lab:
        web = WebServer(lab.client, 1000)
        web.change("silent")
        other = WebServer(lab.client, 1001)
        quick = ["retry 0", "delay_loop 0.4", "connect_timeout 5"]

        def block(port):
            return virtual_server("10.99.0.0", real_server(web.address, 1000, checker(
                "HTTP_GET", *quick, f"connect_port {port}", "url {\n path /\n}")))
        watched = Watched(lab, block(1000))
        wait_until(lambda: web.attempts, 4, "the silent server is asked")
        now = time.monotonic()
        watched.reload(block(1001))
        wait_until(lambda: len(other.attempts) >= 2, 4, "the other one is asked at once", watched.host.daemon.log)
        check(other.attempts[0].at - now < 1.7, "soon", other.attempts[0].at - now)
        watched.expect_silence(0.5, since=now)
        pid = watched.host.daemon.pid("chk.pid")
        open_sockets = [link for link in (os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd"))
                        if link.startswith("socket:")]
        check(len(open_sockets) < 12, "no connection is left open", open_sockets)


@test("a checker process that dies is back, and servers that were down do not come back with it", limit=30, kernel="ipvs",
      known="after a kill of the checker, servers known to be down come back until checked")
def _():
    with Lab(routers=1) as lab:
        server, up = StreamServer(lab.client, 1000), StreamServer(lab.client, 1001)
        server.change("refuse")
        slow = checker("TCP_CHECK", "retry 0", "delay_loop 3", "warmup 0", "connect_timeout 1")
        watched = Watched(lab, virtual_server("10.99.0.0", real_server(server.address, 1000, slow),
                                              real_server(up.address, 1001, slow)))
        watched.expect("DOWN", 0)
        table = lambda: re.findall(r"10\.90\.0\.2:(\d+)", watched.host.run("ipvsadm", "-Ln"))  # noqa: E731
        wait_until(lambda: table() == ["1001"], 3, "it is out of the table", table)
        watched.host.daemon.signal(signal.SIGKILL, "chk.pid")
        stays_true(lambda: table() == ["1001"], 4, "it stays out of the table", table)


class Story:
    """The same events for two daemons, and what each of them makes of them: lines of the pipe and scripts that ran."""

    def __init__(self, lab, binaries):
        self.lab, self.directory, self.told, self.ignored = lab, lab.directory, [], None
        self.servers = [StreamServer(lab.client, 1000 + n) for n in range(6)]
        self.say = script(lab, "say", 'file=$1; shift; echo "$@" >>"$file"')
        self.weigh = script(lab, "weigh", f'exit "$(cat {lab.directory}/status)"')
        self.put("status", "0")
        self.put("file", "0")
        for host, binary in zip(lab.routers, binaries):
            host.fifo = Fifo(lab, f"{lab.directory}/{host.name}.fifo")
            host.daemon.start(self.file(host), binary=binary, parts=("-C",))

    def put(self, name, text):
        with open(f"{self.directory}/{name}", "w") as file:
            file.write(f"{text}\n")

    def file(self, host, weight=1, without=()):
        say = f"{self.say} {self.directory}/{host.name}.out"
        quorum = f'quorum_up "{say} quorum up"\nquorum_down "{say} quorum down"\n'
        misc = checker("MISC_CHECK", "delay_loop 0.4", f"misc_path {self.weigh}", "misc_dynamic", "retry 0", "misc_timeout 5")

        def server(number, *checks, extra=""):
            return "" if number in without else real_server(
                self.servers[number].address, 1000 + number, *checks,
                extra=f'notify_up "{say} up {number}"\nnotify_down "{say} down {number}"\n{extra}')
        return (f"global_defs {{\n router_id lab\n enable_script_security\n script_user root\n lvs_notify_fifo {host.fifo.path}\n}}\n"
                f"track_file F {{\n file {self.directory}/file\n weight 1\n}}\n" + virtual_server(
                    "10.99.0.1", server(0, TCP, extra=f"weight {weight}"), server(1, TCP),
                    extra=f"{quorum}quorum 2\nhysteresis 1\nsorry_server 10.9.9.9 80") + virtual_server(
                    "10.99.0.2", server(2, TCP, extra="inhibit_on_failure"), server(3, misc, extra="weight 4"),
                    extra=f"{quorum}alpha\nomega\nsorry_server 10.9.9.9 80\nsorry_server_inhibit") + virtual_server(
                    "10.99.0.3", server(4, TCP, checker("FILE_CHECK", "track_file F", "weight 2")), server(5), extra=quorum)
                + virtual_server("10.99.0.4", server(5, checker("FILE_CHECK", "track_file F", "weight 0")), extra=quorum))

    def reload(self, **changes):
        for host in self.lab.routers:
            host.daemon.reload(self.file(host, **changes))

    def seen(self, host):
        """All that came of it so far; the order in which scripts of several objects end is free."""
        found = re.findall(r": ((?:Gained|Lost) quorum .*|.*orry server.*|.* the pool .*|Changing weight .*"
                           r"|(?:Adding|Removing|Enabling|Disabling) service .*)", host.daemon.log())
        told = [line for line in found if not (self.ignored and re.search(self.ignored, line))]
        return [*sorted(host.fifo.since(self.began)), *sorted(lines(f"{self.directory}/{host.name}.out")), *sorted(told)]

    def begin(self):
        """Forgets the start: "Starting with quorum down" has another figure at upstream where there is a hysteresis."""
        for host in self.lab.routers:
            open(f"{self.directory}/{host.name}.out", "w").close()
            open(host.daemon.path("log"), "w").close()
        self.began = time.monotonic()

    def step(self, name, act, wait=1.0):
        """Lets something happen, and compares what has come of everything so far."""
        first, second = self.lab.routers
        before = len(self.seen(first))
        act()
        time.sleep(wait)
        try:
            wait_until(lambda: self.seen(first) == self.seen(second), 10, "the same")
            self.told.append(len(self.seen(first)) - before)
        except Failure:
            ours, theirs = self.seen(first), self.seen(second)
            raise Failure(f"{name}: not as upstream\nonly ours   {[x for x in ours if ours.count(x) > theirs.count(x)]}\n"
                          f"only theirs {[x for x in theirs if theirs.count(x) > ours.count(x)]}") from None


@test("quorum, sorry servers, weights and reloads: the same lines, scripts and log as upstream, event by event", limit=150,
      kernel="ipvs")
def _():
    with Lab(routers=2) as lab:
        story = Story(lab, [BINARY, PEER])
        for host in lab.routers:
            wait_until(lambda: host.fifo.find("tcp:1002 [10.99.0.2]:tcp:80 UP") and host.fifo.find("tcp:1003 [10.99.0.2]:tcp:80 UP"),
                       10, "started", host.daemon.log)
        time.sleep(1.5)
        story.begin()
        server = story.servers
        story.step("one of two down", lambda: server[0].change("refuse"))
        story.step("both down", lambda: server[1].change("refuse"))
        story.step("one back", lambda: server[0].change("good"))
        story.step("both back", lambda: server[1].change("good"))
        story.step("inhibited", lambda: server[2].change("refuse"))
        story.step("the script says 5", lambda: story.put("status", 7))
        story.step("the script fails", lambda: story.put("status", 1))
        story.step("the script says: as configured", lambda: story.put("status", 0))
        story.step("inhibited no more", lambda: server[2].change("good"))
        story.step("the file says 5", lambda: story.put("file", 5))
        story.step("the file says -1", lambda: story.put("file", -1))
        story.step("the file says 0", lambda: story.put("file", 0))
        story.step("down before a reload", lambda: server[4].change("refuse"))
        # Upstream gives the script's server the weight 0 in a reload, until the script is asked again.
        story.ignored = "Changing weight .*:1003 "
        story.step("reload of the same", story.reload)
        story.step("reload with a weight", lambda: story.reload(weight=5))
        story.step("reload without a server", lambda: story.reload(weight=5, without=(1,)))
        story.step("up after the reloads", lambda: server[4].change("good"))
        story.step("the end", lambda: [host.daemon.signal(signal.SIGTERM) for host in lab.routers])
        check(sum(story.told) > 45, "much was told", story.told)
