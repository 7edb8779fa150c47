# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts are told, as whom they run, and what happens to those that hang."""
import os
import re
import shutil
import signal
import time

from lab import Lab, alive, check, configuration, instance, run, stays_true, wait_until
from suite import test
from wire import Forger

VIP = "10.90.9.9"


class Scripts:
    """Scripts in a directory that only root can write, as enable_script_security wants, and what they wrote."""

    def __init__(self, lab):
        self.directory = f"/var/lib/{lab.tag}"
        os.mkdir(self.directory, 0o755)
        lab.cleanups.append(lambda: shutil.rmtree(self.directory, ignore_errors=True))
        self.output = f"{self.directory}/out"
        os.mkdir(self.output)
        os.chmod(self.output, 0o777)

    def make(self, name, body):
        path = f"{self.directory}/{name}"
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\nOUT={self.output}\n{body}\n")
        os.chmod(path, 0o755)
        return path

    def recorder(self, name):
        """A script that writes its name and arguments, one line a call."""
        return self.make(name, f'echo "{name} $*" >>$OUT/calls')

    def calls(self, name="calls"):
        try:
            with open(f"{self.output}/{name}") as file:
                return file.read().splitlines()
        except OSError:
            return []

    def wait(self, wanted, timeout=5, name="calls"):
        wait_until(lambda: self.calls(name) == wanted, timeout, f"calls {wanted}", lambda: f"calls {self.calls(name)}")


SECURE = "script_user root\nenable_script_security\n"
ALL = ("notify_master", "notify_backup", "notify_fault", "notify_stop", "notify")


@test("an instance: each state with its own script and the arguments of the generic one")
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        # Each script waits for its turn: upstream starts both at once, so their lines may come in any order.
        extra = "".join(f'{keyword} "{scripts.recorder(keyword)}"\n' for keyword in ALL)
        a.daemon.start(configuration(instance(priority=150, extra=extra), extra=SECURE))

        def phase(state, specific):
            wait_until(lambda: len(scripts.calls()) >= 2, 5, f"scripts of {state}", lambda: f"{scripts.calls()}\n{lab.logs()}")
            time.sleep(0.1)
            check(sorted(scripts.calls()) == sorted([f"notify INSTANCE VI {state} 150", f"{specific} "]),
                  f"calls for {state}", scripts.calls())
            os.unlink(f"{scripts.output}/calls")
        phase("BACKUP", "notify_backup")
        phase("MASTER", "notify_master")
        a.link_down()
        phase("FAULT", "notify_fault")
        a.link_up()
        phase("BACKUP", "notify_backup")
        phase("MASTER", "notify_master")
        a.daemon.stop()
        phase("STOP", "notify_stop")


@test("a sync group: GROUP, its name, its state and 0", limit=40)
def _():
    with Lab(routers=1, links=2) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        group = ("vrrp_sync_group G {\n    group {\n        A\n        B\n    }\n"
                 + "".join(f'    {keyword} "{scripts.recorder(keyword)}"\n' for keyword in ALL) + "}\n")
        a.daemon.start(configuration(group, instance("A", vrid=1, addresses=["10.90.9.9"]), instance(
            "B", vrid=2, interface="eth1", addresses=["10.91.9.9"]), extra=SECURE))

        def phase(state, specific):
            wait_until(lambda: {f"notify GROUP G {state} 0", f"{specific} "} <= set(scripts.calls()), 8,
                       f"scripts of {state}", lambda: f"{scripts.calls()}\n{lab.logs()}")
            os.unlink(f"{scripts.output}/calls")
        phase("MASTER", "notify_master")
        a.link_down("eth1")
        phase("FAULT", "notify_fault")
        a.link_up("eth1")
        phase("MASTER", "notify_master")
        a.daemon.stop()
        phase("STOP", "notify_stop")


@test("a script's own arguments come before the daemon's")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        extra = (f'notify "{scripts.recorder("generic")} one two"\n'
                 f"notify_master {scripts.recorder('plain')}\n")
        lab.routers[0].daemon.start(configuration(instance(extra=extra), extra=SECURE))
        wait_until(lambda: {"generic one two INSTANCE VI MASTER 100", "plain "} <= set(scripts.calls()), 5,
                   "both were called", lambda: f"{scripts.calls()}\n{lab.logs()}")


@test("scripts of one instance neither overlap nor overtake each other",
      known="2.2.7 starts each at once, beside those that still run")
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        path = scripts.make("slow", 'echo "begin $3" >>$OUT/calls; sleep 0.7; echo "end $3" >>$OUT/calls')
        a.daemon.start(configuration(instance(interval=0.1, extra=f'notify "{path}"\n'), extra=SECURE))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        forger = Forger(lab)
        for _ in range(2):
            forger.advertise(priority=200, interval=0.1)
            wait_until(lambda: not a.holds(VIP), 2, "backup", lab.logs)
            forger.advertise(priority=0, interval=0.1)
            wait_until(lambda: a.holds(VIP), 2, "master", lab.logs)
        states = ["BACKUP", "MASTER", "BACKUP", "MASTER", "BACKUP", "MASTER"]
        time.sleep(4.5)
        calls = scripts.calls()
        check(all(calls[i].split()[0] == ("begin", "end")[i % 2] for i in range(len(calls))), "they overlap", calls)
        seen = [line.split()[1] for line in calls if line.startswith("begin")]
        check(seen and seen[-1] == "MASTER", "the last state is told last", calls)
        check(seen == states, "each state is told, in order", seen)


