// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import VRRP

/// The sockets that adverts arrive at and leave by.
///
/// Routers on the same interface share their receiver; all adverts due at one moment leave in one system call a family.
final class AdvertSockets {
    /// What a receiver listens to.
    private struct Channel: Hashable {
        var family: AddressFamily
        /// IP protocol: 112, or 51 where the authentication header comes first.
        var proto: UInt8
        /// 0: on every interface (unicast without an interface).
        var interface: UInt32
    }

    private struct Listener {
        let receiver: VRRPReceiver
        let registration: EventLoop.Registration
        let interface: String?
        let bufferSize: Int?
        var groups: Set<IPAddress>
        /// Places of the routers by VRID.
        var routers: [[Int]]
    }

    /// What a router wants of the sockets.
    private struct Listening {
        var interface: (name: String, index: UInt32)?
        var groups: Set<IPAddress> = []
        var routers: [(place: Int, id: UInt8)] = []
        var bufferSize: Int?
    }

    private let loop: EventLoop
    private let buffer = DatagramBuffer()
    private var listeners: [Channel: Listener] = [:]
    private var senders: [AddressFamily: VRRPSender] = [:]
    /// The advert being written.
    private var message = ByteWriter(capacity: 1_500)
    /// The places whose adverts are queued, in the order of the queue, for telling which could not leave.
    private var queued: [AddressFamily: [Int]] = [:]

    /// An advert, or something like it, has arrived for one of these routers.
    var received: (_ packet: borrowing ReceivedPacket, _ candidates: [Int], _ interface: UInt32, Instant) -> Void = { _, _, _, _ in }
    /// A packet that is not even VRRP.
    var malformed: (Rejection, _ interface: UInt32, Instant) -> Void = { _, _, _ in }
    /// A router's advert could not be sent.
    var unsent: (_ place: Int, SystemError) -> Void = { _, _ in }

    init(loop: EventLoop) { self.loop = loop }

    // MARK: Receiving

    /// Opens what these routers need and closes what nobody needs any more. Returns the places whose socket cannot be had.
    func serve(_ routers: [(place: Int, settings: RouterSettings)], on interfaces: Interfaces) -> [(place: Int, SystemError)] {
        let wanted = channels(of: routers, on: interfaces)
        for (channel, listener) in listeners where wanted[channel] == nil {
            loop.remove(listener.registration)
            listeners[channel] = nil
        }
        var failures: [(place: Int, SystemError)] = []
        for (channel, listening) in wanted {
            do throws(SystemError) {
                try open(channel, listening)
            } catch {
                failures += listening.routers.map { ($0.place, error) }
            }
        }
        return failures
    }

    private func channels(
        of routers: [(place: Int, settings: RouterSettings)], on interfaces: Interfaces
    ) -> [Channel: Listening] {
        var wanted: [Channel: Listening] = [:]
        for (place, settings) in routers {
            for interface in settings.listeningInterfaces.compactMap({ interfaces[$0] }) {
                listen(place, settings, on: interface, &wanted)
            }
            if settings.transmitInterface == nil { listen(place, settings, on: nil, &wanted) }
        }
        return wanted
    }

    private func listen(
        _ place: Int, _ settings: RouterSettings, on interface: Interfaces.Interface?, _ wanted: inout [Channel: Listening]
    ) {
        let channel = Channel(
            family: settings.family, proto: settings.authenticatesHeader ? IPProtocol.authentication : IPProtocol.vrrp,
            interface: interface?.index ?? 0)
        var listening = wanted[channel] ?? Listening()
        if let interface { listening.interface = (interface.name, interface.index) }
        if case .multicast(let group) = settings.transport { listening.groups.insert(group) }
        if let size = settings.receiveBuffer { listening.bufferSize = max(listening.bufferSize ?? 0, Int(size)) }
        listening.routers.append((place, settings.routerID))
        wanted[channel] = listening
    }

    private func open(_ channel: Channel, _ listening: Listening) throws(SystemError) {
        var places = Array(repeating: [Int](), count: 256)
        for (place, id) in listening.routers { places[Int(id)].append(place) }
        if listeners[channel]?.groups == listening.groups {
            listeners[channel]?.routers = places
        } else {
            let receiver = try VRRPReceiver(
                channel.family, protocol: channel.proto, interface: listening.interface, groups: Array(listening.groups),
                bufferSize: listening.bufferSize, buffer: buffer)
            if let old = listeners[channel] { loop.remove(old.registration) }
            let registration = try loop.add(receiver.descriptor, isPatient: true) { [unowned self] now in drain(channel, now) }
            listeners[channel] = Listener(
                receiver: receiver, registration: registration, interface: listening.interface?.name,
                bufferSize: listening.bufferSize, groups: listening.groups, routers: places)
        }
    }

