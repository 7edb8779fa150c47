// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// An address as the kernel wants it, with port (0 for raw sockets) and, for IPv6, scope.
package struct SocketAddress {
    var storage = sockaddr_storage()
    let length: socklen_t

    /// `scope` is the interface of an IPv6 link-local or multicast address.
    package init(_ address: IPAddress, port: UInt16 = 0, scope: UInt32 = 0) {
        switch address {
        case .v4(let word):
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let inner = sockaddr_in(
                sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: in_addr(s_addr: word.bigEndian),
                sin_zero: (0, 0, 0, 0, 0, 0, 0, 0)
            )
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: inner, as: sockaddr_in.self) }
        case .v6:
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            var inner = sockaddr_in6()
            inner.sin6_family = sa_family_t(AF_INET6)
            inner.sin6_port = port.bigEndian
            inner.sin6_addr = in6_addr(address)
            inner.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: inner, as: sockaddr_in6.self) }
        }
    }

    init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// The Internet address, nil if it is of another kind.
    package var address: IPAddress? {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                return .v4(UInt32(bigEndian: bytes.load(as: sockaddr_in.self).sin_addr.s_addr))
            case AF_INET6:
                // After family, port and flow information.
                return .v6(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                )
            default:
                return nil
            }
        }
    }

    package var port: UInt16 {
        withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }

    /// The interface of an IPv6 address, 0 if none is given.
    package var scope: UInt32 {
        guard Int32(storage.ss_family) == AF_INET6 else { return 0 }
        return withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in6.self).sin6_scope_id }
    }

    func use<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

extension in6_addr {
    /// The bytes of an IPv6 address; zeros for an IPv4 one.
    init(_ address: IPAddress) {
        self.init()
        guard case .v6(let high, let low) = address else { return }
        withUnsafeMutableBytes(of: &self) {
            $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
    }
}

extension AddressFamily {
    /// AF_INET or AF_INET6.
    var number: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
}
