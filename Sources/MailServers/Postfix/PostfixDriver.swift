// SPDX-License-Identifier: Apache-2.0
//
// The order of halting and resuming, and why it is this order. Each verb may be killed anywhere
// and repeated. Halt: close the gate (microseconds, nothing new starts), hold what is queued (held
// mail neither ages nor logs), install the block (for the next start of Postfix), settle (hold
// what slipped between, let local mail go on). A step that fails is reported and does not keep the
// others from being done. Resume: wish, block, gate, mail; there a failure stops the rest.

internal import Glibc
internal import HaltWire

/// Halts and resumes every Postfix instance of this host.
struct PostfixDriver: QueueDriver {
    let instances: [PostfixInstance]
    let state: String
    var patience = Patience()
    /// Why the configuration could not be read; ``instances`` are those known last.
    var doubt: HaltError?
    /// What is to be done when a running Postfix was reloaded; it must not take long.
    var afterReload: @Sendable () -> Void = {}
    /// The program that guards a stopped queue manager: ourselves.
    var guardian = "/proc/self/exe"

    var mta: MTA { .postfix }
    /// Its own state, with a directory for each instance in it.
    var parent: String { state }
    var sites: [PostfixInstance] { instances }

    /// Closes, holds, blocks, settles.
    func halt(_ report: inout HaltReport) {
        report.step("gate") { report in
            for instance in instances {
                report.attempt { _ throws(HaltError) in
                    let gate = gate(instance)
                    _ = try gate.close()
                    // Closed by what was known before master.cf changed, and not outbound now.
                    try gate.reopenOthers()
                }
            }
        }
        // Said before the hold, which may take long: what is closed is meant to stay so.
        report.attempt { _ throws(HaltError) in try HaltMarker.halted.write(state: state) }
        var fresh: [String: Set<QueueID>] = [:]
        report.step("hold") { report in
            each(&report) { queue, report throws(HaltError) in
                let held = try queue.holdAll()
                fresh[queue.instance.name] = held
                report.held += held.count
            }
        }
        report.step("block") { report in install(&report) }
        report.step("settle") { report in settle(fresh: fresh, &report) }
    }

