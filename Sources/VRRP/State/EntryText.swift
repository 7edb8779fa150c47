// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// Addresses, routes and rules as dumps show them: a line each, like iproute2's but with the words of the configuration.

extension AddressEntry {
    /// `10.0.0.1/24 dev eth0 scope global set`; upstream's readers split it at single blanks and take the first and the third word.
    ///
    /// - Parameters:
    ///   - interface: where it is put if it names no interface itself.
    ///   - isSet: whether the kernel has it.
    package func text(on interface: String?, isSet: Bool) -> String {
        var words = [hasLength ? "\(prefix)" : "\(address)"]
        if let broadcast { words.append("brd \(broadcast)") }
        if let name = self.interface ?? interface { words.append("dev \(name)") }
        words.append("scope \(scopeName(scope))")
        if let label { words.append("label \(label)") }
        if let peer { words.append("peer \(peer)/\(prefix.length)") }
        words += flagWords
        if address.family == .ipv6 {
            switch preferredLifetime {
            case nil: words.append("preferred_lft forever")
            case 0?: words.append("deprecated")
            case let seconds?: words.append("preferred_lft \(seconds)")
            }
        }
        if isUntracked { words.append("no_track") }
        if let trackGroup { words.append("track_group \(trackGroup)") }
        if isSet { words.append("set") }
        return words.joined(separator: " ")
    }

    private var hasLength: Bool { peer == nil && prefix.length != (address.family == .ipv4 ? 32 : 128) }

    private var flagWords: [String] {
        var words: [String] = []
        if flags.contains(.home) { words.append("home") }
        if address.family == .ipv6, !flags.contains(.withoutDuplicateDetection) { words.append("-nodad") }
        if flags.contains(.managesTemporary) { words.append("mngtmpaddr") }
        if flags.contains(.noPrefixRoute) { words.append("noprefixroute") }
        if flags.contains(.autojoin) { words.append("autojoin") }
        return words
    }
}

/// RT_SCOPE_* by its name in iproute2.
private func scopeName(_ scope: UInt8) -> String {
    switch scope {
    case 0: "global"
    case 200: "site"
    case 253: "link"
    case 254: "host"
    case 255: "nowhere"
    default: "\(scope)"
    }
}

extension RouteEntry {
    /// `prepend 10.1.0.0/16 via inet 10.0.0.1 dev eth0 proto 18`.
    package var text: String {
        var words = [placementWord]
        if let typeWord { words.append(typeWord) }
        words.append("\(destination)")
        if let from { words.append("from \(from)") }
        if let source { words.append("src \(source)") }
        if tos != 0 { words.append("tos \(tos)") }
        if let encapsulation { words.append("encap \(encapsulation.text)") }
        words += hopWords(gateway, interface)
        if table != 254 { words.append("table \(table)") }
        if let vrf { words.append("vrf \(vrf)") }
        if let scope { words.append("scope \(scope)") }
        if proto != 0 { words.append("proto \(proto)") }
        if let metric { words.append("metric \(metric)") }
        if isOnLink { words.append("onlink") }
        if let realms { words.append("realms \(realms.text)") }
        words += metrics.words
        if let expires { words.append("expires \(expires)sec") }
        if let preference { words.append("pref \(preferenceWord(preference))") }
        if let ttlPropagates { words.append("ttl-propagate \(ttlPropagates ? "enabled" : "disabled")") }
        for hop in nextHops { words += hop.words }
        if isUntracked { words.append("no_track") }
        if let trackGroup { words.append("track_group \(trackGroup)") }
        return words.joined(separator: " ")
    }

    private var placementWord: String {
        switch placement {
        case .add: "add"
        case .prepend: "prepend"
        case .append: "append"
        }
    }

    /// The name of RTN_*; nil for an ordinary route.
    private var typeWord: String? {
        let words: [UInt8: String] = [
            2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit",
            9: "throw", 10: "nat", 11: "xresolve",
        ]
        return words[type]
    }

    private func preferenceWord(_ value: UInt8) -> String {
        switch value {
        case 1: "high"
        case 3: "low"
        default: "medium"
        }
    }
}

private func hopWords(_ gateway: IPAddress?, _ interface: String?) -> [String] {
    var words: [String] = []
    if let gateway { words.append("via inet\(gateway.family == .ipv6 ? "6" : "") \(gateway)") }
    if let interface { words.append("dev \(interface)") }
    return words
}

extension RouteEntry.NextHop {
    fileprivate var words: [String] {
        var words = ["nexthop"]
        if let encapsulation { words.append("encap \(encapsulation.text)") }
        words += hopWords(gateway, interface)
        if weight != 1 { words.append("weight \(weight)") }
        if isOnLink { words.append("onlink") }
        if let realms { words.append("realms \(realms.text)") }
        return words
    }
}

extension Realms {
    fileprivate var text: String { source == 0 ? "\(destination)" : "\(source)/\(destination)" }
}

