// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: is there a mail log in the journal, whole and of late, and is it believed: by the daemon's
// own engine, with the trust that the daemon has. It reads the last hour, and three days when that is
// empty, never more than a fixed number of entries.

internal import Engine
internal import EventTime
internal import Glibc
internal import Journal
internal import Linux
internal import MailLog
internal import Settings
internal import SettingsFiles
internal import Words

/// What the journal holds.
struct SightExam {
    /// Entries that are read at most; chosen: about a second.
    static let mostEntries = 200_000
    /// How far back, tried in turn; chosen.
    ///
    /// Even a Postfix without mail logs its restarts.
    static let reaches: [TimeSpan] = [.hours(1), .days(3)]

    /// Mail lines that were read.
    private(set) var lines = 0
    /// Of these: cleanup's lines, and headers among them.
    private(set) var cleanups = 0
    private(set) var headers = 0
    /// Lines of each mail server that were believed.
    private(set) var believed: [Dialect: Int] = [:]
    /// Lines that journald says it dropped.
    private(set) var dropped: Int64 = 0
    private var reach = TimeSpan.hours(1)
    private var latest: Timestamp?
    private var failure: JournalError?
    private let now: Timestamp
    private let settings: Settings
    private let limit: RateLimit
    /// Sees as the daemon does, and touches nothing.
    private var engine: Engine

    /// Reads `source` up to `now`, and believes what `settings` say; `limit` is what may have dropped lines.
    init(
        source: JournalSource,
        settings: Settings,
        now: Timestamp,
        limit: RateLimit = .postfix
    ) {
        self.now = now
        self.limit = limit
        self.settings = settings
        engine = Engine(settings: settings, trust: MailUsers.trust(settings))
        do throws(JournalError) {
            for reach in Self.reaches where lines == 0 {
                self.reach = reach
                try read(source, since: now - reach)
            }
            try findContainers(source)
        } catch {
            failure = error
        }
    }

    /// Containers that log mail of late and whose lines are not read, by name.
    private(set) var unread: [String: Int] = [:]
    /// Entries of container drivers that are looked through; chosen, a tenth of a second.
    static let mostContained = 20_000

    /// Looks for mail logs in what containers print.
    private mutating func findContainers(_ source: JournalSource) throws(JournalError) {
        let reader = try JournalReader(
            source: source,
            start: .time(now - .hours(1)),
            extraMatches: ["_COMM=dockerd", "_COMM=conmon", "_COMM=podman"]
        )
        let known = Set(settings.journal.trustedContainers)
        var batch = EntryBatch()
        var count = 0
        while count < Self.mostContained, try reader.read(into: &batch, limit: 1024) {
            for entry in batch.entries where !entry.container.isEmpty {
                count += 1
                let name = batch.text(entry.container)
                guard !known.contains(name), batch.text(entry.message).contains("postfix/qmgr[")
                else { continue }
                unread[name, default: 0] += 1
            }
        }
    }

    private mutating func read(_ source: JournalSource, since: Timestamp) throws(JournalError) {
        let reader = try JournalReader(
            source: source,
            start: .time(since),
            extraMatches: settings.journal.matches
        )
        var batch = EntryBatch()
        var count = 0
        while count < Self.mostEntries, try reader.read(into: &batch, limit: 1024) {
            count += batch.entries.count
            for entry in batch.entries { take(entry, batch) }
            if let last = batch.entries.last {
                _ = engine.handle(.entries(batch, readAt: last.time))
            }
        }
    }

    private mutating func take(_ entry: LogEntry, _ batch: EntryBatch) {
        if entry.isSuppressionNotice {
            dropped = dropped.addingReportingOverflow(max(0, entry.dropped)).partialValue
            return
        }
        lines += 1
        latest = max(latest ?? entry.time, entry.time)
        let event = engine.reading(entry, in: batch)
        if event.trust == .genuine, event.dialect != .none {
            believed[event.dialect, default: 0] += 1
        }
        guard batch.text(entry.identifier).hasSuffix("/cleanup") else { return }
        cleanups += 1
        if batch.text(entry.message).contains(": info: header ") { headers += 1 }
    }

    /// What was seen.
    var sight: Sight { engine.sight }

    /// Whether what is there is believed, by the measure that the daemon has.
    private var trust: [Finding] {
        let kinds = sight.refusedKinds
        let cures = kinds.filter(\.isOwn).compactMap(\.setting)
        if let disbelief = sight.disbelief {
            let fix = cures.first.map(Self.fix) ?? "man listbreaker.conf"
            return [.problem("trust", disbelief, fix: fix)]
        }
        // Too few to be blind, and too many to keep silent about.
        var findings = kinds.filter { $0.isOwn && $0.setting != nil }.map { kind in
            Finding.warning("trust", "not believed: \(kind.words)", fix: kind.setting.map(Self.fix))
        }
        if findings.isEmpty, sight.believedLines > 0 {
            let refused = sight.refusedLines
            findings.append(
                .ok(
                    "trust",
                    "\(StateWords.count(sight.believedLines)) of them are believed"
                        + (refused > 0 ? "; \(StateWords.count(refused)) are strangers'" : "")
                )
            )
        }
        return findings
    }

    /// A command that adds `setting` to the host's settings; what is looked for in the journal is taken
    /// when the daemon starts.
    private static func fix(_ setting: String) -> String {
        "printf '%s\\n' '[Journal]' \(shellWord(setting)) >>\(SettingsFiles.host) && "
            + "systemctl restart listbreakerd"
    }

    /// What follows from it.
    var findings: [Finding] {
        if let failure {
            let fix =
                failure.code == .notReadable
                ? "usermod -a -G systemd-journal _listbreaker && systemctl restart listbreakerd"
                : "systemctl status systemd-journald"
            return [.problem("journal", failure.description, fix: fix)]
        }
        let containers = unread.sorted { $0.key < $1.key }.prefix(5).map { name, count in
            Finding.problem(
                "containers",
                "the container \(shown(name)) logs mail, \(count.counting("line")) of its queue manager "
                    + "within the last hour, and is not read",
                fix: Self.fix("TrustedContainers=\(name)")
            )
        }
        guard lines > 0, let latest else {
            return containers + [
                .problem(
                    "journal",
                    "not one mail line (facility mail) within 3 days: nothing can be seen",
                    fix: "postconf maillog_file syslog_facility; journalctl SYSLOG_FACILITY=2 -n 5"
                )
            ]
        }
        let more = lines >= Self.mostEntries ? "at least " : ""
        var findings = [
            Finding.ok(
                "journal",
                "\(more)\(lines.counting("mail line")) within the last \(reach.text)"
            )
        ]
        findings += containers + trust
        if let loss = sight.loss {
            findings.append(.problem("journal", loss, fix: limit.fix))
        }
        if dropped > 0 {
            findings.append(
                .problem(
                    "journal",
                    "journald dropped \(dropped.counting("line")) within the last "
                        + reach.text,
                    fix: limit.fix
                )
            )
        }
        if latest > now + .minutes(5) {
            findings.append(
                .problem(
                    "clock",
                    "the journal has mail lines of \(latest.rfc3339), which is yet to come",
                    fix: "timedatectl set-ntp true"
                )
            )
        }
        return findings
    }
}
