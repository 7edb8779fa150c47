# SPDX-License-Identifier: GPL-2.0-or-later
"""A small network lab: hosts in network namespaces on one or more LANs, and daemons running on them.

    with Lab(routers=2) as lab:
        lab.routers[0].daemon.start(configuration(instance(priority=150)))
        ...

Every namespace is made here and removed again; no packet leaves them. The hosts of a lab are

    switch    one bridge a LAN; nobody lives there, but everything can be heard there
    routers   10.90.0.1, .2, ... on eth0, 10.91.0.1, ... on eth1 and so on
    client    the next address after the routers; it probes, listens and sends forged packets
"""
import ctypes
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

BINARY = os.environ.get("BINARY", ".build/release/keepalived")
PEER = os.environ.get("PEER", "/usr/sbin/keepalived")
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What the daemon did is not what its user was promised."""


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def check(condition, message, *evidence):
    """Fails the running test with `message`; evidence is printed below it."""
    if not condition:
        raise Failure("\n".join([message, *map(str, evidence)]))


def run(*command, check=True, **options):
    """Runs a command and gives its standard output."""
    done = subprocess.run(command, text=True, capture_output=True, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def wait_until(condition, timeout, what, evidence=lambda: ""):
    """Waits for `condition()` to become true and gives its value; fails with `what` after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {timeout:g} s: {what}\n{evidence()}".rstrip())
        time.sleep(0.02)


def stays_true(condition, duration, what, evidence=lambda: ""):
    """Watches for `duration` seconds that `condition()` stays true."""
    end = time.monotonic() + duration
    while time.monotonic() < end:
        check(condition(), f"did not last {duration:g} s: {what}", evidence())
        time.sleep(0.02)


# --------------------------------------------------------------------------------------------------------------------
# Configuration

def configuration(*blocks, version=3, extra=""):
    """A configuration file: global_defs and then the blocks."""
    return (f"global_defs {{\n    router_id lab\n    vrrp_version {version}\n    max_auto_priority -1\n{indent(extra)}}}\n"
            + "".join(blocks))


def instance(name="VI", *, vrid=7, priority=100, interval=0.2, addresses=("10.90.9.9/32",), excluded=(),
             interface="eth0", extra=""):
    """A vrrp_instance block."""
    lines = [f"vrrp_instance {name} {{", f"    interface {interface}", f"    virtual_router_id {vrid}",
             f"    priority {priority}", f"    advert_int {interval:g}"]
    for keyword, entries in (("virtual_ipaddress", addresses), ("virtual_ipaddress_excluded", excluded)):
        if entries:
            lines += [f"    {keyword} {{", *(f"        {entry}" for entry in entries), "    }"]
    return "\n".join(lines) + "\n" + indent(extra) + "}\n"


