// SPDX-License-Identifier: Apache-2.0
//
// What a replay found, as a report: how often somebody would have been paged, and how many copies
// would not have left. Bounded: a log may trip on any number of lists.

internal import Engine
internal import EventTime
internal import Hindsight
internal import StormDetection
internal import Words

/// Gathers a replay's events and writes the report.
struct ReplayReport {
    /// Events that are told one by one; chosen, a page of some hundred KiB.
    static let mostEvents = 500

    private var events: [ReplayEvent] = []
    private var left = 0
    /// Whether addresses of people stay whole.
    let showsAddresses: Bool

    /// A report of nothing yet.
    init(showsAddresses: Bool) { self.showsAddresses = showsAddresses }

    /// Takes note of `event`.
    mutating func note(_ event: ReplayEvent) {
        guard event.kind != .release else { return }
        guard events.count < Self.mostEvents else {
            left += 1
            return
        }
        events.append(event)
    }

    /// The report; `source`: what was read, in words.
    func document(_ summary: ReplaySummary, damage: [String], source: String) -> Document {
        let trips = events.filter { $0.kind == .trip }
        let mask = AddressMask(
            kept: Set(events.map { $0.list.lowercased() }),
            isOff: showsAddresses
        )
        var parts: [Document.Part] = [
            .heading("In short"), .paragraph(sentence(summary)), .facts(facts(summary)),
        ]
        if !damage.isEmpty {
            parts.append(.heading("What could not be read"))
            parts += damage.map { .paragraph($0) }
        }
        if !events.isEmpty { parts += [.heading("By list"), .table(byList(summary))] }
        if !trips.isEmpty {
            parts.append(.heading("Trips"))
            for event in trips { parts += told(event, summary, mask) }
        }
        let holds = events.filter { $0.kind == .softHold }
        if !holds.isEmpty {
            parts += [.heading("Soft holds, the near-misses among them"), .table(table(of: holds))]
        }
        if left > 0 {
            parts.append(.paragraph("\(left.grouped) further events are not told here."))
        }
        return Document(
            title: "What listbreaker would have done",
            subtitle: "Replay of \(source). Nothing was halted and nobody was paged.",
            parts: parts
        )
    }

    private func sentence(_ summary: ReplaySummary) -> String {
        let kept = Self.kept(summary.aftermaths)
        guard summary.trips > 0 else {
            return "No breaker would have opened."
        }
        return
            "Somebody would have been paged \(summary.trips == 1 ? "once" : "\(summary.trips.grouped) times"). "
            + "\(kept.counting("copy", "copies")) were announced by these lists within a day after "
            + "their breaker would have opened: those are what it keeps until somebody resets it."
    }

    /// The copies of `aftermaths` together.
    private static func kept(_ aftermaths: [Aftermath]) -> Int64 {
        aftermaths.reduce(0) { $0.adding($1.copies) }
    }

    private func facts(_ summary: ReplaySummary) -> [(name: String, value: String)] {
        var facts = [(name: "Lists", value: summary.lists.grouped)]
        if let first = summary.first, let last = summary.last {
            facts.append(("From", StateWords.time(first.rfc3339)))
            facts.append(("To", StateWords.time(last.rfc3339)))
        }
        facts.append(("Entries read", summary.sight.entries.grouped))
        facts.append(("Mail events understood", summary.sight.events.grouped))
        facts.append(("Trips", summary.trips.grouped))
        return facts
    }

    private func byList(_ summary: ReplaySummary) -> Document.Table {
        var rows: [String: (holds: Int, trips: Int, rules: Set<String>)] = [:]
        for event in events {
            var row = rows[event.list] ?? (0, 0, [])
            if event.kind == .trip { row.trips += 1 } else { row.holds += 1 }
            if let rule = event.verdict?.rule.rawValue { row.rules.insert(rule) }
            rows[event.list] = row
        }
        let sorted = rows.sorted { ($1.value.trips, $0.key) < ($0.value.trips, $1.key) }
        return Document.Table(
            titles: ["List", "Soft holds", "Trips", "Copies within a day after", "Rules"],
            numbers: [1, 2, 3],
            rows: sorted.map { list, row in
                let kept = Self.kept(summary.aftermaths.filter { $0.list == list })
                return [
                    list, row.holds.grouped, row.trips.grouped, kept.grouped,
                    row.rules.sorted().joined(separator: ", "),
                ]
            }
        )
    }

    private func told(
        _ event: ReplayEvent,
        _ summary: ReplaySummary,
        _ mask: AddressMask
    ) -> [Document.Part] {
        guard let verdict = event.verdict else { return [] }
        let evidence = verdict.evidence
        let after = summary.aftermaths.first { $0.list == event.list && $0.tripped == event.time }
        let reach =
            (verdict.reach ?? .queue) == .queue ? "all outbound mail" : "the list's own mail"
        var parts: [Document.Part] = [
            .paragraph(
                "\(StateWords.time(event.time.rfc3339)), \(event.list): \(mask(evidence.summary))"
            ),
            .facts(
                [
                    ("Rule", verdict.rule.rawValue), ("Would have halted", reach),
                    ("Posts in \(evidence.window.text)", evidence.posts.grouped),
                    ("Posters", evidence.posters.grouped),
                    ("Copies announced until then", evidence.copiesAnnounced.grouped),
                    ("Copies announced within a day after", after?.copies.grouped ?? "not known"),
                ].map { (name: $0.0, value: $0.1) }
            ),
        ]
        if let curve = curve(event, evidence) { parts.append(.curve(curve)) }
        return parts
    }

    private func curve(_ event: ReplayEvent, _ evidence: Evidence) -> Document.Curve? {
        let times = evidence.trail.map(\.time).sorted()
        guard times.count > 1 else { return nil }
        return Document.Curve(
            title: "The last posts before it",
            points: times.enumerated().map { (time: $1, height: Int64($0 + 1)) },
            marks: [.init(time: event.time, word: "trip", tone: .trip)]
        )
    }

    private func table(of holds: [ReplayEvent]) -> Document.Table {
        Document.Table(
            titles: ["Time", "List", "Rule", "Posts", "Posters", "Copies announced"],
            numbers: [3, 4, 5],
            rows: holds.map { event in
                let evidence = event.verdict?.evidence
                return [
                    StateWords.time(event.time.rfc3339), event.list,
                    event.verdict?.rule.rawValue ?? "", evidence?.posts.grouped ?? "",
                    evidence?.posters.grouped ?? "", evidence?.copiesAnnounced.grouped ?? "",
                ]
            }
        )
    }
}
