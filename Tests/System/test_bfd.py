# SPDX-License-Identifier: GPL-2.0-or-later
"""BFD beside bfdd of FRR, BIRD and upstream's keepalived, none of which share a line of code."""
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

from lab import BINARY, PEER, Lab, check, enter_namespace, inside, wait_until
from suite import need, test

FRR = "/usr/lib/frr"
DOWN, ADMIN_DOWN, UP = 1, 0, 3
# What the issue allows beyond the detection time.
TOLERANCE = 0.005


# --------------------------------------------------------------------------------------------------------------------
# The wire

class Packet:
    """A Control packet as heard; `out` says that the host itself sent it."""

    def __init__(self, at, out, payload):
        self.at, self.out, self.payload = at, out, payload
        self.diagnostic, self.state = payload[0] & 31, payload[1] >> 6
        self.poll, self.final = bool(payload[1] & 32), bool(payload[1] & 16)
        self.multiplier = payload[2]
        self.mine, self.yours, self.min_tx, self.min_rx, self.echo = struct.unpack("!5I", payload[4:24])

    def __repr__(self):
        flags = "P" * self.poll + "F" * self.final
        return f"{self.at:.4f} {'out' if self.out else 'in '} state {self.state} diag {self.diagnostic} {flags} tx {self.min_tx}"


class Wire(threading.Thread):
    """Hears the BFD packets of a host, in and out, with the kernel's own time stamps."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.packets, self.running = [], True

        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            s.bind(("eth0", 0))
            s.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
            s.settimeout(0.1)
            return s

        self.socket = inside(host.name, make)
        self.start()

    def run(self):
        while self.running:
            try:
                data, control, _, address = self.socket.recvmsg(256, 64)
            except OSError:
                continue
            payload = self.payload(data)
            if payload and len(payload) >= 24:
                at = next((struct.unpack("qq", value[:16]) for _, _, value in control), None)
                if at:
                    self.packets.append(Packet(at[0] + at[1] / 1e9, address[2] == 4, payload))

    @staticmethod
    def payload(data):
        """What a datagram to a BFD port carries."""
        if data[0] >> 4 == 4 and data[9] == 17:
            udp = data[(data[0] & 15) * 4:struct.unpack("!H", data[2:4])[0]]
        elif data[0] >> 4 == 6 and data[6] == 17:
            udp = data[40:40 + struct.unpack("!H", data[4:6])[0]]
        else:
            return None
        return udp[8:] if struct.unpack("!H", udp[2:4])[0] in (3784, 4784) else None

    def sent(self, since=0.0):
        return [p for p in self.packets if p.out and p.at >= since]

    def heard(self, since=0.0):
        return [p for p in self.packets if not p.out and p.at >= since]

    def detection(self, since):
        """Seconds from the last packet heard before our first Down after `since`, or None if there is none yet."""
        down = next((p for p in self.sent(since) if p.state == DOWN), None)
        if down is None:
            return None
        before = [p.at for p in self.heard() if p.at < down.at]
        return down.at - before[-1] if before else None

    def expect_detection(self, since, limit, what):
        """Waits for our Down and checks that it came within the detection time after the last packet heard."""
        took = wait_until(lambda: self.detection(since), limit + 2, f"a Down packet after {what}", self.tail)
        check(took <= limit + TOLERANCE, f"{what}: noticed {took * 1000:.1f} ms after the last packet, "
              f"allowed {limit * 1000:.0f} ms and 5 ms", *self.packets[-12:])
        print(f"      {what}: {took * 1000:.1f} of {limit * 1000:.0f} ms")

    def tail(self):
        return "\n".join(map(repr, self.packets[-12:]))


# --------------------------------------------------------------------------------------------------------------------
# The daemons

class Ours:
    """Our BFD process alone, or another keepalived."""

    def __init__(self, host, binary=BINARY):
        need(binary)
        self.host, self.binary, self.log_path = host, binary, host.daemon.path("log")

    def start(self, *instances):
        self.write(*instances)
        with open(self.log_path, "a") as log:
            self.process = self.host.spawn(
                self.binary, "-n", "-l", "-G", "-D", "-f", self.host.daemon.path("conf"), *self.host.daemon.pid_options(),
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self

    def write(self, *instances):
        self.host.daemon.write("global_defs {\n    router_id lab\n}\n" + "".join(instances))

    def reload(self, *instances):
        self.write(*instances)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()

    def kill(self):
        """Ends every process at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def log(self):
        return self.host.daemon.log()

    def count(self, pattern):
        return len(re.findall(pattern, self.log()))

    def is_up(self, name="one"):
        states = re.findall(rf"\({name}\) Entering (\w+) state", self.log())
        return bool(states) and states[-1] == "Up"


