# SPDX-License-Identifier: GPL-2.0-or-later
"""Options of the command line that have no other test: what they change, beside 2.2.7."""
import os
import re
import signal
import time

from lab import BINARY, PEER, Lab, alive, check, children, configuration, instance, stays_true, wait_until
from suite import need, test


def said(binary, *flags):
    """The log of a master that meets a stranger's address, a reload and the loss of its link, without what differs between runs."""
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(interval=0.1)), *flags, binary=binary)
        wait_until(lambda: a.holds("10.90.9.9"), 10, "master", lab.logs)
        a.ip("addr", "add", "10.90.0.77/16", "dev", "eth0")
        a.ip("addr", "del", "10.90.0.77/16", "dev", "eth0")
        mark = a.daemon.mark()
        a.daemon.reload()
        a.daemon.expect_log("Reload complete|Reload finished", since=mark)
        a.link_down()
        a.daemon.expect_log("Entering FAULT", since=mark)
        a.link_up()
        wait_until(lambda: a.holds("10.90.9.9"), 10, "master again", lab.logs)
        a.daemon.stop()
        lines = (line.split(": ", 1)[-1] for line in a.daemon.log().splitlines() if "/tmp/" not in line)
        return {re.sub(r"\d+\.\d+ s|pid[ =]\d+|\d{4,}", "#", line) for line in lines if not re.match(r" |.*fe80::", line)}


@test("-a: each address that comes or goes is logged in the words of 2.2.7", limit=40)
def _():
    need(PEER)
    found = []
    for binary in (BINARY, PEER):
        found.append({line for line in said(binary, "-a") if "reflector reports" in line})
    ours, theirs = found
    for what in ("added to", "removed from"):
        line = f"Netlink reflector reports IP 10.90.0.77 {what} eth0"
        check(line in ours and line in theirs, line, "ours:", *ours, "2.2.7:", *theirs)
    check(not any("reflector reports" in line for line in said(BINARY)), "only with -a")


@test("a second -D, and -X, add nothing to what -D says and change nothing, as with 2.2.7", limit=60)
def _():
    need(PEER)
    for binary in (BINARY, PEER):
        once, more = said(binary), said(binary, "-D", "-X")
        check(once == more, f"with {binary}", *sorted(once ^ more))


@test("-B: no BFD process, though there are sessions; without it there is one")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        config = configuration("bfd_instance b {\n    neighbor_ip 10.90.0.9\n    source_ip 10.90.0.1\n}\n", instance())
        for flags, count in (((), 2), (("-B",), 1)):
            a.daemon.start(config, *flags)
            a.daemon.expect_log("Entering BACKUP")
            wait_until(lambda: len(children(a.daemon.pid())) == count, 3, f"{count} children", lab.logs)
            stays_true(lambda: len(children(a.daemon.pid())) == count, 0.3, "and no more")
            a.daemon.stop()


@test("--ignore-sigint: INT ends neither the parent nor a child, TERM all; -m: cores may be of any size")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "--ignore-sigint", "-m")
        wait_until(lambda: a.holds("10.90.9.9"), 10, "master", lab.logs)
        processes = a.daemon.processes()
        for pid in processes:
            with open(f"/proc/{pid}/limits") as file:
                check(re.search(r"Max core file size +unlimited +unlimited", file.read()), "any size")
            os.kill(pid, signal.SIGINT)
        time.sleep(0.5)
        check(a.daemon.processes() == processes and all(map(alive, processes)), "all are alive", lab.logs())
        check(a.daemon.stop() == 0, "ends well")


@test("--log-file=FILE --flush-log-file: a log file for each process, the process's name before the last dot", known="2.2.7 is built without")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), f"--log-file={lab.directory}/own.log", "--flush-log-file")
        for name, line in (("own.log", "Starting VRRP child process"), ("own_vrrp.log", "(VI) Entering BACKUP STATE")):
            def text(name=name):
                try:
                    with open(f"{lab.directory}/{name}") as file:
                        return file.read()
                except FileNotFoundError:
                    return ""
            wait_until(lambda line=line: line in text(), 3, f"{line} in {name}", text)
        a.daemon.stop()


@test("-M PATTERN: the kernel's pattern for cores is that", kernel="ipvs")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "--core-dump-pattern=/tmp/core-of-%p")
        a.daemon.expect_log("Entering BACKUP STATE", 15)
        with open("/proc/sys/kernel/core_pattern") as file:
            check(file.read() == "/tmp/core-of-%p\n", "the pattern", a.daemon.log())
