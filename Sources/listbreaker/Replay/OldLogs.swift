// SPDX-License-Identifier: Apache-2.0
//
// Where old logs are, and how they are fed to a replay: for `replay` and for `learn`. What is damaged
// is said and read around. The mistake to avoid: taking silence for a quiet log when next to nothing
// of it was believed.

internal import Control
internal import Engine
internal import EventTime
internal import Hindsight
internal import Journal
internal import Linux
internal import MailLog
internal import Words

/// Old logs: this host's journal unless something else is named.
struct OldLogs {
    var directory: String?
    var file: [String]
    var syslog: [String]
    var since: Timestamp?
    var until: Timestamp?
    /// Further matches of the settings.
    var matches: [String]

    /// How reading went.
    struct Outcome {
        /// What could not be read.
        var damage: [String] = []
        /// Whether enough was understood to say anything.
        var isUnderstood = true
    }

    /// Feeds everything to `replay`, and to `printer` what comes of it.
    func feed(_ replay: inout Replay, _ printer: ReplayPrinter) throws -> Outcome {
        guard syslog.isEmpty else { return try feedFiles(&replay, printer) }
        var outcome = Outcome(damage: try feedJournal(&replay, printer))
        if let complaint = Self.unbelieved(replay.summary(took: .zero).sight) {
            outcome.damage.append(complaint)
            outcome.isUnderstood = false
        }
        return outcome
    }

    /// Replays a journal and says what could not be read of it.
    private func feedJournal(_ replay: inout Replay, _ printer: ReplayPrinter) throws -> [String] {
        var source = JournalSource.local
        if let directory { source = .directory(directory) }
        if !file.isEmpty { source = .files(file) }
        do throws(JournalError) {
            let start = since.map(ReadStart.time) ?? .head
            let reader = try JournalReader(
                source: source,
                start: start,
                extraMatches: matches,
                stage: LogStage(replay: replay.reading)
            )
            try read(reader, &replay, printer)
            return reader.damage.map { "cannot read all of '\(shown($0.path))': \($0.loss)" }
        } catch {
            let code =
                switch error.code {
                case .notReadable: ControlCode.noPermission
                case .badMatch: ControlCode.configuration
                default: ControlCode.failed
                }
            throw Failure(code: code, message: error.description)
        }
    }

    private func read(
        _ reader: JournalReader,
        _ replay: inout Replay,
        _ printer: ReplayPrinter
    ) throws(JournalError) {
        var batch = EntryBatch()
        while try reader.read(into: &batch, limit: Replay.batchLimit) {
            printer.show(replay.take(&batch))
            if replay.isOver { break }
            printer.progress(replay, until: until ?? reader.newest)
        }
    }

    private func feedFiles(_ replay: inout Replay, _ printer: ReplayPrinter) throws -> Outcome {
        var files = try SyslogFiles(syslog, since: since)
        var reading = replay.reading
        var batch = EntryBatch()
        while try files.read(into: &batch, limit: Replay.batchLimit) {
            reading.prepare(&batch)
            files.judge(batch)
            printer.show(replay.take(&batch))
            if replay.isOver { break }
            printer.progress(replay, until: until, share: files.share)
        }
        guard let complaint = files.complaint, !replay.isOver else {
            return Outcome(damage: files.damage, isUnderstood: files.isUnderstood)
        }
        return Outcome(damage: files.damage + [complaint], isUnderstood: false)
    }

    /// What to say of a journal that has mail lines, most of which are not believed, or none; nil: that
    /// what was found says something.
    private static func unbelieved(_ sight: Sight) -> String? {
        let (believed, refused) = (sight.believedLines, sight.refusedLines)
        let (part, overflow) = believed.addingReportingOverflow(refused)
        guard believed <= refused else { return nil }
        guard refused > 0 else {
            return "not one line of a mail server (facility mail) was found: no trip says nothing"
        }
        var text =
            "only \(StateWords.count(believed)) of \(StateWords.count(overflow ? .max : part)) mail "
            + "lines are believed: no trip says nothing; see --mta-uid and, in listbreaker.conf(5), "
            + "WHOSE LINES ARE BELIEVED"
        for kind in sight.refusedKinds.filter({ $0.reason != .unproven }).prefix(3) {
            text += "\n  \(shown(kind.words))"
        }
        for line in sight.refusals.first { text += "\n  \(shown(line))" }
        return text
    }
}

/// A replay's reading of lines, on the thread that reads the journal.
private struct LogStage: BatchStage {
    var replay: ReplayStage

    mutating func prepare(_ batch: inout EntryBatch) { replay.prepare(&batch) }
}
