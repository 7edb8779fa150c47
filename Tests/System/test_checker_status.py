# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checker process shows and mails, beside 2.2.7, on a kernel with IPVS."""
import re
import signal
import time

from ipvs import PORT, Listener
from lab import BINARY, PEER, Lab, check, wait_until
from suite import need, test
from test_mail import PORT as MAIL_PORT
from test_mail import Server
from test_observers import ROOT, Manager
from test_status import Dumps, Peer

TABLES = ROOT + ".3"

CONFIGURATION = f"""
global_defs {{
    router_id lab
    script_user root
    enable_script_security
    max_auto_priority -1
    smtp_server 127.0.0.1 {MAIL_PORT}
    notification_email_from ka@example.com
    notification_email {{
        root@example.com
    }}
}}
track_file tf {{
    file DIRECTORY/tracked
    weight 5
}}
virtual_server_group VG {{
    10.0.0.5 80
    10.0.0.6-9 80
}}
virtual_server 10.0.0.2 80 {{
    delay_loop 0.5
    lvs_sched wrr
    lvs_method NAT
    persistence_timeout 60
    persistence_granularity 255.255.255.0
    protocol TCP
    alpha
    omega
    quorum 2
    hysteresis 1
    quorum_up "/bin/true up"
    quorum_down "/bin/true down"
    virtualhost www.example.com
    smtp_alert
    sorry_server 10.0.0.9 80
    sorry_server_inhibit
    real_server 127.0.0.1 {PORT} {{
        weight 3
        inhibit_on_failure
        notify_up "/bin/true u"
        notify_down "/bin/true d"
        TCP_CHECK {{
            connect_timeout 1
            retry 0
            delay_before_retry 0.1
            warmup 0
        }}
    }}
    real_server 127.0.0.2 {PORT + 1} {{
        weight 1
        uthreshold 100
        lthreshold 10
        smtp_alert no
        HTTP_GET {{
            url {{
                path /x
                digest 9b3a0c85a887a256d6939da88aabd8cd
                virtualhost h.example.com
                status_code 200-299
            }}
            http_protocol 1.1
            connect_timeout 1
            warmup 60
        }}
    }}
}}
virtual_server group VG {{
    lvs_sched sh
    sh-port
    sh-fallback
    lvs_method DR
    protocol UDP
    real_server 127.0.0.3 80 {{
        smtp_alert no
        MISC_CHECK {{
            misc_path "/bin/true a b"
            misc_timeout 4
            misc_dynamic
            warmup 0
        }}
        FILE_CHECK {{
            track_file tf
            weight 2
        }}
    }}
    real_server 127.0.0.4 80 {{
        smtp_alert no
        DNS_CHECK {{
            type SOA
            name example.org
            connect_timeout 2
            retry 1
            warmup 60
        }}
        SMTP_CHECK {{
            helo_name me
            warmup 60
        }}
        PING_CHECK {{
            retry 2
            warmup 60
        }}
        UDP_CHECK {{
            payload 0102ff
            require_reply 0102
            min_reply_length 1
            max_reply_length 9
            warmup 60
        }}
    }}
}}
"""
# Of the moment (checks begin when chance has it), of its inside, told elsewhere, or not true before a first run.
ITS_OWN = re.compile(r" +(Alive: |reloaded|previous effective_weight|Last ran|Last status|Tracking instances|Reloaded = |"
                     r"Up = |Has run = |alive = |num failed checkers|RS set|"
                     r"Failed URL|Retries iterations|Default delay before retry|Payload specified|Weight = )")


def section(text):
    """The lines from the topology on, without what differs from host to host."""
    lines = text[text.index("------< LVS Topology"):].splitlines()
    return [re.sub(r"(File = ).*", r"\1PATH", line) for line in lines]


@test("USR1 and mails of the checker: the lines and the mails of 2.2.7", limit=90, kernel="ipvs")
def _():
    with Lab(routers=2, links=0) as lab:
        ours, theirs = lab.routers
        dumps = Dumps(lab)
        with open(f"{lab.directory}/tracked", "w") as file:
            file.write("0\n")
        mails, listeners = [Server(host) for host in lab.routers], [Listener(host) for host in lab.routers]
        ours.daemon.start(CONFIGURATION.replace("DIRECTORY", lab.directory), parts=("-C",), environment=dumps.environment)
        peer = Peer(lab, theirs, CONFIGURATION.replace("DIRECTORY", "/tmp"), parts="-C")

        def told(server):
            bodies = {lines[i + 1] for lines in map(list, server.dialogues) for i in range(len(lines) - 1)
                      if lines[i] == "" and lines[i + 1].startswith("=>")}
            # 2.2.7 words a lost quorum as if it were gained: "2+1=1 <= 0".
            bodies = {re.sub(r"(Lost quorum).*", r"\1", body) for body in bodies}
            return set(server.subjects()), bodies

        def same(step):
            wait_until(lambda: told(mails[0]) == told(mails[1]) and told(mails[1])[0], 12, f"the same mails {step}",
                       lambda: f"ours {told(mails[0])}\n2.2.7 {told(mails[1])}\n{ours.daemon.log()[-1500:]}")
            time.sleep(0.5)
            check(told(mails[0]) == told(mails[1]), f"mails {step}", told(mails[0]), told(mails[1]))
        wait_until(lambda: any("Gained quorum" in body for body in told(mails[1])[1]), 12, "2.2.7's quorum", peer.log)
        same("after the start")
        mine = section(dumps.ask(ours.daemon, signal.SIGUSR1, "_check.data", 5))
        its = section(peer.ask(signal.SIGUSR1, "_check.data"))
        missing = [line for line in its if line not in mine and not ITS_OWN.match(line)]
        check(not missing, "lines that only 2.2.7 writes", *missing, "ours:", *mine)
        common = [line for line in its if not ITS_OWN.match(line)]
        place = 0
        for line in mine:
            place += place < len(common) and line == common[place]
        check(place == len(common), f"the order of lines, from {common[min(place, len(common) - 1)]!r}", *mine)
        for listener in listeners:
            listener.close()
        wait_until(lambda: any("TCP CHECK failed" in body for body in told(mails[1])[1]), 12, "2.2.7's failure", peer.log)
        same("after a server failed")
        ours.daemon.stop(8)
        check(any("Shutting down" in line for line in ours.daemon.log().splitlines()), ours.daemon.log())


