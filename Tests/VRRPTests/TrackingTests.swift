// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

@Suite("Tracking")
struct TrackingTests {
    /// A router that tracks one object, not started.
    static func bench(_ tracker: Tracker, change: (inout VRRPSettings) -> Void = { _ in }) -> Bench {
        var all = VRRPSettings()
        all.routers = [settings("VI") { $0.trackers = [tracker] }]
        change(&all)
        return Bench(all)
    }

    static func script(rise: Int = 1, fall: Int = 1, failed: Bool = false) -> (inout VRRPSettings) -> Void {
        {
            let command = ScriptCommand(
                path: "/bin/true", arguments: ["/bin/true"], identity: ScriptIdentity(user: 0, group: 0))
            var script = ScriptSettings(name: "check", command: command)
            (script.rise, script.fall, script.startsAsFailed) = (rise, fall, failed)
            $0.scripts = [script]
        }
    }

    /// Weight, reversed, up -> what becomes of priority 100; 0 for FAULT.
    static let weights: [(Int, Bool, Bool, UInt8)] = [
        (0, false, true, 100), (0, false, false, 0), (0, true, true, 0), (0, true, false, 100),
        (20, false, true, 120), (20, false, false, 100), (20, true, true, 80), (20, true, false, 100),
        (-20, false, true, 100), (-20, false, false, 80), (-20, true, true, 100), (-20, true, false, 120),
        (253, false, true, 254), (-253, false, false, 1),
    ]

