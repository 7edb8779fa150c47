# SPDX-License-Identifier: GPL-2.0-or-later
"""vrrp_track_process: whom it counts and what that does, beside 2.2.7."""
import os
import re
import shutil
import signal
import subprocess
import time

from lab import BINARY, PEER, Lab, check, configuration, instance, wait_until
from suite import need, test


class Program:
    """A program of a name that nothing else on the machine has."""

    def __init__(self, lab, suffix=""):
        self.name = f"t{os.getpid()}{suffix}"
        self.path = f"{lab.directory}/{self.name}"
        shutil.copy("/bin/sleep", self.path)
        os.chmod(self.path, 0o755)
        self.running = []
        lab.cleanups.append(self.stop)

    def start(self, *arguments):
        self.running.append(subprocess.Popen([self.name, *arguments], executable=self.path))
        return self.running[-1]

    def stop(self):
        for process in self.running:
            process.kill()
            process.wait()
        self.running = []


def start(host, text, binary=BINARY):
    """Starts a daemon in the machine's first namespace, where the kernel tells of processes, from where it enters the host's."""
    host.lab.cleanups.append(lambda: shutil.rmtree(f"/run/keepalived/{host.name}", ignore_errors=True))
    host.daemon.write(text)
    with open(host.daemon.path("log"), "w") as log:
        daemon = subprocess.Popen(
            [binary, "-n", "-l", "-G", "-D", "-P", "-f", host.daemon.path("conf"), "-s", host.name, *host.daemon.pid_options()],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    host.lab.processes.append(daemon)
    return daemon


def block(name, program, *lines):
    return f"vrrp_track_process {name} {{\n    process {program}\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def tracking(name, line="", **options):
    return instance(name, extra=f"track_process {{\n    {name}t {line}\n}}", **options)


def priorities(daemon, name):
    """Every change of the priority: from and to."""
    found = re.findall(rf"\({name}\) Changing effective priority from (\d+) to (\d+)", daemon.log())
    return [(int(old), int(new)) for old, new in found]


@test("names, arguments, quorum and weights: the priorities that 2.2.7 comes to", limit=50)
def _():
    need(PEER)
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        program = Program(lab)
        cases = {"n": [program.name], "e": [f"{program.name} 900 1000"],
                 "i": [f"{program.name} 900 100", "param_match initial"], "p": [f"{program.name} 900", "param_match partial"],
                 "q": [program.name, "quorum 2"], "m": [program.name, "quorum_max 1"],
                 "f": [program.name, "full_command"], "z": [program.name, "param_match"]}
        # Each with a weight of its own, so that the sum says which of them are up.
        text = configuration(
            *[block(name, *lines) for name, lines in cases.items()],
            instance("VI", priority=1, extra="track_process {\n" + "".join(
                f"    {name} weight {1 << index}\n" for index, name in enumerate(cases)) + "}"), extra="")

        def settled(daemon, before):
            """The priority before and after what was just done, whatever it took in between."""
            wait_until(lambda: len(priorities(daemon, "VI")) > before, 5, "a change of the priority", daemon.log)
            time.sleep(0.3)
            return priorities(daemon, "VI")[before][0], priorities(daemon, "VI")[-1][1]
        results = []
        for binary in (BINARY, PEER):
            seen = []
            program.start("900", "1000")
            daemon = start(a, text, binary)
            a.daemon.expect_log(r"\(VI\) Entering BACKUP STATE", 5)
            time.sleep(0.3)
            for change in (lambda: program.start("5000"), program.stop):
                before = len(priorities(a.daemon, "VI"))
                change()
                seen.append(settled(a.daemon, before))
            os.kill(daemon.pid, signal.SIGTERM)
            daemon.wait(5)
            results.append(seen)
        check(results[0] == results[1], "priorities", f"ours  {results[0]}", f"2.2.7 {results[1]}")


@test("a quorum lost is a fault, delays bridge a restart, reverse turns it round", limit=40)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        program = Program(lab)
        program.start("900")
        start(a, configuration(
            block("At", program.name), block("Bt", program.name, "terminate_delay 1"), block("Ct", program.name),
            tracking("A"), tracking("B", vrid=8, addresses=("10.90.8.8/32",)),
            tracking("C", "weight 0 reverse", vrid=9, addresses=("10.90.8.9/32",))))
        for name in ("A", "B"):
            a.daemon.expect_log(rf"\({name}\) Entering MASTER", 5)
        a.daemon.expect_log(r"\(C\) Entering FAULT STATE", 5)
        mark = a.daemon.mark()
        program.stop()
        a.daemon.expect_log(r"\(A\) Entering FAULT STATE", 2, mark)
        a.daemon.expect_log(r"Quorum lost for tracked process At", 1, mark)
        a.daemon.expect_log(r"\(C\) Entering BACKUP STATE", 2, mark)
        program.start("901")
        a.daemon.expect_log(r"Quorum gained for tracked process At", 2, mark)
        time.sleep(1.2)
        check("(B) Entering FAULT" not in a.daemon.since(mark), "a restart within terminate_delay was a fault")
        began = time.monotonic()
        program.stop()
        a.daemon.expect_log(r"\(B\) Entering FAULT STATE", 3, mark)
        check(0.9 < time.monotonic() - began < 1.6, f"after {time.monotonic() - began:.2f} s instead of 1 s")
        # A reload asks for another program.
        other = Program(lab, "x")
        other.start("900")
        a.daemon.reload(configuration(block("At", other.name), tracking("A")))
        a.daemon.expect_log(r"Reload complete", 3, mark)
        wait_until(lambda: a.daemon.since(mark).rfind("(A) Entering MASTER") > 0, 4, "A is master again", a.daemon.log)


@test("more news of processes than there is room for: the count is right all the same", limit=30)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        program = Program(lab)
        program.start("900")
        start(a, configuration(block("At", program.name), tracking("A", interval=0.05),
                               extra="process_monitor_rcv_bufs 4096\n"))
        a.daemon.expect_log(r"\(A\) Entering MASTER", 5)
        mark = a.daemon.mark()
        vrrp = a.daemon.pid("vrrp.pid")
        # Deaf for a moment: nothing is read, so the kernel has to drop.
        os.kill(vrrp, signal.SIGSTOP)
        subprocess.run(["sh", "-c", "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done"], check=True)
        program.stop()
        os.kill(vrrp, signal.SIGCONT)
        a.daemon.expect_log(r"more news of processes than there is room for", 4, mark)
        a.daemon.expect_log(r"\(A\) Entering FAULT STATE", 4, mark)
        program.start("900")
        a.daemon.expect_log(r"\(A\) Entering MASTER STATE", 4, a.daemon.mark())
