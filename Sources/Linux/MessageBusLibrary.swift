// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// sd-bus of libsystemd, loaded in the process that speaks to the message bus. Only functions with a fixed number of arguments.
struct MessageBusLibrary {
    typealias Bus = OpaquePointer
    typealias Message = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Open = @convention(c) (UnsafeMutablePointer<Bus?>) -> Int32
    typealias WithBus = @convention(c) (Bus) -> Int32
    typealias Release = @convention(c) (Bus) -> Bus?
    typealias RequestName = @convention(c) (Bus, Text, UInt64) -> Int32
    typealias Handler = @convention(c) (Message?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
    typealias AddFilter = @convention(c) (
        Bus, UnsafeMutablePointer<OpaquePointer?>?, Handler, UnsafeMutableRawPointer?
    ) -> Int32
    typealias Process = @convention(c) (Bus, UnsafeMutablePointer<Message?>?) -> Int32
    typealias Inquire = @convention(c) (Message) -> Text?
    typealias IsKind = @convention(c) (Message, Text?, Text?) -> Int32
    typealias MakeReply = @convention(c) (Message, UnsafeMutablePointer<Message?>) -> Int32
    typealias MakeSignal = @convention(c) (Bus, UnsafeMutablePointer<Message?>, Text, Text, Text) -> Int32
    typealias MakeError = @convention(c) (Message, UnsafeMutablePointer<Message?>, UnsafeRawPointer) -> Int32
    typealias Append = @convention(c) (Message, CChar, UnsafeRawPointer?) -> Int32
    typealias OpenContainer = @convention(c) (Message, CChar, Text) -> Int32
    typealias WithMessage = @convention(c) (Message) -> Int32
    typealias ReleaseMessage = @convention(c) (Message) -> Message?
    typealias Send = @convention(c) (Bus, Message, UnsafeMutablePointer<UInt64>?) -> Int32
    typealias Read = @convention(c) (Message, CChar, UnsafeMutableRawPointer) -> Int32

    let open: Open
    let release: Release
    let descriptor: WithBus
    let events: WithBus
    let requestName: RequestName
    let addFilter: AddFilter
    let process: Process
    let path: Inquire
    let interface: Inquire
    let member: Inquire
    let isMethodCall: IsKind
    let makeReply: MakeReply
    let makeSignal: MakeSignal
    let makeError: MakeError
    let append: Append
    let openContainer: OpenContainer
    let closeContainer: WithMessage
    let read: Read
    let releaseMessage: ReleaseMessage
    let send: Send

    init() throws(SharedLibrary.Missing) {
        let library = try SharedLibrary("libsystemd.so.0")
        open = try library.function("sd_bus_open_system", Open.self)
        release = try library.function("sd_bus_flush_close_unref", Release.self)
        descriptor = try library.function("sd_bus_get_fd", WithBus.self)
        events = try library.function("sd_bus_get_events", WithBus.self)
        requestName = try library.function("sd_bus_request_name", RequestName.self)
        addFilter = try library.function("sd_bus_add_filter", AddFilter.self)
        process = try library.function("sd_bus_process", Process.self)
        path = try library.function("sd_bus_message_get_path", Inquire.self)
        interface = try library.function("sd_bus_message_get_interface", Inquire.self)
        member = try library.function("sd_bus_message_get_member", Inquire.self)
        isMethodCall = try library.function("sd_bus_message_is_method_call", IsKind.self)
        makeReply = try library.function("sd_bus_message_new_method_return", MakeReply.self)
        makeSignal = try library.function("sd_bus_message_new_signal", MakeSignal.self)
        makeError = try library.function("sd_bus_message_new_method_error", MakeError.self)
        append = try library.function("sd_bus_message_append_basic", Append.self)
        openContainer = try library.function("sd_bus_message_open_container", OpenContainer.self)
        closeContainer = try library.function("sd_bus_message_close_container", WithMessage.self)
        read = try library.function("sd_bus_message_read_basic", Read.self)
        releaseMessage = try library.function("sd_bus_message_unref", ReleaseMessage.self)
        send = try library.function("sd_bus_send", Send.self)
    }
}
