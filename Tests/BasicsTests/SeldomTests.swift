// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing

private struct Extra: Defaulted, Hashable {
    var name = ""
    var numbers: [Int] = []
}

private struct Thing: Hashable {
    @Seldom var extra = Extra()
    @Seldom var more: Extra? = nil
}

struct SeldomTests {
    @Test("Is the default until it is set, and a word where it stands")
    func size() {
        let thing = Thing()
        #expect(thing.extra == Extra() && thing.more == nil)
        #expect(MemoryLayout<Thing>.size == 16)
    }

    @Test("Copies are independent")
    func copies() {
        var one = Thing()
        one.extra.numbers.append(1)
        var two = one
        two.extra.numbers.append(2)
        two.more = Extra(name: "more")
        #expect(one.extra.numbers == [1] && one.more == nil)
        #expect(two.extra.numbers == [1, 2] && two.more?.name == "more")
        two.more?.name = "less"
        #expect(two.more?.name == "less")
    }

    @Test("What is set back to the default equals what never left it")
    func equality() {
        var one = Thing()
        one.extra.name = "name"
        #expect(one != Thing())
        var two = Thing()
        two.extra.name = "name"
        #expect(one == two && one.hashValue == two.hashValue)
        one.extra.name = ""
        #expect(one == Thing() && one.hashValue == Thing().hashValue)
    }
}
