// SPDX-License-Identifier: Apache-2.0
//
// What pages say. Written for a person half asleep: what happened, whether mail is halted, and the
// exact command to type next.

import EventTime
public import StormDetection
internal import Words

extension Incident {
    /// What is halted, in words for a page.
    var mailState: String {
        switch (mode, reach) {
        case (.observe, _): "OBSERVE MODE, MAIL IS NOT HALTED"
        case (.armed, _) where isServerStopped: "open (THE MAIL SERVER IS STOPPED)"
        case (.armed, .queue) where lacksNarrowing:
            "open (ALL mail halted: the mail server is not set up to be narrowed)"
        case (.armed, .queue): "open (mail halted)"
        case (.armed, .list), (.armed, .narrow):
            "open (mail halted, this \(scope.sender == nil ? "list" : "sender")'s only)"
        }
    }

    /// The command that resets it.
    public var resetCommand: String {
        let target = scope.mailName.map(shellQuoted) ?? "--queue"
        let held = mode == .armed ? " --held release" : ""
        return "listbreaker reset \(target)\(held) --reason TEXT"
    }

    /// Why it opened, in one sentence.
    public var summary: String {
        switch cause {
        case .verdict: verdict?.evidence.summary ?? "storm on \(scope.name)"
        case .manual:
            "tripped by \(trippedBy?.who ?? "uid 0"): \(trippedBy?.reason ?? "no reason given")"
        case .fleet:
            isAdopted
                ? "\(trippedBy?.who ?? "another host") tripped: \(trippedBy?.reason ?? "")"
                : verdict?.evidence.summary ?? "storm on \(scope.name)"
        case .stateDamaged: "the saved state was damaged; what was open is not known"
        case .foundHalted: "the queue was found halted by listbreaker; no saved incident tells why"
        }
    }

    /// That it opened again, in a sentence and a blank; empty where it did not.
    private var again: String {
        retrips > 0 ? "Tripped again on probation, first at \(tripped.rfc3339). " : ""
    }

    /// The rule that opened it.
    public var rule: Rule {
        cause == .verdict || cause == .fleet && !isAdopted ? verdict?.rule ?? .storm : .manual
    }

    /// Which of attended and unattended applied, and what would have left; empty without a verdict.
    public var circumstances: String {
        var words = attendance.map { " " + $0.words(mode == .armed ? "halted" : "tripped") } ?? ""
        if cause == .verdict, let verdict, verdict.rule != .burden,
            let borne = verdict.evidence.burden?.words
        {
            words += " \(borne)"
        }
        if cause == .verdict, let forecast = verdict?.evidence.forecast {
            words += " If nothing were done: \(forecast.words)."
        }
        return words
    }

    var tripAlert: Alert {
        alert(
            .trip,
            severity: mode == .armed ? .critical : .warning,
            summary: "\(scope.name): \(mailState). \(again)\(summary)\(circumstances)",
            advice: (lacksNarrowing
                ? "For others' mail to flow: listbreaker setup postfix --narrow --apply. " : "")
                + "See listbreaker status and listbreaker explain \(number). "
                + (scope.sender == nil ? "Fix the list" : "Lock the account")
                + ", then: \(resetCommand)"
        )
    }

    var tripNote: LogNote {
        LogNote(
            kind: .tripped,
            priority: 2,
            text: "incident \(number), \(scope.name): \(mailState). \(again)\(summary)",
            list: scope.mailName,
            incident: number
        )
    }

    var resetAlert: Alert {
        var alert = alert(
            .reset,
            severity: .info,
            summary: "\(scope.name): reset by \(resetBy?.who ?? "uid 0"): \(resetBy?.reason ?? "")",
            advice: "Nothing to do; the breaker is half-open (mail flows on probation)."
        )
        alert.isResolved = true
        alert.ended = resetBy?.time
        return alert
    }

    var resetNote: LogNote {
        LogNote(
            kind: .reset,
            priority: 5,
            text: "incident \(number), \(scope.name): reset by \(resetBy?.who ?? "uid 0"): "
                + "\(resetBy?.reason ?? "")",
            list: scope.mailName,
            incident: number
        )
    }

