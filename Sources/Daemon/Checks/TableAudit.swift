// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux
import Netlink

/// Reads the kernel's table a few services at a time, so that checks go on meanwhile, and hands it over: the kernel says nothing
/// when others change it.
final class TableAudit {
    private let table: KernelTable
    private unowned let loop: EventLoop
    private let done: (Result<ServiceTable, SystemError>) -> Void
    private var timer: EventLoop.TimerID?
    private var waiting: [IPVS.Service] = []
    private var seen = ServiceTable()

    /// How many services are read in a turn of the loop, and how long others have their turn then.
    private static let slice = 32
    private static let pause = Interval.milliseconds(2)
    /// What comes of a reload is to be seen, and whoever waits for it served, before its result is examined.
    private static let delay = Interval.seconds(1)

    init(of table: KernelTable, on loop: EventLoop, done: @escaping (Result<ServiceTable, SystemError>) -> Void) {
        self.table = table
        self.loop = loop
        self.done = done
    }

    /// Begins to read those of the services that are there; begins anew if that is under way.
    func begin(of keys: Set<ServiceKey>) {
        cancel()
        timer = loop.after(Self.delay) { [unowned self] _ in list(keys) }
    }

    func cancel() {
        if let timer { loop.cancel(timer) }
        timer = nil
        waiting = []
        seen = ServiceTable()
    }

    private func list(_ keys: Set<ServiceKey>) {
        do throws(SystemError) {
            waiting = try table.services().filter { ServiceKey($0.match).map(keys.contains) ?? false }
            goOn()
        } catch {
            end(.failure(error))
        }
    }

    private func goOn() {
        do throws(SystemError) {
            for service in waiting.suffix(Self.slice) { try table.add(service, to: &seen) }
            waiting.removeLast(min(Self.slice, waiting.count))
            guard !waiting.isEmpty else { return end(.success(seen)) }
            timer = loop.after(Self.pause) { [unowned self] _ in goOn() }
        } catch {
            end(.failure(error))
        }
    }

    private func end(_ outcome: Result<ServiceTable, SystemError>) {
        cancel()
        done(outcome)
    }
}
