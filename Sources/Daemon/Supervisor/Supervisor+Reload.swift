// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

// A reload is a transaction: read beside what is in force, judged as a whole, and only then handed to the children.

extension Supervisor {
    func readAnew() {
        guard let inForce else { return }
        makeReloadMarker(inForce.settings.globals)
        readings += 1
        let request = request(after: inForce)
        do throws(SystemError) {
            try reader.read(request) { [unowned self] outcome, now in
                removeReloadMarker()
                judge(outcome, against: inForce, at: now)
            }
        } catch {
            removeReloadMarker()
            handle(.refused(["Unable to read the configuration - \(error)"]), at: Instant.now)
        }
    }

    private func request(after inForce: InForce) -> ConfigurationRequest {
        var request = ConfigurationRequest(commandLine)
        request.accepted = inForce.report.errors
        request.number = readings
        request.inForce = inForce.memory
        return request
    }

    /// The process that read the first configuration has become the checker: another one is made ready for the reload that may follow soon.
    /// In another namespace none stays.
    func rehearseReading() {
        guard let inForce, !isEnding, originalNamespace == nil else { return }
        // Without it the next reading takes a little longer.
        try? reader.rehearse(request(after: inForce))
    }

    private func judge(_ outcome: ReaderProcess.Outcome, against old: InForce, at now: Instant) {
        switch outcome {
        case .failed(let reason):
            handle(.refused([reason]), at: now)
        case .unfit(let report):
            keep(report, in: old.settings.globals.reload.testLog)
            handle(.refused(report.findings.filter { $0.severity > .hint }.map(\.text)), at: now)
        case .nothingNew:
            keep(old.report, in: old.settings.globals.reload.testLog)
            log(old.report.findings)
            handle(.read(old.plan), at: now)
        case .read(let report, let memory):
            keep(report, in: old.settings.globals.reload.testLog)
            do throws(SystemError) {
                let new = try InForce(report, memory, after: old)
                let fixed = old.settings.globals.fixedSettings(changedBy: new.settings.globals)
                guard fixed.isEmpty else {
                    return handle(.refused(fixed.map { "Cannot change \($0) at a reload - please restart keepalived" }), at: now)
                }
                log(report.findings)
                candidate = new
                handle(.read(new.plan), at: now)
            } catch {
                handle(.refused(["Unable to read the configuration - \(error)"]), at: now)
            }
        }
    }

    /// What was read is in force from now on.
    func adopt() {
        if let candidate { inForce = candidate }
        if let inForce { reloads.configure(inForce.settings.globals.reload) }
        candidate = nil
        logger.log(.info, "Configuration file \(ConfigurationRequest(commandLine).path)")
    }

    /// `reload_check_config` may name a log for what there is to say about a new configuration.
    private func keep(_ report: ReadReport, in path: String?) {
        guard let path, !path.isEmpty else { return }
        let text = report.findings.map { $0.text + "\n" }.joined()
        do throws(SystemError) {
            try Files.replace(path, with: Array(text.utf8), mode: 0o644)
        } catch {
            logger.log(.warning, "Unable to write \(path) - \(error)")
        }
    }

    private func makeReloadMarker(_ globals: GlobalSettings) {
        guard let path = globals.reload.markerPath(commandLine, globals.namespace) else { return }
        do throws(SystemError) {
            try Files.replace(path, with: [], mode: 0o644)
            reloadMarker = path
        } catch {
            logger.log(.warning, "Failed to create reload file (\(path)) - \(error)")
        }
    }

    private func removeReloadMarker() {
        if let reloadMarker { try? Files.remove(reloadMarker) }
        reloadMarker = nil
    }
}

extension ReloadSettings {
    /// The file that exists while a reload reads; nil if none is wanted.
    func markerPath(_ commandLine: CommandLine, _ namespace: NamespaceSettings) -> String? {
        guard let markerFile else { return nil }
        guard markerFile.isEmpty else { return markerFile }
        return PidFilePaths(commandLine, namespace).reloadMarker
    }
}
