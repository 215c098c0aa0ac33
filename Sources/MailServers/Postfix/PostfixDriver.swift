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
struct PostfixDriver {
    let instances: [PostfixInstance]
    let state: String
    var patience = Patience()
    /// Why the configuration could not be read; ``instances`` are those known last.
    var doubt: HaltError?

    /// Closes, holds, blocks, settles.
    func halt() -> HaltReport {
        var report = HaltReport(verb: "halt")
        report.step("gate") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let gate = gate(instance)
                    _ = try gate.close()
                    // Closed by what was known before master.cf changed, and not outbound now.
                    try gate.reopenOthers()
                }
            }
        }
        // Said before the hold, which may take long: what is closed is meant to stay so.
        report.attempt { report throws(HaltError) in try HaltMarker.halted.write(state: state) }
        var fresh: [String: Set<QueueID>] = [:]
        report.step("hold") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let held = try open(instance).holdAll()
                    fresh[instance.name] = held
                }
            }
        }
        report.held = fresh.values.reduce(0) { $0 + $1.count }
        report.step("block") { report in
            for instance in instances { install(instance, &report) }
        }
        report.step("settle") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    try settle(instance, fresh: fresh[instance.name] ?? [], &report)
                }
            }
        }
        look(&report)
        return report
    }

    /// Makes sure that everything still stands, and holds what was newly deferred.
    func rehold() -> HaltReport {
        var report = HaltReport(verb: "rehold")
        let wish = report.attempt { report throws(HaltError) in try HaltMarker.read(state: state) }
        guard wish == .some(.halted) else {
            report.errors.append("cannot hold again: mail is not halted; halt first")
            look(&report)
            return report
        }
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
        report.step("block") { report in
            for instance in instances { install(instance, &report) }
        }
        report.step("settle") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    try settle(instance, fresh: [], &report)
                }
            }
        }
        look(&report)
        return report
    }

    /// Puts the block back before Postfix starts, when the wish is that mail stays halted.
    func assertAtBoot() -> HaltReport {
        var report = HaltReport(verb: "assert-boot")
        let wish = report.attempt { report throws(HaltError) in try HaltMarker.read(state: state) }
        if wish == .some(.halted) {
            for instance in instances { install(instance, &report) }
        }
        return report
    }

    /// How things stand; touches nothing.
    func status() -> HaltReport {
        var report = HaltReport(verb: "status")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                let content = try tables(of: instance).recorded()
                // What was lifted a while ago is looked after when the daemon says its lists again.
                let names = (content.blocked + content.lifted.map(\.list)).map(\.list)
                report.blocked += names.filter { !report.blocked.contains($0) }
            }
        }
        look(&report)
        return report
    }

    /// Holds exactly `ids`, in whichever instance has them, for `list` or for none.
    func hold(_ ids: [QueueID], for list: String?) -> HaltReport {
        var report = HaltReport(verb: "hold-ids")
        report.step("hold") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    report.held += try open(instance).hold(ids, for: list)
                }
            }
        }
        look(&report)
        return report
    }

    /// Holds, for `list`, whatever is queued from an envelope sender that one of `senders` matches.
    ///
    /// What we hold already becomes the list's.
    func hold(senders: [SenderPattern], for list: String) -> HaltReport {
        var report = HaltReport(verb: "hold-list")
        report.step("hold") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let queue = try open(instance)
                    let entries = queue.ledger.content.entries
                    var queued: [QueueID] = []
                    var ours: [QueueID] = []
                    var mail = BlockedMail(try tables(of: instance).recorded(), only: list)
                    try queue.list { message in
                        if let id = message.id, entries[id] == nil || message.queue != "hold" {
                            mail.see(message)
                        }
                        guard let id = message.id,
                            senders.contains(where: { $0.matches(message.sender) })
                        else { return }
                        if message.queue != "hold" {
                            queued.append(id)
                        } else if let entry = entries[id], entry.list == nil {
                            ours.append(id)
                        }
                    }
                    try queue.ledger.assign(ours, to: list)
                    report.held += try queue.hold(queued, for: list)
                    try take(mail, from: queue, &report)
                }
            }
        }
        look(&report)
        return report
    }

    func gate(_ instance: PostfixInstance) -> Gate {
        Gate(queue: instance.queue, services: instance.services.outbound)
    }

    func open(_ instance: PostfixInstance) throws(HaltError) -> PostfixQueue {
        let directory = try directory(of: instance)
        let queue = try PostfixQueue(instance, state: directory, patience: patience)
        try Quarantine(state: directory).finish(queue)
        return queue
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

    private func install(_ instance: PostfixInstance, _ report: inout HaltReport) {
        do throws(HaltError) {
            let file = try block(instance)
            let outcome = try file.install(
                services: instance.services.outbound,
                before: instance.disabled
            )
            switch outcome {
            case .reinstalled:
                report.worsen(.reinstalled)
                report.changed.append("the block was missing in '\(file.main)'; put back")
            case .changed(let how):
                report.worsen(.changed)
                report.changed.append("'\(file.main)' was altered, and left alone: \(how)")
            case .installed: report.worsen(.installed)
            case .already: report.worsen(.already)
            case .restored, .absent: break
            }
        } catch {
            report.worsen(.failed)
            report.errors.append("\(error)")
        }
    }

    /// One look through the queue: notes what we hold, holds what slipped through, and lets local
    /// mail of `fresh` go on, since the hold of everything caught it as well.
    func settle(
        _ instance: PostfixInstance,
        fresh: Set<QueueID>,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let queue = try open(instance)
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
        guard Master(queue: instance.queue).pid != nil else { return }
        report.kicked(queue.kick(all: false, requeued: false))
    }

    /// Fills in how things stand now.
    func look(_ report: inout HaltReport) {
        let wish = report.attempt { report throws(HaltError) in try HaltMarker.read(state: state) }
        var isClosed = true
        for instance in instances {
            let isRunning = Master(queue: instance.queue).pid != nil
            if isRunning { report.isRunning = true }
            if isRunning, !gate(instance).open.isEmpty { isClosed = false }
            report.services += instance.services.outbound
            report.attempt { report throws(HaltError) in
                let directory = try directory(of: instance)
                let ours = try HoldLedger.glance(state: directory).entries
                let held = StateFile.names(below: "\(instance.queue)/hold")
                    .compactMap { QueueID($0) }
                let known = held.count { ours[$0] != nil }
                report.heldTotal += known
                report.foreign += held.count - known
            }
            guard !["halt", "rehold", "resume"].contains(report.verb) else { continue }
            report.attempt { report throws(HaltError) in
                switch try block(instance).standing() {
                case .absent: if wish == .some(.halted) { report.changed.append("no block stands") }
                case .whole: report.worsen(.already)
                case .altered(let how):
                    report.worsen(.changed)
                    report.changed.append("'\(instance.configuration)/main.cf' was altered: \(how)")
                }
            }
        }
        report.isHalted = wish == .some(.halted) && isClosed && !instances.isEmpty
        if let doubt { report.errors.append("\(doubt); went by what was known last") }
    }
}

extension HaltReport {
    /// Runs `body` and notes how long it took.
    mutating func step(_ name: String, _ body: (inout HaltReport) -> Void) {
        let start = ContinuousClock.now
        body(&self)
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
        steps.append(Step(name: name, milliseconds: milliseconds))
    }

    /// Runs `body`; an error is noted, and the value is nil.
    @discardableResult
    mutating func attempt<Value>(
        _ body: (inout HaltReport) throws(HaltError) -> Value
    ) -> Value? {
        do throws(HaltError) { return try body(&self) } catch {
            errors.append("\(error)")
            return nil
        }
    }

    /// Notes that mail which was given back waits for Postfix's next look at its queue.
    mutating func kicked(_ isAsked: Bool) {
        if !isAsked {
            notes.append("Postfix could not be asked to try mail now; it will by itself")
        }
    }

    /// Keeps the worse of two standings of the block.
    mutating func worsen(_ other: Block) {
        let order: [Block] = [
            .absent, .already, .restored, .installed, .reinstalled, .changed, .failed,
        ]
        if (order.firstIndex(of: other) ?? 0) > (order.firstIndex(of: block) ?? 0) { block = other }
    }
}
