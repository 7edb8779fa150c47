# SPDX-License-Identifier: GPL-2.0-or-later
"""How a test is declared, and the pairs of daemons most tests are about."""
import os
import shutil

from lab import BINARY, PEER, Skip

TESTS = []
OURS = "ours"
AGAINST_UPSTREAM = os.path.realpath(BINARY) == os.path.realpath(PEER)


class Test:
    def __init__(self, title, body, limit, alone, known, kernel):
        self.title, self.body, self.limit, self.alone, self.known = title, body, limit, alone, known
        self.kernel = kernel


def test(title, *, limit=30, alone=False, known=None, kernel=None):
    """Declares a test.

    limit   seconds after which it is ended and has failed
    alone   it measures time, so nothing else runs beside it
    known   the fault of upstream 2.2.7 that this test shows: a failure is expected when that is what is tested
    kernel  "ipvs": it needs a kernel with IPVS, ipvlan, VLAN, VRF or dummy links, and runs in user-mode Linux together with
            all others that do. That has one slow processor and its own /run and /tmp: keep such tests few, and measure ratios
    """
    def declare(body):
        TESTS.append(Test(f"{body.__module__.removeprefix('test_')}: {title}", body, limit, alone, known,
                          kernel))
        return body
    return declare


class Pair:
    """Two daemons: the first is the one with the higher priority."""

    def __init__(self, first, second):
        self.first, self.second = first, second

    def __str__(self):
        names = {BINARY: OURS, PEER: "2.2.7"}
        return f"{names[self.first]}/{names[self.second]}" if BINARY != PEER else "2.2.7/2.2.7"

    def start(self, lab, high, low):
        need(PEER)
        lab.routers[0].daemon.start(high, binary=self.first)
        lab.routers[1].daemon.start(low, binary=self.second)
        for router in lab.routers:  # a daemon that never woke up would pass for a quiet backup
            router.daemon.expect_log(r"Entering \w+ STATE")


PAIRS = [Pair(BINARY, BINARY), Pair(BINARY, PEER), Pair(PEER, BINARY)] if BINARY != PEER else [Pair(PEER, PEER)]


def need(*programs):
    """Skips the test when a program it needs is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")
