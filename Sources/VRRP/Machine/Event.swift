// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// What the VRRP process tells its virtual routers. Routers are named by their place (``VirtualRouters/place(of:)``).
///
/// Before ``start`` the shell says what it knows: links, source addresses, values of files, counts of processes. A link
/// or an address it has said nothing about counts as missing, a script without a result holds its routers in INIT.
package enum Event: Hashable, Sendable {
    /// Everything begins.
    case start
    /// Before ``start``: this router was master until the process before this one died, a moment ago, and its peers cannot
    /// have noticed. It goes on as master, if the other members of its group do.
    case resume(router: Int)
    /// The process ends: masters leave with priority 0.
    case stop
    /// An advert passed the checks of the router's ``AdvertFormat``; ``VirtualRouters/receive(_:for:at:clock:into:)``
    /// makes these.
    case advert(router: Int, Advert, from: IPAddress)
    /// A packet did not pass them.
    case rejected(router: Int, Rejection, from: IPAddress)
    /// A packet for a VRID that nobody has on that interface.
    case unknownRouter(UInt8, interface: String)
    /// An interface came up, went down, or is gone (which is down).
    case link(String, isUp: Bool)
    /// The address that the router's adverts come from: the configured one if the interface has it, else the
    /// interface's primary (IPv4) or link-local (IPv6) one; nil when there is none.
    case source(router: Int, IPAddress?)
    /// A run of a tracked script ended.
    case scriptEnded(String, ScriptResult)
    /// The number in a tracked file; nil when the file is gone or holds none.
    case fileValue(String, Int?)
    /// How many processes match a tracked process.
    case processCount(String, Int)
    /// A BFD session went up or down.
    case bfd(String, isUp: Bool)
    /// A BFD session has failed: it was up, and the BFD process itself saw it go down. Neither a neighbour's operator who
    /// shuts it down nor the loss of our own BFD process is that.
    case sessionFailed(String)
    /// Somebody removed an address of this master, and it is not to be put back.
    case addressLost(router: Int, IPAddress)
    /// The shell cannot do what the router needs (its socket, its virtual MAC), or can again.
    case obstacle(router: Int, Obstacle, isPresent: Bool)

    /// How a run of a script ended.
    package enum ScriptResult: Hashable, Sendable {
        case exited(status: UInt8)
        case killed(signal: UInt8)
        case timedOut
        /// It could not be started.
        case notRun

        /// Exit status 0.
        package var isSuccess: Bool { self == .exited(status: 0) }
    }

    /// Something besides links and addresses that keeps a router from taking part.
    package enum Obstacle: Hashable, Sendable {
        case socket
        case virtualInterface
        /// A key of `auth_hmac` cannot be read: adverts are not sent unsigned instead.
        case missingKey
    }
}