# What 2.2.7 says otherwise of virtual (.3) and real (.4) servers; each with its reason.
OTHERWISE = {
    "3.1.(15|51).2": "the granularity of a virtual server that has no persistence",
    "3.1.2[45].1": "scripts are told behind their links, for which 2.4 has columns of their own",
    "3.1.(57|58|59|65|66).": "0 where the file says nothing, which is not what holds",
    "3.1.7[2-8].": "columns of 2.4",
    "4.1.1[12].": "as 24 and 25 above",
    "4.1.(43|44|45|48|49|51).": "what the real server says itself, 0 or 5 s where that is nothing; ours tells what its checker does",
    "4.1.(5[6-9]|6[0-3]).": "columns of 2.4",
}


@test("an SNMP manager sees the same virtual and real servers as with 2.2.7", limit=90, kernel="ipvs")
def _():
    need(PEER)
    with Lab(routers=2, links=0) as lab:
        walks, managers = [], [Manager(host) for host in lab.routers]
        listeners = [Listener(host) for host in lab.routers]
        with open(f"{lab.directory}/tracked", "w") as file:
            file.write("0\n")
        for host, binary, manager in zip(lab.routers, (BINARY, PEER), managers):
            text = CONFIGURATION.replace("DIRECTORY", lab.directory).replace("warmup 60", "warmup 4000")
            for after, line in (("router_id lab", f"enable_snmp_checker\n    snmp_socket unix:{manager.socket}"),
                                ("protocol TCP", "snmp_name web"), ("weight 3", "snmp_name first")):
                text = text.replace(f"{after}\n", f"{after}\n    {line}\n")
            host.daemon.start(text, parts=("-C",), binary=binary)
        for host, manager in zip(lab.routers, managers):
            host.daemon.expect_log("Adding alive servers to the pool for VS", 15)
            wait_until(lambda: manager.value(TABLES + ".3.1.23.1") == "INTEGER: 1", 15, "the quorum is told", lab.logs)
            walks.append(manager.walk(TABLES))
        ours, theirs = walks
        differences = [f"{name}: {ours.get(name, 'nothing')} against {theirs.get(name, 'nothing')}"
                       for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)
                       and not any(re.match(re.escape(TABLES) + "." + row, name) for row in OTHERWISE)]
        check(not differences, "the walks differ", *differences)
        check(len(ours) > 300, f"only {len(ours)} objects")
        listeners[0].close()
        wait_until(lambda: managers[0].value(TABLES + ".4.1.6.1.2") == "INTEGER: 2", 15, "the failure is told", lab.logs)


@test("no_checker_emails and smtp_alert_checker: who is mailed of what, as 2.2.7 does", limit=90, kernel="ipvs")
def _():
    need(PEER)
    with Lab(routers=2, links=0) as lab:
        mails, _listeners = [Server(host) for host in lab.routers], [Listener(host) for host in lab.routers]
        # Two checkers each: the first to fail takes the server down, the second is the checker's own affair.
        checkers = "".join(f"  {kind} {{\n   connect_ip 127.0.0.1\n   connect_port {PORT}\n   retry 0\n   warmup 0\n   connect_timeout 1\n"
                           f"   delay_loop {loop}\n{more}  }}\n" for kind, loop, more in (
                               ("TCP_CHECK", 0.5, ""), ("SMTP_CHECK", 0.7, "   helo_name x\n")))

        def file(*lines):
            servers = "".join(f" real_server 10.0.0.{n} 80 {{\n{line}\n{checkers}\n }}\n"
                              for n, line in enumerate(("", "  smtp_alert off", "  smtp_alert on"), 1))
            return CONFIGURATION[:CONFIGURATION.index("track_file")].replace(
                "    router_id lab\n", "".join(f"    {line}\n" for line in ("router_id lab", *lines))) + (
                f"virtual_server 10.0.0.2 80 {{\n lb_algo rr\n lb_kind NAT\n protocol TCP\n{servers}}}\n")
        for lines in (["no_checker_emails"], ["smtp_alert_checker off"], ["smtp_alert off", "smtp_alert_checker on"]):
            for one in mails:
                one.dialogues.clear()
            for host, binary in zip(lab.routers, (BINARY, PEER)):
                host.daemon.start(file(*lines), parts=("-C",), binary=binary)
            time.sleep(4)
            for host in lab.routers:
                host.daemon.stop(8)
            ours, theirs = (sorted(one.subjects()) for one in mails)
            check(ours == theirs and theirs, f"{lines}: the same mails", "ours:", *ours, "2.2.7:", *theirs)
