# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that show the daemon's state, and the programs that read them, beside what 2.2.7 writes."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import consumers
from lab import BINARY, PEER, Failure, Lab, check, configuration, instance, wait_until
from suite import need, test

JSON = signal.SIGRTMIN + 2
CLEAR = signal.SIGRTMAX - 1
# Keys that 2.4.3 adds to what 2.2.7 writes.
NEW_STATISTICS = [f"auth_ext_{kind}" for kind in ("missing", "malformed", "unknown_key", "invalid_hmac", "stale", "replay")]


class Dumps:
    """The directory that a daemon writes its files to."""

    def __init__(self, lab):
        self.directory = f"{lab.directory}/dumps"
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o1777)
        self.environment = {**os.environ, "TMPDIR": self.directory}

    def path(self, name):
        return f"{self.directory}/keepalived{name}"

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def ask(self, daemon, number, name, timeout=3):
        """Sends the signal and waits until the file has been written anew."""
        try:
            before = os.stat(self.path(name)).st_ino
        except FileNotFoundError:
            before = None

        def is_new():
            try:
                return os.stat(self.path(name)).st_ino != before
            except FileNotFoundError:
                return False
        daemon.signal(number)
        wait_until(is_new, timeout, f"{name} to be written", lambda: daemon.log()[-1500:])
        return self.read(name)


class Peer:
    """2.2.7 beside ours with the same configuration; it writes into /tmp, so it gets one of its own."""

    def __init__(self, lab, host, text, parts="-P"):
        need(PEER)
        self.directory = f"{lab.directory}/peer"
        os.mkdir(self.directory)
        with open(f"{self.directory}/conf", "w") as file:
            file.write(text)
        inner = f"mount --make-rprivate / && mount --bind {self.directory} /tmp && exec {PEER} -n -l -D {parts} -f /tmp/conf " \
                "-p /tmp/pid -r /tmp/vrrp.pid -c /tmp/chk.pid"
        with open(f"{self.directory}/log", "w") as log:
            self.process = host.spawn("sh", "-c", inner, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def log(self):
        with open(f"{self.directory}/log", errors="replace") as file:
            return file.read()

    def wait(self, pattern, timeout=6):
        wait_until(lambda: re.search(pattern, self.log()), timeout, f"2.2.7: {pattern}", self.log)

    def ask(self, number, name):
        path = f"{self.directory}/keepalived{name}"
        with open(f"{self.directory}/pid") as file:
            os.kill(int(file.read()), number)
        wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, 4, f"2.2.7's {name}", self.log)
        time.sleep(0.2)  # it renames first and writes then
        with open(path) as file:
            return file.read()


def router(index, script):
    """A configuration with a bit of everything; only the VRID says which of two hosts it is for."""
    return configuration(
        f"vrrp_script check {{\n    script \"/bin/true -a b\"\n    interval 1\n    weight 10\n}}\n",
        instance("A", vrid=60 + index, interval=0.3, extra="\n".join([
            "garp_master_refresh 60", "smtp_alert", "notify_deleted", "track_interface {\n    eth1\n}",
            "track_script {\n    check\n}", f"notify_master \"{script} m\"", f"notify \"{script}\"",
            "virtual_routes {\n    10.71.0.0/16 via 10.90.0.200 dev eth0 metric 5\n}",
            "virtual_rules {\n    from 10.90.9.0/24 table 100 priority 1000\n}"]),
            addresses=(f"10.90.9.{index}/24 dev eth0 label eth0:1", f"10.90.8.{index} brd 10.90.255.255 scope link"),
            excluded=(f"10.91.9.{index}/24 dev eth1", f"fd00:90::9{index}/64")),
        instance("B", vrid=70 + index, interval=1, interface="eth1", addresses=(f"10.91.8.{index}/32",), extra="\n".join([
            "version 2", "authentication {\n    auth_type PASS\n    auth_pass secret\n}", "preempt_delay 5",
            f"unicast_src_ip 10.91.0.{index}", "unicast_peer {\n    10.91.0.77\n}"])),
        version=3, extra="script_user root\nenable_script_security\n")


