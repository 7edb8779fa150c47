# SPDX-License-Identifier: GPL-2.0-or-later
"""Those who look at the daemon from outside: an SNMP manager through Debian's snmpd, and callers on a message bus."""
import os
import re
import signal
import socket
import subprocess

from lab import PEER, Lab, check, configuration, instance, run, stays_true, wait_until
from suite import AGAINST_UPSTREAM, BINARY, need, test

ROOT = ".1.3.6.1.4.1.9586.100.5"

# --------------------------------------------------------------------------------------------------------------------
# SNMP

SNMPD = """rocommunity public
master agentx
agentXSocket {socket}
agentXPerms 0777 0777
agentaddress udp:127.0.0.1:1161
trap2sink 127.0.0.1:1162 public
"""


class Manager:
    """An SNMP master on a router, and a manager that asks it."""

    def __init__(self, host):
        need("snmpd", "snmpwalk")
        self.host, self.socket = host, f"{host.lab.directory}/{host.name}.agentx"
        path = f"{host.lab.directory}/{host.name}.snmpd.conf"
        with open(path, "w") as file:
            file.write(SNMPD.format(socket=self.socket))
        self.traps = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.traps.bind(("127.0.0.1", 1162))
        self.traps.settimeout(5)
        self.process = host.spawn("snmpd", "-f", "-C", "-c", path, "-Lf", f"{path}.log", "-p", f"{path}.pid")
        wait_until(lambda: os.path.exists(self.socket), 5, "snmpd listens")

    def walk(self, root=ROOT):
        """Every object below the root: name -> value."""
        lines = self.host.run("snmpwalk", "-v2c", "-cpublic", "-OnU", "-t3", "127.0.0.1:1161", root, check=False)
        found, name = {}, None
        for line in lines.splitlines():
            if match := re.match(r"(\.[\d.]+) = (.*)", line):
                name, found[match[1]] = match[1], match[2]
            elif name:
                found[name] += "\n" + line
        return found

    def value(self, name):
        return self.walk(name).get(name, "")

    def traps_until(self, wanted):
        """Receives notifications until one holds the bytes; gives all of them."""
        got = b""
        while wanted not in got:
            got += self.traps.recv(4096)
        return got


def ber(*parts):
    """An object identifier below 1.3 as it stands in a packet."""
    encoded = b"\x2b"
    for part in parts:
        group = bytes([part & 0x7f])
        while part := part >> 7:
            group = bytes([part & 0x7f | 0x80]) + group
        encoded += group
    return encoded


def served(manager, lab):
    """A configuration with something in most tables."""
    script = f"{lab.directory}/check"
    if not os.path.exists(script):
        with open(script, "w") as file:
            file.write("#!/bin/sh\nexit 0\n")
        os.chmod(script, 0o755)
        with open(f"{lab.directory}/number", "w") as file:
            file.write("3\n")
    return configuration(
        f"track_file number {{\n    file {lab.directory}/number\n    weight 2\n}}\n"
        f"vrrp_script check {{\n    script {script}\n    interval 5\n    weight 3\n    rise 2\n    fall 3\n    timeout 4\n"
        "    user root\n}\n"
        "vrrp_sync_group G {\n    group {\n        B\n        C\n    }\n    track_script {\n        check weight 7\n    }\n}\n",
        instance("A", vrid=7, interval=1, addresses=("10.90.9.9/24 dev eth0 label eth0:1", "10.90.9.10 brd 10.90.9.255 scope link"),
                 excluded=("10.90.9.11",),
                 extra="track_interface {\n    eth1 weight 5\n}\ntrack_script {\n    check\n}\ntrack_file {\n    number\n}\n"
                 "virtual_routes {\n    10.77.0.0/24 via 10.90.9.9 dev eth0 metric 5 table 77\n}\n"
                 "virtual_rules {\n    from 10.77.0.0/24 table 77 priority 100\n}"),
        instance("B", vrid=8, interval=2, priority=50, interface="eth1", addresses=("10.91.9.9",),
                 extra="version 2\nauthentication {\n    auth_type PASS\n    auth_pass abcd\n}"),
        instance("C", vrid=9, interval=1, priority=120, addresses=("fe80::9:9", "fd00:90::99/64"), extra="nopreempt"),
        extra=f"enable_snmp_vrrp\nenable_snmp_rfc\nenable_traps\nsnmp_socket unix:{manager.socket}\n"
              "notification_email {\n    a@b.example\n}\nnotification_email_from x@y.example\nsmtp_server 127.0.0.1 2525\n")


