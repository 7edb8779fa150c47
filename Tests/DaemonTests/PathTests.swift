// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

@testable import Daemon

/// Where files go that others look for.
@Suite struct PathTests {
    @Test func pidFilesHaveUpstreamsNames() {
        let paths = PidFilePaths(CommandLine(), NamespaceSettings())
        #expect(paths.parent == "/run/keepalived.pid")
        #expect(paths.children == [.vrrp: "/run/vrrp.pid", .checker: "/run/checkers.pid", .bfd: "/run/bfd.pid"])
        #expect(paths.directory == nil)
    }

    @Test func anInstanceHasADirectoryAndASuffix() {
        var settings = NamespaceSettings()
        settings.instance = "blue"
        let paths = PidFilePaths(CommandLine(), settings)
        #expect(paths.parent == "/run/keepalived/keepalived_blue.pid")
        #expect(paths.children[.checker] == "/run/keepalived/checkers_blue.pid")
        #expect(paths.directory == "/run/keepalived")
        #expect(paths.reloadMarker == "/run/keepalived/keepalived_blue.reload")
    }

    @Test func theCommandLineNamesPidFiles() {
        var line = CommandLine()
        line.pidFile = "/tmp/a.pid"
        line.childPidFiles = [.vrrp: "/tmp/b.pid"]
        line.namespace = "ns"
        let paths = PidFilePaths(line, NamespaceSettings())
        #expect(paths.parent == "/tmp/a.pid")
        #expect(paths.children[.vrrp] == "/tmp/b.pid")
        #expect(paths.children[.bfd] == "/run/keepalived/bfd.pid")
    }

    @Test func identitiesCarryNamespaceAndInstance() {
        var globals = GlobalSettings()
        #expect(globals.identitySuffix(CommandLine()) == "")
        globals.namespace.network = "ns"
        globals.namespace.instance = "in"
        #expect(globals.identitySuffix(CommandLine()) == "_ns_in")
    }

    @Test(arguments: [
        ("/tmp/keepalived.data", "_parent", "/tmp/keepalived_parent.data"), ("/tmp/x", "_bfd", "/tmp/x_bfd"),
        ("/tmp.d/x", "_bfd", "/tmp.d/x_bfd"), ("/a/b.c.log", "", "/a/b.c.log"),
    ])
    func theProcessIsNamedBeforeTheLastDot(path: String, part: String, result: String) {
        #expect(DumpFiles.path(path, inserting: part) == result)
    }

    @Test func dumpsOfStateGoWhereTheConfigurationSays() {
        var globals = GlobalSettings()
        globals.files.stateDump = "/var/lib/ka/"
        #expect(DumpFiles.data("_check", globals, namespace: nil) == "/var/lib/ka/keepalived_check.data")
        globals.files.stateDump = "/var/lib/ka.txt"
        globals.files.namesInstance = true
        globals.namespace.instance = "one"
        #expect(DumpFiles.data("", globals, namespace: "ns") == "/var/lib/ka.ns_one.txt")
    }

    @Test func childrenAreNamedOnlyWhenAsked() {
        var globals = GlobalSettings()
        #expect(globals.settings(of: .checker).name == nil)
        globals.usesProcessNames = true
        #expect(globals.settings(of: .checker).name == "keepalived_lvs")
        globals.checkerProcess.name = "own"
        #expect(globals.settings(of: .checker).name == "own")
    }
}
