// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import SNMP

/// Serves a child's part of the MIBs to the machine's SNMP master, through a companion process.
///
/// The companion keeps the objects of a moment and asks for new ones when a manager asks and they are old; they are then made
/// from a snapshot in a copy of the child. However often and however slowly managers and master ask and answer, the child does
/// no more than fork.
final class SNMPService {
    private let companion: Companion
    private let settings: SNMPSettings

    /// What the service was started by: with other settings it has to be started anew.
    let terms: Terms

    /// Where the master is, what is served, and for how long objects are kept.
    struct Terms: Equatable {
        var socket: String?
        var subtrees: [ObjectIdentifier]
        /// How old objects may be when a manager asks.
        var lifetime: Interval
    }

    /// - Parameter objects: makes the objects of this moment; called in a copy of the process.
    init(_ environment: ProcessEnvironment, _ terms: Terms, objects: @escaping () -> ManagedObjects) {
        self.terms = terms
        settings = environment.configuration.globals.snmp
        let logger = environment.logger
        var isMaking = false
        var asker: Companion?
        companion = Companion(
            environment, title: "SNMP agent",
            work: { channel in
                do throws(LibraryMissing) {
                    try SNMPCompanion(channel, terms).run()
                    return 0
                } catch {
                    logger.log(.warning, "SNMP is not available: \(error.reason)")
                    logger.flush(within: .zero)
                    return Companion.missingLibrary
                }
            },
            heard: { _, _ in
                guard !isMaking else { return }
                isMaking = true
                asker?.sendFromCopy(SNMPMessage.objects.rawValue, { objects().bytes }, sent: { isMaking = false })
            })
        asker = companion
    }

    /// Sends a notification, if the configuration wants them sent.
    func notify(_ notification: ManagedNotification) {
        guard settings.sendsTraps else { return }
        companion.send([SNMPMessage.notification.rawValue] + notification.bytes)
    }

    func stop() { companion.stop() }
}

/// What passes between a child and its SNMP companion, by the first byte.
enum SNMPMessage: UInt8 {
    /// To the child: make objects. To the companion: here they are, in the memory that comes along.
    case objects = 1
    /// To the companion: send this on.
    case notification = 2
}

/// The companion's side: between the master and the child.
final class SNMPCompanion {
    private let channel: MessageChannel
    private let terms: SNMPService.Terms
    private var objects = ManagedObjects()
    private var made: Instant?
    private var waiting: [ManagedNotification] = []
    private var isEnding = false

    /// How long a manager is kept waiting for new objects before it is told the old ones.
    private static let patience = Interval.milliseconds(800)

    init(_ channel: MessageChannel, _ terms: SNMPService.Terms) {
        self.channel = channel
        self.terms = terms
    }

    /// Serves until the child is gone.
    func run() throws(LibraryMissing) {
        let agent = try SNMPSubagent(socket: terms.socket, subtrees: terms.subtrees) { [unowned self] in
            refresh()
            return objects
        }
        while !isEnding {
            agent.serve(until: channel.descriptor)
            hear()
            for notification in waiting { agent.send(notification) }
            waiting.removeAll()
        }
        agent.close()
    }

    private func refresh() {
        let now = Instant.now
        guard made.map({ now - $0 > terms.lifetime }) ?? true, (try? channel.send([SNMPMessage.objects.rawValue])) != nil else { return }
        let before = made
        while made == before, !isEnding, channel.waits(until: now + Self.patience) { hear() }
    }

    private func hear() {
        while let message = (try? channel.receive()) ?? nil {
            guard let kind = message.bytes.first.flatMap(SNMPMessage.init) else { return isEnding = true }
            switch kind {
            case .objects:
                guard let descriptor = message.descriptor, let memory = try? SealedMemory(owning: descriptor),
                    let bytes = try? memory.read(), let read = try? ManagedObjects(bytes: bytes)
                else { continue }
                objects = read
                made = .now
            case .notification:
                if let notification = try? ManagedNotification(bytes: message.bytes.dropFirst()) { waiting.append(notification) }
            }
        }
    }
}
