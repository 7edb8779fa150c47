// SPDX-License-Identifier: GPL-2.0-or-later

/// What becomes of a packet (NF_DROP, NF_ACCEPT, NFT_RETURN).
public enum NFVerdict: UInt32, Hashable, Sendable {
    case drop = 0
    case accept = 1
    /// Nothing yet: the rest of the chain is left out.
    case `return` = 0xffff_fffb
}

/// A step of a rule. Steps go on as long as they match; registers hand values from one to the next.
public enum NFExpression: Hashable, Sendable {
    /// Which header an offset counts from (NFT_PAYLOAD_*).
    public enum Header: UInt32, Sendable { case network = 1, transport = 2 }

    /// A property of the packet that is not in it (NFT_META_*).
    public enum Meta: UInt32, Sendable {
        case mark = 3, inputInterface = 4, outputInterface = 5, inputName = 6, outputName = 7
        case transportProtocol = 16, outputKind = 27
    }

    /// Registers of 16 bytes (NFT_REG_1 and on), which long keys run over, and words of four bytes in them
    /// (NFT_REG32_00 and on).
    public enum Register: UInt32, Sendable { case first = 1, second = 2, secondWord = 9, fifthWord = 12 }

    case payload(Header, offset: UInt32, length: UInt32, to: Register)
    case meta(Meta, to: Register)
    /// Takes the mark of the packet from a register.
    case setMark(from: Register)
    case equals(Register, [UInt8])
    case mask(Register, [UInt8])
    case lookup(String, Register)
    /// A lookup whose element says what to put into another register.
    case map(String, Register, to: Register)
    case counter
    /// Sends a copy with this destination out of this interface.
    case duplicate(address: Register, interface: Register)
    case verdict(NFVerdict)
    /// Goes on in another chain and does not come back.
    case goto(String)

    /// As an element of a list.
    func write(into buffer: inout MessageBuffer) { buffer.nested(NFListAttribute.element, writeBody) }

    /// The name of the expression and what it needs.
    func writeBody(into buffer: inout MessageBuffer) {
        switch self {
        case .payload(let header, let offset, let length, let register):
            buffer.expression("payload") { buffer in
                buffer.attribute(1, network: register.rawValue)
                buffer.attribute(2, network: header.rawValue)
                buffer.attribute(3, network: offset)
                buffer.attribute(4, network: length)
            }
        case .meta(let meta, let register):
            buffer.expression("meta") { buffer in
                buffer.attribute(2, network: meta.rawValue)
                buffer.attribute(1, network: register.rawValue)
            }
        case .setMark(let register):
            buffer.expression("meta") { buffer in
                buffer.attribute(2, network: Meta.mark.rawValue)
                buffer.attribute(3, network: register.rawValue)
            }
        case .equals(let register, let value):
            buffer.expression("cmp") { buffer in
                buffer.attribute(1, network: register.rawValue)
                buffer.attribute(2, network: UInt32(0))
                buffer.nested(3) { $0.attribute(NFDataAttribute.value, value) }
            }
        case .mask(let register, let mask):
            buffer.expression("bitwise") { buffer in
                buffer.attribute(1, network: register.rawValue)
                buffer.attribute(2, network: register.rawValue)
                buffer.attribute(3, network: UInt32(truncatingIfNeeded: mask.count))
                buffer.nested(4) { $0.attribute(NFDataAttribute.value, mask) }
                buffer.nested(5) { $0.attribute(NFDataAttribute.value, mask.map { _ in 0 }) }
            }
        case .lookup(let set, let register):
            buffer.expression("lookup") { buffer in
                buffer.attribute(2, network: register.rawValue)
                buffer.attribute(1, set)
            }
        case .map(let map, let key, let data):
            buffer.expression("lookup") { buffer in
                buffer.attribute(2, network: key.rawValue)
                buffer.attribute(3, network: data.rawValue)
                buffer.attribute(1, map)
            }
        case .counter:
            buffer.expression("counter") { _ in }
        case .duplicate(let address, let interface):
            buffer.expression("dup") { buffer in
                buffer.attribute(1, network: address.rawValue)
                buffer.attribute(2, network: interface.rawValue)
            }
        case .verdict(let verdict):
            buffer.verdict { $0.attribute(1, network: verdict.rawValue) }
        case .goto(let chain):
            buffer.verdict { buffer in
                // NFT_GOTO
                buffer.attribute(1, network: Int32(-4))
                buffer.attribute(2, chain)
            }
        }
    }
}

extension MessageBuffer {
    fileprivate mutating func expression(_ name: String, _ body: (inout MessageBuffer) -> Void) {
        attribute(NFExpressionAttribute.name, name)
        nested(NFExpressionAttribute.data, body)
    }

    /// An immediate value for the register that verdicts are read from.
    fileprivate mutating func verdict(_ body: (inout MessageBuffer) -> Void) {
        expression("immediate") { buffer in
            buffer.attribute(1, network: UInt32(0))
            buffer.nested(2) { $0.nested(NFDataAttribute.verdict, body) }
        }
    }
}
