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
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))
sys.dont_write_bytecode = True
from lab import Lab, Prober, configuration, instance, pss, wait_until  # noqa: E402
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
            met, target = ours <= self.limit, f"≤ {self.number(self.limit)} {self.unit}"
        if self.ratio is not None:
            met = met and (quotient is None or quotient <= self.ratio)
            target = f"ratio ≤ {self.ratio:g}"
        shown = f"{quotient:.2f}" if quotient is not None else "-"
        return (f"{self.name:<52} {self.number(ours):>9} {self.number(theirs):>9} {self.unit:<5} {shown:>6}   "
                f"{target:<14} {'' if met else 'MISSED'}").rstrip(), met

    def number(self, value):
        return f"{value:,.{self.digits}f}"


MEASURES = {}


def measure(name, *rows):
    """Declares a measure: a function of a binary that gives one value for each row."""
    def declare(body):
        MEASURES[name] = (rows, body)
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


@measure("start", Row("cold start of 200 + 200 instances, false claims", "", limit=0, digits=0))
def _(binary):
    with Lab(links=4) as lab:
        a, b = lab.routers
        a.daemon.start(many(200, 4, 150), binary=binary, syslog=True)
        b.daemon.start(many(200, 4, 100), binary=binary, syslog=True)
        time.sleep(10)
        return [b.daemon.log().count("Entering MASTER STATE")]


def cpu_nanoseconds(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


@measure("cpu", Row("CPU per advert sent, 1,000 instances", "us", ratio=0.6),
         Row("CPU per advert received, 1,000 instances", "us", ratio=0.6),
         Row("memory (PSS) of the VRRP process, 1,000 instances", "kB", ratio=1, digits=0))
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
        return [*((late - early) / 1000 / seconds / count for early, late in zip(before, after)), pss(pids[0])]


@measure("takeover", Row("1,000 addresses: last one in the kernel", "ms", ratio=0.6),
         Row("1,000 addresses: last first announcement", "ms", ratio=0.65),
         Row("1,000 addresses: mean first announcement", "ms", ratio=0.4),
         Row("1,000 addresses: worst advert late by", "ms", limit=100))
def _(binary):
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Sniffer(lab.client)
        with open(f"{lab.directory}/monitor", "w") as output:
            monitor = a.spawn("ip", "-ts", "-o", "monitor", "address", stdout=output)
        time.sleep(0.3)
        addresses = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
        a.daemon.start(configuration(instance(interval=1, excluded=addresses), version=2), binary=binary, detail=False)
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


# --------------------------------------------------------------------------------------------------------------------

def version(binary):
    done = subprocess.run([binary, "--version"], capture_output=True, text=True)
    return re.sub(r"^Keepalived ", "", done.stderr.splitlines()[0]) if done.stderr else "?"


def compare(name, rounds):
    """Runs a measure in alternating rounds and prints its rows; gives how many targets were missed."""
    rows, body = MEASURES[name]
    seen = {OURS: [], THEIRS: []}
    for _ in range(rounds):
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
