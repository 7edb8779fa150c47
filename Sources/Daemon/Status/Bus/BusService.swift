// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import VRRP

/// Shows the instances on the system's message bus, through a companion process.
final class BusService {
    private let companion: Companion
    /// What the service was started by: with other terms it has to be started anew.
    let terms: Terms

    /// The name on the bus, and where its objects are.
    struct Terms: Equatable {
        var name: String
        var paths: BusPaths
    }

    /// - Parameters:
    ///   - states: the instances as they are now.
    ///   - ordered: called with what callers on the bus want done.
    init(
        _ environment: ProcessEnvironment, _ terms: Terms, states: @escaping () -> [BusMessage],
        ordered: @escaping (BusOrder, Instant) -> Void
    ) {
        self.terms = terms
        let logger = environment.logger
        let log: (Severity, String) -> Void = { level, text in
            logger.log(level, text)
            logger.flush(within: .zero)
        }
        companion = Companion(
            environment, title: "D-Bus service", work: { BusCompanion($0, terms, log: log).run(beginningWith: states()) },
            heard: { bytes, now in
                if let order = BusOrder(bytes: bytes) { ordered(order, now) }
            })
    }

    /// Tells of a change of state.
    func note(_ settings: RouterSettings, _ state: BusState) {
        companion.send(BusMessage.change(path: terms.paths.instance(settings), state).bytes)
    }

    /// Tells that a reload is over, and what there is now.
    func noteReload(_ states: [BusMessage]) {
        for message in [.clear] + states + [.reloaded] { companion.send(message.bytes) }
    }

    func stop() {
        companion.send(BusMessage.stopped.bytes)
        companion.stop()
    }
}

/// The companion's side: between the bus and the VRRP process.
final class BusCompanion {
    private let channel: MessageChannel
    private let terms: BusService.Terms
    private let log: (Severity, String) -> Void
    private var objects: BusObjects
    private var isEnding = false

    /// How long to wait for a bus that is not there, before this process gives up and is started anew.
    private static let patience = Interval.seconds(30)

    init(_ channel: MessageChannel, _ terms: BusService.Terms, log: @escaping (Severity, String) -> Void) {
        self.channel = channel
        self.terms = terms
        self.log = log
        objects = BusObjects(all: terms.paths.all)
    }

    /// Serves until the VRRP process is gone; returns the code to exit with.
    func run(beginningWith states: [BusMessage]) -> Int32 {
        for state in states { objects.note(state) }
        do throws(MessageBus.Unavailable) {
            let bus = try connect()
            log(.info, "Connected to the message bus as \(terms.name)")
            emit(.started, on: bus)
            while !isEnding {
                guard bus.serve(until: channel.descriptor) else { return 1 }
                hear(bus)
            }
            bus.close()
            return 0
        } catch {
            return giveUp(error)
        }
    }

    private func giveUp(_ reason: MessageBus.Unavailable) -> Int32 {
        switch reason {
        case .library(let missing):
            log(.warning, "D-Bus is not available: \(missing.reason)")
            return Companion.missingLibrary
        case .bus(let error):
            log(.warning, "D-Bus is not available: \(error)")
            _ = channel.waits(until: Instant.now + Self.patience)
            return 1
        }
    }

    private func connect() throws(MessageBus.Unavailable) -> MessageBus {
        try MessageBus(name: terms.name) { [unowned self] call in
            let (answer, order) = objects.answer(call)
            if let order { try? channel.send(order.bytes) }
            return answer
        }
    }

    private func hear(_ bus: MessageBus) {
        while let message = (try? channel.receive()) ?? nil {
            guard let news = BusMessage(bytes: message.bytes) else { return isEnding = true }
            objects.note(news)
            emit(news, on: bus)
        }
    }

    private func emit(_ news: BusMessage, on bus: MessageBus) {
        let all = BusObjects.allInterface
        switch news {
        case .clear, .instance: break
        case .change(let path, let state):
            bus.emit("VrrpStatusChange", of: BusObjects.instanceInterface, at: path, [.unsigned(UInt32(state.rawValue))])
        case .started: bus.emit("VrrpStarted", of: all, at: objects.all)
        case .reloaded: bus.emit("VrrpReloaded", of: all, at: objects.all)
        case .stopped: bus.emit("VrrpStopped", of: all, at: objects.all)
        }
    }
}
