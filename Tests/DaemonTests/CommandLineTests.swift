// SPDX-License-Identifier: GPL-2.0-or-later

import Linux
import Testing

@testable import Daemon

/// The command line as an operator, an init script or a validator types it.
@Suite struct CommandLineTests {
    private func parse(_ text: String) -> Invocation {
        CommandLineParser.parse(["/usr/sbin/keepalived"] + text.split(separator: " ").map(String.init))
    }

    private func options(_ text: String) throws -> CommandLine {
        guard case .run(let line, .daemon) = parse(text) else {
            Issue.record("'\(text)' does not run the daemon: \(parse(text))")
            return CommandLine()
        }
        return line
    }

    @Test func combinedShortOptionsWithAValueInTheNextWord() throws {
        let line = try options("-nld -p /run/keepalived.pid")
        #expect(line.staysInForeground && line.logsToConsole && line.logsConfiguration)
        #expect(line.pidFile == "/run/keepalived.pid")
    }

    @Test(arguments: ["-f a.conf", "-fa.conf", "--use-file=a.conf", "--use-file a.conf", "--use-f=a.conf", "-nfa.conf"])
    func valuesMayBeJoinedOrNext(text: String) throws {
        #expect(try options(text).configurationFile == "a.conf")
    }

    @Test func optionsAndWordsMayBeMixed() throws {
        let line = try options("extra -n -- -R --help")
        #expect(line.staysInForeground)
        #expect(line.restartsChildren)
        #expect(line.leftovers == ["extra", "-R", "--help"])
    }