    var acknowledgedAlert: Alert {
        let by = acknowledgedBy.map { "\($0.who)\($0.reason.isEmpty ? "" : ", \($0.reason)")" }
        return alert(
            .acknowledged,
            severity: .info,
            summary: "\(scope.name): acknowledged by \(by ?? ""); \(mailState)",
            advice: "Nothing to do while they are at it. Over: \(resetCommand)"
        )
    }

    func reminderAlert(now: Timestamp) -> Alert {
        let hours = Int64((now - lastOpened).seconds / 3600)
        let minutes = Int64((now - lastOpened).seconds / 60) % 60
        return alert(
            .reminder,
            severity: mode == .armed ? .critical : .warning,
            summary: "\(scope.name): still open for \(hours) h \(minutes) min, \(mailState), "
                + "\(halt.word.rawValue). \(summary)",
            advice: "Acknowledge: listbreaker ack \(number). Let mail flow again: \(resetCommand)"
        )
    }

    func leakingAlert(perMinute: Int64, now: Timestamp) -> Alert {
        var alert = alert(
            .leaking,
            severity: .critical,
            summary: "\(scope.name): halted, but copies still leave (\(perMinute)/min)",
            advice: "Something delivers around the halt. If it goes on: postfix stop"
        )
        alert.dedupKey = dedupKey + "-leaking"
        alert.started = now
        return alert
    }

    func leakingNote(perMinute: Int64) -> LogNote {
        LogNote(
            kind: .leaking,
            priority: 2,
            text: "copies still leave: \(perMinute)/min",
            list: scope.mailName,
            incident: number
        )
    }

    func escalatedAlert(_ what: String, now: Timestamp) -> Alert {
        var alert = alert(
            .leaking,
            severity: .critical,
            summary: "\(scope.name): \(what)",
            advice: "See listbreaker status. Over when you say so: \(resetCommand)"
        )
        alert.dedupKey = dedupKey + (isServerStopped ? "-stopped" : "-escalated")
        alert.started = now
        return alert
    }

    private func alert(
        _ kind: Alert.Kind,
        severity: Alert.Severity,
        summary: String,
        advice: String
    ) -> Alert {
        var figures = ["halt": halt.word.rawValue, "held": "\(held)", "leaked": "\(leaked)"]
        figures["rule"] = rule.rawValue
        // What was held and what left is told from the first trip on.
        if retrips > 0 { figures["first_tripped"] = tripped.rfc3339 }
        if let attendance { figures["attendance"] = attendance.word.rawValue }
        if let nextAttended { figures["next_attended"] = nextAttended.rfc3339 }
        if let verdict { figures.merge(verdict.figures) { _, new in new } }
        return Alert(
            kind: kind,
            severity: severity,
            incident: number,
            list: scope.mailName,
            summary: summary,
            advice: advice,
            started: lastOpened,
            dedupKey: dedupKey,
            isObserve: mode == .observe,
            figures: figures
        )
    }
}

extension Verdict {
    /// The figures that stand behind this verdict, by name.
    ///
    /// P(storm) is the storm test's own; beside another rule's certainty it would only confuse.
    public var figures: [String: String] {
        evidence.figures.filter { $0.key != "probability" || rule == .storm }
    }
}

extension BurdenFigures {
    /// The figures by name, as ``Evidence/figures`` has them.
    public var figures: [String: String] {
        var named = ["mails_day": "\(day)", "mails_week": "\(week)"]
        named["mails_busiest_day"] = "\(busiestDay)"
        if let since { named["mails_since"] = since.rfc3339 }
        return named
    }

    /// Such as `Each member got 14 mails since 2026-11-27T17:00:00Z; the busiest day before had 3.`;
    /// nil when that is nothing special.
    public var words: String? {
        guard let since, day > busiestDay else { return nil }
        return
            "Each member got \(day.counting("mail")) since \(since.rfc3339); the busiest day before "
            + "had \(busiestDay.grouped)."
    }
}

