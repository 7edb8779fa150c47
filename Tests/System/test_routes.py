# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes and rules that move with a router, and what is there whatever the routers do."""
import re
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, stays_true, wait_until
from suite import need, test

VIP = "10.90.9.9"

ROUTES = """virtual_routes {
    10.50.0.0/16 via 10.90.0.77
    src 10.90.9.9 10.51.0.0/16 via 10.90.0.77 dev eth0 metric 12
    blackhole 10.52.0.0/16
    10.53.0.0/16 dev eth0 scope link table 300 mtu 1400 advmss lock 1300
    10.54.0.0/16 nexthop via 10.90.0.77 weight 2 nexthop via 10.90.0.78 weight 1
    fd50::/32 via fd00:90::77
    fd51::/32 dev eth0 metric 7
}
"""
RULES = """virtual_rules {
    from 10.90.9.9 table 300 preference 1000
    to 10.50.0.0/16 fwmark 0x10/0xff lookup 301 priority 1001
    iif eth0 from 10.60.0.0/16 prohibit preference 1002
    from fd50::/32 table 300 preference 1003
}
"""
STATICS = """static_ipaddress {
    10.90.7.7/32 dev eth0
}
static_routes {
    10.70.0.0/16 via 10.90.0.77 dev eth0
    fd70::/32 via fd00:90::77 dev eth0
}
static_rules {
    from 10.70.0.0/16 table 310 preference 900
}
"""


def routes(host, marked=True):
    """Every route of protocol 18, as `ip` shows it."""
    lines = [line.strip() for family in ("-4", "-6")
             for line in host.ip("-o", family, "route", "show", "table", "all").splitlines()]
    # upstream 2.2.7 and ours mark alike, but ip knows the number's name on some machines only
    return sorted(re.sub(r" +", " ", re.sub(r"proto (keepalived|18) ?", "", line.replace("\\", "")))
                  for line in lines if re.search(r"proto (keepalived|18)\b", line))


def rules(host):
    """Every rule that is not the kernel's own."""
    lines = [line for family in ("-4", "-6") for line in host.ip(family, "rule", "show").splitlines()]
    return sorted(re.sub(r"\s+", " ", re.sub(r" proto (keepalived|18)", "", line)) for line in lines
                  if not re.match(r"(0|32766|32767):", line))


def master(lab, config, binary=None, flags=()):
    a = lab.routers[0]
    a.daemon.start(config, *flags, binary=binary)
    wait_until(lambda: a.holds(VIP), 8, "the router is master", lab.logs)
    return a


def gone(lab, a):
    wait_until(lambda: not routes(a) and not rules(a), 2, "no route and no rule is left",
               lambda: f"{routes(a)}\n{rules(a)}\n{lab.logs()}")


@test("virtual_routes and virtual_rules: the same as upstream makes of the file, and gone after the end")
def _():
    need(PEER)
    left = {}
    for binary in (PEER, BINARY):
        with Lab(routers=1) as lab:
            a = master(lab, configuration(instance(extra=ROUTES + RULES)), binary)
            time.sleep(0.5)
            left[binary] = routes(a), rules(a)
            if binary == BINARY:
                log = a.daemon.log()
                a.daemon.stop()
                gone(lab, a)
    check(len(left[BINARY][0]) >= 7 and len(left[BINARY][1]) == 4, "all are there", left[BINARY], log[-1500:])
    check(left[BINARY] == left[PEER], "as upstream has them", "ours:", *left[BINARY], "theirs:", *left[PEER])


