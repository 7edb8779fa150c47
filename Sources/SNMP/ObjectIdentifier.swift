// SPDX-License-Identifier: GPL-2.0-or-later

/// The name of a managed object: a path of numbers from the root of the tree (RFC 2578 section 3.5), at most 128 of them.
package struct ObjectIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var parts: [UInt32]

    package init(_ parts: [UInt32]) { self.parts = parts }

    /// The identifier below this one.
    package func appending(_ more: UInt32...) -> ObjectIdentifier { ObjectIdentifier(parts + more) }

    /// The identifier below this one.
    package func appending(_ more: [UInt32]) -> ObjectIdentifier { ObjectIdentifier(parts + more) }

    /// The order in which a manager walks: by the first number that differs, a parent before its children.
    package static func < (left: ObjectIdentifier, right: ObjectIdentifier) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }

    package var description: String { parts.map { ".\($0)" }.joined() }
}

extension ObjectIdentifier: ExpressibleByArrayLiteral {
    package init(arrayLiteral parts: UInt32...) { self.parts = parts }
}