def indent(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


# --------------------------------------------------------------------------------------------------------------------
# Hosts

def enter_namespace(name):
    """Moves the calling thread into the network namespace."""
    descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")
    finally:
        os.close(descriptor)


def inside(namespace, action):
    """Runs `action()` in a thread that lives in the namespace (a socket keeps the namespace it was made in)."""
    result = {}

    def body():
        try:
            enter_namespace(namespace)
            result["value"] = action()
        except BaseException as error:
            result["error"] = error

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if "error" in result:
        raise result["error"]
    return result["value"]


class Host:
    def __init__(self, lab, name, number):
        self.lab, self.name, self.number = lab, name, number
        self.daemon = Daemon(self)

    def address(self, link=0):
        """Its own address on a LAN."""
        return f"10.{90 + link}.0.{self.number}"

    def run(self, *command, **options):
        return run("ip", "netns", "exec", self.name, *command, **options)

    def ip(self, *words, check=True):
        return run("ip", "-n", self.name, *words, check=check)

    def spawn(self, *command, **options):
        """Starts a process in this namespace; it ends with the lab at the latest."""
        options.setdefault("start_new_session", True)
        process = subprocess.Popen(["ip", "netns", "exec", self.name, *command], **options)
        self.lab.processes.append(process)
        return process

    def socket(self, *arguments):
        return inside(self.name, lambda: socket.socket(*arguments))

    def addresses(self, device=None, family="-4"):
        """Every address of the host with its prefix length."""
        output = self.ip("-o", family, "addr", "show", *(["dev", device] if device else []))
        return re.findall(r"inet6? (\S+)", output)

    def virtual_addresses(self):
        """The addresses that are not its own."""
        own = {f"{self.address(link)}/16" for link in range(self.lab.links)} | {"127.0.0.1/8"}
        return [address for address in self.addresses() if address not in own]

    def holds(self, address):
        """Whether the host has the address; without a prefix length any length will do."""
        return any(a == address or a.split("/")[0] == address for a in self.addresses())

    def link_down(self, device="eth0"):
        self.ip("link", "set", device, "down")

    def link_up(self, device="eth0"):
        self.ip("link", "set", device, "up")
        index = int(device.removeprefix("eth"))
        if f"{self.address(index)}/16" not in self.addresses(device):
            self.ip("addr", "add", f"{self.address(index)}/16", "dev", device, check=False)


class Lab:
    _count = 0

    def __init__(self, routers=2, links=1):
        Lab._count += 1
        self.tag = f"{os.environ.get('LAB_TAG', 'ka')}{os.getpid()}x{Lab._count}"
        self.links = links
        self.processes = []
        self.cleanups = []
        self.directory = tempfile.mkdtemp(prefix=self.tag)
        os.chmod(self.directory, 0o755)
        self.switch = Host(self, f"{self.tag}sw", 0)
        self.routers = [Host(self, f"{self.tag}r{i}", i + 1) for i in range(routers)]
        self.client = Host(self, f"{self.tag}c", routers + 1)
        self.hosts = [*self.routers, self.client]

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        for host in [self.switch, *self.hosts]:
            run("ip", "netns", "add", host.name)
            inside(host.name, quiet_kernel)
        switch = [f"link add br{link} type bridge mcast_snooping 0 forward_delay 0\nlink set br{link} up\nlink set lo up"
                  for link in range(self.links)]
        for link in range(self.links):
            for host in self.hosts:
                port = self.port(host, link)
                switch.append(f"link add {port} type veth peer name eth{link} netns {host.name}\n"
                              f"link set {port} master br{link} up")
        self._batch(self.switch, "\n".join(switch))
        for host in self.hosts:
            self._batch(host, "link set lo up\n" + "\n".join(
                f"link set eth{link} up\naddr add {host.address(link)}/16 dev eth{link}\n"
                f"addr add fd00:{90 + link}::{host.number}/64 dev eth{link} nodad" for link in range(self.links)))

    @staticmethod
    def _batch(host, text):
        run("ip", "-n", host.name, "-batch", "-", input=text + "\n")

    def port(self, host, link=0):
        """The switch's port for the host."""
        return f"p{link}x{host.number}"

    def cut(self, host, link=0):
        """Takes the host off the LAN without telling its daemon: its own interface stays up."""
        self.switch.ip("link", "set", self.port(host, link), "nomaster")

    def mend(self, host, link=0):
        self.switch.ip("link", "set", self.port(host, link), "master", f"br{link}")

    def unplug(self, host, link=0):
        """Pulls the host's cable: its interface loses the carrier."""
        self.switch.ip("link", "set", self.port(host, link), "down")

    def plug(self, host, link=0):
        self.switch.ip("link", "set", self.port(host, link), "up")

    def holder(self, address):
        """The routers that hold the address."""
        return [router for router in self.routers if router.holds(address)]

    def logs(self):
        return "\n".join(f"--- {r.name}\n{r.daemon.log()[-1500:]}" for r in self.routers if r.daemon.starts)

    def settle(self, holder, address="10.90.9.9", timeout=6, rest=0.0):
        """Waits until exactly `holder` holds the address, and for `rest` seconds more that this stays so."""
        wanted = [holder] if holder else []
        what = f"{holder.name if holder else 'nobody'} alone holds {address}"
        wait_until(lambda: self.holder(address) == wanted, timeout, what,
                   lambda: f"holders: {[r.name for r in self.holder(address)]}\n{self.logs()}")
        if rest:
            stays_true(lambda: self.holder(address) == wanted, rest, what, self.logs)

    def close(self):
        for cleanup in self.cleanups:
            cleanup()
        for host in [self.switch, *self.hosts]:
            remove_namespace(host.name)
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def quiet_kernel():
    """No duplicate address detection, and room in the neighbour table for thousands of addresses."""
    for name, value in (("ipv6/conf/all/accept_dad", 0), ("ipv6/conf/default/accept_dad", 0),
                        ("ipv4/conf/all/promote_secondaries", 1),
                        ("ipv4/neigh/default/gc_thresh3", 16384), ("ipv4/neigh/default/gc_thresh2", 8192)):
        try:
            with open(f"/proc/sys/net/{name}", "w") as file:
                file.write(str(value))
        except OSError:
            pass  # not every kernel lets a namespace have its own


def remove_namespace(name):
    """Ends every process of the namespace and removes it."""
    if not os.path.exists(f"/run/netns/{name}"):
        return
    for pid in run("ip", "netns", "pids", name, check=False).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
    run("ip", "netns", "del", name, check=False)


# --------------------------------------------------------------------------------------------------------------------
# Daemons

class Daemon:
    """A keepalived on a host. Files: <directory>/<host>.conf, .log, .pid, .vrrp.pid, .chk.pid, .bfd.pid"""

    def __init__(self, host):
        self.host, self.starts, self.process, self.binary = host, 0, None, BINARY

    def path(self, suffix):
        return f"{self.host.lab.directory}/{self.host.name}.{suffix}"

    def write(self, text):
        with open(self.path("conf"), "w") as file:
            file.write(text)
        os.chmod(self.path("conf"), 0o644)

    def pid_options(self):
        return ["-p", self.path("pid"), "-r", self.path("vrrp.pid"), "-c", self.path("chk.pid"),
                "-b", self.path("bfd.pid")]

    def start(self, config, *flags, binary=None, detail=True, syslog=False, environment=None,
              parts=("-P",)):
        """Starts in the foreground with its log in a file; `parts` are the options that name the processes to start."""
        self.binary = binary or BINARY
        self.write(config)
        self.starts += 1
        with open(self.path("log"), "a") as log:
            self.process = self.host.spawn(
                self.binary, "-n", "-l", *([] if syslog else ["-G"]), *(["-D"] if detail else []), *parts,
                "-f", self.path("conf"), *self.pid_options(), *flags, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=environment)
        return self

    def log(self):
        try:
            with open(self.path("log"), errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def mark(self):
        """The end of the log now: hand it to `since`."""
        return len(self.log())

    def since(self, mark):
        return self.log()[mark:]

    def expect_log(self, pattern, timeout=5, since=0):
        """Waits for a line that matches the regular expression."""
        return wait_until(lambda: re.search(pattern, self.since(since)), timeout,
                          f"a log line like {pattern!r}", lambda: self.since(since)[-2000:])

    def pid(self, which="pid", timeout=5):
        def read():
            try:
                with open(self.path(which)) as file:
                    return int(file.read())
            except (OSError, ValueError):
                return None
        return wait_until(read, timeout, f"a {which} file", lambda: self.log()[-2000:])

    def signal(self, number, which="pid"):
        os.kill(self.pid(which), number)

    def reload(self, config=None):
        if config is not None:
            self.write(config)
        self.signal(signal.SIGHUP)

    def stop(self, timeout=6):
        """Ends the daemon as an operator does, and gives its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout=6):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"the daemon did not end within {timeout} s\n{self.log()[-2000:]}") from None

    def processes(self):
        """The ids of the parent and its children."""
        parent = self.pid()
        return [parent, *children(parent)]

    def crash(self):
        """Ends every process at once, as a power cut would."""
        ids = self.processes()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in ids:
                os.kill(pid, number)
        self.wait()
        wait_until(lambda: not [pid for pid in ids if os.path.exists(f"/proc/{pid}")], 5, "the dead are buried")


def children(pid):
    """Those that stay: not the process that reads the configuration and goes a few seconds later."""
    return [child for child in all_children(pid) if name(child) != READER]


def readers(pid):
    return [child for child in all_children(pid) if name(child) == READER]


READER = "keepalived_read"


def all_children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def name(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return None


def alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def anonymous(pid):
    """Memory of its own in kB; mapped files come and go with what runs."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Anonymous:\s+(\d+)", file.read(), re.M).group(1))


