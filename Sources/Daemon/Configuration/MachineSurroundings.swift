// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

extension Surroundings {
    /// This machine, through the book.
    init(_ book: FactBook) {
        self.init()
        interfaceIndex = { name in book.number("interface \(name)") { Machine.interfaceIndex(name) } }
        interfaceMTU = { name in book.number("mtu \(name)") { Machine.mtu(of: name) } }
        isLoopback = { name in book.answer("loopback \(name)") { Machine.isLoopback(name) ? "yes" : nil } != nil }
        interfaceAddresses = { name in
            let text = book.answer("addresses \(name)") {
                Machine.addresses(of: name).map { "\($0.address)/\($0.length)" }.joined(separator: " ")
            }
            return (text ?? "").split(separator: " ").compactMap(Self.prefix)
        }
        user = { name in
            let text = book.answer("user \(name)") { Machine.user(name).map { "\($0.user) \($0.group)" } }
            let numbers = (text ?? "").split(separator: " ").compactMap { UInt32($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
        group = { name in book.number("group \(name)") { Machine.group(name) } }
        routingName = { table, name in book.number("\(table) \(name)") { RoutingNames.number(of: name, in: table) } }
        protocolNumber = { name in book.number("protocol \(name)") { Machine.protocolNumber(name) } }
        script = { path, user, group in
            let text = book.answer("script \(user) \(group) \(path)") {
                ScriptInspection.finding(path, user: user, group: group).text
            }
            return ScriptFinding(text: text ?? "") ?? .missing
        }
        contents = { path in
            book.answer("contents \(path)") {
                (try? Files.read(path, limit: 1 << 20)).map { $0.map { hexDigits($0, width: 2) }.joined() }
            }.map(Self.bytes)
        }
        isDirectory = { path in book.answer("directory \(path)") { Files.isDirectory(path) ? "yes" : nil } != nil }
        resolve = { name in
            let text = book.answer("host \(name)") { Machine.resolve(name).map { "\($0)" }.joined(separator: " ") }
            return (text ?? "").split(separator: " ").compactMap { IPAddress(String($0)) }
        }
        hostName = book.answer("own name") { Machine.hostName } ?? "localhost"
        processorCount = book.number("processors") { Machine.processorCount } ?? 1
        ownUser = book.number("own user") { Machine.ownUser } ?? 0
        ownGroup = book.number("own group") { Machine.ownGroup } ?? 0
    }

    private static func prefix(_ text: Substring) -> IPPrefix? {
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

/// The name tables of iproute2.
enum RoutingNames {
    /// The number of a name in `rt_tables`, `group` and the like: the local table first, then the vendor's.
    static func number(of name: String, in table: String) -> UInt32? {
        for directory in ["/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"] {
            guard let bytes = try? Files.read("\(directory)/\(table)", limit: 1 << 20) else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
                guard words.count >= 2, words[1] == name, let number = prefixedInteger(words[0]) else { continue }
                return UInt32(exactly: number)
            }
        }
        return nil
    }
}

/// A look at a script before it is ever run.
enum ScriptInspection {
    static func finding(_ command: String, user: UInt32, group: UInt32) -> ScriptFinding {
        guard command.contains("/") else {
            guard let path = search(command, user, group) else { return .missing }
            return judged(path, user, group) ?? .foundInPath(path: path)
        }
        return judged(command, user, group) ?? .usable(path: command)
    }

    private static func search(_ name: String, _ user: UInt32, _ group: UInt32) -> String? {
        let directories = (Environment.value("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(name)" }.first { path in
            guard let facts = try? FileFacts(path: path) else { return false }
            return facts.kind == .file && Machine.mayExecute(facts, user: user, group: group)
        }
    }

    /// What is wrong with it; nil if nothing is.
    private static func judged(_ path: String, _ user: UInt32, _ group: UInt32) -> ScriptFinding? {
        guard let facts = try? FileFacts(path: path), facts.kind == .file else { return .missing }
        guard Machine.mayExecute(facts, user: user, group: group) else { return .notExecutable }
        guard let resolved = try? Files.resolved(path) else { return .missing }
        var component = ""
        for name in [""] + resolved.split(separator: "/").map(String.init) {
            component += component.hasSuffix("/") || name.isEmpty ? (name.isEmpty ? "/" : name) : "/\(name)"
            guard let facts = try? FileFacts(path: component) else { return .missing }
            if facts.owner != 0 { return .insecure(component: component, remedy: "chown root '\(component)'") }
            if facts.mode & 0o020 != 0, facts.group != 0 {
                return .insecure(component: component, remedy: "chmod g-w '\(component)'")
            }
            if facts.mode & 0o002 != 0 { return .insecure(component: component, remedy: "chmod o-w '\(component)'") }
        }
        return nil
    }
}

extension FileSystem {
    /// The disks of this machine.
    static var machine: FileSystem {
        var system = FileSystem()
        system.currentDirectory = Files.currentDirectory ?? "/"
        system.exists = { Files.exists($0) }
        system.glob = { Files.glob($0).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } }
        system.read = { path in
            guard let facts = try? FileFacts(path: path) else { return .missing }
            switch facts.kind {
            case .directory: return .directory
            case .pipe, .socket, .device, .link, .other: return .notPlain
            case .file: break
            }
            if facts.mode & 0o111 != 0 { return .executable }
            guard let bytes = try? Files.read(path) else { return .unreadable }
            return .text(bytes)
        }
        return system
    }
}
