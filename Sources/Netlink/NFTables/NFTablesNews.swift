// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Something was taken out of a table: what an owner of the table wants to hear of.
public struct NFTablesNews: Equatable, Sendable {
    public var table: NFTable
    /// The socket of whoever did it.
    public var sender: UInt32

    /// Nil for all other messages.
    public init?(_ message: Message) throws(MalformedMessage) {
        let deletions = [
            NFMessage.deleteTable, NFMessage.deleteChain, NFMessage.deleteRule, NFMessage.deleteSet,
            NFMessage.deleteElement,
        ]
        guard message.type >> 8 == NFMessage.subsystem, deletions.contains(message.type & 0xff) else { return nil }
        guard message.payload.count >= 4, let number = message.payload.first,
            let family = AddressFamily(netlinkNumber: number)
        else { return nil }
        // In each of them the first attribute is the table's name.
        let attributes = AttributeReader(message.payload.dropFirst(4))
        guard let name = try attributes.first(NFTableAttribute.name) else { return nil }
        table = NFTable(family, name.text)
        sender = message.port
    }
}
