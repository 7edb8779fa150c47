# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as a program: command line, exit codes, files, signals, logs, systemd."""
import difflib
import os
import re
import signal
import socket
import subprocess
import threading
import time

from lab import anonymous, BINARY, Lab, alive, check, children, configuration, instance, name as process_name, pss, readers, wait_until
from services import checker, real_server, virtual_server
from suite import need, test
from test_notify import SECURE, Scripts
from test_status import Dumps
from wire import Sniffer

VIP = "10.90.9.9"
SIGJSON, STATS_CLEAR = 36, 63


def keepalived(*words, **options):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=10, **options)


# --------------------------------------------------------------------------------------------------------------------
# Command line

@test("--version: on stderr, in the form that deployment tools parse")
def _():
    for option in ("--version", "-v", "--vers"):
        done = keepalived(option)
        check(done.returncode == 0 and done.stdout == "", f"{option}: exit {done.returncode}, stdout {done.stdout!r}")
        first = done.stderr.splitlines()[0]
        check(re.fullmatch(r"Keepalived v\d+\.\d+\.\d+ \(\S+\)", first), "the first line", first)
        for text in ("configure options:", "--enable-json", "Config options:", "System options:"):
            check(text in done.stderr, f"{text} is there", done.stderr)


@test("--version: 2.4 or later", known="it is 2.2.7")
def _():
    word = keepalived("--version").stderr.split()[1]
    check(tuple(map(int, word.lstrip("v").split("."))) >= (2, 4, 0), "the number", word)


@test("--help: on stderr, every option named")
def _():
    done = keepalived("--help")
    check(done.returncode == 0 and done.stdout == "", f"exit {done.returncode}, stdout {done.stdout!r}")
    for option in ("--use-file", "--vrrp", "--check", "--no_bfd", "--all", "--log-console", "--log-detail", "--log-facility",
                   "--no-syslog", "--umask", "--release-vips", "--dont-release-vrrp", "--dont-release-ipvs",
                   "--dont-respawn", "--dont-fork", "--dump-conf", "--pid", "--vrrp_pid", "--checkers_pid", "--bfd_pid",
                   "--address-monitoring", "--snmp", "--snmp-agent-socket", "--namespace", "--core-dump",
                   "--config-id", "--signum", "--config-test", "--version", "--help"):
        check(option in done.stderr, f"{option} is explained", done.stderr)


for name, number in (("STOP", 15), ("RELOAD", 1), ("DATA", 10), ("STATS", 12), ("STATS_CLEAR", 63), ("JSON", 36)):
    @test(f"--signum={name} is {number}")
    def _(name=name, number=number):
        done = keepalived(f"--signum={name}")
        check((done.returncode, done.stdout) == (0, f"{number}\n"), "the answer", done)


@test("--signum: an unknown name is an error")
def _():
    for name in ("HUP", "USR1", "stop", ""):
        done = keepalived(f"--signum={name}")
        check(done.returncode == 1 and done.stdout == "", f"{name}: {done}")
    check("Unknown sigfunc HUP" in keepalived("--signum=HUP").stderr, "it says so")


@test("an unknown option, or one without its value: exit 1")
def _():
    for words, text in ((["--nonsense"], "--nonsense"), (["-f"], "-f"), (["-Q"], "Q")):
        done = keepalived(*words)
        check(done.returncode == 1 and text in done.stderr, f"{words}: {done}")


@test("combined short options, as deployments write them: -nlD, -ldn")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "-nlD", "-ldn", "-G", "-S", "7", "-x")
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)


def verdict(text, code, said):
    """What -t thinks of a file, on a host that has eth0."""
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.write(text)
        done = subprocess.run(["ip", "netns", "exec", a.name, BINARY, "-t", "-f", a.daemon.path("conf")],
                              capture_output=True, text=True, timeout=20)
        check(done.returncode == code, f"exit {done.returncode}, not {code}", done.stderr)
        check(done.stdout == "", "nothing on stdout", done.stdout)
        for part in said:
            check(part in done.stderr, f"says {part!r}", done.stderr)
        check(code == 0 or done.stderr, "and says why")


