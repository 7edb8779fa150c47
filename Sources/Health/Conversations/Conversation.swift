// SPDX-License-Identifier: GPL-2.0-or-later

/// The talk of one attempt with a server, without the connection: bytes in, bytes or a verdict out.
///
/// What it remembers is bounded however much the peer sends. Time is the connection's business: it ends a talk that has not
/// come to a verdict when the checker's timeout is over.
package protocol Conversation {
    /// What to send when the connection stands; empty: the peer speaks first.
    mutating func open() -> Turn
    /// Bytes came.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn
    /// The peer closed its side; `cleanly` is false where TLS was not closed by its own alert.
    mutating func close(cleanly: Bool) -> Turn
}

/// What a conversation wants next.
package enum Turn: Hashable, Sendable {
    case wait
    case send([UInt8])
    /// Done; `last` may still be sent, without waiting for an answer.
    case finish(ProbeOutcome, last: [UInt8] = [])
}

/// Gathers lines of a text protocol; a line may be no longer than the limit.
struct LineBuffer: Sendable {
    struct TooLong: Error {}

    private var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes bytes up to and including the next line feed off the front of `input`; nil: the line is not complete yet. The end
    /// of the line (LF or CR LF) is left out.
    mutating func line(from input: inout ArraySlice<UInt8>) throws(TooLong) -> [UInt8]? {
        guard let end = input.firstIndex(of: 0x0a) else {
            guard bytes.count + input.count <= limit else { throw TooLong() }
            bytes += input
            input = []
            return nil
        }
        guard bytes.count + (end - input.startIndex) <= limit else { throw TooLong() }
        bytes += input[input.startIndex..<end]
        input = input[(end + 1)...]
        defer { bytes.removeAll(keepingCapacity: true) }
        if bytes.last == 0x0d { bytes.removeLast() }
        return bytes
    }
}
