// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// What was asked of the file system while a configuration was read, and what came: the next reading need not take place where all of it
/// is as it was.
final class SourceBook {
    /// Files stand in it by the fingerprints of their texts.
    var facts = Facts()

    init(_ pattern: String, _ options: SourceOptions) {
        facts["pattern"] = pattern
        facts["id"] = options.id
    }

    /// The file system, with notes being taken.
    func noting(_ system: FileSystem) -> FileSystem {
        var noting = system
        noting.exists = { [self] path in
            let exists = system.exists(path)
            facts["exists \(path)"] = exists ? "yes" : "no"
            return exists
        }
        noting.glob = { [self] pattern in
            let paths = system.glob(pattern)
            facts["glob \(pattern)"] = paths.joined(separator: "\n")
            return paths
        }
        noting.read = { [self] path in note(system.read(path), of: "read \(path)") }
        return noting
    }

    /// The options, with notes being taken.
    func noting(_ options: SourceOptions) -> SourceOptions {
        var noting = options
        noting.random = { [self] bounds in
            facts.noteUnrepeatable("random number")
            return options.random(bounds)
        }
        return noting
    }

    private func note(_ reading: FileSystem.Reading, of question: String) -> FileSystem.Reading {
        switch reading {
        case .text(let bytes):
            facts[question] = "\(Fingerprint(bytes[...]).number)"
        case .pieces(let next):
            // Until the end has come: who stops before it has not seen all.
            facts[question] = "begun"
            var maker = FingerprintMaker()
            return .pieces { [self] in
                let piece = next()
                if piece.isEmpty { facts[question] = "pieces \(maker.fingerprint.number)" }
                maker.add(piece[...])
                return piece
            }
        case .missing: facts[question] = "missing"
        case .directory: facts[question] = "directory"
        case .notPlain: facts[question] = "not plain"
        case .executable: facts[question] = "executable"
        case .unreadable: facts[question] = "unreadable"
        }
        return reading
    }
}

extension Facts {
    /// Whether the same would be read, as far as the files have a say.
    func hold(for pattern: String, _ options: SourceOptions, in system: FileSystem) -> Bool {
        let book = SourceBook(pattern, options)
        return areSame(noted: { book.facts }, asking: book.noting(system).ask)
    }

    /// Whether the machine still gives these answers.
    func hold(by machine: Surroundings) -> Bool {
        let book = FactBook()
        book.facts.neededChildren = neededChildren
        return areSame(noted: { book.facts }, asking: Surroundings(book, asking: machine).ask)
    }

    /// Asks each question again, by its first word and the rest; whether the answers noted then are these.
    private func areSame(noted: () -> Facts, asking ask: (_ kind: String, _ rest: String) -> Void) -> Bool {
        answers.allSatisfy { question, answer in
            let words = question.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            ask(String(words[0]), words.count > 1 ? String(words[1]) : "")
            return noted()[question] == answer
        }
    }
}

extension FileSystem {
    /// Asks what was asked before; a question that is none of its own is passed over.
    fileprivate func ask(_ kind: String, _ rest: String) {
        switch kind {
        case "exists": _ = exists(rest)
        case "glob": _ = glob(rest)
        case "read": _ = readPieces(of: rest) { _ in }
        default: break
        }
    }
}

extension Surroundings {
    /// As above, of the machine.
    fileprivate func ask(_ kind: String, _ rest: String) {
        switch kind {
        case "interface": _ = interfaceIndex(rest)
        case "mtu": _ = interfaceMTU(rest)
        case "loopback": _ = isLoopback(rest)
        case "directory": _ = isDirectory(rest)
        case "protocol": _ = protocolNumber(rest)
        case "addresses": _ = interfaceAddresses(rest)
        case "host": _ = resolve(rest)
        case "user": _ = user(rest)
        case "contents": _ = contents(rest)
        case "processors": _ = processorCount()
        case "script":
            let words = rest.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let user = UInt32(words[0]), let group = UInt32(words[1]) else { return }
            _ = script(String(words[2]), user, group)
        case "group":
            _ = group(rest)
            _ = routingName(kind, rest)
        // Asked by whoever makes the surroundings.
        case "own": break
        default: _ = routingName(kind, rest)
        }
    }
}
