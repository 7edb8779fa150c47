#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures two keepalived binaries from outside, in one run on one machine. Started by scripts/bench.

    bench.py [--list] [--rounds N] [MEASURE]...

BINARY is ours, PEER the one to compare with. Rounds alternate, so that a busy moment of the machine hits both; the
table shows medians. The exit status is 1 when a target is missed.
"""
import argparse
import datetime
import os
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))
sys.dont_write_bytecode = True
from lab import Lab, Prober, all_children, children, configuration, inside, instance, pss, run, wait_until  # noqa: E402
from wire import Sniffer, cut_after_advert, gaps  # noqa: E402

OURS = os.environ.get("BINARY", ".build/release/keepalived")
THEIRS = os.environ.get("PEER", "/usr/sbin/keepalived")


class Row:
    """One line of the table: how to compare `ours` with `theirs`.

    `ratio` is the target for ours / theirs; `limit` one for ours alone, in the row's unit.
    """

    def __init__(self, name, unit, ratio=None, limit=None, digits=1):
        self.name, self.unit, self.ratio, self.limit, self.digits = name, unit, ratio, limit, digits

    def line(self, ours, theirs):
        """The row as text, and whether its target is met."""
        met, target = True, ""
        quotient = ours / theirs if theirs else None
        if self.limit is not None:
            met, target = ours <= self.limit, f"≤ {self.number(self.limit)} {self.unit}".rstrip()
        if self.ratio is not None:
            met = met and (quotient is None or quotient <= self.ratio)
            target = f"ratio ≤ {self.ratio:g}"
        shown = f"{quotient:.2f}" if quotient is not None else "-"
        return (f"{self.name:<52} {self.number(ours):>9} {self.number(theirs):>9} {self.unit:<5} {shown:>6}   "
                f"{target:<14} {'' if met else 'MISSED'}").rstrip(), met

    def number(self, value):
        return f"{value:,.{self.digits}f}"


MEASURES = {}


def measure(name, *rows, rounds=1):
    """Declares a measure: a function of a binary that gives one value for each row, run in so many rounds at least."""
    def declare(body):
        MEASURES[name] = (rows, body, rounds)
        return body
    return declare



# --------------------------------------------------------------------------------------------------------------------

def outage(binary, interval):
    """Milliseconds a client is without its address after the master is cut off."""
    def config(priority):
        return configuration(instance(priority=priority, interval=interval))
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(config(150), binary=binary)
        b.daemon.start(config(100), binary=binary)
        lab.settle(a, timeout=10, rest=1)
        prober = Prober(lab)
        prober.start()
        time.sleep(0.7)
        cut = cut_after_advert(lab, a)
        time.sleep(interval * 4.5 + 0.5)
        prober.finish()
        return 1000 * prober.outage(cut - 0.05)


def outage_rows(interval):
    limit = 1000 * (3 * interval + interval * 156 / 256)
    return Row(f"outage after a cut, advert_int {interval:g} s", "ms", limit=limit + 5)


@measure("outage", outage_rows(1), outage_rows(0.05), outage_rows(0.01))
def _(binary):
    return [outage(binary, interval) for interval in (1, 0.05, 0.01)]


@measure("memory", Row("memory (PSS), parent + VRRP, one instance", "kB", ratio=1, digits=0),
         Row("memory (PSS), parent + VRRP, 250 instances", "kB", ratio=1, digits=0))
def _(binary):
    def used(instances):
        with Lab(routers=1) as lab:
            lab.routers[0].daemon.start(configuration(*instances), binary=binary, detail=False)
            wait_until(lambda: lab.routers[0].virtual_addresses(), 10, "master", lab.logs)
            time.sleep(3)
            return sum(pss(pid) for pid in lab.routers[0].daemon.processes())
    return [used([instance()]),
            used([instance(f"I{n}", vrid=n, interval=1, addresses=[f"10.95.0.{n}"]) for n in range(1, 251)])]


def many(count, links, priority, version=2):
    return configuration(*(instance(
        f"I{n}", vrid=n // links + 1, interface=f"eth{n % links}", priority=priority, interval=1,
        addresses=[f"10.{90 + n % links}.7.{n // links + 1}/32"]) for n in range(count)), version=version)


@measure("start", Row("cold start of 1,000 + 1,000 instances, false claims", "", limit=0, digits=0))
def _(binary):
    with Lab(links=4) as lab:
        a, b = lab.routers
        for router, priority in ((a, 150), (b, 100)):
            router.daemon.start(many(1000, 4, priority), binary=binary, detail=False, syslog=True)
        time.sleep(12)
        return [b.daemon.log().count("Entering MASTER STATE")]


def cpu_nanoseconds(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


@measure("cpu", Row("CPU per advert sent, 1,000 instances", "us", ratio=0.6),
         Row("CPU per advert received, 1,000 instances", "us", ratio=0.6),
         Row("system calls per advert sent, 1,000 instances", "", limit=1.5, digits=2),
         Row("system calls per advert received, 1,000 instances", "", limit=1.5, digits=2),
         Row("memory (PSS), parent + VRRP, 1,000 instances", "kB", ratio=1, digits=0))
def _(binary):
    count, seconds = 1000, 10
    with Lab(links=4) as lab:
        a, b = lab.routers
        a.daemon.start(many(count, 4, 150), binary=binary, detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == count, 40, "all are master")
        b.daemon.start(many(count, 4, 100), binary=binary, detail=False)
        time.sleep(8)  # the second announcements are over
        pids = [router.daemon.pid("vrrp.pid") for router in (a, b)]
        before = [cpu_nanoseconds(pid) for pid in pids]
        time.sleep(seconds)
        after = [cpu_nanoseconds(pid) for pid in pids]
        memory = sum(pss(pid) for pid in a.daemon.processes())
        return [*((late - early) / 1000 / seconds / count for early, late in zip(before, after)),
                *(system_calls(pid, 3) / 3 / count for pid in pids), memory]


def system_calls(pid, seconds):
    """How many a process makes in that time."""
    with tempfile.NamedTemporaryFile("r") as table:
        tracer = subprocess.Popen(["strace", "-c", "-o", table.name, "-p", str(pid)], stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        # % time, seconds, usecs/call, calls, [errors,] "total"
        return int(re.search(r"^ *100.00 +\S+ +(?:\S+ +)?(\d+) .*total$", table.read(), re.M).group(1))


def thousand():
    """A configuration with a thousand addresses."""
    addresses = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
    return configuration(instance(interval=1, excluded=addresses), version=2)


@measure("takeover", Row("1,000 addresses: last one in the kernel", "ms", ratio=0.6),
         Row("1,000 addresses: last first announcement", "ms", ratio=0.65),
         Row("1,000 addresses: mean first announcement", "ms", ratio=0.4),
         Row("1,000 addresses: worst advert late by", "ms", limit=100), rounds=7)
def _(binary):
    """Whoever listens takes part of the processors that are measured, so single rounds differ much."""
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Sniffer(lab.client)
        with open(f"{lab.directory}/monitor", "w") as output:
            monitor = a.spawn("ip", "-ts", "-o", "monitor", "address", stdout=output)
        time.sleep(0.3)
        a.daemon.start(thousand(), binary=binary, detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == 1001, 15, "all addresses", lab.logs)
        time.sleep(8)
        monitor.terminate()
        monitor.wait()
        heard.finish()
        began = heard.adverts[0].at
        with open(f"{lab.directory}/monitor") as file:
            stamps = [datetime.datetime.fromisoformat(line[1:line.index("]")]).timestamp()
                      for line in file if "10.98." in line and "Deleted" not in line]
        first = {}
        for arp in heard.gratuitous():
            if arp.sender.startswith("10.98."):
                first.setdefault(arp.sender, arp.at)
        if len(first) < 1000:
            raise RuntimeError(f"only {len(first)} addresses were announced")
        return [1000 * (max(stamps) - began), 1000 * (max(first.values()) - began),
                1000 * (statistics.mean(first.values()) - began), 1000 * (max(gaps(heard.adverts)) - 1)]


class SystemLog:
    """Whatever reads /dev/log; where nobody does, this does."""

    def __enter__(self):
        self.socket = None
        if not os.path.exists("/dev/log"):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.bind("/dev/log")
            self.socket.settimeout(0.2)
            self.runs = True
            self.thread = threading.Thread(target=self.read)
            self.thread.start()

    def read(self):
        while self.runs:
            try:
                self.socket.recv(8192)
            except OSError:
                pass

    def __exit__(self, *_):
        if self.socket:
            self.runs = False
            self.thread.join()
            self.socket.close()
            os.unlink("/dev/log")


@measure("logging", Row("1,000 addresses with -D, console: worst advert late by", "ms", limit=100),
         Row("1,000 addresses with -D, syslog: worst advert late by", "ms", limit=100))
def _(binary):
    def late(syslog):
        with Lab(routers=1) as lab, SystemLog():
            a, heard = lab.routers[0], Sniffer(lab.client)
            a.daemon.start(thousand(), binary=binary, detail=True, syslog=syslog)
            wait_until(lambda: len(heard.adverts) > 1, 20, "adverts", lab.logs)
            time.sleep(12)
            heard.finish()
            return 1000 * (max(gaps(heard.adverts)) - 1)
    return [late(False), late(True)]


class AdvertTimes(threading.Thread):
    """When adverts of each virtual router arrived, as the kernel saw it."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.times, self.runs = {}, True

        def make():
            s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
            s.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
            s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton("224.0.0.18") + socket.inet_aton(host.address()))
            s.settimeout(0.1)
            return s
        self.socket = inside(host.name, make)
        self.start()

    def run(self):
        while self.runs:
            try:
                packet, control, _, _ = self.socket.recvmsg(128, 64)
            except OSError:
                continue
            seconds, nanoseconds = struct.unpack("qq", control[0][2])
            self.times.setdefault(packet[21], []).append(seconds + nanoseconds / 1e9)

    def lateness(self, interval):
        """Seconds by which each advert came later than an interval after the one before it, sorted."""
        self.runs = False
        self.join()
        return sorted(late - early - interval for times in self.times.values() for early, late in zip(times, times[1:]))


