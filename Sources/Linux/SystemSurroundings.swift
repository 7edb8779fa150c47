// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
package import Config
import Glibc
import Netlink

extension Surroundings {
    /// The facts of this machine as it is now: interfaces are listed once, names are looked up when asked for.
    package static func ofSystem() -> Surroundings {
        let interfaces = InterfaceList()
        let names = RoutingNames()
        var surroundings = Surroundings()
        surroundings.interfaceIndex = { interfaces.link($0)?.index }
        surroundings.interfaceAddresses = { interfaces.addresses($0) }
        surroundings.interfaceMTU = { interfaces.link($0)?.mtu }
        surroundings.isLoopback = { interfaces.link($0)?.flags.contains(.loopback) ?? ($0 == "lo") }
        surroundings.user = { Users.user($0).map { ($0.user, $0.group) } }
        surroundings.group = { Users.group($0) }
        surroundings.routingName = { names.number($0, $1) }
        surroundings.protocolNumber = { getprotobyname($0).flatMap { UInt8(exactly: $0.pointee.p_proto) } }
        surroundings.script = { ScriptCheck.look($0, as: $1, group: $2) }
        surroundings.contents = { try? Files.read($0, limit: 1 << 20) }
        surroundings.isDirectory = { Files.isDirectory($0) }
        surroundings.setRoutingDirectories = { names.use(vendor: $0, local: $1) }
        surroundings.resolve = { HostNames.addresses(of: $0) }
        surroundings.hostName = HostNames.own
        surroundings.processorCount = { Int(max(1, clinux_processor_count())) }
        surroundings.ownUser = geteuid()
        surroundings.ownGroup = getegid()
        return surroundings
    }
}

/// The interfaces and their addresses at one moment, listed when first asked for.
private final class InterfaceList {
    /// How addresses are marked that keepalived holds (IFA_PROTO).
    private static let ours: UInt8 = 0x12
    private var links: [String: Link]?
    private var prefixes: [UInt32: [IPPrefix]] = [:]

    func link(_ name: String) -> Link? { loaded()[name] }

    func addresses(_ name: String) -> [IPPrefix] {
        guard let link = link(name) else { return [] }
        return prefixes[link.index] ?? []
    }

    private func loaded() -> [String: Link] {
        if let links { return links }
        var found: [String: Link] = [:]
        if let query = try? KernelQuery() {
            for case .link(let link) in (try? query.list(.links)) ?? [] { found[link.name] = link }
            // What the daemon itself put there is no fact that its configuration is to be measured by.
            for case .address(let address) in (try? query.list(.addresses(nil))) ?? [] where address.protocol != Self.ours {
                prefixes[address.interface, default: []].append(address.prefix)
            }
        }
        links = found
        return found
    }
}

/// Names of hosts.
package enum HostNames {
    package static var own: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "localhost" }
        return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The addresses of a host; waits for the name service, so never in a protocol's process.
    package static func addresses(of host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let entry = next {
            var storage = sockaddr_storage()
            let length = entry.pointee.ai_addrlen
            if let raw = entry.pointee.ai_addr, Int(length) <= MemoryLayout<sockaddr_storage>.size {
                withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: Int(length))) }
                if let address = SocketAddress(storage: storage, length: length).address { addresses.append(address) }
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
