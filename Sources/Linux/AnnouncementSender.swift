// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Glibc

/// Gratuitous ARPs and unsolicited neighbour advertisements, as whole frames that leave from here or are handed to another process.
/// One behind the other:
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Interface Index                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        Length of Frame        |           Frame ...           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
package struct AnnouncementFrames {
    private var writer = ByteWriter(capacity: 0)
    package private(set) var count = 0

    package init() {}

    package var bytes: [UInt8] { writer.bytes }

    /// Adds the announcement that fits the address's family, from this hardware address.
    package mutating func append(_ address: IPAddress, at hardware: MACAddress, interface: UInt32, isRouter: Bool) {
        writer.write(interface)
        let place = writer.count
        writer.write(UInt16(0))
        switch address {
        case .v4(let word): ARPPacket(announcing: word, at: hardware).writeFrame(into: &writer)
        case .v6: NeighbourAdvertisement(announcing: address, at: hardware, isRouter: isRouter).writeFrame(into: &writer)
        }
        writer.overwrite(UInt16(truncatingIfNeeded: writer.count - place - 2), at: place)
        count += 1
    }

    /// Empties it, and keeps its memory for the next ones.
    package mutating func removeAll() {
        writer.removeAll()
        count = 0
    }

    /// Takes apart what ``bytes`` gave, up to a frame that is not there as a whole.
    static func forEach(in bytes: ArraySlice<UInt8>, _ body: (_ interface: UInt32, _ frame: ArraySlice<UInt8>) -> Void) {
        var reader = ByteReader(bytes)
        while let interface = try? reader.read(UInt32.self), let length = try? reader.read(UInt16.self),
            let frame = try? reader.read(bytes: Int(length))
        {
            body(interface, frame)
        }
    }
}

/// Sends announcements, many in one system call.
package final class AnnouncementSender {
    package let descriptor: FileDescriptor
    private let batch = DatagramBatch()

    /// Frames in one system call: one that is not to go on after all stops soon.
    private static let most = 32

    package init() throws(SystemError) {
        // Protocol 0: nothing is received here.
        let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = FileDescriptor(owning: try system("socket") { socket(AF_PACKET, type, 0) })
    }

    /// Sends frames that ``AnnouncementFrames`` wrote, as long as `goesOn` allows; `failed` is told of each frame that could not
    /// leave.
    package func send(
        _ frames: ArraySlice<UInt8>, while goesOn: () -> Bool = { true }, failed: (SystemError) -> Void
    ) {
        AnnouncementFrames.forEach(in: frames) { interface, frame in
            batch.add(frameTo: interface) { $0.write(frame) }
            if batch.count == Self.most { flush(goesOn, failed) }
        }
        flush(goesOn, failed)
    }

    private func flush(_ goesOn: () -> Bool, _ failed: (SystemError) -> Void) {
        guard !batch.isEmpty else { return }
        if goesOn() { batch.send(on: descriptor) { failed($1) } } else { batch.removeAll() }
    }
}
