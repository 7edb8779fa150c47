#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs whole daemons in network namespaces against real peers. Needs root.

    run.py [--filter TEXT]... [--list] [--jobs N]

BINARY names the daemon under test (default .build/release/keepalived), PEER the other one (/usr/sbin/keepalived).
One line a test, and at the end `N passed, N failed, N skipped`. Tests that measure time run alone, after the others. Tests
that need a kernel of their own run in user-mode Linux (scripts/with-ipvs), all in one boot, beside the others.
"""
import argparse
import glob
import importlib
import os
import re
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
os.environ["BINARY"] = os.path.abspath(os.environ.get("BINARY", ".build/release/keepalived"))
os.environ["LAB_TAG"] = "ka"

import lab  # noqa: E402
import suite  # noqa: E402


class Running:
    """A test in a process of its own: what it leaves behind can be found and removed."""

    def __init__(self, test):
        self.test, self.began = test, time.monotonic()
        self.reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            os.close(self.reader)
            perform(test, writer)
        os.close(writer)

    @property
    def overdue(self):
        return time.monotonic() - self.began > self.test.limit

    def collect(self):
        """The verdict and its text when the test has ended or its time is up, otherwise nothing."""
        done, _ = os.waitpid(self.pid, os.WNOHANG)
        if not done and not self.overdue:
            return None
        if not done:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.remove_namespaces()
        text = b""
        os.set_blocking(self.reader, False)
        try:
            while piece := os.read(self.reader, 65536):
                text += piece
        except BlockingIOError:
            pass
        os.close(self.reader)
        if not done:
            return "FAIL", f"still running after {self.test.limit} s"
        verdict, _, message = text.decode(errors="replace").partition("\n")
        return verdict or "FAIL", message if verdict else "the test died"

    def remove_namespaces(self):
        for path in glob.glob(f"/run/netns/{os.environ['LAB_TAG']}{self.pid}x*"):
            lab.remove_namespace(os.path.basename(path))
        for path in glob.glob(f"/tmp/{os.environ['LAB_TAG']}{self.pid}x*"):
            subprocess.run(["rm", "-rf", path], check=False)


def perform(test, writer):
    """Runs the test and writes its verdict; never returns."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        test.body()
        verdict, message = "ok", ""
    except lab.Skip as reason:
        verdict, message = "skip", str(reason)
    except lab.Failure as failure:
        verdict, message = "FAIL", str(failure)
    except BaseException:
        last = traceback.format_exc().strip().splitlines()
        verdict, message = "FAIL", "\n".join([last[-1], *last[:-1]])
    os.set_blocking(writer, False)
    try:
        os.write(writer, f"{verdict}\n{message}".encode()[:60000])
    finally:
        os._exit(0)


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def line(self, running, verdict, message):
        test, seconds = running.test, time.monotonic() - running.began
        if verdict == "FAIL" and test.known and suite.AGAINST_UPSTREAM:
            verdict, message = "skip", f"known of upstream: {test.known}; seen: {message.splitlines()[0]}"
        self.count(verdict)
        reason = f" ({message})" if verdict == "skip" else ""
        print(f"{verdict:4} {seconds:5.1f} s  {test.title}{reason}", flush=True)
        if verdict == "FAIL":
            print("".join(f"        {line}\n" for line in message.splitlines()), end="", flush=True)

    def postpone(self, running, message):
        """A failure that does not count yet."""
        print(f"late {time.monotonic() - running.began:5.1f} s  {running.test.title}: is tried again alone", flush=True)
        print("".join(f"        {line}\n" for line in message.splitlines()[:40]), end="", flush=True)

    def count(self, verdict):
        self.passed += verdict == "ok"
        self.failed += verdict == "FAIL"
        self.skipped += verdict == "skip"

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0


