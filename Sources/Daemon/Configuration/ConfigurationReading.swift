// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
import Health

/// A configuration as it has been read: from the files to the settings, with all there is to say about it.
///
/// Pure but for what the file system, the options and the surroundings do when they are asked.
package struct ConfigurationReading {
    package var findings: Findings
    package var configuration: Configuration
    /// The children that have something to do.
    var needed: Set<ChildKind>
    /// What is read and checked, and has no effect: keywords whose features are not built, in the order of the files.
    package let inactive: [Diagnostic]

    /// What is made of the virtual servers, of which there may be very many.
    package enum Purpose { case settings, findings }

    /// Reads and settles what a path or a pattern names; may take its time. `frozen` takes what children replay, piece by piece. For
    /// findings only, virtual servers that are found faultless are left out of the configuration.
    package init(
        of pattern: String, in fileSystem: FileSystem, _ options: SourceOptions, asking surroundings: Surroundings,
        for purpose: Purpose = .settings, freezing frozen: (([UInt8]) -> Void)? = nil
    ) {
        var found: [Diagnostic] = []
        let source = Source(pattern, in: fileSystem, options, &found)
        let book = FactBook()
        var reader = Reader(surroundings: Surroundings(book, asking: surroundings), source: source, freezing: frozen)
        for diagnostic in found { reader.report(diagnostic) }
        var draft = ConfigurationDraft()
        draft.health.isForFindings = purpose == .findings
        reader.readRoot(by: ConfigurationDraft.table, into: &draft)
        reader.finishFreezing()
        needed = draft.needed
        book.facts.neededChildren = needed
        configuration = Configuration(&draft, &reader)
        findings = Findings(reader.diagnostics, files: reader.files)
        let unbuilt = reader.inactive.map { name, position in
            Diagnostic(
                .hint, "inactive", at: position, length: name.utf8.count,
                "'\(name)' is read and checked, but its feature is not active in this version"
            )
        }
        inactive = Findings(unbuilt, files: reader.files).diagnostics
        frozen?(FrozenConfiguration.ending(with: book.facts))
    }

    /// With one more finding, before the others.
    func adding(_ diagnostic: Diagnostic?) -> Self {
        guard let diagnostic else { return self }
        var copy = self
        copy.findings = Findings([diagnostic] + findings.diagnostics, files: findings.files)
        return copy
    }
}
