# SPDX-License-Identifier: GPL-2.0-or-later
"""Checkers against servers that fail in every way: when servers go down and come up, and what is said of it.

On a kernel without IPVS all checks run, only the kernel's table is missing. Tests that compare with upstream need IPVS.
"""
import time

from lab import BINARY, PEER, Lab, check, wait_until
from services import (DatagramServer, Fifo, MailServer, NameServer, StreamServer, WebServer, checker, real_server, tls,
                      virtual_server)
from suite import test

RETRIES, GAP, LOOP, TIMEOUT = 2, 0.3, 0.6, 0.6
TIMING = [f"retry {RETRIES}", f"delay_before_retry {GAP}", f"delay_loop {LOOP}", f"connect_timeout {TIMEOUT}"]
QUICK, SLOW = RETRIES * GAP, RETRIES * GAP + (RETRIES + 1) * TIMEOUT

# How each kind of server fails: what the failing attempts last in all, from the first to the verdict.
FAILURES = {
    "TCP_CHECK": {"refuse": QUICK, "cut": SLOW},
    "HTTP_GET": {"refuse": QUICK, "silent": SLOW, "garbage": QUICK, "early": QUICK, "reset": QUICK, "error": QUICK,
                 "short": QUICK},
    "SSL_GET": {"refuse": QUICK, "silent": SLOW, "garbage": QUICK, "early": QUICK, "reset": QUICK, "error": QUICK,
                "short": QUICK},
    "SMTP_CHECK": {"refuse": QUICK, "silent": SLOW, "garbage": QUICK, "early": QUICK, "reset": QUICK, "error": QUICK},
    "DNS_CHECK": {"refuse": QUICK, "silent": SLOW, "garbage": SLOW, "error": QUICK, "lying": QUICK},
    "UDP_CHECK": {"refuse": QUICK, "silent": SLOW, "garbage": QUICK, "endless": QUICK},
    "PING_CHECK": {"cut": SLOW},
}
# What upstream 2.2.7 judges otherwise: it waits for the end of a garbled answer, and takes half an answer for a whole one.
UPSTREAM = {("HTTP_GET", "garbage"): SLOW, ("HTTP_GET", "short"): None, ("SSL_GET", "short"): None,
            ("UDP_CHECK", "endless"): QUICK, ("DNS_CHECK", "lying"): None}


class Farm:
    """One server of every kind on the client, a virtual server for each, and daemons that check them."""

    def __init__(self, lab, binaries):
        self.lab, host = lab, lab.client
        host.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")  # a refused datagram is always told
        page = "url {\n path /\n status_code 200\n}"
        self.servers = {
            "TCP_CHECK": (StreamServer(host, 1001), []),
            "HTTP_GET": (WebServer(host, 1002), [page.replace("path", "digest b1946ac92492d2347c6235b4d2611184\n path")]),
            "SSL_GET": (WebServer(host, 1003, context=tls(lab.directory)), [page]),
            "SMTP_CHECK": (MailServer(host, 1004), []),
            "DNS_CHECK": (NameServer(host, 1005), ["type A", "name www.example.com"]),
            "UDP_CHECK": (DatagramServer(host, 1006), ["payload 70696e67", "require_reply 706f6e67"]),
            "PING_CHECK": (StreamServer(host, 1007), []),
        }
        blocks = []
        for number, (kind, (server, lines)) in enumerate(self.servers.items()):
            blocks.append(virtual_server(f"10.99.0.{number}", real_server(*server.endpoint, checker(kind, *TIMING, *lines))))
        self.watchers = []
        for host, binary in zip(lab.routers, binaries):
            host.fifo = Fifo(lab, f"{lab.directory}/{host.name}.fifo")
            self.watchers.append(host)
            host.daemon.start(f"global_defs {{\n router_id lab\n lvs_notify_fifo {host.fifo.path}\n}}\n" + "".join(blocks),
                              parts=("-C",), binary=binary)
        for host in self.watchers:  # upstream says nothing of a DNS server that is up
            host.daemon.expect_log("ICMP connection to .* success", 10)
            wait_until(lambda: all(server.by(host.address()) for kind, (server, _) in self.servers.items()
                                   if kind != "PING_CHECK"), 10, "every server is checked", host.daemon.log)

    def name(self, kind):
        return f"[10.99.0.{list(self.servers).index(kind)}]"

    def told(self, host, kind, word, since, timeout=8):
        """When the pipe said so of the server of that kind."""
        def found():
            return next((at for at, line in list(host.fifo.events) if at >= since and line.startswith("RS")
                         and self.name(kind) in line and line.endswith(word)), None)
        return wait_until(found, timeout, f"{host.daemon.binary} says {word} of {kind}", host.daemon.log)

    def fail(self, failures):
        """Lets servers fail, each in its way, and come back; gives what each daemon made of it, by kind."""
        began = {kind: self.servers[kind][0].change(mode) for kind, mode in failures.items()}
        seen = {}
        for kind, mode in failures.items():
            for host in self.watchers:
                if host.daemon.binary != BINARY and UPSTREAM.get((kind, mode), "") is None:
                    continue
                down = self.told(host, kind, "DOWN", began[kind])
                tries = [a.at for a in self.servers[kind][0].by(host.address(), began[kind]) if a.at <= down]
                seen[host, kind] = [down, tries]
        wait_until(lambda: all(len(self.servers[kind][0].by(host.address(), down)) >= 2 for (host, kind), (down, _)
                               in seen.items() if failures[kind] not in ("refuse", "cut")), 8, "checks go on while down")
        back = {kind: self.servers[kind][0].change("good") for kind in failures}
        for (host, kind), record in seen.items():
            record.append([a.at for a in self.servers[kind][0].by(host.address(), record[0]) if a.at < back[kind]])
            up = self.told(host, kind, "UP", back[kind])
            record += [back[kind], up, [a.at for a in self.servers[kind][0].by(host.address(), back[kind], "good")
                                        if a.at <= up]]
        return seen