def shape(text, index):
    """The lines of the topology without what is of the moment or of the host."""
    lines = text.split("------< VRRP Topology >------\n")[1].split("------<")[0].splitlines()
    keep = []
    for line in lines:
        line = re.sub(r"\d{10}\.\d{6} \([^)]*\)", "TIME", line)
        line = re.sub(r"fd_in \d+, fd_out \d+", "fd_in N, fd_out N", line)
        line = re.sub(rf"(10\.9\d\.[089]\.|fd00:90::9|Virtual Router ID = [67]){index}\b", r"\1N", line)
        keep.append(line.replace("Number of interface and track script faults", "Number of tracker faults"))
    return keep


@test("USR1, USR2 and the JSON signal: the same lines and keys as 2.2.7 for the same configuration", limit=40)
def _():
    with Lab(routers=2, links=2) as lab:
        ours, theirs = lab.routers
        dumps = Dumps(lab)
        ours.daemon.start(router(1, "/bin/true"), environment=dumps.environment)
        peer = Peer(lab, theirs, router(2, "/bin/true"))
        ours.daemon.expect_log(r"\(B\) Entering MASTER", 8)
        peer.wait(r"\(B\) Entering MASTER", 8)
        # Data.
        mine = shape(dumps.ask(ours.daemon, signal.SIGUSR1, ".data"), 1)
        its = shape(peer.ask(signal.SIGUSR1, ".data"), 2)
        own = [line for line in mine if line not in its]
        missing = [line for line in its if line not in mine]
        check(missing == ["   Password = secret"], "lines that only 2.2.7 writes", *missing, "ours:", *own)
        added = {"   Last advert sent = TIME", "   Transitions :", "   Password = ********", "   Flags: none",
                 "     TIME INIT to BACKUP: start", "     TIME BACKUP to MASTER: no master heard"}
        check(set(own) <= added, "lines that only ours writes", *sorted(set(own) - added))
        # Order: the keys of both in the same sequence.
        common = [line for line in mine if line in its]
        check(common == [line for line in its if line in mine], "the order of lines", *common)
        # Statistics.
        mine, its = dumps.ask(ours.daemon, signal.SIGUSR2, ".stats"), peer.ask(signal.SIGUSR2, ".stats")
        names = [re.sub(r"\d+$", "", line) for line in its.splitlines()]
        check([name for name in (re.sub(r"\d+$", "", line) for line in mine.splitlines()) if name in names] == names,
              "headings and keys of the statistics", mine, its)
        # JSON.
        mine, its = dumps.ask(ours.daemon, JSON, ".json"), peer.ask(JSON, ".json")
        for one, other in zip(json.loads(mine, object_pairs_hook=list), json.loads(its, object_pairs_hook=list)):
            for part, (key, values), (_, others) in zip(("data", "stats"), one, other):
                added = [] if part == "data" else NEW_STATISTICS
                check([k for k, _ in values if k not in added] == [k for k, _ in others], f"keys of {part}", one, other)
                for (name, value), (_, their) in zip([v for v in values if v[0] not in added], others):
                    check(type(value) is type(their), f"type of {name}: {value!r}, {their!r}")
                    same = name in ("last_transition", "auth_data", "advert_sent", "vrid", "vips", "evips")
                    check(same or value == their, f"{name}: {value!r}, 2.2.7 {their!r}")
        check("secret" not in mine, "the password is in the JSON dump")
        check(json.loads(mine)[0]["data"]["vips"][0] == "10.90.9.1/24 dev eth0 scope global label eth0:1 set", mine)
        # Statistics that start anew.
        before = consumers.exporter_statistics(dumps.ask(ours.daemon, CLEAR, ".stats"))["A"]
        after = consumers.exporter_statistics(dumps.ask(ours.daemon, signal.SIGUSR2, ".stats"))["A"]
        check(before["Advertisements/Sent"] > 5 > after["Advertisements/Sent"], "cleared", before, after)
        check(before["Became master"] == 1 and after["Became master"] == 0, "cleared", before, after)


