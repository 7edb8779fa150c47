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
    /// Of each virtual server in the configuration, which of the blocks it was made of.
    let origins: [Int32]

    /// What is made of the virtual servers, of which there may be very many.
    package enum Purpose { case settings, findings }

    /// Whether it says all: else it is to be read anew, without an earlier one.
    package let isComplete: Bool

    /// Reads and settles what a path or a pattern names; may take its time. `frozen` takes what children replay, piece by piece. For
    /// findings only, virtual servers that are found faultless are left out of the configuration, and those that were faultless in an
    /// `earlier` reading are not even read.
    package init(
        of pattern: String, in fileSystem: FileSystem, _ options: SourceOptions, asking surroundings: Surroundings,
        for purpose: Purpose = .settings, freezing frozen: (([UInt8]) -> Void)? = nil, earlier: FrozenConfiguration? = nil
    ) {
        var found: [Diagnostic] = []
        let sources = SourceBook(pattern, options)
        let source =
            frozen == nil
            ? Source(pattern, in: fileSystem, options, &found)
            : Source(pattern, in: sources.noting(fileSystem), sources.noting(options), &found)
        let book = FactBook()
        var reader = Reader(
            surroundings: Surroundings(book, asking: surroundings), source: source, freezing: frozen,
            earlier: purpose == .findings ? earlier?.items : nil
        )
        for diagnostic in found { reader.report(diagnostic) }
        var draft = ConfigurationDraft()
        draft.health.isForFindings = purpose == .findings
        reader.readRoot(by: ConfigurationDraft.table, into: &draft, recognising: .faultlessVirtualServers(book))
        reader.finishFreezing()
        needed = draft.needed
        book.facts.neededChildren = needed
        configuration = Configuration(&draft, &reader)
        origins = draft.health.origins
        isComplete = !draft.health.hasKnownDuplicate
        findings = Findings(reader.diagnostics, files: reader.files)
        let unbuilt = reader.inactive.map { name, position in
            Diagnostic(
                .hint, "inactive", at: position, length: name.utf8.count,
                "'\(name)' is read and checked, but its feature is not active in this version"
            )
        }
        inactive = Findings(unbuilt, files: reader.files).diagnostics
        // A copy is made of each reading, and another namespace is entered for one.
        if configuration.globals.files.savedConfigurations != nil { sources.facts.noteUnrepeatable("copy") }
        if configuration.globals.namespace.network != nil { sources.facts.noteUnrepeatable("namespace") }
        frozen?(FrozenConfiguration.ending(with: book.facts, sources.facts))
    }

    /// With one more finding, before the others.
    func adding(_ diagnostic: Diagnostic?) -> Self {
        guard let diagnostic else { return self }
        var copy = self
        copy.findings = Findings([diagnostic] + findings.diagnostics, files: findings.files)
        return copy
    }
}

extension Recognition<ConfigurationDraft> {
    /// Virtual servers that nothing can be said about and that ask nothing of the machine.
    fileprivate static func faultlessVirtualServers(_ book: FactBook) -> Self {
        var asked = book.timesAsked
        return Self(
            takeOver: { identity, draft in draft.health.add(known: identity) },
            identity: { row, draft in
                defer { asked = book.timesAsked }
                guard row == ConfigurationDraft.virtualServerRow, asked == book.timesAsked else { return nil }
                return draft.health.lastTold
            }
        )
    }
}
