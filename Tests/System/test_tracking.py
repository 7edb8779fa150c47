# SPDX-License-Identifier: GPL-2.0-or-later
"""Trackers beside upstream: the same configuration under the same changes comes to the same priorities and states."""
import os
import re
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, wait_until
from suite import need, test

STATES = re.compile(r"\((\w+)\):? (?:Entering|entering) (MASTER|BACKUP|FAULT)")
PRIORITIES = re.compile(r"\((\w+)\) Changing effective priority from \d+ to (\d+)")


class Twins:
    """Ours and upstream's on hosts of their own that hear nobody, with the same files to watch."""

    def __init__(self, lab, config):
        self.lab, self.hosts = lab, lab.routers
        for host in self.hosts:
            lab.cut(host)
        for host, binary in zip(self.hosts, (BINARY, PEER)):
            host.daemon.start(config, binary=binary)

    @staticmethod
    def view(host):
        """The last state and priority of each instance, by the log."""
        log = host.daemon.log()
        return dict(STATES.findall(log)), dict(PRIORITIES.findall(log))

    def expect(self, states, priorities, what, timeout=6):
        for host in self.hosts:
            name = os.path.basename(host.daemon.binary) if host is self.hosts[0] else "2.2.7"

            def settled(host=host):
                seen_states, seen_priorities = self.view(host)
                return (all(seen_states.get(key) == value for key, value in states.items())
                        and all(seen_priorities.get(key) == str(value) for key, value in priorities.items()))
            wait_until(settled, timeout, f"{what}: {states} {priorities} at {name}",
                       lambda host=host: f"{self.view(host)}\n{host.daemon.log()[-1500:]}")

    def rest(self, duration=0.8):
        """Nothing more happens at either."""
        before = [self.view(host) for host in self.hosts]
        time.sleep(duration)
        for host, old in zip(self.hosts, before):
            check(self.view(host) == old, "all is quiet", old, host.daemon.log()[-1500:])


def write(path, text):
    with open(f"{path}.new", "w") as file:
        file.write(text)
    os.chmod(f"{path}.new", 0o644)
    os.rename(f"{path}.new", path)


def script(name, path, extra=""):
    """A script that fails while the file says so."""
    return (f"vrrp_script {name} {{\n    script \"/bin/grep -q good {path}\"\n    interval 0.2\n    timeout 1\n"
            f"    user root\n{extra}}}\n")


@test("scripts and files: weight, reverse, rise and fall, fault, as upstream", limit=60)
def _():
    need(PEER)
    with Lab() as lab:
        health, number, fault = (f"{lab.directory}/{name}" for name in ("health", "number", "fault"))
        write(health, "good\n")
        write(number, "3\n")
        write(fault, "0\n")
        definitions = (script("plain", health) + script("slow", health, "    rise 3\n    fall 3\n    weight -20\n")
                       + 'vrrp_script hang {\n    script "/bin/sleep 9"\n    interval 1\n    timeout 1\n    weight -30\n'
                         "    user root\n}\n"
                       + f"track_file load {{\n    file {number}\n    weight 1\n}}\n"
                       + f"track_file broken {{\n    file {fault}\n    weight 0\n}}\n")
        twins = Twins(lab, configuration(
            definitions,
            instance("SLOW", vrid=1, addresses=["10.90.9.1"], extra="track_script {\n    slow\n}\n"),
            instance("BACK", vrid=2, addresses=["10.90.9.2"], extra="track_script {\n    slow weight 15 reverse\n}\n"),
            instance("DOWN", vrid=6, addresses=["10.90.9.6"], extra="track_script {\n    slow weight -15 reverse\n}\n"),
            instance("HANG", vrid=7, addresses=["10.90.9.7"], extra="track_script {\n    hang\n}\n"),
            instance("PLAIN", vrid=3, addresses=["10.90.9.3"], extra="track_script {\n    plain\n}\n"),
            instance("LOAD", vrid=4, addresses=["10.90.9.4"], extra="track_file {\n    load weight -2\n}\n"),
            instance("BOTH", vrid=5, addresses=["10.90.9.5"],
                     extra="track_file {\n    load weight 10\n    broken\n}\ntrack_script {\n    plain weight 7\n}\n"),
        ))
        names = ("SLOW", "BACK", "DOWN", "HANG", "PLAIN", "LOAD", "BOTH")
        masters = dict.fromkeys(names, "MASTER")
        twins.expect(masters, {"BACK": 85, "BOTH": 137, "HANG": 70}, "all good")
        write(health, "bad\n")
        twins.expect({**masters, "PLAIN": "FAULT"}, {"SLOW": 80, "BACK": 100, "DOWN": 115, "BOTH": 130}, "the scripts fail")
        write(health, "good\n")
        twins.expect(masters, {"SLOW": 100, "BACK": 85, "DOWN": 100, "BOTH": 137}, "the scripts succeed")
        write(number, "-20\n")
        twins.expect(masters, {"LOAD": 140, "BOTH": 1}, "a low number")
        write(number, "200\n")
        twins.expect({**masters, "LOAD": "FAULT"}, {"BOTH": 254}, "a high number, and one of -254 or less")
        write(fault, "1\n")
        twins.expect({**masters, "LOAD": "FAULT", "BOTH": "FAULT"}, {}, "a file that says no")
        write(number, "0\n")
        write(fault, "0\n")
        twins.expect(masters, {"BOTH": 107}, "all good again")
        twins.rest()


