// SPDX-License-Identifier: Apache-2.0
//
// Whether the mail server that runs is the one whose lines are believed. The daemon says what runs;
// here it is held against what the log said last. The mistake to avoid: to call a host blind whose
// second server is merely quiet; lines of the one that is believed are proof that it runs.

import Breaker
import EventTime
public import MailLog

/// A mail server that runs on this host.
public struct RunningServer: Sendable, Equatable {
    /// Which one.
    public var dialect: Dialect
    /// The unit that it runs in.
    public var unit: String

    /// The server `dialect` in `unit`.
    public init(dialect: Dialect, unit: String) {
        self.dialect = dialect
        self.unit = unit
    }
}

/// What is known of the servers of this host.
struct ServerSight: Sendable, Equatable {
    /// So long another one must run, and the one that is believed be silent, or as long as this host is
    /// ever silent; chosen, who changes his mail server has it done in that time.
    static let patience = TimeSpan.minutes(15)

    var running: [RunningServer] = []
    /// Whether anything takes connections on port 25.
    var listens = false
    /// The server that wrote the last believed line.
    var last = Dialect.none
    /// Since when another one runs.
    var otherSince: Timestamp?
    /// Whether that was paged.
    var pagedSince: Timestamp?

    /// Whether what runs and what is believed are two things.
    var isOther: Bool {
        last != .none && !running.isEmpty && !running.contains { $0.dialect == last }
    }

    /// A believed line of `dialect` came.
    @inline(__always)
    mutating func note(_ dialect: Dialect) {
        guard dialect.isServer else { return }
        last = dialect
        otherSince = nil
    }
}

extension Dialect {
    /// Whether it is a mail server and no list manager.
    var isServer: Bool {
        switch self {
        case .postfix, .exim, .sendmail, .opensmtpd: true
        case .none, .mailman, .sympa, .mlmmj: false
        }
    }

    /// Its name, for people.
    public var server: String {
        switch self {
        case .postfix: "Postfix"
        case .exim: "Exim"
        case .sendmail: "Sendmail"
        case .opensmtpd: "OpenSMTPD"
        case .none, .mailman, .sympa, .mlmmj: "a mail server"
        }
    }
}

extension Sight {
    /// Why the server that runs is not the one that is read; nil: it is, or nobody can tell.
    public var wrongServer: String? {
        guard servers.pagedSince != nil, servers.isOther else { return nil }
        return "\(servers.words), and not one line of it is believed; the last lines that were are "
            + "\(servers.last.server)'s"
    }

    /// What else is known of a log in which no mail server ever wrote, behind a semicolon; empty:
    /// nothing.
    var serverHint: String {
        if !servers.running.isEmpty { return "; \(servers.words)" }
        return servers.listens ? "; something takes mail on port 25" : ""
    }

    /// Takes note of the servers that run, and whether anything listens on port 25.
    mutating func note(running: [RunningServer], listens: Bool) {
        servers.running = running
        servers.listens = listens
    }

    /// Pages when another server runs than the one that is read, and when it is the same again.
    mutating func watchServers(now: Timestamp, into effects: inout EffectList) {
        guard watchedSince != nil else { return }
        if servers.isOther {
            let since = servers.otherSince ?? now
            servers.otherSince = since
            // A server of whose unit nobody here sees a process (in a container, started by hand) is as
            // quiet at night as any.
            let patience = max(ServerSight.patience, rhythm.limit ?? .seconds(0))
            guard servers.pagedSince == nil, now - since >= patience else { return }
            servers.pagedSince = now
        } else {
            servers.otherSince = nil
        }
        if let why = wrongServer {
            return tell(why, Self.otherServer, since: now, now: now, into: &effects)
        }
        guard let since = servers.pagedSince else { return }
        servers.pagedSince = nil
        tell(nil, Self.otherServer, since: since, now: now, into: &effects)
    }

    private static let otherServer = Reason(
        end: "the mail server that runs is the one that is read again",
        advice: "Let it log to the journal with facility mail (Postfix: maillog_file must be "
            + "empty; Exim: log_file_path = syslog), and see listbreaker doctor; MTA= in "
            + "[Halt] must name it",
        key: "blind-server"
    )
}

extension ServerSight {
    /// Such as `Exim runs (exim4.service)`.
    fileprivate var words: String {
        running.prefix(4).map { "\($0.dialect.server) runs (\($0.unit))" }.joined(separator: ", ")
    }
}

extension Engine {
    /// Takes note of the mail servers that run on this host.
    public mutating func note(running: [RunningServer], listens: Bool) {
        sight.note(running: running, listens: listens)
    }
}
