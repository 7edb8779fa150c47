// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// When servers that drain are to go at the latest, in a form that outlives the process.
///
///     each     service       00  mark (4)  family (1: 4 or 6)     or     01  family (1)  address (4 or 16)  port (2)  protocol (1)
///              server        family (1)  address (4 or 16)  port (2)
///              end           nanoseconds of the monotonic clock (8)
package struct DrainEnds: Equatable, Sendable {
    private struct Place: Hashable {
        var service: ServiceKey
        var server: ServerKey
    }

    private var ends: [Place: Instant] = [:]

    /// None.
    package init() {}

    init(_ draining: some Sequence<DrainingServer>) {
        for drain in draining { ends[Place(service: drain.service, server: drain.server)] = drain.end }
    }

    /// Nil for a server that is not among them.
    package subscript(service: ServiceKey, server: ServerKey) -> Instant? { ends[Place(service: service, server: server)] }

    /// As written; empty if there are none.
    package var bytes: [UInt8] {
        var writer = ByteWriter()
        for (place, end) in ends {
            switch place.service {
            case .mark(let mark, let family):
                writer.write(UInt8(0))
                writer.write(mark)
                writer.write(family.version)
            case .address(let address, let port, let transport):
                writer.write(UInt8(1))
                writer.writeEndpoint(address, port)
                writer.write(transport.rawValue)
            }
            writer.writeEndpoint(place.server.address, place.server.port)
            writer.write(UInt64(bitPattern: end.nanoseconds))
        }
        return writer.bytes
    }

    /// What can be read; bytes that are no such record end it.
    package init(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        while reader.count > 0, let service = reader.service, let server = reader.endpoint,
            let end = try? reader.read(UInt64.self)
        {
            let place = Place(service: service, server: ServerKey(server.address, port: server.port))
            ends[place] = Instant(nanoseconds: Int64(bitPattern: end))
        }
    }
}

extension VirtualServers {
    /// What the next life of the daemon should know.
    package var drainEnds: DrainEnds { DrainEnds(services.lazy.flatMap(\.draining)) }
}

extension ByteWriter {
    fileprivate mutating func writeEndpoint(_ address: IPAddress, _ port: UInt16) {
        write(address.family.version)
        write(address)
        write(port)
    }
}

extension ByteReader {
    fileprivate var family: AddressFamily? {
        mutating get { (try? read(UInt8.self)).flatMap(AddressFamily.init(version:)) }
    }

    fileprivate var endpoint: (address: IPAddress, port: UInt16)? {
        mutating get {
            guard let family, let bytes = try? read(bytes: family.bits / 8), let address = IPAddress(bytes: bytes),
                let port = try? read(UInt16.self)
            else { return nil }
            return (address, port)
        }
    }

    fileprivate var service: ServiceKey? {
        mutating get {
            switch try? read(UInt8.self) {
            case 0:
                guard let mark = try? read(UInt32.self), let family else { return nil }
                return .mark(mark, family)
            case 1:
                guard let endpoint, let number = try? read(UInt8.self), let transport = TransportProtocol(rawValue: number) else { return nil }
                return .address(endpoint.address, port: endpoint.port, transport)
            default: return nil
            }
        }
    }
}