    @Test("Weights, reversed or not, of interfaces, BFD sessions and scripts", arguments: weights)
    func weight(weight: Int, isReversed: Bool, isUp: Bool, priority: UInt8) {
        for object in [Tracker.Object.interface("eth9"), .bfd("peer"), .script("check")] {
            var bench = Self.bench(Tracker(object, weight: weight, isReversed: isReversed))
            switch object {
            case .interface(let name): bench.handle(.link(name, isUp: isUp))
            case .bfd(let name): bench.handle(.bfd(name, isUp: isUp))
            default: bench.handle(.scriptEnded("check", .exited(status: isUp ? 0 : 1)))
            }
            bench.handle(.start)
            #expect(bench.state == (priority == 0 ? .fault : .backup), "\(object)")
            if priority > 0 { #expect(bench.router.priority == priority, "\(object)") }
        }
    }

    @Test(
        "A file's number is multiplied; without weight anything but 0 is a fault, and so is -254",
        arguments: [
            (1, 30, false, 130), (2, 30, false, 160), (-1, 30, false, 70), (1, 30, true, 70), (1, 500, false, 254),
            (1, -253, false, 1),
            (1, -254, false, 0), (2, -200, false, 0), (0, 0, false, 100), (0, 7, false, 0), (0, 0, true, 0),
            (254, Int.max, false, 254),
            (254, Int.min, false, 0), (-254, Int.min, false, 254),
        ] as [(Int, Int, Bool, UInt8)])
    func file(weight: Int, value: Int, isReversed: Bool, priority: UInt8) {
        var bench = Self.bench(Tracker(.file("number"), weight: weight, isReversed: isReversed))
        bench.handle(.fileValue("number", value))
        bench.handle(.start)
        #expect(bench.state == (priority == 0 ? .fault : .backup))
        if priority > 0 { #expect(bench.router.priority == priority) }
    }

    @Test(
        "An interface that is not there is down, which may be what is wanted",
        arguments: [(0, false, 0), (0, true, 100), (20, false, 100), (-20, false, 80), (-20, true, 120)])
    func missingInterface(weight: Int, isReversed: Bool, priority: UInt8) {
        var bench = Self.bench(Tracker(.interface("eth9"), weight: weight, isReversed: isReversed))
        bench.handle(.start)
        #expect(bench.state == (priority == 0 ? .fault : .backup))
        if priority > 0 { #expect(bench.router.priority == priority) }
    }

    @Test("The owner's priority does not move")
    func owner() {
        var all = VRRPSettings()
        all.routers = [settings("VI", priority: 255) { $0.trackers = [Tracker(.bfd("peer"), weight: -30)] }]
        var bench = Bench(all)
        bench.handle(.start)
        bench.handle(.bfd("peer", isUp: true))
        bench.handle(.bfd("peer", isUp: false))
        #expect(bench.router.priority == 255)
    }

    @Test("A script changes sides after rise and fall results in a row")
    func riseAndFall() {
        var bench = Self.bench(Tracker(.script("check")), change: Self.script(rise: 2, fall: 3))
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        bench.handle(.start)
        bench.handle(.scriptEnded("check", .exited(status: 1)))
        bench.handle(.scriptEnded("check", .exited(status: 1)))
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        for _ in 0..<2 { bench.handle(.scriptEnded("check", .timedOut)) }
        #expect(bench.state == .backup)
        bench.handle(.scriptEnded("check", .timedOut))
        #expect(bench.state == .fault)
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        #expect(bench.state == .fault)
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        #expect(bench.state == .backup)
        #expect(
            bench.lines.filter { $0.contains("cript") } == [
                "VRRP_Script(check) succeeded", "Script `check` now returning 1", "Script `check` now returning 0",
                "VRRP_Script(check) timed out", "(VI): entering FAULT state due to script check",
                "VRRP_Script(check) succeeded",
            ]
        )
    }

    @Test("A router waits in INIT for the first result of a script whose failure is a fault")
    func waits() {
        var bench = Self.bench(Tracker(.script("check")))
        bench.handle(.start)
        bench.run(.seconds(10))
        #expect(bench.state == .initialize)
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        #expect(bench.state == .backup)
    }

    @Test("init_fail counts as failed until the first success")
    func startsAsFailed() {
        var bench = Self.bench(Tracker(.script("check")), change: Self.script(failed: true))
        bench.handle(.start)
        #expect(bench.state == .fault)
        bench.handle(.scriptEnded("check", .exited(status: 0)))
        #expect(bench.state == .backup)
    }

    @Test("Faults add up, and each has its line")
    func severalFaults() {
        var bench = Bench {
            $0.requiredInterfaces = ["eth0"]
            $0.trackers = [Tracker(.bfd("peer"))]
        }
        bench.handle(.link("eth0", isUp: true))
        bench.forget()
        bench.handle(.link("eth0", isUp: false))
        bench.handle(.bfd("peer", isUp: false))
        bench.handle(.link("eth0", isUp: true))
        #expect(bench.state == .fault)
        bench.handle(.bfd("peer", isUp: true))
        #expect(bench.state == .backup)
        #expect(
            bench.lines == [
                "Netlink reports eth0 down", "(VI): entering FAULT state (interface eth0 down)",
                "(VI) Entering FAULT STATE",
                "(VI) entering FAULT state due to BFD instance peer down", "Netlink reports eth0 up",
                "(VI) interface eth0 no longer at fault, 1 fault remains", "(VI) Entering BACKUP STATE",
                "(VI) is BACKUP because: faults cleared",
            ]
        )
    }

    @Test("A process quorum counts, and its delays let short changes pass")
    func processes() {
        var bench = Self.bench(Tracker(.process("db"))) {
            var process = TrackProcessSettings(name: "db")
            (process.quorum, process.quorumMaximum) = (2, 3)
            process.terminateDelay = .seconds(1)
            $0.trackProcesses = [process]
        }
        bench.handle(.processCount("db", 2))
        bench.handle(.start)
        bench.handle(.processCount("db", 1))
        bench.run(.ms(900))
        bench.handle(.processCount("db", 2))
        bench.run(.ms(900))
        #expect(bench.state == .backup)
        bench.handle(.processCount("db", 1))
        bench.run(.ms(1000))
        #expect(bench.state == .fault)
        bench.handle(.processCount("db", 3))
        #expect(bench.state == .backup)
        bench.handle(.processCount("db", 4))
        #expect(bench.state == .fault)
        #expect(bench.lines.contains("(VI) entering FAULT state (tracked process db quorum not achieved)"))
    }

    @Test("interface_up_down_delays let a link flap unnoticed")
    func linkDelays() {
        var bench = Self.bench(Tracker(.interface("eth0"))) {
            var delays = LinkDelays()
            (delays.down, delays.up) = (.ms(500), .ms(200))
            $0.linkDelays = ["eth0": delays]
        }
        bench.handle(.link("eth0", isUp: true))
        bench.handle(.start)
        bench.handle(.link("eth0", isUp: false))
        bench.run(.ms(400))
        bench.handle(.link("eth0", isUp: true))
        bench.run(.ms(400))
        #expect(bench.state == .backup)
        bench.handle(.link("eth0", isUp: false))
        bench.run(.ms(500))
        #expect(bench.state == .fault)
        bench.handle(.link("eth0", isUp: true))
        #expect(bench.state == .fault)
        bench.run(.ms(200))
        #expect(bench.state == .backup)
    }

    @Test("A change of priority is told, and decides at the next advert")
    func priorityChange() {
        var bench = Self.bench(Tracker(.bfd("peer"), weight: 50)) { $0.routers[0].notify.reportsPriority = true }
        bench.handle(.start)
        bench.run(.seconds(4))
        bench.forget()
        let actions = bench.handle(.bfd("peer", isUp: true))
        #expect(actions.lines == ["(VI) Changing effective priority from 100 to 150"])
        #expect(actions.contains(.report(.priority(router: 0, state: .master, priority: 150))))
        #expect(bench.run(.seconds(1)).adverts == [150])
    }

    @Test(
        "A master at fault says that it leaves, except through an interface that is down", arguments: ["eth0", "eth9"])
    func leaves(interface: String) {
        var bench = Bench { $0.requiredInterfaces = [interface] }
        bench.handle(.link(interface, isUp: true))
        bench.run(.seconds(4))
        let actions = bench.handle(.link(interface, isUp: false))
        #expect(actions.adverts == (interface == "eth0" ? [] : [0]))
        #expect(actions.contains(.release(router: 0)))
    }

    @Test("A lost address, and what the shell cannot do, end being master", arguments: [true, false])
    func obstacles(isLost: Bool) {
        var bench = Bench()
        bench.run(.seconds(4))
        if isLost {
            bench.handle(.addressLost(router: 0, .v4(0xc000_0264)))
            #expect(bench.state == .backup)
        } else {
            bench.handle(.obstacle(router: 0, .missingKey, isPresent: true))
            #expect(bench.state == .fault)
            bench.handle(.obstacle(router: 0, .missingKey, isPresent: false))
            #expect(bench.state == .backup)
        }
    }

    @Test("U-4 unicast_fault_no_peer is a fault until a reload brings a peer")
    func noPeers() {
        var bench = Bench { router in
            var unicast = Unicast()
            unicast.faultsWithoutPeers = true
            router.transport = .unicast(unicast)
        }
        #expect(bench.state == .fault)
        bench.reconfigure {
            var unicast = Unicast()
            unicast.peers = [UnicastPeer(.v4(1))]
            $0.routers[0].transport = .unicast(unicast)
        }
        #expect(bench.state == .backup)
    }
}

extension TrackingTests {
    @Test("track_src_ip is a fault while the configured source is away, and only then", arguments: [true, false])
    func source(isTracked: Bool) {
        var bench = Bench {
            $0.source = Bench.ourAddress
            $0.tracksSource = isTracked
        }
        bench.handle(.source(router: 0, nil))
        #expect(bench.state == (isTracked ? .fault : .backup))
        bench.handle(.source(router: 0, Bench.ourAddress))
        #expect(bench.state == .backup)
    }
}
