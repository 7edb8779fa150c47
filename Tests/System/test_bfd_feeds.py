# SPDX-License-Identifier: GPL-2.0-or-later
"""What BFD sessions do to real servers and to virtual routers: BFD_CHECK, track_bfd, fast_failover."""
import os
import signal
import time

from lab import BINARY, PEER, Lab, Prober, check, configuration, instance, stays_true, wait_until
from suite import need, test


def session(neighbor, name="one", interval=20, multiplier=3, extra=""):
    return (f"bfd_instance {name} {{\n    neighbor_ip {neighbor}\n    min_tx {interval}\n    min_rx {interval}\n"
            f"    multiplier {multiplier}\n{extra}}}\n")


GLOBALS = "global_defs {\n    router_id lab\n}\n"


@test("BFD_CHECK: a server leaves with its session and comes back with it", limit=40)
def _():
    with Lab() as lab:
        a, b = lab.routers
        marks = f"{lab.directory}/marks"

        def server(number, name):
            return (f"    real_server 10.90.0.{number} 80 {{\n        weight 1\n"
                    f"        notify_up \"/bin/sh -c 'echo {name} up >> {marks}'\" root\n"
                    f"        notify_down \"/bin/sh -c 'echo {name} down >> {marks}'\" root\n"
                    f"        BFD_CHECK {{\n            name {name}\n        }}\n    }}\n")

        def config(interval=20, number=2):
            return (GLOBALS + session(b.address(), interval=interval) + session("10.90.0.77", "nobody")
                    + session(lab.client.address(), "vrrp_only", extra="    vrrp\n")
                    + "virtual_server 10.90.9.9 80 {\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n"
                    + server(number, "one") + server(66, "nobody") + server(67, "vrrp_only") + "}\n")

        def said():
            return open(marks).read().split("\n")[:-1] if os.path.exists(marks) else []

        b.daemon.start(GLOBALS + session(a.address()))
        a.daemon.start(config(), parts=())
        a.daemon.expect_log(r"Received BFD event: instance one is in state Up", 10)
        a.daemon.expect_log(r"BFD check of \[one\] RS\(\[10.90.0.2\]:tcp:80\) is UP")
        check("is DOWN" not in a.daemon.log(), "a session that was never up fails nothing", a.daemon.log())
        mark = a.daemon.mark()
        lab.cut(b)
        a.daemon.expect_log(r"BFD check of \[one\] RS\(\[10.90.0.2\]:tcp:80\) is DOWN", 3, mark)
        wait_until(lambda: said()[-1:] == ["one down"], 3, "notify_down ran", lambda: said())
        mark = a.daemon.mark()
        lab.mend(b)
        a.daemon.expect_log(r"BFD check of \[one\] RS\(\[10.90.0.2\]:tcp:80\) is UP", 8, mark)
        wait_until(lambda: said()[-1:] == ["one up"], 3, "notify_up ran", lambda: said())

        # A reload that touches other things, a changed session, and a new BFD process: the server stays.
        mark = a.daemon.mark()
        for settings in ({"interval": 25}, {"number": 3}, {}):
            a.daemon.reload(config(**settings))
            time.sleep(0.4)
        os.kill(a.daemon.pid("bfd.pid"), signal.SIGKILL)
        a.daemon.expect_log(r"\(one\) Entering Up state", 10, mark)
        stays_true(lambda: "is DOWN" not in a.daemon.since(mark), 1, "nobody counts as down", lambda: a.daemon.since(mark))
        check("is DOWN" not in a.daemon.since(mark), "nobody counted as down", a.daemon.since(mark))
        check("vrrp_only is in state" not in a.daemon.log(), "a session for VRRP only is not told", a.daemon.log())


FAST = "track_bfd {\n    one fast_failover\n}\n"


def fast_pair(lab, master=BINARY, interval=10):
    """A master at an advert a second, and our backup, which has a session with it, of 3 x 10 ms if not said otherwise."""
    a, b = lab.routers
    a.daemon.start(configuration(session(b.address(), interval=interval), instance(priority=200, interval=1)),
                   binary=master, parts=())
    b.daemon.start(configuration(session(a.address(), interval=interval), instance(priority=100, interval=1, extra=FAST)),
                   parts=())
    lab.settle(a, timeout=12)
    b.daemon.expect_log(r"instance one is in state Up", 12)
    return a, b


def cut_off(master):
    """Seconds that a client is without an answer, or None where a busy machine had ended the session before the cut."""
    with Lab() as lab:
        a, b = fast_pair(lab, master)
        prober = Prober(lab, answers={a: b"a", b: b"b"})
        prober.start()
        time.sleep(1)
        if "instance one is in state Down" in b.daemon.log():
            return None
        cut = time.monotonic()
        lab.cut(a)
        b.daemon.expect_log(r"\(VI\) BFD session one with master 10.90.0.1 went down - taking over", 2)
        time.sleep(0.3)
        prober.finish()
        check(prober.last_answer() == "b", "the backup answers", lab.logs())
        outage = prober.outage(cut)
        lab.mend(a)
        lab.settle(a, timeout=6)
        return outage


for master, name in ((BINARY, "ours"), (PEER, "2.2.7")):
    @test(f"fast_failover: a client waits less than 40 ms when its master is cut off, {name}", limit=60, alone=True)
    def _(master=master, name=name):
        need(master)
        outage = next((seen for seen in map(cut_off, [master] * 4) if seen is not None), None)
        check(outage is not None, "no session of 3 x 10 ms lasts a second here")
        print(f"      {name}: {outage * 1000:.1f} ms without an answer")
        check(outage < 0.040, f"the client waited {outage * 1000:.1f} ms")


@test("fast_failover: neither our own BFD process nor a session with somebody else moves the addresses", limit=60)
def _():
    with Lab() as lab:
        a, b = fast_pair(lab, interval=100)
        # Our own BFD process dies, and the next one finds nobody: what is presumed then is no failure of the master.
        mark = b.daemon.mark()
        b.daemon.signal(signal.SIGSTOP)
        os.kill(b.daemon.pid("bfd.pid"), signal.SIGKILL)
        b.run("nft", "add table inet deaf; add chain inet deaf in { type filter hook input priority 0; };"
                     "add rule inet deaf in udp dport 3784 drop")
        b.daemon.signal(signal.SIGCONT)
        b.daemon.expect_log(r"instance one is in state Down", 8, mark)
        b.run("nft", "delete table inet deaf")
        b.daemon.expect_log(r"\(one\) Entering Up state", 10, mark)
        check("MASTER STATE" not in b.daemon.log(), "the backup stays", b.daemon.since(mark))
        # A session with somebody who is not the master.
        mark = b.daemon.mark()
        both = "track_bfd {\n    one fast_failover\n    other fast_failover\n}\n"
        b.daemon.reload(configuration(session(a.address(), interval=100) + session(lab.client.address(), "other", interval=100),
                                      instance(priority=100, interval=1, extra=both)))
        lab.client.daemon.start(GLOBALS + session(b.address(), interval=100))
        b.daemon.expect_log(r"instance other is in state Up", 12, mark)
        lab.cut(lab.client)
        b.daemon.expect_log(r"instance other is in state Down", 3, mark)
        stays_true(lambda: b.daemon.log().count("MASTER STATE") == 0, 2, "the backup stays", lab.logs)
        lab.settle(a)
