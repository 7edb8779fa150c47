# SPDX-License-Identifier: GPL-2.0-or-later
"""Alert mails: a real server (aiosmtpd), the bytes of 2.2.7, and servers that are away, slow or rude."""
import os
import re
import socket
import subprocess
import threading
import time

from lab import Lab, PEER, Skip, check, configuration, instance, wait_until
from suite import need, test

PORT = 2525
PYTHON = "/usr/bin/python3"  # the system's, which has Debian's packages


class Server(threading.Thread):
    """A mail server in a host's namespace that keeps what it was told; `answer` changes its replies."""

    def __init__(self, host, address="127.0.0.1", answer=lambda line: None, family=socket.AF_INET):
        super().__init__(daemon=True)
        self.answer, self.dialogues, self.connections = answer, [], 0
        self.socket = host.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, PORT))
        self.socket.listen(50)
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        lines, within = [], False
        self.dialogues.append(lines)
        stream = peer.makefile("rb")
        try:
            peer.sendall((self.answer("") or "220 lab ESMTP") .encode() + b"\r\n")
            for raw in stream:
                line = raw.decode().removesuffix("\r\n")
                lines.append(line)
                if within:
                    within = line != "."
                    reply = None if within else "250 taken"
                elif line == "DATA":
                    within, reply = True, "354 go on"
                else:
                    reply = "221 bye" if line == "QUIT" else "250 ok"
                if reply:
                    peer.sendall(((self.answer(line) or reply) + "\r\n").encode())
                if line == "QUIT":
                    break
        except OSError:
            pass
        peer.close()

    def subjects(self):
        return [line.removeprefix("Subject: ") for lines in self.dialogues for line in list(lines) if line.startswith("Subject")]

    def mails(self):
        """The header and body lines of every mail that was ended by a dot."""
        found = []
        for lines in self.dialogues:
            rest = list(lines)
            while "DATA" in rest and "." in rest:
                found.append(rest[rest.index("DATA") + 1:rest.index(".")])
                rest = rest[rest.index(".") + 1:]
        return found


def mail(server=f"127.0.0.1 {PORT}", *more):
    return "\n".join([f"smtp_server {server}", "notification_email {\n    Root <root@example.com>\n    ops@example.com\n}"
                      .replace("Root <root@example.com>", '"Root <root@example.com>"'),
                      "notification_email_from ka@example.com", "smtp_helo_name router.example", *more]) + "\n"