@test("sync groups: trackers of the group and of its members, as upstream", limit=60)
def _():
    need(PEER)
    with Lab() as lab:
        health, number = f"{lab.directory}/health", f"{lab.directory}/number"
        write(health, "good\n")
        write(number, "0\n")
        groups = ("vrrp_sync_group G {\n    group {\n        A\n        B\n    }\n    track_file {\n        load weight 2\n"
                  "    }\n}\n"
                  "vrrp_sync_group H {\n    group {\n        C\n        D\n    }\n    sync_group_tracking_weight\n"
                  "    track_script {\n        plain\n    }\n}\n")
        definitions = script("plain", health) + f"track_file load {{\n    file {number}\n    weight 1\n}}\n"
        twins = Twins(lab, configuration(
            definitions, groups,
            # The weight of A's own is not allowed in its group, that of D is in the other.
            instance("A", vrid=1, addresses=["10.90.9.1"], extra="track_script {\n    plain weight 30\n}\n"),
            instance("B", vrid=2, addresses=["10.90.9.2"], extra="track_script {\n    plain weight 0\n}\n"),
            instance("C", vrid=3, addresses=["10.90.9.3"]),
            instance("D", vrid=4, addresses=["10.90.9.4"], extra="track_file {\n    load weight -1\n}\n"),
        ))
        masters = dict.fromkeys("ABCD", "MASTER")
        twins.expect(masters, {}, "all good")
        write(number, "20\n")
        twins.expect(masters, {"A": 140, "B": 140, "D": 80}, "the number is the group's, and D's own")
        write(health, "bad\n")
        twins.expect(dict.fromkeys("ABCD", "FAULT"), {"A": 140, "B": 140, "D": 80}, "one fails for all")
        write(health, "good\n")
        twins.expect(masters, {}, "they come back together")
        for host in twins.hosts:
            check(not re.search(r"\(C\) Changing effective priority", host.daemon.log()), "C has no weight", host.daemon.log())
        twins.rest()


@test("sync groups: a member's own trackers with a weight, without and with global_tracking, as upstream", limit=60)
def _():
    need(PEER)
    with Lab(links=2) as lab:
        number = f"{lab.directory}/number"
        write(number, "0\n")
        own = "track_interface {\n    eth1 weight 4\n}\ntrack_file {\n    load\n    heavy weight 3\n}\n"
        twins = Twins(lab, configuration(
            f"track_file load {{\n    file {number}\n}}\ntrack_file heavy {{\n    file {number}\n}}\n",
            "vrrp_sync_group G {\n    group {\n        A\n        B\n    }\n}\n"
            "vrrp_sync_group H {\n    group {\n        C\n        D\n    }\n    global_tracking\n}\n",
            *(instance(name, vrid=vrid, addresses=[f"10.90.9.{vrid}"], extra=extra)
              for vrid, (name, extra) in enumerate((("A", own), ("B", ""), ("C", own), ("D", "")), 1))))
        masters = dict.fromkeys("ABCD", "MASTER")
        at_fault = {**masters, "A": "FAULT", "B": "FAULT"}
        twins.expect(masters, {}, "all good")
        write(number, "5\n")
        twins.expect(at_fault, {"C": 124}, "without its weight the file is a fault of the group; with it C moves alone")
        write(number, "0\n")
        twins.expect(masters, {"C": 104}, "all good again")
        for host in twins.hosts:
            host.link_down("eth1")
        twins.expect(masters, {"A": 100, "C": 100}, "upstream says that it ignores the weight of an interface, and does not")
        for host in twins.hosts:
            host.link_up("eth1")
        twins.expect(masters, {"A": 104, "C": 104}, "it is up again")
        for host in twins.hosts:
            check(not re.search(r"\([BD]\) Changing effective priority", host.daemon.log()), "each moves alone", host.daemon.log())
        twins.rest()


