// SPDX-License-Identifier: GPL-2.0-or-later

import Config

extension VirtualServer {
    /// Weighs the alive servers and says what follows.
    ///
    /// The quorum is gained at quorum + hysteresis and lost below quorum - hysteresis. `isFirst`: nothing has been said about this
    /// virtual server yet, so being below is news too.
    mutating func weighQuorum(isFirst: Bool = false, into actions: inout [Action]) {
        let figures = figures
        if !hasQuorum, figures.weight >= figures.upperThreshold {
            hasQuorum = true
            actions.append(.notice(.quorumGained(figures, of: name)))
            announceSorryServer(into: &actions)
            tellQuorum("=> \(figures.gainedText) <=", isFirst, into: &actions)
        } else if hasQuorum, figures.weight < figures.lowerThreshold {
            hasQuorum = false
            actions.append(.notice(.quorumLost(figures, of: name)))
            announceSorryServer(into: &actions)
            tellQuorum("=> \(figures.lostText) <=", isFirst, into: &actions)
        } else if isFirst, !hasQuorum {
            actions.append(.notice(.startingWithoutQuorum(figures, of: name)))
            announceSorryServer(into: &actions)
            tellQuorum("=> \(figures.startingMailText) <=", isFirst, into: &actions)
        }
    }

    /// The sorry server comes or goes, and the alive servers the other way.
    private mutating func announceSorryServer(into actions: inout [Action]) {
        guard let sorry = settings.sorryServer else { return }
        let isNeeded = !hasQuorum
        guard isNeeded || sorryTableWeight ?? 0 > 0 else { return updateTable(into: &actions) }
        actions.append(
            .notice(
                .sorryServer(settings.name(of: sorry.key), of: name, isNeeded: isNeeded, inhibits: sorry.isInhibited)
            )
        )
        actions.append(.notice(.pool(of: name, isFilled: !isNeeded)))
        updateTable(into: &actions)
    }

    private func tellQuorum(_ body: String, _ isFirst: Bool, into actions: inout [Action]) {
        if let script = hasQuorum ? settings.quorumUp : settings.quorumDown {
            actions.append(.notice(.runningForQuorum(script: script.arguments.joined(separator: " "), of: name)))
            actions.append(.run(script, for: name))
        }
        actions.append(.report(.virtualServer(name, isUp: hasQuorum)))
        if settings.sendsMail { actions.append(.mail(Mail(virtualServer: name, isUp: hasQuorum, body: body))) }
    }

    /// Tells scripts, listeners and the operator's mailbox that a server's state is now this.
    func tellServer(_ index: Int, into actions: inout [Action]) {
        let server = settings.servers[index]
        let serverName = settings.name(of: server.key)
        let isUp = servers[index].isAlive
        if let script = isUp ? server.notifyUp : server.notifyDown {
            let text = script.arguments.joined(separator: " ")
            actions.append(.notice(.running(script: text, server: serverName, of: name)))
            actions.append(.run(script, for: "\(serverName) \(name)"))
        }
        actions.append(.report(.server(serverName, of: name, isUp: isUp)))
    }
}
