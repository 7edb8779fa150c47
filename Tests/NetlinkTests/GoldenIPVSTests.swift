// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Testing

/// What ipvsadm 1.31 and a Linux 6.1 kernel say to each other (recorded with strace).
///
/// ipvsadm repeats a service's options where only its identity counts, so ours need only be a part of what it sends.
struct GoldenIPVSTests {
    struct Recorded: CustomTestStringConvertible, Sendable {
        let command: String
        let request: IPVSRequest.Command
        let bytes: [UInt8]

        init(_ command: String, _ request: IPVSRequest.Command, _ hex: String) {
            self.command = command
            self.request = request
            bytes = NetlinkTests.bytes(hex)
        }

        var testDescription: String { command }
    }

    @Test(arguments: recorded)
    func sameRequestAsIpvsadm(_ recorded: Recorded) throws {
        var buffer = MessageBuffer()
        IPVSRequest(recorded.request, family: 0x1c).write(into: &buffer, sequence: 1)
        let ours = try Parts(buffer.bytes)
        let theirs = try Parts(recorded.bytes)
        #expect(ours.header == theirs.header)
        #expect(ours.attributes.isSubset(of: theirs.attributes), "\(ours.attributes.subtracting(theirs.attributes))")
        // Everything that says what is to be: the options of what is added or changed.
        switch recorded.request {
        case .addService, .changeService, .setTimeouts, .startDaemon, .flush: #expect(ours.attributes == theirs.attributes)
        case .addDestination, .changeDestination:
            #expect(ours.attributes.filter { $0.first == 2 } == theirs.attributes.filter { $0.first == 2 })
        case .removeService, .removeDestination, .stopDaemon, .listServices, .listDestinations, .listDaemons: break
        }
    }

    /// Command and version, and each inner attribute after the numbers of the outer one and its own.
    private struct Parts {
        let header: [UInt8]
        var attributes: Set<[UInt8]> = []

        init(_ bytes: [UInt8]) throws {
            var reader = MessageReader(bytes[...])
            guard let message = try reader.next() else { throw MalformedMessage() }
            header = Array(message.payload.prefix(4))
            var outer = AttributeReader(message.payload.dropFirst(4))
            while let attribute = try outer.next() {
                let number = UInt8(truncatingIfNeeded: attribute.type)
                guard number <= 3 else {
                    attributes.insert([number] + attribute.value)
                    continue
                }
                var inner = attribute.attributes
                while let part = try inner.next() {
                    attributes.insert([number, UInt8(truncatingIfNeeded: part.type)] + part.value)
                }
            }
        }
    }

    static let web = IPVS.Match.address(.v4(0x0a00_0001), port: 80, protocol: 6)
    static let names = IPVS.Match.address(ipv6(1), port: 53, protocol: 17)

    static func ipv6(_ low: UInt64) -> IPAddress { .v6(high: 0x2001_0db8 << 32, low: low) }

    static func service(_ match: IPVS.Match, _ scheduler: String, _ flags: IPVS.ServiceFlags) -> IPVS.Service {
        var service = IPVS.Service(match, scheduler: scheduler)
        service.flags = flags
        return service
    }

    static var persistent: IPVS.Service {
        var service = service(web, "wlc", .persistent)
        service.persistence = 300
        service.granularity = 24
        return service
    }

    static var nat: IPVS.Destination {
        var destination = IPVS.Destination(.v4(0x0a00_0002), port: 8080, forwarding: .masquerade, weight: 3)
        destination.upperThreshold = 100
        destination.lowerThreshold = 50
        return destination
    }

    static var tunnelled: IPVS.Destination {
        var destination = IPVS.Destination(.v4(0x0a00_0003), port: 80, forwarding: .tunnel, weight: 1)
        destination.tunnel = .gue(port: 6080, flags: 0)
        return destination
    }