GOOD = configuration(instance())
for what, text, code, said in (
        ("a good file", GOOD, 0, ()),
        ("an empty file", "", 0, ()),
        ("an unknown keyword", GOOD.replace("    priority", "    prioriti"), 5, ["prioriti", "9"]),
        ("a missing brace", GOOD[:-2], 5, ()),
        ("a missing interface", GOOD.replace("eth0", "nope0"), 5, ["nope0"]),
        ("a number out of range", GOOD.replace("virtual_router_id 7", "virtual_router_id 256"), 5, ["256"]),
        ("a missing VRID", GOOD.replace("virtual_router_id 7", ""), 5, ()),
        ("a script without security", GOOD.replace("    priority", "    notify /bin/true\n    priority"), 6, ())):
    @test(f"-t: {what}: exit {code}")
    def _(text=text, code=code, said=said):
        verdict(text, code, said)


@test("-t: a missing file is an error, and it says so", known="2.2.7 says so and exits with 0")
def _():
    done = keepalived("-t", "-f", "/nonexistent/keepalived.conf")
    check(done.returncode == 4 and "/nonexistent/keepalived.conf" in done.stderr, f"{done}")


@test("-t: messages go to a file when one is named, and puppet's order of options works")
def _():
    with Lab(routers=1) as lab:
        path, log = f"{lab.directory}/t.conf", f"{lab.directory}/t.log"
        with open(path, "w") as file:
            file.write(GOOD.replace("    priority", "    prioriti").replace("eth0", "lo"))
        done = keepalived(f"--config-test={log}", "-f", path)
        check(done.returncode == 5 and done.stderr == "", f"{done}")
        with open(log) as file:
            check("prioriti" in file.read(), "the message is in the file")
        with open(path, "w") as file:
            file.write("global_defs {\n    router_id x\n}\n")
        check(keepalived("-l", "-t", "-f", path).returncode == 0, "-l -t -f FILE")


# --------------------------------------------------------------------------------------------------------------------
# Starting and stopping

@test("no configuration: exit 6")
def _():
    with Lab(routers=1) as lab:
        missing = f"{lab.directory}/missing.conf"
        process = lab.routers[0].spawn(BINARY, "-n", "-l", "-G", "-f", missing, *lab.routers[0].daemon.pid_options(),
                                       stderr=subprocess.PIPE, text=True)
        _, said = process.communicate(timeout=5)
        check(process.returncode == 6, f"exit {process.returncode}", said)
        check(missing in said, "it names the file", said)


@test("an instance that cannot run ends the daemon with exit 2")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()).replace("virtual_router_id 7", ""))
        check(a.daemon.wait() == 2, f"exit {a.daemon.process.returncode}", lab.logs())


@test("pid files: one decimal number and a newline, of living processes; gone after the end")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        parent, child = a.daemon.pid(), a.daemon.pid("vrrp.pid")
        for which, pid in (("pid", parent), ("vrrp.pid", child)):
            with open(a.daemon.path(which)) as file:
                check(file.read() == f"{pid}\n", f"{which}")
            with open(f"/proc/{pid}/comm") as file:
                check(file.read() == "keepalived\n", "the process name")
            with open(f"/proc/{pid}/cmdline") as file:
                words = file.read().split("\0")
            check(a.daemon.path("conf") in words and os.path.basename(words[0]) == "keepalived", "its command line", words)
        check(child in children(parent), "the VRRP process is the parent's child")
        check(a.daemon.stop() == 0, "exit code")
        for which in ("pid", "vrrp.pid", "chk.pid", "bfd.pid"):
            check(not os.path.exists(a.daemon.path(which)), f"{which} is left behind")


@test("the process that reads the configuration stays for the next reading, whatever signals it gets, and goes when there is none")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        done = 0

        def reload(config):
            nonlocal done
            done += 1
            a.daemon.reload(config)
            wait_until(lambda: a.daemon.log().count("Reload complete") == done, 5, f"reload {done}", lab.logs)

        def reader():
            return wait_until(lambda: readers(a.daemon.pid()), 2, "a reader", lab.logs)

        a.daemon.start(configuration(instance(interval=0.2)))
        wait_until(lambda: a.holds(VIP), 5, "it runs", lab.logs)
        reload(configuration(instance(interval=0.2)))
        first = reader()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGRTMIN + 2):
            os.kill(first[0], number)
        reload(configuration(instance(interval=0.3)))
        check(reader() == first, "the same one reads again", first, reader())
        os.kill(first[0], signal.SIGKILL)
        reload(configuration(instance(interval=0.2)))
        check(reader() != first, "another one takes its place", lab.logs())
        wait_until(lambda: not readers(a.daemon.pid()), 5, "it goes", lab.logs)
        reload(configuration(instance(interval=0.3)))
        # At the end of the daemon nothing is left.
        last = reader()
        check(a.daemon.stop() == 0, "exit code")
        wait_until(lambda: not any(map(alive, last)), 1, "nobody reads on", lab.logs)


