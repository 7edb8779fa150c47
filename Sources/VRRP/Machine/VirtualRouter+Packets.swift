// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// From packets to adverts and back.
extension VirtualRouter {
    /// Whether ``VirtualRouters/writeAdvert(of:priority:from:to:clock:into:)`` writes the IPv4 header too: an
    /// authentication header vouches for it.
    package var writesWholePacket: Bool { header != nil }

    /// What the settings alone make impossible.
    var standingFaults: [Fault] {
        var faults: [Fault] = []
        if case .unicast(let unicast) = settings.transport, unicast.peers.isEmpty, unicast.faultsWithoutPeers {
            faults.append(.noPeers)
        }
        // Without its key a router stays silent; upstream goes on unsigned.
        if let trailer, trailer.signs, !trailer.canSign { faults.append(.obstacle(.missingKey)) }
        return faults
    }

    /// Makes the guards that the settings ask for. What they have seen survives a change of keys.
    mutating func setGuards() {
        var peers = 0
        if case .unicast(let unicast) = settings.transport { peers = unicast.peers.count }
        var (newHeader, newTrailer): (AuthenticationHeader?, AuthenticationTrailer?)
        if case .header(let key) = format.authentication { newHeader = AuthenticationHeader(key: key) }
        if case .trailer(let keys) = settings.authentication { newTrailer = AuthenticationTrailer(keys, peers: peers) }
        if let newHeader { header?.reconfigure(to: newHeader) }
        if let newTrailer { trailer?.reconfigure(to: newTrailer) }
        header = newHeader == nil ? nil : header ?? newHeader
        trailer = newTrailer == nil ? nil : trailer ?? newTrailer
    }

    /// Reads a packet and has it checked by the guards.
    mutating func read(_ packet: borrowing ReceivedPacket, clock: WallClock) throws(Rejection) -> Advert {
        if let refusal = refusal(of: packet) { throw refusal }
        let advert = try format.parse(packet)
        if header != nil { try header?.verify(packet) }
        if trailer != nil {
            let length = format.messageLength(count: Int(packet.message[packet.message.startIndex + 3]))
            try trailer?.verify(packet, messageLength: length, clock: clock)
        }
        return advert
    }

    /// Why a packet to a unicast router is refused before it is read, if it is.
    private func refusal(of packet: borrowing ReceivedPacket) -> Rejection? {
        guard format.isUnicast, case .unicast(let unicast) = settings.transport else { return nil }
        let sender = packet.source
        guard let peer = unicast.peers.first(where: { $0.address == sender }) else {
            return unicast.checksSource || trailer != nil ? .unknownPeer : nil
        }
        guard let hopLimit = packet.hopLimit, !peer.ttl.contains(hopLimit) else { return nil }
        return .hopLimit(received: hopLimit, expected: peer.ttl)
    }

    /// Appends an advert as it is to leave.
    mutating func write(
        priority: UInt8,
        from source: IPAddress,
        to destination: IPAddress,
        clock: WallClock,
        into writer: inout ByteWriter
    ) {
        let start = writer.count
        let sent = sentFormat
        if header != nil, case .v4(let from) = source, case .v4(let to) = destination {
            var message = ByteWriter(capacity: sent.messageLength(count: sent.addressCount))
            sent.write(priority: priority, from: source, to: destination, into: &message)
            let hopLimit = sentHopLimit
            header?.write(message: message.bytes, from: from, to: to, hopLimit: hopLimit, into: &writer)
            return
        }
        sent.write(priority: priority, from: source, to: destination, into: &writer)
        guard let trailer, trailer.signs else { return }
        self.trailer?.sign(&writer, from: start, source: source, clock: clock)
        if sent.family == .ipv6 { sent.overwriteChecksum(from: source, to: destination, start: start, in: &writer) }
    }

    private var sentHopLimit: UInt8 {
        switch settings.transport {
        case .multicast: 255
        case .unicast(let unicast): unicast.ttl ?? 255
        }
    }

    /// The format of what is sent now: the checksum covers what the peers' do, unless the settings say what it has to
    /// cover.
    private var sentFormat: AdvertFormat {
        guard settings.adaptsChecksum, let heardChecksum else { return format }
        var adapted = format
        adapted.sentChecksum = heardChecksum
        return adapted
    }
}
