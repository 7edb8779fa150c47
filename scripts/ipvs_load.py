#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Seconds to bring services into the kernel, to reload one changed weight, and to take all away again.

    ipvs_load.py BINARY SERVICES SERVERS

Runs where the kernel has IPVS (scripts/with-ipvs). Prints the three times and how many services were left behind.
"""
import os
import re
import signal
import subprocess
import sys
import time


def configuration(services, servers):
    yield "global_defs {\n router_id bench\n}\n"
    for i in range(services):
        yield (f"virtual_server 10.{96 + i // 62500}.{i // 250 % 250}.{i % 250 + 1} 80 {{\n delay_loop 10\n lb_algo wlc\n"
               " lb_kind DR\n protocol TCP\n")
        for j in range(servers):
            n = servers * i + j
            yield f" real_server 10.{50 + n // 62500}.{n // 250 % 250}.{n % 250 + 1} 80 {{\n  weight 1\n }}\n"
        yield "}\n"


def table():
    with open("/proc/net/ip_vs") as file:
        return file.read()


def wait(condition, pause=0.05, limit=120):
    """To look takes the only processor, so a load is looked at seldom, and a change, which is short, more often."""
    end = time.monotonic() + limit
    while not condition(table()):
        if time.monotonic() > end:
            sys.exit("it did not happen in time")
        time.sleep(pause)


def main():
    binary, services, servers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    text = "".join(configuration(services, servers))
    with open("/run/bench.conf", "w") as file:
        file.write(text)
    began = time.monotonic()
    with open("/run/bench.log", "w") as log:
        daemon = subprocess.Popen([binary, "-n", "-C", "-f", "/run/bench.conf", "-p", "/run/bench.pid", "-c", "/run/bench-c.pid"],
                                  stdout=log, stderr=log)
    wait(lambda now: now.count("  -> ") > services * servers)
    loaded = time.monotonic() - began
    time.sleep(1)
    with open("/run/bench.conf", "w") as file:
        file.write(text.replace("weight 1", "weight 9", 1))
    began = time.monotonic()
    os.kill(daemon.pid, signal.SIGHUP)
    wait(lambda now: re.search(r"Route\s+9\s", now), 0.01)
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