class OtherKernel:
    """The same program in user-mode Linux, with the tests that need that kernel; its lines become ours.

    A kernel that ends before its tests, or does not end in time, costs a second boot with the tests that are left, and no more."""

    LIMIT, BOOTS = 420, 2  # seconds of a boot
    JOBS = 6  # its tests wait more than they work
    VERDICT = re.compile(r"(ok|FAIL|skip) +[0-9.]+ s  (.*)")

    def __init__(self, kernel, tests, report):
        self.kernel, self.report, self.pending, self.boots = kernel, report, b"", 0
        self.left = {test.title for test in tests}
        self.boot()

    def boot(self):
        self.boots += 1
        filters = [word for title in sorted(self.left) for word in ("--filter", title)]
        self.process = subprocess.Popen(
            [f"{HERE}/../../scripts/with-ipvs", sys.executable, f"{HERE}/run.py", "--inside", self.kernel,
             "--jobs", str(self.JOBS), *filters],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "WITH_IPVS_SECONDS": str(self.LIMIT)})
        os.set_blocking(self.process.stdout.fileno(), False)

    def collect(self):
        """Hands on what has come; true when it has ended and is accounted for."""
        ended = self.process.poll() is not None
        self.pending += self.process.stdout.read() or b""
        *lines, self.pending = self.pending.split(b"\n")
        for line in lines:
            self.hand_on(line.decode(errors="replace"))
        if ended and self.left and self.boots < self.BOOTS:
            print(f"late  {len(self.left)} tests in user-mode Linux gave no verdict: another boot", flush=True)
            self.boot()
            return False
        if ended:
            for title in sorted(self.left):
                self.report.count("FAIL")
                print(f"FAIL   0.0 s  {title}\n        no verdict from user-mode Linux", flush=True)
        return ended

    def hand_on(self, line):
        if re.fullmatch(r"\d+ passed, \d+ failed, \d+ skipped", line):
            return
        print(line, flush=True)
        if found := self.VERDICT.fullmatch(line):
            # Behind the title a reason may stand.
            if title := next((title for title in self.left if f"{found[2]} (".startswith(f"{title} (")), None):
                self.left.remove(title)
                self.report.count(found[1])

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def run_all(tests, jobs, report, beside=None):
    """Runs the tests, `jobs` at a time, and another kernel beside them. Gives those that failed beside others: they count later."""
    waiting, running, again = list(tests), [], []
    try:
        while waiting or running or beside:
            if beside and beside.collect():
                beside = None
            while waiting and len(running) < jobs:
                running.append(Running(waiting.pop(0)))
            for one in list(running):
                if outcome := one.collect():
                    running.remove(one)
                    if outcome[0] == "FAIL" and jobs > 1 and not (one.test.known and suite.AGAINST_UPSTREAM):
                        again.append(one.test)
                        report.postpone(one, outcome[1])
                    else:
                        report.line(one, *outcome)
            time.sleep(0.02)
        return again
    finally:
        if beside:
            beside.end()
        for one in running:
            os.killpg(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)
            one.remove_namespaces()


def load():
    for path in sorted(glob.glob(f"{HERE}/test_*.py")):
        importlib.import_module(os.path.basename(path).removesuffix(".py"))
    return suite.TESTS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", action="append", default=[], help="only tests whose title contains the text")
    parser.add_argument("--list", action="store_true", help="print the titles and end")
    parser.add_argument("--jobs", type=int, default=4, help="tests at a time, for those that do not measure time")
    parser.add_argument("--inside", metavar="KERNEL", help="only tests that need this kernel, which runs here")
    options = parser.parse_args()
    tests = [test for test in load() if not options.filter or any(text in test.title for text in options.filter)]
    if options.list:
        print("\n".join(test.title for test in tests))
        return 0
    if os.geteuid() != 0:
        print("network namespaces need root: run me with sudo")
        return 1
    if not os.access(os.environ["BINARY"], os.X_OK):
        print(f"no daemon at {os.environ['BINARY']}: build it with scripts/build, or name it in BINARY")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report()
    tests, elsewhere = ([test for test in tests if test.kernel == options.inside],
                        [test for test in tests if test.kernel and not options.inside])
    beside = OtherKernel("ipvs", elsewhere, report) if elsewhere else None
    again = run_all([test for test in tests if not test.alone], options.jobs, report, beside)
    run_all([test for test in tests if test.alone] + again, 1, report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
