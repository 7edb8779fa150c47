# SPDX-License-Identifier: GPL-2.0-or-later
"""Checkers against the servers that are out there: nginx, Exim and NSD; stopped, hanging, reloaded, answering wrongly."""
import hashlib
import os
import signal
import subprocess
import time

from lab import Lab, check, wait_until
from services import Watched, certificate, checker, real_server, virtual_server
from suite import need, test

TIMING = ["retry 1", "delay_before_retry 0.2", "delay_loop 0.4", "connect_timeout 0.6"]


class Program:
    """A server program in the client's namespace."""

    def __init__(self, lab, *command, ready):
        self.lab, self.command, self.ready = lab, command, ready
        self.start()

    def start(self):
        with open(f"{self.lab.directory}/server.log", "a") as log:
            self.process = self.lab.client.spawn(*self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self.ready, 8, f"{self.command[0]} is up", self.log)
        return time.monotonic()

    def log(self):
        with open(f"{self.lab.directory}/server.log") as log:
            return log.read()[-2000:]

    def everyone(self, number):
        """Signals every process of the server."""
        now = time.monotonic()
        os.killpg(self.process.pid, number)
        return now

    def stop(self):
        now = self.everyone(signal.SIGKILL)
        self.process.wait()
        return now


def listens(lab, port, kind="tcp"):
    return lambda: lab.client.run("ss", f"-Hln{kind[0]}", f"sport = :{port}").strip()


def falls_and_rises(watched, program, *services):
    """The server hangs and goes on, then dies and is started again; everything is seen."""
    now = program.everyone(signal.SIGSTOP)
    watched.expect("DOWN", *services, since=now)
    now = program.everyone(signal.SIGCONT)
    watched.expect("UP", *services, since=now)
    now = program.stop()
    watched.expect("DOWN", *services, since=now)
    now = program.start()
    watched.expect("UP", *services, since=now)


def nginx(lab, names):
    """nginx with a plain server and, on one port, a TLS server for each name."""
    directory = lab.directory
    os.makedirs(f"{directory}/www", exist_ok=True)
    with open(f"{directory}/www/page", "w") as page:
        page.write("all is well\n" * 1000)
    blocks = ""
    for name in names:
        chain, key = certificate(directory, name)
        blocks += (f"server {{ listen 443 ssl; server_name {name}; ssl_certificate {chain}; ssl_certificate_key {key};\n"
                   f" location / {{ return 200 'you asked for $ssl_server_name'; }} }}\n")
    client, _ = certificate(directory, "client.example.com")
    chain, key = certificate(directory, "closed.example.com")
    blocks += (f"server {{ listen 444 ssl; ssl_certificate {chain}; ssl_certificate_key {key}; ssl_verify_client on;\n"
               f" ssl_client_certificate {client}; ssl_protocols TLSv1.2 TLSv1.3;\n"
               f" location / {{ return 200 'reused $ssl_session_reused'; }} access_log {directory}/closed.log closed; }}\n")
    with open(f"{directory}/nginx.conf", "w") as file:
        file.write(f"daemon off; master_process off; pid {directory}/nginx.pid; error_log stderr; events {{}}\n"
                   f"http {{ access_log {directory}/access.log; log_format closed '$ssl_session_reused $ssl_protocol';\n"
                   f" ssl_session_cache shared:a:1m; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;\n"
                   f" fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;\n"
                   f"server {{ listen 80; listen [::]:80; root {directory}/www;\n"
                   f" location /teapot {{ return 418; }} location /host {{ return 200 'host $host'; }}\n"
                   f" location /connection {{ return 200 'wants $http_connection'; }} }}\n{blocks}}}\n")
    return Program(lab, "/usr/sbin/nginx", "-c", f"{directory}/nginx.conf", "-e", f"{directory}/error.log",
                   ready=listens(lab, 443))


def url(*lines):
    return "url {\n" + "".join(f" {line}\n" for line in lines) + "}"


