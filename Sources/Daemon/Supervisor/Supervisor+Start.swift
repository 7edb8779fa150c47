// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

// The start: options, the first configuration, namespace and pid files, startup script, children.

extension Supervisor {
    func prepare() throws(SystemError) {
        Files.setMask(UInt32(commandLine.fileModeMask ?? 0o177))
        if commandLine.allowsCoreDumps { try? Privileges.allowCoreDumps() }
        if let pattern = commandLine.corePattern { setCorePattern(pattern) }
        introduce()
        // Made once, here: all processes are forked from this one.
        ConfigurationDraft.prepare()
        var request = ConfigurationRequest(commandLine)
        let mayBecomeChild = commandLine.permitted.contains(Self.readersKind)
        if mayBecomeChild { request.purpose = .settings }
        try reader.read(request, by: mayBecomeChild ? origin(of: Self.readersKind) : nil) { [unowned self] outcome, _ in start(with: outcome) }
    }

    private func setCorePattern(_ pattern: String) {
        do throws(SystemError) {
            try Files.put(pattern, into: "/proc/sys/kernel/core_pattern")
        } catch {
            logger.log(.warning, "Unable to set core_pattern - \(error)")
        }
    }

    private func introduce() {
        logger.log(.info, "Starting \(VersionText.name)")
        logger.log(.info, "Running on \(Machine.kernel)")
        for line in commandLine.quotedLines { logger.log(.info, line) }
        for remark in commandLine.remarks { logger.log(.warning, remark) }
        logger.log(.info, "Configuration file \(ConfigurationRequest(commandLine).path)")
    }

    private func start(with outcome: ReaderProcess.Outcome) {
        guard exitCode == .ok, !isEnding else { return }
        switch outcome {
        case .failed(let reason):
            end(.internalError, because: reason)
        case .nothingNew:
            preconditionFailure("Nothing is in force yet.")
        case .unfit(let report):
            log(report.findings)
            failures = report.findings.filter { $0.severity == .error }.map(\.text)
            end(report.refusal ?? .configuration)
        case .read(let report, let memory):
            do {
                let first = try InForce(report, memory)
                inForce = first
                try settleIn(first.settings.globals)
                log(report.findings)
                guard takePidFiles(first.settings.globals.namespace) else { return }
                if commandLine.logsConfiguration { logConfiguration(first.settings.globals) }
                run(first.settings.startupScript, "startup", limit: first.settings.globals.scripts.startupTimeout) {
                    [unowned self] in begin(first.plan)
                }
            } catch {
                end(error.isDenied ? .permission : .fatal, because: "Unable to start - \(error)")
            }
        }
    }

    /// Identity, names and namespace, before anything is started.
    private func settleIn(_ globals: GlobalSettings) throws(SystemError) {
        let suffix = globals.identitySuffix(commandLine)
        if !suffix.isEmpty {
            logger.flush()
            logger = Logger(commandLine, nil, suffix: suffix)
            logger.attach(to: loop)
        }
        if commandLine.fileModeMask == nil, let mask = globals.fileModeMask {
            Files.setMask(UInt32(mask))
            reader.dismiss()
        }
        if let name = globals.parentName { Processes.setName(name) }
        if let name = commandLine.namespace ?? globals.namespace.network { try enter(name, globals) }
        if globals.maximumAutoPriority == nil {
            let text = "NOTICE: setting config option max_auto_priority should result in better keepalived performance"
            logger.log(.info, text)
        }
        if let marker = globals.reload.markerPath(commandLine, globals.namespace) { try? Files.remove(marker) }
    }

    private func enter(_ name: String, _ globals: GlobalSettings) throws(SystemError) {
        if let configured = globals.namespace.network, configured != name {
            let text = "Overriding config net_namespace '\(configured)' with command line namespace '\(name)'"
            logger.log(.info, text)
        }
        do throws(SystemError) {
            originalNamespace = try NetworkNamespace.current()
            try NetworkNamespace.enter(name)
            let mask = Files.setMask(0o022)
            defer { Files.setMask(mask) }
            try NetworkNamespace.separateFiles(name: name)
        } catch {
            logger.log(.error, "Unable to set network namespace \(name) - exiting")
            throw error
        }
    }

    /// False if the daemon runs already, or its files cannot be written.
    private func takePidFiles(_ settings: NamespaceSettings) -> Bool {
        let files = PidFiles(PidFilePaths(commandLine, settings))
        do throws(SystemError) {
            try files.take()
            pidFiles = files
            return true
        } catch {
            if error.isTaken && !error.isDenied {
                logger.log(.info, "daemon is already running")
                failures = ["daemon is already running"]
                loop.stop()
            } else {
                end(error.isDenied ? .permission : .fatal, because: "Unable to write the pid file - \(error)")
            }
            return false
        }
    }

    /// `-d`: what the parent knows of the configuration; the children log their parts.
    private func logConfiguration(_ globals: GlobalSettings) {
        for line in GlobalsDump(globals, commandLine).lines { logger.log(.info, line) }
    }

    func log(_ findings: [ReadReport.Finding]) {
        for finding in findings {
            switch finding.severity {
            case .hint: if commandLine.logsDetail { logger.log(.info, finding.text) }
            case .warning: logger.log(.warning, finding.text)
            case .error: logger.log(.error, finding.text)
            }
        }
    }
}
