# SPDX-License-Identifier: GPL-2.0-or-later
"""Authentication as daemons see it: AH beside 2.2.7, and the signed adverts of auth_hmac."""
import hashlib
import hmac
import socket
import struct
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import PAIRS, test
from wire import GROUP, VRRP, Forger, Sniffer, advert, checksum, gaps, packet

VIP = "10.90.9.9"
AH = "authentication {\n    auth_type AH\n    auth_pass s3cret\n}\n"
KEYS = {1: bytes(range(32)), 2: b"k" * 40}
NO_HMAC = "2.2.7 does not know auth_hmac"


def ah_files(high=150, low=100, extra=AH):
    return [configuration(instance(priority=priority, interval=1, extra=extra), version=2) for priority in (high, low)]


for pair in PAIRS:
    @test(f"V2-7 {pair}: AH: the master is cut off and comes back", limit=40)
    def _(pair=pair):
        with Lab() as lab:
            a, b = lab.routers
            pair.start(lab, *ah_files())
            lab.settle(a, timeout=10, rest=2)
            lab.cut(a)
            wait_until(lambda: b.holds(VIP), 6, "the backup takes over", lab.logs)
            lab.mend(a)
            lab.settle(a, rest=2, timeout=8)


class Raw:
    """Hears IP packets of one protocol, whole, on the client."""

    def __init__(self, host, protocol):
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.settimeout(6)
        self.protocol = protocol

    def next(self):
        while True:
            frame = self.socket.recv(2048)
            if frame[23] == self.protocol:
                return frame[14:14 + struct.unpack("!H", frame[16:18])[0]]


@test("V2-7 AH: the header as 2.2.7 makes it; a replayed advert and one with another key are not listened to",
      limit=40)
def _():
    with Lab() as lab:
        a, b = lab.routers
        files = ah_files()
        raw = Raw(lab.client, 51)
        a.daemon.start(files[0])
        old = raw.next()
        check(old[20:28] == bytes([112, 4, 0, 0]) + socket.inet_aton(a.address()), "next 112, length 4, SPI the source",
              old.hex())
        check(struct.unpack("!I", old[28:32])[0] >= 1, "a sequence number", old.hex())
        check(raw.next()[28:32] > old[28:32], "that grows")
        b.daemon.start(files[1])
        b.daemon.expect_log("Entering BACKUP STATE")
        raw.next()
        raw.next()
        lab.cut(a)
        forger = Forger(lab)
        end = time.monotonic() + 5
        wait_until(lambda: forger.send(old) or time.sleep(0.3) or b.holds(VIP), 8,
                   "the backup takes over in spite of the replay", lab.logs)
        check(time.monotonic() < end, "in time")


def header(body, source, sequence, key=b"s3cret"):
    """An IPv4 packet with the authentication header of RFC 4302 as keepalived fills it in."""
    def made(value, service, total):
        return (struct.pack("!BBHHHBBH4s4s", 0x45, service, 44 + len(body), 1, 0, 255, 51, total, socket.inet_aton(source),
                            socket.inet_aton(GROUP))
                + struct.pack("!BBH4sI", VRRP, 4, 0, socket.inet_aton(source), sequence) + value + body)

    value = hmac.new(key.ljust(8, b"\0"), made(bytes(12), 0, 0), hashlib.md5).digest()[:12]
    return made(value, 0xC0, checksum(made(value, 0xC0, 0)[:20]))


@test("V2-7 AH: a master at the end of the sequence numbers becomes a backup; the next one begins anew, and no number comes twice",
      limit=40, known="2.2.7 sends the last number for ever, and nobody listens")
def _():
    with Lab() as lab:
        a, b = lab.routers
        forger, raw = Forger(lab), Raw(lab.client, 51)
        for router, file in zip(lab.routers, ah_files()):
            router.daemon.start(file)
        lab.settle(a, timeout=10)
        b.daemon.expect_log("Entering BACKUP STATE")
        # Whoever hears a number goes on from there.
        lower = advert(version=2, vrid=7, priority=50, interval=1, source=forger.address, auth_type=2)
        for number in (0x7FFFFFF0, 0xFFFFFFE0):
            forger.send(header(lower, forger.address, number))
        heard, end = [], time.monotonic() + 14
        while time.monotonic() < end and [number for number, _, _ in heard].count(3) == 0:
            ip = raw.next()
            number = struct.unpack("!I", ip[28:32])[0]
            if number > 0xFFFFFFE0 or heard:
                heard.append((number, ip[46], socket.inet_ntoa(ip[12:16])))
        check(len({number for number, _, _ in heard}) == len(heard), "each number once", heard, lab.logs())
        farewell = [item for item in heard if item[1] == 0]
        check([source for _, _, source in farewell] == [a.address()], "one farewell, of the master", heard, lab.logs())
        successor = heard[heard.index(farewell[0]) + 1]
        check(successor == (1, 100, b.address()), "the backup begins anew with 1", heard, lab.logs())
        a.daemon.expect_log("sequence numbers of AH are used up")
        lab.settle(a, timeout=8, rest=1)