@test("the script of the state comes first, then the generic one", known="2.2.7 starts both at once")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        slow = scripts.make("slow", 'sleep 0.4; echo specific >>$OUT/calls')
        quick = scripts.make("quick", 'echo generic >>$OUT/calls')
        lab.routers[0].daemon.start(configuration(instance(extra=f'notify "{quick}"\nnotify_backup "{slow}"\n'), extra=SECURE))
        wait_until(lambda: len(scripts.calls()) >= 2, 5, "both run", lambda: f"{scripts.calls()}\n{lab.logs()}")
        check(scripts.calls()[:2] == ["specific", "generic"], "the order", scripts.calls())


@test("script_user: as whom the script runs, and with which groups")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        path = scripts.make("whoami", 'echo "$(id -un) $(id -gn) $(id -Gn)" >>$OUT/calls; grep CapEff /proc/self/status >>$OUT/caps')
        lab.routers[0].daemon.start(configuration(instance(extra=f'notify_backup "{path}"\n'),
                                                  extra="script_user nobody\nenable_script_security\n"))
        group = run("id", "-gn", "nobody").strip()
        scripts.wait([f"nobody {group} {group}"])
        wait_until(lambda: scripts.calls("caps"), 2, "capabilities")
        check(scripts.calls("caps")[0].split()[1] == "0" * 16, "no capabilities", scripts.calls("caps"))


@test("the user beside a script counts more than script_user")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        path = scripts.make("whoami", 'id -un >>$OUT/calls')
        lab.routers[0].daemon.start(configuration(instance(extra=f'notify_backup "{path}" daemon\n'),
                                                  extra="script_user nobody\nenable_script_security\n"))
        scripts.wait(["daemon"])


@test("enable_script_security: a script that others can write is not run")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        bad, good = scripts.recorder("bad"), scripts.recorder("good")
        os.chmod(bad, 0o777)
        a = lab.routers[0]
        a.daemon.start(configuration(instance(extra=f'notify_backup "{bad}"\nnotify_master "{good}"\n'), extra=SECURE))
        scripts.wait(["good "])
        check(bad in a.daemon.log() and scripts.calls() == ["good "], "the log names the script that is not run", lab.logs())


LOOKER = """#!/usr/bin/python3
import os
with os.scandir("/proc/self/fd") as listing:
    numbers = [entry.name for entry in listing]
kept = []
for number in numbers:
    try:
        kept.append(os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass  # the one that listed the others
with open("%s/calls", "w") as file:
    print(kept, sorted(os.environ), os.getpid() == os.getpgrp(), sep="\\n", file=file)
"""


@test("scripts inherit neither descriptors nor NOTIFY_SOCKET, and lead their own process group",
      known="2.2.7 hands NOTIFY_SOCKET on")
def _():
    with Lab(routers=1) as lab:
        scripts = Scripts(lab)
        path = scripts.make("look", "")
        with open(path, "w") as file:
            file.write(LOOKER % scripts.output)
        lab.routers[0].daemon.start(configuration(instance(extra=f'notify_backup "{path}"\n'), extra=SECURE),
                                    environment={**os.environ, "NOTIFY_SOCKET": "/nowhere", "LD_PRELOAD": ""})
        wait_until(lambda: len(scripts.calls()) == 3, 5, "the script ran", lab.logs)
        kept, names, leads = scripts.calls()
        check(set(re.findall("'(.*?)'", kept)) <= {"/dev/null", path}, f"descriptors kept: {kept}")
        check(not (found := re.findall(r"NOTIFY_SOCKET|\bIFS\b|LD_\w+", names)), f"in the environment: {found}")
        check(leads == "True", "its own process group")


@test("a hanging stop script delays the end by little, and nothing of it is left", limit=40)
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        path = scripts.make("hang", "echo $$ >>$OUT/calls; sleep 100 & sleep 100")
        a.daemon.start(configuration(instance(extra=f'notify_stop "{path}"\n'), extra=SECURE))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        began = time.monotonic()
        code = a.daemon.stop(timeout=8)
        check(code == 0 and time.monotonic() - began < 6.5, f"ended with {code} after {time.monotonic() - began:.1f} s")
        check(scripts.calls(), "the stop script was started", lab.logs())
        pid = int(scripts.calls()[0])
        wait_until(lambda: not alive(pid), 3, "the script is gone")


@test("startup_script: its time is up, its whole process group is gone", limit=40)
def _():
    with Lab(routers=1) as lab:
        a, scripts = lab.routers[0], Scripts(lab)
        path = scripts.make("hang", "sleep 300 & echo $! >>$OUT/calls; wait")
        a.daemon.start(configuration(instance(), extra=SECURE + f'startup_script "{path}"\nstartup_script_timeout 1\n'))
        wait_until(lambda: scripts.calls(), 5, "the script runs", lab.logs)
        wait_until(lambda: a.holds(VIP), 10, "the daemon goes on", lab.logs)
        pid = int(scripts.calls()[0])
        wait_until(lambda: not alive(pid), 3, "what the script started is gone too", lab.logs)


@test("a script that hangs does not disturb the adverts")
def _():
    with Lab() as lab:
        a, b = lab.routers
        scripts = Scripts(lab)
        path = scripts.make("hang", "sleep 100")
        a.daemon.start(configuration(instance(priority=150, interval=0.1, extra=f'notify "{path}"\n'), extra=SECURE))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        b.daemon.start(configuration(instance(priority=100, interval=0.1)))
        lab.settle(a, rest=3)
        check("Entering MASTER" not in b.daemon.log(), "the backup heard every advert", lab.logs())
