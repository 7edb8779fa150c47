// SPDX-License-Identifier: GPL-2.0-or-later

/// What a text is recognised by among processes that are forked from one another: the chance that another text has the same is one in 2^64.
///
/// The secret that it is made with is drawn anew by each start of the program, so no text can be made to look like another.
public struct Fingerprint: Hashable, Sendable {
    /// As processes keep it for each other.
    public let number: UInt64

    public init(number: UInt64) { self.number = number }

    /// Of one text.
    public init(_ bytes: ArraySlice<UInt8>) {
        var maker = FingerprintMaker()
        maker.add(bytes)
        self = maker.fingerprint
    }

    /// Of what a value is told apart by.
    public init(of value: some Hashable) {
        var maker = FingerprintMaker()
        maker.add(value: value)
        self = maker.fingerprint
    }
}

/// Makes the fingerprint of several texts in a row.
public struct FingerprintMaker {
    private var hasher = Hasher()

    public init() {}

    /// A text more: where it ends counts, too.
    public mutating func add(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(bytes.count)
    }

    /// A value more.
    public mutating func add(value: some Hashable) { hasher.combine(value) }

    /// Of all that was added.
    public var fingerprint: Fingerprint { Fingerprint(number: UInt64(truncatingIfNeeded: hasher.finalize())) }
}
