// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// A library that is looked for when it is needed, and stays.
struct SharedLibrary {
    struct Missing: Error { var reason: String }

    private let handle: UnsafeMutableRawPointer
    private let name: String

    /// Opens the first of these that is there.
    init(_ names: String...) throws(Missing) {
        for name in names {
            if let handle = dlopen(name, RTLD_NOW) {
                self.handle = handle
                self.name = name
                return
            }
        }
        throw Missing(reason: "\(names[0]) is not installed")
    }

    /// A function by its name; `type` must be its C signature.
    func function<Function>(_ symbol: String, _ type: Function.Type) throws(Missing) -> Function {
        precondition(MemoryLayout<Function>.size == MemoryLayout<UnsafeRawPointer>.size, "A C function pointer is one pointer wide.")
        guard let pointer = dlsym(handle, symbol) else { throw Missing(reason: "\(name) has no \(symbol)") }
        return unsafeBitCast(pointer, to: Function.self)
    }
}