@test("unmodified readers: exporter, VyOS, OpenShift's liveness probe, Zabbix, Checkmk", limit=30)
def _():
    with Lab(routers=1, links=2) as lab:
        a, dumps = lab.routers[0], Dumps(lab)
        script = ("vrrp_script good {\n    script /bin/true\n    interval 1\n}\n"
                  "vrrp_script bad {\n    script /bin/false\n    interval 1\n}\n")
        fifo = f"{lab.directory}/fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        a.daemon.start(
            configuration(script, instance("VI_1", extra="track_script {\n    good\n    bad weight 5\n}"),
                          instance("VI-2", vrid=9, interface="eth1", addresses=("10.91.9.9/32",)),
                          extra=f"vrrp_notify_fifo {fifo}\nscript_user root\nenable_script_security\n"),
            environment=dumps.environment)
        a.daemon.expect_log(r"\(VI_1\) Entering MASTER", 5)
        a.daemon.expect_log(r"\(VI-2\) Entering MASTER", 5)
        # mehdy/keepalived-exporter
        instances, scripts = consumers.exporter_data(dumps.ask(a.daemon, signal.SIGUSR1, ".data"))
        statistics = consumers.exporter_statistics(dumps.ask(a.daemon, signal.SIGUSR2, ".stats"))
        check(set(instances) == set(statistics) == {"VI_1", "VI-2"}, "instances", instances, statistics)
        check(instances["VI_1"]["state"] == 2 and instances["VI_1"]["vips"] == [("10.90.9.9", "eth0")], instances)
        check({name: found["Status"] for name, found in scripts.items()} == {"good": "GOOD", "bad": "BAD"}, scripts)
        # VyOS: the wait for a complete file, then its name is removed.
        for _ in range(2):
            watch = consumers.CloseWrite(dumps.path(".json"))
            a.daemon.signal(JSON)
            check(watch.wait(3), "IN_CLOSE_WRITE on keepalived.json")
            watch.close()
            entries = consumers.exporter_json(dumps.read(".json"))
            # Checkmk's plugin removes what it has read.
            os.unlink(dumps.path(".json"))
        check(set(entries) == {"VI_1", "VI-2"}, entries)
        lines = os.read(reader, 65536).decode().splitlines()
        os.close(reader)
        check(lines and all(consumers.FIFO_LINE.match(line) for line in lines), "FIFO lines", *lines)
        # Zabbix reads the first element.
        first = json.loads(dumps.ask(a.daemon, JSON, ".json"))[0]["data"]
        for key in ("iname", "dont_track_primary", "skip_check_adv_addr", "strict_mode", "vmac_ifname", "ifp_ifname",
                    "master_priority", "last_transition", "garp_delay", "garp_refresh"):
            check(key in first, f"{key} is not in the first element", first)
        # OpenShift: the probe leaves a file of its own, and wants one without the words within five seconds.
        with open(dumps.path(".data"), "w") as file:
            file.write("State = FAULT\n")
        a.daemon.signal(signal.SIGUSR1)
        wait_until(lambda: "State = FAULT" not in dumps.read(".data"), 5, "a dump without State = FAULT")
        a.link_down("eth1")
        a.daemon.expect_log(r"\(VI-2\) Entering FAULT", 3)
        check("State = FAULT" in dumps.ask(a.daemon, signal.SIGUSR1, ".data"), "a fault is not shown")


