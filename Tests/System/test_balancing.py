# SPDX-License-Identifier: GPL-2.0-or-later
"""Real connections through NAT, direct routing and tunnels: they go on whatever happens to the daemon and its configuration."""
import os
import signal
import socket
import threading
import time

from ipvs import Director, Listener, directors, real_server, virtual_server
from lab import BINARY, Lab, check, enter_namespace, stays_true, wait_until
from suite import test

VIPS = {"NAT": "10.90.50.1", "DR": "10.90.50.2", "TUN": "10.90.50.3"}


class Echo(threading.Thread):
    """A server on all addresses of a host: it says who it is, then repeats what it hears."""

    def __init__(self, host, port):
        super().__init__(daemon=True)
        self.name_line = f"{host.name}\n".encode()
        self.listener = host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(64)
        self.start()

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        try:
            connection.sendall(self.name_line)
            while data := connection.recv(64):
                connection.sendall(data)
        except OSError:
            pass
        connection.close()


class Connection:
    """An established connection of the client; `server` is who answered."""

    def __init__(self, client, address, timeout=4):
        self.address, self.failure, self.rounds = address, None, 0
        self.socket = client.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect((address, 80))
        self.stream = self.socket.makefile("rb")
        self.server = self.stream.readline().decode().strip()

    def exchange(self):
        """Sends a line and waits for it to come back."""
        if self.failure:
            return
        try:
            self.socket.sendall(b"%d\n" % self.rounds)
            heard = self.stream.readline()
            if heard != b"%d\n" % self.rounds:
                self.failure = f"heard {heard!r} in round {self.rounds}"
            self.rounds += 1
        except OSError as error:
            self.failure = f"{error} in round {self.rounds}"

    def close(self):
        self.socket.close()


class Farm(Lab):
    """routers[0] is the director, the others are real servers on a LAN of their own beside that of the client."""

    def __init__(self):
        super().__init__(routers=3, links=2)

    def __enter__(self):
        super().__enter__()
        self.director = Director(self.routers[0], BINARY)
        self.servers = self.routers[1:]
        for host in self.hosts:
            host.run("sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done")
        self._batch(self.director.host, "".join(f"addr add {vip}/16 dev eth0\n" for vip in VIPS.values()))
        self.director.host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        for server in self.servers:
            server.run("sh", "-c", "cd /proc/sys/net/ipv4/conf/all; echo 1 >arp_ignore; echo 2 >arp_announce; modprobe ipip;"
                       " ip link set tunl0 up; echo 0 >/proc/sys/net/ipv4/conf/tunl0/rp_filter")
            # What is translated must go back through the director; what has the virtual address goes to the client itself.
            self._batch(server, f"addr add {VIPS['DR']}/32 dev lo\naddr add {VIPS['TUN']}/32 dev lo\n"
                        f"rule add from {server.address(1)} to 10.90.0.0/16 lookup 100\n"
                        f"route add default via {self.director.host.address(1)} table 100")
            for port in (80, 8080):
                Echo(server, port)
        return self

    def config(self, *servers, weight=1, algorithm="rr"):
        """Each virtual address with these servers; the first has the weight."""
        def entries(port):
            return [f"  real_server {server.address(1)} {port} {{\n    weight {weight if server is servers[0] else 1}\n"
                    f"    TCP_CHECK {{\n      connect_port 8080\n      connect_timeout 2\n      warmup 0\n    }}\n  }}\n"
                    for server in servers]
        return "global_defs {\n  router_id lab\n}\n" + "".join(
            virtual_server(f"{vip} 80", f"lb_algo {algorithm}; lb_kind {kind}; protocol TCP",
                           *entries(8080 if kind == "NAT" else 80)) for kind, vip in VIPS.items())


class Flow(threading.Thread):
    """Keeps connections busy, and opens a short one at every turn."""

    def __init__(self, farm, connections):
        super().__init__(daemon=True)
        self.farm, self.connections, self.running, self.refused, self.opened = farm, connections, True, [], []
        self.start()

    def run(self):
        enter_namespace(self.farm.client.name)
        while self.running:
            for connection in self.connections:
                connection.exchange()
            for vip in VIPS.values():
                try:
                    one = Connection(self.farm.client, vip)
                    self.opened.append((time.monotonic(), vip, one.server))
                    one.close()
                except OSError as error:
                    self.refused.append(f"{vip}: {error}")
            time.sleep(0.05)

    def servers_since(self, moment):
        return {server for when, _, server in self.opened if when > moment}

    def finish(self):
        self.running = False
        self.join(20)


