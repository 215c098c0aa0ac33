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

    func open() throws(HaltError) -> EximQueue {
        try StateFile.makeDirectory(state)
        return try EximQueue(site, state: state)
    }

    func halt() -> HaltReport {
        var report = HaltReport(verb: "halt")
        report.step("block") { report in
            report.attempt { report throws(HaltError) in
                try StateFile.makeDirectory(state)
                try HaltMarker.halted.write(state: parent)
            }
            install(&report)
        }
        report.step("stop") { report in stop(&report) }
        report.step("hold") { report in freeze(youngest: 0, &report) }
        report.step("settle") { report in
            stop(&report)
            freeze(youngest: 0, &report)
        }
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
        report.step("block") { report in install(&report) }
        report.step("settle") { report in
            stop(&report)
            freeze(youngest: Self.youngest, &report)
        }
        look(&report)
        return report
    }

    func assertAtBoot() -> HaltReport {
        var report = HaltReport(verb: "assert-boot")
        if isWished(&report) { install(&report) }
        return report
    }

    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        var report = HaltReport(verb: "resume")
        if held == .keep {
            report.step("settle") { report in freeze(youngest: 0, &report) }
        }
        report.step("open") { report in
            report.attempt { report throws(HaltError) in
                if try HaltMarker.read(state: parent) != nil {
                    try HaltMarker.resuming.write(state: parent)
                }
                note(try block.restore(), of: site.first, &report)
            }
        }
        if held == .release, report.errors.isEmpty {
            report.step("release") { report in
                report.attempt { report throws(HaltError) in
                    try release(HeldSelection(), &report)
                }
            }
        }
        if report.errors.isEmpty {
            report.attempt { report throws(HaltError) in try HaltMarker.clear(state: parent) }
        }
        wake(&report)
        look(&report)
        return report
    }

    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool {
        let outcome = deliveries.end(startedBefore: nil, only: ids)
        try flights.add(outcome.flying)
        return outcome.ended > 0
    }

    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID> { try flights.wait(for: ids) }

    private func install(_ report: inout HaltReport) {
        do throws(HaltError) { note(try block.install(site), of: site.first, &report) } catch {
            report.worsen(.failed)
            report.errors.append("\(error)")
        }
    }

    /// Ends deliveries that began before the block stood.
    private func stop(_ report: inout HaltReport) {
        guard let record = block.record, report.block != .failed else { return }
        let ticks = record.boot == ProcessTable.boot ? record.ticks : 0
        let outcome = deliveries.end(startedBefore: ticks)
        report.attempt { report throws(HaltError) in try flights.add(outcome.flying) }
        for id in outcome.left.sorted() {
            report.notes.append("\(id) is still being routed or delivered on this host")
        }
    }

    private func freeze(youngest: Int64, _ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            let queue = try open()
            let locked = deliveries.locked()
            let latest = SystemClock.seconds - youngest
            var chosen: [QueueID] = []
            try queue.list { message in
                guard let id = message.id, message.queue != "hold", !locked.contains(id),
                    message.arrival <= latest
                else { return }
                chosen.append(id)
            }
            report.held += try queue.hold(chosen, for: nil)
        }
    }

    /// Lets the daemon run its queue now: its alarm clock does that, and it runs outside of our
    /// sandbox, which has no network.
    func wake(_ report: inout HaltReport) {
        if let daemon, daemon.arguments.contains(where: { $0.hasPrefix("-q") }),
            kill(daemon.pid, SIGALRM) == 0
        {
            return
        }
        report.notes.append("Exim's daemon runs no queue by itself; mail waits for the next run")
    }

    private var daemon: HostProcess? {
        guard let content = try? StateFile.read(site.pidFile),
            let pid = pid_t(
                String(decoding: content, as: UTF8.self).filter { $0.isASCII && $0.isNumber }
            ), pid > 1, let process = ProcessTable.process(pid),
            EximDeliveries.names.contains(process.name)
        else { return nil }
        return process
    }

    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        report.isRunning = daemon != nil
        report.services = ["every remote domain"]
        var standing = OutboundBlock.Standing.absent
        report.attempt { report throws(HaltError) in standing = try block.standing() }
        describe(standing, of: site.first, isWished: isWished, &report)
        count(&report)
        report.isHalted = isWished && standing == .whole
    }
}
