// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

/// `config_save_dir`: a copy of each configuration as it was read, `keepalived.conf.PID.N` with the parent's pid and the number of the
/// reading. Passwords stand in it, so only its owner may read it.
struct SavedConfiguration {
    let directory: String
    let process: Int32
    let number: Int

    var path: String { "\(directory)/keepalived.conf.\(process).\(number)" }

    /// Makes the directory if it is missing, one level deep. Throws what the file system says.
    func write(_ text: [UInt8]) throws(SystemError) {
        if !Files.isDirectory(directory) { try Files.makeDirectory(directory, mode: 0o700) }
        try Files.replace(path, with: text, mode: 0o600)
    }
}

/// `config_save_dir`: the state of a child before and after a reload, `keepalived_vrrp.PID.N.pre` and `.post`, with the parent's pid and
/// the number of the reading, as the copy of the configuration has them.
struct SavedState {
    /// When the state was such.
    enum Moment: String { case before = "pre", after = "post" }

    let directory: String
    let kind: ChildKind
    let process: Int32
    let number: Int
    let moment: Moment

    var path: String { "\(directory)/keepalived_\(name).\(process).\(number).\(moment.rawValue)" }

    private var name: String {
        switch kind {
        case .vrrp: "vrrp"
        case .checker: "check"
        case .bfd: "bfd"
        }
    }
}

extension ConfigurationRequest {
    /// Keeps a copy of what was read if the configuration asks for it; a finding if that fails.
    func save(_ reading: ConfigurationReading, for process: Int32) -> Diagnostic? {
        guard let directory = reading.configuration.globals.files.savedConfigurations else { return nil }
        let saved = SavedConfiguration(directory: directory, process: process, number: number)
        do throws(SystemError) {
            try saved.write(ConsolidatedCopy.make(of: path, in: .machine, options))
            return nil
        } catch {
            return Diagnostic(.hint, "not-saved", at: nil, "the configuration cannot be saved as \(saved.path) - \(error)")
        }
    }
}