def signature(body, source, key, key_id, sequence):
    """The trailer of draft-cassen-vrrp-auth-hmac-00."""
    head = struct.pack("!BBHQ", 1, key_id, 0, sequence)
    pseudo = bytes([4, body[0] >> 4, body[1], 0]) + socket.inet_aton(source) + bytes(12)
    signed = pseudo + body[:6] + b"\0\0" + body[8:] + head + bytes(16)
    return head + hmac.new(key, signed, hashlib.sha256).digest()[:16]


def now_sequence(offset=0.0):
    return int((time.time() + offset) * 65536) << 16


def signing(active=1, mode="enforce", keys=(1,), more=""):
    lines = [f"    key {number} hex:{KEYS[number].hex()}" for number in keys]
    return "auth_hmac {\n" + "\n".join(lines) + f"\n    active_key {active}\n    mode {mode}\n{more}" + "}\n"


def pair_of(extra, interval=0.2):
    return [configuration(instance(priority=priority, extra=extra, interval=interval)) for priority in (150, 100)]


@test("HM-1 HM-4 signed adverts: the trailer is what hmac-sha256 makes of it, behind a message of the usual checksum",
      known=NO_HMAC)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        raw = Raw(lab.client, 112)
        a.daemon.start(pair_of(signing())[0])
        seen = []
        for _ in range(4):
            ip = raw.next()
            body, trailer = ip[20:-28], ip[-28:]
            sequence = struct.unpack("!Q", trailer[4:12])[0]
            check(body == advert(vrid=7, priority=150, source=a.address()), "the message", body.hex())
            check(trailer == signature(body, a.address(), KEYS[1], 1, sequence), "the trailer", trailer.hex())
            check(abs((sequence >> 32) - time.time()) < 2, "the time of day (HM-3)", trailer.hex())
            seen.append(sequence)
        check(seen == sorted(set(seen)), "numbers grow", seen)


@test("HM-2 HM-6 what is wrong with a trailer keeps the advert out, and only that", known=NO_HMAC)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        forger = Forger(lab)
        body = advert(vrid=7, priority=200, source=forger.address)

        other = advert(vrid=7, priority=201, source=forger.address)

        def signed(key=KEYS[1], key_id=1, offset=0.0, source=forger.address, change=lambda b: b, sent=body):
            return packet(change(sent + signature(body, source, key, key_id, now_sequence(offset))),
                          source=forger.address)

        def flip(place):
            return lambda b: b[:place] + bytes([b[place] ^ 1]) + b[place + 1:]

        wrong = {
            "no trailer": packet(body, source=forger.address), "another key": signed(key=KEYS[2]),
            "an unknown key": signed(key_id=9), "another source": signed(source="10.90.0.77"),
            "a minute ago": signed(offset=-60), "an hour ahead": signed(offset=3600),
            "a changed priority": signed(sent=other), "a changed code": signed(change=flip(-1)),
            "type 0": signed(change=flip(-28)), "reserved": signed(change=flip(-26)),
            "one byte short": signed(change=lambda b: b[:-1]), "one byte long": signed(change=lambda b: b + b"\0"),
        }
        a.daemon.start(pair_of(signing())[0])
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        for what, frame in wrong.items():
            forger.send(frame)
            stays_true(lambda: a.holds(VIP), 0.15, f"master in spite of {what}", lab.logs)
        right = signed()
        forger.send(right)
        wait_until(lambda: not a.holds(VIP), 1, "a right one is obeyed", lab.logs)
        wait_until(lambda: a.holds(VIP), 3, "master again", lab.logs)
        forger.send(right)
        stays_true(lambda: a.holds(VIP), 0.5, "the same one again is a replay (HM-7)", lab.logs)
        for counted in ("without authentication trailer", "replayed authentication trailer"):
            a.daemon.expect_log(counted)



