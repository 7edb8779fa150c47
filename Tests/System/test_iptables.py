# SPDX-License-Identifier: GPL-2.0-or-later
"""vrrp_iptables, on machines whose iptables is that of the kernel's ip_tables."""
import os
import re

from lab import Lab, Prober, check, configuration, instance, stays_true, wait_until
from suite import need, test
from test_firewall import SIX, masters

VIP = "10.90.9.9"
OTHER = "Debian's 2.2.7 is built without iptables"


def legacy(lab):
    """An environment in which iptables is the old one, as an administrator would choose it for the whole machine."""
    need("/usr/sbin/xtables-legacy-multi", "ipset")
    directory = f"{lab.directory}/bin"
    os.mkdir(directory)
    for name in ("iptables", "iptables-restore", "ip6tables", "ip6tables-restore"):
        os.symlink("/usr/sbin/xtables-legacy-multi", f"{directory}/{name}")
    return {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}


def rules(host):
    return [line for command in ("iptables-legacy", "ip6tables-legacy")
            for line in host.run(command, "-S").splitlines() if line.startswith("-A")]


def sets(host):
    """The members of each set."""
    found, name = {}, None
    for line in host.run("ipset", "save").splitlines():
        words = line.split()
        if words[0] == "create":
            found[words[1]] = []
        else:
            found[words[1]].append(words[2])
    return found


def both(extra):
    return configuration(instance(extra="no_accept\n"), SIX, extra=extra)


@test("vrrp_iptables and vrrp_ipsets: rules look into sets, which follow the state; nothing is left", known=OTHER)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        environment = legacy(lab)
        prober = Prober(lab)
        prober.start()
        a.daemon.start(both("vrrp_iptables INPUT OUTPUT\n"), environment=environment)
        wait_until(lambda: masters(a), 8, "master of both", lab.logs)
        wait_until(lambda: sets(a).get("keepalived") == [VIP], 2, "the set of IPv4", lambda: sets(a))
        check(sets(a)["keepalived6"] == ["fd00:90::88"], "the set of IPv6", sets(a))
        check(sets(a)["keepalived_if6"] == ["fe80::8,eth0"], "the set of link-local addresses", sets(a))
        for line in ("-A INPUT -m set --match-set keepalived dst -j DROP", "-A OUTPUT -m set --match-set keepalived src -j DROP",
                     "-A INPUT -m set --match-set keepalived6 dst -j DROP",
                     "-A INPUT -m set --match-set keepalived_if6 dst,src -j DROP",
                     "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m set --match-set keepalived6 dst -j ACCEPT"):
            check(line in rules(a), line, *rules(a))
        stays_true(lambda: not prober.answers, 0.5, "no answer", lab.logs)
        check(a.daemon.stop() == 0, "ends well")
        prober.finish()
        check(not prober.answers, "no answer at all")
        check(not rules(a) and not sets(a), "nothing is left", rules(a), sets(a))


@test("vrrp_ipsets without a name: rules of each address, in a chain of the operator's; the daemon waits for them",
      known=OTHER)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        environment = legacy(lab)
        for command in ("iptables-legacy", "ip6tables-legacy"):
            a.run(command, "-N", "VIPS")
            a.run(command, "-A", "INPUT", "-j", "VIPS")
        prober = Prober(lab)
        prober.start()
        a.daemon.start(both("vrrp_iptables VIPS\nvrrp_ipsets\n"), environment=environment)
        wait_until(lambda: masters(a), 8, "master of both", lab.logs)
        seen = rules(a)
        check(f"-A VIPS -d {VIP}/32 -j DROP" in seen, "IPv4", *seen)
        check("-A VIPS -d fe80::8/128 -i eth0 -j DROP" in seen, "the link-local address", *seen)
        where = [line for line in seen if "fd00:90::88" in line]
        check([line.split()[-1] for line in where] == ["ACCEPT", "ACCEPT", "DROP"], "neighbour discovery first", *where)
        check(not sets(a), "no sets", sets(a))
        stays_true(lambda: not prober.answers, 0.5, "no answer", lab.logs)
        a.daemon.crash()
        mark = a.daemon.mark()
        a.daemon.start(both("vrrp_iptables VIPS\nvrrp_ipsets\n"), environment=environment)
        for name in ("VI", "V6"):
            a.daemon.expect_log(rf"\({name}\) Entering MASTER STATE", since=mark)
        wait_until(lambda: len(rules(a)) == len(seen) and masters(a), 8, "the same rules once", lambda: "\n".join(rules(a)))
        a.daemon.stop()
        prober.finish()
        check(not prober.answers, "no answer at all", lab.logs())
        check(rules(a) == ["-A INPUT -j VIPS"] * 2, "only the operator's rules are left", *rules(a))