def rough_times(binary, extra):
    """Milliseconds of lateness that one advert in a thousand exceeds: 64 routers at 10 ms beside a CPU hog for each processor, 200
    scripts a second and a reload a second. (2.2.7 needs the longer rlimit_rttime, or it is killed again and again.)"""
    def config(turn):
        scripts = "".join(f"vrrp_script s{n} {{\n script /bin/true\n interval 1\n}}\n" for n in range(200))
        track = "track_script {\n" + "".join(f"    s{n} weight 1\n" for n in range(200)) + "}\n"
        routers = (instance(f"I{n}", vrid=n, priority=50, interval=0.01,
                            addresses=[f"10.95.0.{n}"] + ([f"10.95.1.{n}"] if n == turn else []),
                            extra=track if n == 1 else "") for n in range(1, 65))
        return configuration(scripts, *routers, extra=extra)
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(config(0), binary=binary, detail=False)
        wait_until(lambda: len(a.virtual_addresses()) >= 64, 20, "all are master", lab.logs)
        time.sleep(7)
        hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            times = AdvertTimes(lab.client)
            for turn in range(10):
                time.sleep(1)
                a.daemon.reload(config(2 + turn % 2))
            late = times.lateness(0.01)
        finally:
            for hog in hogs:
                hog.kill()
                hog.wait()
        return 1000 * late[int(len(late) * 0.999)]