    func rehold(_ report: inout HaltReport) {
        report.step("gate") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let opened = try gate(instance).close()
                    if !opened.isEmpty {
                        report.changed.append(
                            "\(opened.joined(separator: ", ")) had been opened, as by a restart of"
                                + " Postfix; closed again"
                        )
                    }
                }
            }
        }
        report.step("block") { report in install(&report) }
        keep(&report)
    }

    /// Puts the block back.
    func assertAtBoot(_ report: inout HaltReport) { install(&report) }

    /// What was deferred since the last sweep would leave as soon as the gate opens.
    func keep(_ report: inout HaltReport) {
        report.step("settle") { report in settle(fresh: [:], &report) }
    }

    /// Takes the block away, then opens the gate.
    func reopen(_ report: inout HaltReport) throws(HaltError) {
        for instance in instances {
            let file = try block(instance)
            report.note(try file.restore(), of: file.main)
            let gate = gate(instance)
            // A list that stays narrowed is so before anything may leave.
            try tellNarrowed(instance)
            noteReopening()
            _ = try gate.reopen()
            let master = Master(queue: instance.queue)
            guard try master.awaken(gate) else {
                throw HaltError(
                    code: .failed,
                    operation: "open the services of",
                    path: gate.directory,
                    reason: "Postfix does not listen on all of them",
                    next: "held mail stays on hold; reload Postfix and reset again"
                )
            }
            kick(instance, &report)
        }
        // The master may have been told of it, or by tellNarrowed(_:).
        afterReload()
    }

    /// Before the gate is opened: what is deferred in that moment is looked after, see ``Aftercare``.
    ///
    /// Where that cannot be noted it waits for its next try; nobody's mail waits for the note.
    func noteReopening() { try? ReopenNote(state: state).write() }

    /// What other hosts put off keeps its time; what waits because the gate was closed is looked after by
    /// ``Aftercare``.
    func wake(_ report: inout HaltReport) {
        let isRequeued = report.requeued > 0
        for instance in instances { kick(instance, requeued: isRequeued, &report) }
    }

    /// Whether a master runs, or it is not known: then it is asked, and that shows.
    private func isPerhapsRunning(_ instance: PostfixInstance) -> Bool {
        do throws(HaltError) {
            return try Master(queue: instance.queue).running() != nil
        } catch { return true }
    }

    /// Asks a running qmgr(8) to try now what is due; what was released a moment ago is.
    func kick(
        _ instance: PostfixInstance,
        requeued: Bool = false,
        _ report: inout HaltReport
    ) {
        guard isPerhapsRunning(instance), !instance.kick(requeued: requeued, patience) else {
            return
        }
        report.notes.append("Postfix could not be asked to try mail now; it will by itself")
    }

    func gate(_ instance: PostfixInstance) -> Gate {
        Gate(queue: instance.queue, services: instance.services.outbound)
    }

    /// Without `private` nothing is closed, without `hold` nothing held.
    var changed: [String] {
        instances.flatMap { ["\($0.queue)/private", "\($0.queue)/hold"] }
    }

    func queue(of instance: PostfixInstance) throws(HaltError) -> PostfixInstanceQueue {
        try PostfixInstanceQueue(instance, state: directory(of: instance), patience: patience)
    }

    func block(_ instance: PostfixInstance) throws(HaltError) -> BlockFile {
        BlockFile(configuration: instance.configuration, state: try directory(of: instance))
    }

    func directory(of instance: PostfixInstance) throws(HaltError) -> String {
        let name = instance.name == "-" ? "primary" : instance.name
        guard !name.contains("/"), !name.hasPrefix(".") else {
            throw .file("make a directory for instance", instance.name, errno: EINVAL)
        }
        try StateFile.makeDirectory("\(state)/\(name)")
        return "\(state)/\(name)"
    }

    private func install(_ report: inout HaltReport) {
        for instance in instances {
            report.install(in: "\(instance.configuration)/main.cf") { () throws(HaltError) in
                try block(instance).install(
                    services: instance.services.outbound,
                    before: instance.disabled
                )
            }
        }
    }

    /// One look through each queue: notes what we hold, holds what slipped through, and lets local
    /// mail of `fresh` go on, since the hold of everything caught it as well.
    private func settle(fresh: [String: Set<QueueID>], _ report: inout HaltReport) {
        each(&report) { queue, report throws(HaltError) in
            let fresh = fresh[queue.instance.name] ?? []
            let entries = queue.ledger.content.entries
            var slipped: [QueueID] = []
            var local: [QueueID] = []
            var known: [(id: QueueID, arrival: Int64, sender: String)] = []
            try queue.list { message in
                guard let id = message.id else { return }
                if message.queue == "hold" {
                    guard let entry = entries[id] else { return }
                    let isLocal = message.isWhole && message.local == message.recipients
                    if isLocal, message.recipients > 0, fresh.contains(id) {
                        local.append(id)
                    } else if entry.arrival == nil {
                        known.append((id, message.arrival, message.sender))
                    }
                } else if message.unavailable > 0 {
                    slipped.append(id)
                }
            }
            try queue.ledger.note(known)
            report.held += try queue.hold(slipped)
            guard !local.isEmpty else { return }
            report.letGo += try queue.release(young: local, old: []).count
            kick(queue.instance, &report)
        }
    }

    /// Fills in how things stand now; waits for no lock.
    func look(_ report: inout HaltReport) {
        let isWished = isWished(&report)
        var isClosed = true
        report.narrows = !instances.isEmpty
        for instance in instances {
            // Not known: then it may run, and an open gate lets mail out.
            let master = report.attempt { _ throws(HaltError) in
                try Master(queue: instance.queue).running() != nil
            }
            let isRunning = master ?? true
            if isRunning { report.isRunning = true }
            report.services += instance.services.outbound
            let open = report.attempt { _ throws(HaltError) in try gate(instance).open }
            // What cannot be seen is not known to be closed.
            if isRunning, open?.isEmpty != true { isClosed = false }
            report.attempt { report throws(HaltError) in
                let directory = try directory(of: instance)
                let ours = try HoldLedger.glance(state: directory).entries
                let held = try StateFile.files(below: "\(instance.queue)/hold").keys
                    .compactMap { QueueID($0) }
                let known = held.count { ours[$0] != nil }
                report.heldTotal += known
                report.foreign += held.count - known
                if report.tellsPassing {
                    let passing = try PostfixInstanceQueue.marked(
                        try GivenBack(path: "\(directory)/passing").read(),
                        in: instance
                    ).sorted()
                    if !passing.isEmpty {
                        report.passing =
                            (report.passing ?? [])
                            + passing.prefix(ActuatorRequest.idLimit).map(\.text)
                    }
                }
                if report.verb == .asked(.status) { try noteBlocked(instance, &report) }
                if try tables(of: instance).form() != .narrow { report.narrows = false }
                let file = try block(instance)
                report.describe(try file.standing(), of: file.main, isWished: isWished)
            }
        }
        report.isHalted = isWished && isClosed && !instances.isEmpty
        if let doubt { report.errors.append("\(doubt); went by what was known last") }
    }
}
