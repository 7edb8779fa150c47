// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux

/// A server on the loopback, in the same loop as the probes.
final class Peer {
    private let loop: EventLoop
    private let listener: Linux.Socket
    private var connections: [Linux.Socket] = []
    /// Told each piece that comes (nil on connect); what it returns is sent, and nil closes.
    private let behave: ([UInt8]?) -> [UInt8]?
    private let drips: Bool
    private let floods: Bool
    let port: UInt16

    /// `drip`: to everyone connected a byte every 30 ms; `flood`: as much as goes, all the time.
    init(_ loop: EventLoop, drip: Bool = false, flood: Bool = false, _ behave: @escaping ([UInt8]?) -> [UInt8]?) throws {
        self.loop = loop
        self.behave = behave
        drips = drip
        floods = flood
        listener = try Linux.Socket(.ipv4, .stream)
        try listener.bind(to: SocketAddress(.v4(0x7f00_0001)))
        try listener.listen()
        port = listener.localAddress?.port ?? 0
        try loop.add(listener.descriptor) { [unowned self] _ in accept() }
        if drip || flood { pour() }
    }

    private func pour() {
        let piece = [UInt8](repeating: 0x61, count: floods ? 65_536 : 1)
        for connection in connections {
            while (try? connection.descriptor.write(some: piece)) == piece.count, floods {}
        }
        loop.after(.milliseconds(floods ? 1 : 30)) { [weak self] _ in self?.pour() }
    }

    private func accept() {
        while let connection = (try? listener.accept()) ?? nil {
            connections.append(connection)
            var registration: EventLoop.Registration?
            func say(_ answer: [UInt8]?) {
                if let answer {
                    if !answer.isEmpty { _ = try? connection.descriptor.write(some: answer) }
                } else {
                    if let registration { loop.remove(registration) }
                    connections.removeAll { $0 === connection }
                }
            }
            registration = try? loop.add(connection.descriptor) { [unowned self, unowned connection] _ in
                guard let bytes = try? connection.descriptor.read(), !bytes.isEmpty else { return say(nil) }
                say(behave(bytes))
            }
            say(behave(nil))
        }
    }
}

/// A datagram server on the loopback; `behave` is told each datagram, and its answers are sent.
final class DatagramPeer {
    private let socket: Linux.Socket
    let port: UInt16

    init(_ loop: EventLoop, delay: Interval = .zero, _ behave: @escaping ([UInt8]) -> [[UInt8]]) throws {
        socket = try Linux.Socket(.ipv4, .datagram)
        try socket.bind(to: SocketAddress(.v4(0x7f00_0001)))
        port = socket.localAddress?.port ?? 0
        let descriptor = socket.descriptor.number
        try loop.add(socket.descriptor) { _ in
            while let (bytes, sender) = receiveDatagram(descriptor) {
                let answers = behave(bytes)
                loop.after(delay) { _ in for answer in answers { sendDatagram(descriptor, answer, sender) } }
            }
        }
    }
}

private func receiveDatagram(_ descriptor: Int32) -> (bytes: [UInt8], sender: sockaddr_in)? {
    var room = [UInt8](repeating: 0, count: 2048)
    var sender = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let count = withUnsafeMutablePointer(to: &sender) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &room, room.count, 0, $0, &length) }
    }
    return count < 0 ? nil : (Array(room.prefix(count)), sender)
}

private func sendDatagram(_ descriptor: Int32, _ bytes: [UInt8], _ target: sockaddr_in) {
    var target = target
    _ = withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