extension Evidence {
    /// The figures by the names that JSON and annotations use.
    var figures: [String: String] {
        var figures = [
            "posts": "\(posts)", "replies": "\(replies)", "posters": "\(posters)",
            "window_seconds": "\(Int64(window.seconds))",
            "copies_announced": "\(copiesAnnounced)", "copies_sent": "\(copiesSent)",
        ]
        if let members { figures["members"] = "\(members)" }
        if let burden { figures.merge(burden.figures) { _, new in new } }
        if let reproduction { figures["reproduction"] = Self.short(reproduction) }
        if let probability { figures["probability"] = Self.short(probability) }
        if let forecast {
            figures["forecast_until"] = forecast.until.rfc3339
            figures["forecast_copies"] =
                [forecast.low, forecast.middle, forecast.high].map(Self.short)
                .joined(separator: " / ")
        }
        return figures
    }

    /// Two decimals at most, and never a trap on what does not fit.
    static func short(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "unknown" }
        return abs(value) >= 100 ? "\(Int64(value))" : "\((value * 100).rounded() / 100)"
    }
}

extension Alert {
    static func softHold(_ verdict: Verdict, until: Timestamp, mode: Mode) -> Alert {
        Alert(
            kind: .softHold,
            severity: .info,
            list: verdict.list,
            summary: "\(verdict.list): near a trip, "
                + (mode == .armed
                    ? "its new copies are on hold until \(until.rfc3339)"
                    : "OBSERVE MODE, NOTHING IS HELD")
                + ". \(verdict.evidence.summary)"
                + (verdict.rule == .burden
                    ? "" : verdict.evidence.burden?.words.map { " " + $0 } ?? ""),
            advice: "It ends by itself, or becomes a trip. To halt now: listbreaker trip "
                + shellQuoted(verdict.list),
            started: verdict.time,
            ended: nil,
            dedupKey: "soft-hold-\(verdict.list.prefix(200))-\(verdict.time.seconds)",
            isObserve: mode == .observe,
            figures: ["rule": verdict.rule.rawValue]
        )
    }

    static func late(_ verdict: Verdict, now: Timestamp) -> Alert {
        Alert(
            kind: .late,
            severity: .warning,
            list: verdict.list,
            summary: "\(verdict.list): a storm of \(verdict.time.rfc3339) was read late; NOTHING "
                + "WAS HALTED. \(verdict.evidence.summary)",
            advice: "Look whether it goes on: listbreaker status. To halt now: "
                + "listbreaker trip \(shellQuoted(verdict.list)) --reason TEXT",
            started: verdict.time,
            ended: nil,
            dedupKey: "late-\(verdict.list.prefix(200))-\(now.seconds / 86400)",
            figures: ["rule": verdict.rule.rawValue]
        )
    }

    static func stateDamaged(setAside: String, incident: Int64?, now: Timestamp) -> Alert {
        Alert(
            kind: .stateDamaged,
            severity: .critical,
            incident: incident,
            summary: "the state file was damaged and set aside as \(setAside); "
                + "the queue's breaker is open until you decide",
            advice: "If nothing storms: listbreaker reset --queue --held release --reason TEXT",
            started: now,
            dedupKey: "state-damaged-\(now.seconds)"
        )
    }

    /// Mail is halted, and something of the halt could not be done.
    static func halfDone(_ problem: String, incident: Incident?, now: Timestamp) -> Alert {
        Alert(
            kind: .haltFailed,
            severity: .critical,
            incident: incident?.number,
            list: incident?.scope.mailName,
            summary:
                "mail is halted (\(incident?.scope.name ?? "queue")), but not wholly: \(problem)",
            advice:
                "It is tried again with each sweep. Until then a restart of the mail server may "
                + "let mail out.",
            started: now,
            dedupKey: (incident?.dedupKey ?? "queue") + "-half"
        )
    }

    static func queueFailure(
        isResume: Bool,
        reason: String,
        incident: Incident?,
        now: Timestamp
    ) -> Alert {
        Alert(
            kind: isResume ? .resumeFailed : .haltFailed,
            severity: .critical,
            incident: incident?.number,
            list: incident?.scope.mailName,
            summary: isResume
                ? "mail is still halted, the resume failed: \(reason)"
                : "MAIL NOT HALTED (\(incident?.scope.name ?? "queue")): \(reason)",
            advice: isResume
                ? "It is tried again. See why: journalctl -u listbreaker-actuator -n 50"
                : "It is tried again. By hand: postfix stop",
            started: now,
            dedupKey: (incident?.dedupKey ?? "queue") + (isResume ? "-resume" : "-halt")
        )
    }
}
