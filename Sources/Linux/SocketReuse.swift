// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

extension Socket {
    /// Binds to a port that a connection of a moment ago still occupies.
    package func allowSamePort() throws(SystemError) { try set(SOL_SOCKET, SO_REUSEADDR, 1) }

    /// Ends the connection with a reset when it is closed, so that no trace of it keeps the port.
    package func resetOnClose() throws(SystemError) {
        var option = linger(l_onoff: 1, l_linger: 0)
        try system("setsockopt") {
            setsockopt(descriptor.number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }
}
