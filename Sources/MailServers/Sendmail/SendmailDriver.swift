// SPDX-License-Identifier: Apache-2.0
//
// The order of halting and resuming Sendmail. Halt: the gate (every delivery under way is deferred
// at its next recipient, and writes down by itself what was sent), wait for those to end, quarantine
// what is queued, then look again for what slipped between. No process is ended: a delivery that is
// killed forgets up to ten copies that it had sent. Resume: wish, gate, mail, a run for what is
// given back.

internal import Glibc
internal import HaltWire
internal import Linux

/// Halts and resumes Sendmail.
struct SendmailDriver: QueueDriver {
    let site: SendmailSite
    let state: String
    var mta: MTA { .sendmail }

    /// Younger messages are not quarantined by a sweep: 3 s.
    ///
    /// Chosen: a message for this host is delivered within that, and the gate holds the others.
    static let youngest: Int64 = 3
    /// Longest wait for deliveries to end: 5 s.
    ///
    /// Chosen; 3,000 recipients take 1 s. One that waits for an answer goes on, and its message is
    /// held by a later sweep.
    static let patience = Duration.seconds(5)
    /// Messages of one run that is started for what is given back: 100.
    ///
    /// Chosen: a run sends one message after the other.
    static let chunk = 100

    private var gate: SendmailGate { SendmailGate(site: site, state: state) }
    private var spool: SendmailSpool { SendmailSpool(queues: site.queues) }

    private var map: String { "\(site.access).db" }

    var sites: [SendmailSite] { [site] }

    func queue(of site: SendmailSite) throws(HaltError) -> SendmailQueue {
        try StateFile.makeDirectory(state)
        return try SendmailQueue(site, state: state)
    }

    /// The map is replaced in its directory.
    var changed: [String] {
        ((try? spool.directories) ?? [])
            + [String(map[..<(map.lastIndex(of: "/") ?? map.startIndex)])]
    }

    func halt(_ report: inout HaltReport) {
        report.step("gate") { report in
            report.attempt { _ throws(HaltError) in
                try StateFile.makeDirectory(state)
                try HaltMarker.halted.write(state: parent)
            }
            assertAtBoot(&report)
        }
        report.step("stop") { report in
            let isLanded = report.attempt { _ throws(HaltError) in try landed() }
            if isLanded == false { report.notes.append("a delivery still waits for its answer") }
        }
        report.step("hold") { report in holdQueued(age: 0, &report) }
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    func rehold(_ report: inout HaltReport) {
        report.step("gate") { report in assertAtBoot(&report) }
        report.step("settle") { report in holdQueued(age: Self.youngest, &report) }
    }

    /// Closes the gate.
    func assertAtBoot(_ report: inout HaltReport) {
        report.install(in: map) { () throws(HaltError) in
            try StateFile.makeDirectory(state)
            return try gate.install()
        }
    }

    func keep(_ report: inout HaltReport) {
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    func reopen(_ report: inout HaltReport) throws(HaltError) {
        report.note(try gate.restore(), of: map)
    }

    func locked() throws(HaltError) -> Set<QueueID> { try spool.locked() }

    /// Closes the gate until the deliveries of `ids` have ended.
    ///
    /// Deliveries of other mail that are under way in that second are deferred; a run for those is
    /// started at once.
    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool {
        guard !ids.isDisjoint(with: try spool.locked()) else { return false }
        let isClosed = try gate.standing() == .whole
        if !isClosed { _ = try gate.install() }
        let outcome = Result { () throws(HaltError) in try landed(ids) }
        if !isClosed {
            _ = try gate.restore()
            // A queue that cannot be read is said by what follows; they wait for the site's own run then.
            let others = (try? spool.deferred(by: SendmailGate.number)) ?? []
            _ = try? start(others.subtracting(ids).sorted())
        }
        return try outcome.get()
    }

    /// Waits until nobody is at the messages of the queue, or at `only`.
    ///
    /// - Returns: whether it came to that.
    private func landed(_ only: Set<QueueID>? = nil) throws(HaltError) -> Bool {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let left = try spool.locked()
            if left.isEmpty || only?.isDisjoint(with: left) == true { return true }
            if ContinuousClock.now >= deadline { return false }
            usleep(10_000)
        }
    }

    /// Lets systemd start runs for what was given back, and for what the gate deferred since it was last
    /// looked for, everybody's: our sandbox has no network.
    ///
    /// While the gate is closed it is left alone; the resume does it.
    func wake(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            guard try gate.standing() != .whole else { return }
            let note = GivenBack(path: "\(state)/due")
            let due = try note.read().union(spool.deferred(by: SendmailGate.number))
            if try !start(due.sorted()) {
                report.notes.append("what was given back waits for Sendmail's next queue run")
            }
            try note.write([])
        }
    }

    /// Starts runs for `due`; false when one could not be.
    private func start(_ due: [QueueID]) throws(HaltError) -> Bool {
        var isStarted = true
        for start in stride(from: 0, to: due.count, by: Self.chunk) {
            let some = due[start..<min(start + Self.chunk, due.count)].map { "-qI\($0)" }
            let words = ["--no-block", "--quiet", "--collect", site.program, "-L", "sm-mta"]
            let outcome = try Program("/usr/bin/systemd-run", words + ["-qf"] + some)
                .run(deadline: ServerUnit.deadline)
            isStarted = isStarted && outcome.status == 0
        }
        return isStarted
    }

    /// The pid file's first line is the daemon's number; in the second is its command.
    private func isRunning() throws(HaltError) -> Bool {
        try DaemonPID.running(site.pidFile, named: SendmailSite.names) != nil
    }

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        // Not known: then it may run.
        report.isRunning = report.attempt { _ throws(HaltError) in try isRunning() } ?? true
        report.services = ["every SMTP mailer"]
        var standing = OutboundBlock.Standing.absent
        report.attempt { report throws(HaltError) in
            standing = try gate.standing()
            // A kill in the middle of an interruption leaves it closed, and nobody wants that.
            if standing == .whole, try HaltMarker.read(state: parent) == nil {
                _ = try gate.restore()
                standing = .absent
                report.notes.append("the gate stood although mail is not halted; it was opened")
            }
        }
        report.describe(standing, of: map, isWished: isWished)
        count(&report)
        report.isHalted = isWished && standing == .whole
    }
}