    @Test func anOptionalValueIsNeverTheNextWord() {
        guard case .run(let line, .test(log: nil)) = parse("-t file") else { return #expect(Bool(false)) }
        #expect(line.leftovers == ["file"])
        for text in ["-tlog", "--config-test=log", "-ntlog"] {
            guard case .run(_, .test(log: "log")) = parse(text) else {
                Issue.record("'\(text)' names no log")
                continue
            }
        }
    }

    @Test func puppetsValidateCommand() {
        guard case .run(let line, .test(log: nil)) = parse("-l -t -f /tmp/x.conf") else { return #expect(Bool(false)) }
        #expect(line.configurationFile == "/tmp/x.conf")
    }

    @Test(arguments: [
        ("--foo", "Unknown option --foo"),
        ("-Z", "Unknown option -Z"),
        ("-nZl", "Unknown option -Z"),
        ("-p", "Missing parameter for option -p"),
        ("-nf", "Missing parameter for option -f"),
        ("--use-file", "Missing parameter for option --use-file"),
        ("--dont", "Unknown option --dont"),
        ("--log-console=3", "Unknown option --log-console=3"),
        ("-n -T", "--genhash must be the first option"),
    ])
    func wrongUsage(text: String, message: String) {
        #expect(parse(text) == .refused(message))
    }

    @Test func questionsAreAnsweredBeforeLaterMistakes() {
        #expect(parse("-v --foo") == .version)
        #expect(parse("--help --foo") == .help)
        #expect(parse("--vers") == .version)
        #expect(parse("--signum=JSON") == .signalNumber("JSON"))
        #expect(parse("--signum DATA -Z") == .signalNumber("DATA"))
    }

    @Test func genhashByNameAndByFirstOption() {
        #expect(parse("-T -s 1.2.3.4") == .genhash(["-s", "1.2.3.4"], as: "/usr/sbin/keepalived --genhash"))
        #expect(parse("--genhash") == .genhash([], as: "/usr/sbin/keepalived --genhash"))
        #expect(CommandLineParser.parse(["/usr/bin/genhash", "-S"]) == .genhash(["-S"], as: "/usr/bin/genhash"))
    }

    @Test(arguments: [
        ("", [ChildKind.checker, .vrrp, .bfd]),
        ("-P", [.vrrp, .bfd]),
        ("-C", [.checker, .bfd]),
        ("-P -C", [.checker, .vrrp, .bfd]),
        ("-PB", [.vrrp]),
        ("-CB", [.checker]),
    ])
    func permittedChildren(text: String, kinds: [ChildKind]) throws {
        #expect(try options(text).permitted == Set(kinds))
    }

    @Test(arguments: [
        ("3", CommandLine.LogFacility.local(3)), ("local7", .local(7)), ("user", .user), ("daemon", .daemon),
    ])
    func facilities(text: String, facility: CommandLine.LogFacility) throws {
        let line = try options("-S \(text)")
        #expect(line.facility == facility)
        #expect(line.remarks.isEmpty)
    }

    @Test func wrongValuesAreSaidAndIgnored() throws {
        let line = try options("-S 9 -S local8 -u zz")
        #expect(line.facility == .daemon)
        #expect(line.fileModeMask == nil)
        #expect(line.remarks == ["Invalid log facility '9'", "Invalid log facility 'local8'", "Invalid --umask option zz"])
    }

    @Test(arguments: [("022", UInt16(0o022)), ("0x1ff", 0o777), ("18", 0o022)])
    func umaskIsANumberOfC(text: String, mask: UInt16) throws {
        #expect(try options("-u \(text)").fileModeMask == mask)
    }

    @Test func detailCanBeAskedForTwice() throws {
        #expect(try options("").logDetail == 0)
        #expect(try options("-D").logDetail == 1)
        #expect(try options("-DDD").logDetail == 2)
    }

    @Test func everyOptionOfUpstreamParses() throws {
        let text = "-f F -P -C -B --all -l -D -S 1 -g --flush-log-file -G -u 022 -X -V -I -R -n -d -p P -r R -c C -b B -a "
            + "-x -A A -s NS -m -MPAT -e -i ID --config-fd 3 --ignore-sigint --perf=run --debug=v -L -O --no-mem-check"
        let line = try options(text)
        #expect(line.childPidFiles == [.vrrp: "R", .checker: "C", .bfd: "B"])
        #expect(line.releasesAddresses && !line.releasesVRRP && !line.releasesIPVS && !line.restartsChildren)
        #expect(line.namespace == "NS" && line.configurationID == "ID" && line.corePattern == "PAT")
        #expect(line.allowsCoreDumps && line.checksAllIncludes && line.ignoresInterrupt && line.monitorsAddresses)
        #expect(line.logFile == "")
        #expect(!line.logsToSyslog)
    }

    @Test func whatComesLaterSaysSo() throws {
        #expect(try options("-x -x").servesSNMP)
        #expect(try options("--snmp-agent-socket tcp:localhost:705").snmpSocket == "tcp:localhost:705")
        #expect(try options("--perf --perf").remarks == ["--perf has no effect here"])
    }

    @Test func namesOfOptionsAreUnique() {
        let short = CommandLineOption.all.compactMap(\.short)
        let long = CommandLineOption.all.compactMap(\.long)
        #expect(Set(short).count == short.count)
        #expect(Set(long).count == long.count)
    }

    @Test func usageNamesEveryVisibleOption() {
        let text = UsageText.help()
        #expect(text.hasPrefix("Usage: keepalived [OPTION...]\n  -f, --use-file=FILE          Use the"))
        for option in CommandLineOption.all where !option.help.isEmpty {
            #expect(text.contains("--\(option.long ?? "?")"))
            if let short = option.short { #expect(text.contains("-\(short), ")) }
        }
        #expect(!text.contains("config-fd"))
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 120 })
    }

    @Test func completionsKnowTheOptions() throws {
        let bash = try #require(UsageText.completions(for: "bash"))
        let zsh = try #require(UsageText.completions(for: "zsh"))
        #expect(bash.contains("--dont-fork") && bash.contains("STATS_CLEAR"))
        #expect(zsh.hasPrefix("#compdef keepalived") && zsh.contains("'*--use-file=["))
        #expect(UsageText.completions(for: "fish") == nil)
    }

    /// What scripts in the wild take from the first lines.
    @Test func versionIsReadByScripts() throws {
        let text = VersionText.text(kernel: "Linux 6.1", distribution: nil)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].wholeMatch(of: /Keepalived v2\.4\.3 \(\d\d\/\d\d,\d{4}\)/) != nil)
        #expect(lines[0].split(separator: " ")[1].dropFirst() == "2.4.3")
        #expect(text.contains("\nconfigure options: "))
        #expect(text.contains("--enable-json"))
        #expect(text.contains(VersionText.own))
    }

    @Test func signalNumbersAreTheOnesExportersHardCode() {
        #expect(SignalPurpose.allCases.map(\.signal.number) == [15, 1, 10, 12, 63, 36])
    }

    @Test func theLogShowsTheCommandLineQuoted() {
        var line = CommandLine()
        line.words = ["keepalived", "-f", "it's here"]
        #expect(line.quotedLines == ["Command line: 'keepalived' '-f' 'it'\\''s here'"])
        line.words = Array(repeating: String(repeating: "x", count: 60), count: 3)
        #expect(line.quotedLines.count == 3)
        #expect(line.quotedLines[1].hasPrefix("              'x"))
    }
}
