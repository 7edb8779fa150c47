# SPDX-License-Identifier: GPL-2.0-or-later
"""What is on the wire: listening with the kernel's own time stamps, and forging packets of any shape."""
import ipaddress
import re
import socket
import struct
import subprocess
import threading
import time

from lab import check, inside, run, wait_until

SO_TIMESTAMPNS = 35
PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, SOL_PACKET = 1, 1, 263
VRRP, GROUP, GROUP_MAC = 112, "224.0.0.18", bytes.fromhex("01005e000012")


class Advert:
    """A VRRP advertisement as heard: `at` is the kernel's time of arrival in seconds."""

    def __init__(self, at, frame):
        self.at, self.frame = at, frame
        header = (frame[14] & 15) * 4
        self.ttl, self.source = frame[22], socket.inet_ntoa(frame[26:30])
        self.destination = socket.inet_ntoa(frame[30:34])
        total = struct.unpack("!H", frame[16:18])[0]
        self.body = frame[14 + header:14 + total]
        self.version, self.kind = self.body[0] >> 4, self.body[0] & 15
        self.vrid, self.priority, self.count = self.body[1:4]
        self.addresses = [socket.inet_ntoa(self.body[8 + 4 * i:12 + 4 * i]) for i in range(self.count)]

    @property
    def interval(self):
        return self.body[5] if self.version == 2 else (struct.unpack("!H", self.body[4:6])[0] & 0xFFF) / 100


class Arp:
    """An ARP packet as heard."""

    def __init__(self, at, frame):
        self.at, self.frame = at, frame
        self.operation = struct.unpack("!H", frame[20:22])[0]
        self.sender_mac, self.sender = frame[22:28], socket.inet_ntoa(frame[28:32])
        self.target = socket.inet_ntoa(frame[38:42])

    @property
    def gratuitous(self):
        return self.sender == self.target


class Sniffer(threading.Thread):
    """Hears VRRP and ARP on one interface of a host until `finish`; what was heard is in `adverts` and `arps`."""

    def __init__(self, host, interface="eth0"):
        super().__init__(daemon=True)
        self.adverts, self.arps, self.running = [], [], True

        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.bind((interface, 0))
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE: a burst of thousands must fit
            index = socket.if_nametoindex(interface)
            s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("IHH8s", index, PACKET_MR_PROMISC, 0, b""))
            s.settimeout(0.1)
            return s

        self.socket = inside(host.name, make)
        self.start()

    def run(self):
        while self.running:
            try:
                frame, control, _, _ = self.socket.recvmsg(4096, 64)
            except OSError:  # no packet, or the interface is down
                continue
            seconds, nanoseconds = struct.unpack("qq", control[0][2]) if control else (time.time(), 0)
            at = seconds + nanoseconds / 1e9
            if frame[12:14] == b"\x08\x06" and len(frame) >= 42:
                self.arps.append(Arp(at, frame))
            elif frame[12:14] == b"\x08\x00" and len(frame) >= 42 and frame[23] == VRRP:
                self.adverts.append(Advert(at, frame))

    def finish(self):
        self.running = False
        self.join(2)
        self.socket.close()
        return self

    def gratuitous(self, address=None):
        return [arp for arp in self.arps if arp.gratuitous and address in (None, arp.sender)]

    def from_source(self, address):
        return [advert for advert in self.adverts if advert.source == address]


def cut_after_advert(lab, host):
    """Cuts a master off right after it has spoken, which is when its peers will wait longest. Gives the instant of the cut."""
    heard = Sniffer(lab.client)
    wait_until(lambda: heard.adverts, 5, f"an advert of {host.name}", lab.logs)
    cut = time.monotonic()
    lab.cut(host)
    heard.finish()
    return cut


def gaps(items):
    """Seconds between neighbours."""
    return [later.at - earlier.at for earlier, later in zip(items, items[1:])]


# --------------------------------------------------------------------------------------------------------------------
# Forging

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def advert(version=3, vrid=7, priority=200, interval=0.2, addresses=("10.90.9.9",), source="10.90.0.3",
           destination=GROUP, pseudo=True, kind=1, count=None, auth_type=0, auth=b"", sum_=None):
    """The bytes of an advertisement (after the IP header). v3: `pseudo` says which of the two checksums in use."""
    count = len(addresses) if count is None else count
    fifth = struct.pack("!BB", auth_type, int(interval)) if version == 2 else struct.pack("!H", round(interval * 100))
    head = struct.pack("!BBBB", version << 4 | kind, vrid, priority, count) + fifth
    tail = b"".join(socket.inet_aton(a) for a in addresses)
    if version == 2:
        tail += auth.ljust(8, b"\0")[:8]
    covered = head + b"\0\0" + tail
    if version == 3 and pseudo:
        covered = (socket.inet_aton(source) + socket.inet_aton(destination)
                   + struct.pack("!BBH", 0, VRRP, len(covered)) + covered)
    value = checksum(covered) if sum_ is None else sum_
    return head + struct.pack("!H", value) + tail


def packet(body, source="10.90.0.3", destination=GROUP, ttl=255, protocol=VRRP, total=None, header_words=5):
    """An IPv4 packet around the body."""
    total = 20 + len(body) if total is None else total
    header = struct.pack("!BBHHHBBH4s4s", 4 << 4 | header_words, 0xC0, total, 1, 0, ttl, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


class Forger:
    """Sends packets of any shape on the LAN from the client."""

    def __init__(self, lab, interface="eth0"):
        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.bind((interface, 0x0800))
            return s
        self.socket = inside(lab.client.name, make)
        self.mac = bytes.fromhex(re.search(r"link/ether (\S+)", lab.client.ip("-o", "link", "show", interface))
                                 .group(1).replace(":", ""))
        self.address = lab.client.address()

    def frame(self, ip_packet):
        return GROUP_MAC + self.mac + b"\x08\x00" + ip_packet

    def send(self, ip_packet):
        self.socket.send(self.frame(ip_packet))

    def advertise(self, **fields):
        """A well formed advert from the client's address, unless the fields say otherwise."""
        fields.setdefault("source", self.address)
        ttl = fields.pop("ttl", 255)
        self.send(packet(advert(**fields), source=fields["source"], ttl=ttl))


# --------------------------------------------------------------------------------------------------------------------
# tshark

class Capture:
    """A capture file written by tcpdump, and tshark's opinion of it."""

    def __init__(self, host, path, interface="eth0", expression="ip proto 112 or arp"):
        self.path = path
        self.process = host.spawn("tcpdump", "--immediate-mode", "-Z", "root", "-U", "-q", "-n", "-i", interface,
                                  "-w", path, *expression.split(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.process.stderr.readline()  # "listening on ..."

    def finish(self):
        self.process.terminate()
        self.process.wait(5)
        self.process.stderr.close()
        return self

    def fields(self, *names, display="vrrp"):
        """One list of field values a packet."""
        output = run("tshark", "-r", self.path, "-o", "vrrp.v3_checksum_as_in_v2:FALSE", "-Y", display, "-T", "fields",
                     *(word for name in names for word in ("-e", name)))
        return [line.split("\t") for line in output.splitlines()]

    def complaints(self):
        """What tshark's experts say about the packets (malformed, bad checksum, wrong TTL)."""
        output = run("tshark", "-r", self.path, "-q", "-o", "ip.check_checksum:TRUE", "-z", "expert,note")
        return [line for line in output.splitlines() if re.match(r"\s+\d+\s", line)]