# Two daemons on two hosts differ in these: the version, hardware and own addresses, and for how long they have been up.
DIFFERENT = [ROOT + ".1.1.0", ".1.3.6.1.2.1.207.1.1.1.1.3.", ".1.3.6.1.2.1.207.1.1.1.1.4.", ".1.3.6.1.2.1.207.1.1.1.1.5.",
             ".1.3.6.1.2.1.207.1.1.1.1.12.", ".1.3.6.1.2.1.68.1.3.1.2.", ".1.3.6.1.2.1.68.1.3.1.7.",
             ".1.3.6.1.2.1.68.1.3.1.8.", ".1.3.6.1.2.1.68.1.3.1.13."]
# What 2.2.7 says that is not so, or that 2.4.3 has come to say otherwise; each with its reason.
CORRECTED = {
    ROOT + ".2.3.1.27.": "accept is told as 0 for version 2, which the MIB does not know",
    ROOT + ".2.3.1.11.": "the router's own interface is told as not tracked where no other is",
    ROOT + ".2.4.1.": "rows are numbered by place, where the MIB says ifIndex",
    ROOT + ".2.3.1.36.": "a column of 2.4",
    ROOT + ".2.9.1.10.": "a column of 2.4",
    ROOT + ".2.9.1.11.": "a column of 2.4",
    ROOT + ".2.9.1.12.": "a column of 2.4",
    ROOT + ".2.6.1.11.": "advertised is told of the first instance's addresses only",
}


@test("an SNMP manager sees the same tables as with 2.2.7", limit=60)
def tables():
    need(PEER)
    walks = []
    for binary in (BINARY, PEER):
        with Lab(routers=1, links=2) as lab:
            manager = Manager(lab.routers[0])
            lab.routers[0].daemon.start(served(manager, lab), binary=binary)
            for address in ("10.90.9.9", "10.91.9.9"):
                wait_until(lambda: lab.routers[0].holds(address), 20, f"it holds {address}", lab.logs)
            wait_until(lambda: manager.value(ROOT + ".2.3.1.9.3") == "INTEGER: 1", 10, "IPv6 addresses are set", lab.logs)
            walks.append({name: value.replace(lab.directory, "...") for root in (ROOT, ".1.3.6.1.2.1.68", ".1.3.6.1.2.1.207")
                          for name, value in manager.walk(root).items()})
    ours, theirs = walks
    left_out = (*DIFFERENT, *CORRECTED)
    differences = [f"{name}: {ours.get(name, 'nothing')} against {theirs.get(name, 'nothing')}"
                   for name in sorted(ours.keys() | theirs.keys())
                   if ours.get(name) != theirs.get(name) and not name.startswith(left_out)]
    check(not differences, "the walks differ", *differences)
    check(len(ours) > 200, f"only {len(ours)} objects")


@test("SNMP notifications tell of a new master, and a reload keeps the agent", limit=60)
def notifications():
    with Lab(routers=1, links=2) as lab:
        manager = Manager(lab.routers[0])
        daemon = lab.routers[0].daemon.start(served(manager, lab))
        state = ber(6, 1, 4, 1, 9586, 100, 5, 2, 3, 1, 4, 1) + b"\x02\x01\x02"
        told = manager.traps_until(state)
        check(ber(6, 1, 4, 1, 9586, 100, 5, 2, 10, 0, 2) in told, "no vrrpInstanceStateChange", told.hex())
        told += manager.traps_until(ber(6, 1, 2, 1, 68, 0, 1))
        manager.traps_until(ber(6, 1, 2, 1, 207, 0, 1)) if ber(6, 1, 2, 1, 207, 0, 1) not in told else None
        daemon.reload(served(manager, lab).replace("router_id lab", "router_id other"))
        wait_until(lambda: "other" in manager.value(ROOT + ".1.2.0"), 5, "the new name is served", lab.logs)
        check(manager.value(ROOT + ".2.3.1.4.1") == "INTEGER: 2", "the instance is master still")


@test("an SNMP master that hangs holds nothing up", limit=60)
def hanging_master():
    with Lab(routers=1, links=2) as lab:
        router = lab.routers[0]
        manager = Manager(router)
        listener = router.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        listener.bind(("eth0", 0))
        router.daemon.start(served(manager, lab).replace("advert_int 1\n", "advert_int 0.2\n"))
        wait_until(lambda: router.holds("10.90.9.9"), 10, "it is master", lab.logs)
        os.killpg(manager.process.pid, signal.SIGSTOP)
        try:
            os.killpg(manager.process.pid, signal.SIGSTOP)
            mark = router.daemon.mark()
            router.ip("link", "set", "eth1", "down")
            router.ip("link", "set", "eth1", "up")
            stays_true(lambda: router.holds("10.90.9.9") or True, 3, "")
            check("timer expired" not in router.daemon.since(mark), "an advert was late", router.daemon.since(mark))
        finally:
            os.killpg(manager.process.pid, signal.SIGCONT)


# --------------------------------------------------------------------------------------------------------------------
# The message bus

BUS = """<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/>
<allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>"""


