// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Quick looks at interfaces and names, for reading a configuration; what must be followed comes by netlink.
extension Machine {
    /// The addresses of an interface with their prefix lengths.
    package static func addresses(of interface: String) -> [IPPrefix] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [IPPrefix] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            guard String(cString: entry.pointee.ifa_name) == interface, let socket = entry.pointee.ifa_addr,
                let address = ipAddress(socket)
            else { continue }
            let length = entry.pointee.ifa_netmask.flatMap { maskLength($0, address.family) }
            found.append(IPPrefix(address, length: length ?? (address.family == .ipv4 ? 32 : 128)))
        }
        return found
    }

    /// Nil if there is no such interface, or the file system /sys shows another namespace.
    package static func mtu(of interface: String) -> Int? {
        guard !interface.contains("/") else { return nil }
        return KernelSettings.read("/sys/class/net/\(interface)/mtu")
    }

    package static func isLoopback(_ interface: String) -> Bool {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return interface == "lo" }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next {
            if String(cString: entry.pointee.ifa_name) == interface { return entry.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0 }
            next = entry.pointee.ifa_next
        }
        return interface == "lo"
    }

    /// The addresses of a host name; asks the name service, which may take long.
    package static func resolve(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [IPAddress] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ai_next
            if let address = entry.pointee.ai_addr.flatMap(ipAddress), !found.contains(address) { found.append(address) }
        }
        return found
    }

    private static func ipAddress(_ socket: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        let bytes = addressBytes(socket, Int32(socket.pointee.sa_family))
        switch bytes.count {
        case 4: return .v4(UInt32(truncatingIfNeeded: number(bytes)))
        case 16: return .v6(high: number(bytes.prefix(8)), low: number(bytes.suffix(8)))
        default: return nil
        }
    }

    private static func maskLength(_ socket: UnsafeMutablePointer<sockaddr>, _ family: AddressFamily) -> Int {
        addressBytes(socket, family == .ipv4 ? AF_INET : AF_INET6).reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// The address within a socket address: 4 or 16 bytes, none for other families.
    private static func addressBytes(_ socket: UnsafeMutablePointer<sockaddr>, _ family: Int32) -> [UInt8] {
        let raw = UnsafeRawPointer(socket)
        switch family {
        case AF_INET: return Array(UnsafeRawBufferPointer(start: raw + 4, count: 4))
        case AF_INET6: return Array(UnsafeRawBufferPointer(start: raw + 8, count: 16))
        default: return []
        }
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