@measure("lateness", Row("T-1 64 routers at 10 ms, vrrp_rt_priority: p99.9 late by", "ms", limit=1, digits=2),
         Row("  at ordinary priority: p99.9 late by", "ms", ratio=1, digits=2))
def _(binary):
    return [rough_times(binary, "vrrp_rt_priority 50\nvrrp_rlimit_rttime 1000000\n"), rough_times(binary, "")]


def family_cpu(pid):
    """CPU seconds of a process, its children and those that have ended."""
    def of(one):
        with open(f"/proc/{one}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return of(pid) + sum(of(child) for child in all_children(pid))


@measure("reload", Row("CPU of a reload, 100 instances, nothing changed", "ms", ratio=1, digits=1),
         Row("  changes in the kernel by 20 of them", "", limit=0, digits=0),
         Row("  worst advert out of rhythm by", "ms", limit=10, digits=1))
def _(binary):
    config = configuration(*(instance(f"I{n}", vrid=n, interval=1, addresses=[f"10.95.0.{n}"],
                                      extra="garp_master_delay 0\n") for n in range(1, 101)), version=2)
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(config, binary=binary, detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == 100, 20, "all are master", lab.logs)
        time.sleep(4)
        with open(f"{lab.directory}/monitor", "w") as output:
            monitor = a.spawn("ip", "-o", "monitor", "link", "address", "route", "rule", stdout=output)
        heard, before = Sniffer(lab.client), family_cpu(a.daemon.pid())
        idle = time.monotonic()
        time.sleep(5)
        idle = (family_cpu(a.daemon.pid()) - before) / (time.monotonic() - idle)
        began, before = time.monotonic(), family_cpu(a.daemon.pid())
        for _ in range(20):
            a.daemon.reload()
            time.sleep(0.5)
        used = family_cpu(a.daemon.pid()) - before - idle * (time.monotonic() - began)
        monitor.terminate()
        monitor.wait()
        heard.finish()
        wrong = max(abs(gap - 1) for n in range(1, 101) for gap in gaps([one for one in heard.adverts if one.vrid == n]))
        with open(f"{lab.directory}/monitor") as file:
            return [1000 * used / 20, len(file.readlines()), 1000 * wrong]


@measure("restart", Row("VRRP process killed, advert_int 1: silence on the LAN", "ms", limit=2000, digits=0),
         Row("  addresses taken away", "", limit=0, digits=0), Row("  claims of the backup (2.2.7)", "", limit=0, digits=0))
def _(binary):
    def config(priority):
        return configuration(instance(priority=priority, interval=1, addresses=[f"10.95.0.{n}" for n in range(1, 21)]), version=2)
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(config(150), binary=binary)
        b.daemon.start(config(100), binary=THEIRS)
        lab.settle(a, "10.95.0.1", timeout=10, rest=1)
        with open(f"{lab.directory}/monitor", "w") as output:
            monitor = a.spawn("ip", "-o", "monitor", "address", stdout=output)
        mark, heard = b.daemon.mark(), Sniffer(lab.client)
        time.sleep(1.2 + random.random())
        os.kill(a.daemon.pid("vrrp.pid"), signal.SIGKILL)
        time.sleep(8)
        monitor.terminate()
        monitor.wait()
        heard.finish()
        with open(f"{lab.directory}/monitor") as file:
            gone = sum("Deleted" in line and "10.95." in line for line in file)
        return [1000 * max(gaps(heard.from_source(a.address()) or heard.adverts)), gone,
                b.daemon.since(mark).count("Entering MASTER STATE")]


def services(count):
    """A configuration with `count` virtual servers of four checked real servers each."""
    for i in range(count):
        yield f"virtual_server 10.{96 + i // 62500}.{i // 250 % 250}.{i % 250 + 1} 80 {{\n delay_loop 10\n lb_algo wlc\n lb_kind DR\n protocol TCP\n"
        for j in range(4):
            n = 4 * i + j
            yield (f" real_server 10.50.{n // 250 % 250}.{n % 250 + 1} 80 {{\n  weight 1\n  TCP_CHECK {{\n   connect_timeout 3\n"
                   "   retry 2\n   delay_before_retry 1\n  }\n }\n")
        yield "}\n"


@measure("reading", Row("-t of 20,000 services with 80,000 servers", "s", ratio=0.7, digits=2),
         Row("  its peak memory", "MB", ratio=1, digits=0),
         Row("  four times as many, against four times the time", "", limit=1.25, digits=2),
         Row("-t of one instance", "ms", digits=1))
def _(binary):
    with tempfile.TemporaryDirectory() as directory:
        large, larger, small = (f"{directory}/{name}.conf" for name in ("large", "larger", "small"))
        for path, count in ((large, 20000), (larger, 80000)):
            with open(path, "w") as file:
                file.write(configuration())
                file.writelines(services(count))
        with open(small, "w") as file:
            file.write(configuration(instance(interface="lo")))
        took, memory = timed(binary, large)
        return [took, memory, timed(binary, larger)[0] / took / 4, 1000 * statistics.median(timed(binary, small)[0] for _ in range(5))]


def ipvs_load(binary, services, servers):
    """Times of scripts/ipvs_load.py in user-mode Linux on all processors, where both daemons take two to three times as long as on one."""
    here = os.path.dirname(os.path.abspath(__file__))
    everywhere = {**os.environ, "WITH_IPVS_CPUS": ",".join(map(str, sorted(os.sched_getaffinity(0))))}
    done = subprocess.run([f"{here}/with-ipvs", f"{here}/ipvs_load.py", os.path.abspath(binary), str(services), str(servers)],
                          capture_output=True, text=True, env=everywhere)
    if done.returncode != 0:
        raise RuntimeError(f"with-ipvs: {done.stdout}{done.stderr}")
    return [float(word) for word in done.stdout.split()]


@measure("ipvs", Row("2,000 services with 8,000 servers: in the kernel", "s", ratio=0.2, digits=2),
         Row("  one weight changed by a reload", "s", ratio=0.3, digits=2),
         Row("  removed and stopped", "s", ratio=0.15, digits=2),
         Row("6,000 services stopped", "s", limit=5, digits=2), Row("  left behind in the kernel", "", limit=0, digits=0))
def _(binary):
    return [*ipvs_load(binary, 2000, 4)[:3], *ipvs_load(binary, 6000, 1)[2:]]


def timed(binary, path):
    """Seconds and peak megabytes of a configuration test."""
    began = time.monotonic()
    process = subprocess.Popen([binary, "-t", "-f", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.monotonic() - began, usage.ru_maxrss / 1024


@measure("checks", Row("CPU per TCP check, 8,000 servers every 10 s", "us", ratio=0.6))
def _(binary):
    seconds = 20
    with Lab(routers=1) as lab:
        host, shim = lab.routers[0], f"{lab.directory}/no-ipvs.so"
        here = os.path.dirname(os.path.abspath(__file__))
        compiler = next(filter(shutil.which, ("cc", "clang")))
        subprocess.run([compiler, "-shared", "-fPIC", "-O", "-o", shim, f"{here}/no-ipvs.c", "-ldl"], check=True)
        host.ip("addr", "add", "10.50.0.1/16", "dev", "lo")
        host.run("sysctl", "-qw", "net.core.somaxconn=8192", "net.ipv4.tcp_max_syn_backlog=8192")
        host.spawn(sys.executable, "-c", "import socket\ns = socket.create_server(('', 80), backlog=8192)\n"
                   "while True: s.accept()[0].close()")
        # Ours needs no persuading: without IPVS its checks run all the same.
        environment = {**os.environ, "LD_PRELOAD": shim} if binary == THEIRS else None
        host.daemon.start("".join(services(2000)), binary=binary, parts=("-C",), detail=False, environment=environment)
        pid = host.daemon.pid("chk.pid")
        time.sleep(16)  # the first rounds, which are spread over ten seconds
        before = cpu_nanoseconds(pid)
        time.sleep(seconds)
        spent = cpu_nanoseconds(pid) - before
        if "Removing service" in host.daemon.log():
            raise RuntimeError("servers were taken down: something else was measured")
        return [spent / 1000 / (800 * seconds)]


def session(name, neighbor, interval, source=None):
    lines = [f"neighbor_ip {neighbor}", f"min_tx {interval}", f"min_rx {interval}", "multiplier 5"]
    return f"bfd_instance {name} {{\n" + "\n".join(lines + ([f"source_ip {source}"] if source else [])) + "\n}\n"


@measure("bfd", Row("CPU per BFD packet, 500 sessions at 50 ms", "us", ratio=0.6),
         Row("memory (PSS) of the BFD process, 500 sessions", "kB", digits=0),
         Row("sessions that fell meanwhile", "", limit=0, digits=0))
def _(binary):
    """The neighbour is ours each time, with 500 addresses."""
    count, seconds = 500, 10
    with Lab() as lab:
        a, b = lab.routers
        far = [f"10.90.{20 + n // 250}.{n % 250 + 1}" for n in range(count)]
        run("ip", "-n", b.name, "-batch", "-", input="".join(f"addr add {address}/16 dev eth0\n" for address in far))
        b.daemon.start(configuration(*(session(f"s{n}", a.address(), 50, far[n]) for n in range(count))), binary=OURS,
                       parts=())
        a.daemon.start(configuration(*(session(f"s{n}", far[n], 50) for n in range(count))), binary=binary,
                       parts=())
        wait_until(lambda: a.daemon.log().count("Entering Up state") >= count, 40, "all sessions are up")
        time.sleep(3)
        pid, falls = a.daemon.pid("bfd.pid"), a.daemon.log().count("Entering Down state")
        before, packets = cpu_nanoseconds(pid), packets_of(a)
        time.sleep(seconds)
        used, heard = cpu_nanoseconds(pid) - before, packets_of(a) - packets
        return [used / 1000 / heard, pss(pid), a.daemon.log().count("Entering Down state") - falls]


def packets_of(host):
    """Packets that came and went on eth0."""
    text = host.run("cat", "/sys/class/net/eth0/statistics/rx_packets", "/sys/class/net/eth0/statistics/tx_packets")
    return sum(map(int, text.split()))


@measure("fast", Row("outage after a cut, fast_failover over 3 x 10 ms", "ms", limit=40))
def _(binary):
    """The master is one or the other; the backup that takes over is always ours."""
    def config(neighbor, priority, extra=""):
        return configuration(session("one", neighbor, 10).replace("multiplier 5", "multiplier 3"),
                             instance(priority=priority, interval=1, extra=extra))
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(config(b.address(), 150), binary=binary, parts=())
        b.daemon.start(config(a.address(), 100, "track_bfd {\n    one fast_failover\n}\n"), binary=OURS, parts=())
        lab.settle(a, timeout=10)
        b.daemon.expect_log(r"instance one is in state Up", 10)
        prober = Prober(lab)
        prober.start()
        time.sleep(1)
        cut = time.monotonic()
        lab.cut(a)
        time.sleep(0.5)
        prober.finish()
        return [1000 * prober.outage(cut)]


# --------------------------------------------------------------------------------------------------------------------

def version(binary):
    done = subprocess.run([binary, "--version"], capture_output=True, text=True)
    return re.sub(r"^Keepalived ", "", done.stderr.splitlines()[0]) if done.stderr else "?"


def compare(name, rounds):
    """Runs a measure in alternating rounds and prints its rows; gives how many targets were missed."""
    rows, body, least = MEASURES[name]
    seen = {OURS: [], THEIRS: []}
    for _ in range(max(rounds, least)):
        for binary in (OURS, THEIRS):
            try:
                seen[binary].append(body(binary))
            except Exception as error:
                print(f"{name}: {binary}: {str(error).splitlines()[0]}", file=sys.stderr)
    if not seen[OURS] or not seen[THEIRS]:
        print(f"{name:<52} could not be measured")
        return 1
    missed = 0
    for index, row in enumerate(rows):
        line, met = row.line(*(statistics.median(values[index] for values in seen[binary]) for binary in (OURS, THEIRS)))
        print(line, flush=True)
        missed += not met
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--list", action="store_true", help="print the measures and end")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    options = parser.parse_args()
    if options.list:
        print("\n".join(MEASURES))
        return 0
    unknown = set(options.measures) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    print(f"ours    {version(OURS)}\ntheirs  {version(THEIRS)}\n")
    print(f"{'':<52} {'ours':>9} {'theirs':>9} {'':<5} {'ratio':>6}   target")
    missed = sum(compare(name, options.rounds) for name in options.measures or MEASURES)
    print(f"\n{missed} target{'' if missed == 1 else 's'} missed" if missed else "\nevery target met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