extension RouteEntry.Metrics {
    fileprivate var words: [String] {
        func word(_ name: String, _ value: UInt32?, _ lock: RouteEntry.Locks? = nil, _ suffix: String = "") -> String? {
            guard let value else { return nil }
            return "\(name)\(lock.map { locks.contains($0) } ?? false ? " lock" : "") \(value)\(suffix)"
        }
        let congestion = congestionControl.map {
            "congctl\(locks.contains(.congestionControl) ? " lock" : "") \($0)"
        }
        let timeout = minimumTimeout.flatMap { time in
            time % 1_000 == 0
                ? word("rto_min", time / 1_000, .minimumTimeout, "s") : word("rto_min", time, .minimumTimeout, "ms")
        }
        return [
            congestion, word("rtt", roundTripTime.map { $0 / 8 }, .roundTripTime, "ms"),
            word("rttvar", roundTripVariance.map { $0 / 4 }, .roundTripVariance, "ms"), timeout,
            features.map { $0 & 1 != 0 ? "features ecn" : "features \($0)" }, word("mtu", mtu, .mtu),
            word("window", window), word("ssthresh", slowStartThreshold, .slowStartThreshold),
            word("cwnd", congestionWindow, .congestionWindow), word("advmss", advertisedMSS, .advertisedMSS),
            word("reordering", reordering, .reordering), word("hoplimit", hopLimit),
            word("initcwnd", initialCongestionWindow), word("initrwnd", initialReceiveWindow),
            word("quickack", quickAcknowledgement), word("fastopen_no_cookie", fastOpenWithoutCookie),
        ].compactMap(\.self)
    }
}

extension Encapsulation {
    fileprivate var text: String {
        switch self {
        case .mpls(let labels): "mpls \(labels.map { "\($0)" }.joined(separator: "/"))"
        case .ip(let tunnel): "ip\(tunnel.text(limit: "ttl", service: "tos"))"
        case .ip6(let tunnel): "ip6\(tunnel.text(limit: "hoplimit", service: "tc"))"
        case .ila(let locator): "ila \(locatorText(locator))"
        }
    }

    private func locatorText(_ locator: UInt64) -> String {
        (0..<4).map { hexDigits(UInt16(truncatingIfNeeded: locator >> UInt64(48 - 16 * $0)), width: 1) }
            .joined(separator: ":")
    }
}

extension Encapsulation.Tunnel {
    fileprivate func text(limit: String, service: String) -> String {
        var text = ""
        if let id { text += " id \(id)" }
        if let destination { text += " dst \(destination)" }
        if let source { text += " src \(source)" }
        if let tos { text += " \(service) \(tos)" }
        if let ttl { text += " \(limit) \(ttl)" }
        if let flags { text += " flags 0x\(hexDigits(flags, width: 1))" }
        return text
    }
}

extension RuleEntry {
    /// `from 10.0.0.0/24 priority 1000 tos 0x0 protocol 18 lookup 100`.
    package var text: String {
        var words = isInverted ? ["not"] : []
        words.append("from \(from.map { "\($0)" } ?? "all")")
        if let to { words.append("to \(to)") }
        words += ["priority \(preference)", "tos 0x\(hexDigits(tos, width: 1))"]
        if mark != nil || markMask != nil {
            let mask = markMask.map { "/0x\(hexDigits($0, width: 1))" } ?? ""
            words.append("fwmark 0x\(hexDigits(mark ?? 0, width: 1))\(mask)")
        }
        if let inputInterface { words.append("iif \(inputInterface)") }
        if let outputInterface { words.append("oif \(outputInterface)") }
        if let suppressPrefixLength { words.append("suppress_prefixlen \(suppressPrefixLength)") }
        if let suppressInterfaceGroup { words.append("suppress_ifgroup \(suppressInterfaceGroup)") }
        if let tunnelID { words.append("tunnel-id \(tunnelID)") }
        if let users { words.append("uidrange \(users.lowerBound)-\(users.upperBound)") }
        if let ipProtocol { words.append("ipproto \(ipProtocol)") }
        if let sourcePorts { words.append("sport \(sourcePorts.lowerBound)-\(sourcePorts.upperBound)") }
        if let destinationPorts { words.append("dport \(destinationPorts.lowerBound)-\(destinationPorts.upperBound)") }
        if let realms { words.append("realms \(realms.text)") }
        if proto != 0 { words.append("protocol \(proto)") }
        words.append(actionText)
        if isUntracked { words.append("no_track") }
        if let trackGroup { words.append("track_group \(trackGroup)") }
        return words.joined(separator: " ")
    }

    private var actionText: String {
        switch action {
        case .table(let table): "lookup \(table)"
        case .goto(let preference): "goto \(preference)"
        case .nop: "type nop"
        case .blackhole: "type blackhole"
        case .prohibit: "type prohibit"
        case .unreachable: "type unreachable"
        case .l3mdev: "l3mdev"
        }
    }
}
