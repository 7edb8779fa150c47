# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration language as a user meets it: files, options of the command line, reports, and the tools around it."""
import glob
import json
import os
import resource
import subprocess
import tempfile

from lab import BINARY, Lab, PEER, check, configuration, instance, wait_until
from suite import need, test

PEER_IS_OLD = "2.2.7 knows no such option"


class Folder(tempfile.TemporaryDirectory):
    """Files to be read."""

    def write(self, name, text, mode=0o644):
        path = f"{self.name}/{name}"
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path


def keepalived(*words, timeout=30, **options):
    return subprocess.run([BINARY, *words], capture_output=True, timeout=timeout, **options)


def judged(path, *words, **options):
    """The exit status of -t, and what was said."""
    done = keepalived("-t", "-f", path, *words, **options)
    return done.returncode, done.stderr.decode(errors="replace")


# --------------------------------------------------------------------------------------------------------------------
# Which files, which lines

@test("-f with a pattern: all files in order, and a warning", known="2.2.7 reads them, but the wording is ours")
def _():
    folder = Folder()
    with folder:
        folder.write("1.conf", "$A=1\n")
        folder.write("2.conf", "global_defs {\n router_id $A\n nonsense\n}\n")
        code, said = judged(f"{folder.name}/*.conf")
        check(code == 5 and "matches 2 files" in said and "2.conf:3" in said and "defined" not in said, f"exit {code}", said)


@test("-i: lines for this machine, and those for all others")
def _():
    folder = Folder()
    with folder:
        path = folder.write("c", "@one nonsense_one\n@^one nonsense_other\n")
        for name, line, other in (("one", "nonsense_one", "nonsense_other"), ("two", "nonsense_other", "nonsense_one")):
            said = judged(path, "-i", name)[1]
            check(f"'{line}'" in said, f"as {name}", said)
            check(f"'{other}'" not in said, f"as {name}", said)


@test("-e: an include that finds nothing stops everything; without it, only includea does")
def _():
    folder = Folder()
    with folder:
        plain, strict = folder.write("p", "include missing\n"), folder.write("s", "includea missing\n")
        check(judged(plain)[0] == 0 and judged(strict)[0] == 6, "without -e", judged(plain), judged(strict))
        code, said = judged(plain, "-e")
        check(code == 6 and "missing" in said, f"with -e: exit {code}", said)


@test("nasty files end in a diagnostic, at once and in little memory", known="2.2.7 hangs, crashes or says nothing")
def _():
    bombs = {
        "self": "$IF=$IF\nvrrp_instance a {\n interface $IF\n}\n",
        "mutual": "$A=$B$B\n$B=$A$A\nrouter_id ${A}\n",
        "sequences": "~SEQ(A,1,100000) ~SEQ(B,1,100000) ~SEQ(C,1,100000) foo $A $B $C\n",
        "itself": "include itself\ninclude itself\n",
        "zero": "includer /dev/zero\n",
        "folder": "includer /tmp\n",
        "pipe": "includer fifo\n",
        "null": b"global_defs {\n router_id a\0b\n}\n",
        "binary": bytes(range(256)) * 2000,
        "deep": "a {\n" * 100000,
        "long": "x" * 10_000_000,
        "mark": b"\xef\xbb\xbfglobal_defs {\n}\n",
        "unclosed": "vrrp_script s {\n script 'a\n}\n",
    }
    folder = Folder()
    with folder:
        os.mkfifo(f"{folder.name}/fifo")
        for name, text in bombs.items():
            path = folder.write(name, text)
            limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # noqa: E731
            code, said = judged(path, preexec_fn=limit)
            check(code in (5, 6) and "error: " in said, f"{name}: exit {code}", said[:1000])
            check(len(said) < 4_000_000, f"{name}: {len(said)} bytes of report")


@test("Windows line ends and text beyond ASCII are fine")
def _():
    folder = Folder()
    with folder:
        path = folder.write("c", "# Größe\r\nglobal_defs {\r\n    router_id höhle\r\n}\r\n")
        code, said = judged(path)
        check(code == 0 and not said, f"exit {code}", said)


# --------------------------------------------------------------------------------------------------------------------
# Reports

