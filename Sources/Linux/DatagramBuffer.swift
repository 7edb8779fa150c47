// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// One datagram that has come in, as long as its handler runs.
package struct Datagram {
    /// The IPv4 header of a raw socket, then the payload.
    package let packet: ArraySlice<UInt8>
    /// Bytes of that header; 0 where there is none.
    fileprivate let headerLength: Int
    /// What the kernel says of both ends, where it was asked.
    fileprivate let ends: (source: IPAddress?, destination: IPAddress?)
    /// The index of the interface it came in by; 0 if unknown.
    package let interface: UInt32
    /// The hop limit or TTL it arrived with; nil if unknown.
    package let hopLimit: UInt8?
    /// Whether it was longer than the buffer's piece for it.
    package let isTruncated: Bool

    /// What followed the IP header, or all that a datagram socket gave.
    package var payload: ArraySlice<UInt8> { packet.dropFirst(headerLength) }
    package var source: IPAddress? { addressInHeader(at: 12) ?? ends.source }
    package var destination: IPAddress? { addressInHeader(at: 16) ?? ends.destination }

    private func addressInHeader(at offset: Int) -> IPAddress? {
        headerLength > 0 ? IPAddress(bytes: packet.dropFirst(offset).prefix(4)) : nil
    }
}

/// Room for many datagrams, filled by one system call and used again and again.
package final class DatagramBuffer {
    private var bytes: [UInt8]
    private let stride: Int
    private var notes: [clinux_datagram]

    /// `largest` is the size of the largest datagram taken whole; `count` how many one system call takes (at most 64).
    package init(largest: Int = 4_608, count: Int = 32) {
        precondition((1...64).contains(count) && largest > 0, "A datagram buffer has room for 1 to 64 datagrams.")
        stride = largest
        bytes = Memory.room(largest * count)
        notes = Array(repeating: clinux_datagram(), count: count)
    }

    /// Hands every waiting datagram to the handler, at most 1,024 so that a flood leaves time for others. Returns how many.
    ///
    /// - Parameters:
    ///   - hasHeader: Says that the socket is a raw IPv4 one, whose datagrams begin with their IP header.
    ///   - interface: Where all come in by; nil has the kernel be asked about each.
    @discardableResult
    package func receive(
        from descriptor: FileDescriptor, hasHeader: Bool = false, interface: UInt32? = nil, _ handler: (Datagram) -> Void
    ) throws(SystemError) -> Int {
        var total = 0
        while total < 1_024 {
            let received = try fill(descriptor.number, peers: !hasHeader)
            if received == 0 { break }
            for index in 0..<received {
                let datagram = hasHeader ? rawDatagram(notes[index], interface) : datagram(notes[index], interface)
                if let datagram { handler(datagram) }
            }
            total += received
            if received < notes.count { break }
        }
        return total
    }

    private func fill(_ number: Int32, peers: Bool) throws(SystemError) -> Int {
        let result = bytes.withUnsafeMutableBytes { room in
            notes.withUnsafeMutableBufferPointer { notes in
                clinux_receive(number, room.baseAddress, stride, notes.baseAddress, UInt32(notes.count), peers ? 1 : 0)
            }
        }
        switch result {
        case 0...: return Int(result)
        case -EAGAIN, -EINTR: return 0
        default: throw SystemError(call: "recvmmsg", code: -result)
        }
    }

    private func bytes(of note: clinux_datagram) -> ArraySlice<UInt8> {
        bytes[note.offset..<(note.offset + min(note.length, stride))]
    }

    private func datagram(_ note: clinux_datagram, _ interface: UInt32?) -> Datagram {
        Datagram(
            packet: bytes(of: note), headerLength: 0,
            ends: (SocketAddress(storage: note.peer, length: note.peer_length).address, destination(note)),
            interface: interface ?? UInt32(bitPattern: note.interface), hopLimit: UInt8(exactly: note.hop_limit),
            isTruncated: note.truncated != 0)
    }

    /// The header says what the kernel would have to be asked otherwise, for each packet.
    private func rawDatagram(_ note: clinux_datagram, _ interface: UInt32?) -> Datagram? {
        let packet = bytes(of: note)
        guard packet.count >= IPv4Header.length else { return nil }
        let start = packet.startIndex
        let headerLength = Int(packet[start] & 0x0f) * 4
        guard (IPv4Header.length...packet.count).contains(headerLength) else { return nil }
        return Datagram(
            packet: packet, headerLength: headerLength, ends: (nil, nil),
            interface: interface ?? UInt32(bitPattern: note.interface), hopLimit: packet[start + 8],
            isTruncated: note.truncated != 0)
    }

    private func destination(_ note: clinux_datagram) -> IPAddress? {
        withUnsafeBytes(of: note.local) { local in
            switch note.local_family {
            case AF_INET: .v4(UInt32(bigEndian: local.loadUnaligned(as: UInt32.self)))
            case AF_INET6:
                .v6(
                    high: UInt64(bigEndian: local.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: local.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            default: nil
            }
        }
    }
}

/// Datagrams gathered to leave together, many in one system call.
package final class DatagramBatch {
    private var writer = ByteWriter(capacity: 4_096)
    private var notes: [clinux_datagram] = []

    private static let usual = 256

    package init() { notes.reserveCapacity(64) }

    package var isEmpty: Bool { notes.isEmpty }
    package var count: Int { notes.count }

    /// Adds a datagram whose bytes `write` appends.
    ///
    /// - Parameters:
    ///   - destination: Whom to send it to.
    ///   - source: From which address; nil leaves it to the kernel, as for a packet that brings its own header.
    ///   - interface: Out of which interface, by index; 0 leaves it to the routing table.
    package func add(
        to destination: SocketAddress, from source: IPAddress? = nil, interface: UInt32 = 0,
        write: (inout ByteWriter) -> Void
    ) {
        var note = note(interface, write)
        note.peer = destination.storage
        note.peer_length = destination.length
        if let source {
            note.local_family = source.family.number
            withUnsafeMutableBytes(of: &note.local) { local in
                switch source {
                case .v4(let word): local.storeBytes(of: word.bigEndian, as: UInt32.self)
                case .v6(let high, let low):
                    local.storeBytes(of: high.bigEndian, as: UInt64.self)
                    local.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
                }
            }
        }
        notes.append(note)
    }

    /// Adds a whole link-layer frame to leave by an interface.
    package func add(frameTo interface: UInt32, write: (inout ByteWriter) -> Void) {
        var note = note(0, write)
        var address = sockaddr_ll()
        address.sll_family = UInt16(AF_PACKET)
        address.sll_ifindex = Int32(bitPattern: interface)
        withUnsafeMutableBytes(of: &note.peer) { $0.storeBytes(of: address, as: sockaddr_ll.self) }
        note.peer_length = socklen_t(MemoryLayout<sockaddr_ll>.size)
        notes.append(note)
    }

    private func note(_ interface: UInt32, _ write: (inout ByteWriter) -> Void) -> clinux_datagram {
        var note = clinux_datagram()
        note.offset = writer.count
        write(&writer)
        note.length = writer.count - note.offset
        note.interface = Int32(bitPattern: interface)
        return note
    }

    /// Sends all, in order, and is empty again. A datagram that cannot be sent, for which there is no room included, is given
    /// up: `failed` is told its place in the batch. Returns how many left.
    @discardableResult
    package func send(on descriptor: FileDescriptor, failed: (Int, SystemError) -> Void) -> Int {
        var next = 0
        var sent = 0
        while next < notes.count {
            let result = writer.bytes.withUnsafeBytes { bytes in
                notes.withUnsafeBufferPointer { notes in
                    clinux_send(descriptor.number, bytes.baseAddress, notes.baseAddress?.advanced(by: next), UInt32(notes.count - next))
                }
            }
            if result > 0 {
                next += Int(result)
                sent += Int(result)
            } else if result != -EINTR {
                failed(next, SystemError(call: "sendmmsg", code: -result))
                next += 1
            }
        }
        removeAll()
        return sent
    }

    /// Gives up all that was added.
    package func removeAll() {
        // What a burst of thousands needs is not kept.
        if notes.count > Self.usual { writer = ByteWriter(capacity: 4_096) } else { writer.removeAll() }
        notes.removeAll(keepingCapacity: notes.count <= Self.usual)
    }
}
