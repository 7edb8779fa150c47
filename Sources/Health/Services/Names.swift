// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// How virtual and real servers are called in log lines, mails and FIFO lines.

extension VirtualServerSettings {
    /// `[10.0.0.1]:tcp:80`, `[group]:0` or `FWM 7`.
    package var name: String {
        switch target {
        case .address(let address, let port): "[\(address)]:\(transport?.word ?? "none"):\(port)"
        case .mark(let mark): "FWM \(mark)"
        case .group(let name): "[\(name)]:\(groupOrdinal)"
        }
    }

    /// The name of a server of this virtual server: `[10.0.0.1]:tcp:80`.
    package func name(of server: ServerKey) -> String {
        "[\(server.address)]:\(transport?.word ?? "none"):\(server.port)"
    }
}

/// An address and a port as the connection of a checker is called: `[10.0.0.1]:80`.
package func endpointName(_ address: IPAddress, port: UInt16) -> String { "[\(address)]:\(port)" }
