// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import CNetlink
import Glibc
package import Netlink

/// Talks with the kernel's packet filters.
///
/// The kernel does what a message asks within the system call that sends it, and its answer lies ready when the call
/// returns. So nothing is waited for here, and what is asked of other parts of the kernel afterwards comes after it.
package final class FilterSocket {
    private let handle: NetlinkHandle
    private let monitor: NetlinkHandle
    private var registration: EventLoop.Registration?
    private weak var loop: EventLoop?
    private var sequence: UInt32 = 1
    private var buffer = MessageBuffer()
    private var room = Memory.room(64 * 1024)

    /// Somebody else took something out of a table.
    package var news: (NFTablesNews, Instant) -> Void = { _, _ in }
    /// There was more news than room for it.
    package var lost: (Instant) -> Void = { _ in }

    package init() throws(SystemError) {
        handle = try NetlinkHandle(.netfilter, receiveBuffer: 1 << 20)
        handle.setNonBlocking()
        monitor = try NetlinkHandle(.netfilter, receiveBuffer: 1 << 20)
        monitor.setNonBlocking()
    }

    deinit {
        if let registration { loop?.remove(registration) }
    }

    // MARK: Requests

    /// Has the whole batch done, or nothing of it; then this is the first reason.
    package func perform(_ batch: NFTablesBatch) -> Refusal? {
        buffer.removeAll()
        sequence = batch.write(into: &buffer, sequence: sequence)
        return exchange()
    }

    /// Has one request done; nil if it was.
    package func perform(_ request: some NetlinkRequest) -> Refusal? {
        buffer.removeAll()
        request.write(into: &buffer, sequence: sequence)
        sequence &+= 1
        return exchange()
    }

    private func exchange() -> Refusal? {
        let sent = buffer.bytes.withUnsafeBytes { send(handle.number, $0.baseAddress, $0.count, 0) }
        guard sent >= 0 else { return Refusal(code: errno) }
        var refusal: Refusal?
        while let bytes = receive(handle) {
            guard let more = first(in: bytes) else { continue }
            refusal = refusal ?? more
        }
        return refusal
    }

    private func first(in bytes: ArraySlice<UInt8>) -> Refusal? {
        var reader = MessageReader(bytes)
        do throws(MalformedMessage) {
            while let message = try reader.next() {
                if message.type == Message.errorType, let refusal = try message.refusal() { return refusal }
            }
        } catch {
            return Refusal(code: EPROTO)
        }
        return nil
    }

    private func receive(_ from: NetlinkHandle) -> ArraySlice<UInt8>? {
        let count = room.withUnsafeMutableBytes { recv(from.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
        return count > 0 ? room[0..<count] : nil
    }

    // MARK: News

    /// NFNLGRP_NFTABLES.
    private static let group: Int32 = 7

    /// Has the loop tell what others do to tables.
    package func watch(on loop: EventLoop) throws(SystemError) {
        guard registration == nil else { return }
        try monitor.join(Self.group)
        self.loop = loop
        registration = try loop.add(monitor.number) { [unowned self] now in listen(now) }
    }

    private func listen(_ now: Instant) {
        var rounds = 0
        while rounds < 64 {
            errno = 0
            guard let bytes = receive(monitor) else {
                if errno == ENOBUFS { lost(now) }
                return
            }
            tell(bytes, now)
            rounds += 1
        }
    }

    private func tell(_ bytes: ArraySlice<UInt8>, _ now: Instant) {
        var reader = MessageReader(bytes)
        do throws(MalformedMessage) {
            while let message = try reader.next() {
                if let told = try NFTablesNews(message), told.sender != handle.port { news(told, now) }
            }
        } catch {
            lost(now)
        }
    }
}
