// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// A table of nftables: its family and its name say which.
public struct NFTable: Hashable, Sendable {
    public var family: AddressFamily
    public var name: String

    public init(_ family: AddressFamily, _ name: String) {
        self.family = family
        self.name = name
    }
}

/// Where a base chain hears of packets (NF_INET_*), all of type `filter`.
public enum NFHook: UInt32, Hashable, Sendable {
    case prerouting = 0, input = 1, output = 3
}

/// What nftables is told: all commands of a batch take effect together, or none does.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |            Netlink message of type 16 (begin)                 |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Family       |  Version (0)  |  Resource (10 in begin, end)  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   Messages of subsystem 10, each with such a header and its   |
///     |   attributes, whose numbers are in network order              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |            Netlink message of type 17 (end)                   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct NFTablesBatch: Sendable {
    /// One change; what is added may be there already, what is deleted must be there.
    public enum Command: Hashable, Sendable {
        case addTable(NFTable)
        /// With all that is in it.
        case deleteTable(NFTable)
        /// A chain that rules go to.
        case addChain(NFTable, String)
        /// A chain that packets come to of themselves, earlier at a lower priority.
        case addBaseChain(NFTable, String, NFHook, priority: Int32)
        case addSet(NFTable, NFSet)
        case addElements(NFTable, set: String, [NFElement])
        case deleteElements(NFTable, set: String, [NFElement])
        /// Behind the rules that the chain has.
        case addRule(NFTable, chain: String, [NFExpression])
    }

    public var commands: [Command]

    public init(_ commands: [Command] = []) { self.commands = commands }

    /// Appends the whole batch; its messages have sequence numbers from this one on. Returns the number after the last.
    @discardableResult
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) -> UInt32 {
        var sequence = sequence
        var setID: UInt32 = 0
        Self.frame(&buffer, NFMessage.begin, sequence)
        for command in commands {
            sequence &+= 1
            if case .addSet = command { setID += 1 }
            command.write(into: &buffer, sequence: sequence, setID: setID)
        }
        sequence &+= 1
        Self.frame(&buffer, NFMessage.end, sequence)
        return sequence &+ 1
    }

    private static func frame(_ buffer: inout MessageBuffer, _ type: UInt16, _ sequence: UInt32) {
        buffer.message(type, .request, sequence: sequence) { buffer in
            buffer.put(UInt16(0))
            buffer.put(UInt16(NFMessage.subsystem).bigEndian)
        }
    }
}

extension NFTablesBatch.Command {
    fileprivate func write(into buffer: inout MessageBuffer, sequence: UInt32, setID: UInt32) {
        switch self {
        case .addTable(let table):
            message(&buffer, NFMessage.newTable, .create, table, sequence) { buffer in
                buffer.attribute(NFTableAttribute.name, table.name)
            }
        case .deleteTable(let table):
            message(&buffer, NFMessage.deleteTable, [], table, sequence) { buffer in
                buffer.attribute(NFTableAttribute.name, table.name)
            }
        case .addChain(let table, let name):
            message(&buffer, NFMessage.newChain, .create, table, sequence) { buffer in
                buffer.attribute(NFChainAttribute.table, table.name)
                buffer.attribute(NFChainAttribute.name, name)
            }
        case .addBaseChain(let table, let name, let hook, let priority):
            message(&buffer, NFMessage.newChain, .create, table, sequence) { buffer in
                buffer.baseChain(table, name, hook, priority)
            }
        case .addSet(let table, let set):
            message(&buffer, NFMessage.newSet, .create, table, sequence) { set.write(into: &$0, table, id: setID) }
        case .addElements(let table, let set, let elements):
            message(&buffer, NFMessage.newElement, .create, table, sequence) { $0.elements(table, set, elements) }
        case .deleteElements(let table, let set, let elements):
            message(&buffer, NFMessage.deleteElement, [], table, sequence) { $0.elements(table, set, elements) }
        case .addRule(let table, let chain, let expressions):
            message(&buffer, NFMessage.newRule, [.create, .append], table, sequence) { buffer in
                buffer.attribute(NFRuleAttribute.table, table.name)
                buffer.attribute(NFRuleAttribute.chain, chain)
                buffer.nested(NFRuleAttribute.expressions) { buffer in
                    for expression in expressions { expression.write(into: &buffer) }
                }
            }
        }
    }

    private func message(
        _ buffer: inout MessageBuffer, _ type: UInt16, _ flags: MessageFlags, _ table: NFTable, _ sequence: UInt32,
        _ body: (inout MessageBuffer) -> Void
    ) {
        let type = NFMessage.subsystem << 8 | type
        buffer.message(type, flags.union([.request, .acknowledge]), sequence: sequence) { buffer in
            buffer.put(table.family.netlinkNumber)
            buffer.put(UInt8(0))
            buffer.put(UInt16(0))
            body(&buffer)
        }
    }
}

extension MessageBuffer {
    fileprivate mutating func baseChain(_ table: NFTable, _ name: String, _ hook: NFHook, _ priority: Int32) {
        attribute(NFChainAttribute.table, table.name)
        attribute(NFChainAttribute.name, name)
        nested(NFChainAttribute.hook) { buffer in
            buffer.attribute(NFHookAttribute.number, network: hook.rawValue)
            buffer.attribute(NFHookAttribute.priority, network: priority)
        }
        attribute(NFChainAttribute.policy, network: NFVerdict.accept.rawValue)
        attribute(NFChainAttribute.type, "filter")
    }

    fileprivate mutating func elements(_ table: NFTable, _ set: String, _ elements: [NFElement]) {
        attribute(NFElementListAttribute.set, set)
        attribute(NFElementListAttribute.table, table.name)
        nested(NFElementListAttribute.elements) { buffer in
            for (index, element) in elements.enumerated() {
                buffer.nested(UInt16(truncatingIfNeeded: index + 1)) { element.write(into: &$0) }
            }
        }
    }
}
