// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// Tells the neighbours where addresses are: from here where they are few, by way of ``AnnouncementRelay`` where they are many.
final class Announcer {
    private let environment: ProcessEnvironment
    private let sender: AnnouncementSender
    private var relay: AnnouncementRelay?
    private var frames = AnnouncementFrames()

    /// The interface with an index.
    var link: (UInt32) -> Link? = { _ in nil }

    init(_ environment: ProcessEnvironment) throws(SystemError) {
        self.environment = environment
        sender = try AnnouncementSender()
    }

    /// Has announcements sent by a process of their own, urgently or not, where a router has many addresses.
    func configure(isUrgent: Bool) {
        let most = environment.configuration.vrrp.routers.lazy.map { $0.addresses.count + $0.excludedAddresses.count }.max()
        guard let most, most >= AnnouncementRelay.worthwhile else {
            relay?.stop()
            relay = nil
            return
        }
        guard relay == nil else { return }
        do throws(SystemError) {
            relay = try AnnouncementRelay(environment, sender, isUrgent: isUrgent) { [unowned self] in noteUnsent($0) }
        } catch {
            environment.log("cannot share numbers with the announcement process: \(error)")
        }
    }

    /// Announces addresses from the hardware addresses of their interfaces.
    func announce(_ holdings: ArraySlice<AddressLedger.Holding>) {
        // Mostly one after the other on the same interface.
        var link: Link?
        for holding in holdings {
            if link?.index != holding.interface { link = self.link(holding.interface) }
            guard let link, let hardware = link.hardware else { continue }
            frames.append(holding.entry.address, at: hardware, interface: holding.interface, isRouter: true)
            environment.logDetail(line(holding.entry.address, link.name))
        }
        let isRelayed = frames.count >= AnnouncementRelay.burst && relay?.send(frames, of: holdings) ?? false
        if !isRelayed { sender.send(frames.bytes[...]) { [unowned self] in noteUnsent($0) } }
        frames.removeAll()
    }

    /// Takes back what has not left. Returns it, with some that may have.
    func withdraw() -> [AddressLedger.Holding] { relay?.withdraw() ?? [] }

    private func noteUnsent(_ error: SystemError) { environment.logDetail("cannot announce an address: \(error)") }

    private func line(_ address: IPAddress, _ interface: String) -> String {
        switch address {
        case .v4: "Sending gratuitous ARP on \(interface) for \(address)"
        case .v6: "Sending unsolicited Neighbour Advert on \(interface) for \(address)"
        }
    }
}
