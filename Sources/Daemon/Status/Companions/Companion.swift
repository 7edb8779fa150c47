// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// A small process beside a child that deals with a partner who may be slow or hang, such as the SNMP master or the
/// message bus, or that works beside it.
///
/// The two exchange messages over a channel that never makes the child wait: a message that does not fit is lost and counted.
/// A companion that dies is started anew after a while; it dies with its child.
final class Companion {
    private let environment: ProcessEnvironment
    private let title: String
    private let kept: [FileDescriptor]
    private let prepare: () -> Void
    private let work: (MessageChannel) -> Int32
    private let heard: ([UInt8], Instant) -> Void
    private var channel: MessageChannel?
    private var registration: EventLoop.Registration?
    private var process: Int32?
    private var isStopped = false
    /// Messages that found the channel full.
    private(set) var lost = 0

    /// How long after its end a companion is started anew.
    private static let pause = Interval.seconds(5)

    /// Starts the process. `work` runs there, with the descriptors `kept`, and returns its exit code; `heard` is called here with
    /// what it sends. What takes privileges is done there by `prepare`, before they are given up.
    init(
        _ environment: ProcessEnvironment, title: String, keeping kept: [FileDescriptor] = [], prepare: @escaping () -> Void = {},
        work: @escaping (MessageChannel) -> Int32, heard: @escaping ([UInt8], Instant) -> Void
    ) {
        self.environment = environment
        self.title = title
        self.kept = kept
        self.prepare = prepare
        self.work = work
        self.heard = heard
        start()
    }

    /// Sends a message, or loses it. Returns whether it is on its way.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        guard let channel else { return false }
        do throws(SystemError) {
            try channel.send(bytes)
            return true
        } catch {
            lost += 1
            return false
        }
    }

    /// Has a copy of this process make something out of the present state and send it: the state of a moment, at the cost of a
    /// fork. The copy returns what it has to say and ends.
    func sendFromCopy(_ kind: UInt8, _ make: () -> [UInt8], sent: @escaping () -> Void) {
        guard let channel else { return sent() }
        do throws(SystemError) {
            try environment.doInCopy {
                guard let memory = try? SealedMemory(make(), name: title) else { return 1 }
                return (try? channel.send([kind], with: memory.descriptor)) == nil ? 1 : 0
            } ended: { _ in
                sent()
            }
        } catch {
            environment.log("\(title): \(error)")
            sent()
        }
    }

    /// Ends the process.
    func stop() {
        isStopped = true
        if let registration { environment.loop.remove(registration) }
        registration = nil
        channel = nil
    }

    private func start() {
        guard !isStopped else { return }
        do throws(SystemError) {
            let (near, far) = try MessageChannel.pair()
            let parent = Processes.own
            process = try environment.processes.fork(
                { [prepare] in
                    Processes.closeDescriptors(except: [far.descriptor.number] + kept.map(\.number))
                    guard Processes.dieWithParent(.kill, parent: parent) else { return 0 }
                    Processes.beginSession()
                    Signals.reset()
                    prepare()
                    try? Privileges.keepOnly([])
                    return work(far)
                },
                ended: { [weak self] status, _ in self?.ended(status) })
            channel = near
            registration = try environment.loop.add(near.descriptor) { [unowned self] now in hear(now) }
        } catch {
            environment.log("\(title) cannot start: \(error)")
        }
    }

    private func hear(_ now: Instant) {
        while let message = (try? channel?.receive()) ?? nil {
            guard !message.bytes.isEmpty else {
                if let registration { environment.loop.remove(registration) }
                registration = nil
                return
            }
            heard(message.bytes, now)
        }
    }

    private func ended(_ status: ExitStatus) {
        guard !isStopped else { return }
        if let registration { environment.loop.remove(registration) }
        registration = nil
        channel = nil
        if status != .exited(code: Self.missingLibrary) {
            environment.log("\(title) \(status); starting it again")
            environment.loop.after(Self.pause) { [weak self] _ in self?.start() }
        }
    }

    /// What a companion exits with that has said why it cannot run and will not be able to.
    static let missingLibrary: Int32 = 69
}
