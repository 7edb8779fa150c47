// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// A TCP connection for a conversation: it never blocks, what cannot be sent yet waits here, and silence has a limit.
package final class StreamLink {
    package let socket: Socket
    /// What waits until the peer takes it.
    package var unsent: ArraySlice<UInt8> = []
    /// Called when the connection stands or has failed, and then whenever what is watched has come.
    package var ready: (Instant) -> Void = { _ in }
    /// Called when the instant that was given to `arm` has come.
    package var silent: (Instant) -> Void = { _ in }
    /// Whether the connection stands.
    package private(set) var isConnected = false

    private let loop: EventLoop
    private var registration: EventLoop.Registration?
    private var timer: EventLoop.TimerID?

    /// Begins to connect a socket that is bound as it should be.
    package init(_ loop: EventLoop, _ socket: Socket, to peer: SocketAddress) throws(SystemError) {
        self.loop = loop
        self.socket = socket
        _ = try socket.connect(to: peer)
        registration = try loop.add(socket.descriptor, .writable) { [unowned self] now in ready(now) }
    }

    /// False once it is closed: nothing more is told then.
    package var isOpen: Bool { registration != nil }

    /// To be asked when it is ready for the first time: why there is no connection; nil if it stands.
    package func conclude() -> SystemError? {
        let error = socket.pendingError
        isConnected = error == nil
        return error
    }

    /// The limit of the silence, in place of the one before.
    package func arm(until limit: Instant) {
        if let timer { loop.cancel(timer) }
        timer = loop.at(limit) { [unowned self] now in
            timer = nil
            silent(now)
        }
    }

    /// What to be `ready` for from now on. Nothing happens once it is closed.
    package func watch(_ interest: EventLoop.Interest) throws(SystemError) {
        if let registration { try loop.modify(registration, interest) }
    }

    /// Sends as much of what waits as the peer takes, and watches accordingly.
    package func flush() throws(SystemError) {
        do throws(SystemError) {
            while !unsent.isEmpty { unsent = unsent.dropFirst(try socket.descriptor.write(some: unsent)) }
        } catch {
            guard error.wouldBlock else { throw error }
        }
        try watch(unsent.isEmpty ? .readable : [.readable, .writable])
    }

    /// Ends it without a word; the socket is closed with the last reference to it.
    package func close() {
        if let registration { loop.remove(registration) }
        registration = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
