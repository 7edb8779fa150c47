// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// A file that says under which pid a process runs, locked while it does.
package final class PidFile {
    package let path: String
    private let file: FileDescriptor

    /// Creates the file, or takes over one that nobody holds, and locks it. Throws an error with `isTaken` if another
    /// process holds it, ELOOP if the path is a link, EPERM if it is not an ordinary file of ours.
    package init(path: String) throws(SystemError) {
        self.path = path
        var taken: FileDescriptor?
        while taken == nil { taken = try Self.lock(path) }
        guard let taken else { preconditionFailure("The loop above ends with a locked file.") }
        file = taken
    }

    /// The locked file, or nil if it was removed between opening and locking.
    private static func lock(_ path: String) throws(SystemError) -> FileDescriptor? {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = FileDescriptor(owning: try system("open") { open(path, flags, mode_t(0o644)) })
        let facts = try FileFacts(file)
        guard facts.kind == .file, facts.owner == geteuid() else { throw SystemError(call: "open", code: EPERM) }
        try shim("fcntl") { clinux_lock(file.number) }
        guard let named = try? FileFacts(path: path, followingLinks: false), named.inode == facts.inode else { return nil }
        try system("fchmod") { fchmod(file.number, mode_t(0o644)) }
        return file
    }

    /// Writes the number and a newline in place of what was there.
    package func write(_ process: Int32) throws(SystemError) {
        let text = Array("\(process)\n".utf8)
        try system("pwrite") { pwrite(file.number, text, text.count, 0) }
        try system("ftruncate") { ftruncate(file.number, off_t(text.count)) }
    }

    /// Takes the file away; the lock ends with this object.
    package func remove() { _ = unlink(path) }

    /// The pid in a file that some living process has locked, nil otherwise.
    package static func holder(of path: String) -> Int32? {
        let number = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(owning: number)
        guard clinux_lock(file.number) < 0, let bytes = try? file.read(limit: 32) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
    }

    /// A running process that the file names, locked or not.
    package static func running(_ path: String) -> Int32? {
        guard let bytes = try? Files.read(path, limit: 64) else { return nil }
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        guard let process = Int32(String(decoding: digits, as: UTF8.self)), process > 1 else { return nil }
        return kill(process, 0) == 0 || errno == EPERM ? process : nil
    }
}

/// Bytes that no process can change any more, passed between processes as a descriptor: of sealed memory (memfd), or of a file
/// without a name that is open for reading only.
package final class SealedMemory {
    package let descriptor: FileDescriptor

    /// Writes and seals; the name shows in /proc only.
    package convenience init(_ bytes: [UInt8], name: String) throws(SystemError) {
        let draft = try MemoryDraft(name: name)
        draft.append(bytes)
        try self.init(sealing: draft)
    }

    /// Seals what a draft holds; nothing can be added to it any more. Throws what went wrong in writing it.
    package init(sealing draft: MemoryDraft) throws(SystemError) {
        if let failure = draft.failure { throw failure }
        descriptor = draft.descriptor
        try shim("fcntl") { clinux_seal(descriptor.number) }
    }

    /// Writes a file without a name into the directory; only its file system is of interest, memory is spared.
    package init(copying other: SealedMemory, in directory: String) throws(SystemError) {
        let file = FileDescriptor(
            owning: try shim("open") { clinux_open_nameless(directory) }
        )
        try file.write(all: try other.read())
        descriptor = FileDescriptor(owning: try system("open") { open("/proc/self/fd/\(file.number)", O_RDONLY | O_CLOEXEC) })
    }

    /// Takes over a received descriptor; throws EPERM unless nobody can write what it leads to.
    package init(owning descriptor: FileDescriptor) throws(SystemError) {
        guard clinux_is_sealed(descriptor.number) == 1 || clinux_is_nameless(descriptor.number) == 1 else {
            throw SystemError(call: "fcntl", code: EPERM)
        }
        self.descriptor = descriptor
    }

    /// Calls the body with the bytes, which are mapped and not copied.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(SystemError) -> Result {
        let size = Int(try FileFacts(descriptor).size)
        guard size > 0 else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor.number, 0), start != MAP_FAILED else {
            throw SystemError(call: "mmap", code: errno)
        }
        defer { munmap(start, size) }
        return body(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// A copy of the bytes.
    package func read() throws(SystemError) -> [UInt8] { try withBytes { Array($0) } }

    /// Copies a part of the bytes into `room`, in place of what is there; fewer where they end.
    package func read(_ range: Range<Int>, into room: inout [UInt8]) {
        do throws(SystemError) {
            try descriptor.read(range, into: &room)
        } catch {
            room.removeAll()
        }
    }

    /// How many bytes there are.
    package var size: Int {
        get throws(SystemError) { Int(try FileFacts(descriptor).size) }
    }
}

/// Bytes on the way to sealed memory, added piece by piece.
package final class MemoryDraft {
    let descriptor: FileDescriptor
    /// What went wrong first; the rest was left out.
    private(set) var failure: SystemError?

    /// The name shows in /proc only.
    package init(name: String) throws(SystemError) {
        descriptor = FileDescriptor(owning: try shim("memfd_create") { clinux_memfd_create(name) })
    }

    /// Adds a piece; what goes wrong is told by whoever seals it.
    package func append(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        do throws(SystemError) {
            try descriptor.write(all: bytes)
        } catch {
            failure = error
        }
    }
}

/// A named pipe through which a script is told what happens.
package final class NamedPipe {
    package let path: String
    /// Whether the pipe was made here, and is to be removed at the end.
    package let isOurs: Bool
    package private(set) var descriptor: FileDescriptor?

    /// Makes the pipe with mode 0644 less the umask, given to the user; or accepts an existing one that belongs to us or to that
    /// user. Throws EEXIST if something else has the name.
    package init(path: String, user: ScriptUser?) throws(SystemError) {
        self.path = path
        if mkfifo(path, mode_t(0o644)) == 0 {
            isOurs = true
            if let user { try system("chown") { lchown(path, user.user, user.group) } }
            return
        }
        guard errno == EEXIST else { throw SystemError(call: "mkfifo", code: errno) }
        let facts = try FileFacts(path: path, followingLinks: false)
        guard facts.kind == .pipe, facts.owner == geteuid() || facts.owner == user?.user else {
            throw SystemError(call: "mkfifo", code: EEXIST)
        }
        isOurs = false
    }

    /// Opens the writing end. It is opened for reading too, so that neither a missing reader nor a vanished one is an error.
    package func open() throws(SystemError) {
        let file = FileDescriptor(
            owning: try system("open") { Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW) }
        )
        guard try FileFacts(file).kind == .pipe else { throw SystemError(call: "open", code: EEXIST) }
        descriptor = file
    }

    /// Writes a line that fits into PIPE_BUF (4096 bytes) whole or, when nobody reads, throws an error with `wouldBlock`.
    package func write(_ line: String) throws(SystemError) {
        guard let descriptor else { throw SystemError(call: "write", code: EBADF) }
        _ = try descriptor.write(some: line.utf8)
    }

    /// Closes the pipe, and removes its name if it was made here.
    package func remove() {
        descriptor = nil
        if isOurs { _ = unlink(path) }
    }
}
