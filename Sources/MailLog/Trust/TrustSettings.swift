// SPDX-License-Identifier: Apache-2.0
//
// What this host's mail systems look like to journald: users, instance names, directories. The
// proof of a line is the user id, which journald gets from the kernel with the datagram; the rest
// narrows. The mistake to avoid: demanding `_EXE` or `_SYSTEMD_UNIT`, which journald reads after
// the fact and genuine lines of short-lived processes lack.

/// What it takes for a line to be believed, and how this host's MTA writes addresses.
public struct TrustSettings: Sendable {
    /// How Postfix prints addresses: `info_log_address_format` of postconf(5).
    public enum AddressFormat: String, Sendable, CaseIterable {
        /// Quoted as in RFC 5322; the default since 3.5.
        case external
        /// Raw, before 3.5 or by configuration. A line that can be read in two ways is not read.
        case `internal`
    }

    /// User ids that may write as Postfix, beside 0; those of the `postfix` user.
    public var postfixUsers: [UInt32] = []
    /// User ids that may write as Exim, beside 0; `Debian-exim` or `exim`.
    public var eximUsers: [UInt32] = []
    /// User ids that may write as Sendmail, beside 0; `smmta`, `smmsp`.
    public var sendmailUsers: [UInt32] = []
    /// User ids that may write as OpenSMTPD, beside 0; `opensmtpd` and `opensmtpq`.
    public var opensmtpdUsers: [UInt32] = []
    /// User ids that may write as Mailman, Sympa or mlmmj, beside 0.
    public var listManagerUsers: [UInt32] = []
    /// Whether entries without `_TRANSPORT` and `_UID` are believed: imported or synthetic logs.
    public var acceptsAbsentFields = false
    /// How Postfix prints addresses here.
    public var addressFormat = AddressFormat.external

    /// Names that may stand before the first `/` of Postfix's identifier (`syslog_name`).
    var instances: [[UInt8]]
    /// Where Postfix's daemons lie; each with a `/` at its end.
    var daemonDirectories: [[UInt8]]
    /// Units in which Postfix runs besides its own, `*` for any text.
    var units: [[UInt8]]

    /// Containers whose printed lines are believed.
    var containers: [[UInt8]]

    /// Names that lines may prove at most; chosen, as many as `Instances=` takes.
    static let mostProven = 32

    /// Directories of Postfix's daemons in Debian, Fedora, SUSE, Alpine and Arch.
    public static let usualDaemonDirectories = [
        "/usr/lib/postfix", "/usr/libexec/postfix", "/usr/lib64/postfix",
        "/usr/local/libexec/postfix",
    ]

    /// Settings that believe root only, until users are added.
    ///
    /// - Parameters:
    ///   - instances: Postfix's `syslog_name`s. `postfix` and `postfix-...`, the names that
    ///     postmulti(1) allows, are always among them.
    ///   - daemonDirectories: absolute paths; subdirectories count.
    ///   - units: names of units in which Postfix runs besides `postfix.service` and `postfix@*`; in
    ///     each `*` stands for any text.
    ///   - containers: names of containers whose output, as their driver gives it to journald, is a
    ///     mail log.
    public init(
        instances: [String] = [],
        daemonDirectories: [String] = usualDaemonDirectories,
        units: [String] = [],
        containers: [String] = []
    ) {
        self.containers = containers.map { Array($0.utf8) }
        self.units = units.map { Array($0.utf8) }
        self.instances = instances.map { Array($0.utf8) }
        self.daemonDirectories = daemonDirectories.map { path in
            Array((path.hasSuffix("/") ? path : path + "/").utf8)
        }
    }

    /// Takes `name` for an instance from now on: a line proved that Postfix calls itself so.
    ///
    /// False when there are too many, or it is one already.
    mutating func accept(instance name: some Collection<UInt8>) -> Bool {
        guard instances.count < 2 * Self.mostProven, !name.isEmpty,
            !instances.contains(where: { $0.elementsEqual(name) })
        else { return false }
        instances.append(Array(name))
        return true
    }

    /// Whether `user` may write as `dialect`.
    func isTrusted(_ user: UInt32, as dialect: Dialect) -> Bool {
        if user == 0 { return true }
        switch dialect {
        case .postfix: return postfixUsers.contains(user)
        case .exim: return eximUsers.contains(user)
        case .sendmail: return sendmailUsers.contains(user)
        case .opensmtpd: return opensmtpdUsers.contains(user)
        case .mailman, .sympa, .mlmmj: return listManagerUsers.contains(user)
        case .none: return false
        }
    }
}
