// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// The state of a session as a Control packet carries it (RFC 5880 section 4.1).
package enum SessionState: UInt8, Sendable, CaseIterable {
    case adminDown, down, `init`, up
}

/// Why a session last left Up (RFC 5880 section 4.1); values above 8 are reserved and kept as they came.
package struct DiagnosticCode: RawRepresentable, Hashable, Sendable {
    /// 0...31.
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue & 0x1f }

    package static let none = DiagnosticCode(rawValue: 0)
    package static let detectionTimeExpired = DiagnosticCode(rawValue: 1)
    package static let echoFunctionFailed = DiagnosticCode(rawValue: 2)
    package static let neighborSignaledDown = DiagnosticCode(rawValue: 3)
    package static let forwardingPlaneReset = DiagnosticCode(rawValue: 4)
    package static let pathDown = DiagnosticCode(rawValue: 5)
    package static let concatenatedPathDown = DiagnosticCode(rawValue: 6)
    package static let administrativelyDown = DiagnosticCode(rawValue: 7)
    package static let reverseConcatenatedPathDown = DiagnosticCode(rawValue: 8)
}

/// A BFD Control packet (RFC 5880 section 4.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
///     | = 1 |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
///     +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
///     |                       My Discriminator                        |
///     |                      Your Discriminator                       |
///     |                    Desired Min TX Interval                    |
///     |                   Required Min RX Interval                    |
///     |                 Required Min Echo RX Interval                 |
///     +---------------------------------------------------------------+
///     | Auth Type     | Auth Len      | Auth Key ID   | ...     if A  |
///     +---------------------------------------------------------------+
package struct ControlPacket: Equatable, Sendable {
    /// Bytes before the authentication section.
    package static let headerLength = 24

    package var diagnostic = DiagnosticCode.none
    package var state: SessionState
    /// The sender wants an answer with `final` set.
    package var poll = false
    /// The answer to a packet with `poll` set.
    package var final = false
    /// The sender's BFD does not share fate with its control plane.
    package var controlPlaneIndependent = false
    /// The sender operates in demand mode: it wants no periodic packets.
    package var demand = false
    package var detectMultiplier: UInt8
    package var myDiscriminator: UInt32
    /// 0 while the sender does not know it.
    package var yourDiscriminator: UInt32 = 0
    /// Microseconds.
    package var desiredMinTx: UInt32
    /// Microseconds; 0: the sender wants no periodic packets.
    package var requiredMinRx: UInt32
    /// Microseconds; 0: the sender does not support the echo function.
    package var requiredMinEchoRx: UInt32 = 0
    /// Nil without the A bit.
    package var authentication: AuthenticationHeader?

    package init(
        state: SessionState, detectMultiplier: UInt8, myDiscriminator: UInt32, desiredMinTx: UInt32,
        requiredMinRx: UInt32
    ) {
        self.state = state
        self.detectMultiplier = detectMultiplier
        self.myDiscriminator = myDiscriminator
        self.desiredMinTx = desiredMinTx
        self.requiredMinRx = requiredMinRx
    }

    /// Reads the payload of a UDP datagram, with the checks of RFC 5880 section 6.8.6 that need no session, in its
    /// order.
    ///
    /// What stands behind the packet's Length is ignored.
    package init(decoding payload: ArraySlice<UInt8>) throws(Rejection) {
        guard payload.count >= 4 else { throw .truncated }
        let start = payload.startIndex
        guard payload[start] >> 5 == 1 else { throw .version }
        let flags = payload[start + 1]
        let length = Int(payload[start + 3])
        let isAuthenticated = flags & 0x04 != 0
        guard length >= Self.headerLength + (isAuthenticated ? 2 : 0) else { throw .length }
        guard length <= payload.count else { throw .truncated }
        let packet = payload.prefix(length)
        detectMultiplier = packet[start + 2]
        guard detectMultiplier != 0 else { throw .zeroDetectMultiplier }
        guard flags & 0x01 == 0 else { throw .multipoint }
        myDiscriminator = packet.word(at: 4)
        guard myDiscriminator != 0 else { throw .zeroMyDiscriminator }
        yourDiscriminator = packet.word(at: 8)
        state = SessionState(twoBits: flags >> 6)
        guard yourDiscriminator != 0 || state == .down || state == .adminDown else { throw .zeroYourDiscriminator }
        diagnostic = DiagnosticCode(rawValue: packet[start])
        poll = flags & 0x20 != 0
        final = flags & 0x10 != 0
        controlPlaneIndependent = flags & 0x08 != 0
        demand = flags & 0x02 != 0
        desiredMinTx = packet.word(at: 12)
        requiredMinRx = packet.word(at: 16)
        requiredMinEchoRx = packet.word(at: 20)
        if isAuthenticated {
            authentication = try AuthenticationHeader(decoding: packet.dropFirst(Self.headerLength))
        }
    }

    /// Appends the 24 bytes of the header; `length` counts the authentication section that the caller appends.
    func encodeHeader(length: Int, into writer: inout ByteWriter) {
        writer.write(1 << 5 | diagnostic.rawValue)
        var flags = state.rawValue << 6
        if poll { flags |= 0x20 }
        if final { flags |= 0x10 }
        if controlPlaneIndependent { flags |= 0x08 }
        if authentication != nil { flags |= 0x04 }
        if demand { flags |= 0x02 }
        writer.write(flags)
        writer.write(detectMultiplier)
        writer.write(UInt8(truncatingIfNeeded: length))
        writer.write(myDiscriminator)
        writer.write(yourDiscriminator)
        writer.write(desiredMinTx)
        writer.write(requiredMinRx)
        writer.write(requiredMinEchoRx)
    }
}

extension SessionState {
    fileprivate init(twoBits: UInt8) {
        switch twoBits & 3 {
        case 0: self = .adminDown
        case 1: self = .down
        case 2: self = .`init`
        default: self = .up
        }
    }
}

extension ArraySlice<UInt8> {
    /// A big-endian word at this offset from the start; all four bytes must be there.
    func word(at offset: Int) -> UInt32 {
        let at = startIndex + offset
        return UInt32(self[at]) << 24 | UInt32(self[at + 1]) << 16 | UInt32(self[at + 2]) << 8 | UInt32(self[at + 3])
    }
}
