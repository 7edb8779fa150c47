# SPDX-License-Identifier: GPL-2.0-or-later
"""Beside FRR's vrrpd, which shares no line of code with any keepalived."""
import os
import subprocess
import time

from lab import Lab, check, configuration, instance, wait_until
from suite import need, test
from wire import Sniffer

VIP, VIP6, FRR = "10.90.9.9", "fd00:90::99", "/usr/lib/frr"


class Vrrpd:
    """zebra and vrrpd on a host. FRR keeps its address on a macvlan and sets that down while it is backup."""

    def __init__(self, host, version, priority, interval=1.0, six=False):
        need(f"{FRR}/zebra", f"{FRR}/vrrpd")
        self.host, self.directory = host, f"{host.lab.directory}/frr"
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o777)  # its daemons run as their own user
        self.device = device = f"vrrp{6 if six else 4}-7"
        host.ip("link", "add", device, "link", "eth0", "type", "macvlan", "mode", "bridge")
        host.ip("link", "set", device, "address", f"00:00:5e:00:0{2 if six else 1}:07")
        host.ip("addr", "add", f"{VIP6}/64" if six else f"{VIP}/32", "dev", device)
        host.ip("link", "set", device, "up")
        self.daemon("zebra", "")
        wait_until(lambda: os.path.exists(f"{self.directory}/zebra.sock"), 5, "zebra listens", self.log)
        self.daemon("vrrpd", f"interface eth0\n vrrp 7 version {version}\n vrrp 7 priority {priority}\n"
                             f" vrrp 7 advertisement-interval {round(interval * 1000)}\n"
                             f" vrrp 7 {f'ipv6 {VIP6}' if six else f'ip {VIP}'}\n")

    def daemon(self, name, config):
        path = f"{self.directory}/{name}"
        with open(f"{path}.conf", "w") as file:
            file.write(f"hostname {name}\n{config}")
        os.chmod(f"{path}.conf", 0o644)
        with open(f"{path}.log", "w") as log:
            self.host.spawn(f"{FRR}/{name}", "-f", f"{path}.conf", "-i", f"{path}.pid", "-z",
                            f"{self.directory}/zebra.sock", "--vty_socket", self.directory, "-P", "0",
                            "--log", "stdout", "--log-level", "debug", stdout=log, stderr=subprocess.STDOUT)

    def log(self):
        with open(f"{self.directory}/vrrpd.log", errors="replace") as file:
            return file.read()[-1500:] if os.path.exists(f"{self.directory}/vrrpd.log") else ""

    def active(self):
        return "state UP" in self.host.ip("-o", "link", "show", self.device)


for version in (2, 3):
    @test(f"v{version}: our master is cut off, FRR takes over, and gives the address back", limit=45)
    def _(version=version):
        with Lab() as lab:
            a, b = lab.routers
            frr = Vrrpd(b, version, 100)
            wait_until(frr.active, 10, "FRR is master while alone", frr.log)
            a.daemon.start(configuration(instance(priority=150, interval=1), version=version))
            wait_until(lambda: a.holds(VIP) and not frr.active(), 8, "we take over", lambda: lab.logs() + frr.log())
            time.sleep(2)
            check(a.holds(VIP) and not frr.active(), "and keep it", lab.logs(), frr.log())
            lab.cut(a)
            wait_until(frr.active, 6, "FRR takes over", frr.log)
            lab.mend(a)
            wait_until(lambda: not frr.active(), 4, "FRR gives way again", frr.log)
            check(a.holds(VIP), "we hold the address", lab.logs())

    @test(f"v{version}: FRR is master, we are its backup; it is cut off and comes back", limit=45)
    def _(version=version):
        with Lab() as lab:
            a, b = lab.routers
            frr = Vrrpd(b, version, 200)
            wait_until(frr.active, 10, "FRR is master while alone", frr.log)
            mark = a.daemon.mark()
            a.daemon.start(configuration(instance(priority=150, interval=1), version=version))
            time.sleep(5)
            check(not a.holds(VIP), "we stay backup", lab.logs())
            lab.cut(b)
            wait_until(lambda: a.holds(VIP), 6, "we take over", lab.logs)
            lab.mend(b)
            wait_until(lambda: not a.holds(VIP), 4, "we give way", lab.logs)
            a.daemon.expect_log("Master received advert from 10.90.0.2 with higher priority 200, ours 150", since=mark)

    @test(f"v{version}: we say goodbye, FRR takes over within its skew time", limit=30)
    def _(version=version):
        with Lab() as lab:
            a, b = lab.routers
            frr = Vrrpd(b, version, 100)
            a.daemon.start(configuration(instance(priority=150, interval=1), version=version))
            wait_until(lambda: a.holds(VIP) and not frr.active(), 10, "we are master", lab.logs)
            time.sleep(1.5)
            heard = Sniffer(lab.client)
            a.daemon.stop()
            wait_until(frr.active, 2, "FRR takes over", frr.log)
            heard.finish()
            goodbye = [advert for advert in heard.from_source(a.address()) if advert.priority == 0]
            check(goodbye, "an advert with priority 0 left", lab.logs())
            first = heard.from_source(b.address())[0].at - goodbye[0].at
            check(first < 0.8, f"FRR spoke {first:.2f} s after our goodbye")


@test("v3 IPv6: our master is cut off, FRR takes over, and gives the address back", limit=45)
def _():
    with Lab() as lab:
        a, b = lab.routers
        holds = lambda: f"{VIP6}/64" in a.addresses("eth0", "-6")
        frr = Vrrpd(b, 3, 100, six=True)
        wait_until(frr.active, 10, "FRR is master while alone", frr.log)
        a.daemon.start(configuration(instance(priority=150, interval=1, addresses=[f"{VIP6}/64"])))
        wait_until(lambda: holds() and not frr.active(), 8, "we take over", lambda: lab.logs() + frr.log())
        time.sleep(2)
        check(holds() and not frr.active(), "and keep it", lab.logs(), frr.log())
        lab.cut(a)
        wait_until(frr.active, 6, "FRR takes over", frr.log)
        lab.mend(a)
        wait_until(lambda: not frr.active(), 4, "FRR gives way again", frr.log)
        check(holds(), "we hold the address", lab.logs())
        mark = a.daemon.mark()
        a.daemon.reload(configuration(instance(priority=50, interval=1, addresses=[f"{VIP6}/64"])))
        wait_until(lambda: not holds() and frr.active(), 8, "FRR is better now", lambda: lab.logs() + frr.log())
        a.daemon.expect_log("higher priority 100, ours 50", since=mark)