@test("vrrp_ipsets without a name: rules that a killed daemon left without their address are gone", known=OTHER)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        environment = legacy(lab)
        globals = "vrrp_iptables INPUT OUTPUT\nvrrp_ipsets\n"
        a.daemon.start(both(globals), environment=environment)
        wait_until(lambda: masters(a), 8, "master of both", lab.logs)
        mine = "-A INPUT -d 10.90.9.0/24 -i nowhere -j DROP"
        a.run("iptables-legacy", *mine.split())
        before = rules(a)
        a.daemon.crash()
        # An administrator has tidied up, as far as he saw it.
        a.ip("addr", "del", f"{VIP}/32", "dev", "eth0")
        check(rules(a) == before, "they are left", *rules(a))
        waiting = instance(extra="no_accept\ntrack_interface {\n    lo\n}\n")
        a.link_down("lo")
        mark = a.daemon.mark()
        a.daemon.start(configuration(waiting, SIX, extra=globals), environment=environment)
        a.daemon.expect_log(r"\(V6\) Entering MASTER STATE", since=mark)
        wait_until(lambda: "fd00:90::88" in " ".join(a.addresses("eth0", "-6")), 5, "master of one", lab.logs)
        wait_until(lambda: not any(f"{VIP}/32" in line for line in rules(a)), 3, "none for the other", lambda: "\n".join(rules(a)))
        check(mine in rules(a), "the operator's own stays", *rules(a))
        check([line for line in rules(a) if ":" in line] == [line for line in before if ":" in line], "the first's are as before",
              *rules(a))
        a.daemon.stop()
        check(rules(a) == [mine], "nothing else is left", *rules(a))


@test("rules and sets that killed processes left are gone, whatever the next daemon is asked for", known=OTHER)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        environment = legacy(lab)
        mine = "-A INPUT -d 10.90.9.0/24 -i nowhere -j DROP"
        a.run("iptables-legacy", *mine.split())
        alone, sets_ = "vrrp_iptables INPUT OUTPUT\nvrrp_ipsets\n", "vrrp_iptables INPUT OUTPUT\n"
        refusing, quiet = instance(extra="no_accept\n"), instance(extra="no_accept\nuse_vmac\n")
        plain = instance("OTHER", vrid=9, addresses=("10.90.9.7",))

        def start(config, name):
            mark = a.daemon.mark()
            a.daemon.start(config, environment=environment)
            a.daemon.expect_log(rf"\({name}\) Entering MASTER STATE", since=mark)

        for first, second in ((configuration(quiet, SIX, extra=alone), configuration(plain, extra=alone)),
                              (configuration(refusing, SIX, extra=alone), configuration(plain)),
                              (configuration(refusing, SIX, extra=sets_), configuration(plain)),
                              (configuration(refusing, SIX, extra=sets_), configuration(plain, extra=alone))):
            start(first, "V6")
            wait_until(lambda: masters(a), 8, "master of both", lab.logs)
            wait_until(lambda: len(rules(a)) > 5, 3, "rules", lambda: "\n".join(rules(a)))
            a.daemon.crash()
            check(len(rules(a)) > 5, "they are left", *rules(a))
            start(second, "OTHER")
            wait_until(lambda: rules(a) == [mine] and not sets(a), 3, "only the operator's rule is left",
                       lambda: "\n".join([*rules(a), *sets(a)]))
            wait_until(lambda: not os.path.exists(a.daemon.path("firewall")), 2, "nothing is kept any longer")
            a.daemon.stop()


@test("vrrp_iptables where iptables writes nftables: nftables it is")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(instance(extra="no_accept\n"), extra="vrrp_iptables\n"))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        check(re.search(f"elements = {{ {VIP} }}", a.run("nft", "list", "ruleset")), "in the set of nftables")
