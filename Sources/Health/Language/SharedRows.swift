// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension Reader {
    /// A finding about a whole block, told at its closing brace, where upstream tells it.
    mutating func reportAtEnd(
        _ severity: Diagnostic.Severity, _ code: String, _ statement: Statement, _ message: String, help: String? = nil
    ) {
        report(Diagnostic(severity, code, at: closing ?? statement.position, message, help: help))
    }

    /// An address and, behind it, perhaps a port (1...65535, or 0 for none). Nil, with a diagnostic, if it is neither.
    mutating func endpoint(_ statement: Statement, _ what: String) -> (address: IPAddress, port: UInt16?)? {
        guard let word = require(statement, 0, "an address"), let address = address(word, of: statement) else {
            return nil
        }
        guard let portWord = statement.value(1) else { return (address, nil) }
        guard let port: UInt16 = number(portWord, of: statement, in: 0...UInt16.max) else { return nil }
        noteExtraWords(statement, after: 2)
        return (address, port)
    }

    /// `NAT|DR|TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum]`. Nil, with a diagnostic, if it cannot be used.
    mutating func forwarding(_ statement: Statement) -> Forwarding? {
        guard let word = require(statement, 0, "NAT, DR or TUN") else { return nil }
        var tunnel = Tunnel()
        var rest = statement.values.dropFirst()
        while let option = rest.popFirst() {
            switch option.text {
            case "type":
                guard let kind = rest.popFirst() else {
                    report(
                        .error, "missing-value", statement, word: option, "'type' needs ipip, gue or gre",
                        consequence: .missingParameter)
                    return nil
                }
                guard let known = Self.tunnelKinds[kind.text] else {
                    report(
                        .error, "unknown-value", statement, word: kind,
                        "'\(kind.text)' is no type of tunnel; the line is ignored")
                    return nil
                }
                tunnel.kind = known
            case "port":
                guard let word = rest.popFirst() else {
                    report(
                        .error, "missing-value", statement, word: option, "'port' needs a number",
                        consequence: .missingParameter)
                    return nil
                }
                guard let port: UInt16 = number(word, of: statement, in: 1...UInt16.max) else { return nil }
                tunnel.port = port
            case "nocsum": tunnel.checksum = .none
            case "csum": tunnel.checksum = .full
            case "remcsum": tunnel.checksum = .remote
            default:
                report(
                    .error, "unknown-option", statement, word: option,
                    "'\(option.text)' is no option of a tunnel; the line is ignored")
                return nil
            }
        }
        return forwarding(word, tunnel, statement)
    }

    private mutating func forwarding(_ word: Word, _ tunnel: Tunnel, _ statement: Statement) -> Forwarding? {
        switch word.text {
        case "NAT": return .nat
        case "DR": return .direct
        case "TUN":
            guard (tunnel.kind == .gue) == (tunnel.port != 0) else {
                report(
                    .error, "tunnel-port", statement,
                    "gue tunnels need a port and others cannot have one; the line is ignored",
                    help: "write TUN type gue port <n>"
                )
                return nil
            }
            if tunnel.checksum == .remote, tunnel.kind == .gre || tunnel.kind == .ipip {
                report(.warning, "tunnel-checksum", statement, "remcsum is for gue tunnels only")
            }
            return .tunnel(tunnel)
        default:
            report(
                .error, "unknown-value", statement, word: word,
                "'\(word.text)' is no way to forward; the line is ignored",
                help: closest(to: word.text.uppercased(), among: ["NAT", "DR", "TUN"]).map { "did you mean '\($0)'?" }
                    ?? "write NAT, DR or TUN"
            )
            return nil
        }
    }

    private static let tunnelKinds: [String: Tunnel.Kind] = ["ipip": .ipip, "gue": .gue, "gre": .gre]
}

let forwardingSyntax = "NAT|DR|TUN [type ipip|gue|gre] [port <uint>] [nocsum|csum|remcsum]"

extension Keyword {
    /// A word given once; a second one replaces it.
    static func forwardingRow(_ name: String, _ path: SettingPath<Target, Forwarding?>, _ help: String) -> Keyword {
        .custom(name, syntax: forwardingSyntax, help) { statement, target, reader in
            if let forwarding = reader.forwarding(statement) { target[keyPath: path] = forwarding }
        }
    }

    /// A script of which the first one counts.
    static func scriptRow(_ name: String, _ path: SettingPath<Target, ScriptLine?>, _ help: String) -> Keyword {
        .custom(name, syntax: "<quoted script> [<user> [<group>]]", help) { statement, target, reader in
            guard let script = reader.script(statement) else { return }
            guard target[keyPath: path] == nil else {
                reader.report(.error, "duplicate", statement, "the first \(name) counts; this one is ignored")
                return
            }
            target[keyPath: path] = script
        }
    }

    /// Exactly one word.
    static func nameRow(_ name: String, _ path: SettingPath<Target, String?>, _ help: String) -> Keyword {
        .custom(name, syntax: "<string>", help) { statement, target, reader in
            guard let word = reader.require(statement, 0, "a name") else { return }
            guard statement.values.count == 1 else {
                reader.report(
                    .error, "extra-words", statement, word: statement.value(1),
                    "\(name) takes one word; the line is ignored")
                return
            }
            target[keyPath: path] = word.text
        }
    }
}