@test("nginx: pages, digests, patterns, status codes, hosts and several certificates; down, hanging, changed", limit=60)
def _():
    need("/usr/sbin/nginx", "openssl")
    with Lab(routers=1) as lab:
        names = ["one.example.com", "two.example.com"]
        program, address = nginx(lab, names), lab.client.address()
        digest = hashlib.md5(b"all is well\n" * 1000).hexdigest()
        get = lambda kind, *lines: checker(kind, *TIMING, *lines)  # noqa: E731
        checks = [
            (80, get("HTTP_GET", url("path /page", f"digest {digest}"), url("path /teapot", "status_code 400-417 418"))),
            (80, get("HTTP_GET", "virtualhost web.example.com", "http_protocol 1.1",
                     url("path /host", 'regex "^host WEB"', "regex_options caseless"))),
            (80, get("HTTP_GET", url("path /page", 'regex "well"', "regex_min_offset 100", "regex_max_offset 200"))),
            *((443, get("SSL_GET", "enable_sni", f"virtualhost {name}", url("path /", f'regex "for {name}$"')))
              for name in names),
            (443, get("SSL_GET", "enable_sni", url("path /", "virtualhost two.example.com", 'regex "two"', "tls_compliant"))),
            (444, get("SSL_GET", url("path /", 'regex "reused"'))),
            (443, get("SSL_GET", "sni_name two.example.com", "virtualhost one.example.com", url("path /", 'regex "for two"'))),
            (80, get("HTTP_GET", "http_protocol 1.0C", url("path /connection", 'regex "wants close"', "regex_stack 1024 65536"))),
            # These must be down: no such page, another digest, a pattern that must not match, no certificate of that name.
            (80, get("HTTP_GET", url("path /none"))),
            (80, get("HTTP_GET", url("path /page", f"digest {'0' * 32}"))),
            (80, get("HTTP_GET", url("path /page", 'regex "well"', "regex_no_match"))),
            (443, get("SSL_GET", "enable_sni", "virtualhost two.example.com", url("path /", 'regex "one"'))),
        ]
        good, bad = range(9), range(9, 13)
        blocks = [virtual_server(f"10.99.0.{n}", real_server(address, port, block)) for n, (port, block) in enumerate(checks)]
        extra = (f"SSL {{\n certificate {lab.directory}/client.example.com.pem\n key {lab.directory}/client.example.com.key\n"
                 f" ca {lab.directory}/closed.example.com.pem\n}}\n")
        watched = Watched(lab, *blocks, extra=extra)
        watched.expect("DOWN", *bad)
        time.sleep(1.5)
        check(not [line for line in watched.fifo.since(0) for n in good if f"[10.99.0.{n}]" in line and "DOWN" in line],
              "the good ones stay up", watched.fifo.events, watched.host.daemon.log()[-3000:])
        log = watched.host.daemon.log()
        check(f"MD5SUM [{digest}]" in log and "status_code [404]" in log, "why is said", log[-3000:])
        falls_and_rises(watched, program, *good)
        with open(f"{lab.directory}/www/page", "a") as page:
            page.write("!")
        watched.expect("DOWN", 0, since=time.monotonic() - 0.5)
        with open(f"{lab.directory}/closed.log") as file:
            sessions = file.read().splitlines()
        reused = [line for line in sessions if line.startswith("r")]
        check(len(reused) >= len(sessions) - 4 and len(reused) >= 3, "TLS sessions are taken up again", sessions)