def instance(neighbor, name="one", **values):
    lines = "".join(f"    {key} {'' if value is True else value}\n" for key, value in values.items() if key != "block")
    return f"bfd_instance {name} {{\n    neighbor_ip {neighbor}\n{lines}{values.get('block', '')}}}\n"


def own_address(host, neighbor):
    """The host's address of the neighbour's family."""
    return f"fd00:90::{host.number}" if ":" in neighbor else host.address()


class Upstream(Ours):
    """Debian's keepalived as the neighbour of router 0."""

    name = "keepalived 2.2.7"

    def __init__(self, host):
        super().__init__(host, PEER)

    def begin(self, neighbor, min_tx, min_rx, multiplier):
        self.start(instance(neighbor, min_tx=min_tx, min_rx=min_rx, multiplier=multiplier))

    def sees_up(self):
        return self.is_up()


class Bird:
    name = "BIRD"

    def __init__(self, host):
        need("/usr/sbin/bird", "/usr/sbin/birdc")
        self.host, self.path = host, f"{host.lab.directory}/bird"

    def begin(self, neighbor, min_tx, min_rx, multiplier, extra="", multihop=False):
        local = own_address(self.host, neighbor)
        times = f"min rx interval {min_rx} ms; min tx interval {min_tx} ms; multiplier {multiplier};"
        kind = "multihop" if multihop else 'interface "eth0"'
        where = f"local {local} multihop on" if multihop else f'dev "eth0" local {local}'
        with open(f"{self.path}.conf", "w") as file:
            file.write(f"router id 10.0.0.9;\nprotocol device {{}}\nprotocol bfd b {{\n"
                       f" {kind} {{ {times} {extra} }};\n neighbor {neighbor} {where};\n}}\n")
        self.process = self.host.spawn("/usr/sbin/bird", "-f", "-c", f"{self.path}.conf", "-s", f"{self.path}.ctl",
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(f"{self.path}.ctl"), 5, "BIRD listens")

    def command(self, *words):
        return self.host.run("/usr/sbin/birdc", "-s", f"{self.path}.ctl", *words, check=False)

    def sees_up(self):
        return " Up " in self.command("show", "bfd", "sessions")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)

    def log(self):
        return self.command("show", "bfd", "sessions")


class Bfdd:
    name = "FRR"

    def __init__(self, host):
        need(f"{FRR}/zebra", f"{FRR}/bfdd", "/usr/bin/vtysh")
        self.host, self.directory = host, f"{host.lab.directory}/frr"
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o777)  # its daemons run as their own user

    def begin(self, neighbor, min_tx, min_rx, multiplier, multihop=False):
        local = own_address(self.host, neighbor)
        self.peer = (f"peer {neighbor} multihop local-address {local}" if multihop
                     else f"peer {neighbor} local-address {local} interface eth0")
        self.spawn("zebra", "")
        wait_until(lambda: os.path.exists(f"{self.directory}/zebra.sock"), 5, "zebra listens")
        minimum = "  minimum-ttl 60\n" if multihop else ""
        self.process = self.spawn("bfdd", f"bfd\n {self.peer}\n  receive-interval {min_rx}\n  transmit-interval {min_tx}\n"
                                          f"  detect-multiplier {multiplier}\n{minimum} !\n!\n")

    def spawn(self, name, config):
        path = f"{self.directory}/{name}"
        with open(f"{path}.conf", "w") as file:
            file.write(f"hostname {name}\n{config}")
        os.chmod(f"{path}.conf", 0o644)
        options = ["--bfdctl", f"{path}.ctl"] if name == "bfdd" else []
        return self.host.spawn(f"{FRR}/{name}", "-f", f"{path}.conf", "-i", f"{path}.pid", "-z",
                               f"{self.directory}/zebra.sock", "--vty_socket", self.directory, "-P", "0", "--log", "stdout",
                               *options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def command(self, *lines):
        words = [word for line in lines for word in ("-c", line)]
        return self.host.run("vtysh", "--vty_socket", self.directory, *words, check=False)

    def sees_up(self):
        return "Status: up" in self.command("show bfd peers")

    def admin_down(self):
        self.command("conf t", "bfd", self.peer, "shutdown")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)

    def log(self):
        return self.command("show bfd peers")


NEIGHBORS = [Bfdd, Bird, Upstream]


def both_up(ours, theirs, wire=None, timeout=12):
    wait_until(lambda: ours.is_up() and theirs.sees_up(), timeout, "the session is up at both ends",
               lambda: f"{ours.log()[-1500:]}\n{theirs.log()[-1500:]}\n{wire.tail() if wire else ''}")


def now():
    return time.clock_gettime(time.CLOCK_REALTIME)


def gaps(packets):
    return [later.at - earlier.at for earlier, later in zip(packets, packets[1:])]


# --------------------------------------------------------------------------------------------------------------------
# The tests

