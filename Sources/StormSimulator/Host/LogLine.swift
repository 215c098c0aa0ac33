// SPDX-License-Identifier: Apache-2.0
//
// One line of Postfix's log with what journald knows of its sender.

public import EventTime

/// A program of Postfix that writes lines.
public enum MailProgram: String, Sendable, CaseIterable {
    case smtpd, cleanup, qmgr, smtp, local, lmtp, pipe, bounce, pickup

    /// Its place in `allCases`.
    var number: Int {
        switch self {
        case .smtpd: 0
        case .cleanup: 1
        case .qmgr: 2
        case .smtp: 3
        case .local: 4
        case .lmtp: 5
        case .pipe: 6
        case .bounce: 7
        case .pickup: 8
        }
    }

    /// Whether it runs as root: local(8) and pipe(8) change to the recipient's user themselves.
    public var isRoot: Bool { self == .local || self == .pipe }

    /// Its command line under Debian's master.cf, as `/proc` shows it.
    var commandLine: String {
        switch self {
        case .smtpd: "smtpd -n smtp -t inet -u -c -o stress="
        case .cleanup: "cleanup -z -t unix -u -c"
        case .qmgr: "qmgr -l -t unix -u"
        case .smtp: "smtp -t unix -u -c"
        case .local: "local -t unix"
        case .lmtp: "lmtp -t unix -u -c"
        case .pipe: "pipe -n mlmmj -t unix flags=ORhu user=mlmmj argv=/usr/bin/mlmmj-receive"
        case .bounce: "bounce -z -t unix -u -c"
        case .pickup: "pickup -l -t unix -u -c"
        }
    }
}

/// One line of the simulated log.
public struct LogLine: Sendable, Equatable {
    /// Event time.
    public var time: Timestamp
    /// Who writes it; the identifier is `postfix/` and this.
    public var program: MailProgram
    /// Its process id.
    public var pid: Int32
    /// What stands behind `IDENT[PID]: `.
    public var message: String
    /// Whether journald could still read the unit from `/proc`; it cannot for 2 % of lines.
    public var hasUnit = true
    /// Place in the plan of the post whose copies this line announces; nil: it announces none.
    public var announces: Int?

    /// The line as a syslog file has it, without date and host.
    public var text: String { "postfix/\(program.rawValue)[\(pid)]: \(message)" }
}