@test("connections go on through reloads, removals, drained servers and the checker's death", limit=120, kernel="ipvs")
def _():
    with Farm() as farm:
        one, two = farm.servers
        director = farm.director
        director.start(farm.config(one, two))
        wait_until(lambda: director.table.servers() == 6, 25, "all servers are in the table", director.daemon.log)
        connections = [Connection(farm.client, vip) for vip in VIPS.values() for _ in range(4)]
        for vip in VIPS.values():
            served = {connection.server for connection in connections if connection.address == vip}
            check(served == {one.name, two.name}, f"{vip} is served by both", served)
        flow = Flow(farm, connections)

        def intact(what, among=connections):
            time.sleep(1)
            failed = [f"{c.address} at {c.server}: {c.failure}" for c in among if c.failure]
            check(not failed and not flow.refused, f"no connection is lost {what}", *failed, *flow.refused,
                  director.table.ipvsadm("-Lnc"), director.daemon.log()[-1500:])

        intact("at all")
        mark = director.daemon.mark()
        director.daemon.reload(farm.config(one, two, weight=3, algorithm="wrr"))
        director.daemon.expect_log("Reload complete", 25, mark)
        wait_until(lambda: director.table.proc().count(" wrr") == 3, 5, "the scheduler has changed")
        intact("by a reload")

        table = director.table.ipvsadm("-Sn")
        killed = director.daemon.pid("chk.pid")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: director.daemon.pid("chk.pid") != killed, 25, "a new checker process")
        stays_true(lambda: director.table.ipvsadm("-Sn") == table, 2.5, "the table stays as it is",
                   lambda: director.table.proc())
        intact("by the death of the checker process")

        director.daemon.reload(farm.config(one, two, weight=0, algorithm="wrr"))
        wait_until(lambda: director.table.ipvsadm("-Sn").count("-w 0") == 3, 25, "the server is drained")
        drained = time.monotonic() + 0.5
        intact("by draining a server")
        check(flow.servers_since(drained) == {two.name}, "a drained server gets no new connections",
              flow.servers_since(drained))

        director.daemon.reload(farm.config(two))
        wait_until(lambda: director.table.servers() == 3, 25, "the server is removed", director.daemon.log)
        flow.connections = [connection for connection in connections if connection.server == two.name]
        intact("that is not of the removed server", flow.connections)
        flow.finish()
        director.stop()
        check(director.table.is_empty(), "nothing is left after the stop", director.table.proc())


@test("drain_timeout: a server that a reload takes away keeps its connections, and goes with the last", limit=90, kernel="ipvs",
      known="2.2.7 does not know it")
def _():
    with Farm() as farm:
        one, two = farm.servers
        director = farm.director

        def config(*servers, seconds=60):
            return farm.config(*servers).replace("lb_algo", f"drain_timeout {seconds}\n  lb_algo")
        director.start(config(one, two))
        wait_until(lambda: director.table.servers() == 6, 25, "all servers are in the table", director.daemon.log)
        connections = [Connection(farm.client, vip) for vip in VIPS.values() for _ in range(2)]
        leaving = [connection for connection in connections if connection.server == one.name]
        check(len(leaving) == 3, "one of two of each kind", [c.server for c in connections])
        director.daemon.reload(config(two))
        wait_until(lambda: director.table.ipvsadm("-Sn").count("-w 0") == 3, 25, "it gets no new connections", director.daemon.log)
        time.sleep(2.5)
        for connection in connections:
            connection.exchange()
        failed = [f"{c.address} at {c.server}: {c.failure}" for c in connections if c.failure]
        check(not failed and director.table.servers() == 6, "its connections go on", *failed, director.table.proc(),
              director.daemon.log()[-1500:])
        killed, table = director.daemon.pid("chk.pid"), director.table.ipvsadm("-Sn")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: director.daemon.pid("chk.pid") != killed, 25, "a new checker process")
        stays_true(lambda: director.table.ipvsadm("-Sn") == table, 2.5, "the dead checker's drain goes on",
                   lambda: director.table.proc() + director.daemon.log()[-1500:])
        for vip in VIPS.values():
            check({Connection(farm.client, vip).server for _ in range(3)} == {two.name}, f"new ones of {vip} go to the other")
        for connection in leaving[1:]:
            connection.stream.close()
            connection.close()
        wait_until(lambda: director.table.servers() == 4, 10, "it leaves where the last has ended", director.table.proc)
        leaving[0].exchange()
        check(not leaving[0].failure and director.table.servers() == 4, "and where not, it stays", leaving[0].failure)
        mark = director.daemon.mark()
        director.daemon.reload(config(one, two))
        wait_until(lambda: director.table.servers() == 6 and "-w 0" not in director.table.ipvsadm("-Sn"), 25, "it is back",
                   director.table.proc)
        director.daemon.reload(config(two, seconds=2))
        director.daemon.expect_log(r"Drained service .* of VS .*, with 1 connections left", 20, mark)
        wait_until(lambda: director.table.servers() == 3, 5, "it goes when its time is over", director.table.proc)


