// SPDX-License-Identifier: GPL-2.0-or-later

import BFD
import Config
package import Linux

extension Configuration {
    /// Reads a configuration that the reader process has frozen. It has been found fit to run, so what there is to say
    /// about it has been said.
    package init(frozen: SealedMemory) throws(SystemError) {
        let text = String(decoding: try frozen.read(), as: UTF8.self)
        var reader = Reader(surroundings: Surroundings(), text: text)
        self.init()
        reader.readRoot(by: Configuration.table, into: &self)
    }

    /// The root table: all that may stand outside of blocks.
    static let table = Table(
        GlobalSettings.rows.lifted(to: \Configuration.globals) + BFDSettings.rows.lifted(to: \Configuration.bfd)
    )
}