@test("a mistake is shown with its line, underlined, and with what was meant", known="2.2.7 names the line")
def _():
    folder = Folder()
    with folder:
        folder.write("inner", "vrrp_instance VI {\n    priorty 100\n}\n")
        said = judged(folder.write("outer", "\ninclude inner\n"))[1]
        check(f"In file included from {folder.name}/outer:2:" in said, "the include", said)
        check(f"{folder.name}/inner:2:5: error: 'priorty'" in said, "place and text", said)
        check("    2 |     priorty 100\n      |     ^~~~~~~\n" in said, "the line", said)
        check("did you mean 'priority'?" in said, "the suggestion", said)


@test("--format=json: one document with the same status", known=PEER_IS_OLD)
def _():
    folder = Folder()
    with folder:
        path = folder.write("c", "global_defs {\n    routr_id \"x\"\n}\n")
        done = keepalived("-t", "--format=json", "-f", path)
        document = json.loads(done.stderr)
        check(document["status"] == done.returncode == 5 and document["errors"] == 1, "status", document)
        finding = document["diagnostics"][0]
        check((finding["code"], finding["line"], finding["column"]) == ("unknown-keyword", 2, 5), "the finding", finding)


@test("--strict: warnings refuse the start and a reload; without it the daemon runs", known=PEER_IS_OLD)
def _():
    warned = configuration(instance()) + "vrrp_sync_group G {\n group {\n VI\n }\n}\n"
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        a.daemon.write(warned)
        done = subprocess.run(["ip", "netns", "exec", a.name, BINARY, "-t", "--strict", "-f", a.daemon.path("conf")],
                              capture_output=True, text=True, timeout=20)
        check(done.returncode == 5, f"-t --strict: exit {done.returncode}", done.stderr)
        a.daemon.start(configuration(instance()), "--strict")
        wait_until(lambda: a.holds("10.90.9.9"), 8, "it runs", lab.logs)
        mark = a.daemon.mark()
        a.daemon.reload(warned)
        wait_until(lambda: "one router only" in a.daemon.since(mark), 5, "the reload is refused", lab.logs)
        check(a.holds("10.90.9.9"), "and the old configuration runs on", lab.logs())


# --------------------------------------------------------------------------------------------------------------------
# Files that a configuration leaves behind

@test("config_save_dir: a copy of each configuration that was read", known="2.2.7 writes one for each process")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        folder = f"{lab.directory}/saved"
        text = configuration(instance(), extra=f"config_save_dir {folder}\n# not this\n")
        a.daemon.start(text)
        wait_until(lambda: a.holds("10.90.9.9"), 8, "it runs", lab.logs)
        a.daemon.reload(text + "# again\n@nobody nonsense\n")
        copies = wait_until(lambda: len(glob.glob(f"{folder}/*.conf.*")) == 2 and sorted(glob.glob(f"{folder}/*.conf.*")), 5, "two copies", lab.logs)
        pid = a.daemon.pid()
        check([os.path.basename(path) for path in copies] == [f"keepalived.conf.{pid}.{n}" for n in (0, 1)], "names", copies)
        check(os.stat(folder).st_mode & 0o777 == 0o700 and os.stat(copies[0]).st_mode & 0o777 == 0o600, "nobody else reads them")
        with open(copies[1]) as file:
            lines = file.read().splitlines()
        check(lines[0] == f"# {a.daemon.path('conf')}" and lines[-1] == "!", "the file is named", *lines)
        check("@nobody nonsense" in lines and "not this" not in " ".join(lines), "lines without comments", *lines)
        a.daemon.reload(configuration(instance(priority=77), extra=f"config_save_dir {folder}\n"))
        states = {}
        for moment in ("pre", "post"):
            path = f"{folder}/keepalived_vrrp.{pid}.2.{moment}"
            wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 1000, 5, f"the state {moment}", lab.logs)
            with open(path) as file:
                states[moment] = file.read()
        check("   Priority = 77" not in states["pre"], "as it was before the reload")
        check("   Priority = 77" in states["post"], "as it was after it")
        check("Printing VRRP data" not in a.daemon.log(), "nobody asked for it")


