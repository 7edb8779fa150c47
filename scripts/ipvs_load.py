#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Seconds to bring services into the kernel, to reload one changed weight, and to take all away again.

    ipvs_load.py BINARY SERVICES SERVERS

Runs where the kernel has IPVS (scripts/with-ipvs). Prints the three times and how many services were left behind.

There is one processor, and to print the table takes longer than what is measured: so one service is asked for, the last one of the file or
the one that changes, by the calls that ipvsadm made before netlink.
"""
import ctypes
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
GET_INFO, GET_SERVERS = 1153, 1156
# struct ip_vs_get_dests before its table; struct ip_vs_dest_entry, and where its weight stands.
HEAD, ENTRY, WEIGHT = struct.Struct("=H2x4s2s2xII4x"), 96, 12


def configuration(services, servers):
    yield "global_defs {\n router_id bench\n}\n"
    for i in range(services):
        yield (f"virtual_server {address(i)} 80 {{\n delay_loop 10\n lb_algo wlc\n"
               " lb_kind DR\n protocol TCP\n")
        for j in range(servers):
            n = servers * i + j
            yield f" real_server 10.{50 + n // 62500}.{n // 250 % 250}.{n % 250 + 1} 80 {{\n  weight 1\n }}\n"
        yield "}\n"


def address(service):
    return f"10.{96 + service // 62500}.{service // 250 % 250}.{service % 250 + 1}"


class Kernel:
    """The table of services, asked a little at a time."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def ask(self, option, request, room):
        buffer, length = ctypes.create_string_buffer(request, room), ctypes.c_uint32(room)
        failed = libc.getsockopt(self.socket.fileno(), socket.IPPROTO_IP, option, buffer, ctypes.byref(length))
        return None if failed else buffer.raw

    def services(self):
        return struct.unpack("=III", self.ask(GET_INFO, b"", 12))[2]

    def weights(self, service, servers):
        """The weights of the servers of a service; None unless it is there and has so many."""
        request = HEAD.pack(socket.IPPROTO_TCP, socket.inet_aton(address(service)), (80).to_bytes(2, "big"), 0, servers)
        answer = self.ask(GET_SERVERS, request, HEAD.size + servers * ENTRY)
        if answer is None or HEAD.unpack_from(answer)[4] != servers:
            return None
        return [struct.unpack_from("=i", answer, HEAD.size + n * ENTRY + WEIGHT)[0] for n in range(servers)]


def wait(condition, limit=120):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            sys.exit("it did not happen in time")
        time.sleep(0.005)


def table():
    with open("/proc/net/ip_vs") as file:
        return file.read()


def main():
    binary, services, servers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    text, kernel = "".join(configuration(services, servers)), Kernel()
    with open("/run/bench.conf", "w") as file:
        file.write(text)
    began = time.monotonic()
    with open("/run/bench.log", "w") as log:
        daemon = subprocess.Popen([binary, "-n", "-C", "-f", "/run/bench.conf", "-p", "/run/bench.pid", "-c", "/run/bench-c.pid"],
                                  stdout=log, stderr=log)
    wait(lambda: kernel.services() == services and kernel.weights(services - 1, servers))
    loaded = time.monotonic() - began
    if (count := table().count("  -> ")) != services * servers + 1:
        print(f"only {count - 1} servers are in the kernel", file=sys.stderr)
    time.sleep(1)
    with open("/run/bench.conf", "w") as file:
        file.write(text.replace("weight 1", "weight 9", 1))
    began = time.monotonic()
    os.kill(daemon.pid, signal.SIGHUP)
    wait(lambda: 9 in (kernel.weights(0, servers) or ()))
    reloaded = time.monotonic() - began
    time.sleep(2)
    began = time.monotonic()
    daemon.terminate()
    daemon.wait()
    stopped = time.monotonic() - began
    left = len(re.findall(r"^TCP", table(), re.M))
    subprocess.run(["ipvsadm", "-C"], check=False)
    print(f"{loaded:.3f} {reloaded:.3f} {stopped:.3f} {left}")


main()
