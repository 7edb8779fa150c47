// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What a forked child gets from its parent.
struct ChildInheritance {
    var kind: ChildKind
    var commandLine: CommandLine
    var frozen: SealedMemory
    var control: MessageChannel
    var bfdChannels: BFDChannels
    var scheduling: SchedulingOrigin
    /// When the process died that did its work before; nil at the first start.
    var predecessorDied: Instant?
    /// Where processes keep what outlives them.
    var keptFiles: KeptFiles?
    /// The parent's pid.
    var parent: Int32
    /// The network namespace that the daemon was started in, if it has left that.
    var originalNamespace: FileDescriptor?

    /// Everything that stays open in the child.
    private var descriptors: [Int32] {
        [
            control.descriptor.number, frozen.descriptor.number, bfdChannels.incoming?.descriptor.number ?? -1,
            originalNamespace?.number ?? -1,
        ]
            + bfdChannels.outgoing.values.map(\.descriptor.number)
    }

    /// The life of a child process, from just after the fork; returns its exit code.
    func live() -> Int32 {
        Processes.closeDescriptors(except: descriptors)
        guard Processes.dieWithParent(parent: parent) else { return ExitCode.ok.rawValue }
        do {
            let replay = Replay(of: try FrozenConfiguration(frozen), for: kind.processes)
            let configuration = replay.configuration
            let logger = Logger(commandLine, kind, suffix: configuration.globals.identitySuffix(commandLine))
            defer { logger.flush() }
            configuration.globals.settings(of: kind).apply(kind, logger)
            try enterNamespace(configuration.globals.namespace, logger)
            let environment = try ProcessEnvironment(
                kind: kind, commandLine: commandLine, replay: replay, logger: logger, parent: control,
                bfdChannels: bfdChannels, scheduling: scheduling, predecessorDied: predecessorDied,
                keptFiles: keptFiles, home: originalNamespace
            )
            return kind.run(in: environment)
        } catch {
            return ExitCode.fatal.rawValue
        }
    }
}

extension ChildInheritance {
    /// The checker goes where the virtual servers are (`net_namespace_ipvs`); without a name that is where the daemon was
    /// started.
    private func enterNamespace(_ settings: NamespaceSettings, _ logger: Logger) throws(SystemError) {
        guard kind == .checker, let name = settings.ipvs, name != commandLine.namespace ?? settings.network else { return }
        do throws(SystemError) {
            if !name.isEmpty {
                try NetworkNamespace.enter(name)
            } else if let originalNamespace {
                try NetworkNamespace.enter(originalNamespace)
            }
        } catch {
            logger.log(.error, "Unable to set network namespace \(name.isEmpty ? "(default)" : name) - exiting")
            logger.flush()
            throw error
        }
    }
}

extension ChildKind {
    fileprivate func run(in environment: ProcessEnvironment) -> Int32 {
        switch self {
        case .vrrp: environment.run(VRRPProcess.self)
        case .checker: environment.run(CheckerProcess.self)
        case .bfd: environment.run(BFDProcess.self)
        }
    }
}
