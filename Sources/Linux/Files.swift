// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// What a file is, as far as safety and change are concerned.
package struct FileFacts: Equatable, Sendable {
    /// The type of the file (S_IFMT); block and character devices are one.
    package enum Kind: Equatable, Sendable { case file, directory, link, pipe, socket, device, other }

    package let kind: Kind
    package let owner: UInt32
    package let group: UInt32
    /// The permission bits, set-user-id and the like included: 0o0000...0o7777.
    package let mode: UInt32
    package let size: Int64
    package let modified: WallTime
    package let device: UInt64
    package let inode: UInt64

    fileprivate init(_ facts: stat) {
        kind =
            switch facts.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            case S_IFCHR, S_IFBLK: .device
            default: .other
            }
        owner = facts.st_uid
        group = facts.st_gid
        mode = facts.st_mode & 0o7777
        size = Int64(facts.st_size)
        modified = WallTime(nanoseconds: Int64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(facts.st_mtim.tv_nsec))
        device = UInt64(facts.st_dev)
        inode = UInt64(facts.st_ino)
    }

    /// Facts of what the path leads to, or with `followingLinks: false` of the link itself.
    package init(path: String, followingLinks: Bool = true) throws(SystemError) {
        var facts = stat()
        if followingLinks {
            try system("stat") { stat(path, &facts) }
        } else {
            try system("lstat") { lstat(path, &facts) }
        }
        self.init(facts)
    }

    package init(_ file: FileDescriptor) throws(SystemError) {
        var facts = stat()
        try system("fstat") { fstat(file.number, &facts) }
        self.init(facts)
    }
}

/// Files by their names.
package enum Files {
    /// A file to be read; opening one that would block, such as a pipe without a writer, does not.
    package static func opened(_ path: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try system("open") { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
    }

    /// The whole of a file, refused if it is larger than `limit`, a directory, or would block (a pipe without a writer).
    package static func read(_ path: String, limit: Int = 64 * 1024 * 1024) throws(SystemError) -> [UInt8] {
        try read(try opened(path), limit: limit)
    }

    /// The rest of an open file.
    package static func read(_ file: FileDescriptor, limit: Int = 64 * 1024 * 1024) throws(SystemError) -> [UInt8] {
        let expected = Int(try FileFacts(file).size)
        var whole: [UInt8] = []
        while true {
            let piece = try file.read(limit: whole.isEmpty && expected > 0 ? min(expected + 1, limit + 1) : 65_536)
            if piece.isEmpty { return whole }
            whole += piece
            if whole.count > limit { throw SystemError(call: "read", code: EFBIG) }
        }
    }

    /// Paths that match a shell pattern with `*`, `?`, `[]` and `{,}`, sorted; a pattern without any of these is itself the
    /// only match, if it exists. Directories end in a slash.
    package static func glob(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard Glibc.glob(pattern, GLOB_MARK | GLOB_BRACE, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    /// Whether the path leads to something; false also where we may not look.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether the path leads to a directory, through links too; false also where we may not look.
    package static func isDirectory(_ path: String) -> Bool {
        guard let facts = try? FileFacts(path: path) else { return false }
        return facts.kind == .directory
    }

    /// Removes the name; a directory is refused.
    package static func remove(_ path: String) throws(SystemError) { try system("unlink") { unlink(path) } }

    /// Creates a directory unless it exists. A new one has the mode whatever the umask is: that of a daemon is made for files, and would
    /// lock everybody out of a directory.
    package static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        do throws(SystemError) {
            try system("mkdir") { mkdir(path, mode_t(mode)) }
        } catch {
            if error.code != EEXIST || !isDirectory(path) { throw error }
            return
        }
        try system("chmod") { chmod(path, mode_t(mode)) }
    }

    /// The path with links, `.` and `..` resolved.
    package static func resolved(_ path: String) throws(SystemError) -> String {
        guard let text = realpath(path, nil) else { throw SystemError(call: "realpath", code: errno) }
        defer { free(text) }
        return String(cString: text)
    }

    package static var currentDirectory: String? {
        guard let text = getcwd(nil, 0) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Changes the directory that relative paths of this process begin at.
    package static func changeDirectory(_ path: String) throws(SystemError) { try system("chdir") { chdir(path) } }

    /// Names in a directory, without `.` and `..`, in no order.
    package static func names(in directory: String) throws(SystemError) -> [String] {
        guard let stream = opendir(directory) else { throw SystemError(call: "opendir", code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Writes a short value to an existing file, such as one below /proc/sys, in one write.
    package static func put(_ text: String, into path: String) throws(SystemError) {
        let file = FileDescriptor(owning: try system("open") { open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) })
        try file.write(all: Array(text.utf8))
    }

    /// Adds to the end of a file, made with mode 0644 if there is none; links are not followed.
    package static func append(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        let file = FileDescriptor(owning: try system("open") { open(path, flags, mode_t(0o644)) })
        try file.write(all: bytes)
    }

    /// Replaces a file that others read and wait for.
    ///
    /// The content appears at once under the name, never in part: a fresh file is written beside it and renamed. Then the
    /// name is opened for writing and closed, since some readers wait for IN_CLOSE_WRITE on it. Links are not followed and no
    /// existing file is written to. The mode is taken as it is; apply the umask to it first.
    ///
    /// A device, such as /dev/null to be rid of a dump, is written to and stays. Directories, pipes and sockets are refused (EEXIST).
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        switch (try? FileFacts(path: path, followingLinks: false))?.kind {
        case nil, .file, .link: try replaceFile(path, with: bytes, mode: mode)
        case .device: try writeDevice(path, bytes)
        case .directory, .pipe, .socket, .other: throw SystemError(call: "rename \(path)", code: EEXIST)
        }
    }

    private static func writeDevice(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        try FileDescriptor(owning: try system("open") { open(path, flags) }).write(all: bytes)
    }

    private static func replaceFile(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        var template = Array((path + "XXXXXX").utf8CString)
        let file = FileDescriptor(owning: try system("mkostemp") { mkstemp(&template) })
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(SystemError) {
            try file.setClosedOnExec(true)
            try file.write(all: bytes)
            try system("fchmod") { fchmod(file.number, mode_t(mode)) }
            try system("rename") { rename(temporary, path) }
        } catch {
            _ = unlink(temporary)
            throw error
        }
        let again = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if again >= 0 { close(again) }
    }

    /// Sets the permission bits that new files never get, and returns those of before.
    @discardableResult
    package static func setMask(_ mask: UInt32) -> UInt32 { UInt32(umask(mode_t(mask))) }
}
