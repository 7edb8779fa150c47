// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Writes the files that show a process's state, each in a copy of the process: no disk can hold up a protocol.
///
/// A request that comes while the same file is being written is met by one more writing afterwards, however many there are. Programs ask
/// every few seconds, for ever: the log mentions the first request, and the next after a minute of silence.
final class DumpWriter {
    /// How long nobody must have asked for a file until the log mentions it again.
    private static let quiet = Interval.seconds(60)

    /// One kind of file.
    struct Request {
        /// What the log calls it: "Printing VRRP data".
        var title: String
        var path: String
        /// Made in the copy; nil writes nothing.
        var text: () -> String?
    }

    private let environment: ProcessEnvironment
    private var lastAsked: [String: Instant] = [:]
    /// Paths being written, each with the request that came meanwhile.
    private var writing: [String: Request?] = [:]
    /// Paths that could not be written, and have been mentioned.
    private var failed: Set<String> = []

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Has the file written with what is true now.
    ///
    /// - Parameter mayWait: false when what is to be shown is gone afterwards.
    func write(_ request: Request, mayWait: Bool = true, at now: Instant) {
        mention(request, at: now)
        if mayWait, writing[request.path] != nil {
            writing[request.path] = .some(request)
        } else {
            start(request)
        }
    }

    /// Has a file written with what is true now, of which nobody need hear.
    func save(to path: String, _ text: @escaping () -> String?) { start(Request(title: path, path: path, text: text)) }

    private func mention(_ request: Request, at now: Instant) {
        let last = lastAsked.updateValue(now, forKey: request.title)
        if let last, now - last < Self.quiet { return }
        environment.log("\(request.title) for process(\(Processes.own)) on signal")
    }

    private func start(_ request: Request) {
        let globals = environment.configuration.globals
        let umask = environment.commandLine.fileModeMask
        do throws(SystemError) {
            try environment.doInCopy {
                guard let text = request.text() else { return 0 }
                do throws(SystemError) {
                    try DumpFiles.write(text, to: request.path, settings: globals, umask: umask)
                    return 0
                } catch {
                    return error.code
                }
            } ended: { [unowned self] status in
                note(status.isSuccess ? nil : "\(status)", request.path)
                ended(request.path)
            }
            if writing[request.path] == nil { writing[request.path] = .some(nil) }
        } catch {
            note("\(error)", request.path)
        }
    }

    private func ended(_ path: String) {
        guard let waiting = writing.removeValue(forKey: path), let request = waiting else { return }
        start(request)
    }

    private func note(_ failure: String?, _ path: String) {
        guard let failure else {
            failed.remove(path)
            return
        }
        if failed.insert(path).inserted { environment.logger.log(.warning, "Unable to write \(path) - \(failure)") }
    }
}
