// SPDX-License-Identifier: Apache-2.0
//
// What is to be told of one incident, drawn from what the daemon reports: the curve, the table of
// posters, the figures. The mistake to avoid: figures that the daemon did not give; what is not known
// is left out, not made up.

internal import Breaker
internal import EventTime
internal import Reports
internal import StormDetection
internal import Words

/// One incident and what is known of its posts.
struct IncidentAccount {
    let incident: IncidentStatus
    let explained: ExplainReport
    let mask: AddressMask
    /// What each member of the list got until the report was asked for, and when that was; nil: not known.
    let untilNow: (burden: BurdenStatus, time: String)?
    /// When the report was asked for, RFC 3339 UTC; nil: not known.
    let asked: String?

    /// An account; people's addresses are shortened unless `showsAddresses`.
    ///
    /// `status` is how the daemon stands now, with the incident's list; nil: not known.
    init(
        _ incident: IncidentStatus,
        _ explained: ExplainReport,
        showsAddresses: Bool,
        status: StatusReport? = nil
    ) {
        self.incident = incident
        self.explained = explained
        asked = status?.time
        untilNow = status.flatMap { status in
            status.lists.first { $0.list == incident.scope.name }?.burden
                .map { ($0, status.time) }
        }
        mask = AddressMask(
            kept: incident.scope.sender == nil
                ? Set([incident.scope.name.lowercased()]) : [],
            isOff: showsAddresses
        )
    }

    /// The list or sender, for a title.
    var name: String {
        incident.scope == .queue ? "the outbound queue" : mask(incident.scope.name)
    }

    /// A figure of the verdict that is a number; nil: there is none of that name.
    func figure(_ name: String) -> Int64? { explained.figures[name].flatMap(Int64.init) }

    /// Whether no mail was halted at the last trip, since the breaker only observed.
    var isObserved: Bool { incident.mode == .observe }

    /// Whether mail was halted at any of its trips.
    var wasHalted: Bool { !isObserved || trips.contains { $0.mode == .armed } }

    /// The trips before the last one.
    var trips: [EarlierTripStatus] { incident.earlier ?? [] }

    /// `the trip`, or of more than one which.
    var theTrip: String { incident.lastTripped == nil ? "the trip" : "the last trip" }

    /// Behind what is counted from the first of several trips on.
    var inAll: String { incident.lastTripped == nil ? "" : ", from the first trip on" }

    /// Whether the list's mail flowed on behind the trip, so that the trip's figures are not the last.
    var flowedOn: Bool { isObserved || incident.leaked > 0 }

    /// Mails that each member has got within 24 hours by now, where an open breaker lets them flow on; of one
    /// that was reset, until then.
    var mailsByNow: Int64? {
        guard isObserved else { return nil }
        if incident.reset != nil, let sums, let before = figure("mails_day") {
            return before.adding(sums.posts)
        }
        guard incident.reset == nil, let day = untilNow?.burden.day,
            day > figure("mails_day") ?? 0
        else { return nil }
        return day
    }

    /// Copies announced, sent, held, left: each with its source.
    var facts: [(name: String, value: String)] {
        var facts = [
            ("Subject", name),
            ("Rule", incident.rule.text),
            ("Tripped", StateWords.time(incident.tripped)),
        ]
        if let again = incident.lastTripped {
            facts.append(("Tripped again, the last time", StateWords.time(again)))
        }
        facts += [
            ("Reset", incident.reset.map(StateWords.time) ?? "not yet"),
            (
                incident.lastTripped == nil ? "Mode" : "Mode, at the last trip",
                isObserved ? "observe: no mail was halted" : "armed: mail was halted"
            ),
            ("State", incident.state.text),
        ]
        if let by = incident.acknowledged { facts.append(("Taken over", mask(by))) }
        if let by = incident.resetBy { facts.append(("Reset by", mask(by))) }
        let counts: [(String, String)] = [
            ("members", "Members"), ("copies_announced", "Copies announced, at \(theTrip)"),
            ("copies_sent", "Copies sent, at \(theTrip)"),
            ("mails_day", "Mails that each member got within 24 h, at \(theTrip)"),
            ("mails_busiest_day", "The most on a day before"),
        ]
        for (key, label) in counts {
            if let value = figure(key) { facts.append((label, value.grouped)) }
        }
        if incident.reset == nil, let mails = mailsByNow, let time = untilNow?.time {
            let label = "Mails that each member got within 24 h, until \(StateWords.time(time))"
            facts.append((label, mails.grouped))
        }
        facts += courseFacts
        if wasHalted {
            facts.append(("Messages held\(inAll)", incident.held.grouped))
            facts.append(("Deliveries that began after the halt\(inAll)", incident.leaked.grouped))
            if let copies = incident.letGo {
                facts.append(("Copies that a person let go meanwhile\(inAll)", copies.grouped))
            }
        }
        if let forecast = incident.forecast {
            facts.append((isObserved ? "Forecast" : "Without a halt", Self.grouped(forecast)))
        }
        return facts.map { (name: $0.0, value: $0.1) }
    }

    /// Who posted how often, the busiest first, at most thirty.
    var posters: Document.Table? {
        var rows: [String: (posts: Int64, copies: Int64, kinds: Set<String>, first: String)] = [:]
        for post in explained.posts {
            var row = rows[post.poster] ?? (0, 0, [], post.time)
            row.posts += 1
            row.copies = row.copies.adding(post.copies)
            row.kinds.insert(post.kind)
            row.first = min(row.first, post.time)
            rows[post.poster] = row
        }
        guard !rows.isEmpty else { return nil }
        let sorted = rows.sorted { ($1.value.posts, $0.key) < ($0.value.posts, $1.key) }
        return Document.Table(
            titles: ["Poster", "Posts", "Copies", "Kind", "First post"],
            numbers: [1, 2],
            rows: sorted.prefix(30).map { poster, row in
                [
                    mask(poster.isEmpty ? "(no sender)" : poster), row.posts.grouped,
                    row.copies.grouped, row.kinds.sorted().joined(separator: ", "),
                    StateWords.time(row.first),
                ]
            }
        )
    }

    /// What happened, moment by moment.
    var timeline: Document.Table? {
        let moments = incident.timeline ?? []
        guard !moments.isEmpty else { return nil }
        return Document.Table(
            titles: ["Time", "Event", "What happened"],
            rows: moments.map { moment in
                let target = moment.target.map { " (\($0))" } ?? ""
                return [
                    StateWords.time(moment.time), moment.event + target,
                    mask(Self.grouped(moment.text)),
                ]
            }
        )
    }

    /// The daemon's sentence.
    var summary: String { mask(incident.summary) }

    /// Numbers of four digits and more with groups of thousands; times and names stay.
    static func grouped(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false)
            .map { word in
                word.count > 3 && word.allSatisfy { $0.isASCII && $0.isNumber }
                    ? Int64(word).map(\.grouped) ?? String(word) : String(word)
            }
            .joined(separator: " ")
    }
}

extension Int64 {
    /// The sum of counts, at most what there is room for: a log's numbers may be anything.
    func adding(_ count: Int64) -> Int64 {
        let (sum, isTooMuch) = addingReportingOverflow(Swift.max(0, count))
        return isTooMuch ? .max : sum
    }
}
