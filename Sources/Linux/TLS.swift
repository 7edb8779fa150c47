// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// OpenSSL, loaded when a configuration has the first TLS connection.
final class OpenSSL {
    typealias Object = OpaquePointer
    typealias Make = @convention(c) () -> Object?
    typealias MakeFrom = @convention(c) (Object) -> Object?
    typealias Free = @convention(c) (Object) -> Void
    typealias Act = @convention(c) (Object) -> Int32
    typealias WithNumber = @convention(c) (Object, Int32) -> Int32
    typealias Control = @convention(c) (Object, Int32, Int, UnsafeMutableRawPointer?) -> Int
    typealias Options = @convention(c) (Object, UInt64) -> UInt64
    typealias Read = @convention(c) (Object, UnsafeMutableRawPointer?, Int32) -> Int32
    typealias Write = @convention(c) (Object, UnsafeRawPointer?, Int32) -> Int32
    typealias Locations = @convention(c) (Object, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Int32
    typealias File = @convention(c) (Object, UnsafePointer<CChar>) -> Int32
    typealias TypedFile = @convention(c) (Object, UnsafePointer<CChar>, Int32) -> Int32
    typealias UserData = @convention(c) (Object, UnsafeMutableRawPointer?) -> Void
    typealias SetSession = @convention(c) (Object, Object) -> Int32
    typealias NextError = @convention(c) () -> UInt
    typealias ErrorText = @convention(c) (UInt, UnsafeMutablePointer<CChar>, Int) -> Void
    typealias ClearErrors = @convention(c) () -> Void

    let clientMethod: Make
    let makeContext: MakeFrom
    let freeContext: Free
    let loadAuthorities: Locations
    let useCertificate: File
    let useKey: TypedFile
    let setPassword: UserData
    let make: MakeFrom
    let free: Free
    let setDescriptor: WithNumber
    let connect: Act
    let shutdown: Act
    let read: Read
    let write: Write
    let failure: WithNumber
    let control: Control
    let setOptions: Options
    let session: MakeFrom
    let setSession: SetSession
    let freeSession: Free
    private let nextError: NextError
    private let errorText: ErrorText
    let clearErrors: ClearErrors

    init() throws(SharedLibrary.Missing) {
        let library = try SharedLibrary("libssl.so.3", "libssl.so.1.1")
        clientMethod = try library.function("TLS_client_method", Make.self)
        makeContext = try library.function("SSL_CTX_new", MakeFrom.self)
        freeContext = try library.function("SSL_CTX_free", Free.self)
        loadAuthorities = try library.function("SSL_CTX_load_verify_locations", Locations.self)
        useCertificate = try library.function("SSL_CTX_use_certificate_chain_file", File.self)
        useKey = try library.function("SSL_CTX_use_PrivateKey_file", TypedFile.self)
        setPassword = try library.function("SSL_CTX_set_default_passwd_cb_userdata", UserData.self)
        make = try library.function("SSL_new", MakeFrom.self)
        free = try library.function("SSL_free", Free.self)
        setDescriptor = try library.function("SSL_set_fd", WithNumber.self)
        connect = try library.function("SSL_connect", Act.self)
        shutdown = try library.function("SSL_shutdown", Act.self)
        read = try library.function("SSL_read", Read.self)
        write = try library.function("SSL_write", Write.self)
        failure = try library.function("SSL_get_error", WithNumber.self)
        control = try library.function("SSL_ctrl", Control.self)
        setOptions = try library.function("SSL_set_options", Options.self)
        session = try library.function("SSL_get1_session", MakeFrom.self)
        setSession = try library.function("SSL_set_session", SetSession.self)
        freeSession = try library.function("SSL_SESSION_free", Free.self)
        nextError = try library.function("ERR_get_error", NextError.self)
        errorText = try library.function("ERR_error_string_n", ErrorText.self)
        clearErrors = try library.function("ERR_clear_error", ClearErrors.self)
    }

    /// The last error in OpenSSL's words, the part behind the last colon.
    var lastError: String {
        let code = nextError()
        guard code != 0 else { return "connection lost" }
        var text = [CChar](repeating: 0, count: 256)
        errorText(code, &text, text.count)
        let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return words.split(separator: ":").last.map(String.init) ?? words
    }
}

/// What connections have in common: the certificates, and the sessions that can be taken up again.
package final class TLSContext {
    /// Why TLS cannot be used as asked.
    package struct Fault: Error { package var reason: String }

    /// Files in PEM form.
    package struct Files {
        package var authorities: String?
        package var certificate: String?
        package var key: String?
        package var password: String?

        package init(
            authorities: String? = nil, certificate: String? = nil, key: String? = nil, password: String? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
            self.password = password
        }
    }

    let library: OpenSSL
    let context: OpaquePointer
    private var password: UnsafeMutablePointer<CChar>?
    fileprivate var sessions: [String: OpaquePointer] = [:]

    package init(_ files: Files = Files()) throws(Fault) {
        do { library = try OpenSSL() } catch { throw Fault(reason: error.reason) }
        guard let method = library.clientMethod(), let context = library.makeContext(method) else {
            throw Fault(reason: library.lastError)
        }
        self.context = context
        if let text = files.password {
            password = strdup(text)
            library.setPassword(context, password)
        }
        if let path = files.authorities, library.loadAuthorities(context, path, nil) != 1 {
            throw Fault(reason: "\(path): \(library.lastError)")
        }
        if let path = files.certificate, library.useCertificate(context, path) != 1 {
            throw Fault(reason: "\(path): \(library.lastError)")
        }
        if let path = files.key, library.useKey(context, path, 1) != 1 {
            throw Fault(reason: "\(path): \(library.lastError)")
        }
    }

    deinit {
        for session in sessions.values { library.freeSession(session) }
        library.freeContext(context)
        Glibc.free(password)
    }
}

/// The TLS side of one client connection over a non-blocking socket.
package final class TLSConnection {
    /// How a call went on.
    package enum Outcome: Equatable {
        case done
        case bytes([UInt8])
        /// To be called again when the socket is readable, or writable.
        case wantsRead
        case wantsWrite
        /// The peer closed, by TLS's own notice.
        case closed
        case failed(String)
    }

    private let context: TLSContext
    private let connection: OpaquePointer
    private let peer: String

    /// - Parameters:
    ///   - peer: Names who is connected to; sessions are kept by it.
    ///   - name: The server's name to send (SNI).
    ///   - isStrict: An end without notice is a failure, not an end.
    package init?(_ context: TLSContext, on descriptor: FileDescriptor, peer: String, name: String?, isStrict: Bool) {
        guard let connection = context.library.make(context.context) else { return nil }
        self.context = context
        self.connection = connection
        self.peer = "\(peer) \(name ?? "")"
        guard context.library.setDescriptor(connection, descriptor.number) == 1 else { return nil }
        // SSL_OP_IGNORE_UNEXPECTED_EOF
        if !isStrict { _ = context.library.setOptions(connection, 1 << 7) }
        if let name {
            // SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name
            var text = name.utf8CString
            text.withUnsafeMutableBytes { _ = context.library.control(connection, 55, 0, $0.baseAddress) }
        }
        if let session = context.sessions[self.peer] { _ = context.library.setSession(connection, session) }
    }

    deinit { context.library.free(connection) }

    /// Goes on with the handshake.
    package func handshake() -> Outcome {
        context.library.clearErrors()
        let result = context.library.connect(connection)
        return result == 1 ? .done : outcome(result)
    }

    /// What has come, up to `limit` bytes.
    package func read(limit: Int) -> Outcome {
        context.library.clearErrors()
        var result: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            result = context.library.read(connection, room.baseAddress, Int32(clamping: limit))
            count = max(0, Int(result))
        }
        return result > 0 ? .bytes(bytes) : outcome(result)
    }

    /// Writes all of it or nothing: requests are short.
    package func write(_ bytes: [UInt8]) -> Outcome {
        context.library.clearErrors()
        let result = bytes.withUnsafeBytes {
            context.library.write(connection, $0.baseAddress, Int32(clamping: $0.count))
        }
        return result > 0 ? .done : outcome(result)
    }

    /// Tells the peer that this is the end, and keeps the session, so that the next connection to this peer need not begin from
    /// nothing. (OpenSSL forbids to take up a session whose connection was not ended by its own notice.)
    package func keepSession() {
        context.library.clearErrors()
        _ = context.library.shutdown(connection)
        guard let session = context.library.session(connection) else { return }
        if let old = context.sessions.updateValue(session, forKey: peer) { context.library.freeSession(old) }
    }

    /// SSL_ERROR_*.
    private func outcome(_ result: Int32) -> Outcome {
        switch context.library.failure(connection, result) {
        case 2: .wantsRead
        case 3: .wantsWrite
        case 6: .closed
        default: .failed(context.library.lastError)
        }
    }
}
