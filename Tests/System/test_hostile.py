# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets nobody should send: the daemon counts them and goes on as if nothing had been heard."""
import os
import random
import socket
import struct
import time

from lab import Lab, check, configuration, instance, anonymous, wait_until
from suite import test
from wire import GROUP, VRRP, Forger, Sniffer, advert, checksum, gaps, packet

VIP = "10.90.9.9"
SOURCE = "10.90.0.2"


def with_field(offset, value, **fields):
    """An advert with some bytes replaced and the checksum made good again."""
    body = bytearray(advert(source=SOURCE, **fields))
    body[offset:offset + len(value)] = value
    return resum(bytes(body))


def resum(body):
    """The same bytes with a good v3 checksum over the pseudo header."""
    zeroed = body[:6] + b"\0\0" + body[8:]
    pseudo = socket.inet_aton(SOURCE) + socket.inet_aton(GROUP) + struct.pack("!BBH", 0, VRRP, len(zeroed))
    return body[:6] + struct.pack("!H", checksum(pseudo + zeroed)) + body[8:]


def v3_packets():
    """Adverts of priority 200 which would end our mastership, but for one thing wrong with each."""
    good = advert(source=SOURCE)
    yield "TTL 254", packet(good, source=SOURCE, ttl=254)
    yield "TTL 0", packet(good, source=SOURCE, ttl=0)
    yield "a bad checksum", packet(advert(source=SOURCE, sum_=0x1234), source=SOURCE)
    yield "checksum zero", packet(advert(source=SOURCE, sum_=0), source=SOURCE)
    for version in (0, 1, 2, 4, 15):
        yield f"version {version}", packet(with_field(0, bytes([version << 4 | 1])), source=SOURCE)
    for kind in (0, 2, 15):
        yield f"type {kind}", packet(with_field(0, bytes([0x30 | kind])), source=SOURCE)
    yield "another VRID", packet(advert(vrid=8, source=SOURCE), source=SOURCE)
    yield "VRID 0", packet(advert(vrid=0, source=SOURCE), source=SOURCE)
    yield "more addresses promised than sent", packet(with_field(3, b"\x09"), source=SOURCE)
    yield "255 addresses promised", packet(with_field(3, b"\xff"), source=SOURCE)
    for length in range(len(good)):
        yield f"cut after {length} bytes", packet(resum(good[:length]) if length >= 8 else good[:length], source=SOURCE)
    yield "an IP length beyond the packet", packet(good, source=SOURCE, total=200)
    yield "an IP length of 20", packet(good, source=SOURCE, total=20)
    yield "an IP header of 60 bytes", packet(good, source=SOURCE, header_words=15)
    yield "an IP header of 16 bytes", packet(good, source=SOURCE, header_words=4)
    yield "100 bytes too many", packet(resum(good + bytes(100)), source=SOURCE)


def v2_packets():
    password = dict(version=2, interval=1, auth_type=1, auth=b"s3cret", source=SOURCE)
    yield "no authentication", packet(advert(**{**password, "auth_type": 0, "auth": b""}), source=SOURCE)
    yield "the wrong password", packet(advert(**{**password, "auth": b"S3cret"}), source=SOURCE)
    yield "a password with more behind it", packet(advert(**{**password, "auth": b"s3cretX"}), source=SOURCE)
    yield "an unknown authentication type", packet(advert(**{**password, "auth_type": 7}), source=SOURCE)
    yield "AH announced, none there", packet(advert(**{**password, "auth_type": 2}), source=SOURCE)
    yield "another interval", packet(advert(**{**password, "interval": 2}), source=SOURCE)
    yield "version 3", packet(advert(source=SOURCE), source=SOURCE)
    yield "a bad checksum", packet(advert(**password, sum_=0x4321), source=SOURCE)
    yield "TTL 1", packet(advert(**password), source=SOURCE, ttl=1)
    whole = advert(**password)
    for length in (8, 12, 16, len(whole) - 1):
        yield f"cut after {length} bytes", packet(whole[:length], source=SOURCE)


def untouched(lab, packets, config, good):
    """Each packet alone leaves a master as it is; `good` at last moves it."""
    a = lab.routers[0]
    a.daemon.start(config)
    wait_until(lambda: a.holds(VIP), 8, "the router is master", lab.logs)
    before, forger = a.daemon.processes(), Forger(lab)
    for what, bytes_ in packets:
        for _ in range(3):
            forger.send(bytes_)
        time.sleep(0.06)
        check("Entering BACKUP" not in a.daemon.log().split("Entering MASTER")[-1], f"listened to {what}", lab.logs())
        check(a.daemon.processes() == before, f"the daemon died of {what}", lab.logs())
    time.sleep(0.5)
    check(a.holds(VIP), "still master", lab.logs())
    good(forger)
    wait_until(lambda: not a.holds(VIP), 3, "a good advert counts", lab.logs)


