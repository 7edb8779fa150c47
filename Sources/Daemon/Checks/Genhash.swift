// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux

/// The program genhash: fetches a page and prints the digest that a `digest` line wants.
enum Genhash {
    /// Runs by these words, the program's name left out; 1 for options that cannot be used, else 0, as upstream.
    static func run(_ words: [String], as program: String) -> Int32 {
        let options: Options
        do {
            options = try Options(words)
        } catch {
            if let remark = error.remark { StandardStream.error.line(remark) }
            StandardStream.error.line(usage(program))
            return 1
        }
        Signal.brokenPipe.ignore()
        let result = fetch(options)
        if let remark = result.remark { StandardStream.error.line(remark) }
        StandardStream.output.write(result.output)
        return 0
    }

    /// What is written to the standard output, and to the standard error.
    private struct Result {
        var output: String
        var remark: String?
    }

    /// Words that do not say what to do; the usage is shown.
    struct Misuse: Error {
        var remark: String?
    }

    struct Options: Equatable {
        var address: IPAddress?
        var port: UInt16?
        var path: String?
        var isSecure = false
        var sendsName = false
        var host: String?
        var isVerbose = false
        var mark: UInt32 = 0
        var version = HTTPCheckSettings.Version.http10
        var timeout = Interval.seconds(5)

        /// Short options may be run together and carry their value; long ones take it behind `=` or as the next word.
        init(_ words: [String]) throws(Misuse) {
            var rest = words[...]
            var others: [String] = []
            while let word = rest.popFirst() {
                if word.hasPrefix("--"), word.count > 2 {
                    try takeLong(word.dropFirst(2), &rest)
                } else if word.hasPrefix("-"), word.count > 1 {
                    try takeShort(word.dropFirst(), &rest)
                } else {
                    others.append(word)
                }
            }
            guard others.isEmpty else { throw Misuse(remark: "Unexpected argument(s): \(others.joined(separator: " "))") }
            guard address != nil, port != nil, path != nil else { throw Misuse() }
        }

        private mutating func takeLong(_ word: Substring, _ rest: inout ArraySlice<String>) throws(Misuse) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, let letter = Self.letter(long: name) else { throw Misuse() }
            guard Self.valued.contains(letter) else { return try take(letter, "") }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else { throw Misuse() }
            try take(letter, value)
        }

        private mutating func takeShort(_ word: Substring, _ rest: inout ArraySlice<String>) throws(Misuse) {
            var letters = word
            while let letter = letters.popFirst() {
                guard Self.valued.contains(letter) else {
                    try take(letter, "")
                    continue
                }
                guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else { throw Misuse() }
                letters = ""
                try take(letter, value)
            }
        }

        private static let valued: Set<Character> = ["s", "p", "u", "V", "m", "P", "t"]
        private static let names: [(String, Character)] = [
            ("use-ssl", "S"), ("use-sni", "I"), ("server", "s"), ("port", "p"), ("url", "u"), ("use-virtualhost", "V"),
            ("fwmark", "m"), ("protocol", "P"), ("timeout", "t"), ("verbose", "v"), ("help", "h"),
        ]

        /// A long name, or its beginning if no other begins so.
        private static func letter(long name: String) -> Character? {
            if let exact = names.first(where: { $0.0 == name }) { return exact.1 }
            let found = names.filter { $0.0.hasPrefix(name) }
            return found.count == 1 ? found[0].1 : nil
        }