@test("HM-15 HM-9 rollout by reloads, router by router: none, receive-only, permissive, enforce, and then another key;"
      " no advert is missed", limit=60, known=NO_HMAC)
def _():
    with Lab() as lab:
        a, b = lab.routers
        none = pair_of("")
        for router, file in zip(lab.routers, none):
            router.daemon.start(file)
        lab.settle(a)
        heard = Sniffer(lab.client)
        marks = [router.daemon.mark() for router in lab.routers]
        steps = [signing(mode="receive-only"), signing(mode="permissive"), signing(), signing(keys=(1, 2)),
                 signing(active=2, keys=(1, 2)), signing(active=2, keys=(2,))]
        for number, step in enumerate(steps):
            files = pair_of(step)
            for router, file in list(zip(lab.routers, files))[::1 if number % 2 else -1]:
                router.daemon.reload(file)
                time.sleep(0.5)
        heard.finish()
        worst = max(gaps(heard.from_source(a.address())))
        check(worst < 0.3, f"an advert was {worst:.3f} s after the one before", lab.logs())
        check(not heard.from_source(b.address()), "the backup never spoke", lab.logs())
        for router, mark in zip(lab.routers, marks):
            check("STATE" not in router.daemon.since(mark), "no transition", router.daemon.since(mark))
        last = heard.from_source(a.address())[-1].body
        check(last[-27] == 2, "signed with the second key", last.hex())


@test("HM-15 HM-3 the clock is set back and forth by an hour under two routers: adverts go on being accepted, the backup stays one",
      known=NO_HMAC, kernel="ipvs", limit=90)
def _():
    with Lab() as lab:
        a, b = lab.routers
        for router, file in zip(lab.routers, pair_of(signing(more="    time_window 2\n"), interval=1)):
            router.daemon.start(file)
        lab.settle(a, timeout=25)
        b.daemon.expect_log("Entering BACKUP STATE", 20)
        for hours in (-1, 1):
            mark = b.daemon.mark()
            time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600 * hours)
            lab.settle(a, timeout=3, rest=4)
            check("Entering MASTER" not in b.daemon.since(mark), f"{hours:+} h: the backup stays one", lab.logs())
            raw = Raw(lab.client, 112)
            sequence = struct.unpack("!Q", raw.next()[-24:-16])[0]
            raw.socket.close()
            check(abs((sequence >> 32) - time.time()) < 4, f"{hours:+} h: signed with the time of day", sequence >> 32)


@test("HM-13 without its key a router does not run unsigned: no start, and a reload is refused", known=NO_HMAC)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        good = pair_of(signing())[0]
        bad = [pair_of(signing(active=3))[0], pair_of("auth_hmac {\n    key 1 file:/nowhere/key\n    active_key 1\n}\n")[0]]
        for file in bad:
            a.daemon.start(file)
            check(a.daemon.wait() != 0, "it ends with an error", a.daemon.log())
        a.daemon.start(good)
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        heard = Sniffer(lab.client)
        for file in bad:
            mark = a.daemon.mark()
            a.daemon.reload(file)
            a.daemon.expect_log("auth_hmac has no key", since=mark)
            time.sleep(0.4)
        heard.finish()
        adverts = heard.from_source(a.address())
        check(len(adverts) >= 3 and all(len(one.body) == 12 + 28 for one in adverts), "every advert is signed")
        check(max(gaps(adverts)) < 0.3, "and in time", gaps(adverts))


@test("HM-3 anti_replay: with time, a sender whose clock is an hour off is not heard, and heard when it is set right;"
      " with monotonic, any number larger than the last will do", known=NO_HMAC)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        forger = Forger(lab)
        body = advert(vrid=7, priority=200, source=forger.address)

        def hears(offset):
            """Whether an advert of a higher priority that was signed at another time makes the router yield."""
            wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
            signed = body + signature(body, forger.address, KEYS[1], 1, now_sequence(offset))
            forger.send(packet(signed, source=forger.address))
            time.sleep(0.15)
            return not a.holds(VIP)

        a.daemon.start(pair_of(signing(more="    time_window 5\n"))[0])
        check(not hears(3600) and not hears(-3600), "an hour off", lab.logs())
        check(hears(0), "set right", lab.logs())
        check(hears(4), "four seconds ahead", lab.logs())
        a.daemon.expect_log("off by 4 seconds")
        a.daemon.reload(pair_of(signing(more="    anti_replay monotonic\n"))[0])
        time.sleep(0.3)
        check(hears(7200) and not hears(3600) and hears(7201), "only larger ones", lab.logs())