@test("the process that has read the configuration becomes the checker; one that comes after it has the same", limit=60)
def _():
    with Lab(routers=1, links=0) as lab:
        a, dumps, scripts = lab.routers[0], Dumps(lab), Scripts(lab)
        config = (f"global_defs {{\n    router_id lab\n    vrrp_garp_master_delay 7\n{SECURE}    PLACE\n}}\n"
                  + virtual_server("10.99.0.1", real_server("10.90.0.1", 80, checker("MISC_CHECK", "misc_path /bin/true")))
                  + "virtual_server_group g {\n    10.99.0.2-4 80\n}\n"
                  + virtual_server("10.99.0.1", real_server("10.90.0.2", 80)) + virtual_server("10.99.0.9", port=81)
                  + "virtual_server group g {\n    lb_algo rr\n    lb_kind NAT\n    real_server 10.90.0.3 80 {\n    }\n}\n")

        def dump():
            text = dumps.ask(a.daemon, signal.SIGUSR1, "_check.data", 5)
            return [line for line in text.splitlines() if not re.match(r" *(Last ran|Last status|Has run|state) = ", line)]

        def life(place):
            """The name of the checker, and what it and the one that comes after it say."""
            mark = a.daemon.mark()
            a.daemon.start(config.replace("PLACE", place), environment=dumps.environment, parts=("-C",))
            a.daemon.expect_log("succeeded", 9, since=mark)
            first = a.daemon.pid("chk.pid", timeout=8)
            said, called = dump(), process_name(first)
            mark = a.daemon.mark()
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: alive(a.daemon.pid("chk.pid")) and a.daemon.pid("chk.pid") != first, 5, "another checker", lab.logs)
            a.daemon.expect_log("succeeded", 5, since=mark)
            check(dump() == said, "the other one says something else", *difflib.unified_diff(said, dump(), lineterm="", n=0))
            return called, said

        called, said = life("")
        check(called == "keepalived", "its name", called)
        check(a.daemon.stop() == 0, "exit code", lab.logs())
        pause = scripts.make("pause", "sleep 3")
        called, later = life(f'startup_script "{pause}"')
        check([line for line in later if "tartup" not in line] == [line for line in said if "tartup" not in line], "forked: says something else",
              *difflib.unified_diff(said, later, lineterm="", n=0))
        check(a.daemon.stop() == 0, "exit code", lab.logs())
        called, _ = life("process_names\n    process_name dispatcher")
        check(called == "keepalived_lvs", "its name by process_names", called)
        check(a.daemon.stop() == 0, "exit code", lab.logs())
        called, _ = life("process_name dispatcher")
        check(called == "dispatcher", "its name is the parent's", called)


@test("already running: says so and exits 0, the first one is not disturbed")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        before = a.daemon.processes()
        second = a.spawn(BINARY, "-n", "-l", "-G", "-P", "-f", a.daemon.path("conf"), *a.daemon.pid_options(),
                         stderr=subprocess.PIPE, text=True)
        _, said = second.communicate(timeout=5)
        check(second.returncode == 0 and "daemon is already running" in said, f"exit {second.returncode}", said)
        check(a.daemon.processes() == before and a.holds(VIP), "the first one", lab.logs())
        check(a.daemon.pid() == before[0], "its pid file is as it was")


@test("a pid file left by a crash does not stop the next start")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        config = configuration(instance())
        a.daemon.start(config)
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        a.daemon.crash()
        mark = a.daemon.mark()
        a.daemon.start(config)
        a.daemon.expect_log(r"\(VI\) Entering MASTER STATE", since=mark)
        check(alive(a.daemon.pid()), "the pid file is new")


