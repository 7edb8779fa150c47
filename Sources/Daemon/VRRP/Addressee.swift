// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import VRRP

extension VirtualRouters {
    /// Which of the routers with a packet's VRID on its interface the packet is for: unicast groups may share one.
    func addressee(of packet: borrowing ReceivedPacket, among candidates: [Int]) -> Int? {
        if candidates.count < 2 { return candidates.first }
        let source = packet.source
        let isMulticast = packet.destination.isMulticast
        let fitting = candidates.filter { routers[$0]?.settings.transport.isUnicast == !isMulticast }
        let known = fitting.first { place in
            guard case .unicast(let unicast)? = routers[place]?.settings.transport else { return false }
            return unicast.peers.contains { $0.address == source }
        }
        return known ?? fitting.first ?? candidates.first
    }
}