for Neighbor in NEIGHBORS:
    @test(f"{Neighbor.name}: comes up, changes its times without a flap, notices a cut and a death", limit=60, alone=True)
    def _(Neighbor=Neighbor):
        with Lab() as lab:
            a, b = lab.routers
            wire = Wire(a)
            theirs = Neighbor(b)
            theirs.begin(a.address(), 60, 50, 3)
            ours = Ours(a).start(instance(b.address(), min_tx=40, min_rx=70, multiplier=4))
            both_up(ours, theirs, wire)
            begin = now() + 0.5
            time.sleep(2.5)
            # We send every max(40, 50) ms less up to a quarter; they every max(60, 70).
            mine = gaps(wire.sent(begin))
            check(len(mine) > 30 and max(mine) < 0.055 and min(mine) > 0.037, "our packets keep their interval",
                  min(mine, default=0), max(mine, default=0))
            check(all(p.mine and p.yours and p.echo == 0 for p in wire.sent(begin)), "our packets are complete")

            since = now()
            ours.reload(instance(b.address(), min_tx=100, min_rx=150, multiplier=3))
            wait_until(lambda: any(p.poll and p.min_tx == 100_000 for p in wire.sent(since)), 3, "a poll", wire.tail)
            wait_until(lambda: any(p.final for p in wire.heard(since)), 3, "its answer", wire.tail)
            time.sleep(2)
            late = gaps(wire.sent(now() - 1.5))
            check(min(late) > 0.074 and max(late) < 0.110, "our packets are slower", late)
            check(all(p.state == UP for p in wire.sent(since)), "no flap", wire.tail())

            since = now()
            lab.cut(b)
            wire.expect_detection(since, 3 * 0.150, "a cut")
            lab.mend(b)
            both_up(ours, theirs, wire)
            time.sleep(1)
            since = now()
            theirs.kill()
            wire.expect_detection(since, 3 * 0.150, "a death")
            check(ours.count("Local diagnostic - Control Detection Time Expired") == 2, "and says why", ours.log()[-1000:])

# BIRD and upstream's keepalived say nothing when they are shut down.
@test("FRR: goes down at once when the neighbour is shut down", limit=40)
def _():
    with Lab() as lab:
        a, b = lab.routers
        wire, theirs = Wire(a), Bfdd(b)
        theirs.begin(a.address(), 200, 200, 5)
        ours = Ours(a).start(instance(b.address(), min_tx=200, min_rx=200, multiplier=5))
        both_up(ours, theirs, wire)
        time.sleep(0.5)
        since = now()
        theirs.admin_down()
        wait_until(lambda: ours.count("Entering Down state .Local diagnostic - Neighbor Signaled Session Down"), 0.9,
                   "we hear of it", lambda: ours.log()[-800:] + wire.tail())
        told = next(p for p in wire.heard(since) if p.state in (ADMIN_DOWN, DOWN))
        answer = next(p for p in wire.sent(told.at) if p.state == DOWN)
        check(answer.at - told.at < TOLERANCE, "we follow at once", told, answer)

for Neighbor in NEIGHBORS:
    @test(f"{Neighbor.name}: hears that we stop, before it would have missed us", limit=40)
    def _(Neighbor=Neighbor):
        with Lab() as lab:
            a, b = lab.routers
            wire, theirs = Wire(a), Neighbor(b)
            theirs.begin(a.address(), 300, 300, 5)
            ours = Ours(a).start(instance(b.address(), min_tx=300, min_rx=300, multiplier=5))
            both_up(ours, theirs, wire)
            time.sleep(1)
            since = now()
            ours.stop()
            told = wait_until(lambda: next((p for p in wire.sent(since) if p.state == ADMIN_DOWN), None), 1,
                              "an AdminDown packet", wire.tail)
            check(told.diagnostic == 7, "which says that an operator did it", told)
            wait_until(lambda: not theirs.sees_up(), 0.8, "the neighbour is down", theirs.log)

for kind, words in (("SIMPLE", "simple"), ("MD5", "keyed md5"), ("METICULOUS_MD5", "meticulous keyed md5"),
                    ("SHA1", "keyed sha1"), ("METICULOUS_SHA1", "meticulous keyed sha1")):
    @test(f"BIRD: an authenticated session, {kind}", limit=40)
    def _(kind=kind, words=words):
        with Lab() as lab:
            a, b = lab.routers
            wire, theirs = Wire(a), Bird(b)
            theirs.begin(a.address(), 100, 100, 3, f'authentication {words}; password "secret99" {{ id 17; }};')
            block = "    authentication {{\n        auth_type {}\n        auth_key 17 {}\n    }}\n"
            ours = Ours(a).start(instance(b.address(), min_tx=100, min_rx=100, multiplier=3, block=block.format(kind, "secret98")))
            time.sleep(3)
            check(not theirs.sees_up() and not ours.is_up(), "a wrong secret keeps it down", ours.log())
            ours.reload(instance(b.address(), min_tx=100, min_rx=100, multiplier=3, block=block.format(kind, "secret99")))
            both_up(ours, theirs, wire)
            since = now()
            time.sleep(3)
            check(all(p.state == UP for p in wire.packets if p.at > since), "it stays up", wire.tail())

