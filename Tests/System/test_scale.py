# SPDX-License-Identifier: GPL-2.0-or-later
"""Many instances, many addresses, little memory."""
import collections
import os
import signal
import statistics
import time

from lab import BINARY, PEER, Lab, check, children, configuration, instance, pss, wait_until
from suite import need, test
from test_notify import SECURE, Scripts
from wire import Sniffer, gaps


@test("cold start of 200 + 200 instances on 4 LANs: the lower priority never claims one", limit=90, alone=True,
      known="2.2.7 claims most of them for a moment")
def _():
    with Lab(links=4) as lab:
        def config(priority):
            return configuration(*(instance(
                f"I{n}", vrid=n // 4 + 1, interface=f"eth{n % 4}", priority=priority, interval=1,
                addresses=[f"10.{90 + n % 4}.7.{n // 4 + 1}/32"]) for n in range(200)), version=2)
        a, b = lab.routers
        a.daemon.start(config(150), syslog=True)
        b.daemon.start(config(100), syslog=True)
        wait_until(lambda: len(a.virtual_addresses()) == 200, 20, "the better router is master of all",
                   lambda: f"{len(a.virtual_addresses())} of 200")
        time.sleep(4)
        claims = b.daemon.log().count("Entering MASTER STATE")
        check(claims == 0, f"the backup claimed {claims} of 200")
        check(a.daemon.log().count("Entering MASTER STATE") == 200, "each entered once")
        check(not b.virtual_addresses(), "the backup holds none", len(b.virtual_addresses()))


for detail in (False, True):
    @test(f"1,000 addresses on one instance{', logged in detail' if detail else ''}: all there, all announced, no advert late",
          limit=60, alone=True, known="2.2.7 " + ("falls silent for seconds when it logs in detail" if detail else "is late on a busy machine"))
    def _(detail=detail):
        with Lab(routers=1) as lab:
            a = lab.routers[0]
            many = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
            heard = Sniffer(lab.client)
            a.daemon.start(configuration(instance(interval=1, excluded=many)), detail=detail, syslog=detail)
            wait_until(lambda: len(a.virtual_addresses()) == 1001, 12, "all 1,001 addresses", lab.logs)
            time.sleep(8)  # the second round of announcements comes after five seconds
            heard.finish()
            late = max(gaps(heard.adverts)) - 1
            check(len(heard.adverts) >= 8, f"{len(heard.adverts)} adverts", lab.logs())
            check(late <= 0.1, f"an advert was {1000 * late:.0f} ms late")
            counted = collections.Counter(arp.sender for arp in heard.gratuitous())
            check(len(counted) == 1001, f"{len(counted)} of 1,001 addresses were announced")
            first = {}
            for arp in heard.gratuitous():
                first.setdefault(arp.sender, arp.at)
            last = max(first.values()) - heard.adverts[0].at
            check(last < 1, f"the last first announcement came {1000 * last:.0f} ms after the first advert")


@test("a new master brings its addresses at real-time priority, and is an ordinary process again; scripts always are ordinary",
      limit=40, known="2.2.7 has no such thing")
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        script = scripts.make("policy", "cut -d' ' -f41 /proc/self/stat >>$OUT/calls")
        many = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]

        def policies(extra):
            """How the VRRP process is scheduled from its start until some time after it became master."""
            router = instance(interval=0.2, excluded=many, extra=f'notify_master "{script}"\n')
            a.daemon.start(configuration(router, extra=SECURE + extra), detail=False)
            pid, seen = a.daemon.pid("vrrp.pid"), [os.SCHED_OTHER]
            end = time.monotonic() + 2.5
            while time.monotonic() < end:
                policy = os.sched_getscheduler(pid)
                if policy != seen[-1]:
                    seen.append(policy)
                time.sleep(0.0002)
            check(len(a.virtual_addresses()) == 1001, "all addresses are there", lab.logs)
            a.daemon.stop()
            return seen

        urgent = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        seen = policies("")
        check(seen == [os.SCHED_OTHER, urgent, os.SCHED_OTHER], "raised once, and lowered again", seen)
        seen = policies("vrrp_priority -5\n")
        check(seen == [os.SCHED_OTHER], "where the file says how, it is left alone", seen)
        scripts.wait(["0", "0"])