@test("files: never a foreign one, the mode of the umask, and the names that the configuration gives", limit=30)
def _():
    with Lab(routers=1) as lab:
        a, dumps = lab.routers[0], Dumps(lab)
        target = f"{lab.directory}/precious"
        with open(target, "w") as file:
            file.write("precious")
        os.symlink(target, dumps.path(".json"))
        os.link(target, dumps.path(".stats"))
        a.daemon.start(configuration(instance(), extra="json_version 2\nstate_dump_file state.txt\ndata_use_instance\n")
                       + "instance one\n", "-u", "027", environment=dumps.environment)
        a.daemon.expect_log(r"Entering MASTER", 5)
        text = dumps.ask(a.daemon, JSON, ".json")
        check(list(json.loads(text)) == ["vrrp"], "version 2", text)
        dumps.ask(a.daemon, signal.SIGUSR2, ".stats")
        with open(target) as file:
            check(file.read() == "precious", "a foreign file was written to")
        check(not os.path.islink(dumps.path(".json")), "the link is still there")
        check(stat.S_IMODE(os.stat(dumps.path(".json")).st_mode) == 0o640, "mode", oct(os.stat(dumps.path(".json")).st_mode))
        a.daemon.signal(signal.SIGUSR1)
        for name in ("state.one.txt", "state_parent.one.txt"):
            wait_until(lambda: os.path.exists(f"{dumps.directory}/{name}"), 3, name, lambda: os.listdir(dumps.directory))
        leftover = [name for name in os.listdir(dumps.directory) if len(name) > len("state_parent.one.txt")]
        check(not leftover, "temporary files are left", leftover)


@test("without an instance nothing is written on the JSON signal", limit=20)
def _():
    with Lab(routers=1) as lab:
        a, dumps = lab.routers[0], Dumps(lab)
        a.daemon.start(configuration("static_ipaddress {\n    10.90.7.7/24 dev eth0\n}\n"), "--all",
                       environment=dumps.environment)
        wait_until(lambda: a.holds("10.90.7.7/24"), 5, "the static address", a.daemon.log)
        a.daemon.signal(JSON)
        dumps.ask(a.daemon, signal.SIGUSR2, ".stats")
        check(not os.path.exists(dumps.path(".json")), "keepalived.json was written")


@test("asked for everything all the time, no advert is late and the log stays quiet", limit=40, alone=True)
def _():
    with Lab(routers=1) as lab:
        a, dumps = lab.routers[0], Dumps(lab)
        a.daemon.start(configuration(*[instance(f"VI{i}", vrid=i, interval=0.1, addresses=(f"10.90.9.{i}/32",))
                                       for i in range(1, 101)]), detail=False, environment=dumps.environment)
        a.daemon.expect_log(r"\(VI100\) Entering MASTER", 8)
        mark = a.daemon.mark()
        dumps.ask(a.daemon, CLEAR, ".stats")
        began = time.monotonic()
        while time.monotonic() - began < 4:
            for number in (signal.SIGUSR1, signal.SIGUSR2, JSON):
                a.daemon.signal(number)
            time.sleep(0.1)
        took = time.monotonic() - began
        time.sleep(0.5)
        sent = consumers.exporter_statistics(dumps.ask(a.daemon, signal.SIGUSR2, ".stats"))
        took = time.monotonic() - began
        least = min(found["Advertisements/Sent"] for found in sent.values())
        check(least >= took / 0.1 * 0.97 - 1, f"{least} adverts in {took:.2f} s at 0.1 s")
        lines = a.daemon.since(mark).splitlines()
        check(len(lines) <= 5, f"{len(lines)} log lines", *lines[:12])


@test("the version text is what Puppet, Ansible, Neutron and the exporter read it for", limit=10)
def _():
    done = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True)
    check(done.stdout == "" and "--enable-json" in done.stderr, "options", done.stderr)
    found = consumers.versions(done.stderr)
    check(len(set(found.values())) == 1 and re.fullmatch(r"\d+\.\d+\.\d+", found["neutron"]), found)
