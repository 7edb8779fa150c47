// SPDX-License-Identifier: GPL-2.0-or-later

/// What the VRRP process tells its companion on the message bus. The first byte says what it is.
///
///     +------+-------+-----------------+------+------+
///     | kind | state | length of path  | path | name |
///     | 1    | 1     | 2, big-endian   |      |      |
///     +------+-------+-----------------+------+------+
enum BusMessage: Equatable {
    /// The instances that follow are all there are.
    case clear
    case instance(path: String, name: String, BusState)
    /// An instance changed its state.
    case change(path: String, BusState)
    case started
    case reloaded
    case stopped

    private var kind: UInt8 {
        switch self {
        case .clear: 1
        case .instance: 2
        case .change: 3
        case .started: 4
        case .reloaded: 5
        case .stopped: 6
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .clear, .started, .reloaded, .stopped: [kind]
        case .instance(let path, let name, let state): head(state, path) + Array(name.utf8)
        case .change(let path, let state): head(state, path)
        }
    }

    private func head(_ state: BusState, _ path: String) -> [UInt8] {
        let path = Array(path.utf8)
        return [kind, state.rawValue, UInt8(path.count >> 8 & 0xff), UInt8(path.count & 0xff)] + path
    }

    /// Nil for what this program does not write.
    init?(bytes: [UInt8]) {
        switch bytes.first {
        case 1: self = .clear
        case 4: self = .started
        case 5: self = .reloaded
        case 6: self = .stopped
        case let kind? where kind == 2 || kind == 3:
            guard bytes.count >= 4, let state = BusState(rawValue: bytes[1]) else { return nil }
            let end = 4 + Int(bytes[2]) << 8 + Int(bytes[3])
            guard end <= bytes.count else { return nil }
            let path = String(decoding: bytes[4..<end], as: UTF8.self)
            self = kind == 2
                ? .instance(path: path, name: String(decoding: bytes[end...], as: UTF8.self), state) : .change(path: path, state)
        default: return nil
        }
    }
}

/// What somebody on the message bus wants done.
enum BusOrder: Equatable {
    case printData
    case printStatistics
    case printAndClearStatistics
    case reload
    /// One announcement for each address of the instance at that path.
    case announce(path: String)

    var bytes: [UInt8] {
        switch self {
        case .printData: [1]
        case .printStatistics: [2]
        case .printAndClearStatistics: [3]
        case .reload: [4]
        case .announce(let path): [5] + Array(path.utf8)
        }
    }

    /// Nil for what this program does not write.
    init?(bytes: [UInt8]) {
        switch bytes.first {
        case 1: self = .printData
        case 2: self = .printStatistics
        case 3: self = .printAndClearStatistics
        case 4: self = .reload
        case 5: self = .announce(path: String(decoding: bytes.dropFirst(), as: UTF8.self))
        default: return nil
        }
    }
}
