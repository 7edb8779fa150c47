// SPDX-License-Identifier: GPL-2.0-or-later

/// A type with a value that most of its variables have.
public protocol Defaulted {
    /// The usual value.
    init()

    /// Whether this is the usual value.
    var isDefault: Bool { get }
}

extension Defaulted where Self: Equatable {
    @inlinable public var isDefault: Bool { self == Self() }
}

extension Optional: Defaulted {
    @inlinable
    public init() { self = nil }

    @inlinable public var isDefault: Bool {
        switch self {
        case .none: true
        case .some: false
        }
    }
}

/// A large value that is seldom anything but its default: one word where it stands, and memory of its own only when it differs.
///
/// A thousand routers without scripts do not each carry the places of seven scripts. Copies are independent, as of any value.
@propertyWrapper
public struct Seldom<Value: Defaulted> {
    /// The value, unless it is the default.
    @usableFromInline var box: [Value] = []

    @inlinable
    public init(wrappedValue: Value) { put(wrappedValue) }

    @inlinable public var wrappedValue: Value {
        get { box.isEmpty ? Value() : box[0] }
        set { put(newValue) }
        _modify {
            if box.isEmpty {
                var value = Value()
                defer { put(value) }
                yield &value
            } else {
                defer { if box[0].isDefault { box = [] } }
                yield &box[0]
            }
        }
    }

    @inlinable
    mutating func put(_ value: Value) {
        if value.isDefault {
            box = []
        } else if box.isEmpty {
            box = [value]
        } else {
            box[0] = value
        }
    }
}

extension Seldom: Sendable where Value: Sendable {}
extension Seldom: Equatable where Value: Equatable {}
extension Seldom: Hashable where Value: Hashable {}
