// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Testing
import VRRP

@testable import Daemon

/// What is done about an interface that is wanted, by what is there.
struct MadeInterfaceTests {
    private let made: MadeInterface = {
        var made = MadeInterface(name: "vrrp.7", base: "eth0", kind: .macvlan(.virtualRouter(7, .ipv4)), router: "VI")
        made.hasIPv4 = true
        return made
    }()

    /// An interface as the kernel would tell of it.
    private func link(_ request: LinkRequest, index: UInt32) throws -> Link {
        var buffer = MessageBuffer()
        request.write(into: &buffer, sequence: 1)
        var reader = MessageReader(buffer.bytes[...])
        let message = try #require(try reader.next())
        guard case .link(var link) = try KernelNews(message) else { throw MalformedMessage() }
        link.index = index
        return link
    }

    private func ethernet(group: UInt32 = 0) throws -> Link {
        var base = try link(.setUp(index: 2), index: 2)
        base.name = "eth0"
        base.group = group
        return base
    }

    private func macvlan(_ hardware: MACAddress = .virtualRouter(7, .ipv4), parent: UInt32 = 2, group: UInt32? = nil) throws -> Link {
        try link(.addMacvlan(name: "vrrp.7", parent: parent, hardware: hardware, group: group), index: 9)
    }

    @Test("It is made on the interface below, in that one's group, and not before that one is there")
    func making() throws {
        #expect(made.plan(existing: nil, base: nil) == .wait)
        let hardware = MACAddress.virtualRouter(7, .ipv4)
        #expect(
            made.plan(existing: nil, base: try ethernet())
                == .make(.addMacvlan(name: "vrrp.7", parent: 2, hardware: hardware, group: nil)))
        #expect(
            made.plan(existing: nil, base: try ethernet(group: 5))
                == .make(.addMacvlan(name: "vrrp.7", parent: 2, hardware: hardware, group: 5)))
    }

    @Test("One that an earlier process left is kept, and its differences are mended in place")
    func adopting() throws {
        let base = try ethernet()
        #expect(made.plan(existing: try macvlan(), base: base) == .keep([]))
        let other = try macvlan(.virtualRouter(8, .ipv4), group: 4)
        #expect(
            made.plan(existing: other, base: base)
                == .keep([.setHardware(index: 9, .virtualRouter(7, .ipv4)), .setGroup(index: 9, 0)]))
    }

    @Test("One on another interface or of the other kind gives way; somebody else's is left alone")
    func replacing() throws {
        let base = try ethernet()
        #expect(made.plan(existing: try macvlan(parent: 3), base: base) == .replace(index: 9))
        let ipvlan = try link(.addIPVLAN(name: "vrrp.7", parent: 2, flags: .bridge, group: nil), index: 9)
        #expect(made.plan(existing: ipvlan, base: base) == .replace(index: 9))
        var bridged = try macvlan()
        bridged.macvlanMode = 4
        #expect(made.plan(existing: bridged, base: base) == .refuse)
        var ethernet = try ethernet()
        ethernet.name = "vrrp.7"
        #expect(made.plan(existing: ethernet, base: base) == .refuse)
    }
}