@test("takeover of 1,000 addresses at 0.1 s: the new master's adverts are not late, the old one has none left", limit=60,
      alone=True, known="2.2.7 is busy with addresses when adverts are due")
def _():
    with Lab() as lab:
        a, b = lab.routers
        many = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(1000)]
        b.daemon.start(configuration(instance(interval=0.1, priority=100, excluded=many)), detail=False)
        wait_until(lambda: len(b.virtual_addresses()) == 1001, 12, "the first is master", lab.logs)
        time.sleep(6)
        heard = Sniffer(lab.client)
        a.daemon.start(configuration(instance(interval=0.1, priority=150, excluded=many)), detail=False)
        wait_until(lambda: len(a.virtual_addresses()) == 1001, 8, "the better one takes over", lab.logs)
        wait_until(lambda: not b.virtual_addresses(), 2, "the old one has none left", lab.logs)
        time.sleep(2)
        mine = heard.finish().from_source(a.address())
        late = max(gaps(mine)) - 0.1
        check(late < 0.05, f"an advert was {1000 * late:.0f} ms late", lab.logs())
        check("Entering MASTER" not in b.daemon.log().split("Entering BACKUP")[-1], "the old one came back", lab.logs())


@test("300 addresses are announced although the process that announces is killed, and it is started again", limit=40,
      known="2.2.7 has no such process")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        heard = Sniffer(lab.client)
        many = [f"10.98.{n // 250}.{n % 250 + 1}/32" for n in range(300)]
        a.daemon.start(configuration(instance(interval=0.3, excluded=many)))
        pid = a.daemon.pid("vrrp.pid")
        (helper,) = wait_until(lambda: children(pid), 3, "there is a process that announces", lab.logs)
        os.kill(helper, signal.SIGKILL)
        a.daemon.expect_log("Announcement process died of signal 9", 2)
        wait_until(lambda: len(a.virtual_addresses()) == 301, 5, "all addresses are there", lab.logs)
        wait_until(lambda: len({arp.sender for arp in heard.gratuitous()}) == 301, 2, "all are announced", lab.logs)
        (second,) = wait_until(lambda: children(pid), 7, "the process is back", lab.logs)
        before = len(heard.arps)
        wait_until(lambda: len(heard.arps) - before >= 301, 7, "they are announced once more", lab.logs)
        heard.finish()
        check(children(pid) == [second], "it went on", lab.logs())


@test("memory: parent and VRRP process with one instance need no more than Debian's", limit=40, alone=True)
def _():
    compare_memory(instances=1)


@test("memory: parent and VRRP process with 250 instances need no more than Debian's", limit=60, alone=True)
def _():
    compare_memory(instances=250)


def compare_memory(instances):
    need(PEER)
    with Lab() as lab:
        def config(priority):
            return configuration(*(instance(f"I{n}", vrid=n, priority=priority, interval=1, addresses=[f"10.95.0.{n}"])
                                   for n in range(1, instances + 1)), version=2)
        # Half of the time each as master: the roles cost the same, the binaries do not.
        lab.routers[0].daemon.start(config(150), binary=BINARY, detail=False)
        lab.routers[1].daemon.start(config(100), binary=PEER, detail=False)
        wait_until(lambda: len(lab.routers[0].virtual_addresses()) == instances, 15, "the better router is master of all", lab.logs)
        time.sleep(3)
        # What is mapped of a program comes and goes; half of the looks over four seconds see less than this.
        looks = []
        for _ in range(9):
            looks.append([sum(pss(pid) for pid in router.daemon.processes()) for router in lab.routers])
            time.sleep(0.5)
        ours, theirs = (statistics.median(column) for column in zip(*looks))
        check(ours <= theirs * (1.02 if BINARY == PEER else 1), f"{ours} kB, Debian's {theirs} kB")
