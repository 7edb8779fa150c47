# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel without IPVS: what is missing is said, and what works without it goes on."""
import os

from lab import Lab, Skip, check
from ipvs import Listener, real_server, virtual_server
from suite import test


@test("without IPVS in the kernel the daemon says so, and its checks go on", known="2.2.7 ends")
def _():
    if os.path.exists("/proc/net/ip_vs"):
        raise Skip("this kernel has IPVS")
    with Lab(routers=1, links=0) as lab:
        host = lab.routers[0]
        listener = Listener(host)
        host.daemon.start(virtual_server("10.1.0.1 80", "lb_algo rr; lb_kind DR; protocol TCP",
                                         real_server("10.0.0.1 80", checked=True)), parts=("-C",))
        host.daemon.expect_log(r"this kernel has no IPVS \(module ip_vs\): virtual servers are not programmed, checks still run")
        host.daemon.expect_log(r"TCP connection to \[10\.0\.0\.1\]:tcp:80 success")
        listener.close()
        host.daemon.expect_log(r"Removing service \[10\.0\.0\.1\]:tcp:80 from VS")
        check(host.daemon.stop() == 0, "it ends in order", host.daemon.log()[-800:])