@test("an instance and its group: the mails that 2.2.7 sends, and those of the end", limit=40)
def _():
    need(PEER)
    with Lab(routers=2, links=1) as lab:
        ours, theirs = lab.routers

        def config(vrid):
            return configuration(
                "vrrp_sync_group G {\n    group {\n        A\n    }\n    smtp_alert\n}\n",
                instance("A", vrid=vrid, addresses=(f"10.90.9.{vrid}/32",), extra="smtp_alert"),
                instance("B", vrid=vrid + 1, addresses=(f"10.90.8.{vrid}/32",)), extra=mail())
        servers = [Server(ours), Server(theirs)]
        ours.daemon.start(config(1))
        theirs.daemon.start(config(11), binary=PEER)

        def about(server, words):
            return [found for found in server.mails() if any(words in line for line in found)]
        for words in ("VRRP Instance A - Entering MASTER", "VRRP Group G - Entering MASTER"):
            for server, router in zip(servers, lab.routers):
                wait_until(lambda: about(server, words), 8, f"a mail about {words}",
                           lambda: f"{server.dialogues}\n{router.daemon.log()[-1500:]}")
            mine, its = (about(server, words)[0] for server in servers)
            # 2.4.3 folds the recipients, 2.2.7 does not.
            check([re.sub(r"Date: .*", "Date:", line) for line in "\n".join(mine).replace(",\n ", ", ").split("\n")]
                  == [re.sub(r"Date: .*", "Date:", line) for line in its], words, mine, its)
            check(re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", mine[0]), mine[0])
        first = servers[0].dialogues[0]
        check(first[:2] == ["HELO router.example", "MAIL FROM:<ka@example.com>"]
              and first[2:5] == ["RCPT TO:<root@example.com>", "RCPT TO:<ops@example.com>", "DATA"], first)
        check(not [subject for subject in servers[0].subjects() if " B " in subject], "mail about B, who asked for none")
        ours.daemon.stop()
        check([subject for subject in servers[0].subjects()][-2:]
              == ["[lab] VRRP Instance A - Stopping", "[lab] VRRP Group G - Stopping"], servers[0].subjects())


@test("a real server takes them, by name and by IPv6", limit=40)
def _():
    try:
        subprocess.run([PYTHON, "-c", "import aiosmtpd"], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        raise Skip("python3-aiosmtpd is not installed") from None
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        with open(f"{lab.directory}/smtpd", "w") as output:
            a.spawn(PYTHON, "-u", "-m", "aiosmtpd", "-n", "-l", f"::1:{PORT}", "-c", "aiosmtpd.handlers.Debugging",
                    "stdout", stdout=output, stderr=output)

        def log():
            with open(f"{lab.directory}/smtpd") as file:
                return file.read()
        wait_until(lambda: f":{PORT:04X}" in a.run("cat", "/proc/net/tcp6"), 10, "the server", log)
        for name, server in (("one", "::1"), ("two", "ip6-localhost")):
            if name == "two" and not re.search(r"^::1\s.*\bip6-localhost\b", open("/etc/hosts").read(), re.M):
                continue
            a.daemon.start(configuration(instance(name, extra="smtp_alert"), extra=mail(f"{server} {PORT}")))
            wait_until(lambda: f"VRRP Instance {name} - Entering MASTER state" in log(), 8, "the mail",
                       lambda: log() + a.daemon.log()[-1500:])
            a.daemon.stop()
        check("Subject: [lab] VRRP Instance one - Entering MASTER state" in log()
              and "=> VRRP Instance is now owning VRRP VIPs <=" in log(), log())


@test("a server that is away, then back: nobody is late, one line in the log, no mail lost", limit=40)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.start(configuration(*[instance(f"VI{i}", vrid=i, addresses=(f"10.90.9.{i}/32",), extra="smtp_alert")
                                       for i in range(1, 41)], extra=mail()))
        a.daemon.expect_log(r"\(VI40\) Entering MASTER", 5)
        time.sleep(2.5)
        lines = [line for line in a.daemon.log().splitlines() if "SMTP" in line]
        check(len(lines) == 1, f"{len(lines)} lines about a server that is away", *lines)
        server = Server(a)
        wanted = {f"[lab] VRRP Instance VI{i} - Entering MASTER state" for i in range(1, 41)}
        wait_until(lambda: wanted <= set(server.subjects()), 12, "every mail", lambda: f"{len(server.subjects())}")
        check(server.connections <= 3, f"{server.connections} connections for {len(server.subjects())} mails")


@test("a server that hangs, refuses or talks nonsense does not hold up an advert or the end", limit=40)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        hang = threading.Event()
        answers = {"hangs": lambda line: hang.wait(20) and None, "refuses": lambda line: "550 no" if "RCPT" in line else None,
                   "talks nonsense": lambda line: "x" * 5000}
        for name, answer in answers.items():
            server = Server(a, answer=answer)
            a.daemon.start(configuration(instance("VI", interval=0.05, extra="smtp_alert"),
                                         extra=mail(f"127.0.0.1 {PORT}", "smtp_connect_timeout 2")))
            mark = a.daemon.mark()
            a.daemon.expect_log(r"Entering MASTER", 5)
            wait_until(lambda: server.connections, 3, f"a connection to a server that {name}", a.daemon.log)
            time.sleep(1)
            began = time.monotonic()
            check(a.daemon.stop(4) == 0, "exit code", a.daemon.log()[-800:])
            check(time.monotonic() - began < 3, f"the end took {time.monotonic() - began:.1f} s with a server that {name}")
            check("thread timer expired" not in a.daemon.log(), a.daemon.log())
            server.socket.shutdown(socket.SHUT_RDWR)
            server.socket.close()
        hang.set()


@test("no_email_faults: a fault sends no mail, smtp_alert_vrrp makes all instances send", limit=30)
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        server = Server(a)
        a.daemon.start(configuration(instance("VI"), instance("NO", vrid=9, addresses=("10.90.8.8/32",), extra="smtp_alert no"),
                                     extra=mail(f"127.0.0.1 {PORT}", "smtp_alert_vrrp", "no_email_faults")))
        a.daemon.expect_log(r"\(VI\) Entering MASTER", 5)
        a.link_down()
        a.daemon.expect_log(r"\(VI\) Entering FAULT", 5)
        a.link_up()
        wait_until(lambda: len(server.subjects()) >= 4, 6, "four mails", lambda: f"{server.subjects()}")
        check(all("VI - " in subject and "FAULT" not in subject for subject in server.subjects()), *server.subjects())
