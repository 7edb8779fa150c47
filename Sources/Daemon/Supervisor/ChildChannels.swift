// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// The parent's end of the control channel of one running child.
struct ChildChannel {
    var channel: MessageChannel
    var registration: EventLoop.Registration
    var pid: Int32
}

/// The channels from the BFD process to the two that act on its sessions. The parent keeps all ends, so that a child that is
/// started again gets its own back.
struct BFDPairs {
    private let receivers: [ChildKind: (receiving: MessageChannel, sending: MessageChannel)]

    init() throws(SystemError) {
        var receivers: [ChildKind: (receiving: MessageChannel, sending: MessageChannel)] = [:]
        for kind in [ChildKind.vrrp, .checker] {
            let pair = try MessageChannel.pair()
            receivers[kind] = (pair.0, pair.1)
        }
        self.receivers = receivers
    }

    /// The ends that a child of that kind has.
    func ends(for kind: ChildKind) -> BFDChannels {
        var channels = BFDChannels()
        switch kind {
        case .vrrp, .checker: channels.incoming = receivers[kind]?.receiving
        case .bfd: channels.outgoing = receivers.mapValues(\.sending)
        }
        return channels
    }

    /// Throws away what waits for a child that is about to be started: it is about a time before its time.
    func drain(for kind: ChildKind) {
        guard let channel = receivers[kind]?.receiving else { return }
        while let message = (try? channel.receive()) ?? nil, !message.bytes.isEmpty {}
    }
}

extension Supervisor {
    func startChild(_ kind: ChildKind) {
        guard let memory = inForce?.memory else { return }
        do {
            bfdPairs.drain(for: kind)
            logger.flush(within: .zero)
            let (pid, channel) = try takeOnReader(as: kind) ?? fork(kind, by: memory)
            let registration = try loop.add(channel.descriptor) { [unowned self] now in hear(kind, now) }
            channels[kind] = ChildChannel(channel: channel, registration: registration, pid: pid)
            note(kind, pid)
            handle(.started(kind, pid: pid), at: Instant.now)
        } catch {
            handle(.notStarted(kind, "\(error)"), at: Instant.now)
        }
    }

    /// What a child of that kind has from this process.
    func origin(of kind: ChildKind) -> ChildOrigin {
        ChildOrigin(
            kind: kind, commandLine: commandLine, bfdChannels: bfdPairs.ends(for: kind), scheduling: scheduling, parent: Processes.own)
    }

    private func fork(_ kind: ChildKind, by memory: SealedMemory) throws(SystemError) -> (Int32, MessageChannel) {
        let (near, far) = try MessageChannel.pair()
        var inheritance = ChildInheritance(
            origin: origin(of: kind), control: far, frozen: memory, predecessorDied: deaths[kind], originalNamespace: originalNamespace)
        let pid = try Processes.fork { inheritance.live() }
        try processes.watch(pid) { [unowned self] status, now in ended(kind, pid, status, now) }
        return (pid, near)
    }

    /// At the start the process that has read the configuration becomes the checker. Nil if that is not possible: it is gone after a long
    /// startup script, ends since it entered a namespace, or has read on.
    private func takeOnReader(as kind: ChildKind) -> (Int32, MessageChannel)? {
        guard kind == Self.readersKind, readings == 0, deaths[kind] == nil, originalNamespace == nil,
            inForce?.report.needed.contains(kind) == true
        else { return nil }
        return reader.handOver { [unowned self] pid, status, now in ended(kind, pid, status, now) }
    }

    /// The child that the process which reads may become: the one whose part of a configuration may be very large.
    static var readersKind: ChildKind { .checker }

    private func note(_ kind: ChildKind, _ pid: Int32) {
        do throws(SystemError) {
            try pidFiles?.note(kind, pid)
        } catch {
            logger.log(.error, "Unable to write the pid file of the \(kind.title) child process - \(error)")
        }
    }

    func configureChild(_ kind: ChildKind) {
        guard let memory = inForce?.memory, let channel = channels[kind]?.channel else { return }
        do throws(SystemError) {
            try channel.send(ParentOrder.configuration(reading: readings).bytes, with: memory.descriptor)
        } catch {
            handle(.answered(kind, .refused("\(error)")), at: Instant.now)
        }
    }

    func signalChild(_ kind: ChildKind, _ signal: SupervisorCore.ChildSignal) {
        guard let pid = channels[kind]?.pid else { return }
        // A child that has just ended cannot be told, and its end is on its way here.
        try? signal.signal.send(to: pid)
    }

    private func hear(_ kind: ChildKind, _ now: Instant) {
        guard let child = channels[kind] else { return }
        while let message = (try? child.channel.receive()) ?? nil {
            guard !message.bytes.isEmpty else { return loop.remove(child.registration) }
            if let answer = ChildAnswer(bytes: message.bytes) { handle(.answered(kind, answer), at: now) }
        }
    }

    private func ended(_ kind: ChildKind, _ pid: Int32, _ status: ExitStatus, _ now: Instant) {
        if let child = channels[kind], child.pid == pid {
            loop.remove(child.registration)
            channels[kind] = nil
        }
        deaths[kind] = now
        switch status {
        case .exited(let code): handle(.ended(kind, pid: pid, .code(code)), at: now)
        case .killed(let signal): handle(.ended(kind, pid: pid, .signal(signal.number)), at: now)
        }
    }
}

extension SupervisorCore.ChildSignal {
    var signal: Signal {
        switch self {
        case .terminate: .terminate
        case .kill: .kill
        case .dump(.data): SignalPurpose.data.signal
        case .dump(.statistics): SignalPurpose.statistics.signal
        case .dump(.statisticsCleared): SignalPurpose.statisticsCleared.signal
        case .dump(.json): SignalPurpose.json.signal
        }
    }
}