EVERY_ROUTE = """virtual_routes {
    unicast 10.2.0.0/16 via 10.90.0.77 metric 20
    10.3.0.0/16 dev eth0 scope link src 10.90.0.1 table 500
    10.4.0.0/16 via 10.90.0.77 tos 0x10
    10.5.0.0/16 via 10.90.0.77 mtu 1400 hoplimit 12 advmss 1200 rtt 300ms rttvar 20ms reordering 4 window 10000 cwnd lock 12 realms 1/2
    10.6.0.0/16 via 10.90.0.77 ssthresh 30 rto_min 400ms initcwnd 12 initrwnd 14 quickack 1 congctl reno fastopen_no_cookie 1
    prohibit 10.7.0.0/16
    throw 10.8.0.0/16 table 501
    blackhole 10.9.0.0/16 metric 3
    10.10.0.0/16 nexthop via 10.90.0.77 dev eth0 weight 3 onlink nexthop via 10.90.0.78 dev eth0 weight 1 realms 3
    10.11.0.0/16 via 192.0.2.1 dev eth0 onlink
    10.17.0.0/16 via 10.90.0.77 protocol static no_track
    10.19.0.0/16 via 10.90.0.77 ttl-propagate disabled
    append 10.20.0.0/16 via 10.90.0.77
    fd51::/32 via fd00:90::77 metric 7 pref high
    fd53::/32 nexthop via fd00:90::77 weight 2 nexthop via fd00:90::78
    fd54::/32 encap ip6 id 7 dst fd00:90::99 src fd00:90::1 hoplimit 9 dev eth0
    unreachable fd55::/32
    fd57::/32 via fd00:90::77 features ecn
}
"""
EVERY_RULE = """virtual_rules {
    not from 10.2.0.0/16 table 500 preference 1001
    to 10.3.0.0/16 tos 0x10 table 500 preference 1002
    fwmark 5 table 500 preference 1003
    fwmark 5/7 table 500 preference 1004
    iif eth0 table 500 preference 1005
    oif eth0 table 500 preference 1006
    iif eth0 goto 1006 preference 900
    from 10.4.0.0/16 realms 1/2 table 500 preference 1007
    from 10.5.0.0/16 nop preference 1008
    from 10.5.0.0/16 unreachable preference 1009
    from 10.5.0.0/16 blackhole preference 1011
    uidrange 100-200 table 500 preference 1012
    ipproto udp sport 100-200 table 500 preference 1014
    table 500 suppress_prefixlength 8 preference 1015
    table 500 suppress_ifgroup 7 preference 1016
    from fd00:1::/32 table main preference 1019
    from 10.6.0.0/16 table 500 preference 1020 protocol 9 no_track
    from 10.6.0.0/16 table 500 priority 1021
}
"""


@test("every option of routes and rules: the kernel has them as upstream makes them of the file")
def _():
    need(PEER)
    seen = {}
    for binary in (PEER, BINARY):
        with Lab(routers=1) as lab:
            a = master(lab, configuration(instance(extra=EVERY_ROUTE + EVERY_RULE)), binary)

            def state():
                lines = [line for family in ("-4", "-6") for line in a.ip("-o", "-d", family, "route", "show", "table", "all").splitlines()
                         if "proto kernel" not in line] + a.ip("-d", "rule").splitlines() + a.ip("-d", "-6", "rule").splitlines()
                return sorted(re.sub(r"\s+", " ", line).strip() for line in lines)
            wait_until(lambda: len(routes(a)) >= 17 and len(rules(a)) == 18, 3, "all are there", lambda: f"{routes(a)} {rules(a)}")
            seen[binary] = state()
    ours, theirs = seen[BINARY], seen[PEER]
    check(ours == theirs, "alike", *(f"ours: {line}" for line in ours if line not in theirs),
          *(f"2.2.7: {line}" for line in theirs if line not in ours))


@test("a backup has neither routes nor rules; they come and go with the mastership")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150, extra=ROUTES + RULES)))
        b.daemon.start(configuration(instance(priority=100, extra=ROUTES + RULES)))
        lab.settle(a)
        wait_until(lambda: len(rules(a)) == 4 and len(routes(a)) >= 7, 2, "the master's routes", lab.logs)
        check(not routes(b) and not rules(b), "the backup has none", routes(b), rules(b))
        lab.unplug(a)
        lab.settle(b)
        wait_until(lambda: len(rules(b)) == 4 and len(routes(b)) >= 7, 2, "the new master's routes", lab.logs)
        gone(lab, a)


@test("-V: routes and rules stay after the end")
def _():
    with Lab(routers=1) as lab:
        a = master(lab, configuration(instance(extra=ROUTES + RULES)), flags=("-V",))
        wait_until(lambda: len(rules(a)) == 4, 2, "the rules", lab.logs)
        before = routes(a)
        a.daemon.stop()
        check(routes(a) == before and len(rules(a)) == 4, "all stay", routes(a), rules(a))


@test("a route or rule that somebody removes comes back, unless no_track",
      known="2.2.7 gives up the mastership instead")