@test("Exim: the greeting and HELO decide; down, hanging, and refusing", limit=40)
def _():
    need("/usr/sbin/exim4")
    with Lab(routers=1) as lab:
        lab.client.run("ip", "addr", "add", "10.90.8.8/32", "dev", "lo")
        with open(f"{lab.directory}/exim.conf", "w") as file:
            file.write(f"primary_hostname = mail.example.com\nspool_directory = {lab.directory}/spool\n"
                       f"log_file_path = {lab.directory}/spool/%slog\nexim_user = Debian-exim\nhost_lookup =\n"
                       f"rfc1413_query_timeout = 0s\nacl_smtp_helo = helo\nkeep_environment =\n"
                       "smtp_banner = mail.example.com\\nwelcome to a greeting of\\nthree lines\n"
                       "begin acl\nhelo:\n deny condition = ${if eq{$sender_helo_name}{spammer.example.com}}\n accept\n")
        os.makedirs(f"{lab.directory}/spool/db")
        subprocess.run(["chown", "-R", "Debian-exim", f"{lab.directory}/spool"], check=True)
        program = Program(lab, "/usr/sbin/exim4", "-C", f"{lab.directory}/exim.conf", "-bdf", "-oX", "25",
                          ready=listens(lab, 25))
        address = lab.client.address()
        watched = Watched(
            lab, virtual_server("10.99.0.0", real_server(address, 25, checker("SMTP_CHECK", *TIMING)), port=25),
            virtual_server("10.99.0.1", real_server("10.90.7.7", 26, checker(
                "SMTP_CHECK", *TIMING, f"connect_ip {address}", "connect_port 25", "helo_name lab.example.com")), port=25),
            virtual_server("10.99.0.2", real_server(address, 25, checker("SMTP_CHECK", *TIMING, "helo_name spammer.example.com")),
                           port=25))
        watched.expect("DOWN", 2)
        check("Bad HELO response" in watched.host.daemon.log(), "why is said", watched.host.daemon.log())
        time.sleep(1)
        check(not [line for line in watched.fifo.since(0) if "DOWN" in line and "[10.99.0.2]" not in line],
              "a greeting of three lines is one", watched.fifo.events, watched.host.daemon.log())
        falls_and_rises(watched, program, 0, 1)


ZONE = """$ORIGIN example.com.
@ 60 IN SOA ns mail 1 60 60 60 60
@ IN NS ns
@ IN MX 10 mail
@ IN TXT "text"
ns IN A 10.90.0.2
mail IN A 10.90.0.2
www IN A 10.90.0.3
www IN AAAA fd00:90::3
alias IN CNAME www
"""


@test("NSD: queries of every type; names that are not there; down and hanging", limit=40)
def _():
    need("/usr/sbin/nsd")
    with Lab(routers=1) as lab:
        with open(f"{lab.directory}/zone", "w") as file:
            file.write(ZONE)
        with open(f"{lab.directory}/nsd.conf", "w") as file:
            file.write(f"server:\n ip-address: 0.0.0.0\n zonesdir: {lab.directory}\n zonelistfile: {lab.directory}/list\n"
                       f" database: \"\"\n pidfile: \"\"\n username: \"\"\n chroot: \"\"\n xfrdfile: {lab.directory}/xfrd\n"
                       f" xfrdir: {lab.directory}\n cookie-secret-file: {lab.directory}/cookies\n"
                       "remote-control:\n control-enable: no\nzone:\n name: example.com\n zonefile: zone\n")
        program = Program(lab, "/usr/sbin/nsd", "-d", "-c", f"{lab.directory}/nsd.conf", ready=listens(lab, 53, "udp"))
        queries = [("SOA", "example.com"), ("A", "www.example.com"), ("AAAA", "www.example.com"), ("NS", "example.com."),
                   ("MX", "example.com"), ("TXT", "example.com"), ("CNAME", "alias.example.com"), ("RRSIG", "example.com"),
                   ("DNSKEY", "example.com"), ("A", "none.example.com"), ("A", "www.example.org")]
        watched = Watched(lab, *(
            virtual_server(f"10.99.0.{n}", real_server(lab.client.address(), 53, checker(
                "DNS_CHECK", *TIMING, f"type {kind}", f"name {name}")), port=53, protocol="UDP")
            for n, (kind, name) in enumerate(queries)))
        watched.expect("DOWN", 9, 10)
        log = watched.host.daemon.log()
        check("NXDOMAIN" in log and "REFUSED" in log, "why is said", log)
        time.sleep(1)
        check(not [line for line in watched.fifo.since(0) if "DOWN" in line and "0.9]" not in line and "0.10]" not in line],
              "all others stay up", watched.fifo.events, log)
        falls_and_rises(watched, program, *range(9))
