// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension Source {
    /// A line that is repeated with a variable set, as far as it has come.
    struct Sequence {
        enum Values {
            case numbers(next: Int64, step: Int64, end: Int64, isHexadecimal: Bool)
            /// Rows of one value a variable, the next one at the index.
            case rows([[[UInt8]]], next: Int)
        }

        var variables: [String]
        var values: Values
        /// What stands behind the closing parenthesis.
        var rest: ArraySlice<UInt8>
    }

    /// Takes a line that begins with `~SEQ(`, `~SEQx(` or `~LST(`; false for any other.
    mutating func sequence(_ line: Line, _ found: inout [Diagnostic]) -> Bool {
        let words: [(StaticString, kind: SequenceKind)] = [("~SEQ(", .decimal), ("~SEQx(", .hexadecimal), ("~LST(", .list)]
        for (word, kind) in words {
            let prefix = word.withUTF8Buffer { Array($0) }
            guard line.bytes.starts(with: prefix) else { continue }
            open(line, line.bytes.dropFirst(prefix.count), kind, &found)
            return true
        }
        return false
    }

    enum SequenceKind { case decimal, hexadecimal, list }

    private mutating func open(
        _ line: Line, _ behind: ArraySlice<UInt8>, _ kind: SequenceKind, _ found: inout [Diagnostic]
    ) {
        guard let close = behind.firstIndex(of: UInt8(ascii: ")")) else {
            return reject(line, "there is no ')' behind the arguments", &found)
        }
        var header = line
        header.bytes = behind[..<close]
        guard let arguments = substitute(header, &found) else { return }
        let rest = behind[(close + 1)...].trimmed
        let sequence =
            switch kind {
            case .decimal, .hexadecimal: numbers(arguments.bytes, rest, isHexadecimal: kind == .hexadecimal, line, &found)
            case .list: list(arguments.bytes, rest, line, &found)
            }
        guard let sequence else { return }
        guard line.depth < options.limits.depth else {
            return reject(line, "sequences are nested too deeply", &found)
        }
        pending.append(.sequence(sequence, line.position, depth: line.depth))
    }

    private func reject(_ line: Line, _ reason: String, _ found: inout [Diagnostic]) {
        found.append(
            Diagnostic(
                .error, "bad-sequence", at: line.position, length: line.isExpanded ? 0 : line.bytes.count,
                "\(reason); the line is ignored",
                help: "write ~SEQ(variable, [start,] [step,] end) or ~LST(variable, value, ...)"
            )
        )
    }

    /// `var, [start,] [step,] end`: one number counts from 1 (or -1), two are start and end.
    private func numbers(
        _ arguments: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>, isHexadecimal: Bool, _ line: Line,
        _ found: inout [Diagnostic]
    ) -> Sequence? {
        let parts = arguments.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(\.trimmed)
        guard (2...4).contains(parts.count), isName(parts[0]) else {
            reject(line, "a sequence takes a variable and one to three numbers", &found)
            return nil
        }
        var numbers: [Int64] = []
        for part in parts.dropFirst() {
            guard let number = prefixedInteger(part.text) else {
                reject(line, "'\(part.text)' is not a number", &found)
                return nil
            }
            numbers.append(number)
        }
        let end = numbers[numbers.count - 1]
        let start = numbers.count > 1 ? numbers[0] : (end < 0 ? -1 : 1)
        let step = numbers.count > 2 ? numbers[1] : (end < start ? -1 : 1)
        guard step != 0, start == end || (step > 0) == (end > start) else {
            reject(line, "the step \(step) does not lead from \(start) to \(end)", &found)
            return nil
        }
        return Sequence(
            variables: [parts[0].text],
            values: .numbers(next: start, step: step, end: end, isHexadecimal: isHexadecimal), rest: rest
        )
    }

    private func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && Definition.nameEnd(bytes) == bytes.endIndex
    }

    /// `var, a, b` or `{v1,v2}, {a1,a2}, {b1,b2}`; members missing at the end are empty.
    private func list(
        _ arguments: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>, _ line: Line, _ found: inout [Diagnostic]
    ) -> Sequence? {
        let parts = tuples(arguments)
        guard let names = parts.first, names.allSatisfy(isName) else {
            reject(line, "a list takes a variable, or variables in braces, and values", &found)
            return nil
        }
        var rows: [[[UInt8]]] = []
        for part in parts.dropFirst() {
            guard part.count <= names.count else {
                reject(line, "there are more values than variables", &found)
                return nil
            }
            rows.append(names.indices.map { $0 < part.count ? Array(part[$0]) : [] })
        }
        return Sequence(variables: names.map(\.text), values: .rows(rows, next: 0), rest: rest)
    }

    /// Splits at commas outside braces; what is in braces is split again.
    private func tuples(_ bytes: ArraySlice<UInt8>) -> [[ArraySlice<UInt8>]] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var depth = 0
        for index in bytes.indices {
            switch bytes[index] {
            case Sign.open: depth += 1
            case Sign.close: depth -= 1
            case UInt8(ascii: ",") where depth <= 0:
                parts.append(bytes[start..<index].trimmed)
                start = index + 1
            default: break
            }
        }
        parts.append(bytes[start...].trimmed)
        return parts.map { part in
            guard part.first == Sign.open, part.last == Sign.close, part.count > 1 else { return [part] }
            let inside = part.dropFirst().dropLast()
            return inside.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(\.trimmed)
        }
    }

    /// Sets the variables to the next values and lets the rest of the line be read with them.
    mutating func step(_ sequence: Sequence, _ position: Position, _ depth: Int, _ found: inout [Diagnostic]) {
        var sequence = sequence
        switch sequence.values {
        case .numbers(let next, let step, let end, let isHexadecimal):
            guard let name = sequence.variables.first else { return }
            definitions[name] = .line(Array(String(next, radix: isHexadecimal ? 16 : 10).utf8))
            let (following, overflow) = next.addingReportingOverflow(step)
            if !overflow, step > 0 ? following <= end : following >= end {
                sequence.values = .numbers(next: following, step: step, end: end, isHexadecimal: isHexadecimal)
                pending.append(.sequence(sequence, position, depth: depth))
            }
        case .rows(let rows, let next):
            guard next < rows.count else { return }
            for (name, value) in zip(sequence.variables, rows[next]) { definitions[name] = .line(value) }
            sequence.values = .rows(rows, next: next + 1)
            pending.append(.sequence(sequence, position, depth: depth))
        }
        guard spend(lines: 1, bytes: sequence.rest.count, position, &found) else { return dropExpansion() }
        pending.append(.line(sequence.rest, position, depth: depth + 1, isExpanded: true))
    }
}
