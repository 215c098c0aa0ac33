// SPDX-License-Identifier: Apache-2.0
//
// Letting OpenSMTPD try what was given back. Its scheduler (6.8, and 7.8 by its source) breaks when
// an envelope is scheduled that is scheduled already and waits for its turn, as all do while the
// transfer is paused: rq_envelope_schedule() takes it from a list in which it is not. Some mail is
// then forgotten until the next start, or the scheduler crashes some seconds later, and smtpd with
// it. `smtpctl schedule all` does that, whoever runs it. So smtpd is started anew when a halt ends,
// with nothing under way; and after that only envelopes are scheduled that sleep for certain.

internal import Glibc
internal import HaltWire

extension SmtpdDriver {
    /// Longest wait until nothing is under way: 10 s.
    ///
    /// Chosen, below the daemon's deadline of a command.
    private static var landing: Duration { .seconds(10) }
    /// Longest wait until smtpd has read its queue: 20 s.
    ///
    /// Chosen, below the daemon's deadline of a command. It reads about 700 envelopes a second
    /// (measured); what it has not read by then is due when it was not tried in 400 s, or waits
    /// for its next try.
    private static var reading: Duration { .seconds(20) }
    /// Deadline of one question or start of systemd: 25 s.
    private static var systemDeadline: Duration { ServerUnit.deadline }
    private static var unit: String { "opensmtpd.service" }

    /// Lets the transfer go on: by a fresh start of smtpd, which reads its queue anew.
    ///
    /// Only when nothing is under way: what is would be sent twice. When it does not end, the
    /// transfer is resumed in the smtpd that runs.
    ///
    /// - Throws: ``HaltError`` when smtpd takes neither.
    func reopen(waiting report: inout HaltReport) throws(HaltError) {
        // smtpd refuses to pause what is paused: by one who was killed right here.
        if isPaused("MDA") != true { try SmtpdQueue.control(["pause", "mda"]) }
        let deadline = ContinuousClock.now + Self.landing
        while let count = SmtpdQueue.underWay, count > 0, ContinuousClock.now < deadline {
            usleep(20_000)
        }
        if SmtpdQueue.underWay == 0 {
            _ = try Program("/usr/bin/systemctl", ["restart", Self.unit])
                .check(deadline: Self.systemDeadline)
            try waitForAnswer()
            return
        }
        try SmtpdQueue.control(["resume", "mda"])
        try SmtpdQueue.control(["resume", "mta"])
        report.notes.append(
            "smtpd still delivers on this host, and was not started anew; if mail stays in its queue,"
                + " run: systemctl restart opensmtpd"
        )
    }

    private func waitForAnswer() throws(HaltError) {
        let deadline = ContinuousClock.now + Self.startDeadline
        while isPaused == nil {
            guard ContinuousClock.now < deadline else {
                throw HaltError(
                    code: .hung,
                    operation: "start",
                    path: Self.unit,
                    reason: "smtpd does not answer; what was given back is in its queue"
                )
            }
            usleep(10_000)
        }
    }

    /// What was given back and sleeps until its next try is tried now.
    ///
    /// While the transfer is paused it is left alone; the resume does it.
    func wake(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            for _ in 1...3 {
                let due = try GivenBack(path: "\(state)/due").read()
                guard !due.isEmpty else { return }
                guard try isAwake(&report), isPaused == false else { return }
                try schedule(due)
                guard try isAwake(&report) else { return }
            }
        }
    }

    /// Whether smtpd answers; starts it when it has failed, and not when somebody stopped it.
    private func isAwake(_ report: inout HaltReport) throws(HaltError) -> Bool {
        if isPaused != nil { return true }
        let failed = try Program("/usr/bin/systemctl", ["--quiet", "is-failed", Self.unit])
            .run(deadline: Self.systemDeadline)
        guard failed.status == 0 else {
            report.notes.append("smtpd does not run; what was given back leaves when it is started")
            return false
        }
        _ = try Program("/usr/bin/systemctl", ["start", Self.unit])
            .check(deadline: Self.systemDeadline)
        try waitForAnswer()
        report.notes.append("smtpd had failed, and was started again")
        return true
    }

    /// Schedules what sleeps of `due`, and forgets those of which nothing does any more.
    private func schedule(_ due: Set<QueueID>) throws(HaltError) {
        let deadline = ContinuousClock.now + Self.reading
        var listed = try SmtpdListing.ask()
        while ContinuousClock.now < deadline,
            due.contains(where: { listed.messages[$0] == nil && isQueued($0) })
        {
            guard isPaused != nil else { return }
            usleep(50_000)
            listed = try SmtpdListing.ask()
        }
        var left = due
        // What sleeps for longer than that is not scheduled by itself meanwhile.
        let end = listed.began + .seconds(SmtpdListing.margin / 2)
        for id in due.sorted() where listed.messages[id] != nil || !isQueued(id) {
            for word in listed.messages[id]?.words(id) ?? [] {
                guard ContinuousClock.now < end else {
                    return try GivenBack(path: "\(state)/due").write(left)
                }
                _ = try SmtpdQueue.ask(["schedule", word])
            }
            left.remove(id)
        }
        try GivenBack(path: "\(state)/due").write(left)
    }

    private func isQueued(_ id: QueueID) -> Bool {
        StateFile.status("\(spool.directory(of: id))/message") != nil
    }
}

extension SmtpdQueue {
    /// Deliveries that are under way, here and to other hosts; nil when smtpd does not say.
    static var underWay: Int? {
        guard let outcome = try? ask(["show", "stats"]), outcome.status == 0 else { return nil }
        let name = "scheduler.envelope.inflight="
        // A counter that nothing has touched yet is not there.
        let line = outcome.text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.map { Int($0.dropFirst(name.count)) ?? 1 } ?? 0
    }
}
