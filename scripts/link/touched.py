#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a program and its forks, and prints each of its functions in the order in which they were first called.

    touched.py OUTPUT PROGRAM [ARGUMENT]...

OUTPUT gets a line `SECONDS PROCESS SYMBOL` for the first call in each process. A breakpoint stands at the entry of every function
of PROGRAM (which must have its symbol table) and is taken away when it is hit, in that process only. Programs that PROGRAM
executes are let go. SIGUSR1 sets all breakpoints anew, and OUTPUT gets a line `again`: what follows is called at that time of life.
"""
import ctypes
import os
import signal
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
TRACEME, CONTINUE, GETREGS, SETREGS, DETACH, SETOPTIONS = 0, 7, 12, 13, 17, 0x4200
FORK, VFORK, CLONE, EXEC, EXITKILL = 2, 4, 8, 16, 0x100000
BREAKPOINT, RETURN = 0xCC, 0xC3
UNDOING = {"clinux_unmap_constants"}  # gives the pages of text up, and with them the breakpoints
REGISTERS, RIP = 27 * 8, 16 * 8  # struct user_regs_struct


def ptrace(request, pid, address=None, data=None):
    if libc.ptrace(request, pid, address, data) == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), f"ptrace {request} of {pid}")


def functions(program):
    """Entry address (in the file's terms) to symbol."""
    entries = {}
    for line in subprocess.run(["nm", "--defined-only", program], capture_output=True, text=True, check=True).stdout.splitlines():
        address, kind, name = line.split(None, 2)
        if kind in "tTwW" and not name.startswith("."):
            entries.setdefault(int(address, 16), name)
    return entries


def text(program):
    """Address, offset and size of .text."""
    for line in subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout.splitlines():
        fields = line.replace("[ ", "[").split()
        if len(fields) > 5 and fields[1] == ".text":
            return int(fields[3], 16), int(fields[4], 16), int(fields[5], 16)
    raise SystemExit(f"{program} has no .text")


def base(pid, program):
    """Where the program is loaded."""
    with open(f"/proc/{pid}/maps") as maps:
        return min(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(program))


class Tracer:
    def __init__(self, output, program):
        self.program, self.output = os.path.realpath(program), output
        self.entries = functions(program)
        self.address, offset, size = text(program)
        with open(program, "rb") as file:
            file.seek(offset)
            self.original = file.read(size)
        self.entries = {a: n for a, n in self.entries.items() if self.address <= a < self.address + size}
        self.began, self.processes = time.time(), {}

    def start(self, arguments):
        pid = os.fork()
        if pid == 0:
            ptrace(TRACEME, 0)
            os.execv(self.program, [self.program, *arguments])
        os.waitpid(pid, 0)
        ptrace(SETOPTIONS, pid, None, FORK | VFORK | CLONE | EXEC | EXITKILL)
        self.base = base(pid, self.program)
        self.processes[pid] = True
        self.arm()
        signal.signal(signal.SIGUSR1, self.again)
        ptrace(CONTINUE, pid)

    def arm(self):
        patched = bytearray(self.original)
        for entry, name in self.entries.items():
            patched[entry - self.address] = RETURN if name in UNDOING else BREAKPOINT
        for pid in self.processes:
            try:
                self.write(pid, self.address, bytes(patched))
            except OSError:
                pass  # it has ended, and nobody has waited for it yet

    def again(self, *_):
        print("again", file=self.output)
        self.arm()

    def write(self, pid, address, data):
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(self.base + address)
            memory.write(data)

    def hit(self, pid):
        """Whether the process stopped at one of our breakpoints, which is then gone."""
        registers = ctypes.create_string_buffer(REGISTERS)
        ptrace(GETREGS, pid, None, registers)
        at = struct.unpack_from("Q", registers, RIP)[0] - 1
        entry = at - self.base
        if entry not in self.entries or self.original[entry - self.address] == BREAKPOINT:
            return False
        self.write(pid, entry, self.original[entry - self.address:entry - self.address + 1])
        struct.pack_into("Q", registers, RIP, at)
        ptrace(SETREGS, pid, None, registers)
        print(f"{time.time() - self.began:.6f} {pid} {self.entries[entry]}", file=self.output)
        return True

    def run(self):
        while self.processes:
            pid, status = os.waitpid(-1, 0x40000000)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                self.processes.pop(pid, None)
                continue
            self.processes.setdefault(pid, False)
            number, event = os.WSTOPSIG(status), status >> 16
            try:
                if event == 4:  # executes another program
                    self.processes.pop(pid)
                    ptrace(DETACH, pid)
                    continue
                if event or (number == signal.SIGSTOP and not self.processes[pid]):
                    self.processes[pid], number = True, 0
                elif number == signal.SIGTRAP and self.hit(pid):
                    number = 0
                ptrace(CONTINUE, pid, None, number)
            except OSError as problem:
                if problem.errno != 3:
                    raise


if __name__ == "__main__":
    with open(sys.argv[1], "w") as output:
        tracer = Tracer(output, sys.argv[2])
        tracer.start(sys.argv[3:])
        tracer.run()
