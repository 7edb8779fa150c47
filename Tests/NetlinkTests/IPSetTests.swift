// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Testing

/// Requests about sets as ipset 7.17 sends them (recorded with strace), but for what it says of its own: revision and line.
struct IPSetTests {
    private static let keepalived = "0500010006000000 0f0002006b656570616c697665640000"

    @Test("sets are made, filled and removed as ipset does it", arguments: [
        (IPSetRequest(.create(.address, .ipv4), "keepalived"),
         "4c00000002060500 02000000 \(keepalived) 0c000300686173683a697000 0500040000000000 0500050002000000 04000780"),
        (IPSetRequest(.create(.networkAndInterface, .ipv6), "keepalived"),
         "5400000002060500 02000000 \(keepalived) 13000300686173683a6e65742c69666163650000 0500040000000000 050005000a000000 04000780"),
        (IPSetRequest(.add([IPSetRequest.Element(.v4(0x0a5a_0909))]), "keepalived"),
         "4800000009060500 02000000 \(keepalived) 0800094000000000 14000880 10000780 0c000180 080001400a5a0909"),
        (IPSetRequest(.delete([IPSetRequest.Element(.v4(0x0a5a_0909))]), "keepalived"),
         "480000000a060500 02000000 \(keepalived) 0800094000000000 14000880 10000780 0c000180 080001400a5a0909"),
        (IPSetRequest(.add([IPSetRequest.Element(.v6(high: 0xfe80 << 48, low: 8), interface: "eth0")]), "keepalived"),
         """
         6000000009060500 02000000 \(keepalived) 0800094000000000 2c000880 28000780 18000180 14000240
         fe800000000000000000000000000008 090017006574683000000000
         """),
        (IPSetRequest(.flush, "keepalived"), "2c00000004060500 02000000 \(keepalived)"),
        (IPSetRequest(.destroy, "keepalived"), "2c00000003060500 02000000 \(keepalived)"),
    ])
    func requests(_ request: IPSetRequest, _ hex: String) {
        var buffer = MessageBuffer()
        request.write(into: &buffer, sequence: 0)
        // Sequence and port
        let ours = Array(buffer.bytes[..<8] + buffer.bytes[16...])
        #expect(ours == bytes(hex))
    }
}
