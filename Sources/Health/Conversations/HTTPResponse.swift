// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads an HTTP answer piece by piece (RFC 9112): the status, the header as far as it says how long the body is, and the
/// body without its wrapping. Remembers a line at most.
struct HTTPResponse: Sendable {
    enum Fault: Error, Hashable {
        case notHTTP
        case lineTooLong
        case headerTooLong
        case badLength
        case badChunk
    }

    /// What a piece of input amounted to.
    struct Progress {
        var body: ArraySlice<UInt8> = []
        var isComplete = false
    }

    static let longestLine = 8192
    static let longestHeader = 65_536

    private(set) var status: Int?
    private var phase = Phase.status
    private var lines = LineBuffer(limit: longestLine)
    private var headerBytes = 0
    private var isChunked = false
    private var length: Int?

    private enum Phase: Hashable {
        case status, header
        /// That many bytes of the body, or of a chunk, are to come.
        case body(Int)
        case bodyToClose
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case complete
    }

    /// Whether the whole answer has come.
    var isComplete: Bool { phase == .complete }
    /// Whether the body is yet to come.
    var isReadingHeader: Bool { phase == .status || phase == .header }
    /// Whether the end of the connection is a proper end of the answer.
    var mayEndWithConnection: Bool { phase == .bodyToClose || phase == .complete }

    /// Takes a part of the answer off the front of `input`; to be called until the input is empty or the answer complete.
    mutating func read(_ input: inout ArraySlice<UInt8>) throws(Fault) -> Progress {
        var progress = Progress()
        switch phase {
        case .status, .header, .chunkSize, .chunkEnd, .trailer:
            if let line = try line(&input) { try take(line) }
        case .body(let left), .chunk(let left):
            let piece = input.prefix(left)
            input = input.dropFirst(piece.count)
            progress.body = piece
            let rest = left - piece.count
            if case .chunk = phase {
                phase = rest == 0 ? .chunkEnd : .chunk(rest)
            } else {
                phase = rest == 0 ? .complete : .body(rest)
            }
        case .bodyToClose:
            progress.body = input
            input = []
        case .complete:
            input = []
        }
        progress.isComplete = isComplete
        return progress
    }

    private mutating func line(_ input: inout ArraySlice<UInt8>) throws(Fault) -> [UInt8]? {
        let before = input.count
        let line: [UInt8]?
        do { line = try lines.line(from: &input) } catch { throw .lineTooLong }
        if phase != .chunkSize, phase != .chunkEnd {
            headerBytes += before - input.count
            guard headerBytes <= Self.longestHeader else { throw .headerTooLong }
        }
        return line
    }

    private mutating func take(_ line: [UInt8]) throws(Fault) {
        switch phase {
        case .status:
            guard let code = Self.status(line) else { throw .notHTTP }
            status = code
            phase = .header
        case .header:
            if line.isEmpty { startBody() } else { try takeField(line) }
        case .chunkSize:
            guard let size = Self.chunkSize(line) else { throw .badChunk }
            phase = size == 0 ? .trailer : .chunk(size)
        case .chunkEnd:
            guard line.isEmpty else { throw .badChunk }
            phase = .chunkSize
        case .trailer:
            if line.isEmpty { phase = .complete }
        case .body, .bodyToClose, .chunk, .complete:
            break
        }
    }

    /// 1xx answers are followed by another; 204 and 304 have no body (RFC 9112 section 6.3).
    private mutating func startBody() {
        let code = status ?? 0
        if (100...199).contains(code), code != 101 {
            phase = .status
            (isChunked, length) = (false, nil)
        } else if code == 204 || code == 304 {
            phase = .complete
        } else if isChunked {
            phase = .chunkSize
        } else if let length {
            phase = length == 0 ? .complete : .body(length)
        } else {
            phase = .bodyToClose
        }
    }

    private mutating func takeField(_ line: [UInt8]) throws(Fault) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        switch name {
        case "content-length":
            guard let number = Self.decimal(value) else { throw .badLength }
            if let length, length != number { throw .badLength }
            length = number
        case "transfer-encoding":
            let words = String(decoding: value, as: UTF8.self).lowercased()
            isChunked = words.hasSuffix("chunked") || words.split(separator: ",").last?.contains("chunked") == true
        default:
            break
        }
    }

    /// The code of `HTTP/x.y nnn ...`.
    private static func status(_ line: [UInt8]) -> Int? {
        guard line.starts(with: "HTTP/".utf8) else { return nil }
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: true)
        guard words.count >= 2, words[1].count == 3, let code = decimal(words[1]) else { return nil }
        return code
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        var rest = digits
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        guard (1...15).contains(rest.count) else { return nil }
        var value = 0
        for digit in rest {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    /// The size of a chunk, extensions ignored.
    private static func chunkSize(_ line: [UInt8]) -> Int? {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        guard (1...12).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            let nibble: UInt8
            switch digit {
            case 0x30...0x39: nibble = digit - 0x30
            case 0x41...0x46: nibble = digit - 0x41 + 10
            case 0x61...0x66: nibble = digit - 0x61 + 10
            default: return nil
            }
            value = value << 4 | Int(nibble)
        }
        return value
    }
}
