# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that read what the daemon writes, expressed anew from what they depend on (their names stand in the functions).

Each fails with an exception where the original would fail."""
import ctypes
import json
import os
import re
import select
import struct

# --------------------------------------------------------------------------------------------------------------------
# mehdy/keepalived-exporter: text and JSON, typed

STATES = {"INIT": 0, "BACKUP": 1, "MASTER": 2, "FAULT": 3}
STATISTICS = {"Advertisements": {"Received", "Sent"},
              "Packet Errors": {"Length", "TTL", "Invalid Type", "Advertisement Interval", "Address List"},
              "Authentication Errors": {"Invalid Type", "Type Mismatch", "Failure"},
              "Priority Zero": {"Received", "Sent"}}


def exporter_data(text):
    """keepalived.data: the instances and the scripts."""
    instances, scripts = {}, {}
    current, items, address = None, None, None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if line.startswith(" VRRP Instance"):
            current = instances[line.split(" = ")[1]] = {"vips": [], "excluded": []}
            address = None
        elif line.startswith(" VRRP Script"):
            current = scripts[line.split(" = ")[1]] = {}
            address = None
        elif indent < 3 and not line.startswith(" VRRP Version"):
            current = None
        elif current is None:
            continue
        elif indent >= 5:
            if address is not None:
                words = line.strip().split(" ")
                current[address].append((words[0], words[2]))
        else:
            address = None
            if line.startswith("   Virtual IP Excluded"):
                address = "excluded"
            elif line.startswith("   Virtual IP ("):
                address = "vips"
            elif " = " in line:
                key, _, value = line.strip().partition(" = ")
                current[key] = value
    for name, found in instances.items():
        found["state"] = STATES[found["State"]]
        found["vrid"] = int(found["Virtual Router ID"])
        found["delay"] = int(found["Gratuitous ARP delay"])
        found["interface"] = found["Interface"]
        assert found["vips"], f"{name} has no addresses"
    for name, found in scripts.items():
        assert found["Status"] in ("GOOD", "BAD", "INIT"), f"{name}: {found['Status']}"
        assert found["State"] in ("idle", "running", "requested termination", "forcing termination"), found["State"]
    return instances, scripts


def exporter_statistics(text):
    """keepalived.stats: whole numbers below every heading."""
    instances, current, heading = {}, None, None
    for line in text.splitlines():
        if line.startswith("VRRP Instance: "):
            current = instances[line.removeprefix("VRRP Instance: ")] = {}
            heading = None
        elif line.startswith("  ") and line.endswith(":") and not line.startswith("    "):
            heading = line.strip(" :")
        elif line.startswith("    "):
            key, value = line.strip().split(": ")
            current[f"{heading}/{key}"] = int(value)
        else:
            key, value = line.strip().split(": ")
            current[key] = int(value)
    for name, found in instances.items():
        for heading, keys in STATISTICS.items():
            missing = {key for key in keys if f"{heading}/{key}" not in found}
            assert not missing, f"{name} lacks {heading}: {missing}"
        assert "Became master" in found and "Released master" in found, name
    return instances


def exporter_json(text):
    """keepalived.json, version 1: types as in a Go struct, where a fraction does not fit an int."""
    entries = json.loads(text)
    assert isinstance(entries, list)
    for entry in entries:
        data, stats = entry["data"], entry["stats"]
        for key in ("state", "wantstate", "vrid", "garp_delay"):
            assert type(data[key]) is int, f"{key} is {data[key]!r}"
        assert type(data["last_transition"]) is float and type(data["iname"]) is str and type(data["ifp_ifname"]) is str
        for key, value in stats.items():
            assert type(value) is int, f"{key} is {value!r}"
        for address in data.get("vips", []) + data.get("evips", []):
            assert len(address.split(" ")) >= 3, address
    return {entry["data"]["iname"]: entry for entry in entries}


# --------------------------------------------------------------------------------------------------------------------
# VyOS: waits for IN_CLOSE_WRITE on the very name, and reads lines of a FIFO

FIFO_LINE = re.compile(r'^(\w+) "([\w-]+)" (\w+) (\d+)$')


class CloseWrite:
    """Waits until somebody has written the file of that name in the directory and closed it."""

    def __init__(self, path):
        self.name = os.path.basename(path)
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert libc.inotify_add_watch(self.descriptor, os.path.dirname(path).encode(), 0x8) >= 0

    def wait(self, timeout):
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        while poll.poll(timeout * 1000):
            data, place = os.read(self.descriptor, 65536), 0
            while place < len(data):
                _, _, _, length = struct.unpack_from("iIII", data, place)
                name = data[place + 16:place + 16 + length].rstrip(b"\0").decode()
                place += 16 + length
                if name == self.name:
                    return True
        return False

    def close(self):
        os.close(self.descriptor)


# --------------------------------------------------------------------------------------------------------------------
# Versions: the first line of `keepalived --version` on stderr

def versions(text):
    first = text.splitlines()[0]
    return {
        "puppet": re.search(r"Keepalived v(\d+\.\d+\.\d+) .+", first).group(1),
        "ansible": re.search(r"[kK]eepalived v(.*) ", first).group(1),
        "neutron": ".".join(str(int(part)) for part in first.split()[1].lstrip("v").split(".")),
        "exporter": first.split(" ")[1][1:],
    }