    static let recorded: [Recorded] = [
        Recorded(
            "ipvsadm -A -t 10.0.0.1:80 -s wlc -p 300 -M 255.255.255.0",
            .addService(persistent),
            """
            680000001c000500e771016bb802c088010100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000008000600776c63000c00070001000000ffffffff080008002c010000
            08000900ffffff00
            """
        ),
        Recorded(
            "ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 3 -x 100 -y 50",
            .addDestination(nat, of: web),
            """
            c80000001c000500e771016bc002c088050100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000005000600000000000c00070000000000ffffffff0800080000000000
            08000900ffffffff6000028006000b0002000000140001000a000002000000000000000000000000060002001f900000
            0800030000000000080004000300000005000d000000000006000e000000000006000f00000000000800050064000000
            0800060032000000
            """
        ),
        Recorded(
            "ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.3:80 -i --tun-type gue --tun-port 6080 -w 1",
            .addDestination(tunnelled, of: web),
            """
            c80000001c000500e771016bc502c088050100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000005000600000000000c00070000000000ffffffff0800080000000000
            08000900ffffffff6000028006000b0002000000140001000a0000030000000000000000000000000600020000500000
            0800030002000000080004000100000005000d000100000006000e0017c0000006000f00000000000800050000000000
            0800060000000000
            """
        ),
        Recorded(
            "ipvsadm -e -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 0",
            .changeDestination(IPVS.Destination(.v4(0x0a00_0002), port: 8080, forwarding: .masquerade, weight: 0), of: web),
            """
            c80000001c000500e771016bca02c088060100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000005000600000000000c00070000000000ffffffff0800080000000000
            08000900ffffffff6000028006000b0002000000140001000a000002000000000000000000000000060002001f900000
            0800030000000000080004000000000005000d000000000006000e000000000006000f00000000000800050000000000
            0800060000000000
            """
        ),
        Recorded(
            "ipvsadm -d -t 10.0.0.1:80 -r 10.0.0.3:80",
            .removeDestination(.v4(0x0a00_0003), port: 80, of: web),
            """
            c80000001c000500e871016bcf020089070100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000005000600000000000c00070000000000ffffffff0800080000000000
            08000900ffffffff6000028006000b0002000000140001000a0000030000000000000000000000000600020000500000
            0800030003000000080004000100000005000d000000000006000e000000000006000f00000000000800050000000000
            0800060000000000
            """
        ),
        Recorded(
            "ipvsadm -A -u [2001:db8::1]:53 -s rr -o",
            .addService(service(names, "rr", .onePacket)),
            """
            680000001c000500e871016bd40200890101000054000180060001000a00000006000200110000001400030020010db8
            000000000000000000000001060004000035000007000600727200000c00070004000000ffffffff0800080000000000
            0800090080000000
            """
        ),
        Recorded(
            "ipvsadm -a -u [2001:db8::1]:53 -r [2001:db8::2]:53 -g -w 1",
            .addDestination(IPVS.Destination(ipv6(2), port: 53, forwarding: .directRoute, weight: 1), of: names),
            """
            c80000001c000500e871016bd90200890501000054000180060001000a00000006000200110000001400030020010db8
            000000000000000000000001060004000035000005000600000000000c00070000000000ffffffff0800080000000000
            08000900800000006000028006000b000a0000001400010020010db80000000000000000000000020600020000350000
            0800030003000000080004000100000005000d000000000006000e000000000006000f00000000000800050000000000
            0800060000000000
            """
        ),
        Recorded(
            "ipvsadm -A -f 7 -s sh -b sh-fallback,sh-port",
            .addService(service(.mark(7, .ipv4), "sh", [.fallback, .port])),
            """
            4c0000001c000500e871016bde0200890101000038000180060001000200000008000500070000000700060073680000
            0c00070018000000ffffffff080008000000000008000900ffffffff
            """
        ),
        Recorded(
            "ipvsadm -A -f 8 -6 -s rr",
            .addService(service(.mark(8, .ipv6), "rr", [])),
            """
            4c0000001c000500e871016be30200890101000038000180060001000a00000008000500080000000700060072720000
            0c00070000000000ffffffff08000800000000000800090080000000
            """
        ),
        Recorded(
            "ipvsadm -E -t 10.0.0.1:80 -s rr",
            .changeService(service(web, "rr", [])),
            """
            680000001c000500e871016be8020089020100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000007000600727200000c00070000000000ffffffff0800080000000000
            08000900ffffffff
            """
        ),
        Recorded(
            "ipvsadm --set 100 20 30",
            .setTimeouts(IPVS.Timeouts(tcp: 100, tcpFinal: 20, udp: 30)),
            """
            2c0000001c000500e871016bed0200890c01000008000400640000000800050014000000080006001e000000
            """
        ),
        Recorded(
            "ipvsadm --start-daemon master --mcast-interface lo --syncid 7",
            .startDaemon(IPVS.SyncDaemon(.master, interface: "lo", syncID: 7)),
            """
            300000001c000500e871016bf2020089090100001c0003800800010001000000070002006c6f00000800030007000000
            """
        ),
        Recorded(
            "ipvsadm --stop-daemon master",
            .stopDaemon(.master),
            """
            300000001c000500e971016bf80240940a0100001c000380080001000100000005000200000000000800030000000000
            """
        ),
        Recorded(
            "ipvsadm -D -t 10.0.0.1:80",
            .removeService(web),
            """
            680000001c000500e971016b02034094030100005400018006000100020000000600020006000000140003000a000001
            000000000000000000000000060004000050000005000600000000000c00070000000000ffffffff0800080000000000
            08000900ffffffff
            """
        ),
        Recorded(
            "ipvsadm -C",
            .flush,
            """
            140000001c000500e971016b0703409411010000
            """
        ),
    ]

