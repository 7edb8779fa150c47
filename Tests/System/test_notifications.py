# SPDX-License-Identifier: GPL-2.0-or-later
"""SNMP notifications, one by one: what a manager hears of adverts that are no good, and of servers, beside 2.2.7."""
import re
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, wait_until
from suite import need, test
from test_observers import Manager
from wire import Forger


def elements(data):
    """The elements of a sequence of BER: tag and content of each."""
    while data:
        tag, length, head = data[0], data[1], 2
        if length & 0x80:
            head += length & 0x7f
            length = int.from_bytes(data[2:head], "big")
        yield tag, data[head:head + length]
        data = data[head + length:]


def identifier(data):
    """The text of an object identifier."""
    parts, part = [1, 3], 0
    for byte in data[1:]:
        part = part << 7 | byte & 0x7f
        if byte < 0x80:
            parts.append(part)
            part = 0
    return "." + ".".join(map(str, parts))


def notification(packet):
    """Which notification it is, and its objects in order: name and value as (tag, bytes)."""
    (_, message), = elements(packet)
    _, _, (_, pdu) = elements(message)
    bindings = [list(elements(one)) for _, one in elements(list(elements(pdu))[3][1])]
    objects = [(identifier(name), value) for (_, name), value in bindings]
    return identifier(objects[1][1][1]), objects[2:]


def heard(manager, seconds=1.0):
    """All notifications until none has come for so long."""
    manager.traps.settimeout(seconds)
    found = []
    try:
        while True:
            found.append(notification(manager.traps.recv(4096)))
    except TimeoutError:
        return found


def bad_adverts(binary):
    """What the manager hears of two bad adverts of each kind, by kind."""
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        manager = Manager(a)
        a.daemon.start(configuration(
            instance("A", interval=1, extra="version 3\n"),
            instance("B", vrid=8, interval=1, addresses=("10.90.9.8",),
                     extra="version 2\nauthentication {\n    auth_type PASS\n    auth_pass abcd\n}\n"),
            extra=f"enable_snmp_vrrp\nenable_snmp_rfc\nenable_traps\nsnmp_socket unix:{manager.socket}\n"), binary=binary)
        wait_until(lambda: a.holds("10.90.9.8") and a.holds("10.90.9.9"), 10, "master of both", lab.logs)
        wait_until(lambda: ".1.3.6.1.2.1.68.0.1" in [name for name, _ in heard(manager)], 10, "a new master is told", lab.logs)
        heard(manager)
        forger, told = Forger(lab), {}
        old = {"version": 2, "vrid": 8, "interval": 1, "addresses": ("10.90.9.8",), "priority": 50, "auth_type": 1, "auth": b"abcd"}
        new = {"version": 3, "vrid": 7, "interval": 1, "addresses": ("10.90.9.9",), "priority": 50}
        for kind, fields in {
            "another password": old | {"auth": b"wrong"}, "no authentication": old | {"auth_type": 0}, "AH": old | {"auth_type": 2},
            "no such authentication": old | {"auth_type": 9}, "TTL of version 2": old | {"ttl": 9}, "sum of version 2": old | {"sum_": 1},
            "version 3 to version 2": new | {"vrid": 8}, "TTL of version 3": new | {"ttl": 9}, "sum of version 3": new | {"sum_": 1},
            "version 2 to version 3": old | {"vrid": 7},
        }.items():
            for _ in range(2):
                forger.advertise(**fields)
            told[kind] = heard(manager, 0.5)
        for fields in (new, new, new | {"priority": 0}, old):
            forger.advertise(**fields)
        time.sleep(2.5)  # objects may be a second old, with 2.2.7 five
        return told, manager.walk(".1.3.6.1.2.1.207.1.2") | manager.walk(".1.3.6.1.2.1.68.2")


@test("an SNMP manager hears of adverts that are no good what it hears from 2.2.7, and the counters count them", limit=90)
def _():
    need(PEER)
    (ours, our_counts), (theirs, their_counts) = (bad_adverts(binary) for binary in (BINARY, PEER))
    for kind, told in theirs.items():
        check(told, f"2.2.7 tells of {kind}")
        # 2.2.7 tells of each packet, ours once for a reason and a sender, as the log does.
        known = [one for other in ours.values() for one in other]
        check(all(one in known for one in told), kind, ours[kind], told)
        check(len(ours[kind]) <= 1, f"{kind}: once", ours[kind])
    differences = [f"{name}: {our_counts.get(name)} against {their_counts.get(name)}" for name in sorted(our_counts.keys() | their_counts.keys())
                   if our_counts.get(name) != their_counts.get(name)]
    check(not differences, "the counters", *differences)
    counting = [name for name, value in our_counts.items() if re.search(r"[: (][1-9]", value)]
    check(len(counting) >= 15, "above zero", *counting)
