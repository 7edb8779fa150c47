# SPDX-License-Identifier: GPL-2.0-or-later
"""Notify pipes: what is written to them, and how they and their scripts live."""
import os
import stat
import time

from lab import Lab, check, configuration, instance, stays_true, wait_until
from suite import test
from test_notify import SECURE, Scripts

VIP = "10.90.9.9"


class Pipe:
    """A reader that never makes the writer wait."""

    def __init__(self, lab, name="fifo"):
        self.path = f"{lab.directory}/{name}"
        self.text = ""
        self.file = None
        lab.cleanups.append(self.close)

    def open(self):
        wait_until(lambda: os.path.exists(self.path), 5, "the pipe is made")
        self.file = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        return self

    def lines(self):
        try:
            while piece := os.read(self.file, 65536):
                self.text += piece.decode()
        except BlockingIOError:
            pass
        return self.text.splitlines()

    def wait(self, *wanted):
        wait_until(lambda: self.lines()[-len(wanted):] == list(wanted), 6, f"the lines {wanted}", lambda: self.text)

    def close(self):
        if self.file is not None:
            os.close(self.file)


@test("vrrp_notify_fifo: every transition is a line, and the pipe goes with the daemon")
def _():
    with Lab(routers=1) as lab:
        a, pipe = lab.routers[0], Pipe(lab)
        group = "vrrp_sync_group G {\n    group {\n        VI\n    }\n}\n"
        a.daemon.start(configuration(instance(), group, extra=SECURE + f"vrrp_notify_fifo {pipe.path}\n"))
        pipe.open()
        check(stat.S_ISFIFO(os.stat(pipe.path).st_mode), "a pipe")
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        wait_until(lambda: 'GROUP "G" MASTER 0' in pipe.lines() and 'INSTANCE "VI" MASTER 100' in pipe.lines(), 2,
                   "master", lambda: pipe.text)
        a.daemon.stop()
        check('INSTANCE "VI" STOP 100' in pipe.lines() and "\0" not in pipe.text, "the end is told", pipe.text)
        check(not os.path.exists(pipe.path), "the pipe is gone")


@test("a pipe and its lines survive a reload; states are repeated when that is asked for",
      known="2.2.7 makes the pipe anew and its readers hear no more")
def _():
    with Lab(routers=1) as lab:
        a, pipe = lab.routers[0], Pipe(lab)
        config = configuration(instance(), extra=SECURE + f"notify_fifo {pipe.path}\n")
        a.daemon.start(config)
        pipe.open()
        pipe.wait('INSTANCE "VI" MASTER 100')
        inode = os.stat(pipe.path).st_ino
        count = len(pipe.lines())
        mark = a.daemon.mark()
        a.daemon.reload()
        a.daemon.expect_log("Reload complete|Reload finished", since=mark)
        stays_true(lambda: len(pipe.lines()) == count, 0.5, "nothing changed, nothing told", lambda: pipe.text)
        a.daemon.reload(config.replace("max_auto_priority -1", "max_auto_priority -1\nfifo_write_vrrp_states_on_reload"))
        wait_until(lambda: len(pipe.lines()) == count + 1, 3, "the state is told again", lambda: pipe.text)
        check(pipe.lines()[-1] == 'INSTANCE "VI" MASTER 100', "the state", pipe.text)
        check(os.stat(pipe.path).st_ino == inode, "the same pipe")
        a.daemon.stop()
        check(pipe.lines()[-1] == 'INSTANCE "VI" STOP 100', "the same reader hears the end", pipe.text)


@test("a pipe that was there before stays, and nobody reading it harms nobody")
def _():
    with Lab(routers=1) as lab:
        a, pipe = lab.routers[0], Pipe(lab)
        os.mkfifo(pipe.path)
        many = [instance(f"VI{n}" + "x" * 200, vrid=n, addresses=[f"10.90.8.{n}"]) for n in range(1, 200)]
        a.daemon.start(configuration(*many, extra=SECURE + f"notify_fifo {pipe.path}\n"))
        wait_until(lambda: a.holds("10.90.8.199"), 10, "all are master", lab.logs)
        a.daemon.expect_log("lines are lost")
        a.daemon.stop()
        check(os.path.exists(pipe.path), "it is not ours to remove")


@test("a file in the pipe's place is left alone")
def _():
    with Lab(routers=1) as lab:
        a, path = lab.routers[0], f"{lab.directory}/fifo"
        with open(path, "w") as file:
            file.write("precious")
        a.daemon.start(configuration(instance(), extra=SECURE + f"notify_fifo {path}\n"))
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        a.daemon.stop()
        with open(path) as file:
            check(file.read() == "precious", "as it was")


@test("the script gets the path last, reads every line, and TERM before the last ones")
def _():
    with Lab(routers=1) as lab:
        a, scripts, path = lab.routers[0], Scripts(lab), f"{lab.directory}/fifo"
        script = scripts.make("reader", 'echo "args $*" >>$OUT/calls\ntrap "echo TERM >>$OUT/calls; last=1" TERM\n'
                              'exec 3<"$2"\nwhile true; do\n'
                              '  if IFS= read -r -t 0.5 line <&3; then echo "$line" >>$OUT/calls; '
                              '  elif [ -n "$last" ]; then exit 0; fi\ndone')
        with open(script) as file:
            text = file.read()
        with open(script, "w") as file:
            file.write(text.replace("#!/bin/sh", "#!/bin/bash"))
        a.daemon.start(configuration(instance(), extra=SECURE + f'notify_fifo {path}\nnotify_fifo_script "{script} one"\n'))
        wait_until(lambda: 'INSTANCE "VI" MASTER 100' in scripts.calls(), 6, "the script hears of it",
                   lambda: f"{scripts.calls()}\n{lab.logs()}")
        check(scripts.calls()[0] == f"args one {path}", "its arguments", scripts.calls())
        a.daemon.stop()
        wait_until(lambda: 'INSTANCE "VI" STOP 100' in scripts.calls(), 3, "the last line", scripts.calls)
        time.sleep(0.1)
        calls = scripts.calls()
        check("TERM" in calls, "it was told to end", calls)


@test("priority changes are told when that is asked for")
def _():
    with Lab(routers=1) as lab:
        a, pipe, file = lab.routers[0], Pipe(lab), f"{lab.directory}/weight"
        with open(file, "w") as output:
            output.write("0\n")
        tracked = f'track_file weight {{\n    file "{file}"\n}}\n'
        a.daemon.start(configuration(
            tracked, instance(extra="notify_priority_changes\ntrack_file {\nweight weight 1\n}\n"),
            extra=SECURE + f"notify_fifo {pipe.path}\n"))
        pipe.open()
        wait_until(lambda: a.holds(VIP), 5, "master", lab.logs)
        with open(file, "w") as output:
            output.write("20\n")
        wait_until(lambda: 'INSTANCE "VI" MASTER_PRIORITY 120' in pipe.lines(), 3, "the new priority",
                   lambda: f"{pipe.text}\n{lab.logs()}")
