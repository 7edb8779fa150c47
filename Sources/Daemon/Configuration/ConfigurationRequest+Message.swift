// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// What a later request of the same daemon differs in, on its way to the process that reads. The configuration in force comes with it as
/// a descriptor.
///
///     number, 4 bytes | 1 if errors are accepted, 1 byte | short text: configuration id | a short text for each accepted error
extension ConfigurationRequest {
    var message: [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.write(UInt32(truncatingIfNeeded: number))
        writer.write(UInt8(accepted == nil ? 0 : 1))
        for text in [configurationID] + (accepted ?? []) { writer.write(shortText: text.utf8) }
        return writer.bytes
    }

    /// More than a message can have: accepted errors come from a report, and a configuration id is a word.
    static let messageLimit = 2 * ReadReport.limit

    /// This request, but for what the message says; nil for a message that is none.
    func with(message: [UInt8], inForce descriptor: FileDescriptor?) -> Self? {
        var reader = ByteReader(message)
        var request = self
        do {
            request.number = Int(try reader.read(UInt32.self))
            let hasAccepted: UInt8 = try reader.read()
            request.configurationID = try reader.readShortText()
            var accepted: Set<String> = []
            while reader.count > 0 { accepted.insert(try reader.readShortText()) }
            request.accepted = hasAccepted == 1 ? accepted : nil
            request.inForce = try descriptor.map { descriptor throws(SystemError) in try SealedMemory(owning: descriptor) }
            return request
        } catch {
            return nil
        }
    }
}