        private mutating func take(_ letter: Character, _ value: String) throws(Misuse) {
            switch letter {
            case "S": isSecure = true
            case "I": sendsName = true
            case "v": isVerbose = true
            case "s":
                guard let address = IPAddress(value) else { throw Misuse(remark: "server should be an IP, not \(value)") }
                self.address = address
            case "p":
                guard let port = UInt16(value), port > 0 else { throw Misuse(remark: "invalid port number '\(value)'") }
                self.port = port
            case "u": path = value
            case "V": host = value
            case "m":
                guard let mark = UInt32(value) else { throw Misuse(remark: "invalid fwmark '\(value)'") }
                self.mark = mark
            case "t":
                guard let seconds = Int(value), seconds >= 0 else { throw Misuse(remark: "invalid timeout '\(value)'") }
                timeout = .seconds(seconds)
            case "P":
                switch value {
                case "1.0": version = .http10
                case "1.0c", "1.0C": version = .http10Close
                case "1.1": version = .http11
                default: throw Misuse(remark: "invalid HTTP protocol version '\(value)'")
                }
            default: throw Misuse()
            }
        }
    }

    /// Lets the probe work on a conversation that can be asked afterwards.
    private final class Talk: Conversation {
        var inner: HashConversation

        init(_ inner: HashConversation) { self.inner = inner }
        func open() -> Turn { inner.open() }
        func receive(_ bytes: ArraySlice<UInt8>) -> Turn { inner.receive(bytes) }
        func close(cleanly: Bool) -> Turn { inner.close(cleanly: cleanly) }
    }

    private static func fetch(_ options: Options) -> Result {
        guard let address = options.address, let port = options.port, let path = options.path else {
            preconditionFailure("Options without a server were let pass.")
        }
        let start = Instant.now
        let host = options.host ?? (address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)")
        let talk = Talk(HashConversation(options.version, path: path, host: host, keepsText: options.isVerbose))
        let (outcome, error) = converse(options, address, port, talk)
        return report(options, path, talk.inner, outcome, error, Instant.now - start)
    }

    /// The outcome, and what the system said of a connection that could not even be tried.
    private static func converse(
        _ options: Options, _ address: IPAddress, _ port: UInt16, _ talk: Talk
    ) -> (ProbeOutcome, SystemError?) {
        var settings = CheckSettings(.tcp)
        settings.connection.timeout = options.timeout
        settings.connection.mark = options.mark
        // The page may be large: the whole has much longer than each silence.
        settings.timing.delayLoop = .seconds(3600)
        let order = ProbeEngine.Order(
            id: CheckID(0), attempt: 1, step: 0, settings: settings, server: ServerKey(address, port: port)
        )
        var outcome = ProbeOutcome.failed(.noConnection(""))
        do {
            let loop = try EventLoop()
            let finish: (ProbeOutcome, Instant) -> Void = { result, _ in
                outcome = result
                loop.stop()
            }
            let tls = options.isSecure ? (try TLSContext(), options.sendsName ? options.host : nil, false) : nil
            let probe = try StreamProbe(loop, Target(order), talk, tls: tls, finish)
            loop.run()
            withExtendedLifetime(probe) {}
        } catch let error as SystemError {
            return (outcome, error)
        } catch {}
        return (outcome, nil)
    }

    /// What upstream's genhash prints, to the byte, whatever happened.
    private static func report(
        _ options: Options, _ path: String, _ talk: HashConversation, _ outcome: ProbeOutcome, _ error: SystemError?,
        _ time: Interval
    ) -> Result {
        var result = Result(output: "")
        func rule(_ title: String) { result.output += "-----------------------[ \(title) ]-----------------------\n" }
        if options.isVerbose {
            if talk.hasHeard { rule("   HTTP Header Buffer   ") }
            if talk.hasHeader {
                result.output += dump(talk.header)
                rule("HTTP Header Ascii Buffer")
                result.output += String(decoding: talk.header, as: UTF8.self) + "\n"
                if !talk.body.isEmpty { rule("       HTML Buffer       ") }
                for piece in pieces(talk.body, header: talk.header.count) { result.output += dump(Array(piece)) }
            }
        }
        if outcome == .passed {
            if options.isVerbose, !options.isSecure {
                result.output += "\n"
                rule("   HTML hash resulting   ")
                result.output += dump(talk.digest ?? emptyDigest)
                rule("HTML hash final resulting")
            }
            if let digest = talk.digest {
                result.output += digest.map { hexDigits($0, width: 2) }.joined() + "\n"
            } else {
                result.remark = "no data received from remote webserver"
            }
        } else {
            result.output += words(outcome, error, talk, isSecure: options.isSecure) + "\n"
        }
        if options.isVerbose {
            result.output += "\nGlobal response time for [\(path)] = \(time.microseconds) usecs\n"
        }
        return result
    }

    private static var emptyDigest: [UInt8] { MD5().digest }

    /// The body by the pieces in which upstream reads and shows it: 4095 bytes with the header, then as many at a time.
    private static func pieces(_ body: [UInt8], header: Int) -> [ArraySlice<UInt8>] {
        var rest = body[...]
        var pieces: [ArraySlice<UInt8>] = []
        var room = max(1, 4095 - header)
        while !rest.isEmpty {
            pieces.append(rest.prefix(room))
            rest = rest.dropFirst(room)
            room = 4095
        }
        return pieces
    }

    private static func words(
        _ outcome: ProbeOutcome, _ error: SystemError?, _ talk: HashConversation, isSecure: Bool
    ) -> String {
        switch outcome {
        case .failed(.noConnection) where error?.isUnreachable == true: "HTTP_CHECK - network unreachable"
        case .failed(.noConnection): "Connection failed"
        case .failed(.connectTimeout): "Timeout connecting"
        case .failed(.readTimeout): isSecure ? "Timeout SSL read" : talk.hasHeard ? "Timeout HTTP read" : "Timeout WEB read"
        case .failed(.handshake): "SSL handshake/communication error connecting to"
        case .failed(.readFailed): "Read error with"
        case .failed(let failure): failure.words
        case .passed, .passedWithWeight: "Connection failed"
        }
    }

    /// Sixteen bytes a line: the offset, the bytes in hex, and as text.
    static func dump(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let piece = bytes[start..<min(start + 16, bytes.count)]
            text += decimalDigits(start, width: 4) + "  "
            for place in start..<start + 16 {
                if place == start + 8 { text += "- " }
                text += place < piece.endIndex ? hexDigits(piece[place], width: 2) + " " : "   "
            }
            let ascii = piece.map { (0x20...0x7e).contains($0) ? Character(UnicodeScalar($0)) : "." }
            text += "  " + String(ascii) + String(repeating: " ", count: 16 - ascii.count) + "\n"
        }
        return text
    }

    private static func usage(_ program: String) -> String {
        """
        Usage: \(program) COMMAND [OPTIONS]
        Commands:
           -s server-address -p port -u url
           -S -s server-address -p port -u url
           -h

        Options (each in its short or its long form):
           --use-ssl         -S       Fetch by HTTPS.
           --use-sni         -I       Send the name of -V in the TLS handshake.
           --server          -s       The address of the server.
           --port            -p       The port of the server.
           --url             -u       The path of the page.
           --use-virtualhost -V       The name in the Host header.
           --verbose         -v       Show header, body and digest.
           --help            -h       Show this text.
           --fwmark          -m       Put this mark on the packets.
           --protocol        -P       The version of HTTP: 1.0, 1.0c (with Connection: close) or 1.1.
           --timeout         -t       Seconds to wait for the connection and for each part of the answer.
        """
    }
}
