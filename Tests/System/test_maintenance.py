# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parent does around its children: scripts of start and stop, and reloads by the clock."""
import datetime
import os
import re
import signal
import time

from lab import PEER, Lab, check, configuration, instance, wait_until
from suite import need, test
from test_notify import SECURE, Scripts


@test("startup_script and shutdown_script: before the children and after them, as their user, no longer than their time",
      limit=30)
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        start = scripts.make("start", 'echo "start $* $(id -un) $(ip -o addr show to 10.90.9.9 | wc -l)" >>$OUT/calls; exit 3')
        stop = scripts.make("stop", 'echo "stop $* $(ip -o addr show to 10.90.9.9 | wc -l)" >>$OUT/calls; sleep 9; echo late >>$OUT/calls')
        text = configuration(instance(), extra=f'startup_script "{start} a b" nobody\nshutdown_script "{stop} c"\n'
                                               "shutdown_script_timeout 1\n" + SECURE)
        a.daemon.start(text)
        a.daemon.expect_log(r"Entering MASTER", 5)
        check(scripts.calls() == ["start a b nobody 0"], scripts.calls())
        log = a.daemon.log()
        check(log.index("startup script") < log.index("Starting VRRP child"), "the startup script ran late", log)
        check(re.search(r"startup script .* failed", log), "its status is not told", log)
        began = time.monotonic()
        check(a.daemon.stop(5) == 0, "exit code")
        check(0.9 < time.monotonic() - began < 3.5, f"the end took {time.monotonic() - began:.1f} s")
        check(scripts.calls()[1:] == ["stop c 0"], "the shutdown script ran while addresses were held, or too long",
              scripts.calls())


@test("reload_time_file: reloads at its time, is removed, and a repeated time of day is kept", limit=40)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        path = f"{lab.directory}/reload"

        def text(priority, *more):
            return configuration(instance(priority=priority), extra="\n".join([f"reload_time_file {path}", *more]) + "\n")

        def write(line):
            with open(path, "w") as file:
                file.write(line + "\n")

        def soon(form, seconds=2):
            return (datetime.datetime.now() + datetime.timedelta(seconds=seconds)).strftime(form)
        a.daemon.start(text(100))
        a.daemon.expect_log(r"Entering MASTER", 5)
        for line, answer in (("garbage", r"Invalid reload time 'garbage'"), (soon("%Y-%m-%d %H:%M:%S", -9), r"is in the past")):
            write(line)
            a.daemon.expect_log(answer, 3)
        write(soon("%H:%M:%S", 3600))
        a.daemon.expect_log(r"Scheduling reload for \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", 3)
        os.unlink(path)
        a.daemon.expect_log(r"Cancelling reload", 3)
        a.daemon.write(text(120))
        mark, began = a.daemon.mark(), time.monotonic()
        write(soon("%y-%m-%d %H:%M:%S"))
        a.daemon.expect_log(r"Reload complete", 5, mark)
        check(0.8 < time.monotonic() - began < 3, f"reloaded after {time.monotonic() - began:.1f} s instead of 1 to 2")
        check("effective priority from 100 to 120" in a.daemon.since(mark), a.daemon.since(mark))
        check(not os.path.exists(path), "the file is still there")
        a.daemon.reload(text(130, "reload_repeat"))
        a.daemon.expect_log(r"from 120 to 130", 3)
        mark = a.daemon.mark()
        write(soon("%H:%M:%S"))
        a.daemon.expect_log(r"Reload complete", 5, mark)
        check(os.path.exists(path), "the file was removed")
        check(len(re.findall(r"Scheduling reload", a.daemon.since(mark))) == 2, "tomorrow is not scheduled", a.daemon.since(mark))


@test("reload_file exists while a reload reads", limit=20)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        path, pipe = f"{lab.directory}/reading", f"{lab.directory}/more.conf"
        text = configuration(instance(), extra=f"reload_file {path}\n")
        a.daemon.start(text)
        a.daemon.expect_log(r"Entering MASTER", 5)
        check(not os.path.exists(path), "it exists without a reload")
        seen = []
        a.daemon.write(text + "# " + "x" * 3_000_000 + "\n" + "# y\n" * 200_000)
        a.daemon.signal(signal.SIGHUP)
        end = time.monotonic() + 8
        while "Reload complete" not in a.daemon.log() and time.monotonic() < end:
            seen.append(os.path.exists(path))
        check(any(seen), "it was never there", len(seen))
        check(not os.path.exists(path), "it is still there")


@test("-a and -d: addresses that come and go, and the configuration, in the log", limit=20)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "-a", "-d")
        a.daemon.expect_log(r"Entering MASTER", 5)
        mark = a.daemon.mark()
        a.ip("addr", "add", "10.90.3.3/24", "dev", "eth0")
        a.daemon.expect_log(r"Netlink reflector reports IP 10\.90\.3\.3 added to eth0", 3, mark)
        a.ip("addr", "del", "10.90.3.3/24", "dev", "eth0")
        a.daemon.expect_log(r"Netlink reflector reports IP 10\.90\.3\.3 removed from eth0", 3, mark)
        log = a.daemon.log()
        for line in ("------< Global definitions >------", " Router ID = lab", "------< VRRP Topology >------",
                     " VRRP Instance = VI", "   Virtual Router ID = 7", "     10.90.9.9 dev eth0 scope global"):
            check(f": {line}\n" in log, f"not in the log: {line}", log)
        check("   State =" not in log, "a state in the configuration", log)


@test("-d: each process logs its part of the configuration", limit=20, known="2.2.7 ends where the kernel has no IPVS")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        session = "bfd_instance B {\n    neighbor_ip 10.90.0.77\n    min_rx 50\n}\n"
        server = ("virtual_server 10.90.8.1 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n"
                  "    real_server 10.90.8.2 80 {\n        weight 3\n    }\n}\n")
        a.daemon.start(configuration(session, server, instance()), "-d", parts=(), detail=False)
        for line in ("------< Global definitions >------", "------< VRRP Topology >------", "   Virtual Router ID = 7",
                     "------< BFD Topology >------", "   Required min RX interval = 50000 us", "------< LVS Topology >------",
                     " VS VIP = 10.90.8.1, VPORT = 80", "------< Real server >------"):
            a.daemon.expect_log(rf": *{re.escape(line)}\n")
        check("local state" not in a.daemon.log(), "a state in the configuration", a.daemon.log())


@test("set_supplementary_groups and use_symlink_paths: the groups of the user, and the path as it is written", limit=20)
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        real = scripts.make("real", 'echo "$0 $(id -G)" >>$OUT/calls')
        link = f"{scripts.directory}/link"
        os.symlink(real, link)
        user = next((entry.split(":") for entry in open("/etc/group") if entry.split(":")[3].strip()), None)
        name = user[3].strip().split(",")[0] if user else "root"
        a.daemon.start(configuration(instance(extra=f'notify_master "{link}"'),
                                     extra=f"set_supplementary_groups\nuse_symlink_paths\nscript_user {name}\n"
                                           "enable_script_security\n"))
        wait_until(scripts.calls, 6, "the script", a.daemon.log)
        path, *groups = scripts.calls()[0].split()
        check(path == link, scripts.calls())
        wanted = set(os.getgrouplist(name, __import__("pwd").getpwnam(name).pw_gid))
        check({int(group) for group in groups} == wanted, f"groups {groups} of {name}, not {wanted}")
