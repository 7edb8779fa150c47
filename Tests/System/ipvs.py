# SPDX-License-Identifier: GPL-2.0-or-later
"""Directors: hosts with a daemon that fills the kernel's table of services, and what can be seen of that table."""
import os
import re
import socket
import subprocess
import threading
import time

from lab import Failure, Lab, check, inside

PORT = 8101


class Table:
    """The table of services of a host, in every form in which users see it."""

    def __init__(self, host):
        self.host = host
        self.file = inside(host.name, lambda: os.open("/proc/thread-self/net/ip_vs", os.O_RDONLY))

    def proc(self):
        """/proc/net/ip_vs: what an open file shows is that of the namespace in which it was opened."""
        os.lseek(self.file, 0, os.SEEK_SET)
        text = b""
        while piece := os.read(self.file, 1 << 16):
            text += piece
        return text.decode()

    def ipvsadm(self, *options):
        def run():
            return subprocess.run(["ipvsadm", *options], capture_output=True, text=True)
        done = inside(self.host.name, run)
        check(done.returncode == 0, f"ipvsadm {' '.join(options)}", done.stderr)
        return done.stdout

    @staticmethod
    def ordered(text, *, any_server_order=False):
        """The table with its services sorted: the kernel's order depends on the namespace."""
        head, *services = re.split(r"^(?=(?:TCP|UDP|SCTP|FWM) |-A )", text, flags=re.M)
        if any_server_order:
            services = ["\n".join([block.splitlines()[0], *sorted(block.splitlines()[1:])]) + "\n" for block in services]
        return head + "".join(sorted(services))

    def services(self):
        return len(re.findall(r"^(?:TCP|UDP|SCTP|FWM) ", self.proc(), re.M))

    def servers(self):
        return self.proc().count("\n  -> ") - 1

    def is_empty(self):
        return self.services() == 0


class Listener:
    """A server on loopback of a host that can be shut down and opened again: checkers ask it."""

    def __init__(self, host, port=PORT):
        self.host, self.port, self.socket = host, port, None
        self.open()

    def open(self):
        self.socket = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(512)
        threading.Thread(target=self._serve, args=(self.socket,), daemon=True).start()

    @staticmethod
    def _serve(listener):
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Director:
    """A daemon that is to fill the table, and the listener that its checkers ask."""

    def __init__(self, host, binary):
        self.host, self.binary, self.table, self.listener = host, binary, Table(host), Listener(host)

    @property
    def daemon(self):
        return self.host.daemon

    def start(self, config, *flags):
        self.daemon.start(config, *flags, binary=self.binary, parts=("-C",))

    def settled(self, since=None, timeout=30, calm=0.4):
        """The table once it is not empty, is not `since`, and has not changed for `calm` seconds."""
        last, changed, end = None, time.monotonic(), time.monotonic() + timeout
        while time.monotonic() < end:
            now = self.table.proc()
            if now != last:
                last, changed = now, time.monotonic()
            if now.count("\n") > 3 and now != since and time.monotonic() - changed >= calm:
                return now
            time.sleep(0.1)
        raise Failure(f"the table of {self.binary} did not settle\n{last}\n{self.daemon.log()[-2000:]}")

    def stop(self, timeout=15):
        self.daemon.stop(timeout)


def directors(*binaries):
    """A lab with a director for each binary: `with directors(BINARY, PEER) as (ours, theirs):`"""
    return _Directors(binaries)


class _Directors:
    def __init__(self, binaries):
        self.binaries, self.lab = binaries, Lab(routers=len(binaries), links=0)

    def __enter__(self):
        self.lab.__enter__()
        return [Director(host, binary) for host, binary in zip(self.lab.routers, self.binaries)]

    def __exit__(self, *_):
        self.lab.close()


def virtual_server(head, options, *servers):
    """A virtual_server block."""
    return f"virtual_server {head} {{\n  delay_loop 0.5\n{_lines(options)}{''.join(servers)}}}\n"


def real_server(address, options="", checked=False, connect="127.0.0.1"):
    """A real_server block; `checked`: it is up while the listener is open."""
    checker = (f"    TCP_CHECK {{\n      connect_ip {connect}\n      connect_port {PORT}\n      connect_timeout 1\n"
               "      retry 0\n      delay_before_retry 0.1\n      warmup 0\n    }\n") if checked else ""
    return f"  real_server {address} {{\n{_lines(options, 4)}{checker}  }}\n"


def _lines(text, indent=2):
    return "".join(f"{' ' * indent}{line.strip()}\n" for line in text.replace(";", "\n").splitlines() if line.strip())
