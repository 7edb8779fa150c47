// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What a child has from its parent, whatever the configuration says.
struct ChildOrigin {
    var kind: ChildKind
    var commandLine: CommandLine
    var bfdChannels: BFDChannels
    var scheduling: SchedulingOrigin
    /// The parent's pid.
    var parent: Int32

    /// What stays open for it.
    var descriptors: [Int32] {
        ([bfdChannels.incoming].compactMap(\.self) + bfdChannels.outgoing.values).map(\.descriptor.number)
    }
}

/// All that a child begins with.
struct ChildInheritance {
    var origin: ChildOrigin
    var control: MessageChannel
    var frozen: SealedMemory
    /// What the process has read of it, if it is the one that read.
    var reading: ConfigurationReading?
    /// When the process died that did its work before; nil at the first start.
    var predecessorDied: Instant?
    /// The network namespace that the daemon was started in, if it has left that.
    var originalNamespace: FileDescriptor?

    private var kind: ChildKind { origin.kind }
    private var commandLine: CommandLine { origin.commandLine }

    /// Everything that stays open in the child.
    private var descriptors: [Int32] {
        [control.descriptor.number, frozen.descriptor.number, originalNamespace?.number ?? -1] + origin.descriptors
    }

    private mutating func replay() throws(SystemError) -> Replay {
        let frozen = try FrozenConfiguration(frozen)
        guard let reading = reading.take() else { return Replay(of: frozen, for: kind.processes) }
        return Replay(of: frozen, for: kind.processes, readAs: reading)
    }

    /// The life of a child process, from just after the fork or from the order to become one; returns its exit code.
    mutating func live() -> Int32 {
        Processes.closeDescriptors(except: descriptors)
        guard Processes.dieWithParent(parent: origin.parent) else { return ExitCode.ok.rawValue }
        do {
            let replay = try replay()
            let configuration = replay.configuration
            let logger = Logger(commandLine, kind, suffix: configuration.globals.identitySuffix(commandLine))
            defer { logger.flush() }
            configuration.globals.settings(of: kind).apply(kind, logger)
            try enterNamespace(configuration.globals.namespace, logger)
            let environment = try ProcessEnvironment(
                kind: kind, commandLine: commandLine, replay: replay, logger: logger, parent: control,
                bfdChannels: origin.bfdChannels, scheduling: origin.scheduling, predecessorDied: predecessorDied,
                keptFiles: PidFilePaths(commandLine, configuration.globals.namespace).kept, home: originalNamespace
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
