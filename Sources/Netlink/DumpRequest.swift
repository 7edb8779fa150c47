// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Asks for everything of a kind; the answers are decoded as news.
public enum DumpRequest: NetlinkRequest, Hashable, Sendable {
    case links
    /// Both families, if none is named.
    case addresses(AddressFamily?)
    case routes(AddressFamily?)
    case rules(AddressFamily?)

    /// RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETRULE with NLM_F_DUMP; the answer is many messages and one that
    /// ends them.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        switch self {
        case .links:
            buffer.message(RouteMessage.getLink, [.request, .dump], sequence: sequence) {
                $0.put(UInt64(0))
                $0.put(UInt64(0))
                // RTEXT_FILTER_SKIP_STATS: counters are most of an answer's bytes.
                $0.attribute(LinkAttribute.extendedMask, UInt32(8))
            }
        case .addresses(let family):
            buffer.message(RouteMessage.getAddress, [.request, .dump], sequence: sequence) {
                $0.put(family?.netlinkNumber ?? 0)
                $0.put([UInt8](repeating: 0, count: 7))
            }
        case .routes(let family):
            dump(RouteMessage.getRoute, family, &buffer, sequence)
        case .rules(let family):
            dump(RouteMessage.getRule, family, &buffer, sequence)
        }
    }

    private func dump(_ type: UInt16, _ family: AddressFamily?, _ buffer: inout MessageBuffer, _ sequence: UInt32) {
        buffer.message(type, [.request, .dump], sequence: sequence) {
            $0.put(family?.netlinkNumber ?? 0)
            $0.put([UInt8](repeating: 0, count: 11))
        }
    }
}
