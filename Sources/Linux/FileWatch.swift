// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Tells of changes of files (inotify): of each file by its directory, so that it may come, go and be replaced.
package final class FileWatch {
    private struct Watched {
        let name: String
        let changed: (Instant) -> Void
    }

    private let loop: EventLoop
    private let descriptor: FileDescriptor
    private var registration: EventLoop.Registration?
    private var directories: [Int32: [Watched]] = [:]

    package init(loop: EventLoop) throws(SystemError) {
        self.loop = loop
        descriptor = FileDescriptor(
            owning: try system("inotify_init1") { inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)) }
        )
        registration = try loop.add(descriptor) { [unowned self] now in take(now) }
    }

    deinit {
        if let registration { loop.remove(registration) }
    }

    /// Calls the handler after the file was written and closed, moved into or out of place, or deleted. Its directory must
    /// exist. Several changes may be told as one, and a lost event is told as a change.
    ///
    /// What happens to a file while it is open for writing is not told: whoever writes a number empties the file first.
    package func watch(_ path: String, changed: @escaping (Instant) -> Void) throws(SystemError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = String(parts.last ?? "")
        let joined = parts.dropLast().joined(separator: "/")
        let directory = joined.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : joined
        let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)
        let watch = try system("inotify_add_watch") { inotify_add_watch(descriptor.number, directory, mask) }
        directories[watch, default: []].append(Watched(name: name, changed: changed))
    }

    private func take(_ now: Instant) {
        let head = MemoryLayout<inotify_event>.size
        while let bytes = try? descriptor.read(limit: 8192), bytes.count >= head {
            var told: Set<String> = []
            var offset = 0
            while offset + head <= bytes.count {
                let event = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self) }
                let end = min(bytes.count, offset + head + Int(event.len))
                let name = String(decoding: bytes[(offset + head)..<end].prefix { $0 != 0 }, as: UTF8.self)
                offset = end
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    for watched in directories.values.joined() { watched.changed(now) }
                } else if told.insert("\(event.wd)/\(name)").inserted {
                    for watched in directories[event.wd] ?? [] where watched.name == name { watched.changed(now) }
                }
            }
        }
    }
}
