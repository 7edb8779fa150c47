// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// Keeps the process that the operator started alive until the daemon it left behind is up: then its pid file is written
/// and its children run, so that an init script that goes by the pid file finds it.
struct StartGate {
    private let writing: FileDescriptor

    /// Forks. The new process gets a gate to open and goes on as the daemon; the old one waits at it and ends the way the
    /// daemon's start went.
    static func daemonize() throws(SystemError) -> StartGate {
        let pipe = try FileDescriptor.pipe()
        let daemon = try Processes.split()
        if daemon > 0 { Program.exit(wait(for: daemon, at: pipe.reading)) }
        try Processes.detach()
        return StartGate(writing: pipe.writing)
    }

    /// Says how the start went; the original process ends with the code, and prints the text if there is one.
    func open(_ code: ExitCode, _ text: String = "") {
        _ = try? writing.write(some: [UInt8(truncatingIfNeeded: code.rawValue)] + Array(text.utf8))
    }

    private static func wait(for daemon: Int32, at gate: FileDescriptor) -> Int32 {
        do {
            // The writing end must be the daemon's alone, so that its death opens the gate.
            Processes.closeDescriptors(except: [gate.number])
            try gate.setBlocking(true)
            let message = try gate.read(limit: 4096)
            if let code = message.first {
                if message.count > 1 { StandardStream.error.line(String(decoding: message.dropFirst(), as: UTF8.self)) }
                return Int32(code)
            }
            switch try Processes.wait(for: daemon) {
            case .exited(let code): return code
            case .killed: return ExitCode.fatal.rawValue
            }
        } catch {
            return ExitCode.fatal.rawValue
        }
    }
}
