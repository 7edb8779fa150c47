// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import VRRP

/// Where objects are on the message bus: `/org/keepalived/Vrrp1[/NAMESPACE][/INSTANCE]/...`.
struct BusPaths: Equatable {
    private let base: String
    private let wordWithoutInterface: String

    /// - Parameters:
    ///   - qualifiers: the network namespace and the name of this daemon, as far as there are any.
    ///   - wordWithoutInterface: `dbus_no_interface_name`.
    init(qualifiers: [String], wordWithoutInterface: String?) {
        base = (["/org/keepalived/Vrrp1"] + qualifiers.map(Self.element)).joined(separator: "/")
        self.wordWithoutInterface = wordWithoutInterface ?? "none"
    }

    /// The object for all instances.
    var all: String { base + "/Vrrp" }

    /// The object of an instance: `Instance/INTERFACE/VRID/FAMILY`.
    func instance(_ settings: RouterSettings) -> String {
        let family = settings.family == .ipv4 ? "IPv4" : "IPv6"
        return "\(base)/Instance/\(Self.element(settings.interface ?? wordWithoutInterface))/\(settings.routerID)/\(family)"
    }

    /// A path holds letters, digits and underscores only.
    private static func element(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte in
                let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                return isPlain ? byte : UInt8(ascii: "_")
            }, as: UTF8.self)
    }
}
