// SPDX-License-Identifier: Apache-2.0
//
// Whose lines a replay believes. The journal of another host has that host's user ids, so they are
// given, or learned from entries that journald saw come from the mail server's own program. Only
// replay learns: a daemon that acts must be told.

internal import MailLog
internal import Settings

/// The users whose lines are believed.
struct ReplayTrust {
    /// Most user ids that are learned; chosen: a few mail systems on some hosts.
    static let mostLearned = 64

    /// What the engine is told.
    private(set) var settings: TrustSettings
    private var known: Set<UInt32> = [0]
    private var isLearning: Bool

    /// Where mail systems keep their programs, and which field of the trust each belongs to.
    private typealias Place = any WritableKeyPath<TrustSettings, [UInt32]> & Sendable
    private static let programs: [(prefix: [UInt8], users: Place)] =
        TrustSettings.usualDaemonDirectories.map { (Array("\($0)/".utf8), \.postfixUsers) }
        + [
            (Array("/usr/sbin/exim".utf8), \.eximUsers),
            (Array("/usr/sbin/sendmail".utf8), \.sendmailUsers),
            (Array("/usr/libexec/sendmail/".utf8), \.sendmailUsers),
            (Array("/usr/sbin/smtpd".utf8), \.opensmtpdUsers),
        ]

    /// Trust in `users`, and in the `named` ones of the settings; with no `users` given it learns.
    init(settings: Settings, users: [UInt32], named: [UInt32]) {
        var trust = settings.journal.trust
        let named = users + named
        trust.postfixUsers = named
        trust.eximUsers = named
        trust.sendmailUsers = named
        trust.opensmtpdUsers = named
        trust.listManagerUsers = named
        // journald adds _UID to whatever a local process sends; an entry without it was imported.
        trust.acceptsAbsentFields = true
        self.settings = trust
        known.formUnion(named)
        isLearning = users.isEmpty
    }

    /// Learns from the entries of `batch`; true when there is something new.
    mutating func learn(from batch: EntryBatch) -> Bool {
        guard isLearning else { return false }
        var isNew = false
        for entry in batch.entries {
            guard let uid = entry.uid, !entry.executable.isEmpty, uid != 0, !known.contains(uid)
            else { continue }
            let path = batch.bytes[Int(entry.executable.start)..<Int(entry.executable.end)]
            guard let program = Self.programs.first(where: { path.starts(with: $0.prefix) })
            else { continue }
            settings[keyPath: program.users].append(uid)
            known.insert(uid)
            isNew = true
            isLearning = known.count <= Self.mostLearned
            if !isLearning { break }
        }
        return isNew
    }
}