@test("v3: malformed adverts: each field wrong, cut at every length, too long")
def _():
    with Lab(routers=1) as lab:
        untouched(lab, v3_packets(), configuration(instance()), lambda forger: forger.advertise(priority=200))


@test("v3: an advert without addresses or with interval 0 is not listened to")
def _():
    with Lab(routers=1) as lab:
        untouched(lab, [("interval 0", packet(with_field(4, b"\0\0"), source=SOURCE)),
                        ("no address", packet(advert(addresses=(), source=SOURCE), source=SOURCE))],
                  configuration(instance()), lambda forger: forger.advertise(priority=200))


@test("v2: malformed adverts and wrong passwords")
def _():
    with Lab(routers=1) as lab:
        config = configuration(instance(interval=1, extra="authentication {\n    auth_type PASS\n    auth_pass s3cret\n}\n"),
                               version=2)
        untouched(lab, v2_packets(), config,
                  lambda forger: forger.advertise(version=2, interval=1, auth_type=1, auth=b"s3cret", priority=200))


@test("our own adverts coming back do not disturb us")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(priority=150)))
        wait_until(lambda: a.holds(VIP), 8, "the router is master", lab.logs)
        forger = Forger(lab)
        for _ in range(20):
            forger.advertise(priority=150, source=a.address())
            time.sleep(0.02)
        check(a.holds(VIP), "still master", lab.logs())
        check("Entering BACKUP" not in a.daemon.log().split("Entering MASTER")[-1], "it flapped", lab.logs())


@test("a million random packets: alive, no larger, adverts in time", limit=120, alone=True,
      known="2.2.7 writes a line for each of them")
def _():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    dice = random.Random(seed)
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(interval=0.5)), detail=False)
        wait_until(lambda: a.holds(VIP), 8, "the router is master", lab.logs)
        forger = Forger(lab)
        frames = [forger.frame(noise(dice)) for _ in range(4096)]
        before = a.daemon.processes()
        for frame in frames[:500]:
            forger.socket.send(frame)
            time.sleep(0.0002)
        time.sleep(0.5)
        memory, heard = anonymous(a.daemon.pid("vrrp.pid")), Sniffer(lab.switch, lab.port(a))
        heard.finish()
        end, sent = time.monotonic() + 30, 0
        while sent < 1_000_000 and time.monotonic() < end:
            for frame in frames:
                forger.socket.send(frame)
            sent += len(frames)
        time.sleep(1)
        check(a.daemon.processes() == before, f"the daemon died (SEED={seed})", lab.logs())
        grown = anonymous(a.daemon.pid("vrrp.pid")) - memory
        check(grown < 1024, f"{grown} kB more after {sent} packets (SEED={seed})")
        size = os.path.getsize(a.daemon.path("log"))
        check(size < 2_000_000, f"{size} bytes of log (SEED={seed})")
        heard = Sniffer(lab.client)
        time.sleep(2)
        mine = heard.finish().from_source(a.address())
        check(len(mine) >= 3 and max(gaps(mine)) < 0.55, f"adverts afterwards: {gaps(mine)} (SEED={seed})", lab.logs())
        check(a.holds(VIP), f"still master (SEED={seed})", lab.logs())


def noise(dice):
    """Random bytes, or a good advert with a few bytes changed (never one that must be listened to)."""
    if dice.random() < 0.3:
        return packet(dice.randbytes(dice.randrange(0, 200)), source=SOURCE, ttl=dice.choice([255, 255, 1]))
    body = bytearray(advert(source=SOURCE, priority=dice.randrange(256), version=dice.choice([2, 3]),
                            vrid=dice.choice([7, 7, 7, 8])))
    for _ in range(dice.randrange(1, 4)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    if dice.random() < 0.3:
        del body[dice.randrange(len(body) + 1):]
    while len(body) > 7 and has_good_checksum(bytes(body)):
        body[6] ^= 0x55
    return packet(bytes(body), source=SOURCE)


def has_good_checksum(body):
    """In one of the forms that are accepted: over the message, or with the pseudo header before it."""
    zeroed = body[:6] + b"\0\0" + body[8:]
    return body[6:8] in (struct.pack("!H", checksum(zeroed)), resum(body)[6:8])