@test("as a daemon: the command returns when the pid file is there, the daemon lives on in its own session")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.write(configuration(instance()))
        began = time.monotonic()
        done = a.run(BINARY, "-G", "-P", "-f", a.daemon.path("conf"), *a.daemon.pid_options(), timeout=10)
        check(done == "" and time.monotonic() - began < 3, "it returns at once and silently", done)
        pid = a.daemon.pid(timeout=1)
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        check(int(fields[3]) == pid, "it leads a session of its own", fields)
        check(os.readlink(f"/proc/{pid}/cwd") == "/", "in the root directory")
        for descriptor in range(3):
            check(os.readlink(f"/proc/{pid}/fd/{descriptor}") == "/dev/null", "stdio is /dev/null")
        wait_until(lambda: a.holds(VIP), 8, "it works")
        a.daemon.signal(signal.SIGTERM)
        wait_until(lambda: not alive(pid), 6, "it ends")
        check(not a.holds(VIP), "without the address")


for number in (signal.SIGTERM, signal.SIGINT):
    @test(f"{number.name}: goodbye, addresses gone, exit 0, all within 5 seconds")
    def _(number=number):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            a.daemon.start(configuration(instance(excluded=["10.90.9.10/32"])))
            wait_until(lambda: a.holds("10.90.9.10"), 8, "it runs", lab.logs)
            heard, began, processes = Sniffer(lab.client), time.monotonic(), a.daemon.processes()
            a.daemon.signal(number)
            code = a.daemon.wait(6)
            check(code == 0 and time.monotonic() - began < 5, f"exit {code} after {time.monotonic() - began:.1f} s")
            check(not a.virtual_addresses(), "no address is left", a.addresses())
            check([x for x in heard.finish().adverts if x.priority == 0], "priority 0 was sent", lab.logs())
            check(not [pid for pid in processes if alive(pid)], "every process is gone")


@test("-V (--dont-release-vrrp): the addresses stay")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "-V")
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        check(a.daemon.stop() == 0, "exit code")
        check(a.holds(VIP), "the address stays", a.addresses())


# --------------------------------------------------------------------------------------------------------------------
# Signals and crashes

@test("every process bears every signal that tools send")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        before = a.daemon.processes()
        for number in (signal.SIGUSR1, signal.SIGUSR2, SIGJSON, STATS_CLEAR, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
            for pid in before:
                os.kill(pid, number)
                time.sleep(0.05)
        time.sleep(1)
        check(a.daemon.processes() == before, "the processes", lab.logs())
        check(a.holds(VIP), "the address", lab.logs())


@test("T-5 the VRRP process dies: another one takes its place and the address with it")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        parent, child, mark = a.daemon.pid(), a.daemon.pid("vrrp.pid"), a.daemon.mark()
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: a.daemon.pid("vrrp.pid") != child, 5, "a new VRRP process", lab.logs)
        a.daemon.expect_log(r"Respawning", since=mark)
        a.daemon.expect_log(r"\(VI\) Entering MASTER STATE", since=mark, timeout=8)
        check(a.daemon.pid() == parent and a.holds(VIP), "the same parent, the same address", lab.logs())


@test("-R (--dont-respawn): the daemon ends with its child")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), "-R")
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        os.kill(a.daemon.pid("vrrp.pid"), signal.SIGKILL)
        a.daemon.wait(8)


@test("the parent dies: its child does not stay behind with the address")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        child = a.daemon.pid("vrrp.pid")
        os.kill(a.daemon.pid(), signal.SIGKILL)
        wait_until(lambda: not alive(child), 5, "the VRRP process ends", lab.logs)
        check(not a.holds(VIP), "and takes the address away", a.addresses())


@test("after a crash: a backup that starts removes the address it finds")
def _():
    with Lab() as lab:
        a, b = lab.routers
        high, low = (configuration(instance(priority=p, extra="state BACKUP\nnopreempt\n")) for p in (150, 100))
        a.daemon.start(high)
        b.daemon.start(low)
        lab.settle(a)
        a.daemon.crash()
        wait_until(lambda: b.holds(VIP), 4, "the backup takes over", lab.logs)
        check(a.holds(VIP), "the crashed one still holds it")
        a.daemon.start(high)
        lab.settle(b, timeout=2, rest=1)


# --------------------------------------------------------------------------------------------------------------------
# Logs

