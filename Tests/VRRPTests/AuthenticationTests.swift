// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

@Suite("Digests")
struct DigestTests {
    @Test(
        "SHA-256 of FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(text: String, digest: String) {
        var hash = SHA256()
        hash.update(Array(text.utf8)[...])
        let bytes = hash.finish()
        #expect(bytes.indices.map { bytes[$0] } == hex(digest))
    }
}

@Suite("V2-7 authentication header")
struct AuthenticationHeaderTests {
    /// From keepalived 2.2.7: sequence numbers 1 and 7, the latter with priority 0.
    static let packets = [
        "45c0004000010000ff3318b6c0000201e0000012 70040000c00002010000000179f0c0c811ab75e62e0bbc9a 211796010201847ec00002670000000000000000",
        "45c0004000070000ff3318b0c0000201e0000012 70040000c000020100000007a2975610397dade70ecf8f95 2117000102011a7fc00002670000000000000000",
    ]

    static func packet(_ text: String, spoil: (inout [UInt8]) -> Void = { _ in }) throws -> ReceivedPacket {
        var bytes = hex(text)
        spoil(&bytes)
        return try ReceivedPacket(parsingIPv4: bytes[...])
    }

    @Test("keepalived's packets pass, each once")
    func verifies() throws {
        var header = AuthenticationHeader(key: secret)
        for text in Self.packets { try header.verify(Self.packet(text)) }
        #expect(header.sequence == 7)
        #expect(throws: Rejection.replayedHeader(sequence: 1)) { try header.verify(Self.packet(Self.packets[0])) }
        #expect(throws: Rejection.replayedHeader(sequence: 7)) { try header.verify(Self.packet(Self.packets[1])) }
    }

    @Test("Any change is found, but for those that routers may make", arguments: 0..<64)
    func changes(offset: Int) throws {
        var header = AuthenticationHeader(key: secret)
        let mayChange = [1, 6, 7, 10, 11].contains(offset)
        let packet = try? Self.packet(Self.packets[0]) { $0[offset] ^= 0x10 }
        guard let packet else { return }
        if mayChange {
            try header.verify(packet)
        } else {
            #expect(throws: Rejection.self) { try header.verify(packet) }
            #expect(header.sequence == 0)
        }
    }

    @Test("Another key is refused")
    func wrongKey() throws {
        var header = AuthenticationHeader(key: secret ^ 1)
        #expect(throws: Rejection.authenticationFailed) { try header.verify(Self.packet(Self.packets[0])) }
    }

    @Test("Ours are keepalived's byte for byte")
    func writes() throws {
        var header = AuthenticationHeader(key: secret)
        let message = Array(hex(Self.packets[0])[44...])
        var writer = ByteWriter()
        header.write(message: message, from: 0xc000_0201, to: 0xe000_0012, into: &writer)
        #expect(writer.bytes == hex(Self.packets[0]))
    }

    @Test("A router goes on counting where the one before it stopped")
    func handover() throws {
        var bench = Bench(version: .v2) {
            $0.routerID = 23
            $0.addresses = [AddressEntry(IPPrefix(.v4(0xc000_0267), length: 32))]
            $0.authentication = .authenticationHeader(key: Array("s3cret".utf8))
        }
        var actions: [Action] = []
        for text in Self.packets { try bench.routers.receive(Self.packet(text), for: 0, at: bench.now, into: &actions) }
        #expect(bench.router.statistics.advertsReceived == 2)
        var writer = ByteWriter()
        #expect(bench.router.writesWholePacket)
        bench.routers.writeAdvert(of: 0, priority: 100, from: Bench.ourAddress, to: .vrrpGroup4, into: &writer)
        var peer = AuthenticationHeader(key: secret)
        try peer.verify(ReceivedPacket(parsingIPv4: writer.bytes[...]))
        #expect(peer.sequence == 8)
        try bench.routers.receive(Self.packet(Self.packets[1]), for: 0, at: bench.now, into: &actions)
        #expect(bench.router.statistics.authenticationFailures == 1)
    }

