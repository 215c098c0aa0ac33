// SPDX-License-Identifier: Apache-2.0
//
// The steps of a drill, in the order of an emergency. What was begun is ended whatever happens in
// between: once the breaker is open, the reset is tried to the last.

internal import Breaker
internal import Control
internal import Glibc
internal import Reports
internal import StormDetection
internal import Words

/// One drill.
struct Drill {
    /// Longest wait for a step: a minute; the halt is verified after `VerifyAfter` more.
    ///
    /// Chosen: a real halt that takes longer is what a drill should find.
    static let patience = Duration.seconds(60)

    private let control: ControlOptions
    private let recipient: String
    private let pages: Bool
    private let subject = Subject.drill(Drill.host)
    private var outcome: DrillOutcome
    /// Copies of earlier drills that left within the last hour.
    private var sentBefore: Int64 = 0

    init(control: ControlOptions, recipient: String, pages: Bool) {
        self.control = control
        self.recipient = recipient
        self.pages = pages
        outcome = DrillOutcome(list: subject.name)
    }

    /// All steps.
    mutating func run() -> DrillOutcome {
        var isOpen = false
        do {
            try step("look") { try $0.look() }
            isOpen = true
            try step("trip") { try $0.trip() }
            sentBefore = copiesSent()
            try step("post") { try $0.post() }
            try step("hold") { try $0.waitForHold() }
            try step("verify") { try $0.waitForVerification() }
            if pages { try step("page") { try $0.page() } }
            outcome.passed = true
        } catch {
            outcome.end = "the drill failed: \((error as? Failure)?.message ?? "\(error)")"
        }
        guard isOpen else { return outcome }
        do {
            try step("reset") { try $0.reset() }
            if outcome.passed {
                outcome.end = "the drill passed; nothing but its own mail was held"
            }
        } catch {
            outcome.passed = false
            outcome.end +=
                "\n\((error as? Failure)?.message ?? "\(error)")\nby hand: "
                + "listbreaker reset \(outcome.list) --held discard --reason drill"
        }
        return outcome
    }

    private mutating func step(_ name: String, _ body: (Drill) throws -> String) throws {
        let start = ContinuousClock.now
        let found: String
        do { found = try body(self) } catch {
            note(name, since: start, "failed")
            throw error
        }
        note(name, since: start, found)
    }

    private mutating func note(
        _ name: String,
        since start: ContinuousClock.Instant,
        _ found: String
    ) {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
        outcome.steps.append(.init(name: name, milliseconds: milliseconds, found: found))
    }

    // Steps

    private func look() throws -> String {
        let report = try status()
        guard report.mode == .armed else {
            throw Failure(
                code: ControlCode.failed,
                message: "in observe mode nothing would be held; first: listbreaker arm"
            )
        }
        let busy = report.incidents.filter { $0.scope != subject || $0.state == .open }
            .map { "incident \($0.number), \($0.scope.name), \($0.state.text)" }
        guard busy.isEmpty, !report.queue.isHalted, report.queue.halt == .flowing else {
            throw Failure(
                code: ControlCode.failed,
                message: "not while something is open or on probation: "
                    + (busy.first ?? "the queue, \(report.queue.halt.text)")
            )
        }
        guard report.journal.blind == nil else {
            throw Failure(code: ControlCode.failed, message: "the daemon is blind")
        }
        return "armed, nothing is open, the log is read"
    }

    private func trip() throws -> String {
        var request = ControlRequest(.trip)
        request.list = outcome.list
        request.reason = "drill"
        return try control.ask(request).message
    }

    private func post() throws -> String {
        let sender = "owner-" + outcome.list
        let tool = Tool("/usr/sbin/sendmail", ["-i", "-f", sender, "--"] + recipients)
        let text = """
            From: \(outcome.list)
            To: \(outcome.list)
            Subject: a drill of listbreaker; nobody is meant to get this
            Auto-Submitted: auto-generated

            This message is put on hold and thrown away.

            """
        let done = try tool.run(input: Array(text.utf8))
        guard done.status == 0 else {
            throw Failure(code: ControlCode.failed, message: "sendmail: \(done.complaint)")
        }
        return "one message to \(recipients.count.counting("address", "addresses")) of nobody"
    }

    private func waitForHold() throws -> String {
        let held = try wait("message on hold") { incident in incident.held > 0 }
        return "\(held.held.counting("message")) on hold"
    }

    private func waitForVerification() throws -> String {
        let incident = try wait("verification that nothing left") { incident in
            incident.halt == .verified
        }
        guard incident.leaked == 0 else {
            throw Failure(
                code: ControlCode.failed,
                message: "\(incident.leaked.counting("copy", "copies")) left before the hold"
            )
        }
        // What was under way as the hold came cannot be called back, and is not kept silent.
        let left = max(0, copiesSent() - sentBefore)
        return left == 0
            ? "no copy left"
            : "none began after the hold; \(left.counting("copy", "copies")) had begun before it and left"
    }

    /// Copies of the drill's list that were sent within the last hour, as the log has them.
    private func copiesSent() -> Int64 {
        var request = ControlRequest(.status)
        request.list = outcome.list
        let report = try? control.report(request, as: StatusReport.self).report
        return report?.lists.first?.windows.first { $0.seconds == 3600 }?.copiesSent ?? 0
    }

    private func page() throws -> String {
        try control.ask(ControlRequest(.page)).message
    }

    private func reset() throws -> String {
        var request = ControlRequest(.reset)
        request.list = outcome.list
        request.reason = "drill"
        request.held = .discard
        let said = try control.ask(request).message
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let report = try status()
            if report.queue.held == 0, report.queue.halt == .flowing { return said }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    code: ControlCode.failed,
                    message: "\(report.queue.held.counting("message")) still on hold"
                )
            }
            usleep(20_000)
        }
    }

    // Around them

    private var recipients: [String] {
        // As a list's fan-out looks; the whole block is for documentation, RFC 5737.
        recipient == "nobody@[192.0.2.1]"
            ? ["nobody@[192.0.2.1]", "nobody@[192.0.2.2]", "nobody@[192.0.2.3]"] : [recipient]
    }

    private func status() throws -> StatusReport {
        try control.report(.briefStatus, as: StatusReport.self).report
    }

    /// Polls until the drill's incident is as `isDone` says.
    private func wait(
        _ what: String,
        _ isDone: (IncidentStatus) -> Bool
    ) throws -> IncidentStatus {
        let deadline = ContinuousClock.now + Self.patience
        var last: IncidentStatus?
        while ContinuousClock.now < deadline {
            let found = try status().incidents.last { $0.scope == subject }
            if let found, isDone(found) { return found }
            last = found
            usleep(5000)
        }
        throw Failure(
            code: ControlCode.failed,
            message:
                "no \(what) within \(Self.patience); the list is \(last?.halt.text ?? "closed")"
        )
    }

    private static var host: String {
        let asked = try? Tool("/usr/sbin/postconf", ["-h", "myhostname"]).run()
        if let asked, asked.status == 0, !asked.text.isEmpty { return asked.text.lowercased() }
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .lowercased()
    }
}