@test("the console log: lines operators and tools look for, verbatim, with a date before each")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150)))
        lab.settle(a)
        b.daemon.start(configuration(instance(priority=200)))
        lab.settle(b)
        b.daemon.stop()
        lab.settle(a)
        a.daemon.reload()
        a.daemon.expect_log("Reload complete|Reload finished|Reloading")
        a.daemon.stop()
        log = a.daemon.log()
        for pattern in (
                r"Starting Keepalived v\d+\.\d+\.\d+ \(",
                r"Configuration file \S+\.conf$",
                r"Starting VRRP child process, pid=\d+$",
                r"Startup complete$",
                r"\(VI\) Entering BACKUP STATE \(init\)$",
                r"\(VI\) Receive advertisement timeout$",
                r"\(VI\) Entering MASTER STATE$",
                r"\(VI\) setting VIPs\.$",
                r"Sending gratuitous ARP on eth0 for 10\.90\.9\.9$",
                r"\(VI\) Master received advert from 10\.90\.0\.2 with higher priority 200, ours 150$",
                r"\(VI\) Entering BACKUP STATE$",
                r"\(VI\) removing VIPs\.$",
                r"\(VI\) Backup received priority 0 advertisement$",
                r"Reloading( \.\.\.)?$",
                r"Stopping$",
                r"\(VI\) sent 0 priority$",
                r"Stopped Keepalived v\d+\.\d+\.\d+ \("):
            check(re.search(rf"^\w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d \d{{4}}: {pattern}", log, re.M), f"a line {pattern}", log)


@test("without -D: transitions yes, details no")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()), detail=False)
        a.daemon.expect_log(r"\(VI\) Entering MASTER STATE")
        time.sleep(0.3)
        for text in ("Sending gratuitous ARP", "setting VIPs", "Receive advertisement timeout"):
            check(text not in a.daemon.log(), f"no {text}", a.daemon.log())