@test("init_fail: nobody is master by a script that has not succeeded yet, as upstream; a weight counts against it, too", limit=40)
def _():
    need(PEER)
    with Lab() as lab:
        slow = f"{lab.directory}/slow"
        write(slow, "#!/bin/sh\nsleep 2\n")
        os.chmod(slow, 0o755)

        def definition(name, extra):
            return (f"vrrp_script {name} {{\n    script {slow}\n    interval 1\n    timeout 5\n    user root\n"
                    f"{extra}    init_fail\n}}\n")
        twins = Twins(lab, configuration(
            definition("plain", ""), definition("minus", "    weight -20\n"),
            instance("PLAIN", vrid=1, addresses=["10.90.9.1"], extra="track_script {\n    plain\n}\n"),
            instance("MINUS", vrid=2, addresses=["10.90.9.2"], extra="track_script {\n    minus\n}\n")))
        twins.expect({"MINUS": "MASTER"}, {}, "the others take part")
        for host in twins.hosts:
            check(twins.view(host)[0].get("PLAIN") in (None, "FAULT"), "not before its script", host.daemon.log())
        ours = twins.hosts[0]
        if BINARY != PEER:
            # What the manual says; upstream forgets it when an instance tracks the script.
            check(twins.view(ours)[0].get("PLAIN") == "FAULT", "failed until it succeeds", ours.daemon.log())
        twins.expect({"PLAIN": "MASTER", "MINUS": "MASTER"}, {}, "it has succeeded")
        if BINARY != PEER:
            wait_until(lambda: "(MINUS) Changing effective priority from 80 to 100" in ours.daemon.log(), 3, "so has the other",
                       ours.daemon.log)


@test("interfaces and track groups: weights, and static entries that routers follow, as upstream", limit=60)
def _():
    need(PEER)
    with Lab(links=3) as lab:
        groups = ("track_group T {\n    group {\n        A\n    }\n}\n"
                  "static_ipaddress {\n    10.77.0.1/24 dev eth1 track_group T\n}\n"
                  "static_routes {\n    10.78.0.0/24 via 10.92.0.77 dev eth2 track_group T\n}\n")
        twins = Twins(lab, configuration(groups, *(
            instance(name, vrid=number, addresses=[f"10.90.9.{number}"], extra=extra and
                     f"track_interface {{\n    eth1 weight {extra}\n}}\n")
            for number, (name, extra) in enumerate((("A", ""), ("N", ""), ("UP", "15"), ("DOWN", "-15"), ("RUP", "15 reverse"),
                                                    ("RDOWN", "-15 reverse")), 1))))
        masters = dict.fromkeys(("A", "N", "UP", "DOWN", "RUP", "RDOWN"), "MASTER")
        twins.expect(masters, {}, "all is well")
        for host in twins.hosts:
            host.ip("addr", "del", "10.77.0.1/24", "dev", "eth1")
            host.ip("route", "del", "10.78.0.0/24")
        for host in twins.hosts:
            wait_until(lambda host=host: host.holds("10.77.0.1") and "10.78.0.0/24" in host.ip("route"), 5,
                       "what was deleted is back", lambda host=host: host.daemon.log()[-1500:])
        twins.expect(masters, {}, "which changes nothing")
        for host in twins.hosts:
            host.link_down("eth1")
        twins.expect({**masters, "A": "FAULT"}, {"UP": 100, "DOWN": 85, "RUP": 100, "RDOWN": 115}, "eth1 is down")
        for host in twins.hosts:
            host.link_up("eth1")
        twins.expect(masters, {"UP": 115, "DOWN": 100, "RUP": 85, "RDOWN": 100}, "eth1 is up")
        for host in twins.hosts:
            host.link_down("eth2")
        twins.expect({**masters, "A": "FAULT"}, {}, "eth2 is down")
