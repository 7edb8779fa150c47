# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers to be checked, good and bad, and the configuration that checks them.

A server behaves as its `mode` says, which a test changes while it runs: "good", or one of the ways in which servers fail.
Who connected when is kept, so that a test can tell which attempts preceded a verdict.
"""
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from lab import inside, stays_true, wait_until

GARBAGE = bytes(range(255, 127, -1)) * 4


class Attempt:
    """One connection or datagram as the server saw it."""

    def __init__(self, client, mode):
        self.at, self.client, self.mode = time.monotonic(), client, mode
        self.request = b""

    def __repr__(self):
        return f"{self.client} {self.mode} at {self.at:.2f}"


class Server:
    """What all servers have in common: a port on a host, a mode, and the attempts seen."""

    def __init__(self, host, port, address=None):
        self.host, self.port, self.address = host, port, address or host.address()
        self.mode, self.attempts, self.socket = "good", [], None
        host.lab.cleanups.append(self.down)

    @property
    def endpoint(self):
        return self.address, self.port

    def by(self, client, since=0.0, mode=None):
        """The attempts of one client after an instant."""
        return [a for a in list(self.attempts) if a.client == client and a.at >= since and mode in (None, a.mode)]

    def change(self, mode):
        """Behaves so from now on; "refuse" closes the port. Gives the instant."""
        if mode == "refuse":
            self.down()
        elif self.socket is None:
            self.up()
        self.mode = mode
        return time.monotonic()

    def down(self):
        if self.socket is not None:
            gone, self.socket = self.socket, None
            try:
                gone.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            except OSError:
                pass
            gone.close()


class StreamServer(Server):
    """A TCP server. `answer(connection, attempt)` is its good behaviour; the bad ones are the same for all."""

    def __init__(self, host, port, address=None, context=None):
        super().__init__(host, port, address)
        self.context, self.sessions = context, []
        self.up()

    def up(self):
        def make():
            family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
            s = socket.socket(family, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(self.endpoint)
            s.listen(128)
            return s
        self.socket = inside(self.host.name, make)
        threading.Thread(target=self.accept, args=(self.socket,), daemon=True).start()

    def accept(self, listener):
        while self.socket is listener:
            try:
                connection, client = listener.accept()
            except OSError:
                return
            attempt = Attempt(client[0], self.mode)
            self.attempts.append(attempt)
            threading.Thread(target=self.serve, args=(connection, attempt), daemon=True).start()

    def serve(self, connection, attempt):
        try:
            connection.settimeout(20)
            if self.context is not None and attempt.mode not in ("early", "reset", "silent", "garbage"):
                connection = self.context.wrap_socket(connection, server_side=True)
                self.sessions.append((connection.session_reused, connection.version()))
            getattr(self, attempt.mode, self.answer)(connection, attempt)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def answer(self, connection, attempt):
        """Without a protocol: waits for the client to go."""
        connection.recv(1)

    good = answer

    def silent(self, connection, attempt):
        while connection.recv(4096):
            pass

    def garbage(self, connection, attempt):
        connection.sendall(GARBAGE + b"\r\n")
        self.silent(connection, attempt)

    def early(self, connection, attempt):
        pass

    def reset(self, connection, attempt):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def endless(self, connection, attempt):
        """Answers properly, and then never stops."""
        connection.sendall(self.beginning)
        while True:
            connection.sendall(b"x" * 16384)

    beginning = b""

    def drip(self, connection, attempt):
        """A byte now and then, for ever."""
        for byte in self.beginning + b"x" * 10000:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)


class WebServer(StreamServer):
    """Answers each GET with the page of its path, else 404."""

    beginning = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"

    def __init__(self, host, port, pages=None, **options):
        self.pages = pages or {"/": b"hello\n"}
        super().__init__(host, port, **options)

    def answer(self, connection, attempt):
        while b"\r\n\r\n" not in attempt.request:
            piece = connection.recv(4096)
            if not piece:
                return
            attempt.request += piece
        page = self.pages.get(attempt.request.split(b" ")[1].decode())
        if attempt.mode == "error" or page is None:
            connection.sendall(b"HTTP/1.0 %d No\r\n\r\n" % (503 if page is not None else 404))
        elif attempt.mode == "short":
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(page) + 100) + page)
        else:
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page)

    good = error = short = answer


class MailServer(StreamServer):
    """Speaks SMTP as far as a checker listens."""

    greeting = b"220 mail.example.com ESMTP\r\n"
    beginning = b"220-"

    def answer(self, connection, attempt):
        connection.sendall(b"554 no\r\n" if attempt.mode == "error" else self.greeting)
        while line := connection.recv(512):
            attempt.request += line
            if line.startswith(b"HELO"):
                connection.sendall(b"250 hello\r\n")
            elif line.startswith(b"QUIT"):
                connection.sendall(b"221 bye\r\n")
                return

    good = error = answer


class DatagramServer(Server):
    """A UDP server; `reply(data)` is its good answer."""

    def __init__(self, host, port, address=None):
        super().__init__(host, port, address)
        self.up()

    def up(self):
        def make():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(self.endpoint)
            return s
        self.socket = inside(self.host.name, make)
        threading.Thread(target=self.serve, args=(self.socket,), daemon=True).start()

    def serve(self, own):
        own.settimeout(0.2)
        while self.socket is own:
            try:
                data, client = own.recvfrom(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            attempt = Attempt(client[0], self.mode)
            attempt.request = data
            self.attempts.append(attempt)
            for answer in getattr(self, attempt.mode, lambda data: [])(data):
                try:
                    own.sendto(answer, client)
                except OSError:
                    pass

    def good(self, data):
        return [b"pong"]

    def garbage(self, data):
        return [GARBAGE]

    def endless(self, data):
        return [GARBAGE] * 500


class NameServer(DatagramServer):
    """Answers any question: nothing is there, without error."""

    def good(self, data):
        return [data[:2] + b"\x81\x80" + data[4:]]

    def error(self, data):
        return [data[:2] + b"\x81\x82" + data[4:]]

    def lying(self, data):
        """The answer to somebody else's question."""
        return [data[:2] + b"\x81\x80" + data[4:12] + b"\x05other\x00\x00\x06\x00\x01"]