class Listener(threading.Thread):
    """A datagram socket in the file system, and what was said to it."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket, self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), []
        self.socket.bind(path)

    def run(self):
        while True:
            self.heard.append(self.socket.recv(8192).decode(errors="replace"))


def with_syslog(path):
    """The words before a command that make `path` its /dev/log."""
    script = ('mount --make-rprivate / && mkdir -p "$1.dev" && mount --bind /dev "$1.dev" && mount -t tmpfs none /dev && '
              'for n in null zero full random urandom tty; do touch /dev/$n; mount --bind "$1.dev/$n" /dev/$n; done && '
              'ln -s "$1" /dev/log && shift && exec "$@"')
    return ["unshare", "--mount", "sh", "-ec", script, "sh", path]


for facility, words in ((3, []), (17, ["-S", "1"])):
    @test(f"syslog: idents, pids and facility {facility}")
    def _(facility=facility, words=words):
        need("unshare")
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            listener = Listener(f"{lab.directory}/log.sock")
            listener.start()
            a.daemon.write(configuration(instance()))
            a.spawn(*with_syslog(f"{lab.directory}/log.sock"), BINARY, "-n", "-D", "-P", "-f", a.daemon.path("conf"), *a.daemon.pid_options(), *words,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: a.holds(VIP), 8, "it runs")
            time.sleep(0.3)
            lines = listener.heard
            info = facility * 8 + 6
            wanted = ((rf"<{info}>.* Keepalived\[{a.daemon.pid()}\]: Starting Keepalived v", "the parent"),
                      (rf"<{info}>.* Keepalived_vrrp\[{a.daemon.pid('vrrp.pid')}\]: \(VI\) Entering MASTER STATE", "the child"))
            for pattern, who in wanted:
                check(any(re.match(pattern, line) for line in lines), f"a line of {who} like {pattern}", *lines)


@test("a syslog daemon that hangs does not hold up a single advert",
      known="2.2.7 waits for it and falls silent")
def _():
    need("unshare")
    with Lab() as lab:
        a, b = lab.routers
        deaf = Listener(f"{lab.directory}/log.sock")  # nobody reads: after a few lines the socket is full
        a.daemon.write(configuration(instance(priority=150)))
        a.spawn(*with_syslog(f"{lab.directory}/log.sock"), BINARY, "-n", "-D", "-P", "-f", a.daemon.path("conf"),
                *a.daemon.pid_options(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: a.holds(VIP), 8, "it becomes master")
        b.daemon.start(configuration(instance(priority=100)))
        lab.settle(a, rest=2)
        check("Entering MASTER" not in b.daemon.log(), "the backup heard every advert", lab.logs())
        deaf.socket.close()


# --------------------------------------------------------------------------------------------------------------------
# systemd

@test("systemd: READY with the main pid, RELOADING and READY again, STOPPING")
def _():
    need("unshare")
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        path = f"{lab.directory}/notify.sock"
        listener = Listener(path)
        listener.start()
        a.daemon.write(configuration(instance()))
        # Upstream speaks only to a parent with process id 1 named systemd: a process namespace can have one.
        os.symlink(os.path.realpath("/bin/sh"), f"{lab.directory}/systemd")
        init = a.spawn("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", f"{lab.directory}/systemd", "-c",
                       '"$@" & wait', "sh", BINARY, "-n", "-G", "-P", "-f", a.daemon.path("conf"),
                       *a.daemon.pid_options(), env={**os.environ, "NOTIFY_SOCKET": path},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def hear(text, since=0):
            wait_until(lambda: any(text in message for message in listener.heard[since:]), 5, f"{text} to systemd",
                       lambda: f"heard {listener.heard}")
        hear("READY=1")
        parent = children(children(init.pid)[0])[0]
        with open(a.daemon.path("pid")) as file:
            inner = file.read().strip()
        said = "\n".join(listener.heard)
        check(f"MAINPID={inner}" in said, "the main pid", listener.heard)
        wait_until(lambda: a.holds(VIP), 5, "it works")
        mark = len(listener.heard)
        os.kill(parent, signal.SIGHUP)
        hear("RELOADING=1", mark)
        hear("READY=1", mark)
        joined = "\n".join(listener.heard[mark:])
        check(joined.index("RELOADING=1") < joined.rindex("READY=1"), "first reloading, then ready", joined)
        mark = len(listener.heard)
        os.kill(parent, signal.SIGTERM)
        hear("STOPPING=1", mark)
        wait_until(lambda: not alive(parent), 6, "it ends")


# --------------------------------------------------------------------------------------------------------------------
# What kind of program it is

@test("one thread a process, and no Foundation in it")
def _():
    with open(BINARY, "rb") as file:
        image = file.read()
    for text in (b"$s10Foundation", b"libFoundation", b"libswiftCore.so", b"libdispatch"):
        check(text not in image, f"{text.decode()} is in the binary")
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance()))
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        for pid in a.daemon.processes():
            with open(f"/proc/{pid}/status") as file:
                status = file.read()
            check("\nThreads:\t1\n" in status, "one thread", status)
            with open(f"/proc/{pid}/maps") as file:
                check(not re.search(r"Foundation|libswift", file.read()), "no such library is mapped")


@test("nothing but the packet itself: a master at rest does not grow and hardly works", alone=True)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(interval=0.02)), detail=False)
        wait_until(lambda: a.holds(VIP), 8, "it runs", lab.logs)
        time.sleep(1)
        child = a.daemon.pid("vrrp.pid")
        memory, began = anonymous(child), switches(child)
        time.sleep(4)
        check(anonymous(child) - memory <= 64, f"{anonymous(child) - memory} kB more after 200 adverts")
        woken = (switches(child) - began) / 200
        check(woken < 1.6, f"{woken:.2f} wake-ups an advert")


def switches(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))


@test("max_auto_priority: a process that was held up gives itself real-time priority", limit=30)
def automatic_priority():
    with Lab(routers=1) as lab:
        router = lab.routers[0]
        daemon = router.daemon.start(configuration(
            instance(interval=0.2), extra="min_auto_priority_delay 300000\n").replace("max_auto_priority -1", "max_auto_priority 3"))
        lab.settle(router)
        child = daemon.pid("vrrp.pid")
        check(os.sched_getscheduler(child) & 0xff == os.SCHED_OTHER, "it begins with ordinary scheduling")
        os.kill(child, signal.SIGSTOP)
        time.sleep(1)
        os.kill(child, signal.SIGCONT)
        daemon.expect_log("Set the real-time priority to 1")
        check(os.sched_getscheduler(child) & 0xff == os.SCHED_RR, "it runs by SCHED_RR")