    /// `ipvsadm -L` after the commands above: what the kernel answers.
    @Test func listedServicesAreReadBack() throws {
        let listed = try Self.news(
            """
            680100001c000200e971016bfd0240940101000054010100060001000a00000006000200110000001400030020010db8
            000000000000000000000001060004000035000007000600727200000c00070006000000ffffffff0800080000000000
            080009008000000060000a000800010000000000080002000000000008000300000000000c0004000000000000000000
            04000b000c00050000000000000000000800060000000000080007000000000008000800000000000800090000000000
            08000a0000000000a0000c000c000100000000000000000004000b000c000200000000000000000004000b000c000300
            000000000000000004000b000c000400000000000000000004000b000c000500000000000000000004000b000c000600
            000000000000000004000b000c000700000000000000000004000b000c000800000000000000000004000b000c000900
            000000000000000004000b000c000a000000000000000000680100001c000200e971016bfd0240940101000054010100
            06000100020000000600020006000000140003000a000001000000000000000000000000060004000050000007000600
            727200000c00070002000000ffffffff080008000000000008000900ffffffff60000a00080001000000000008000200
            0000000008000300000000000c000400000000000000000004000b000c00050000000000000000000800060000000000
            08000700000000000800080000000000080009000000000008000a0000000000a0000c000c0001000000000000000000
            04000b000c000200000000000000000004000b000c000300000000000000000004000b000c0004000000000000000000
            04000b000c000500000000000000000004000b000c000600000000000000000004000b000c0007000000000000000000
            04000b000c000800000000000000000004000b000c000900000000000000000004000b000c000a000000000000000000
            500100001c000200e971016bfd024094010100003c010100060001000200000008000500070000000700060073680000
            0c0007001a000000ffffffff080008000000000008000900ffffffff64000a0008000100000000000800020000000000
            080003000000000004000b000c000400000000000000000004000b000c00050000000000000000000800060000000000
            08000700000000000800080000000000080009000000000008000a0000000000a0000c000c0001000000000000000000
            04000b000c000200000000000000000004000b000c000300000000000000000004000b000c0004000000000000000000
            04000b000c000500000000000000000004000b000c000600000000000000000004000b000c0007000000000000000000
            04000b000c000800000000000000000004000b000c000900000000000000000004000b000c000a000000000000000000
            500100001c000200e971016bfd024094010100003c010100060001000a00000008000500080000000700060072720000
            0c00070002000000ffffffff0800080000000000080009008000000064000a0008000100000000000800020000000000
            080003000000000004000b000c000400000000000000000004000b000c00050000000000000000000800060000000000
            08000700000000000800080000000000080009000000000008000a0000000000a0000c000c0001000000000000000000
            04000b000c000200000000000000000004000b000c000300000000000000000004000b000c0004000000000000000000
            04000b000c000500000000000000000004000b000c000600000000000000000004000b000c0007000000000000000000
            04000b000c000800000000000000000004000b000c000900000000000000000004000b000c000a000000000000000000
            """
        )
        let expected = [
            Self.service(Self.names, "rr", [.onePacket, .hashed]), Self.service(Self.web, "rr", .hashed),
            Self.service(.mark(7, .ipv4), "sh", [.fallback, .port, .hashed]), Self.service(.mark(8, .ipv6), "rr", .hashed),
        ]
        #expect(listed == expected.map { .service($0, IPVS.Statistics()) })
    }

