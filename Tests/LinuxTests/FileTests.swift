// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux
import Testing

struct FileTests {
    /// A directory of the test's own, removed with what is in it.
    private func inDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/linuxtests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(call: "mkdtemp", code: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in (try? Files.names(in: path)) ?? [] { try? Files.remove(path + "/" + name) }
            rmdir(path)
        }
        try body(path)
    }

    @Test("what is no file is not replaced: /dev/null stays a device, a pipe stays a pipe")
    func whatIsNoFileStays() throws {
        try inDirectory { directory in
            let pipe = directory + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(throws: SystemError.self) { try Files.replace(pipe, with: [1], mode: 0o600) }
            #expect(try FileFacts(path: pipe, followingLinks: false).kind == .pipe)
            #expect(throws: SystemError.self) { try Files.replace(directory, with: [1], mode: 0o600) }
            // A device of the test's own, the twin of /dev/null; only root can make one.
            let device = directory + "/null"
            guard mknod(device, S_IFCHR | 0o666, dev_t(0x103)) == 0 else { return }
            try Files.replace(device, with: [1], mode: 0o600)
            #expect(try FileFacts(path: device, followingLinks: false).kind == .device)
        }
    }

    @Test func replacedFilesAppearWholeAndWakeWhoWaitsForClosing() throws {
        try inDirectory { directory in
            let path = directory + "/data"
            let loop = try EventLoop()
            let watch = try FileWatch(loop: loop)
            var changes = 0
            try watch.watch(path) { _ in changes += 1 }
            symlink("/etc/passwd", path)
            try Files.replace(path, with: Array("one".utf8), mode: 0o640)
            loop.run { changes > 0 }
            let facts = try FileFacts(path: path, followingLinks: false)
            #expect(facts.kind == .file && facts.mode == 0o640 && facts.size == 3)
            #expect(try Files.read(path) == Array("one".utf8))
            #expect(try Files.names(in: directory) == ["data"])
        }
    }

    @Test func bracesAndStarsAreExpanded() throws {
        try inDirectory { directory in
            for name in ["a.conf", "b.conf", "c.txt"] { try Files.replace("\(directory)/\(name)", with: [], mode: 0o600) }
            #expect(Files.glob("\(directory)/{a,b}.c*") == ["\(directory)/a.conf", "\(directory)/b.conf"])
            #expect(Files.glob("\(directory)/none*").isEmpty)
        }
    }

    @Test func aPidFileIsHeldByOneAndNeverThroughALink() throws {
        try inDirectory { directory in
            let path = directory + "/keepalived.pid"
            var first: PidFile? = try PidFile(path: path)
            try first?.write(4711)
            #expect(try Files.read(path) == Array("4711\n".utf8))
            #expect(PidFile.holder(of: path) == 4711)
            #expect(throws: SystemError.self) { try PidFile(path: path) }
            first?.remove()
            #expect(!Files.exists(path))
            first = nil
            let second = try PidFile(path: path)
            #expect(PidFile.holder(of: path) == nil)
            second.remove()
            symlink(directory + "/elsewhere", path)
            #expect(throws: SystemError(call: "open", code: ELOOP)) { try PidFile(path: path) }
        }
    }

    @Test func sealedMemoryTravelsThroughAChannelUnchanged() throws {
        let (left, right) = try MessageChannel.pair()
        let memory = try SealedMemory(Array("vrrp_instance".utf8), name: "test")
        #expect(throws: SystemError.self) { try memory.descriptor.write(all: [1]) }
        try left.send([1, 2, 3], with: memory.descriptor)
        let (bytes, descriptor) = try #require(try right.receive())
        #expect(bytes == [1, 2, 3])
        let received = try SealedMemory(owning: try #require(descriptor))
        #expect(try received.read() == Array("vrrp_instance".utf8))
        #expect(try right.receive() == nil)
    }

    @Test func memoryThatCouldChangeIsRefused() throws {
        let pipe = try FileDescriptor.pipe()
        #expect(throws: SystemError.self) { try SealedMemory(owning: pipe.reading) }
    }

    @Test func theEndOfAChannelIsAnEmptyMessage() throws {
        var (left, right): (MessageChannel?, MessageChannel?) = try MessageChannel.pair()
        try left?.send([9])
        left = nil
        #expect(try right?.receive()?.bytes == [9])
        #expect(try right?.receive()?.bytes == [])
        right = nil
    }

    @Test func anExistingPipeOfOursIsUsedAndAnythingElseRefused() throws {
        try inDirectory { directory in
            let path = directory + "/fifo"
            let made = try NamedPipe(path: path, user: nil)
            #expect(made.isOurs)
            #expect(try !NamedPipe(path: path, user: nil).isOurs)
            try made.open()
            try made.write("INSTANCE \"VI_1\" MASTER 100\n")
            made.remove()
            #expect(!Files.exists(path))
            try Files.replace(path, with: [], mode: 0o600)
            #expect(throws: SystemError(call: "mkfifo", code: EEXIST)) { try NamedPipe(path: path, user: nil) }
        }
    }
}
