// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config
import CLinux
import Glibc
package import Netlink

/// Talks with the kernel's routing or generic netlink.
///
/// Requests gather until the end of the loop's turn and leave about a hundred in one system call; each one's answer comes to
/// its own handler later, so nothing waits for the kernel. At most 512 are under way at once, so that their answers find room.
///
/// Only the last of those that leave together is acknowledged: the kernel does them in order and reports every refusal in
/// any case, so that this one answer stands for all before it.
package final class NetlinkSocket {
    /// Called with nil when the request was done.
    package typealias Completion = (Refusal?) -> Void

    private let handle: NetlinkHandle
    private var registration: EventLoop.Registration?
    private weak var loop: EventLoop?

    private var sequence: UInt32 = 1
    private var waiting = MessageBuffer()
    /// Where each waiting message ends, and who is told.
    private var waitingEnds: [Int] = []
    private var completions: [UInt32: Completion] = [:]
    /// The requests before this one have been answered.
    private var firstUnanswered: UInt32 = 1
    private var room = Memory.room(64 * 1024)

    private static let batch = 100
    private static let mostUnderWay = 512

    /// News of the groups that were joined.
    package var news: (KernelNews, Instant) -> Void = { _, _ in }
    /// Other messages, such as answers of generic netlink.
    package var message: (Message, Instant) -> Void = { _, _ in }
    /// The kernel had more to tell than there was room for: what was held true must be asked for again.
    package var lost: (Instant) -> Void = { _ in }

    package init(
        _ family: NetlinkFamily = .route, groups: [RouteGroup] = [], receiveBuffer: Int = 1 << 20, isForced: Bool = true
    ) throws(SystemError) {
        handle = try NetlinkHandle(family, receiveBuffer: receiveBuffer, isForced: isForced)
        for group in groups { try handle.join(group) }
        handle.setNonBlocking()
    }

    deinit {
        if let registration { loop?.remove(registration) }
    }

    private var number: Int32 { handle.number }

    /// Has the loop deliver answers and news, and send what has gathered at the end of each turn.
    package func attach(to loop: EventLoop) throws(SystemError) {
        self.loop = loop
        registration = try loop.add(number) { [unowned self] now in receive(now) }
        loop.atEndOfTurn { [weak self] in self?.flush() }
    }

    /// Whether news are read as they come; while they are not, the kernel keeps them in the receive buffer.
    package var isListening = true {
        didSet {
            guard isListening != oldValue, let registration else { return }
            // Whoever cannot be kept from listening goes on with it.
            try? loop?.modify(registration, isListening ? .readable : [])
        }
    }

    /// Requests not answered yet.
    package var underWay: Int { completions.count }

    /// Has the kernel keep to itself that addresses of IPv4 were added where `batch` asked for it.
    package func ignoreAdditions(by batch: NetlinkBatch) throws(SystemError) {
        try MessageFilter.withoutAdditions(by: batch.port).attach(to: number)
    }

    // MARK: Requests

    /// Queues a request.
    package func request(_ request: some NetlinkRequest, _ completion: @escaping Completion) {
        request.write(into: &waiting, sequence: sequence)
        waitingEnds.append(waiting.count)
        completions[sequence] = completion
        sequence &+= 1
    }

    /// Sends what is queued, as far as there is room for the answers; the rest follows as they come in.
    package func flush() {
        var sent = 0
        while sent < waitingEnds.count {
            let free = Self.mostUnderWay - (completions.count - (waitingEnds.count - sent))
            let count = min(Self.batch, waitingEnds.count - sent, free)
            guard count > 0 else { break }
            let start = sent == 0 ? 0 : waitingEnds[sent - 1]
            let end = waitingEnds[sent + count - 1]
            for place in sent..<(sent + count - 1) {
                waiting.clear(.acknowledge, ofMessageAt: place == 0 ? 0 : waitingEnds[place - 1])
            }
            let result = waiting.bytes.withUnsafeBytes { send(number, $0.baseAddress?.advanced(by: start), end - start, 0) }
            if result < 0 && errno == EINTR { continue }
            if result < 0 { refuse(count, from: sent, code: errno) }
            sent += count
        }
        drop(sent)
    }

    /// Tells the owners of messages that never left.
    private func refuse(_ count: Int, from place: Int, code: Int32) {
        for offset in 0..<count {
            complete(sequence &- UInt32(waitingEnds.count - place - offset), Refusal(code: code))
        }
    }

    private func drop(_ sent: Int) {
        guard sent > 0 else { return }
        if sent == waitingEnds.count {
            waiting.removeAll()
            waitingEnds.removeAll(keepingCapacity: true)
            return
        }
        let start = waitingEnds[sent - 1]
        let rest = Array(waiting.bytes[start...])
        waiting.removeAll()
        waiting.put(rest)
        waitingEnds = waitingEnds[sent...].map { $0 - start }
    }

    private func complete(_ sequence: UInt32, _ refusal: Refusal?) {
        completions.removeValue(forKey: sequence)?(refusal)
    }

    /// An answer also says that the requests before it were done: a refusal would have come first.
    private func answer(_ sequence: UInt32, _ refusal: Refusal?) {
        guard completions[sequence] != nil else { return }
        while firstUnanswered != sequence {
            complete(firstUnanswered, nil)
            firstUnanswered &+= 1
        }
        firstUnanswered &+= 1
        complete(sequence, refusal)
    }

    // MARK: Receiving

    private func receive(_ now: Instant) {
        var rounds = 0
        while rounds < 64, let bytes = receiveOnce(now) {
            read(bytes, now)
            rounds += 1
        }
        flush()
    }

    /// What one system call brought; nil if there is nothing more.
    private func receiveOnce(_ now: Instant) -> ArraySlice<UInt8>? {
        let count = room.withUnsafeMutableBytes { recv(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
        if count > 0 { return room[0..<count] }
        if count < 0 && errno == ENOBUFS {
            // Answers may be among what was lost: nobody must wait for ever.
            let unanswered = completions
            completions.removeAll()
            firstUnanswered = sequence
            for completion in unanswered.values { completion(Refusal(code: ENOBUFS)) }
            lost(now)
            return room[0..<0]
        }
        return nil
    }

    private func read(_ bytes: ArraySlice<UInt8>, _ now: Instant) {
        var reader = MessageReader(bytes)
        do throws(MalformedMessage) {
            while let next = try reader.next() {
                if next.type == Message.errorType {
                    answer(next.sequence, try next.refusal())
                } else if let told = try KernelNews(next) {
                    news(told, now)
                } else {
                    message(next, now)
                }
            }
        } catch {
            lost(now)
        }
    }
}

extension NetlinkSocket {
    /// A socket with the receive buffer that the configuration asks for, or with one of `usual` bytes where it says nothing.
    package convenience init(
        groups: [RouteGroup] = [], buffer: BufferSettings, usual: Int = 1 << 20
    ) throws(SystemError) {
        let size = buffer.size.flatMap { $0 > 0 ? Int($0) : nil }
        try self.init(groups: groups, receiveBuffer: size ?? usual, isForced: size == nil || buffer.isForced)
    }
}
