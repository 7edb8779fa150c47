// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// A value in a message of the bus, as far as ours have them.
package indirect enum BusValue: Equatable, Sendable {
    case string(String)
    case unsigned(UInt32)
    case structure([BusValue])
    case variant(BusValue)
    /// From texts to variants.
    case dictionary([(key: String, value: BusValue)])

    package static func == (left: BusValue, right: BusValue) -> Bool {
        switch (left, right) {
        case (.string(let a), .string(let b)): a == b
        case (.unsigned(let a), .unsigned(let b)): a == b
        case (.structure(let a), .structure(let b)): a == b
        case (.variant(let a), .variant(let b)): a == b
        case (.dictionary(let a), .dictionary(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        case (.string, _), (.unsigned, _), (.structure, _), (.variant, _), (.dictionary, _): false
        }
    }

    /// The type in the letters of the D-Bus specification.
    package var signature: String {
        switch self {
        case .string: "s"
        case .unsigned: "u"
        case .structure(let members): "(" + members.map(\.signature).joined() + ")"
        case .variant: "v"
        case .dictionary: "a{sv}"
        }
    }
}

/// A method that somebody calls.
package struct BusCall: Equatable, Sendable {
    package var path: String
    /// Empty where the caller names none.
    package var interface: String
    package var member: String
    /// The leading texts among the arguments, at most two: all that our methods take.
    package var words: [String]

    package init(path: String, interface: String, member: String, words: [String] = []) {
        self.path = path
        self.interface = interface
        self.member = member
        self.words = words
    }
}

/// What is said to a call.
package enum BusAnswer: Equatable, Sendable {
    case values([BusValue])
    /// The name of an error of the D-Bus specification below org.freedesktop.DBus.Error, and a sentence.
    case failure(String, String)
}

/// A connection to the system's message bus. It waits for the bus, so this runs in a process that has nothing else to do.
package final class MessageBus {
    private let library: MessageBusLibrary
    private let bus: MessageBusLibrary.Bus
    private let answer: (BusCall) -> BusAnswer

    /// Connects and takes the name; every call that comes is answered by `answer`.
    package init(name: String, answer: @escaping (BusCall) -> BusAnswer) throws(Unavailable) {
        do throws(SharedLibrary.Missing) {
            library = try MessageBusLibrary()
        } catch {
            throw .library(LibraryMissing(reason: error.reason))
        }
        var opened: MessageBusLibrary.Bus?
        let code = library.open(&opened)
        guard code >= 0, let opened else { throw .bus(SystemError(call: "sd_bus_open_system", code: -code)) }
        bus = opened
        self.answer = answer
        let named = library.requestName(bus, name, 0)
        guard named >= 0 else { throw .bus(SystemError(call: "sd_bus_request_name \(name)", code: -named)) }
        _ = library.addFilter(bus, nil, takeMessage, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Why there is no connection.
    package enum Unavailable: Error {
        case library(LibraryMissing)
        case bus(SystemError)
    }

    /// Serves the bus until the descriptor can be read; false once the bus is gone.
    package func serve(until descriptor: FileDescriptor) -> Bool {
        while true {
            var code: Int32 = 1
            while code > 0 { code = library.process(bus, nil) }
            guard code == 0 else { return false }
            var pollers = [
                pollfd(fd: library.descriptor(bus), events: Int16(library.events(bus)), revents: 0),
                pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&pollers, 2, 10_000)
            if pollers[1].revents != 0 { return true }
        }
    }

    /// Sends a signal to everybody who listens.
    package func emit(_ member: String, of interface: String, at path: String, _ values: [BusValue] = []) {
        var message: MessageBusLibrary.Message?
        guard library.makeSignal(bus, &message, path, interface, member) >= 0, let message else { return }
        transmit(message, values)
    }

    /// Writes out what is queued and closes.
    package func close() { _ = library.release(bus) }

    fileprivate func take(_ message: MessageBusLibrary.Message) -> Int32 {
        guard library.isMethodCall(message, nil, nil) > 0, let path = library.path(message), let member = library.member(message)
        else { return 0 }
        let call = BusCall(
            path: String(cString: path), interface: library.interface(message).map { String(cString: $0) } ?? "",
            member: String(cString: member), words: words(of: message))
        var reply: MessageBusLibrary.Message?
        switch answer(call) {
        case .values(let values):
            guard library.makeReply(message, &reply) >= 0, let reply else { return 0 }
            transmit(reply, values)
        case .failure(let name, let sentence):
            guard makeError(for: message, &reply, name, sentence) >= 0, let reply else { return 0 }
            transmit(reply, [])
        }
        return 1
    }

    private func words(of message: MessageBusLibrary.Message) -> [String] {
        var words: [String] = []
        var text: UnsafePointer<CChar>?
        while words.count < 2, library.read(message, Self.letter("s"), &text) > 0, let text {
            words.append(String(cString: text))
        }
        return words
    }

    private func makeError(
        for call: MessageBusLibrary.Message, _ reply: inout MessageBusLibrary.Message?, _ name: String, _ sentence: String
    ) -> Int32 {
        ("org.freedesktop.DBus.Error." + name).withCString { name in
            sentence.withCString { sentence in
                // struct sd_bus_error: name, message, and whether the two are to be freed.
                let error: (UnsafePointer<CChar>, UnsafePointer<CChar>, Int) = (name, sentence, 0)
                return withUnsafePointer(to: error) { library.makeError(call, &reply, $0) }
            }
        }
    }

    private func transmit(_ message: MessageBusLibrary.Message, _ values: [BusValue]) {
        for value in values { append(value, to: message) }
        _ = library.send(bus, message, nil)
        _ = library.releaseMessage(message)
    }

    private func append(_ value: BusValue, to message: MessageBusLibrary.Message) {
        switch value {
        case .string(let text): _ = text.withCString { library.append(message, Self.letter("s"), $0) }
        case .unsigned(let number): _ = withUnsafePointer(to: number) { library.append(message, Self.letter("u"), $0) }
        case .structure(let members):
            _ = library.openContainer(message, Self.letter("r"), members.map(\.signature).joined())
            for member in members { append(member, to: message) }
            _ = library.closeContainer(message)
        case .variant(let inner):
            _ = library.openContainer(message, Self.letter("v"), inner.signature)
            append(inner, to: message)
            _ = library.closeContainer(message)
        case .dictionary(let entries):
            _ = library.openContainer(message, Self.letter("a"), "{sv}")
            for entry in entries {
                _ = library.openContainer(message, Self.letter("e"), "sv")
                append(.string(entry.key), to: message)
                append(.variant(entry.value), to: message)
                _ = library.closeContainer(message)
            }
            _ = library.closeContainer(message)
        }
    }

    private static func letter(_ letter: Unicode.Scalar) -> CChar { CChar(UInt8(ascii: letter)) }
}

/// What sd-bus calls for every message.
private let takeMessage: MessageBusLibrary.Handler = { message, context, _ in
    guard let message, let context else { return 0 }
    return Unmanaged<MessageBus>.fromOpaque(context).takeUnretainedValue().take(message)
}