@test("tmp_config_directory: the frozen configuration is in a file there instead of memory", known="2.2.7 has a file of its own")
def _():
    with Lab(routers=1) as lab:
        a = lab.routers[0]
        folder = f"{lab.directory}/frozen"
        os.mkdir(folder)
        a.daemon.start(configuration(instance(), extra=f"tmp_config_directory {folder}\n"))
        wait_until(lambda: a.holds("10.90.9.9"), 8, "it runs", lab.logs)
        descriptors = [os.readlink(path) for path in glob.glob(f"/proc/{a.daemon.pid()}/fd/*")]
        check(any(path.startswith(folder) and path.endswith("(deleted)") for path in descriptors), "it is held", *descriptors)
        check(not os.listdir(folder), "and has no name")
        a.daemon.reload(configuration(instance(addresses=["10.90.9.9/32", "10.90.9.8/32"]), extra=f"tmp_config_directory {folder}\n"))
        wait_until(lambda: a.holds("10.90.9.8"), 5, "a reload goes the same way", lab.logs)


# --------------------------------------------------------------------------------------------------------------------
# Tools

@test("--explain, --dump-schema and --fmt", known=PEER_IS_OLD)
def _():
    done = keepalived("--explain", "preempt_delay")
    check(done.returncode == 0 and b"0..1000" in done.stdout, "--explain", done)
    done = keepalived("--explain", "preempt_dely")
    check(done.returncode == 1 and b"did you mean 'preempt_delay'" in done.stderr, "--explain of a typo", done)
    schema = keepalived("--dump-schema").stdout.decode().splitlines()
    check(schema[0].split("\t")[-1] == "status" and all(line.split("\t")[-1] in ("active", "parsed") for line in schema[1:]),
          "--dump-schema says of each keyword whether its feature is active", *schema[:3])
    folder = Folder()
    with folder:
        path = folder.write("c", "global_defs{router_id   x # who\n}")
        done = keepalived("--fmt", "-f", path)
        check(done.stdout == b"global_defs {\n    router_id x # who\n}\n", "--fmt", done)


OFFERED = """. {file}; COMP_WORDS=(keepalived --conf); COMP_CWORD=1; _keepalived; printf '%s\\n' "${{COMPREPLY[@]}}" """


@test("completions for bash offer the options that begin so", known=PEER_IS_OLD)
def _():
    folder = Folder()
    with folder:
        path = folder.write("c", keepalived("--completion", "bash").stdout)
        done = subprocess.run(["bash", "-c", OFFERED.format(file=path)], capture_output=True, text=True)
        check(set(done.stdout.split()) == {"--config-id", "--config-test"}, "for --conf", done)


@test("completions for zsh: the shell takes them", known=PEER_IS_OLD)
def _():
    need("zsh")
    folder = Folder()
    with folder:
        path = folder.write("_keepalived", keepalived("--completion", "zsh").stdout)
        script = f"fpath=({folder.name} $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[keepalived]; autoload +X _keepalived && print loaded"
        done = subprocess.run(["zsh", "-fc", script], capture_output=True, text=True)
        check(done.stdout.split() == ["_keepalived", "loaded"], "it is found and loaded", done)


# --------------------------------------------------------------------------------------------------------------------
# Large files

@test("20,000 services are read in less time and less memory than by the original", known="it is the original")
def _():
    folder = Folder()
    with folder:
        server = " real_server 10.50.{}.{} 80 {{\n  weight 1\n  TCP_CHECK {{\n   connect_timeout 3\n   retry 2\n   delay_before_retry 1\n  }}\n }}\n"
        path = folder.write("c", "".join(
            f"virtual_server 10.{96 + i // 62500}.{i // 250 % 250}.{i % 250 + 1} 80 {{\n delay_loop 10\n lb_algo wlc\n lb_kind DR\n protocol TCP\n"
            + "".join(server.format(n // 250 % 250, n % 250 + 1) for n in range(4 * i, 4 * i + 4)) + "}\n" for i in range(20000)))
        cost = {}
        for binary in (BINARY, PEER):
            process = subprocess.Popen([binary, "-t", "-f", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            cost[binary] = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        check(cost[BINARY][1] < cost[PEER][1], "megabytes", cost)
        if "release" in BINARY:
            check(cost[BINARY][0] < cost[PEER][0], "seconds of processor time", cost)
