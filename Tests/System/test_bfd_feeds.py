# SPDX-License-Identifier: GPL-2.0-or-later
"""What BFD sessions do to real servers and to virtual routers: BFD_CHECK, track_bfd, fast_failover."""
import os
import signal
import time

from lab import Lab, check, stays_true, wait_until
from suite import test


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
