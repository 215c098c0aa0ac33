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
        let time = console.paint(StateWords.time(report.time), .faint)
        var lines = [
            "\(console.paint(state.text, state.tone)); \(mode)    \(time)"
        ]
        if report.queue.held > 0 {
            lines.append(report.queue.held.counting("message") + " on hold")
        }
        if let undecided = report.queue.undecided, undecided > 0 {
            lines.append(
                console.paint(
                    wrapped(
                        "undecided: \(undecided.counting("message")) of that, whose is not known; "
                            + "neither released nor discarded until you say: listbreaker held, then "
                            + "listbreaker held release|discard POST",
                        width: console.width,
                        rest: "  "
                    ),
                    .caution
                )
            )
        }
        if let remark = report.queue.remark, !remark.isEmpty {
            lines.append(console.paint("remark: \(told(remark))", .caution))
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
            lines.append(console.paint("BLIND: \(told(blind))", .alarm))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var mode: String {
        switch report.mode {
        case .known(.armed): console.paint("armed", .good)
        case .known(.observe) where report.queue.isHalted:
            console.paint("observe mode: the next trip halts nothing", .caution)
        case .known(.observe): console.paint("observe mode: nothing is halted", .caution)
        case .other(let mode): shown(mode)
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
    private var isHaltedForAll: Bool {
        report.queue.isHalted && report.queue.halt != .notHalted && report.queue.halt != .resuming
    }

    private func incident(_ incident: IncidentStatus) -> String {
        let state = StateWords.breaker(incident.state, halt: incident.halt)
        let title = console.paint("Incident \(incident.number)", .strong)
        var lines = [
            "\(title)  \(shown(incident.scope.name))  \(console.paint(state.text, state.tone))",
            indented(facts(of: incident)),
            indented(told(incident.summary)),
        ]
        if incident.state == .open {
            lines += nextSteps(for: incident)
        } else if let reset = incident.resetBy {
            lines.append("  reset by \(told(reset))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What waits for an answer, and the two answers.
    private func doubt(_ doubt: DoubtStatus) -> String {
        let list = shellWord(doubt.list)
        let title = console.paint("Doubtful", .caution)
        return [
            "\(title)  \(shown(doubt.list))  trips at \(StateWords.time(doubt.ends)) unless answered",
            indented(told("\(doubt.rule.text): \(doubt.summary)")),
            "  Harmless:  listbreaker hold-off \(list) --for 2h",
            "  A storm:   listbreaker trip \(list) --reason TEXT",
        ].joined(separator: "\n") + "\n"
    }

    /// Lists whose new copies are on hold for a while.
    private var softHolds: String? {
        let lists = report.lists.filter { $0.softHold != nil }
        guard !lists.isEmpty else { return nil }
        return lists.map { list in
            let until = list.softHold.map(StateWords.time) ?? ""
            let held = list.held.map { $0.counting("message") + " on hold" }
            return wrapped(
                "\(console.paint("Soft hold", .caution))  \(shown(list.list))  until \(until): "
                    + (held ?? "observe mode, nothing is held"),
                width: console.width,
                rest: "  "
            )
        }.joined(separator: "\n") + "\n"
    }

    /// Held mail on its way.
    private func clearing(_ clearing: ClearingStatus) -> String {
        let verb = clearing.action == .release ? "Releasing" : "Discarding"
        let what = clearing.post ?? clearing.list ?? "what the queue held"
        var facts = [clearing.messages.counting("message") + " done"]
        if let left = clearing.left { facts.append("\(StateWords.count(left)) left") }
        if clearing.action == .release {
            facts.append(
                clearing.rate > 0 ? "\(clearing.rate.grouped) copies/min" : "at once"
            )
        }
        return wrapped(
            "\(console.paint(verb, .strong))  \(shown(what))  \(facts.joined(separator: ", "))"
                + (clearing.by.map { ", by \(shown($0))" } ?? ""),
            width: console.width,
            rest: "  "
        )
    }

    private func holdOff(_ holdOff: HoldOffStatus) -> String {
        let reason = holdOff.reason.isEmpty ? "" : ": \(holdOff.reason)"
        return wrapped(
            "Held off  \(shown(holdOff.list))  until \(StateWords.time(holdOff.until)), by "
                + StateWords.audit(holdOff.by) + told(reason),
            width: console.width,
            rest: "  "
        )
    }

    private func expectation(_ expected: ExpectedStatus) -> String {
        wrapped(
            "Expected  \(shown(expected.list))  until \(StateWords.time(expected.until)): "
                + "\(expected.copies.counting("copy", "copies")), of which "
                + "\(StateWords.count(expected.left)) are still to come",
            width: console.width,
            rest: "  "
        )
    }

    private func facts(of incident: IncidentStatus) -> String {
        var facts = ["\(shown(incident.rule.text)), since \(StateWords.time(incident.tripped))"]
        let age = StateWords.age(incident.tripped, at: report.time)
        if !age.isEmpty { facts[0] += " (\(age))" }
        if incident.held > 0 {
            let held = incident.state == .open ? "held" : "were held"
            facts.append("\(StateWords.count(incident.held)) \(held)")
        }
        if incident.leaked > 0 {
            facts.append("\(StateWords.count(incident.leaked)) left after the halt")
        }
        if let letGo = incident.letGo {
            facts.append("\(StateWords.count(letGo)) let go by hand")
        }
        return facts.joined(separator: ", ")
    }

    /// What a person may do now, as commands that can be copied.
    private func nextSteps(for incident: IncidentStatus) -> [String] {
        let scope = incident.scope == .queue ? "--queue" : shellWord(incident.scope.name)
        let isHeld = report.queue.isHalted || incident.haltsListAlone
        let held = isHeld ? " --held release" : ""
        var lines = [
            incident.acknowledged.map { "  acknowledged by \(StateWords.audit($0))" }
                ?? "  " + console.paint("not acknowledged", .caution),
            "  Why:   listbreaker explain \(incident.number)",
        ]
        if incident.acknowledged == nil {
            lines.append("  Seen:  listbreaker ack \(incident.number)")
        }
        if isHeld, incident.held > 0 {
            lines.append("  Held:  listbreaker held \(incident.scope == .queue ? "" : scope)")
        }
        if incident.lacksNarrowing == true {
            lines.append(
                indented(
                    "All mail waits, since the mail server is not set up to be narrowed. Others' mail flows "
                        + "again by itself, within NarrowWithin=, after: listbreaker setup postfix "
                        + "--narrow --apply"
                )
            )
        }
        lines.append("  Over:  listbreaker reset \(scope) --reason TEXT\(held)")
        return lines
    }

    private func indented(_ text: String) -> String {
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

    /// How well we see and whether pages get out: what stands below the lists.
    var footer: String {
        let journal = report.journal
        var sight = ["journal: \(shown(journal.source))"]
        if let lag = journal.lagSeconds { sight.append("lag \(StateWords.decimal(lag)) s") }
        sight.append(journal.entries.counting("entry", "entries"))
        sight.append(journal.events.counting("mail event"))
        if journal.notUnderstood > 0 {
            sight.append("\(StateWords.count(journal.notUnderstood)) not understood")
        }
        if let last = journal.lastEvent { sight.append("last \(StateWords.time(last))") }
        var lines = [wrapped(sight.joined(separator: ", "), width: console.width, rest: "  ")]
        for host in (journal.hosts ?? []).prefix(Self.mostHosts) {
            let last = host.lastEntry.map { "last line \(StateWords.time($0))" } ?? "no line yet"
            lines.append(
                "  host \(shown(host.name)): \(last)\(host.isCaughtUp ? "" : ", more to be read")"
            )
        }
        if let hosts = journal.hosts, hosts.count > Self.mostHosts {
            lines.append("  and \(hosts.count - Self.mostHosts) more hosts; see --json")
        }
        lines += warnings
        let paging = report.paging
        if paging.targets.isEmpty {
            lines.append(
                console.paint("paging: no target is configured, nobody is told", .alarm)
            )
        } else {
            var words = "paging: \(paging.targets.map(shown).joined(separator: ", ")), "
            words += "\(paging.waiting.grouped) waiting, \(paging.delivered.grouped) delivered"
            lines.append(words + (paging.failed > 0 ? ", \(paging.failed.grouped) given up" : ""))
            if let error = paging.lastError {
                lines.append(console.paint("  last failure: \(told(error))", .caution))
            }
        }
        if let change = paging.changedSecrets {
            let words = wrapped("  " + told(change), width: console.width, rest: "  ")
            lines.append(console.paint(words, .alarm))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Hosts that are named at most; chosen.
    private static let mostHosts = 20
    /// Kinds of refused lines that are named at most; chosen.
    private static let mostRefused = 5

    private var warnings: [String] {
        let journal = report.journal
        var lines: [String] = []
        if journal.suppressed > 0 {
            lines.append(
                "  journald dropped \(journal.suppressed.counting("line")); "
                    + "'listbreaker doctor' says how to keep them"
            )
        }
        if !journal.forged.isEmpty {
            let kinds = journal.forged.sorted { $0.key < $1.key }
                .map { "\(shown($0.key)) \(StateWords.count($0.value))" }
            lines.append("  forged lines, not believed: \(kinds.joined(separator: ", "))")
        }
        for kind in (journal.refused ?? []).filter({ $0.setting != nil }).prefix(Self.mostRefused) {
            let unit = kind.unit.map { ", unit \(shown($0))" } ?? ""
            let user = kind.user.map { ", uid \($0)" } ?? ""
            lines.append(
                "  not believed: \(kind.lines.counting("line")) of \(shown(kind.name))\(unit)\(user) "
                    + "(\(shown(kind.reason))); \(shown(kind.setting ?? "")) would take them"
            )
        }
        if journal.gaps > 0 {
            lines.append("  gaps in the journal: \(StateWords.count(journal.gaps))")
        }
        return lines.map { console.paint($0, .caution) }
    }
}
