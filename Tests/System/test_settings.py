# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of the kernel that the daemon changes, and how they are when it has gone."""
import os
import signal

from lab import Lab, check, configuration, instance, wait_until
from suite import test

READ = ("grep -s '' /proc/sys/net/ipv4/conf/*/* /proc/sys/net/ipv6/conf/*/* /proc/sys/net/ipv4/igmp_link_local_mcast_reports; "
        "true")


def settings(host):
    """All there are of the interfaces that are always there."""
    lines = [line.split(":", 1) for line in host.run("sh", "-c", READ).splitlines()]
    return {path.removeprefix("/proc/sys/net/"): value for path, value in lines if "/vrrp" not in path}


def changed(old, new):
    return {path: (value, new.get(path)) for path, value in old.items() if new.get(path) != value}


@test("kernel settings are those of before after the end, even if the VRRP process was killed meanwhile and a reload came",
      limit=40, known="2.2.7 leaves what its killed process changed")
def _():
    with Lab(routers=1, links=2) as lab:
        a = lab.routers[0]
        for path, value in (("all/rp_filter", 1), ("eth0/promote_secondaries", 0), ("eth1/promote_secondaries", 0),
                            ("eth1/arp_ignore", 1)):
            a.run("sh", "-c", f"echo {value} > /proc/sys/net/ipv4/conf/{path}")
        before = settings(a)
        first = instance(extra="use_vmac\n")
        second = instance("V2", vrid=8, interface="eth1", addresses=("10.91.9.9",), extra="use_vmac\n")
        others = [instance(f"P{n}", vrid=9, interface=f"eth{n}", addresses=(f"10.9{n}.9.8",), extra="promote_secondaries\n")
                  for n in range(2)]
        a.daemon.start(configuration(first, second, *others, extra="disable_local_igmp\n"))
        wait_until(lambda: a.holds("10.90.9.9") and a.holds("10.91.9.9"), 5, "both are masters", lab.logs)
        during = settings(a)
        expected = {"ipv4/conf/eth0/arp_ignore", "ipv4/conf/eth0/arp_filter", "ipv4/conf/eth0/promote_secondaries",
                    "ipv4/conf/eth1/arp_filter", "ipv4/conf/eth1/promote_secondaries", "ipv4/conf/all/rp_filter",
                    "ipv4/conf/eth0/rp_filter", "ipv4/igmp_link_local_mcast_reports"}
        check(expected <= set(changed(before, during)), "settings were changed", changed(before, during))
        mark = a.daemon.mark()
        a.daemon.signal(signal.SIGKILL, "vrrp.pid")
        a.daemon.expect_log(r"\(V2\) Entering MASTER", since=mark)
        check(not changed(during, settings(a)), "a process that is back changes nothing", changed(during, settings(a)))
        a.daemon.reload(configuration(first, others[0], extra="disable_local_igmp\n"))
        wait_until(lambda: settings(a)["ipv4/conf/eth1/arp_filter"] == "0", 3, "eth1 carries no virtual MAC any more", lab.logs)
        after = settings(a)
        left = {path for path in changed(before, after) if "/eth1/" in path}
        check(left == {"ipv4/conf/eth1/rp_filter"}, "and no addresses", changed(before, after))
        check(after["ipv4/conf/eth0/promote_secondaries"] == "1", "eth0 does")
        check(after["ipv4/conf/eth1/arp_ignore"] == "1", "what others set stays")
        a.daemon.stop()
        check(not changed(before, settings(a)), "all is as before", changed(before, settings(a)))


@test("kernel settings of before are known to a new VRRP process whose configuration asks for none of them", limit=40,
      known="2.2.7 leaves what its killed process changed")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries")
        before = settings(a)
        a.daemon.start(configuration(instance(extra="use_vmac\n"), instance("P", vrid=8, addresses=("10.90.9.8",),
                                                                             extra="promote_secondaries\n")))
        wait_until(lambda: a.holds("10.90.9.9"), 5, "master", lab.logs)
        check(changed(before, settings(a)), "settings were changed")
        # The parent takes the new configuration over; the process that knows of the changes does not live to see it.
        child = a.daemon.pid("vrrp.pid")
        os.kill(child, signal.SIGSTOP)
        mark = a.daemon.mark()
        a.daemon.reload(configuration(instance()))
        a.daemon.expect_log("Reloading", since=mark)
        os.kill(child, signal.SIGKILL)
        a.daemon.expect_log(r"\(VI\) Entering MASTER", since=mark)
        wait_until(lambda: not changed(before, settings(a)), 3, "all is as before", lambda: changed(before, settings(a)))
        a.daemon.stop()


@test("kernel settings are those of before even if all processes were killed, and the next daemon is asked for none of them", limit=40,
      known="2.2.7 leaves what its killed processes changed")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries")
        before = settings(a)
        config = configuration(instance(extra="use_vmac\n"), instance("P", vrid=8, addresses=("10.90.9.8",), extra="promote_secondaries\n"),
                               extra="disable_local_igmp\n")
        a.daemon.start(config)
        wait_until(lambda: a.holds("10.90.9.9"), 5, "master", lab.logs)
        during = settings(a)
        check(len(changed(before, during)) >= 5, "settings were changed", changed(before, during))
        a.daemon.crash()
        check(not changed(during, settings(a)), "and are left so", changed(during, settings(a)))
        mark = a.daemon.mark()
        a.daemon.start(config)
        a.daemon.expect_log(r"\(VI\) Entering MASTER", since=mark)
        a.daemon.crash()
        mark = a.daemon.mark()
        a.daemon.start(configuration(instance()))
        a.daemon.expect_log(r"\(VI\) Entering MASTER", since=mark)
        wait_until(lambda: not changed(before, settings(a)), 3, "all is as before", lambda: changed(before, settings(a)))
        check(not os.path.exists(a.daemon.path("settings")), "nothing is kept any longer")
        a.daemon.stop()
