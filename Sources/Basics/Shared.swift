// SPDX-License-Identifier: GPL-2.0-or-later

/// A large value that many have: each holds a reference, and two who got it from the same place are known to have the same at once.
/// Whoever changes it gets a copy of his own first, unless nobody else has it.
@dynamicMemberLookup
public struct Shared<Value> {
    /// The value; an array of one knows by itself whether others have it.
    @usableFromInline var box: [Value]

    @inlinable
    public init(_ value: Value) { box = [value] }

    @inlinable public var value: Value {
        _read { yield box[0] }
        _modify { yield &box[0] }
    }

    @inlinable
    public subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { box[0][keyPath: path] }
}

extension Shared: Sendable where Value: Sendable {}
extension Shared: Equatable where Value: Equatable {}
extension Shared: Hashable where Value: Hashable {}