    private func drain(_ channel: Channel, _ now: Instant) {
        guard let listener = listeners[channel] else { return }
        do throws(SystemError) {
            try listener.receiver.receive { datagram in take(datagram, channel.family, listener.routers, now) }
        } catch {
            // The interface went down under the socket; netlink tells the rest.
        }
    }

    private func take(_ datagram: Datagram, _ family: AddressFamily, _ routers: [[Int]], _ now: Instant) {
        do throws(Rejection) {
            let packet: ReceivedPacket
            switch family {
            case .ipv4:
                packet = try ReceivedPacket(parsingIPv4: datagram.packet)
            case .ipv6:
                guard let source = datagram.source, let destination = datagram.destination else { throw .notVRRP }
                packet = ReceivedPacket(
                    source: source, destination: destination, hopLimit: datagram.hopLimit, message: datagram.payload)
            }
            guard let id = packet.routerID else { throw .length(received: packet.message.count, expected: 8) }
            received(packet, routers[Int(id)], datagram.interface, now)
        } catch {
            malformed(error, datagram.interface, now)
        }
    }

    /// For a snapshot.
    var snapshots: [SocketSnapshot] {
        listeners.map { channel, listener in
            SocketSnapshot(
                descriptors: RouterSnapshot.SocketDescriptors(
                    receiving: listener.receiver.descriptor.number, sending: senders[channel.family]?.descriptor.number ?? -1),
                interface: listener.interface, family: channel.family, proto: channel.proto,
                receiveBuffer: listener.bufferSize ?? 0, routers: listener.routers.flatMap(\.self).sorted())
        }.sorted { $0.descriptors.receiving < $1.descriptors.receiving }
    }

    // MARK: Sending

    /// Queues one advert of a router, to its group or to each of its peers.
    func queue(_ place: Int, priority: UInt8, of routers: inout VirtualRouters, interface: UInt32) throws(SystemError) {
        guard let transport = routers.transport(of: place) else { return }
        switch transport {
        case .multicast(let group):
            try queue(place, priority, of: &routers, to: group, hopLimit: 255, interface)
        case .unicast(let unicast):
            for peer in unicast.peers {
                try queue(place, priority, of: &routers, to: peer.address, hopLimit: unicast.ttl ?? 255, interface)
            }
        }
    }

    private func queue(
        _ place: Int, _ priority: UInt8, of routers: inout VirtualRouters, to destination: IPAddress, hopLimit: UInt8,
        _ interface: UInt32
    ) throws(SystemError) {
        guard let source = routers.source(of: place) else { return }
        let sender = try sender(source.family)
        message.removeAll()
        routers.writeAdvert(
            of: place, priority: priority, from: source, to: destination, clock: .now, into: &message)
        if routers.writesWholePacket(of: place) {
            sender.queue(packet: message.bytes, to: destination, interface: interface)
        } else {
            sender.queue(
                length: message.count, from: source, to: destination, interface: interface, hopLimit: hopLimit
            ) { $0.write(message.bytes) }
        }
        queued[source.family, default: []].append(place)
        if sender.count >= Self.mostTogether { flush() }
    }

    /// Adverts in one system call. More would hold memory for good; fewer would wake whoever hears them the more often.
    private static let mostTogether = 256

    /// Lets everything queued leave.
    func flush() {
        for (family, sender) in senders {
            sender.flush { [unowned self] index, error in
                if let places = queued[family], index < places.count { unsent(places[index], error) }
            }
            queued[family]?.removeAll(keepingCapacity: true)
        }
    }

    private func sender(_ family: AddressFamily) throws(SystemError) -> VRRPSender {
        if let sender = senders[family] { return sender }
        let sender = try VRRPSender(family)
        senders[family] = sender
        return sender
    }
}

extension RouterSettings {
    /// The interfaces that adverts of others may arrive by.
    fileprivate var listeningInterfaces: [String] {
        guard movesToVirtualMAC else { return [transmitInterface].compactMap { $0 } }
        return [interface, virtualInterface?.name].compactMap { $0 }
    }

    /// Whether adverts come inside an IP authentication header.
    var authenticatesHeader: Bool {
        switch authentication {
        case .authenticationHeader: true
        case .none, .password, .trailer: false
        }
    }
}
