// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Support

/// A machine that exists for configurations to be read against: everything asked for is quick and always the same.
enum InventedMachine {
    static var surroundings: Surroundings {
        var machine = Surroundings()
        let names = ["eth0", "eth1", "lo", "vlan7"]
        machine.interfaceIndex = { names.firstIndex(of: $0).map { UInt32($0 + 1) } }
        machine.interfaceMTU = { names.contains($0) ? 1500 : nil }
        machine.interfaceAddresses = { name in
            guard name == "eth0", let first = IPAddress("192.0.2.1"), let second = IPAddress("2001:db8::1") else { return [] }
            return [IPPrefix(first, length: 24), IPPrefix(second, length: 64)].compactMap { $0 }
        }
        machine.user = { ["root": (0, 0), "nobody": (65534, 65534)][$0] }
        machine.group = { ["root": 0, "nogroup": 65534][$0] }
        machine.routingName = { _, name in ["main": 254, "link": 253, "bird": 12][name] }
        machine.protocolNumber = { ["tcp": 6, "udp": 17][$0] }
        machine.script = { path, user, _ in
            switch path.utf8.first {
            case UInt8(ascii: "/"): user == 0 && path.hasPrefix("/tmp") ? .insecure(component: "/tmp", remedy: "chmod") : .usable(path: path)
            case UInt8(ascii: "n"): .notExecutable
            case UInt8(ascii: "m"): .missing
            default: .foundInPath(path: "/usr/bin/\(path)")
            }
        }
        machine.contents = { $0.hasPrefix("/k") ? [UInt8]($0.utf8) : nil }
        return machine
    }

    /// The file to read and some that it may include, one of which includes itself.
    static func files(_ main: [UInt8]) -> FileSystem {
        let others: [String: [UInt8]] = [
            "/k/a": Array("include a\nrouter_id a".utf8), "/k/b": Array("vrrp_script s {\n script /bin/true\n}\n$B=1\n".utf8),
            "/k/open": Array("vrrp_instance I {\n".utf8), "/k/null": [0, 10, 0],
        ]
        var system = FileSystem()
        system.currentDirectory = "/k"
        system.read = { path in path == mainPath ? .text(main) : others[path].map { .text($0) } ?? .missing }
        system.exists = { $0 == mainPath || others[$0] != nil }
        system.glob = { _ in others.keys.sorted() }
        return system
    }

    static let mainPath = "/k/main.conf"
}