class Bus:
    """A message bus of the test's own, and a caller."""

    def __init__(self, host):
        need("dbus-daemon", "dbus-send", "dbus-monitor")
        self.host, path = host, f"{host.lab.directory}/bus"
        with open(f"{path}.conf", "w") as file:
            file.write(BUS.format(path=path))
        self.address = f"unix:path={path}"
        host.spawn("dbus-daemon", f"--config-file={path}.conf", "--nofork", "--nopidfile", stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(path), 5, "the bus listens")
        self.environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def call(self, path, method, *words, name="org.keepalived.Vrrp1"):
        done = subprocess.run(
            ["dbus-send", f"--bus={self.address}", "--print-reply", f"--dest={name}", path, method, *words],
            capture_output=True, text=True, timeout=10)
        return done.stdout if done.returncode == 0 else "error: " + done.stderr

    def state(self, path, **options):
        answer = self.call(path, "org.freedesktop.DBus.Properties.Get", "string:org.keepalived.Vrrp1.Instance", "string:State",
                           **options)
        found = re.search(r'uint32 (\d+)\s+string "(\w+)"', answer)
        return (int(found[1]), found[2]) if found else answer

    def listen(self):
        """Writes every signal into a file; gives a function that reads it."""
        path = f"{self.host.lab.directory}/signals"
        log = open(path, "w")
        self.host.spawn("stdbuf", "-oL", "dbus-monitor", "--address", self.address, "type='signal',path_namespace='/org/keepalived'",
                        stdout=log, stderr=log)
        return lambda: open(path).read()


INSTANCE = "/org/keepalived/Vrrp1/Instance/eth0/7/IPv4"
ALL = "/org/keepalived/Vrrp1/Vrrp"


@test("callers on the message bus see the state, hear of changes and can ask for announcements", limit=40)
def message_bus():
    with Lab(routers=1) as lab:
        router, bus = lab.routers[0], Bus(lab.routers[0])
        signals = bus.listen()
        daemon = router.daemon.start(
            configuration(instance(interval=1), extra="enable_dbus\n"),
            environment=bus.environment | {"TMPDIR": lab.directory})
        wait_until(lambda: bus.state(INSTANCE) == (1, "Backup"), 5, "the instance is on the bus as backup",
                   lambda: f"{bus.state(INSTANCE)}\n{lab.logs()}")
        wait_until(lambda: bus.state(INSTANCE) == (2, "Master"), 8, "it is master", lambda: str(bus.state(INSTANCE)))
        wait_until(lambda: re.search(r"member=VrrpStatusChange\s+uint32 2", signals()), 3, "a signal says so", signals)
        check("member=VrrpStarted" in signals(), "no VrrpStarted", signals())
        check('string "VI"' in bus.call(INSTANCE, "org.freedesktop.DBus.Properties.GetAll",
                                        "string:org.keepalived.Vrrp1.Instance"), "GetAll names the instance")
        check('<node name="eth0"' in bus.call("/org/keepalived/Vrrp1/Instance",
                                               "org.freedesktop.DBus.Introspectable.Introspect"), "a browser finds the instance")
        mark = daemon.mark()
        bus.call(INSTANCE, "org.keepalived.Vrrp1.Instance.SendGarp")
        daemon.expect_log(r"Sending gratuitous ARP on eth0 for 10\.90\.9\.9", since=mark)
        bus.call(ALL, "org.keepalived.Vrrp1.Vrrp.PrintData")
        wait_until(lambda: os.path.exists(f"{lab.directory}/keepalived.data"), 5, "PrintData writes the dump")
        bus.call(ALL, "org.keepalived.Vrrp1.Vrrp.ReloadConfig")
        wait_until(lambda: "member=VrrpReloaded" in signals(), 5, "a reload is told", signals)
        check(bus.call(ALL, "org.keepalived.Vrrp1.Vrrp.Explode").startswith("error:"), "an unknown method is refused")
        daemon.stop()
        wait_until(lambda: "member=VrrpStopped" in signals(), 3, "the end is told", signals)


@test("a name, an instance without the bus, and the bus coming late", limit=60)
def bus_comes_late():
    with Lab(routers=1) as lab:
        router = lab.routers[0]
        path = f"{lab.directory}/bus"
        daemon = router.daemon.start(
            configuration(instance(interval=0.2), extra="enable_dbus\ndbus_service_name org.example.Keepalived\n"),
            environment=os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"})
        daemon.expect_log("D-Bus is not available")
        lab.settle(router)
        daemon.reload(configuration(instance(interval=0.2)))
        bus = Bus(router)
        daemon.reload(configuration(instance(interval=0.2), extra="enable_dbus\ndbus_service_name org.example.Keepalived\n"))
        wait_until(lambda: bus.state(INSTANCE, name="org.example.Keepalived") == (2, "Master"), 8,
                   "the service is there under its name", lab.logs)
