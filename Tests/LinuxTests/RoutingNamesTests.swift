// SPDX-License-Identifier: GPL-2.0-or-later

import Linux
import Testing

struct RoutingNamesTests {
    @Test func namesOfIproute2AreKnown() {
        let names = RoutingNames()
        #expect(names.number("rt_tables", "main") == 254)
        #expect(names.number("rt_scopes", "link") == 253)
        #expect(names.number("rt_protos", "keepalived") == 18)
        #expect(names.number("rt_tables", "no such table") == nil)
    }

    /// The operator's own file names a service class in hex.
    @Test func numbersInHexAreRead() {
        #expect(RoutingNames().number("rt_dsfield", "EF") == 0xb8)
    }
}
