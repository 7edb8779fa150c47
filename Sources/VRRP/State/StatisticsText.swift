// SPDX-License-Identifier: GPL-2.0-or-later

extension VRRPSnapshot {
    /// What `keepalived.stats` says: counters of each router, by headings of two blanks and values of four.
    ///
    /// Exporters read it line by line: below a heading every value is a whole number, and nothing else stands there.
    package var statisticsText: String {
        var text = ""
        for router in routers { text += router.statistics.text(of: router.settings.name) }
        return text
    }
}

extension Statistics {
    fileprivate func text(of name: String) -> String {
        """
        VRRP Instance: \(name)
          Advertisements:
            Received: \(advertsReceived)
            Sent: \(advertsSent)
          Became master: \(becameMaster)
          Released master: \(releasedMaster)
          Packet Errors:
            Length: \(self.lengthErrors)
            TTL: \(self.hopLimitErrors)
            Invalid Type: \(self.typeErrors)
            Advertisement Interval: \(self.intervalErrors)
            Address List: \(self.addressListErrors)
          Authentication Errors:
            Invalid Type: \(self.unknownAuthentication)
            Type Mismatch: \(self.authenticationMismatches)
            Failure: \(self.authenticationFailures)
          Authentication Extension Errors:
            Missing: \(self.trailersMissing)
            Malformed: \(self.trailersMalformed)
            Unknown Key: \(self.trailersOfUnknownKey)
            Invalid HMAC: \(self.trailersInvalid)
            Stale: \(self.trailersStale)
            Replay: \(self.trailersReplayed)
          Priority Zero:
            Received: \(priorityZeroReceived)
            Sent: \(priorityZeroSent)

        """
    }
}
