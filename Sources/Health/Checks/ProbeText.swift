// SPDX-License-Identifier: GPL-2.0-or-later

import Config

// The wording of what checkers find: log lines here, mail bodies below. `Notice` and `Mail` use it.

extension ProbeSubject {
    /// The line for a checker that came up.
    package var successText: String {
        switch kind {
        case .tcp: "TCP connection to \(server) success."
        case .udp: "UDP connection to \(server) success."
        case .ping: "ICMP connection to \(server) success."
        case .http: "Remote Web server \(server) succeed on service."
        case .smtp: "Remote SMTP server \(server) succeed on service."
        case .dns: "DNS_CHECK (\(server)) succeed on service."
        case .misc(let settings):
            "Misc check for [\(server) VS \(service)] by [\(settings.script.path)] succeeded."
        case .file(let settings): "(\(server)): tracked file \(settings.name) leaving FAULT state"
        case .bfd(let name): "BFD check of [\(name)] RS(\(server)) is UP"
        }
    }

    /// The line for one failed attempt.
    package func attemptText(_ failure: ProbeFailure, _ attempts: Notice.Attempts) -> String {
        switch kind {
        case .tcp, .udp, .ping: connectionText(failure)
        case .http: httpText(failure)
        case .smtp: "SMTP_CHECK \(smtpText(failure)) \(endpoint)"
        case .dns: "DNS_CHECK (\(server)) \(failure.words)"
        case .misc: miscText(failure, attempts, isFinal: false)
        case .file, .bfd: failureText(failure, attempts)
        }
    }

    /// The line for a checker that went down.
    package func failureText(_ failure: ProbeFailure, _ attempts: Notice.Attempts) -> String {
        let after = attempts.made > 0 ? " after \(attempts.made) retries" : ""
        switch kind {
        case .tcp: return "TCP_CHECK on service \(server) failed\(after)."
        case .udp: return "UDP_CHECK on service \(server) failed\(after)."
        case .ping: return "ICMP CHECK on service \(server) failed\(after)."
        case .http(let settings):
            return "\(settings.isSecure ? "SSL" : "HTTP")_CHECK on service \(server) failed\(after)."
        case .smtp: return "SMTP_CHECK \(smtpText(failure)) \(endpoint)"
        case .dns: return "DNS_CHECK (\(server)) \(failure.words)\(after)"
        case .misc: return miscText(failure, attempts, isFinal: true)
        case .file(let settings): return "(\(server)): tracked file \(settings.name) now FAULT state"
        case .bfd(let name): return "BFD check of [\(name)] RS(\(server)) is DOWN"
        }
    }

    private func connectionText(_ failure: ProbeFailure) -> String {
        let word = if case .udp = kind { "UDP" } else if case .ping = kind { "ICMP" } else { "TCP" }
        switch failure {
        case .connectTimeout, .readTimeout: return "\(word) connection to \(server) timeout."
        case .malformed where word == "UDP": return "UDP check to \(server) reply data mismatch."
        case .noConnection, .writeFailed, .readFailed, .closedEarly, .malformed, .endless, .status, .digest, .pattern,
            .handshake, .refused, .exited, .killed, .scriptTimeout, .scriptMissing, .file, .bfd:
            return "\(word) connection to \(server) failed."
        }
    }

    private func httpText(_ failure: ProbeFailure) -> String {
        switch failure {
        case .noConnection: "Connection failed server \(server)."
        case .connectTimeout: "Timeout connecting server \(server)."
        case .readTimeout: "Timeout HTTP read server \(server)."
        case .status(let code, let path):
            "HTTP status code error to server \(server) url(\(path)) status_code [\(code)]."
        case .digest(let found, let path): "MD5 digest error to server \(server) url(\(path)) MD5SUM [\(found)]."
        case .pattern(let path): "Regex match failed to server \(server) url(\(path))."
        case .handshake(let words): "SSL handshake/communication error connecting to server \(server): \(words)."
        case .endless: "Answer of server \(server) is larger than is accepted."
        case .readFailed(let words): "Read error with server \(server): \(words)."
        case .closedEarly: "Read error with server \(server): \(failure.words)."
        case .writeFailed, .malformed, .refused, .exited, .killed, .scriptTimeout,
            .scriptMissing, .file, .bfd:
            "\(failure.words) from server \(server)."
        }
    }

