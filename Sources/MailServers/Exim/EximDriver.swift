// SPDX-License-Identifier: Apache-2.0
//
// The order of halting and resuming Exim. Halt: the block (milliseconds; every delivery that begins
// from here on reads it), then end the deliveries that began before it, then freeze what is queued,
// then look again for what slipped between. Resume: wish, block, mail; a message whose copy is
// still under way since the halt is not given back before that copy has landed.

internal import Glibc
internal import HaltWire
internal import Linux

/// Halts and resumes one Exim.
struct EximDriver: QueueDriver {
    let site: EximSite
    let state: String
    var mta: MTA { .exim }

    /// Younger messages are not frozen by a sweep: 3 s.
    ///
    /// Chosen: a message for this host is delivered within that, and the block holds the others.
    static let youngest: Int64 = 3

    private var block: EximBlock { EximBlock(state: state) }
    private var deliveries: EximDeliveries { EximDeliveries(site: site) }
    private var flights: EximFlights { EximFlights(path: "\(state)/flying") }

    var sites: [EximSite] { [site] }

    func queue(of site: EximSite) throws(HaltError) -> EximQueue {
        try StateFile.makeDirectory(state)
        return try EximQueue(site, state: state)
    }

    /// The block stands beside the configuration.
    var changed: [String] {
        [
            "\(site.spool)/input",
            String(site.first[..<(site.first.lastIndex(of: "/") ?? site.first.startIndex)]),
        ]
    }

    func halt(_ report: inout HaltReport) {
        report.step("block") { report in
            report.attempt { _ throws(HaltError) in
                try StateFile.makeDirectory(state)
                try HaltMarker.halted.write(state: parent)
            }
            assertAtBoot(&report)
        }
        report.step("stop") { report in stop(&report) }
        report.step("hold") { report in holdQueued(age: 0, &report) }
        report.step("settle") { report in
            stop(&report)
            holdQueued(age: 0, &report)
        }
    }

    func rehold(_ report: inout HaltReport) {
        report.step("block") { report in assertAtBoot(&report) }
        report.step("settle") { report in
            stop(&report)
            holdQueued(age: Self.youngest, &report)
        }
    }

    /// Installs the block.
    func assertAtBoot(_ report: inout HaltReport) {
        report.install(in: site.first) { () throws(HaltError) in try block.install(site) }
    }

    func keep(_ report: inout HaltReport) {
        report.step("settle") { report in holdQueued(age: 0, &report) }
    }

    func reopen(_ report: inout HaltReport) throws(HaltError) {
        report.note(try block.restore(), of: site.first)
    }

    func locked() throws(HaltError) -> Set<QueueID> { try deliveries.locked() }

    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool {
        let outcome = try deliveries.end(startedBefore: nil, only: ids)
        try flights.add(outcome.flying)
        return outcome.ended > 0
    }

    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID> { try flights.wait(for: ids) }

    /// Ends deliveries that began before the block stood.
    private func stop(_ report: inout HaltReport) {
        guard let record = block.record, report.block != .failed else { return }
        let ticks = record.boot == ProcessTable.boot ? record.ticks : 0
        report.attempt { report throws(HaltError) in
            let outcome = try deliveries.end(startedBefore: ticks)
            try flights.add(outcome.flying)
            for id in outcome.left.sorted() {
                report.notes.append("\(id) is still being routed or delivered on this host")
            }
        }
    }

    /// Lets the daemon run its queue now: its alarm clock does that, and it runs outside of our
    /// sandbox, which has no network.
    func wake(_ report: inout HaltReport) {
        let daemon = report.attempt { _ throws(HaltError) in try self.daemon() } ?? nil
        if let daemon, daemon.arguments.contains(where: { $0.hasPrefix("-q") }),
            kill(daemon.pid, SIGALRM) == 0
        {
            return
        }
        report.notes.append("Exim's daemon runs no queue by itself; mail waits for the next run")
    }

    /// The daemon that accepts mail and starts queue runs; nil when none runs.
    private func daemon() throws(HaltError) -> HostProcess? {
        try DaemonPID.running(site.pidFile, named: EximDeliveries.names)
    }

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        // Not known: then it may run.
        let daemon = report.attempt { _ throws(HaltError) in try self.daemon() }
        report.isRunning = daemon.map { $0 != nil } ?? true
        report.services = ["every remote domain"]
        var standing = OutboundBlock.Standing.absent
        report.attempt { report throws(HaltError) in standing = try block.standing() }
        report.describe(standing, of: site.first, isWished: isWished)
        count(&report)
        report.isHalted = isWished && standing == .whole
    }
}
