# SPDX-License-Identifier: GPL-2.0-or-later
"""genhash beside Debian's: the same bytes, whatever the server does."""
import concurrent.futures
import re
import struct
import subprocess
import socket
import time

from lab import BINARY, Lab, check
from services import StreamServer, WebServer, tls
from suite import need, test

THEIRS = "/usr/bin/genhash"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"


class Teller(StreamServer):
    """Waits for the request and then says always the same; holds the connection, or resets it, if asked to."""

    def __init__(self, host, port, words, end="close", **options):
        self.words, self.end, self.heard = words, end, []
        super().__init__(host, port, **options)

    def answer(self, connection, attempt):
        self.heard.append(connection.recv(4096))
        connection.sendall(self.words)
        if self.end == "hold":
            time.sleep(3)
        if self.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    good = answer


class Both:
    """Runs the two programs on the same words."""

    def __init__(self, lab):
        self.host, self.differences = lab.client, []
        self.pool, self.running = concurrent.futures.ThreadPoolExecutor(6), []
        self.ours = f"{lab.directory}/genhash"
        subprocess.run(["ln", "-s", BINARY, self.ours], check=True)

    def outcome(self, program, words):
        done = subprocess.run(["ip", "netns", "exec", self.host.name, program, *words], capture_output=True, timeout=10)
        # Times differ, and whoever was called names itself.
        output = re.sub(rb"\] = \d+ usecs", b"] = N usecs", done.stdout)
        # The usage is told in words of our own.
        error = done.stderr.split(b"Usage: " + program.encode() + b" COMMAND [OPTIONS]\n")
        return done.returncode, output.decode(errors="replace"), error[0].decode(), len(error)

    def compare(self, *words):
        """Begins a comparison; `finish` waits for all of them."""
        self.running.append(self.pool.submit(self.difference, words))

    def difference(self, words):
        ours, theirs = self.outcome(self.ours, words), self.outcome(THEIRS, words)
        return "" if ours == theirs else f"{' '.join(words)}\nours   {ours}\ntheirs {theirs}"

    def finish(self):
        found = [one.result() for one in self.running]
        self.running = []
        self.differences += filter(None, found)


@test("genhash prints what upstream's prints, of pages, of failing servers, and of wrong words", limit=60)
def _():
    need(THEIRS, "openssl")
    with Lab(routers=0) as lab:
        host, both, context = lab.client, Both(lab), tls(lab.directory)
        pages = {"/": b"hello\n", "/empty": b"", "/long": bytes(range(256)) * 40}
        WebServer(host, 80, pages)
        WebServer(host, 443, pages, context=context)
        web = ["-s", host.address(), "-p"]
        for path in [*pages, "/missing"]:
            both.compare(*web, "80", "-u", path)
            both.compare("-v", *web, "80", "-u", path)
            both.compare("-S", *web, "443", "-u", path)
        both.compare("-S", "-v", *web, "443", "-u", "/")
        tellers = {}
        for port, (words, end, secure) in enumerate([
                (b"HTTP/1.0 200 OK\r\n\r\nhello\n", "close", False), (CHUNKED, "close", False), (b"garbage\r\n", "close", False),
                (b"HTTP/1.0 200 OK\r\nHalf: a header\r\n", "close", False), (b"HTTP/1.0 200 OK\r\n\r\nhel", "hold", False),
                (b"", "hold", False), (b"", "close", False), (b"", "reset", False), (b"", "hold", True),
                (b"garbage\r\n", "close", True), (b"", "close", True),
                (b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello", "close", False)], 8000):
            tellers[port] = Teller(host, port, words, end, context=context if secure else None)
            for verbose in ([], ["-v"]):
                both.compare(*verbose, *(["-S"] if secure else []), "-t", "1", *web, str(port), "-u", "/")
        both.finish()
        for words in (["-P", "1.1"], ["-P", "1.0c"], ["-V", "www.example.com"], ["-m", "7"]):
            both.compare(*words, *web, "8000", "-u", "/")
            both.finish()
            check(tellers[8000].heard[-1] == tellers[8000].heard[-2], "the same request", *tellers[8000].heard[-2:])
        both.compare("-S", "-t", "1", *web, "80", "-u", "/")  # no TLS there
        both.compare(*web, "9", "-u", "/")  # nobody there
        both.compare("-s", "192.0.2.1", "-p", "80", "-u", "/")  # no way there
        for words in (["-h"], [], ["-s", "foo", "-p", "80", "-u", "/"], [*web, "0", "-u", "/"], [*web, "80x", "-u", "/"],
                      [*web, "80"], ["-z"], ["-P", "2"], ["-m", "x"], ["-t", "x"], ["-t", "-1"], ["-s"], ["--frob"],
                      [*web, "80", "-u", "/", "more"], ["--server", host.address(), "--port=80", "--url", "/"]):
            both.compare(*words)
        both.finish()
        check(not both.differences, f"{len(both.differences)} runs differ", *both.differences)
