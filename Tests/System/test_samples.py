# SPDX-License-Identifier: GPL-2.0-or-later
"""The files in etc/ are right as they stand."""
import glob
import os
import re
import shutil
import subprocess

from lab import BINARY, Lab, Skip, check
from suite import test

ETC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "etc")
SAMPLES = sorted([f"{ETC}/keepalived/keepalived.conf.sample", *glob.glob(f"{ETC}/samples/*.conf")])

UPSTREAM = {
    "lvs-drain.conf": "2.2.7 does not know drain_timeout",
    "vrrp-checksum.conf": "2.2.7 does not know v3_checksum_as_v2",
    **dict.fromkeys(("keepalived.conf.sample", "vrrp-notify.conf", "vrrp-sync-group.conf"),
                    "2.2.7 sends itself SIGTERM when it tests a file whose scripts have a user"),
}
for path in SAMPLES:
    @test(f"{os.path.basename(path)}: -t has nothing to say", known=UPSTREAM.get(os.path.basename(path)))
    def _(path=path):
        with Lab(routers=1, links=3) as lab:
            lab.routers[0].ip("addr", "add", "192.0.2.200/24", "dev", "eth0")
            lab.routers[0].ip("addr", "add", "198.51.100.200/24", "dev", "eth1")
            lab.routers[0].ip("addr", "add", "2001:db8::200/64", "dev", "eth0", "nodad")
            if "namespace" in path:
                subprocess.run(["ip", "netns", "add", "blue"], check=True)
            done = subprocess.run(["ip", "netns", "exec", lab.routers[0].name, BINARY, "-t", "-f", path],
                                  capture_output=True, text=True, timeout=10)
            said = done.stdout + done.stderr
            if "namespace" in path:
                subprocess.run(["ip", "netns", "del", "blue"], check=True)
            check(done.returncode == 0 and not said, f"exit {done.returncode}", said)


@test("keepalived.service: systemd finds no fault")
def _():
    if shutil.which("systemd-analyze") is None:
        raise Skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "verify", f"{ETC}/systemd/keepalived.service"], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines()
            if "keepalived.service" in line and not re.search(r"is not executable|man ", line)]
    check(not said, "complaints", *said)
