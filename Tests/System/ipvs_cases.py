# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations of virtual servers, each with the one that replaces it on reload; {n} is a number of its own, so that many can
share a file."""
from ipvs import real_server, virtual_server

GLOBALS = "global_defs {\n  router_id lab\n}\n"
VIP, VIP6 = "10.1.{n}.1 80", "fd00:1:{n}::1 80"


class Case:
    def __init__(self, name, first, second=None):
        self.name, self.first, self.second = name, first, second or first


TWO = (real_server("10.0.0.1 80", "weight 2", checked=True), real_server("10.0.0.2 80"))
SIX = (real_server("fd00::1 80", "weight 2", checked=True), real_server("fd00::2 80"))
FAILING = real_server("10.0.0.1 80", checked=True)


def service(options, *servers, head=VIP, kind="DR", protocol="TCP"):
    """A virtual server with two real servers, or those given."""
    return virtual_server(head, f"lb_kind {kind}; protocol {protocol}; {options}", *(servers or TWO))


def group(last, *more):
    lines = [f"10.2.{{n}}.1-{last} 80", "10.2.{n}.9 81", *more]
    return "virtual_server_group G{n} {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


CHAPTERS = {
    "schedulers": [
        Case(name, service(f"lb_algo {name}"), service("lb_algo wrr", kind="NAT"))
        for name in ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "fo", "ovf", "sed", "nq")
    ],
    "forwarding": [
        Case(kind, service("lb_algo rr", kind=kind, protocol="UDP"),
             service("lb_algo rr", real_server("10.0.0.2 80", "weight 7"), kind=kind, protocol="UDP"))
        for kind in ("NAT", "DR", "TUN", "TUN type gue port 5000", "TUN type gue port 5000 csum",
                     "TUN type gue port 5000 remcsum", "TUN type gre", "TUN type gre csum")
    ] + [
        Case("another port by NAT", service("lb_algo rr", real_server("10.0.0.1 8080", checked=True), TWO[1], kind="NAT")),
        Case("a method of the server's own", service("lb_algo rr", real_server("10.0.0.1 80", "lvs_method TUN", checked=True),
                                                     real_server("10.0.0.2 80", "lvs_method NAT"))),
    ],
    "flags and families": [
        Case("flags of sh", service("lb_algo sh; sh-port; sh-fallback"), service("lb_algo sh; sh-port")),
        Case("hashed", service("lb_algo sh; hashed; sh-port"), service("lb_algo sh; hashed")),
        Case("flags of mh", service("lb_algo mh; mh-port; mh-fallback"), service("lb_algo mh")),
        Case("flag-1, -2, -3", service("lb_algo rr; flag-1; flag-2; flag-3"), service("lb_algo rr; flag-2")),
        Case("one packet", service("lb_algo rr; ops", protocol="UDP"), service("lb_algo rr", protocol="UDP")),
        Case("persistent, coarse", service("lb_algo rr; persistence_timeout 100; persistence_granularity 255.255.255.0"),
             service("lb_algo rr; persistence_timeout 200")),
        Case("persistent, bare", service("lb_algo rr; persistence_timeout"), service("lb_algo rr")),
        Case("persistence engine", service("lb_algo rr; persistence_timeout 60; persistence_engine sip",
                                           head="10.1.{n}.1 5060", kind="NAT", protocol="UDP")),
        Case("all ports", service("lb_algo rr; persistence_timeout 50", real_server("10.0.0.1", checked=True),
                                  real_server("10.0.0.2"), head="10.1.{n}.1")),
        Case("IPv6", service("lb_algo rr", *SIX, head=VIP6), service("lb_algo wlc", SIX[0], head=VIP6)),
        Case("IPv6, another port by NAT", service("lb_algo rr", real_server("fd00::1 8080", checked=True),
                                                  real_server("fd00::2 8081"), head=VIP6, kind="NAT")),
        Case("IPv6, persistent", service("lb_algo rr; persistence_timeout 60; persistence_granularity 64", *SIX, head=VIP6)),
        Case("IPv6 through IPv4", service("lb_algo rr", *TWO, head=VIP6, kind="TUN")),
        Case("SCTP", service("lb_algo rr", protocol="SCTP"), service("lb_algo wlc", protocol="SCTP")),
        Case("mark", virtual_server("fwmark 10{n}", "lb_algo rr; lb_kind DR", real_server("10.0.0.1", checked=True),
                                    real_server("10.0.0.2"))),
        Case("mark of IPv6", virtual_server("fwmark 10{n}", "lb_algo rr; lb_kind DR; ip_family inet6",
                                            real_server("fd00::1", checked=True), real_server("fd00::2"))),
    ],
    "servers": [
        Case("thresholds", service("lb_algo rr", real_server("10.0.0.1 80", "uthreshold 100; lthreshold 50", checked=True)),
             service("lb_algo rr", real_server("10.0.0.1 80", "uthreshold 70", checked=True))),
        Case("weight 0", service("lb_algo rr", real_server("10.0.0.2 80", "weight 0"), TWO[0]), service("lb_algo rr", TWO[0])),
        Case("sorry server", service("lb_algo rr; sorry_server 10.0.0.9 80", FAILING)),
        Case("sorry server of another method",
             service("lb_algo rr; sorry_server 10.0.0.9 80; sorry_server_lvs_method NAT", FAILING)),
        Case("sorry server inhibited", service("lb_algo rr; sorry_server 10.0.0.9 80; sorry_server_inhibit", FAILING)),
        Case("inhibit_on_failure", service("lb_algo rr; inhibit_on_failure", *TWO)),
        Case("inhibit_on_failure of a server",
             service("lb_algo rr", real_server("10.0.0.1 80", "inhibit_on_failure; weight 3", checked=True), TWO[1])),
        Case("alpha", service("alpha; lb_algo rr", *TWO)),
        Case("alpha and inhibit_on_failure", service("alpha; inhibit_on_failure; lb_algo rr", *TWO)),
        Case("quorum and hysteresis",
             service("lb_algo rr; quorum 2; hysteresis 1; sorry_server 10.0.0.9 80", TWO[0], real_server("10.0.0.2 80"))),
        Case("group", group(3, "fwmark 20{n}") + service("lb_algo rr", FAILING, TWO[1], head="group G{n}", kind="TUN",
                                                         protocol="UDP")),
        Case("group grows", group(3) + service("lb_algo rr", *TWO, head="group G{n}"),
             group(5) + service("lb_algo rr", *TWO, head="group G{n}")),
        Case("services come and go",
             service("lb_algo rr") + service("lb_algo rr", head="10.1.{n}.2 80"),
             service("lb_algo wlc; persistence_timeout 60", head="10.1.{n}.2 80") + service("lb_algo rr", head="10.1.{n}.3 80")),
        Case("servers come and go", service("lb_algo rr"),
             service("lb_algo rr", TWO[0], real_server("10.0.0.3 80", "weight 4"))),
        Case("weights change", service("lb_algo rr"),
             service("lb_algo rr", real_server("10.0.0.1 80", "weight 5", checked=True), real_server("10.0.0.2 80", "weight 9"))),
    ],
    # By themselves: the kernel loses its place in /proc/net/ip_vs after 4 kB when services of other namespaces stand between.
    "groups": [
        # An entry for all ports makes the whole virtual server persistent.
        Case("ranges", "virtual_server_group R{n} {\n  10.3.{n}.1-10.3.{n}.3 80\n  10.3.{n}.9 0\n}\n"
             + service("lb_algo rr", *TWO, head="group R{n}", kind="NAT")),
        # 2.2.7 leaves services behind when a range changes.
        Case("IPv6", "virtual_server_group X{n} {\n  fd00:3:{n}::8-c 80\n  fd00:3:{n}::20 81\n}\n"
             + service("lb_algo rr", *SIX, head="group X{n}")),
    ],
}