    /// A router of VRID 23 with a peer that advertises its number 1 for it.
    private static func bench(hearing sequence: UInt32, priority: UInt8) throws -> Bench {
        var bench = Bench(version: .v2) {
            $0.routerID = 23
            $0.addresses = [AddressEntry(IPPrefix(.v4(0xc000_0267), length: 32))]
            $0.authentication = .authenticationHeader(key: Array("s3cret".utf8))
        }
        if priority < 100 { bench.run(.seconds(4)) }
        var peer = AuthenticationHeader(key: secret, sequence: sequence &- 1)
        var message = Array(hex(packets[0])[44...])
        message[2] = priority
        message[6] = message[6] &+ 150 &- priority
        var writer = ByteWriter()
        peer.write(message: message, from: 0xc000_0201, to: 0xe000_0012, into: &writer)
        var actions: [Action] = []
        try bench.routers.receive(ReceivedPacket(parsingIPv4: writer.bytes[...]), for: 0, at: bench.now, into: &actions)
        bench.note(actions)
        return bench
    }

    /// The number of the next advert.
    private static func next(_ bench: inout Bench, _ priority: UInt8) throws -> (number: UInt32, packet: [UInt8]) {
        var writer = ByteWriter()
        bench.routers.writeAdvert(of: 0, priority: priority, from: Bench.ourAddress, to: .vrrpGroup4, into: &writer)
        return (writer.bytes[28..<32].reduce(0) { $0 << 8 | UInt32($1) }, writer.bytes)
    }

    @Test("V2-7 a master whose numbers run out becomes a backup, and the next master begins anew with 1")
    func numbersRunOut() throws {
        var bench = try Self.bench(hearing: .max - 7, priority: 50)
        #expect(bench.state == .master)
        let actions = bench.run(.seconds(1))
        #expect(bench.state == .backup)
        #expect(bench.router.lastCause == .numbersUsedUp)
        #expect(actions.contains(.sendAdvert(router: 0, priority: 0)))
        let farewell = try Self.next(&bench, 0)
        #expect(farewell.number == UInt32.max - 6)
        bench.run(.seconds(4))
        #expect(bench.state == .master)
        let first = try Self.next(&bench, 100)
        #expect(first.number == 1)
        var peer = AuthenticationHeader(key: secret)
        try peer.verify(ReceivedPacket(parsingIPv4: farewell.packet[...]))
        try peer.verify(ReceivedPacket(parsingIPv4: first.packet[...]))
    }

    @Test("V2-7 far from the end nothing of the kind happens, and a backup follows whatever number it hears first")
    func numbersLeft() throws {
        var bench = try Self.bench(hearing: 0xffff_0000, priority: 50)
        bench.run(.seconds(10))
        #expect(bench.state == .master)
        var backup = try Self.bench(hearing: 0xffff_fff0, priority: 150)
        #expect(backup.router.statistics.advertsReceived == 1)
        backup.run(.seconds(5))
        #expect(backup.state == .master)
        #expect(try Self.next(&backup, 100).number == 1)
    }
}

@Suite("Authentication trailer")
struct AuthenticationTrailerTests {
    static let clock = WallClock(seconds: 0x6800_0000, fraction: 0x8000)

    static func settings(_ change: (inout TrailerAuthentication) -> Void = { _ in }) -> TrailerAuthentication {
        var settings = TrailerAuthentication()
        settings.keys = [1: Array(0..<32)]
        settings.activeKey = 1
        change(&settings)
        return settings
    }

    static let v4 = hex("3133c80100644402c0000264 010100006800000080000000 1b84bc4e8e43892dc6d98448f8ee2265")
    static let v6 = hex(
        "3133c8010064a2e9fe800000000000000000000000000100 010100006800000080000000 c8c56146ebfd66ee10ec4d8186461b78")

    static func packet(_ bytes: [UInt8], from host: UInt32 = 10) -> ReceivedPacket {
        let source = bytes.count == v4.count ? IPAddress.v4(0xc633_6400 + host) : .v6(high: 0xfe80 << 48, low: 0x10)
        return ReceivedPacket(
            source: source,
            destination: bytes.count == v4.count ? .vrrpGroup4 : .v6(high: 0xfe80 << 48, low: 0x20),
            hopLimit: 255,
            message: bytes[...]
        )
    }

