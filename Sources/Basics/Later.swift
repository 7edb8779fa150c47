// SPDX-License-Identifier: GPL-2.0-or-later

import Synchronization

/// A value that is made when it is asked for the first time, and then kept: for what is large and most runs never need.
///
/// Whoever asks while another thread makes it waits; making it must not ask for it.
public final class Later<Value: Sendable>: Sendable {
    private let state: Mutex<State>

    private enum State: Sendable {
        case made(Value)
        case open(@Sendable () -> Value)
    }

    public init(_ make: @escaping @Sendable () -> Value) { state = Mutex(.open(make)) }

    public var value: Value {
        state.withLock { state in
            switch state {
            case .made(let value):
                return value
            case .open(let make):
                let value = make()
                state = .made(value)
                return value
            }
        }
    }
}
