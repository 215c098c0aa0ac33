// SPDX-License-Identifier: Apache-2.0
//
// The status report for people: first whether mail flows, then what is open and what to do about
// it, then the lists, then how well we see and whether pages get out. Values in, text out.

internal import Breaker
internal import Reports
internal import StormDetection
internal import Words

/// Renders a status report.
struct StatusText {
    /// Lists that `status` shows unless asked for all.
    static let mostLists = 10
    /// Lists that `status` asks for: those it shows, and those that are on hold or near.
    ///
    /// Chosen.
    static let mostAsked = 100

    var report: StatusReport
    var console: Console
    /// Whether one list was asked for: then more is said of it.
    var isOfOne = false

    /// The whole report; `all`: every list, not only the first ten.
    func text(all: Bool = false) -> String {
        var parts = [opening]
        parts.append(lists(all: all))
        if !isOfOne, let unknown = unknownLists { parts.append(unknown) }
        if isOfOne { parts += report.lists.map(details) }
        parts.append(footer)
        return parts.joined(separator: "\n")
    }

    /// Whether mail flows, what is open and what waits: everything before the lists.
    var opening: String {
        var parts = [heading]
        if !report.incidents.isEmpty {
            parts.append(report.incidents.map(incident).joined(separator: "\n"))
        }
        parts += report.doubts.map(doubt)
        if let soft = softHolds { parts.append(soft) }
        if !report.queue.clearings.isEmpty {
            parts.append(report.queue.clearings.map(clearing).joined(separator: "\n") + "\n")
        }
        if !report.holdOffs.isEmpty {
            parts.append(report.holdOffs.map(holdOff).joined(separator: "\n") + "\n")
        }
        if let expected = report.expected, !expected.isEmpty {
            parts.append(expected.map(expectation).joined(separator: "\n") + "\n")
        }
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
            .init(title: "MEMBERS", isNumber: true, rank: 5),
            .init(title: "POSTS/H", isNumber: true),
            .init(title: "REPLIES/H", isNumber: true, rank: 3),
            .init(title: "COPIES/H", isNumber: true, rank: 1),
            .init(title: "SENT/H", isNumber: true, rank: 4),
            .init(title: "NEAREST RULE", rank: 2),
        ])
        table.rows = shownLists.map(row)
        let total = max(report.lists.count, Int(report.totalLists ?? 0))
        let rest = total - shownLists.count
        let way = all ? "name one: listbreaker status LIST" : "listbreaker lists"
        let more = rest > 0 && report.lists.count != 1 ? "\(rest) more: \(way)\n" : ""
        return table.text(console) + more
    }

    /// Large lists of unknown kind; nil: there are none.
    private var unknownLists: String? {
        guard let lists = report.unknownLists, let first = lists.first else { return nil }
        let names = UnknownWords.names(lists, most: 3)
        return console.paint("of unknown kind: \(names)", .caution)
            + "\nsay what each is for: listbreaker kind \(shown(first.list)) "
            + "announce|discussion|role\n"
    }

    private var heading: String {
        let state = overall
        var lines = headline(state)
        if report.queue.held > 0 {
            lines.append(report.queue.held.counting("message") + " on hold")
        }
        if let undecided = report.queue.undecided, undecided > 0 {
            lines.append(
                console.paint(
                    line(
                        "undecided: \(undecided.counting("message")) of that, whose is not known; "
                            + "neither released nor discarded until you say: listbreaker held, then "
                            + "listbreaker held release|discard POST"
                    ),
                    .caution
                )
            )
        }
        if let remark = report.queue.remark, !remark.isEmpty {
            lines.append(console.paint(line("remark: \(told(remark))"), .caution))
        }
        for list in report.blocked ?? [] {
            lines.append("Postfix itself holds what comes for \(shown(list))")
        }
        for each in report.manager ?? [] where each.state != .unknown {
            let words = each.state == .stopped ? "stopped as well" : "NOT STOPPED"
            let remark = each.remark.map { ": \(told($0))" } ?? ""
            let tone: Console.Tone = each.state == .stopped && remark.isEmpty ? .good : .caution
            lines.append(
                "at the list manager: \(shown(each.list)) \(console.paint(words + remark, tone))"
            )
        }
        if let blind = report.journal.blind {
            lines.append(console.paint(line("BLIND: \(told(blind))"), .alarm))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `text`, broken between words where it does not fit.
    private func line(_ text: String) -> String {
        wrapped(text, width: console.width, rest: "  ")
    }

    /// State, mode and time on one line, or on as many as they need: none is broken in its middle.
    private func headline(_ state: TextTable.Cell) -> [String] {
        var lines = [console.paint(state.text, state.tone) + ";"]
        var used = columns(state.text) + 1
        let parts = [(" ", mode), ("    ", TextTable.Cell(StateWords.time(report.time), .faint))]
        for (gap, cell) in parts {
            let painted = console.paint(cell.text, cell.tone)
            used += columns(gap) + columns(cell.text)
            if used <= console.width {
                lines[lines.count - 1] += gap + painted
            } else {
                lines.append("  " + painted)
                used = 2 + columns(cell.text)
            }
        }
        return lines
    }

    private var mode: TextTable.Cell {
        switch report.mode {
        case .known(.armed): .init("armed", .good)
        case .known(.observe) where report.queue.isHalted:
            .init("observe mode: the next trip halts nothing", .caution)
        case .known(.observe): .init("observe mode: nothing is halted", .caution)
        case .other(let mode): .init(shown(mode), .plain)
        }
    }

    /// Whether mail flows, as one phrase.
    private var overall: TextTable.Cell {
        if report.queue.isHalted {
            switch report.queue.halt {
            case .known(.notHalted): return .init("OPEN, MAIL NOT HALTED", .alarm)
            case .known(.resuming): return .init("resuming mail", .caution)
            case .known(.halting): return .init("OPEN (halting mail)", .alarm)
            case let word: return .init("OPEN (mail halted, \(shown(word.text)))", .alarm)
            }
        }
        let open = report.incidents.filter { $0.state == .open }
        if open.contains(where: \.haltsListAlone) {
            return .init(
                open.contains { $0.halt == .notHalted }
                    ? "OPEN, MAIL NOT HALTED" : "OPEN (a list's mail halted, other mail flows)",
                .alarm
            )
        }
        if !open.isEmpty { return .init("OPEN (mail flows)", .caution) }
        return report.incidents.isEmpty
            ? .init("closed (mail flows)", .good)
            : .init("half-open (mail flows, on probation)", .caution)
    }

    /// Whether closed lists are halted too, by the queue's halt.
    var isHaltedForAll: Bool {
        report.queue.isHalted && report.queue.halt != .notHalted && report.queue.halt != .resuming
    }

    func indented(_ text: String) -> String {
        wrapped(text, width: console.width, first: "  ", rest: "  ")
    }

    private func row(_ list: ListStatus) -> [TextTable.Cell] {
        let hour = list.windows.first { $0.seconds == 3600 }
        let halt = report.incidents.first { $0.number == list.incident }?.halt
        let nearest = list.nearest.flatMap(StateWords.nearMiss).map(shown) ?? "-"
        return [
            .init(shown(list.list)),
            StateWords.short(list.state, halt: halt, isQueueHalted: isHaltedForAll),
            .init(list.members.map(StateWords.count) ?? "?"),
            .init(hour.map { StateWords.count($0.posts) } ?? "-"),
            .init(hour.map { StateWords.count($0.replies) } ?? "-"),
            .init(hour.map { StateWords.count($0.copiesAnnounced) } ?? "-"),
            .init(hour.map { StateWords.count($0.copiesSent) } ?? "-"),
            .init(nearest),
        ]
    }
}
