// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import CLinux
import Glibc
import Linux
import Netlink
import Testing

/// Packets on a cable between two interfaces of a test's own network.
struct SocketTests {
    private let payload: [UInt8] = [0x21, 51, 100, 0, 0, 1, 0, 0]

    private struct Seen {
        let payload: [UInt8]
        let source: IPAddress?
        let destination: IPAddress?
        let hopLimit: UInt8?
        let interface: UInt32

        init(_ datagram: Datagram) {
            payload = Array(datagram.payload)
            source = datagram.source
            destination = datagram.destination
            hopLimit = datagram.hopLimit
            interface = datagram.interface
        }
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6])
    func advertsPassFromOneInterfaceToTheOther(_ family: AddressFamily) throws {
        try TestNetwork.use {
            let (left, right) = try TestNetwork.cable()
            let group = try #require(IPAddress(family == .ipv4 ? "224.0.0.18" : "ff02::12"))
            let source = try #require(IPAddress(family == .ipv4 ? "10.9.0.1" : "fe80::9"))
            let flags: InterfaceAddress.Flags = family == .ipv4 ? [] : [.withoutDuplicateDetection]
            let own = InterfaceAddress(IPPrefix(source, length: family == .ipv4 ? 24 : 64), interface: left, flags: flags)
            #expect(try KernelQuery().perform(AddressRequest(.add, own)) == nil)
            let buffer = DatagramBuffer()
            let receiver = try VRRPReceiver(family, interface: ("right", right), groups: [group], buffer: buffer)
            let deaf = try VRRPReceiver(family, interface: ("left", left), groups: [group], buffer: buffer)
            try receiver.filter(routers: [50, 51, 52])
            let sender = try VRRPSender(family)
            for router: UInt8 in [51, 99, 50] {
                sender.queue(length: 8, from: source, to: group, interface: left) { writer in
                    var bytes = payload
                    bytes[1] = router
                    writer.write(bytes)
                }
            }
            sender.flush { place, error in Issue.record("\(place): \(error)") }
            let loop = try EventLoop()
            var seen: [Seen] = []
            try loop.add(receiver.descriptor) { _ in
                do { try receiver.receive { seen.append(Seen($0)) } } catch { Issue.record(error) }
            }
            try loop.add(deaf.descriptor) { _ in
                do { try deaf.receive { _ in Issue.record("heard ourselves") } } catch { Issue.record(error) }
            }
            loop.run { seen.count >= 2 }
            #expect(seen.map { $0.payload[1] } == [51, 50])
            let first = try #require(seen.first)
            #expect(first.payload == payload && first.source == source && first.destination == group)
            #expect(first.hopLimit == 255 && first.interface == right)
        }
    }

    @Test func aSourceThatIsNotOursLeavesAllTheSame() throws {
        try TestNetwork.use {
            let (left, right) = try TestNetwork.cable()
            let group = IPAddress.v4(0xe000_0012)
            let receiver = try VRRPReceiver(.ipv4, interface: ("right", right), groups: [group], buffer: DatagramBuffer())
            let sender = try VRRPSender(.ipv4)
            sender.queue(length: 8, from: .v4(0xc000_0207), to: group, interface: left) { $0.write(payload) }
            sender.flush { place, error in Issue.record("\(place): \(error)") }
            let loop = try EventLoop()
            var source: IPAddress?
            try loop.add(receiver.descriptor) { _ in try? receiver.receive { source = $0.source } }
            loop.run { source != nil }
            #expect(source == .v4(0xc000_0207))
        }
    }

    /// A hundred announcements of both kinds reach the neighbour tables' interface as frames.
    @Test func announcementsReachTheOtherEnd() throws {
        try TestNetwork.use {
            let (left, right) = try TestNetwork.cable()
            let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let ear = FileDescriptor(owning: socket(AF_PACKET, type, Int32(UInt16(3).bigEndian)))
            var address = sockaddr_ll()
            address.sll_family = UInt16(AF_PACKET)
            address.sll_protocol = UInt16(3).bigEndian
            address.sll_ifindex = Int32(right)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(ear.number, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
                }
            }
            #expect(bound == 0)
            let sender = try AnnouncementSender()
            let hardware = MACAddress.virtualRouter(51, .ipv4)
            var frames = AnnouncementFrames()
            for number in 0..<50 {
                frames.append(.v4(0x0a09_0000 + UInt32(number)), at: hardware, interface: left, isRouter: false)
                frames.append(.v6(high: 0x2001_0db8 << 32, low: UInt64(number)), at: hardware, interface: left, isRouter: true)
            }
            // The second time none is left to be heard.
            sender.send(frames.bytes[...]) { Issue.record("\($0)") }
            sender.send(frames.bytes[...], while: { false }) { Issue.record("\($0)") }
            let loop = try EventLoop()
            var requests = 0
            var advertisements = 0
            try loop.add(ear) { _ in
                while let frame = try? ear.read(limit: 2_000), frame.count >= 42 {
                    guard Array(frame[6..<12]) == hardware.bytes else { continue }
                    if frame[12...13] == [0x08, 0x06] { requests += 1 }
                    if frame[12...13] == [0x86, 0xdd], frame[54] == 136 { advertisements += 1 }
                }
            }
            loop.run { requests == 50 && advertisements == 50 }
        }
    }

    @Test func aConnectionIsMadeAndRefused() throws {
        try TestNetwork.use {
            _ = try TestNetwork.cable()
            let loopback = IPAddress.v4(0x7f00_0001)
            let server = try Socket(.ipv4, .stream)
            try server.bind(to: SocketAddress(loopback))
            try server.listen()
            let port = try #require(server.localAddress).port
            let loop = try EventLoop()
            let client = try Socket(.ipv4, .stream)
            var accepted: Socket?
            var isConnected = try client.connect(to: SocketAddress(loopback, port: port))
            try loop.add(server.descriptor) { _ in accepted = try? server.accept() }
            if !isConnected { try loop.add(client.descriptor, .writable) { _ in isConnected = client.pendingError == nil } }
            loop.run { isConnected && accepted != nil }
            let other = try Socket(.ipv4, .stream)
            var failure: SystemError?
            do {
                if try !other.connect(to: SocketAddress(loopback, port: 1)) {
                    try loop.add(other.descriptor, .writable) { _ in failure = other.pendingError ?? failure }
                    loop.run { failure != nil }
                }
            } catch { failure = error as? SystemError }
            #expect(failure?.code == ECONNREFUSED)
        }
    }

    @Test func theManagerIsToldAndItsSocketHiddenFromScripts() throws {
        let name = "@linuxtests-\(UInt32.random(in: 0 ... .max))"
        let ear = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: [0] + name.utf8.dropFirst()) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(ear.number, $0, socklen_t(2 + name.utf8.count)) }
        }
        #expect(bound == 0)
        setenv("NOTIFY_SOCKET", name, 1)
        #expect(!Environment.forScripts.contains { $0.hasPrefix("NOTIFY_SOCKET") })
        let manager = try #require(ServiceManager())
        #expect(Environment.value("NOTIFY_SOCKET") == nil)
        manager.notify("READY=1", "MAINPID=7")
        #expect(try ear.read() == Array("READY=1\nMAINPID=7".utf8))
    }
}
