// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// A routing rule, with all that `ip rule` can say of one that keepalived can.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Family     |  Dst. Length  |  Src. Length  |      TOS      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Table     |           Reserved            |    Action     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      Flags (2 inverts it)                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct Rule: Hashable, Sendable {
    /// What happens to packets that the rule matches (FR_ACT_*).
    public enum Action: Hashable, Sendable {
        case table(UInt32)
        /// Go on at the rule of that preference.
        case goto(UInt32)
        case nop, blackhole, unreachable, prohibit
        /// The table of the VRF that the packet belongs to.
        case masterDevice
    }

    public var family: AddressFamily
    public var action: Action
    public var preference: UInt32
    public var isInverted = false
    public var from: IPPrefix?
    public var to: IPPrefix?
    public var tos: UInt8 = 0
    public var mark: UInt32?
    public var markMask: UInt32?
    /// Source realm in the upper half, destination realm in the lower.
    public var realms: UInt32?
    public var suppressPrefixLength: UInt32?
    public var suppressInterfaceGroup: UInt32?
    public var inputInterface: String?
    public var outputInterface: String?
    public var tunnelID: UInt64?
    public var users: ClosedRange<UInt32>?
    public var `protocol`: UInt8 = 18
    public var ipProtocol: UInt8?
    public var sourcePorts: ClosedRange<UInt16>?
    public var destinationPorts: ClosedRange<UInt16>?

    public init(_ family: AddressFamily, _ action: Action, preference: UInt32) {
        self.family = family
        self.action = action
        self.preference = preference
    }
}

/// Adds or removes a routing rule.
public struct RuleRequest: NetlinkRequest, Sendable {
    /// What becomes of the rule.
    public enum Operation: Sendable {
        /// Refused with EEXIST if there is the same.
        case add
        case delete
    }

    public var operation: Operation
    public var rule: Rule

    public init(_ operation: Operation, _ rule: Rule) {
        self.operation = operation
        self.rule = rule
    }

    /// RTM_NEWRULE or RTM_DELRULE, to be acknowledged: `fib_rule_hdr`, then the attributes.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        let type = operation == .add ? RouteMessage.newRule : RouteMessage.deleteRule
        let flags: MessageFlags =
            operation == .add ? [.request, .acknowledge, .create, .exclusive] : [.request, .acknowledge]
        buffer.message(type, flags, sequence: sequence) { buffer in
            writeHeader(into: &buffer)
            writeSelector(into: &buffer)
            writeAction(into: &buffer)
        }
    }

    private func writeHeader(into buffer: inout MessageBuffer) {
        buffer.put(rule.family.netlinkNumber)
        buffer.put(UInt8(truncatingIfNeeded: rule.to?.length ?? 0))
        buffer.put(UInt8(truncatingIfNeeded: rule.from?.length ?? 0))
        buffer.put(rule.tos)
        if case .table(let table) = rule.action { buffer.put(UInt8(exactly: table) ?? 0) } else { buffer.put(UInt8(0)) }
        buffer.put(UInt16(0))
        buffer.put(actionNumber)
        buffer.put(UInt32(rule.isInverted ? 2 : 0))
    }

    /// FR_ACT_*.
    private var actionNumber: UInt8 {
        switch rule.action {
        case .table, .masterDevice: 1
        case .goto: 2
        case .nop: 3
        case .blackhole: 6
        case .unreachable: 7
        case .prohibit: 8
        }
    }

    private func writeSelector(into buffer: inout MessageBuffer) {
        buffer.attribute(RuleAttribute.priority, rule.preference)
        if let from = rule.from, from.length > 0 { buffer.attribute(RuleAttribute.source, from.address) }
        if let to = rule.to, to.length > 0 { buffer.attribute(RuleAttribute.destination, to.address) }
        if let mark = rule.mark { buffer.attribute(RuleAttribute.mark, mark) }
        if let mask = rule.markMask { buffer.attribute(RuleAttribute.markMask, mask) }
        if let name = rule.inputInterface { buffer.attribute(RuleAttribute.inputInterface, name) }
        if let name = rule.outputInterface { buffer.attribute(RuleAttribute.outputInterface, name) }
        if let id = rule.tunnelID { buffer.attribute(RuleAttribute.tunnelID, network: id) }
        if let users = rule.users {
            buffer.attribute(RuleAttribute.userRange) { buffer in
                buffer.put(users.lowerBound)
                buffer.put(users.upperBound)
            }
        }
        if rule.protocol != 0 { buffer.attribute(RuleAttribute.protocol, rule.protocol) }
        if let number = rule.ipProtocol { buffer.attribute(RuleAttribute.ipProtocol, number) }
        if let ports = rule.sourcePorts { buffer.write(RuleAttribute.sourcePorts, ports) }
        if let ports = rule.destinationPorts { buffer.write(RuleAttribute.destinationPorts, ports) }
    }

    private func writeAction(into buffer: inout MessageBuffer) {
        switch rule.action {
        case .table(let table): if table > 255 { buffer.attribute(RuleAttribute.table, table) }
        case .goto(let preference): buffer.attribute(RuleAttribute.goto, preference)
        case .masterDevice: buffer.attribute(RuleAttribute.masterDevice, UInt8(1))
        case .nop, .blackhole, .unreachable, .prohibit: break
        }
        if let realms = rule.realms { buffer.attribute(RuleAttribute.flow, realms) }
        if let length = rule.suppressPrefixLength { buffer.attribute(RuleAttribute.suppressPrefixLength, length) }
        if let group = rule.suppressInterfaceGroup { buffer.attribute(RuleAttribute.suppressInterfaceGroup, group) }
    }
}

extension MessageBuffer {
    fileprivate mutating func write(_ type: UInt16, _ ports: ClosedRange<UInt16>) {
        attribute(type) { buffer in
            buffer.put(ports.lowerBound)
            buffer.put(ports.upperBound)
        }
    }
}