    private func smtpText(_ failure: ProbeFailure) -> String {
        switch failure {
        case .noConnection: "Could not connect to server"
        case .connectTimeout: "Connection timeout to server"
        case .readTimeout: "Read timeout from server"
        case .malformed(let what): "\(what) from server"
        case .refused(let words): "Refused (\(words)) by server"
        case .writeFailed, .readFailed, .closedEarly, .endless, .status, .digest, .pattern, .handshake, .exited,
            .killed,
            .scriptTimeout, .scriptMissing, .file, .bfd:
            "\(failure.words) from server"
        }
    }

    private func miscText(_ failure: ProbeFailure, _ attempts: Notice.Attempts, isFinal: Bool) -> String {
        let script = if case .misc(let settings) = kind { settings.script.path } else { "" }
        let verb = failure == .scriptTimeout ? "timed out" : "failed"
        let progress: String
        if isFinal {
            progress =
                attempts.made > 0
                ? " after \(attempts.made) retries" : attempts.allowed == 0 ? " with retry disabled" : ""
        } else if attempts.made == 0 {
            progress = attempts.allowed > 0 ? ", will do \(attempts.allowed) retries" : ""
        } else {
            progress = " on retry \(attempts.made)/\(attempts.allowed)"
        }
        let why = failure == .scriptTimeout ? "" : " (\(failure.words))"
        return "Misc check for [\(server) VS \(service)] by [\(script)] \(verb)\(progress)\(why)."
    }

    /// The body of the mail for a checker's result.
    package func mailBody(_ failure: ProbeFailure?) -> String {
        let verdict = failure == nil ? "succeed" : "failed"
        let text: String
        switch kind {
        case .tcp: text = "TCP CHECK \(verdict)"
        case .udp: text = "UDP CHECK \(verdict)"
        case .ping: text = "ICMP CHECK \(verdict)"
        case .http: text = failure == nil ? "CHECK succeed" : "CHECK failed on service : HTTP/SSL request failed"
        case .smtp: text = failure.map { "CHECK failed on service : \(smtpText($0)) \(endpoint)" } ?? "CHECK succeed"
        case .dns: text = "DNS_CHECK: \(verdict)"
        case .misc:
            text =
                failure == .scriptTimeout
                ? "MISC CHECK timed out" : "MISC CHECK \(failure == nil ? "succeeded" : "failed")"
        case .file: text = "FILE CHECK \(verdict)"
        case .bfd(let name): text = "BFD CHECK \(name) \(failure == nil ? "succeeded" : "failed")"
        }
        return text.contains(" on service ") ? "=> \(text) <=" : "=> \(text) on service <="
    }
}

extension ProbeFailure {
    /// In a few words, for lines that have no wording of their own for it.
    package var words: String {
        switch self {
        case .noConnection(let words): "connection failed: \(words)"
        case .connectTimeout: "connection timeout"
        case .readTimeout: "read timeout from socket"
        case .writeFailed(let words): "write error: \(words)"
        case .readFailed(let words): "read error: \(words)"
        case .closedEarly: "connection closed before the end of the answer"
        case .malformed(let what): what
        case .endless: "answer without end"
        case .status(let code, _): "status code \(code)"
        case .digest(let found, _): "digest \(found)"
        case .pattern: "pattern not matched"
        case .handshake(let words): "TLS handshake failed: \(words)"
        case .refused(let words): words
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "due to signal \(signal)"
        case .scriptTimeout: "timed out"
        case .scriptMissing(let path): "script \(path) cannot be run"
        case .file: "tracked file"
        case .bfd: "BFD session down"
        }
    }
}