    @Test("HM-14 the draft's vectors pass", arguments: [(v4, 12), (v6, 24)])
    func vectors(bytes: [UInt8], length: Int) throws {
        var trailer = AuthenticationTrailer(Self.settings(), peers: 0)
        try trailer.verify(Self.packet(bytes), messageLength: length, clock: Self.clock)
        #expect(throws: Rejection.trailer(.replayed)) {
            try trailer.verify(Self.packet(bytes), messageLength: length, clock: Self.clock)
        }
        var other = AuthenticationTrailer(Self.settings(), peers: 0)
        try other.verify(Self.packet(bytes), messageLength: length, clock: Self.clock)
    }

    @Test("HM-14 the draft's vectors are written byte for byte", arguments: [v4, v6])
    func writes(bytes: [UInt8]) {
        let isIPv4 = bytes.count == Self.v4.count
        var bench = Bench(start: false) {
            $0.family = isIPv4 ? .ipv4 : .ipv6
            let address = isIPv4 ? IPAddress.v4(0xc000_0264) : .v6(high: 0xfe80 << 48, low: 0x100)
            $0.addresses = [AddressEntry(IPPrefix(address, length: address.family.bits))]
            $0.authentication = .trailer(Self.settings())
            $0.checksum = .messageOnly
            $0.transport = .unicast(Unicast())
        }
        let packet = Self.packet(bytes)
        var writer = ByteWriter()
        bench.routers.writeAdvert(
            of: 0, priority: 200, from: packet.source, to: packet.destination, clock: Self.clock, into: &writer
        )
        #expect(writer.bytes == bytes)
    }

    @Test(
        "HM-14 HM-6 what is changed is refused for the right reason",
        arguments: [
            (2, .invalid), (5, .invalid), (8, .invalid), (16, .stale), (19, .invalid), (20, .invalid), (23, .invalid),
            (24, .invalid),
            (39, .invalid), (12, .malformed), (14, .malformed), (15, .malformed), (13, .unknownKey), (0, .invalid),
            (1, .invalid),
        ] as [(Int, Rejection.TrailerFault)])
    func changes(offset: Int, fault: Rejection.TrailerFault) {
        var bytes = Self.v4
        bytes[offset] ^= offset == 19 ? 1 : 4
        var trailer = AuthenticationTrailer(Self.settings(), peers: 0)
        #expect(throws: Rejection.trailer(fault)) {
            try trailer.verify(Self.packet(bytes), messageLength: 12, clock: Self.clock)
        }
    }

    @Test("HM-1 HM-2 the checksum is not covered, the source is")
    func coverage() throws {
        var bytes = Self.v4
        bytes[6] ^= 0xff
        var trailer = AuthenticationTrailer(Self.settings(), peers: 0)
        try trailer.verify(Self.packet(bytes), messageLength: 12, clock: Self.clock)
        #expect(throws: Rejection.trailer(.invalid)) {
            try trailer.verify(Self.packet(Self.v4, from: 11), messageLength: 12, clock: Self.clock)
        }
    }

    @Test(
        "HM-9 what each mode sends and accepts",
        arguments: [
            (.enforce, true, false), (.permissive, true, true), (.receiveOnly, false, true),
        ] as [(TrailerAuthentication.Mode, Bool, Bool)])
    func modes(mode: TrailerAuthentication.Mode, signs: Bool, acceptsPlain: Bool) {
        var trailer = AuthenticationTrailer(Self.settings { $0.mode = mode }, peers: 0)
        #expect(trailer.signs == signs)
        let plain = Self.packet(Self.v4)
        let bare = ReceivedPacket(
            source: plain.source, destination: plain.destination, hopLimit: 255, message: Self.v4[..<12]
        )
        let isAccepted = (try? trailer.verify(bare, messageLength: 12, clock: Self.clock)) != nil
        #expect(isAccepted == acceptsPlain)
        var spoiled = Self.v4
        spoiled[39] ^= 1
        #expect(throws: Rejection.trailer(.invalid)) {
            try trailer.verify(Self.packet(spoiled), messageLength: 12, clock: Self.clock)
        }
    }

    @Test("HM-3 numbers only grow, and follow a clock that was set back far", arguments: [true, false])
    func sending(usesTime: Bool) throws {
        var trailer = AuthenticationTrailer(
            Self.settings { $0.replayProtection = usesTime ? .time : .monotonic }, peers: 0)
        func send(at seconds: UInt32) -> UInt64 {
            var writer = ByteWriter()
            writer.write(Self.v4[..<12])
            trailer.sign(&writer, from: 0, source: .v4(1), clock: WallClock(seconds: seconds))
            return writer.bytes[16..<24].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let numbers = [1000, 1000, 1002, 1001, 10].map { send(at: $0) }
        let second: UInt64 = 1 << 32
        if usesTime {
            #expect(numbers == [1000 * second, 1000 * second + 1, 1002 * second, 1002 * second + 1, 10 * second])
        } else {
            #expect(numbers == (0..<5).map { 1000 * second + $0 })
        }
    }

    @Test("HM-15 after a step of the clock adverts are accepted again within the window")
    func clockStep() throws {
        var (sender, receiver) = (
            AuthenticationTrailer(Self.settings(), peers: 0), AuthenticationTrailer(Self.settings(), peers: 0)
        )
        func isAccepted(_ time: UInt32) -> Bool {
            var writer = ByteWriter()
            writer.write(Self.v4[..<12])
            sender.sign(&writer, from: 0, source: .v4(0xc633_640a), clock: WallClock(seconds: time))
            let packet = Self.packet(writer.bytes)
            return (try? receiver.verify(packet, messageLength: 12, clock: WallClock(seconds: time))) != nil
        }
        #expect(isAccepted(10_000))
        #expect(isAccepted(6_400))
        #expect(isAccepted(10_000))
        #expect(isAccepted(10_001))
    }

    @Test("HM-10 a clock that is off by more than half of the window is noticed while adverts still pass",
        arguments: [(0, nil), (2, nil), (3, 3), (-3, 3), (5, 5)] as [(Int, Int?)])
    func skew(seconds: Int, noticed: Int?) throws {
        var (sender, receiver) = (
            AuthenticationTrailer(Self.settings(), peers: 0), AuthenticationTrailer(Self.settings(), peers: 0)
        )
        var writer = ByteWriter()
        writer.write(Self.v4[..<12])
        sender.sign(&writer, from: 0, source: .v4(0xc633_640a), clock: WallClock(seconds: UInt32(10_000 + seconds)))
        try receiver.verify(Self.packet(writer.bytes), messageLength: 12, clock: WallClock(seconds: 10_000))
        #expect(receiver.largeSkew == noticed.map { .seconds($0) })
    }

    @Test("HM-8 HM-15 keys are rotated without an advert lost or an old one accepted again")
    func rotation() {
        var receiver = Bench(start: true) {
            $0.authentication = .trailer(Self.settings())
            $0.addresses = [AddressEntry(IPPrefix(.v4(0xc000_0264), length: 32))]
        }
        var actions: [Action] = []
        func hear() {
            receiver.routers.receive(Self.packet(Self.v4), for: 0, at: .zero, clock: Self.clock, into: &actions)
        }
        hear()
        receiver.reconfigure {
            $0.routers[0].authentication = .trailer(Self.settings { $0.keys[2] = Array(repeating: 7, count: 64) })
        }
        hear()
        #expect(receiver.router.statistics.advertsReceived == 1)
        #expect(receiver.router.statistics.trailersReplayed == 1)
    }

    @Test("HM-7 four senders are remembered, and only those that proved themselves")
    func memory() throws {
        var trailer = AuthenticationTrailer(Self.settings(), peers: 0)
        func packet(_ host: UInt32) -> ReceivedPacket {
            var signer = AuthenticationTrailer(Self.settings(), peers: 0)
            var writer = ByteWriter()
            writer.write(Self.v4[..<12])
            signer.sign(&writer, from: 0, source: .v4(0xc633_6400 + host), clock: Self.clock)
            return Self.packet(writer.bytes, from: host)
        }
        for host in 1...4 as ClosedRange<UInt32> {
            try trailer.verify(packet(host), messageLength: 12, clock: Self.clock)
        }
        for host in 5...99 as ClosedRange<UInt32> {
            #expect(throws: Rejection.self) {
                try trailer.verify(Self.packet(Self.v4, from: host + 100), messageLength: 12, clock: Self.clock)
            }
        }
        #expect(throws: Rejection.trailer(.replayed)) {
            try trailer.verify(packet(1), messageLength: 12, clock: Self.clock)
        }
    }

    @Test("HM-13 without the key to sign with the router is at fault, not unsigned")
    func failsClosed() {
        var bench = Bench { $0.authentication = .trailer(Self.settings { $0.activeKey = 9 }) }
        #expect(bench.state == .fault)
        bench.reconfigure { $0.routers[0].authentication = .trailer(Self.settings()) }
        #expect(bench.state == .backup)
    }

    @Test("HM-5 a router without the extension drops a trailer as too long")
    func plainRouter() {
        let plain = format(3, 51, .seconds(1), "192.0.2.100")
        #expect(throws: Rejection.length(received: 40, expected: 12)) { try plain.parse(Self.packet(Self.v4)) }
    }
}