def _():
    with Lab(routers=1) as lab:
        extra = ("virtual_routes {\n10.50.0.0/16 via 10.90.0.77 dev eth0\n10.51.0.0/16 via 10.90.0.77 dev eth0 no_track\n}\n"
                 "virtual_rules {\nfrom 10.90.9.9 table 300 preference 1000 iif eth0\nfrom 10.90.9.8 table 300 preference 1001 no_track\n}\n")
        a = master(lab, configuration(instance(extra=extra)))
        wait_until(lambda: len(routes(a)) == 2 and len(rules(a)) == 2, 2, "all are there", lab.logs)
        for word in ("50", "51"):
            a.ip("route", "del", f"10.{word}.0.0/16")
        for preference in ("1000", "1001"):
            a.ip("rule", "del", "preference", preference)
        wait_until(lambda: len(routes(a)) == 1 and len(rules(a)) == 1, 2, "one of each comes back", lab.logs)
        stays_true(lambda: "10.50" in routes(a)[0] and "10.90.9.9" in rules(a)[0], 0.5, "the right ones", lab.logs)
        check(a.holds(VIP), "still master")


@test("routes that the kernel drops with an interface come back with it", known="2.2.7 takes its time")
def _():
    with Lab(routers=1, links=2) as lab:
        extra = "virtual_routes {\n10.50.0.0/16 via 10.91.0.77\n}\n"
        a = master(lab, configuration(instance(extra=extra)))
        wait_until(lambda: routes(a), 2, "the route", lab.logs)
        a.link_down("eth1")
        wait_until(lambda: not routes(a), 2, "the kernel dropped it")
        a.link_up("eth1")
        wait_until(lambda: routes(a), 2, "it is back", lab.logs)


@test("a reload touches only the routes that changed, and adds the new one first")
def _():
    with Lab(routers=1) as lab:
        first = "virtual_routes {\n10.50.0.0/16 via 10.90.0.77\n10.51.0.0/16 via 10.90.0.77\n}\n"
        second = "virtual_routes {\n10.50.0.0/16 via 10.90.0.77\n10.51.0.0/16 via 10.90.0.78\n10.52.0.0/16 via 10.90.0.77\n}\n"
        a = master(lab, configuration(instance(extra=first)))
        wait_until(lambda: len(routes(a)) == 2, 2, "both routes", lab.logs)
        with open(a.daemon.path("monitor"), "w") as output:
            a.spawn("ip", "-o", "monitor", "route", stdout=output)
        time.sleep(0.3)
        a.daemon.reload(configuration(instance(extra=second)))
        wait_until(lambda: len(routes(a)) == 3, 3, "three routes", lab.logs)
        time.sleep(0.3)
        with open(a.daemon.path("monitor")) as output:
            lines = [re.sub(r" (proto|dev) .*", "", line.strip()) for line in output if "10.5" in line]
        check(not any("10.50" in line for line in lines), "the unchanged one is left alone", lines)
        about = [line for line in lines if "10.51" in line]
        check(about == ["10.51.0.0/16 via 10.90.0.78", "Deleted 10.51.0.0/16 via 10.90.0.77"], "first the new, then the old",
              lines)


@test("after a crash routes are adopted: nothing is deleted, and nothing is left at the end")
def _():
    with Lab(routers=1) as lab:
        config = configuration(instance(extra=ROUTES + RULES), extra="vrrp_startup_delay 0\n")
        a = master(lab, config)
        wait_until(lambda: len(rules(a)) == 4 and len(routes(a)) >= 7, 2, "all are there", lab.logs)
        a.daemon.crash()
        check(len(rules(a)) == 4, "the dead leave them")
        a.daemon.start(config)
        a.daemon.expect_log("Entering MASTER STATE", since=0)
        time.sleep(1.5)
        a.daemon.stop()
        gone(lab, a)


@test("static addresses, routes and rules are there from the start, follow a reload and go at the end")
def _():
    with Lab() as lab:
        a, b = lab.routers
        a.daemon.start(configuration(instance(priority=150)))
        lab.settle(a)
        config = configuration(STATICS, instance(priority=100))
        b.daemon.start(config)
        wait_until(lambda: b.holds("10.90.7.7") and len(routes(b)) == 2 and len(rules(b)) == 1, 3,
                   "a backup has them", lambda: f"{routes(b)} {rules(b)}\n{lab.logs()}")
        b.daemon.reload(config.replace("10.90.7.7/32", "10.90.7.8/32").replace("10.70.0.0/16 via", "10.71.0.0/16 via")
                        .replace("table 310", "table 311"))
        wait_until(lambda: b.holds("10.90.7.8") and not b.holds("10.90.7.7"), 3, "the address follows", lab.logs)
        wait_until(lambda: any("10.71" in r for r in routes(b)) and not any("10.70" in r for r in routes(b)), 2,
                   "the route follows", lab.logs)
        check("311" in rules(b)[0] and len(rules(b)) == 1, "the rule follows", rules(b))
        b.daemon.stop()
        gone(lab, b)
        check(not b.holds("10.90.7.8"), "the address is gone")
