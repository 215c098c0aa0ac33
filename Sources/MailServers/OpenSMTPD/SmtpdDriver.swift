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

    var sites: [SmtpdSpool] { [spool] }

    func queue(of spool: SmtpdSpool) throws(HaltError) -> SmtpdQueue {
        try StateFile.makeDirectory(state)
        return try SmtpdQueue(spool: spool, state: state)
    }

    var changed: [String] { [spool.path] }

    /// An envelope's ID begins with its message's.
    func canonical(_ id: QueueID) -> QueueID { QueueID(id.text.prefix(8)) ?? id }

    func halt(_ report: inout HaltReport) {
        report.step("block") { report in
            report.attempt { _ throws(HaltError) in
                try StateFile.makeDirectory(state)
                try HaltMarker.halted.write(state: parent)
            }
            pause(&report)
        }
        report.step("hold") { report in holdQueued(age: 0, &report) }
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    func rehold(_ report: inout HaltReport) {
        report.step("block") { report in
            if isPaused == false {
                report.changed.append("smtpd had been restarted or resumed; paused again")
            }
            pause(&report)
        }
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    /// Runs before smtpd starts, and once more when it has.
    func assertAtBoot(_ report: inout HaltReport) {
        holdQueued(age: 0, &report)
        let deadline = ContinuousClock.now + Self.startDeadline
        while !ProcessTable.named(MTA.opensmtpd.processNames).isEmpty {
            guard isPaused == nil, ContinuousClock.now < deadline else {
                pause(&report)
                break
            }
            usleep(2000)
        }
    }

    func keep(_ report: inout HaltReport) {
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    /// First the texts, then the transfer: what it cannot open it would defer again.
    var givesBackFirst: Bool { true }

    func reopen(_ report: inout HaltReport) throws(HaltError) {
        if isPaused == true { try reopen(waiting: &report) }
        report.worsen(.restored)
    }

    /// Longest wait for an answer of a smtpd that runs: 2 s.
    ///
    /// Chosen; one that starts answers after 0.1 s.
    static let answering = Duration.seconds(2)

    /// Whether a smtpd runs, whether it answers or not; Postfix has a program of that name, too, whose parent
    /// is its master(8).
    private static var isThere: Bool {
        ProcessTable.named(MTA.opensmtpd.processNames).contains { process in
            process.state != "Z" && ProcessTable.name(of: process.parent) != "master"
        }
    }

    /// Whether the mail transfer is paused; nil when smtpd does not answer.
    var isPaused: Bool? { isPaused("MTA") }

    /// Whether deliveries of one kind are paused, `MTA` or `MDA`; nil when smtpd does not answer.
    func isPaused(_ kind: String) -> Bool? {
        guard let outcome = try? SmtpdQueue.ask(["show", "status"]), outcome.status == 0 else {
            return nil
        }
        return outcome.text.contains("\(kind) paused")
    }

    /// The same, where a smtpd that has just been started gets the time to answer.
    private func askedAgain() -> Bool? {
        let deadline = ContinuousClock.now + Self.answering
        repeat {
            if let isPaused { return isPaused }
            guard Self.isThere else { return nil }
            usleep(50_000)
        } while ContinuousClock.now < deadline
        return isPaused
    }

    private func pause(_ report: inout HaltReport) {
        switch isPaused {
        case .some(true): report.worsen(.already)
        case nil:
            // Of one that runs look(_:) says that it is not known.
            if !Self.isThere {
                report.notes.append("smtpd does not run; it is paused when it starts")
            }
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

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        let isPaused = askedAgain()
        // One that does not answer is no stopped one: it may deliver.
        let isSilent = isPaused == nil && Self.isThere
        if isSilent {
            report.errors.append(
                "cannot ask smtpd whether its mail transfer is paused: it runs, and smtpctl gets no answer;"
                    + " next: smtpctl show status"
            )
        }
        report.isRunning = isPaused != nil || isSilent
        report.services = ["mta"]
        if isWished, isPaused == false { report.changed.append("the mail transfer is not paused") }
        count(&report)
        report.isHalted = isWished && isPaused != false && !isSilent
        if !report.verb.touchesBlock, report.isHalted { report.worsen(.already) }
    }
}
