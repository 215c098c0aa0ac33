// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: is there a mail log in the journal, whole and of late. It reads the last hour, and three
// days when that is empty, never more than a fixed number of entries.

internal import EventTime
internal import Glibc
internal import Journal
internal import Linux
internal import MailLog
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
    /// Lines that journald says it dropped.
    private(set) var dropped: Int64 = 0
    private var reach = TimeSpan.hours(1)
    private var latest: Timestamp?
    private var failure: JournalError?
    private let now: Timestamp

    /// Reads `source` up to `now`.
    init(source: JournalSource, now: Timestamp) {
        self.now = now
        do throws(JournalError) {
            for reach in Self.reaches where lines == 0 {
                self.reach = reach
                try read(source, since: now - reach)
            }
        } catch {
            failure = error
        }
    }

    private mutating func read(_ source: JournalSource, since: Timestamp) throws(JournalError) {
        let reader = try JournalReader(source: source, start: .time(since))
        var batch = EntryBatch()
        var count = 0
        while count < Self.mostEntries, try reader.read(into: &batch, limit: 1024) {
            count += batch.entries.count
            for entry in batch.entries { take(entry, batch) }
        }
    }

    private mutating func take(_ entry: LogEntry, _ batch: EntryBatch) {
        if entry.isSuppressionNotice {
            dropped = dropped.addingReportingOverflow(max(0, entry.dropped)).partialValue
            return
        }
        lines += 1
        latest = max(latest ?? entry.time, entry.time)
        guard batch.text(entry.identifier).hasSuffix("/cleanup") else { return }
        cleanups += 1
        if batch.text(entry.message).contains(": info: header ") { headers += 1 }
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
        guard lines > 0, let latest else {
            return [
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
        if dropped > 0 {
            findings.append(
                .problem(
                    "journal",
                    "journald dropped \(dropped.counting("line")) within the last "
                        + reach.text,
                    fix: MailExam.rateLimitFix
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
