// SPDX-License-Identifier: Apache-2.0
//
// The status report for people: first whether mail flows, then what is open and what to do about
// it, then the lists, then how well we see and whether pages get out. Values in, text out.

internal import Engine

/// Renders a status report.
struct StatusText {
    /// Lists that `status` shows unless asked for all.
    static let mostLists = 10

    var report: StatusReport
    var console: Console

    /// The whole report; `all`: every list, not only the first ten.
    func text(all: Bool = false) -> String {
        var parts = [heading]
        if !report.incidents.isEmpty {
            parts.append(report.incidents.map(incident).joined(separator: "\n"))
        }
        parts.append(lists(all: all))
        parts.append(footer)
        return parts.joined(separator: "\n")
    }

    /// The table of lists alone.
    func lists(all: Bool) -> String {
        guard !report.lists.isEmpty else {
            return "No list was seen in the log yet.\n"
        }
        let shownLists = all ? report.lists[...] : report.lists.prefix(Self.mostLists)
        var table = TextTable(columns: [
            .init(title: "LIST", mayShrink: true), .init(title: "BREAKER"),
            .init(title: "MEMBERS", isNumber: true), .init(title: "POSTS/H", isNumber: true),
            .init(title: "REPLIES/H", isNumber: true), .init(title: "COPIES/H", isNumber: true),
            .init(title: "SENT/H", isNumber: true), .init(title: "NEAREST RULE"),
        ])
        table.rows = shownLists.map(row)
        let rest = report.lists.count - shownLists.count
        let more = rest > 0 ? "\(rest) more: listbreaker lists\n" : ""
        return table.text(console) + more
    }

    private var heading: String {
        let open = report.incidents.filter { $0.state == "open" }
        let halted = report.queue.isHalted
        let first: TextTable.Cell
        if halted {
            first = queueCell
        } else if !open.isEmpty {
            first = .init("OPEN, mail flows (observe)", .caution)
        } else if report.incidents.isEmpty {
            first = .init("closed (mail flows)", .good)
        } else {
            first = .init("half-open (mail flows, on probation)", .caution)
        }
        let mode = StateWords.mode(report.mode)
        var lines = [
            "\(console.paint(first.text, first.tone)); \(console.paint(mode.text, mode.tone))"
                + "    \(console.paint(StateWords.time(report.time), .faint))"
        ]
        if report.queue.held > 0 {
            lines.append("\(StateWords.count(report.queue.held)) messages on hold")
        }
        if let remark = report.queue.remark, !remark.isEmpty {
            lines.append(console.paint("remark: \(shown(remark))", .caution))
        }
        if let blind = report.journal.blind {
            lines.append(console.paint("BLIND: \(shown(blind))", .alarm))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var queueCell: TextTable.Cell {
        switch report.queue.halt {
        case "NOT HALTED": return .init("OPEN, MAIL NOT HALTED", .alarm)
        case "resuming": return .init("resuming mail", .caution)
        case "halting": return .init("OPEN (halting mail)", .alarm)
        case let word where word.hasPrefix("leaking"):
            return .init("OPEN (mail halted, \(shown(word)))", .alarm)
        case let word: return .init("OPEN (mail halted, \(shown(word)))", .alarm)
        }
    }

    private func incident(_ incident: IncidentStatus) -> String {
        let state = StateWords.breaker(incident.state, halt: incident.halt)
        let age = StateWords.age(incident.tripped, at: report.time)
        var lines = [
            "\(console.paint("Incident \(incident.number)", .strong))  \(shown(incident.scope))  "
                + "\(console.paint(state.text, state.tone))",
            wrapped(
                "  \(shown(incident.rule)), since \(StateWords.time(incident.tripped))"
                    + (age.isEmpty ? "" : " (\(age))")
                    + (incident.held > 0
                        ? ", \(StateWords.count(incident.held)) held" : "")
                    + (incident.leaked > 0
                        ? ", \(StateWords.count(incident.leaked)) left after the halt" : ""),
                width: console.width,
                indent: "  "
            ),
            wrapped("  " + shown(incident.summary), width: console.width, indent: "  "),
        ]
        if incident.state == "open" {
            let acknowledged = incident.acknowledged.map { "acknowledged by \(shown($0))" }
            lines.append("  " + (acknowledged ?? console.paint("not acknowledged", .caution)))
            let scope = incident.scope == "queue" ? "--queue" : shown(incident.scope)
            lines.append("  Why:   listbreaker explain \(incident.number)")
            if acknowledged == nil {
                lines.append("  Seen:  listbreaker ack \(incident.number)")
            }
            lines.append("  Over:  listbreaker reset \(scope) --reason TEXT --held release")
        } else if let reset = incident.resetBy {
            lines.append("  reset by \(shown(reset))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func row(_ list: ListStatus) -> [TextTable.Cell] {
        let hour = list.windows.first { $0.seconds == 3600 }
        let halt = report.incidents.first { $0.number == list.incident }?.halt
        let nearest = list.nearest.map(shown) ?? "-"
        return [
            .init(shown(list.list)),
            StateWords.breaker(list.state, halt: halt, isQueueHalted: report.queue.isHalted),
            .init(list.members.map(StateWords.count) ?? "?"),
            .init(hour.map { StateWords.count($0.posts) } ?? "-"),
            .init(hour.map { StateWords.count($0.replies) } ?? "-"),
            .init(hour.map { StateWords.count($0.copiesAnnounced) } ?? "-"),
            .init(hour.map { StateWords.count($0.copiesSent) } ?? "-"),
            .init(nearest),
        ]
    }

    private var footer: String {
        let journal = report.journal
        var sight = ["journal: \(shown(journal.source))"]
        if let lag = journal.lagSeconds { sight.append("lag \(StateWords.decimal(lag)) s") }
        sight.append("\(StateWords.count(journal.entries)) entries")
        sight.append("\(StateWords.count(journal.events)) mail events")
        if journal.notUnderstood > 0 {
            sight.append("\(StateWords.count(journal.notUnderstood)) not understood")
        }
        if let last = journal.lastEvent { sight.append("last \(StateWords.time(last))") }
        var lines = [wrapped(sight.joined(separator: ", "), width: console.width, indent: "  ")]
        lines += warnings
        let paging = report.paging
        if paging.targets.isEmpty {
            lines.append(
                console.paint("paging: no target is configured, nobody is told", .alarm)
            )
        } else {
            var words = "paging: \(paging.targets.map(shown).joined(separator: ", ")), "
            words += "\(paging.waiting) waiting, \(paging.delivered) delivered"
            lines.append(words + (paging.failed > 0 ? ", \(paging.failed) given up" : ""))
            if let error = paging.lastError {
                lines.append(console.paint("  last failure: \(shown(error))", .caution))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var warnings: [String] {
        let journal = report.journal
        var lines: [String] = []
        if journal.suppressed > 0 {
            lines.append(
                "  journald dropped \(StateWords.count(journal.suppressed)) lines: set "
                    + "LogRateLimitIntervalSec=0 for the mail units"
            )
        }
        if !journal.forged.isEmpty {
            let kinds = journal.forged.sorted { $0.key < $1.key }
                .map { "\(shown($0.key)) \(StateWords.count($0.value))" }
            lines.append("  forged lines, not believed: \(kinds.joined(separator: ", "))")
        }
        if journal.gaps > 0 { lines.append("  \(journal.gaps) gaps in the journal") }
        return lines.map { console.paint($0, .caution) }
    }
}
