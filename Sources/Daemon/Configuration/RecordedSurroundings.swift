// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension Surroundings {
    /// The answers in the book; those of the machine, written down, where the book has none and may ask.
    init(_ book: FactBook, asking machine: Surroundings = Surroundings()) {
        self.init()
        interfaceIndex = { name in book.number("interface \(name)") { machine.interfaceIndex(name) } }
        interfaceMTU = { name in book.number("mtu \(name)") { machine.interfaceMTU(name) } }
        isLoopback = { name in book.flag("loopback \(name)") { machine.isLoopback(name) } }
        isDirectory = { path in book.flag("directory \(path)") { machine.isDirectory(path) } }
        group = { name in book.number("group \(name)") { machine.group(name) } }
        routingName = { table, name in book.number("\(table) \(name)") { machine.routingName(table, name) } }
        protocolNumber = { name in book.number("protocol \(name)") { machine.protocolNumber(name) } }
        interfaceAddresses = { name in
            if let known = book.prefixes[name] { return known }
            let texts = book.list("addresses \(name)") {
                machine.interfaceAddresses(name).map { "\($0.address)/\($0.length)" }
            }
            let prefixes = texts.compactMap(Self.prefix)
            book.prefixes[name] = prefixes
            return prefixes
        }
        resolve = { name in
            book.list("host \(name)") { machine.resolve(name).map { "\($0)" } }.compactMap { IPAddress($0) }
        }
        user = { name in
            let numbers = book.list("user \(name)") { machine.user(name).map { ["\($0.user)", "\($0.group)"] } ?? [] }
                .compactMap { UInt32($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
        script = { path, user, group in
            let text = book.answer("script \(user) \(group) \(path)") { machine.script(path, user, group).text }
            return ScriptFinding(text: text ?? "") ?? .missing
        }
        contents = { path in
            book.answer("contents \(path)") { machine.contents(path)?.map { hexDigits($0, width: 2) }.joined() }.map(Self.bytes)
        }
        setRoutingDirectories = { vendor, local in
            book.facts.noteUnrepeatable("routing directories")
            machine.setRoutingDirectories(vendor, local)
        }
        hostName = book.answer("own name") { machine.hostName } ?? "localhost"
        processorCount = { book.number("processors") { machine.processorCount() } ?? 1 }
        ownUser = book.number("own user") { machine.ownUser } ?? 0
        ownGroup = book.number("own group") { machine.ownGroup } ?? 0
    }

    private static func prefix(_ text: String) -> IPPrefix? {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) else { return nil }
        return IPPrefix(address, length: length)
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap(hexValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension FactBook {
    fileprivate func number<Value: FixedWidthInteger>(_ question: String, _ ask: () -> Value?) -> Value? {
        answer(question) { ask().map { String($0) } }.flatMap { Value($0) }
    }

    fileprivate func flag(_ question: String, _ ask: () -> Bool) -> Bool {
        answer(question) { ask() ? "yes" : nil } != nil
    }

    /// Texts without blanks.
    fileprivate func list(_ question: String, _ ask: () -> [String]) -> [String] {
        (answer(question) { ask().joined(separator: " ") } ?? "").split(separator: " ").map(String.init)
    }
}

extension ScriptFinding {
    /// The finding as the book holds it.
    fileprivate var text: String {
        switch self {
        case .usable(let path): "usable\n\(path)"
        case .foundInPath(let path): "found\n\(path)"
        case .missing: "missing"
        case .notExecutable: "denied"
        case .insecure(let component, let remedy): "insecure\n\(component)\n\(remedy)"
        }
    }

    fileprivate init?(text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        switch (lines.first, lines.count) {
        case ("usable", 2): self = .usable(path: lines[1])
        case ("found", 2): self = .foundInPath(path: lines[1])
        case ("missing", 1): self = .missing
        case ("denied", 1): self = .notExecutable
        case ("insecure", 3): self = .insecure(component: lines[1], remedy: lines[2])
        default: return nil
        }
    }
}
