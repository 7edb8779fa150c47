// SPDX-License-Identifier: GPL-2.0-or-later

/// A place in a target that is filled very often: a stored property is reached where it lies, without the detour of its key path.
struct Place<Target, Value>: Sendable {
    private let path: SettingPath<Target, Value>
    /// Bytes from the beginning of the target; nil for what is computed.
    private let offset: Int?

    init(_ path: SettingPath<Target, Value>) {
        self.path = path
        offset = MemoryLayout<Target>.offset(of: path)
    }

    @inline(__always)
    func change(_ target: inout Target, _ body: (inout Value) -> Void) {
        guard let offset else { return body(&target[keyPath: path]) }
        withUnsafeMutablePointer(to: &target) { start in
            body(&UnsafeMutableRawPointer(start).advanced(by: offset).assumingMemoryBound(to: Value.self).pointee)
        }
    }

    @inline(__always)
    func set(_ target: inout Target, to value: Value) { change(&target) { $0 = value } }

    /// For messages, where time is of no matter.
    func value(in target: Target) -> Value { target[keyPath: path] }
}
