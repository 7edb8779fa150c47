// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The kernel said no: which call, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The name of the system call, or of the libc function.
    package let call: String
    /// The errno it left.
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// What strerror says: "No such file or directory".
    package var reason: String { Self.text(of: code) }

    package var description: String { "\(call): \(reason)" }

    /// Nothing to read, or no room to write, just now.
    package var wouldBlock: Bool { code == EAGAIN }
    /// There is no such file, process or interface.
    package var isMissing: Bool { code == ENOENT || code == ESRCH || code == ENODEV }
    package var isDenied: Bool { code == EPERM || code == EACCES }
    /// Somebody else has it: a locked file, an address in use, an existing object.
    package var isTaken: Bool { code == EAGAIN || code == EACCES || code == EEXIST || code == EADDRINUSE }

    /// No route leads there.
    package var isUnreachable: Bool { code == ENETUNREACH }

    /// EINVAL, for errors made here.
    package static var invalidArgument: Int32 { EINVAL }
    /// ENOENT, for errors found here.
    package static var noSuchEntry: Int32 { ENOENT }

    /// ENODEV: the interface that something was to be done on is not there.
    package static let noDevice = SystemError(call: "interface", code: ENODEV)

    static func text(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}

/// Makes a libc call that reports through errno, again if a signal interrupted it.
///
/// Never inlined: nothing the compiler puts around the call may touch errno before it is read.
@inline(never)
@discardableResult
func system<Result: FixedWidthInteger & SignedInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(call: "\(call)", code: code) }
    }
}

/// Makes a call through a C shim, which returns a negative errno, again if a signal interrupted it.
@discardableResult
func shim<Result: FixedWidthInteger & SignedInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = Int32(truncatingIfNeeded: -result)
        if code != EINTR { throw SystemError(call: "\(call)", code: code) }
    }
}