def judge(farm, failures, seen, slack):
    """Compares what was seen with the times that the configuration asks for."""
    for (host, kind), (down, tries, later, back, up, good) in seen.items():
        mode, ours = failures[kind], host.daemon.binary == BINARY
        what = f"{kind} {mode} by {'ours' if ours else 'upstream'}"
        lasted = FAILURES[kind][mode] if ours else UPSTREAM.get((kind, mode), FAILURES[kind][mode])
        evidence = f"tries {tries}\ndown {down}\nwhile down {later}\nback {back} up {up}\ngood {good}"
        if mode not in ("refuse", "cut"):
            check(len(tries) == RETRIES + 1, f"{what}: {len(tries)} attempts before it is down", evidence)
            took = down - tries[0]
            check(lasted - slack / 3 < took < lasted + slack, f"{what}: down after {took:.2f} s, not {lasted:.2f}", evidence)
            apart = (later[1] - later[0]) - (lasted - QUICK) / (RETRIES + 1)
            check(not ours or LOOP - slack / 3 < apart < LOOP + slack, f"{what}: {apart:.2f} s between checks while down", evidence)
        wanted = 2 if kind in ("HTTP_GET", "SSL_GET") else 1
        if kind != "PING_CHECK":
            check(len(good) == wanted, f"{what}: up after {len(good)} good attempts, not {wanted}", evidence)
        longest = wanted * LOOP + TIMEOUT
        check(up - back < longest + slack, f"{what}: up after {up - back:.2f} s", evidence)


def rounds():
    """The modes of all kinds side by side, a cut apart from the others: it takes all servers away."""
    modes = {kind: [mode for mode in FAILURES[kind] if mode != "cut"] for kind in FAILURES}
    for turn in range(max(map(len, modes.values()))):
        yield {kind: modes[kind][turn] for kind in modes if turn < len(modes[kind])}


@test("every checker takes a server down after its retries and brings it back, however the server fails", limit=120)
def _():
    with Lab(routers=1) as lab:
        farm = Farm(lab, [BINARY])
        log = lab.routers[0].daemon.log()
        check("this kernel has no IPVS" in log, "what is missing is said", log)
        for failures in rounds():
            judge(farm, failures, farm.fail(failures), 0.4)
        check_cut(lab, farm)


def check_cut(lab, farm):
    """The servers' cable is pulled, with connections half open; everything goes down, and comes back."""
    began = time.monotonic()
    lab.cut(lab.client)
    for host in farm.watchers:
        for kind in farm.servers:
            down = farm.told(host, kind, "DOWN", began, 10)
            # The attempt under way at the cut may fail, or the one after it; without an answer to ARP it is unreachable.
            check(down - began < LOOP + SLOW + 3.5, f"{kind}: down {down - began:.2f} s after the cut")
    back = time.monotonic()
    lab.mend(lab.client)
    for host in farm.watchers:
        for kind in farm.servers:
            up = farm.told(host, kind, "UP", back, 10)
            check(up - back < 2 * LOOP + TIMEOUT + 1, f"{kind}: up {up - back:.2f} s after the cable is back")


@test("every checker's verdicts come when upstream's come, however the server fails", limit=200, kernel="ipvs")
def _():
    with Lab(routers=2) as lab:
        farm = Farm(lab, [BINARY, PEER])
        for failures in rounds():
            judge(farm, failures, farm.fail(failures), 0.7)