def certificate(directory, name):
    """A self-signed certificate for the name, and its key: two paths."""
    paths = f"{directory}/{name}.pem", f"{directory}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", paths[1], "-out", paths[0], "-subj", f"/CN={name}", "-days", "2"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return paths


def tls(directory, name="www.example.com"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(directory, name))
    return context


# --------------------------------------------------------------------------------------------------------------------
# Configuration

def virtual_server(address, *servers, port=80, extra="", protocol="TCP"):
    """A virtual_server block with quick checks; `servers` are real_server blocks."""
    return (f"virtual_server {address} {port} {{\n    delay_loop 0.5\n    warmup 0\n    lb_algo rr\n    lb_kind NAT\n"
            f"    protocol {protocol}\n{extra}\n{''.join(servers)}}}\n")


def real_server(address, port, *checkers, extra=""):
    return f"    real_server {address} {port} {{\n        weight 1\n{extra}\n{''.join(checkers)}    }}\n"


def checker(name, *lines):
    return f"        {name} {{\n" + "".join(f"            {line}\n" for line in lines) + "        }\n"


class Fifo(threading.Thread):
    """Reads a notify pipe and notes when each line came."""

    def __init__(self, lab, path):
        super().__init__(daemon=True)
        self.path, self.events = path, []
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path)
        self.file = os.open(path, os.O_RDWR)
        self.start()

    def run(self):
        rest = b""
        while True:
            piece = os.read(self.file, 65536)
            now = time.monotonic()
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self.events.append((now, line.replace(b"\0", b"").decode()))

    def since(self, instant):
        return [line for at, line in self.events if at >= instant]

    def find(self, start, since=0.0):
        """When the first line that contains the text came after an instant; nothing if none has."""
        return next((at for at, line in list(self.events) if at >= since and start in line), None)


class Watched:
    """A router whose checkers watch servers; what becomes of them comes from the pipe."""

    def __init__(self, lab, *blocks, extra="", settings="", parts=("-C",), host=None):
        self.lab, self.host = lab, host or lab.routers[0]
        self.fifo = Fifo(lab, f"{lab.directory}/{self.host.name}.fifo")
        self.extra, self.settings = extra, settings
        self.host.daemon.start(self.file(*blocks), parts=parts)
        self.host.daemon.expect_log("Startup complete")

    def file(self, *blocks):
        return (f"global_defs {{\n router_id lab\n enable_script_security\n script_user root\n"
                f" lvs_notify_fifo {self.fifo.path}\n checker_log_all_failures\n{self.settings}\n}}\n{self.extra}"
                + "".join(blocks))

    def reload(self, *blocks):
        """Changes the file and has it read; gives the end of the log before."""
        mark = self.host.daemon.mark()
        self.host.daemon.reload(self.file(*blocks))
        self.host.daemon.expect_log("Reload complete|Reload finished", since=mark)
        return mark

    def expect(self, word, *services, since=0.0, timeout=5):
        """Waits until the server of each of the virtual servers is said to be so."""
        for number in services:
            wait_until(lambda: any(line.startswith("RS") and f"[10.99.0.{number}]" in line and line.endswith(word)
                                   for line in self.fifo.since(since)), timeout, f"{word} of 10.99.0.{number}",
                       lambda: f"{self.fifo.events}\n{self.host.daemon.log()[-3000:]}")

    def expect_silence(self, duration=1.0, since=None):
        """Nothing changes for a while."""
        began = time.monotonic() if since is None else since
        stays_true(lambda: not self.fifo.since(began), duration, "nothing changes",
                   lambda: f"{self.fifo.since(began)}\n{self.host.daemon.log()[-3000:]}")