def down_and_up(director):
    """A configuration whose first server is up while the director's listener is open, and the listener of the other."""
    other = Listener(director.host, port=8102)
    down = real_server("10.0.0.1 80", checked=True)
    up = real_server("10.0.0.2 80", checked=True).replace("connect_port 8101", "connect_port 8102")
    return virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", down, up), other


@test("a server that was down stays out when the checker is killed, and comes back when it is up", limit=90, kernel="ipvs")
def _():
    with directors(BINARY) as (director,):
        config, _ = down_and_up(director)
        director.listener.close()
        director.start(config)
        wait_until(lambda: director.table.ipvsadm("-Sn").count("-a ") == 1, 25, "the server is out", director.daemon.log)
        killed = director.daemon.pid("chk.pid")
        os.kill(killed, signal.SIGKILL)
        stays_true(lambda: "10.0.0.1:80" not in director.table.ipvsadm("-Sn"), 3, "it stays out", director.daemon.log)
        check(director.daemon.pid("chk.pid") != killed, "there is a new checker process", director.daemon.log())
        director.listener.open()
        wait_until(lambda: director.table.ipvsadm("-Sn").count("-a ") == 2, 25, "it is back", director.daemon.log)


@test("what others did to the table is repaired by a reload, and their own services are left alone", limit=90, kernel="ipvs")
def _():
    with directors(BINARY) as (director,):
        def ipvsadm(*words):
            director.table.ipvsadm(*words)
        ipvsadm("-A", "-t", "10.7.0.1:80")
        config = virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", real_server("10.0.0.1 80"),
                                real_server("10.0.0.2 80", "weight 3"))
        config += config.replace("10.1.0.1", "10.1.0.2")
        director.start(config)
        wait_until(lambda: director.table.servers() == 4, 25, "both services", director.daemon.log)
        right = sorted(director.table.ipvsadm("-Sn").splitlines())
        ipvsadm("-D", "-t", "10.1.0.1:80")
        ipvsadm("-E", "-t", "10.1.0.2:80", "-s", "wlc")
        ipvsadm("-d", "-t", "10.1.0.2:80", "-r", "10.0.0.1:80")
        ipvsadm("-e", "-t", "10.1.0.2:80", "-r", "10.0.0.2:80", "-g", "-w", "9")
        ipvsadm("-a", "-t", "10.1.0.2:80", "-r", "10.0.0.9:80", "-g")
        director.daemon.reload()
        wait_until(lambda: sorted(director.table.ipvsadm("-Sn").splitlines()) == right, 25, "the table is right again",
                   lambda: director.table.ipvsadm("-Sn") + director.daemon.log()[-1500:])
        director.stop()
        check(director.table.ipvsadm("-Sn").split() == "-A -t 10.7.0.1:80 -s wlc".split(), "only the other's service is left",
              director.table.ipvsadm("-Sn"))


@test("-I leaves the table at the end, and the next start takes it over", limit=90, kernel="ipvs")
def _():
    with directors(BINARY) as (director,):
        config = virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", real_server("10.0.0.1 80"),
                                real_server("10.0.0.2 80"))
        director.start(config, "-I")
        before = director.settled()
        director.stop()
        check(director.table.proc() == before, "the table stays", director.table.proc())
        director.start(config.replace("  real_server 10.0.0.2 80 {\n  }\n", ""))
        wait_until(lambda: director.table.servers() == 1, 25, "what is not wanted any more goes", director.daemon.log)
        director.stop()
        check(director.table.is_empty(), "now it is empty", director.table.proc())


@test("lvs_flush empties the table at the start, lvs_flush_on_stop at the end, and a killed checker flushes nothing",
      limit=90, kernel="ipvs")
def _():
    with directors(BINARY) as (director,):
        flushing = "global_defs {\n  lvs_flush\n  lvs_flush_on_stop\n}\n"
        config = flushing + virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP", real_server("10.0.0.1 80"))
        director.table.ipvsadm("-A", "-t", "10.7.0.1:80")
        director.start(config)
        wait_until(lambda: "10.1.0.1" in director.table.ipvsadm("-Sn"), 25, "the service", director.daemon.log)
        check("10.7.0.1" not in director.table.ipvsadm("-Sn"), "what was there is gone", director.table.ipvsadm("-Sn"))
        director.table.ipvsadm("-A", "-t", "10.7.0.2:80")
        killed = director.daemon.pid("chk.pid")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: director.daemon.pid("chk.pid") != killed, 25, "a new checker process")
        stays_true(lambda: director.table.services() == 2, 2, "nothing is flushed", director.table.proc)
        director.stop()
        check(director.table.is_empty(), "all is gone after the stop", director.table.proc())