for Neighbor in (Bfdd, Bird):
    @test(f"{Neighbor.name}: a session over many hops", limit=40)
    def _(Neighbor=Neighbor):
        with Lab() as lab:
            a, b = lab.routers
            theirs = Neighbor(b)
            theirs.begin(a.address(), 200, 200, 3, multihop=True)
            ours = Ours(a).start(instance(b.address(), min_tx=200, min_rx=200, multiplier=3, multihop=True))
            both_up(ours, theirs)

for Neighbor in NEIGHBORS:
    @test(f"{Neighbor.name}: a session over IPv6", limit=40)
    def _(Neighbor=Neighbor):
        with Lab() as lab:
            a, b = lab.routers
            theirs = Neighbor(b)
            theirs.begin("fd00:90::1", 100, 100, 3)
            ours = Ours(a).start(instance("fd00:90::2", min_tx=100, min_rx=100, multiplier=3))
            both_up(ours, theirs)


@test("a session that a reload does not touch feels nothing", limit=40)
def _():
    with Lab() as lab:
        a, b = lab.routers
        wire, theirs = Wire(a), Bird(b)
        theirs.begin(a.address(), 100, 100, 3)
        one = instance(b.address(), min_tx=100, min_rx=100, multiplier=3)
        ours = Ours(a).start(one)
        both_up(ours, theirs, wire)
        time.sleep(1)
        since = now()
        for turn in range(10):
            ours.reload(one, instance(f"10.90.0.{50 + turn}", "other", min_tx=100, min_rx=100))
            time.sleep(0.2)
        mine = [p for p in wire.sent(since) if p.yours]
        check(all(p.state == UP and not p.poll for p in mine), "nothing but the usual packets", *mine)
        check(max(gaps(mine)) < 0.110, "none of them late", gaps(mine))
        check(len({p.mine for p in mine}) == 1, "under one discriminator")


@test("a neighbour that sends with less than 255 hops is not heard", limit=30)
def _():
    with Lab() as lab:
        a, b = lab.routers
        wire = Wire(a)
        ours = Ours(a).start(instance(b.address(), min_tx=100, min_rx=100))

        def forge(hops):
            s = b.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
            s.sendto(bytes.fromhex("204003180000004d00000000000f4240000186a000000000"), (a.address(), 3784))

        wait_until(lambda: wire.sent(), 3, "we speak first")
        since = now()
        forge(254)
        time.sleep(0.3)
        check(all(p.state == DOWN for p in wire.sent(since)), "254 is ignored", wire.tail())
        forge(255)
        wait_until(lambda: any(p.state == 2 and p.yours == 77 for p in wire.sent(since)), 1, "255 is answered", wire.tail)
        check(ours.process.poll() is None, "and we live")


@test("the BFD process runs at the priority, on the processor and under the name of the configuration", limit=20)
def _():
    with Lab() as lab:
        host = lab.routers[0]
        settings = ("bfd_rt_priority 42\nbfd_no_swap\nbfd_rlimit_rttime 12345\nbfd_process_name fast\n"
                    f"bfd_cpu_affinity {max(os.sched_getaffinity(0))}\n")
        host.daemon.start(f"global_defs {{\n{settings}}}\n" + instance("10.90.0.2"), parts=())
        pid = host.daemon.pid("bfd.pid")

        def facts():
            with open(f"/proc/{pid}/comm") as name, open(f"/proc/{pid}/status") as status:
                locked = int(re.search(r"VmLck:\s+(\d+)", status.read()).group(1))
                return (name.read().strip(), os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK,
                        os.sched_getparam(pid).sched_priority, os.sched_getaffinity(pid), locked > 1000)

        wanted = ("fast", os.SCHED_RR, 42, {max(os.sched_getaffinity(0))}, True)
        wait_until(lambda: facts() == wanted, 5, f"{wanted}", facts)
        with open(f"/proc/{pid}/limits") as limits:
            check(re.search(r"Max realtime timeout +12345 ", limits.read()), "the limit of time without a pause")
        host.daemon.stop()
        host.daemon.start("global_defs {\nbfd_priority -7\n}\n" + instance("10.90.0.2"), parts=())
        wait_until(lambda: os.getpriority(os.PRIO_PROCESS, host.daemon.pid("bfd.pid")) == -7, 5, "niceness -7")
