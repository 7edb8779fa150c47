// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import PackageDescription

/// Every Swift target is held to the same language rules.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Codecs and machine are called across targets for every packet: without this each call of a generic is unspecialised. The
    // compiler does it for what is public alone, so Basics and Netlink, which everybody calls, are public instead of package.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    // A function of its own section can be left out, or laid beside those that run with it.
    .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

/// A pure target imports no C module: bytes and instants go in, values come out.
func pure(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

/// A shell target may reach the kernel or a C library.
func shell(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

/// Where what the linker reads beside the objects lies.
let link = Context.packageDirectory + "/scripts/link"

/// How a released program is laid out. Every page that a start, a fork or an idle daemon touches is memory and time, so what is not
/// called is left out (nothing is exported, which the Swift runtime's own flags would do), libstdc++ comes as an archive, and what a
/// daemon at rest calls lies side by side, then what it calls before and after that (`scripts/order-functions` lists both), not among
/// 9 MB of others.
let layout: [String] = [
    "-use-ld=lld",
    "-L\(link)",
    "-Xclang-linker", "-static-libgcc",
    "-Xlinker", "--no-export-dynamic",
    // Resolved once, by the parent: all its processes are forks, and each would look its symbols up again.
    "-Xlinker", "-z", "-Xlinker", "now",
    "-Xlinker", "--symbol-ordering-file=\(link)/functions.order",
    "-Xlinker", "--no-warn-symbol-ordering",
] + (understandsPackedRelocations ? ["-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"] : [])

/// Whether this machine's loader knows DT_RELR: 30,000 relocations in 6 kB instead of 700 (glibc 2.36, 2022).
var understandsPackedRelocations: Bool {
    var text = [CChar](repeating: 0, count: 64)
    confstr(Int32(_CS_GNU_LIBC_VERSION), &text, text.count)  // "glibc 2.36"
    let version = String(cString: text).split { !$0.isNumber }.compactMap { Int($0) }
    return version.count == 2 && (version[0], version[1]) >= (2, 36)
}

/// A program links the Swift runtime into itself: a router has no Swift installed.
func program(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        swiftSettings: rules + [.unsafeFlags(["-static-stdlib"])],
        linkerSettings: [
            .unsafeFlags(["-static-stdlib"]),
            .unsafeFlags(layout, .when(configuration: .release)),
        ]
    )
}

func tests(_ name: String, _ dependencies: Target.Dependency..., data: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: dependencies,
        exclude: data,
        swiftSettings: rules
    )
}

let package = Package(
    name: "keepalived",
    products: [.executable(name: "keepalived", targets: ["keepalived"])],
    targets: [
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CNetlink",
            pkgConfig: "libnl-genl-3.0",
            providers: [.apt(["libnl-3-dev", "libnl-genl-3-dev"])]
        ),
        .systemLibrary(name: "CNetSNMP", providers: [.apt(["libsnmp-dev"])]),

        pure("Basics"),
        pure("Config", "Basics"),
        pure("VRRP", "Basics", "Config"),
        pure("BFD", "Basics", "Config"),
        pure("Health", "Basics", "Config"),
        pure("Netlink", "Basics"),
        pure("SNMP", "Basics"),

        shell("Linux", "Basics", "Config", "Netlink", "SNMP", "CLinux", "CNetlink", "CNetSNMP"),
        shell("Crypto"),
        shell("Daemon", "Basics", "Config", "VRRP", "BFD", "Health", "Netlink", "SNMP", "Linux", "Crypto"),

        program("keepalived", "Daemon", "Linux"),
        program("manual", "Daemon", "Linux"),

        .target(
            name: "Support",
            dependencies: ["Basics", "Config"],
            path: "Tests/Support",
            swiftSettings: rules
        ),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Daemon", "Config", "Basics", "Linux", "Support"],
            path: "Tests/Fuzz",
            exclude: ["Corpus.txt"],
            swiftSettings: rules
        ),
        tests("Basics", "Basics", "Support"),
        tests("Config", "Config", "Basics", "Support"),
        tests("VRRP", "VRRP", "Config", "Basics", "Support", data: ["Traces"]),
        tests("BFD", "BFD", "Crypto", "Config", "Basics", "Support"),
        tests("Health", "Health", "Config", "Basics", "Support"),
        tests("Netlink", "Netlink", "Basics", "Support"),
        tests("SNMP", "SNMP", "Basics"),
        tests("Crypto", "Crypto", "Basics"),
        tests("Linux", "Linux", "Netlink", "Basics", "Config", "CLinux", "Support"),
        tests("Daemon", "Daemon", "VRRP", "BFD", "Health", "Config", "Basics", "Linux", "Netlink", "Support", "fuzz",
            data: ["KeywordPaths.txt"]),
        tests("Simulation", "VRRP", "BFD", "Config", "Basics", "Support"),
        tests("Tidy"),
    ]
)
