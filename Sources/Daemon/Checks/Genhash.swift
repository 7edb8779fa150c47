// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux

/// The program genhash: fetches a page and prints the digest that a `digest` line wants.
enum Genhash {
    /// Runs by these words, the program's name left out; 1 for options that cannot be used, else 0, as upstream.
    static func run(_ words: [String]) -> Int32 {
        guard let options = Options(words), let address = options.address, let path = options.path,
            let port = options.port
        else {
            StandardStream.error.line(usage)
            return 1
        }
        Signal.brokenPipe.ignore()
        let text = (try? fetch(options, address, port, path)) ?? "Connection failed"
        StandardStream.output.line(text)
        return 0
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
        init?(_ words: [String]) {
            var rest = words[...]
            while let word = rest.popFirst() {
                if word.hasPrefix("--") {
                    let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
                    guard let name = parts.first, let letter = Self.letter(long: name) else { return nil }
                    if Self.valued.contains(letter) {
                        guard let value = parts.count > 1 ? parts[1] : rest.popFirst(), take(letter, value) else {
                            return nil
                        }
                    } else if !take(letter, nil) {
                        return nil
                    }
                } else if word.hasPrefix("-") {
                    var letters = word.dropFirst()
                    while let letter = letters.popFirst() {
                        guard Self.valued.contains(letter) else {
                            guard take(letter, nil) else { return nil }
                            continue
                        }
                        guard let value = letters.isEmpty ? rest.popFirst() : String(letters), take(letter, value)
                        else { return nil }
                        letters = ""
                    }
                }
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

        private mutating func take(_ letter: Character, _ value: String?) -> Bool {
            switch (letter, value) {
            case ("S", _): isSecure = true
            case ("I", _): sendsName = true
            case ("v", _): isVerbose = true
            case ("s", let value?): address = IPAddress(value)
            case ("p", let value?): port = UInt16(value).flatMap { $0 == 0 ? nil : $0 }
            case ("u", let value?): path = value
            case ("V", let value?): host = value
            case ("m", let value?):
                guard let number = UInt32(value) else { return false }
                mark = number
            case ("t", let value?):
                guard let number = Int(value), number > 0 else { return false }
                timeout = .seconds(number)
            case ("P", "1.0"?): version = .http10
            case ("P", "1.0c"?), ("P", "1.0C"?): version = .http10Close
            case ("P", "1.1"?): version = .http11
            default: return false
            }
            return true
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

    /// The text to print.
    private static func fetch(_ options: Options, _ address: IPAddress, _ port: UInt16, _ path: String) throws -> String
    {
        let start = Instant.now
        let host = options.host ?? (address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)")
        let talk = Talk(HashConversation(options.version, path: path, host: host, keepsText: options.isVerbose))
        var settings = CheckSettings(.tcp)
        settings.connection.timeout = options.timeout
        settings.connection.mark = options.mark
        // The page may be large: the whole has much longer than each silence.
        settings.timing.delayLoop = .seconds(3600)
        let order = ProbeEngine.Order(
            id: CheckID(0), attempt: 1, step: 0, settings: settings, server: ServerKey(address, port: port)
        )
        let loop = try EventLoop()
        var outcome: ProbeOutcome?
        let finish: (ProbeOutcome, Instant) -> Void = { result, _ in
            outcome = result
            loop.stop()
        }
        let tls = options.isSecure ? (try TLSContext(), options.sendsName ? options.host : nil, false) : nil
        let probe = try StreamProbe(loop, Target(order), talk, tls: tls, finish)
        loop.run()
        withExtendedLifetime(probe) {}
        guard outcome == .passed, let digest = talk.inner.digest else { return words(outcome) }
        let hex = digest.map { hexDigits($0, width: 2) }.joined()
        guard options.isVerbose else { return hex }
        return report(talk.inner, digest, hex, path, Instant.now - start)
    }

    private static func words(_ outcome: ProbeOutcome?) -> String {
        switch outcome {
        case .failed(.noConnection)?: "Connection failed"
        case .failed(let failure)?: failure.words
        case .passed?, .passedWithWeight?, nil: "Connection failed"
        }
    }

    private static func report(
        _ talk: HashConversation, _ digest: [UInt8], _ hex: String, _ path: String, _ time: Interval
    ) -> String {
        """
        -----------------------[    HTTP Header Buffer    ]-----------------------
        \(dump(talk.header))-----------------------[ HTTP Header Ascii Buffer ]-----------------------
        \(String(decoding: talk.header, as: UTF8.self))
        -----------------------[        HTML Buffer        ]-----------------------
        \(dump(talk.body))
        -----------------------[    HTML hash resulting    ]-----------------------
        \(dump(digest))-----------------------[ HTML hash final resulting ]-----------------------
        \(hex)

        Global response time for [\(path)] = \(time.microseconds) usecs
        """
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

    private static let usage = """
        Usage: genhash COMMAND [OPTIONS]
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