    @Test func listedDestinationsAreReadBack() throws {
        let listed = try Self.news(
            """
            900100001c000200e971016bfd0200af050100007c010200140001000a00000200000000000000000000000006000200
            1f9000000800030000000000080004000000000005000d000000000006000e000000000006000f000000000008000500
            00000000080006000000000008000700000000000800080000000000080009000000000006000b000200000064000a00
            08000100000000000800020000000000080003000000000004000b000c000400000000000000000004000b000c000500
            0000000000000000080006000000000008000700000000000800080000000000080009000000000008000a0000000000
            a0000c000c000100000000000000000004000b000c000200000000000000000004000b000c0003000000000000000000
            04000b000c000400000000000000000004000b000c000500000000000000000004000b000c0006000000000000000000
            04000b000c000700000000000000000004000b000c000800000000000000000004000b000c0009000000000000000000
            04000b000c000a000000000000000000900100001c000200e971016bfd02c0d1050100007c0102001400010020010db8
            00000000000000000000000206000200003500000800030003000000080004000100000005000d000000000006000e00
            0000000006000f0000000000080005000000000008000600000000000800070000000000080008000000000008000900
            0000000006000b000a00000064000a0008000100000000000800020000000000080003000000000004000b000c000400
            000000000000000004000b000c0005000000000000000000080006000000000008000700000000000800080000000000
            080009000000000008000a0000000000a0000c000c000100000000000000000004000b000c0002000000000000000000
            04000b000c000300000000000000000004000b000c000400000000000000000004000b000c0005000000000000000000
            04000b000c000600000000000000000004000b000c000700000000000000000004000b000c0008000000000000000000
            04000b000c000900000000000000000004000b000c000a000000000000000000
            """
        )
        let none = IPVS.Connections(active: 0, inactive: 0, persistent: 0)
        let expected = [
            IPVS.Destination(.v4(0x0a00_0002), port: 8080, forwarding: .masquerade, weight: 0),
            IPVS.Destination(Self.ipv6(2), port: 53, forwarding: .directRoute, weight: 1),
        ]
        #expect(listed == expected.map { .destination($0, none, IPVS.Statistics()) })
    }

    private static func news(_ hex: String) throws -> [IPVSNews] {
        var reader = MessageReader(NetlinkTests.bytes(hex)[...])
        var all: [IPVSNews] = []
        while let message = try reader.next() {
            if let news = try IPVSNews(message) { all.append(news) }
        }
        return all
    }
}
