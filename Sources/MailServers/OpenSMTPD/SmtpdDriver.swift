// SPDX-License-Identifier: Apache-2.0
//
// The order of halting and resuming OpenSMTPD. Halt: pause its mail transfer (new mail stays in the
// queue), then close the text of every message that waits for other hosts (what is handed over
// already, up to 5,000 envelopes, is deferred when its turn comes). The pause is forgotten when
// smtpd restarts; so both are done again before and after each start. Resume: wish, text, and a
// restart of smtpd once nothing is under way, because its scheduler may be broken by then (see
// SmtpdWaking.swift, and never tell it to schedule what it has scheduled).

internal import Glibc
internal import HaltWire

/// Halts and resumes OpenSMTPD.
struct SmtpdDriver: QueueDriver {
    let spool: SmtpdSpool
    let state: String
    var mta: MTA { .opensmtpd }

    /// Longest wait for a smtpd that is just starting: 10 s.
    ///
    /// Chosen; it takes 0.1 s.
    static let startDeadline = Duration.seconds(10)

    func open() throws(HaltError) -> SmtpdQueue {
        try StateFile.makeDirectory(state)
        return try SmtpdQueue(spool: spool, state: state)
    }

    /// An envelope's ID begins with its message's.
    func canonical(_ id: QueueID) -> QueueID { QueueID(id.text.prefix(8)) ?? id }

    func halt() -> HaltReport {
        var report = HaltReport(verb: "halt")
        report.step("block") { report in
            report.attempt { report throws(HaltError) in
                try StateFile.makeDirectory(state)
                try HaltMarker.halted.write(state: parent)
            }
            pause(&report)
        }
        report.step("hold") { report in close(&report) }
        report.step("settle") { report in close(&report) }
        look(&report)
        return report
    }

    func rehold() -> HaltReport {
        var report = HaltReport(verb: "rehold")
        guard isWished(&report) else {
            report.errors.append("cannot hold again: mail is not halted; halt first")
            look(&report)
            return report
        }
        report.step("block") { report in
            if isPaused == false {
                report.changed.append("smtpd had been restarted or resumed; paused again")
            }
            pause(&report)
        }
        report.step("settle") { report in close(&report) }
        look(&report)
        return report
    }

    /// Runs before smtpd starts, and once more when it has.
    func assertAtBoot() -> HaltReport {
        var report = HaltReport(verb: "assert-boot")
        guard isWished(&report) else { return report }
        close(&report)
        let deadline = ContinuousClock.now + Self.startDeadline
        while !ProcessTable.named(MTA.opensmtpd.processNames).isEmpty {
            guard isPaused == nil, ContinuousClock.now < deadline else {
                pause(&report)
                break
            }
            usleep(2000)
        }
        return report
    }

    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        var report = HaltReport(verb: "resume")
        if held == .keep { report.step("settle") { report in close(&report) } }
        report.attempt { report throws(HaltError) in
            if try HaltMarker.read(state: parent) != nil {
                try HaltMarker.resuming.write(state: parent)
            }
        }
        // First the texts, then the transfer: what it cannot open it would defer again.
        if held == .release, report.errors.isEmpty {
            report.step("release") { report in
                report.attempt { report throws(HaltError) in
                    try release(HeldSelection(), &report)
                }
            }
        }
        report.step("open") { report in
            report.attempt { report throws(HaltError) in
                if isPaused == true { try reopen(&report) }
                report.worsen(.restored)
            }
        }
        if report.errors.isEmpty {
            report.attempt { report throws(HaltError) in try HaltMarker.clear(state: parent) }
        }
        wake(&report)
        look(&report)
        return report
    }

    /// Whether the mail transfer is paused; nil when smtpd does not run.
    var isPaused: Bool? {
        guard let outcome = try? SmtpdQueue.ask(["show", "status"]), outcome.status == 0 else {
            return nil
        }
        return outcome.text.contains("MTA paused")
    }

    private func pause(_ report: inout HaltReport) {
        switch isPaused {
        case .some(true): report.worsen(.already)
        case nil: report.notes.append("smtpd does not run; it is paused when it starts")
        case .some(false):
            do throws(HaltError) {
                try SmtpdQueue.control(["pause", "mta"])
                report.worsen(.installed)
            } catch {
                report.worsen(.failed)
                report.errors.append("\(error)")
            }
        }
    }

    /// Closes the text of what waits for other hosts.
    private func close(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            let queue = try open()
            var due: [QueueID] = []
            try queue.list(keeping: 0) { message in
                if message.queue != "hold", let id = message.id { due.append(id) }
            }
            report.held += try queue.hold(due, for: nil)
        }
    }

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        let isPaused = isPaused
        report.isRunning = isPaused != nil
        report.services = ["mta"]
        if isWished, isPaused == false { report.changed.append("the mail transfer is not paused") }
        count(&report)
        report.isHalted = isWished && isPaused != false
        if !["halt", "rehold", "resume"].contains(report.verb), report.isHalted {
            report.worsen(.already)
        }
    }
}
