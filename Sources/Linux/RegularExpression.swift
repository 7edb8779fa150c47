// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// PCRE2, loaded when a configuration has the first regular expression.
private final class PCRE2Library {
    typealias Compile = @convention(c) (
        UnsafePointer<UInt8>?, Int, UInt32, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int>, OpaquePointer?
    ) -> OpaquePointer?
    typealias Match = @convention(c) (
        OpaquePointer, UnsafePointer<UInt8>?, Int, Int, UInt32, OpaquePointer, OpaquePointer?
    ) -> Int32
    typealias MakeMatchData = @convention(c) (OpaquePointer, OpaquePointer?) -> OpaquePointer?
    typealias Offsets = @convention(c) (OpaquePointer) -> UnsafeMutablePointer<Int>
    typealias Free = @convention(c) (OpaquePointer) -> Void
    typealias MakeContext = @convention(c) (OpaquePointer?) -> OpaquePointer?
    typealias SetLimit = @convention(c) (OpaquePointer, UInt32) -> Int32
    typealias ErrorText = @convention(c) (Int32, UnsafeMutablePointer<UInt8>, Int) -> Int32

    let compile: Compile
    let match: Match
    let makeMatchData: MakeMatchData
    let offsets: Offsets
    let freeCode: Free
    let freeMatchData: Free
    let errorText: ErrorText
    let setHeapLimit: SetLimit
    /// Bounds the work of one match: a pattern must not stop the process.
    let context: OpaquePointer?

    init() throws(SharedLibrary.Missing) {
        let library = try SharedLibrary("libpcre2-8.so.0")
        compile = try library.function("pcre2_compile_8", Compile.self)
        match = try library.function("pcre2_match_8", Match.self)
        makeMatchData = try library.function("pcre2_match_data_create_from_pattern_8", MakeMatchData.self)
        offsets = try library.function("pcre2_get_ovector_pointer_8", Offsets.self)
        freeCode = try library.function("pcre2_code_free_8", Free.self)
        freeMatchData = try library.function("pcre2_match_data_free_8", Free.self)
        errorText = try library.function("pcre2_get_error_message_8", ErrorText.self)
        context = try library.function("pcre2_match_context_create_8", MakeContext.self)(nil)
        if let context { _ = try library.function("pcre2_set_match_limit_8", SetLimit.self)(context, 1_000_000) }
        setHeapLimit = try library.function("pcre2_set_heap_limit_8", SetLimit.self)
    }
}

/// A compiled regular expression over bytes.
package final class RegularExpression {
    /// Why a pattern cannot be compiled.
    package struct Fault: Error { package var reason: String }

    private let library: PCRE2Library
    private let code: OpaquePointer
    private let matchData: OpaquePointer

    /// `options` are PCRE2's compile options (PCRE2_CASELESS and so on), `room` is how many bytes a match may use; nil: 20 million.
    package convenience init(_ pattern: String, options: UInt32, room: Int? = nil) throws(Fault) {
        let library: PCRE2Library
        do { library = try PCRE2Library() } catch { throw Fault(reason: error.reason) }
        if let room, let context = library.context { _ = library.setHeapLimit(context, UInt32(clamping: (room + 1023) / 1024)) }
        try self.init(pattern, options, library)
    }

    private init(_ pattern: String, _ options: UInt32, _ library: PCRE2Library) throws(Fault) {
        var fault: Int32 = 0
        var place = 0
        let bytes = Array(pattern.utf8)
        let code = bytes.withUnsafeBufferPointer { library.compile($0.baseAddress, $0.count, options, &fault, &place, nil) }
        guard let code else {
            var text = [UInt8](repeating: 0, count: 256)
            let length = library.errorText(fault, &text, text.count)
            throw Fault(reason: String(decoding: text.prefix(max(0, Int(length))), as: UTF8.self) + " at offset \(place)")
        }
        guard let matchData = library.makeMatchData(code, nil) else {
            library.freeCode(code)
            throw Fault(reason: "out of memory")
        }
        self.library = library
        self.code = code
        self.matchData = matchData
    }

    deinit {
        library.freeMatchData(matchData)
        library.freeCode(code)
    }

    /// Where the first match at or after `start` begins; nil if there is none, or finding out takes too long.
    package func firstMatch(in bytes: [UInt8], from start: Int) -> Int? {
        guard start <= bytes.count else { return nil }
        // PCRE2 wants an address even for nothing.
        let found = (bytes + [0]).withUnsafeBufferPointer {
            library.match(code, $0.baseAddress, bytes.count, start, 0, matchData, library.context)
        }
        return found > 0 ? library.offsets(matchData)[0] : nil
    }
}
