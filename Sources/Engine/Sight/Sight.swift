// SPDX-License-Identifier: Apache-2.0
//
// How well we see: counters, forged lines, suppressed lines, gaps. It pages when lines are missing
// or forged, at most once a span each, so that nobody can wake people at will.

public import Archive
import Breaker
public import EventTime
import MailLog
internal import Words

/// What was seen of the journal, and what was not.
public struct Sight: Sendable, Equatable {
    /// Forged lines within an hour that make a page.
    ///
    /// Chosen: one stray `logger` call is noise.
    static let forgedNoise: Int64 = 10
    /// Least time between two pages of the same kind.
    ///
    /// Chosen.
    static let pageInterval = TimeSpan.hours(6)

    /// Entries read.
    public private(set) var entries: Int64 = 0
    /// Of these: mail events understood.
    public private(set) var events: Int64 = 0
    /// Lines of a known program that were not understood.
    public private(set) var notUnderstood: Int64 = 0
    /// Lines that journald says it dropped.
    public private(set) var suppressed: Int64 = 0
    /// Lost cursors and reopened journals.
    public private(set) var gaps: Int64 = 0
    /// Forged lines, by kind.
    public private(set) var forged: [String: Int64] = [:]
    /// Which lines those were, since this run began.
    public internal(set) var refusals = Refusals()
    /// What of the last lines was believed, in this run.
    public internal(set) var belief = Belief()
    /// What Postfix announced against what came, in this run.
    var shortfall = Shortfall()
    /// Which server runs, and which one is read.
    var servers = ServerSight()
    /// Stamp of the last mail event.
    public private(set) var lastEvent: Timestamp?
    /// Stamp of the last entry of any kind.
    public private(set) var lastEntry: Timestamp?

    /// Since when this run of the daemon watches; nil where nothing lives, as in a replay.
    var watchedSince: Timestamp?
    /// Since when there was no mail event, once that was paged.
    var silentSince: Timestamp?

    /// How long this host is silent at times.
    var rhythm = Rhythm()
    /// Since when this run watches without having seen one mail event, ever.
    var unseenSince: Timestamp?
    /// Whether that was paged.
    var hasPagedUnseen = false
    /// Since when what comes is not believed, once that was paged.
    var disbelievedSince: Timestamp?
    /// Since when it is believed again, while that is not yet sure.
    var believedAgain: Timestamp?

    /// Further behind than this we judge nothing of what comes; chosen, as `LagLimit=`.
    static let belated = TimeSpan.minutes(2)
    /// For so long all must be well before a page is taken back; chosen.
    static let calm = TimeSpan.minutes(1)

    private var forgedHour: Int64 = 0
    private var forgedInHour: Int64 = 0
    private var forgedPaged: Timestamp = .distantPast
    private var suppressedPaged: Timestamp = .distantPast

    /// Nothing seen yet.
    public init() {}

    /// Takes note of an event that is believed, or claims nothing.
    mutating func note(
        _ event: MailEvent,
        at readAt: Timestamp,
        into effects: inout EffectList
    ) {
        entries += 1
        lastEntry = event.time
        servers.note(event.dialect)
        if event.dialect != .none, belief.note(isBelieved: true) { refusals.fade() }
        switch event.kind {
        case .other where event.dialect == .none: break
        case .other:
            notUnderstood += 1
            if event.aside == .stop { shortfall.note(isStopped: true) }
        case .suppressed: noteSuppressed(event, at: readAt, into: &effects)
        default:
            events += 1
            rhythm.note(event.time, after: lastEvent)
            lastEvent = event.time
            if event.kind == .delivery { shortfall.noteDelivery() }
            if event.kind == .started { shortfall.note(isStopped: false) }
        }
    }

    mutating func note(_ gap: LogGap, at readAt: Timestamp, into effects: inout EffectList) {
        gaps += 1
        let text =
            switch gap {
            case .cursorLost(let resumed):
                "the saved place in the journal is gone; entries up to \(resumed.rfc3339) may be "
                    + "missing"
            case .unread(let words): "entries are missing: \(words)"
            case .reopened(let code): "the journal was opened again after error \(code)"
            }
        effects.add(note: LogNote(kind: .gap, priority: 4, text: text))
    }

    /// Counts an event that is not believed; many forgeries within an hour are paged.
    mutating func noteRefused(
        _ event: MailEvent,
        isForgery: Bool,
        at readAt: Timestamp,
        into effects: inout EffectList
    ) {
        entries += 1
        lastEntry = event.time
        let kind = "\(event.trust)"
        forged[kind, default: 0] += 1
        guard isForgery else { return }
        let hour = event.time.seconds / 3600
        if hour != forgedHour {
            forgedHour = hour
            forgedInHour = 0
        }
        forgedInHour += 1
        guard forgedInHour == Self.forgedNoise, readAt - forgedPaged > Self.pageInterval else {
            return
        }
        forgedPaged = readAt
        effects.add(
            note: LogNote(
                kind: .forged,
                priority: 4,
                text: "\(forgedInHour) forged mail log lines in an hour, the last: \(kind)"
            )
        )
        effects.add(
            page: Alert(
                kind: .forged,
                severity: .warning,
                summary: "\(forgedInHour) log lines in an hour claim to be the mail server's and "
                    + "are not (\(kind)); none was believed",
                advice: "Find the process: journalctl SYSLOG_FACILITY=2 -o verbose, and look at "
                    + "_UID and _EXE",
                started: event.time,
                dedupKey: "forged-\(hour / 24)"
            )
        )
    }

    private mutating func noteSuppressed(
        _ event: MailEvent,
        at readAt: Timestamp,
        into effects: inout EffectList
    ) {
        suppressed += max(0, event.count)
        guard readAt - suppressedPaged > Self.pageInterval else { return }
        suppressedPaged = readAt
        effects.add(
            note: LogNote(
                kind: .suppressed,
                priority: 3,
                text: "journald dropped \(event.count.counting("line")): we are partly blind"
            )
        )
        effects.add(
            page: Alert(
                kind: .blind,
                severity: .error,
                summary: "journald dropped \(event.count.counting("mail log line")) (rate limit): "
                    + "listbreaker is partly blind. The likely cause is a burst of mail",
                advice: "listbreaker doctor says how to let journald keep every line",
                started: event.time,
                dedupKey: "blind-\(event.time.seconds / 21600)"
            )
        )
    }
}

extension Sight: Archived {
    /// One kind of forged lines.
    private struct Forged: Archived {
        var kind = ""
        var count: Int64 = 0

        mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
            try stream.text(&kind)
            try stream.number(&count)
        }
    }

    /// Names every counter and the times of the last pages; not what only this run can know: who was
    /// not believed under its settings.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&entries)
        try stream.number(&events)
        try stream.number(&notUnderstood)
        try stream.number(&suppressed)
        try stream.number(&gaps)
        var kinds = forged.sorted { $0.key < $1.key }.map { Forged(kind: $0, count: $1) }
        try stream.list(&kinds, most: 256)
        forged = Dictionary(kinds.map { ($0.kind, $0.count) }) { first, _ in first }
        try stream.optional(&lastEvent)
        try stream.optional(&lastEntry)
        try stream.optional(&watchedSince)
        try stream.optional(&silentSince)
        try stream.value(&rhythm)
        try stream.number(&forgedHour)
        try stream.number(&forgedInHour)
        try stream.value(&forgedPaged)
        try stream.value(&suppressedPaged)
        try stream.raw(&servers.last)
    }
}