def pss(pid):
    """Proportional set size in kB."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))


# --------------------------------------------------------------------------------------------------------------------
# A client's view

class Prober(threading.Thread):
    """Sends a datagram to the virtual address every `gap` seconds and notes when each answer came, and whose it was."""

    def __init__(self, lab, address="10.90.9.9", gap=0.001, port=7777, answers=None):
        super().__init__(daemon=True)
        self.lab, self.target, self.gap = lab, (address, port), gap
        self.answers, self.sent, self.began, self.ended, self.running = [], 0, time.monotonic(), None, True
        for router in lab.routers:
            Echo(router, port, (answers or {}).get(router, b"!")).start()

    def run(self):
        enter_namespace(self.lab.client.name)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            self.began = time.monotonic()
            while self.running:
                self.ask(s)
                self.listen(s, time.monotonic() + self.gap)

    def ask(self, s):
        try:
            s.sendto(b"?", self.target)
            self.sent += 1
        except OSError:
            pass  # no route or no neighbour: the answer will be missing

    def listen(self, s, end):
        while (left := end - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                answer = s.recv(64)
                self.answers.append((time.monotonic(), answer.decode()))
            except OSError:
                pass

    def finish(self):
        self.running = False
        self.join(2)
        self.ended = time.monotonic()

    def last_answer(self):
        return self.answers[-1][1] if self.answers else ""

    def silence(self, start, end):
        """The longest time without an answer between two instants, in seconds."""
        times = [start, *(when for when, _ in self.answers if start <= when < end), end]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def outage(self, since):
        """The longest time without an answer after an instant, up to the last answer there was."""
        check(self.answers and self.answers[-1][0] > since, "the client had no answer after the cut", self.lab.logs())
        return self.silence(since, self.answers[-1][0])


class Echo(threading.Thread):
    """Answers datagrams on any address of the host, from the address they were sent to."""

    def __init__(self, host, port, answer):
        super().__init__(daemon=True)
        self.answer, self.socket = answer, host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        self.socket.bind(("0.0.0.0", port))

    def run(self):
        while True:
            try:
                _, control, _, sender = self.socket.recvmsg(64, 256)
                # The interface is left open (0): the answer goes where the routing table says.
                reply = [(level, kind, struct.pack("i", 0) + value[4:]) for level, kind, value in control]
                self.socket.sendmsg([self.answer], reply, 0, sender)
            except OSError:
                pass
