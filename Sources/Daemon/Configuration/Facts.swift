// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// What the machine answered while a configuration was read, by question.
///
/// The reader process writes the answers down, and children that replay the configuration are given them: so all processes
/// settle on the same settings, and none that must not wait asks a name service or a disk.
struct Facts: Equatable {
    private(set) var answers: [String: String] = [:]

    subscript(question: String) -> String? {
        get { answers[question] }
        set { answers[question] = newValue }
    }

    init() {}

    /// There is something that asking again cannot tell: noted under a question that nobody answers the second time.
    mutating func noteUnrepeatable(_ what: String) { self["unrepeatable \(what)"] = "yes" }

    /// Questions and answers, each as its length in four bytes and its text.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        for (question, answer) in answers.sorted(by: { $0.key < $1.key }) {
            for text in [question, answer] {
                writer.write(UInt32(truncatingIfNeeded: text.utf8.count))
                writer.write(text.utf8)
            }
        }
        return writer.bytes
    }

    /// Nil for bytes that end too early.
    init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes[...])
        do {
            while reader.count > 0 {
                let question = try Self.text(&reader)
                answers[question] = try Self.text(&reader)
            }
        } catch {
            return nil
        }
    }

    private static func text(_ reader: inout ByteReader) throws(ByteReader.Truncated) -> String {
        let count: UInt32 = try reader.read()
        return String(decoding: try reader.read(bytes: Int(count)), as: UTF8.self)
    }
}

extension Facts {
    /// The children that the whole configuration needs: each of them reads only its own part.
    var neededChildren: Set<ChildKind> {
        get { Set(ChildKind.allCases.filter { self["child \($0.pidFileName)"] != nil }) }
        set { for kind in ChildKind.allCases { self["child \(kind.pidFileName)"] = newValue.contains(kind) ? "needed" : nil } }
    }
}

/// Facts being gathered; a reference, since the closures of `Surroundings` share it.
final class FactBook {
    var facts: Facts
    /// Addresses of interfaces, read once from their answers: every router asks for those of its own.
    var prefixes: [String: [IPPrefix]] = [:]
    /// Whether the machine is asked for what is not written down.
    private let asksMachine: Bool
    /// How many questions there were, answered before or not.
    private(set) var timesAsked = 0

    /// An empty book that asks the machine and writes down what it says.
    init() {
        facts = Facts()
        asksMachine = true
    }

    /// A book to be read only.
    init(_ facts: Facts) {
        self.facts = facts
        asksMachine = false
    }

    /// The answer written down, or the machine's, or none.
    func answer(_ question: String, _ ask: () -> String?) -> String? {
        timesAsked += 1
        if let known = facts[question] { return known.isEmpty ? nil : known }
        guard asksMachine else { return nil }
        let answer = ask()
        facts[question] = answer ?? ""
        return answer
    }
}
