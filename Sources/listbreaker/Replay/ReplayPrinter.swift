// SPDX-License-Identifier: Apache-2.0
//
// What a replay prints: JSON lines for programs, lines and a summary for people, and on a terminal
// how far it is. The names of the JSON fields are a contract, listbreaker(1); additions only.

internal import Engine
internal import EventTime
internal import FoundationEssentials
internal import Glibc
internal import Hindsight
internal import StormDetection
internal import Words

/// Prints what a replay finds.
final class ReplayPrinter {
    private let list: String?
    private let isSilent: Bool
    private let isJSON: Bool
    private let console: Console
    private let showsProgress: Bool
    private var lastProgress = ContinuousClock.now
    private var hasProgress = false
    private var hidden = 0
    private var table = ReplayTable()
    private var report: ReplayReport?

    /// A printer; `list`: the only one to be reported; `report`: gathers what a report tells.
    ///
    /// A silent one says how far it is, and no more.
    init(
        list: String?,
        form: OutputOptions,
        report: ReplayReport? = nil,
        isSilent: Bool = false
    ) {
        self.list = list
        self.report = report
        self.isSilent = isSilent
        isJSON = form.json
        console = form.console
        showsProgress = isatty(STDERR_FILENO) == 1
    }

    /// Prints `events` as they are.
    func show(_ events: [ReplayEvent]) {
        guard !isSilent else { return }
        for event in events {
            guard list == nil || event.list == list else {
                hidden += 1
                continue
            }
            clearProgress()
            report?.note(event)
            if !isJSON { table.note(event) }
            print(isJSON ? ReplayLine(event).json : line(event))
        }
    }

    /// Says how far `replay` is, at most four times a second, on a terminal.
    ///
    /// `share`: how much was read; nil: as far as the last entry's time is on the way to `end`.
    func progress(_ replay: Replay, until end: Timestamp?, share: Double? = nil) {
        guard showsProgress, let first = replay.first, let last = replay.last else { return }
        let now = ContinuousClock.now
        guard now - lastProgress >= .milliseconds(250) else { return }
        lastProgress = now
        var words = StateWords.time(last.rfc3339)
        var part = share
        if part == nil, let end, end > first {
            part = (last - first).seconds / (end - first).seconds
        }
        if let part, part.isFinite {
            let part = min(1, max(0, part))
            let filled = Int(part * 30)
            words =
                "[" + String(repeating: "#", count: filled)
                + String(repeating: ".", count: 30 - filled) + "] \(Int(part * 100)) %  " + words
        }
        hasProgress = true
        write("\r\u{1B}[K\(words)")
    }

    /// Prints the figures of the whole; `damage` is what could not be read.
    func finish(_ summary: ReplaySummary, damage: [String]) {
        clearProgress()
        for loss in damage { Console.complain(loss) }
        let line = ReplaySummaryLine(summary, damage: damage)
        guard !isJSON else { return print(line.json) }
        print(table.text(summary.activity, console), terminator: "")
        print(line.text)
        if hidden > 0 { print("\(hidden) events of other lists were left out") }
    }

    /// The report of the whole; nil where none is wanted.
    func document(_ summary: ReplaySummary, damage: [String], source: String) -> Document? {
        report?.document(summary, damage: damage, source: source)
    }

    private func line(_ event: ReplayEvent) -> String {
        let word =
            switch event.kind {
            case .trip: console.paint("TRIP", .alarm)
            case .softHold: console.paint("soft hold", .caution)
            case .release: "released"
            }
        let head = "\(StateWords.time(event.time.rfc3339))  \(word)  \(shown(event.list))"
        guard event.kind != .release, let verdict = event.verdict else { return head }
        let evidence = verdict.evidence
        let figures =
            "\(verdict.rule.rawValue): \(StateWords.count(evidence.posts)) posts, "
            + "\(StateWords.count(evidence.replies)) replies, "
            + "\(StateWords.count(evidence.posters)) posters in \(evidence.window.text); "
            + "\(StateWords.count(evidence.copiesAnnounced)) copies announced, "
            + "\(StateWords.count(evidence.copiesSent)) sent"
        let lines = wrapped(figures, width: console.width, first: "    ", rest: "    ")
        return head + "\n" + lines + trail(evidence.trail.map(\.time))
    }

    /// The last posts before an event as a curve; nothing for fewer than three.
    private func trail(_ times: [Timestamp]) -> String {
        guard times.count >= 3, let first = times.first, let last = times.last, last > first else {
            return ""
        }
        let curve = Sparkline.ofLocale.text(Sparkline.steps(times, 40))
        let seconds = (last - first).microseconds / 1_000_000
        let span = TimeSpan.seconds(seconds < 3600 ? seconds : seconds / 60 * 60).text
        return "\n    the last \(times.count) posts, \(span): |\(curve)|"
    }

