// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// A shared library taken into the process when the configuration asks for what it does.
///
/// libcrypto costs some megabytes of private memory in every process that links it, and few configurations need a
/// digest.
struct Library {
    private let handle: UnsafeMutableRawPointer

    /// Nil if none of the names can be loaded. The library is never let go.
    init?(_ names: String...) {
        for name in names {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                self.handle = handle
                return
            }
        }
        return nil
    }

    /// The function of this name; `type` must be its C type, which nothing can check.
    func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
}
