// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Health
package import Linux
package import Netlink

/// The kernel's table of services: read as a whole, changed by edits that leave many at a time.
package final class KernelTable {
    /// Why there is no IPVS to be had.
    package struct Missing: Error, CustomStringConvertible {
        package var reason: String
        package var description: String { reason }
    }

    private let family: UInt16
    private let query: KernelQuery
    private let socket: NetlinkSocket
    /// Edits that wait until the kernel has answered to earlier ones: as messages they would take several times the room.
    private var waiting: [ServiceEdit] = []
    private var waitingHead = 0
    private var pending = 0
    private static let mostPending = 512
    private var drained: (() -> Void)?

    /// Called for an edit that the kernel did not take.
    package var refused: (ServiceEdit, Refusal) -> Void = { _, _ in }

    /// Finds IPVS, which the kernel loads when asked for it by name if it has it as a module.
    package init(_ loop: EventLoop) throws(Missing) {
        do throws(SystemError) {
            query = try KernelQuery(.generic)
            guard let number = query.genericFamily(IPVS.familyName) else {
                throw SystemError(call: "IPVS", code: 2)
            }
            family = number
            socket = try NetlinkSocket(.generic)
            try socket.attach(to: loop)
        } catch {
            throw Missing(
                reason: error.call == "IPVS"
                    ? "this kernel has no IPVS (module ip_vs): virtual servers are not programmed, checks still run"
                    : "IPVS cannot be reached: \(error)"
            )
        }
    }

    /// What the kernel holds now.
    package func read() throws(SystemError) -> ServiceTable {
        var table = ServiceTable()
        for case .service(let service, _) in try list(.listServices, of: .ipv4) {
            guard let key = ServiceKey(service.match) else { continue }
            table.add(key, ServiceConfiguration(service))
            for case .destination(let server, _, _) in try list(.listDestinations(of: service.match), of: key.family) {
                table.set(ServerKey(server.address, port: server.port), of: key, ServerConfiguration(server))
            }
        }
        return table
    }

    private func list(_ command: IPVSRequest.Command, of service: AddressFamily) throws(SystemError) -> [IPVSNews] {
        try query.list(IPVSRequest(command, family: family)) { message throws(MalformedMessage) in
            try IPVSNews(message, family: service)
        }
    }

    /// Queues an edit; it leaves with others at the end of the loop's turn.
    package func apply(_ edit: ServiceEdit) {
        if pending < Self.mostPending, waitingHead == waiting.count { send(edit) } else { waiting.append(edit) }
    }

    private func send(_ edit: ServiceEdit) {
        pending += 1
        socket.request(IPVSRequest(IPVSRequest.Command(edit), family: family)) { [unowned self] refusal in
            pending -= 1
            if let refusal { refused(edit, refusal) }
            sendWaiting()
            if pending == 0 { tellDrained() }
        }
    }

    /// By halves, so that many leave in one write.
    private func sendWaiting() {
        guard pending <= Self.mostPending / 2, waitingHead < waiting.count else { return }
        while pending < Self.mostPending, waitingHead < waiting.count {
            send(waiting[waitingHead])
            waitingHead += 1
        }
        if waitingHead == waiting.count {
            waiting = []
            waitingHead = 0
        }
    }

    /// Sets the timeouts of connections in seconds; nil leaves the kernel's.
    package func setTimeouts(tcp: UInt32?, tcpAfterFIN: UInt32?, udp: UInt32?) {
        guard tcp != nil || tcpAfterFIN != nil || udp != nil else { return }
        send(.setTimeouts(IPVS.Timeouts(tcp: tcp, tcpFinal: tcpAfterFIN, udp: udp)))
    }

    /// Empties the whole table, foreign services included; when this returns it is empty, or the reason why not is given.
    package func flush() -> String? {
        do {
            return try query.perform(IPVSRequest(.flush, family: family)).map {
                SystemError(call: "flush", code: $0.code).reason
            }
        } catch {
            return "\(error)"
        }
    }

    private func send(_ command: IPVSRequest.Command) {
        pending += 1
        socket.request(IPVSRequest(command, family: family)) { [unowned self] _ in
            pending -= 1
            if pending == 0 { tellDrained() }
        }
    }

    /// Calls back once the kernel has answered to all edits.
    package func whenDone(_ done: @escaping () -> Void) {
        guard pending > 0 else { return done() }
        drained = done
    }

    private func tellDrained() {
        let done = drained
        drained = nil
        done?()
    }
}