    func clearProgress() {
        if hasProgress { write("\r\u{1B}[K") }
        hasProgress = false
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// What is at stake as JSON.
private struct StakeLine: Encodable {
    var members: Int64
    var membersHere: Int64?
    var copiesAnnounced: Int64
    var copiesSent: Int64
    var forecastLow: Double?
    var forecastMiddle: Double?
    var forecastHigh: Double?

    init(_ stake: Stake) {
        members = stake.members
        membersHere = stake.membersHere
        copiesAnnounced = stake.copiesAnnounced
        copiesSent = stake.copiesSent
        func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
        forecastLow = finite(stake.forecast?.low)
        forecastMiddle = finite(stake.forecast?.middle)
        forecastHigh = finite(stake.forecast?.high)
    }
}

/// One event as JSON.
private struct ReplayLine: Encodable {
    var type: String
    var list: String
    var time: String
    var rule: String?
    var sure: Bool?
    var posts: Int64?
    var replies: Int64?
    var posters: Int64?
    var windowSeconds: Double?
    var copiesAnnounced: Int64?
    var copiesSent: Int64?
    var members: Int64?
    var reproduction: Double?
    var probability: Double?
    var summary: String?
    var scope: String?
    var stake: StakeLine?

    init(_ event: ReplayEvent) {
        type = event.kind.rawValue
        list = event.list
        time = event.time.rfc3339
        guard let verdict = event.verdict else { return }
        let evidence = verdict.evidence
        rule = verdict.rule.rawValue
        sure = verdict.isSure
        posts = evidence.posts
        replies = evidence.replies
        posters = evidence.posters
        windowSeconds = evidence.window.seconds
        copiesAnnounced = evidence.copiesAnnounced
        copiesSent = evidence.copiesSent
        members = evidence.members
        reproduction = evidence.reproduction.flatMap { $0.isFinite ? $0 : nil }
        probability = evidence.probability.flatMap { $0.isFinite ? $0 : nil }
        summary = evidence.summary
        guard event.kind != .release else { return }
        // A hold is the list's own in any case.
        scope = (event.kind == .softHold ? .list : verdict.reach ?? .queue).rawValue
        stake = verdict.stake.map(StakeLine.init)
    }

    var json: String { (try? Wire.write(self)) ?? "{}" }
}

/// The last line.
struct ReplaySummaryLine: Encodable {
    var type = "summary"
    var entries: Int64
    var events: Int64
    var lists: Int
    var trips: Int
    var notUnderstood: Int64
    var forged: [String: Int64]
    var suppressed: Int64
    /// What could not be read, a sentence each.
    var damaged: [String]?
    var first: String?
    var last: String?
    var seconds: Double
    var entriesPerSecond: Double
    var peakRssBytes: Int64

    init(_ summary: ReplaySummary, damage: [String]) {
        damaged = damage.isEmpty ? nil : damage
        entries = summary.sight.entries
        events = summary.sight.events
        lists = summary.lists
        trips = summary.trips
        notUnderstood = summary.sight.notUnderstood
        forged = summary.sight.forged
        suppressed = summary.sight.suppressed
        first = summary.first?.rfc3339
        last = summary.last?.rfc3339
        seconds = summary.took / .seconds(1)
        entriesPerSecond = seconds > 0 ? (Double(entries) / seconds).rounded() : 0
        var usage = rusage()
        // getrusage(2): ru_maxrss is in kilobytes.
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        peakRssBytes = Int64(usage.ru_maxrss) * 1024
    }

    var json: String { (try? Wire.write(self)) ?? "{}" }

    /// For people.
    var text: String {
        var lines = [
            "\(trips.counting("trip")); \(lists.counting("list")), "
                + "\(StateWords.count(entries)) entries, \(StateWords.count(events)) mail events"
        ]
        if let first, let last {
            lines.append("from \(StateWords.time(first)) to \(StateWords.time(last))")
        }
        if let damaged {
            lines.append(
                "not all of the log counts: \(damaged.count.counting("reason")), see above"
            )
        }
        if !forged.isEmpty {
            let count = forged.values.reduce(Int64(0)) {
                $0.addingReportingOverflow($1).partialValue
            }
            lines.append("\(StateWords.count(count)) lines were not believed: see --mta-uid")
        }
        lines.append(
            "\(StateWords.decimal(seconds)) s, \(StateWords.count(Int64(entriesPerSecond))) "
                + "entries/s, at most \(StateWords.count(peakRssBytes / 1_048_576)) MiB"
        )
        return lines.joined(separator: "\n")
    }
}
