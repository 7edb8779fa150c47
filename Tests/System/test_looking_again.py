# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that is down: when each kind of checker looks at it again.

Upstream 2.4.3 waits for delay_loop then, whatever the kind; 2.2.7 does so but for TCP_CHECK and SMTP_CHECK, which go through their
retries again.
"""
import os
import socket
import struct
import threading
import time

from lab import BINARY, PEER, Lab, check, inside
from services import checker, real_server, virtual_server
from suite import test

RETRIES, GAP, LOOP, TIMEOUT = 2, 0.3, 1.2, 0.2
TIMING = [f"retry {RETRIES}", f"delay_before_retry {GAP}", f"delay_loop {LOOP}"]
KINDS = ["TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK", "DNS_CHECK", "UDP_CHECK", "PING_CHECK", "MISC_CHECK"]
PAGE = "url {\n path /\n status_code 200\n}"
LINES = {"HTTP_GET": [PAGE], "SSL_GET": [PAGE], "DNS_CHECK": ["type A", "name www.example.com"]}


class Looks(threading.Thread):
    """When a host was asked, by client and kind of checker: the first packet of each attempt, as it arrives. No port is open, so
    an attempt is one packet, and has failed when the answer is there."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.host, self.seen, self.running = host, {}, True

        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            s.bind(("eth0", 0))
            s.settimeout(0.1)
            return s
        self.socket = inside(host.name, make)
        self.start()

    def run(self):
        while self.running:
            try:
                packet, (_, _, kind, _, _) = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            if kind == socket.PACKET_OUTGOING or len(packet) < 28:
                continue
            client, rest = socket.inet_ntoa(packet[12:16]), packet[(packet[0] & 15) * 4:]
            if packet[9] == 1 and rest[0] == 8:
                self.note(client, "PING_CHECK")
            elif packet[9] in (6, 17):
                port, = struct.unpack("!H", rest[2:4])
                if 1000 < port <= 1000 + len(KINDS):
                    self.note(client, KINDS[port - 1001])

    def note(self, client, kind):
        self.seen.setdefault((client, kind), []).append(time.monotonic())


def looked(lab, host, looks, kind):
    """When the daemon of the host looked at the server of that kind."""
    if kind != "MISC_CHECK":
        return list(looks.seen.get((host.address(), kind), []))
    try:
        with open(f"{lab.directory}/{host.name}.looks") as file:
            return [float(line) for line in file]
    except FileNotFoundError:
        return []


def rhythm(lab, binaries, duration):
    """What each daemon makes of servers that are down from the first look on: the seconds between its looks, by kind."""
    looks = Looks(lab.client)
    lab.client.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_echo_ignore_all=1")
    for host, binary in zip(lab.routers, binaries):
        script = f"{lab.directory}/{host.name}.sh"
        with open(script, "w") as file:
            file.write(f"#!/bin/bash\nread up rest </proc/uptime\necho $up >>{lab.directory}/{host.name}.looks\nexit 1\n")
        os.chmod(script, 0o755)
        blocks = []
        for number, kind in enumerate(KINDS):
            lines = TIMING + LINES.get(kind, [])
            lines += [f"misc_path {script}", f"misc_timeout {TIMEOUT}"] if kind == "MISC_CHECK" else [f"connect_timeout {TIMEOUT}"]
            blocks.append(virtual_server(f"10.99.0.{number}", real_server(lab.client.address(), 1001 + number, checker(kind, *lines))))
        host.daemon.start("global_defs {\n router_id lab\n enable_script_security\n script_user root\n}\n" + "".join(blocks),
                          parts=("-C",), binary=binary)
    time.sleep(duration)
    looks.running = False
    gaps = {}
    for host in lab.routers[:len(binaries)]:
        for kind in KINDS:
            times = looked(lab, host, looks, kind)
            gaps[host, kind] = [b - a for a, b in zip(times, times[1:])]
    return gaps


@test("a server that is down is looked at every delay_loop, by every checker", limit=60, kernel="ipvs")
def _():
    with Lab(routers=2) as lab:
        for (host, kind), gaps in rhythm(lab, [BINARY, PEER], 7).items():
            ours = host.daemon.binary == BINARY
            what = f"{kind} of {'ours' if ours else '2.2.7'}: seconds between looks"
            check(len(gaps) >= 3, what, gaps)
            gaps = gaps[1:]  # the other daemon was being started
            wanted = LOOP + (TIMEOUT if kind == "PING_CHECK" else 0)  # the others are refused at once
            if not ours and kind in ("TCP_CHECK", "SMTP_CHECK"):
                check(len([gap for gap in gaps if abs(gap - GAP) < 0.15]) >= RETRIES, what, gaps)
            else:
                check(all(wanted - 0.15 < gap < wanted + 0.45 for gap in gaps), what, gaps)
