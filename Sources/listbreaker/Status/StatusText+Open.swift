// SPDX-License-Identifier: Apache-2.0
//
// What `status` says of what is open, doubtful or on its way, each with the command that answers it.

internal import Breaker
internal import Reports
internal import StormDetection
internal import Words

extension StatusText {
    func incident(_ incident: IncidentStatus) -> String {
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
    func doubt(_ doubt: DoubtStatus) -> String {
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
    var softHolds: String? {
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
    func clearing(_ clearing: ClearingStatus) -> String {
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

    func holdOff(_ holdOff: HoldOffStatus) -> String {
        let reason = holdOff.reason.isEmpty ? "" : ": \(holdOff.reason)"
        return wrapped(
            "Held off  \(shown(holdOff.list))  until \(StateWords.time(holdOff.until)), by "
                + StateWords.audit(holdOff.by) + told(reason),
            width: console.width,
            rest: "  "
        )
    }

    func expectation(_ expected: ExpectedStatus) -> String {
        wrapped(
            "Expected  \(shown(expected.list))  until \(StateWords.time(expected.until)): "
                + "\(expected.copies.counting("copy", "copies")), of which "
                + "\(StateWords.count(expected.left)) are still to come",
            width: console.width,
            rest: "  "
        )
    }

    /// From when the counts of an incident that tripped again are; nil of one that tripped once.
    static func sinceFirst(_ incident: IncidentStatus) -> String? {
        guard incident.lastTripped != nil else { return nil }
        return "all counted from the first trip on, \(StateWords.time(incident.tripped))"
    }

    private func facts(of incident: IncidentStatus) -> String {
        var facts = ["\(shown(incident.rule.text)), since \(StateWords.time(incident.opened))"]
        let age = StateWords.age(incident.opened, at: report.time)
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
        if let first = Self.sinceFirst(incident) { facts.append(first) }
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
}
