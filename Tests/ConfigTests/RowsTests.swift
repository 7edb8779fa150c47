// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing

private struct Child: Equatable {
    var name = ""
    var priority: UInt8 = 100
    var interval = Interval.seconds(1)
    var isQuiet = false
    var addresses: [String] = []
    var weight: Int?

    static let rows: [Keyword<Child>] = [
        .number("priority", 1...255, \.priority, "Who wins."),
        .seconds("advert_int", 0.01...255, \.interval, "How often."),
        .flag("quiet", \.isQuiet, "Say nothing."),
        .number("weight", -253...253, \.weight, "How much."),
        .lines("virtual_ipaddress", options: [.option("dev", "<ifname>", "Where.")], "What.") { line, child, _ in
            child.addresses.append(line.name)
        },
    ]
}

private struct Root {
    var children: [Child] = []

    static let rows: [Keyword<Root>] = [
        .block("vrrp_instance", syntax: "<name> { ... }", children: Child.rows, "A router.") { statement, _, reader in
            reader.require(statement, 0, "a name").map { Child(name: $0.text) }
        } end: { child, root, _ in
            root.children.append(child)
        }
    ]
}

private func read(_ text: String) -> (Root, [Diagnostic]) {
    var reader = Reader(surroundings: Surroundings(), text: text)
    var root = Root()
    reader.readRoot(by: Table(Root.rows), into: &root)
    return (root, reader.diagnostics)
}

@Suite struct RowsTests {
    @Test func readsANestedBlock() {
        let (root, found) = read(
            """
            vrrp_instance V1 { # comment
                priority 150
                advert_int 0.25
                weight -3
                quiet
                virtual_ipaddress {
                    10.0.0.1/24 dev eth0
                    10.0.0.2
                }
            }
            """
        )
        #expect(found.isEmpty)
        #expect(
            root.children == [
                Child(
                    name: "V1", priority: 150, interval: .milliseconds(250), isQuiet: true,
                    addresses: ["10.0.0.1/24", "10.0.0.2"], weight: -3
                )
            ]
        )
    }

    @Test func aBadNumberKeepsTheValueAndSaysSo() {
        let (root, found) = read("vrrp_instance V1 {\n priority 300\n}")
        #expect(root.children.first?.priority == 100)
        #expect(found.map(\.message) == ["'300' is outside 1 to 255; 100 is used"])
        #expect(found.first?.position == Position(file: 0, line: 2, column: 11))
    }
}
