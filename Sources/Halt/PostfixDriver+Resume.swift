// SPDX-License-Identifier: Apache-2.0
//
// Giving the mail back. The wish is changed first, so that a reboot in the middle does not halt
// again; then the block goes, the gate opens, and only then does mail move. Every message of the
// ledger is checked against the queue: one that is gone is forgotten, one whose ID now belongs to
// other mail is reported and left alone.

internal import Glibc

extension PostfixDriver {
    /// Takes the block away, opens the services, and gives held mail back unless it is kept.
    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        var report = HaltReport(verb: "resume")
        if held == .keep {
            // What was deferred since the last sweep would leave as soon as the gate opens.
            report.step("settle") { report in
                for instance in instances {
                    report.attempt { report throws(HaltError) in
                        try settle(instance, fresh: [], &report)
                    }
                }
            }
        }
        report.step("open") { report in reopen(&report) }
        guard report.errors.isEmpty else {
            look(&report)
            return report
        }
        if held == .release {
            report.step("release") { report in
                for instance in instances {
                    report.attempt { report throws(HaltError) in
                        try release(instance, limit: nil, only: nil, &report)
                    }
                }
            }
        }
        if report.errors.isEmpty {
            report.attempt { report throws(HaltError) in try HaltMarker.clear(state: state) }
        }
        look(&report)
        return report
    }

    /// Gives back up to `limit` of our messages, the oldest first.
    func release(limit: Int?, only ids: Set<QueueID>?) -> HaltReport {
        var report = HaltReport(verb: "release")
        var left = limit
        report.step("release") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let before = report.released
                    try release(instance, limit: left, only: ids, &report)
                    left = left.map { $0 - (report.released - before) }
                }
            }
        }
        look(&report)
        return report
    }

    private func reopen(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            if try HaltMarker.read(state: state) != nil {
                try HaltMarker.resuming.write(state: state)
            }
        }
        for instance in instances where report.errors.isEmpty {
            report.attempt { report throws(HaltError) in
                let file = try block(instance)
                switch try file.restore() {
                case .restored: report.worsen(.restored)
                case .changed(let how):
                    report.worsen(.changed)
                    report.changed.append("'\(file.main)' was altered, and left alone: \(how)")
                default: break
                }
                let gate = gate(instance)
                _ = try gate.reopen()
                let master = Master(queue: instance.queue)
                guard master.awaken(gate) else {
                    throw HaltError(
                        code: .failed,
                        operation: "open the services of",
                        path: gate.directory,
                        reason: "Postfix does not listen on all of them",
                        next: "held mail stays on hold; reload Postfix and reset again"
                    )
                }
                guard master.pid != nil else { return }
                report.kicked(try open(instance).kick(all: false, requeued: false))
            }
        }
    }

    private func release(
        _ instance: PostfixInstance,
        limit: Int?,
        only: Set<QueueID>?,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let queue = try open(instance)
        var missing = Set(queue.ledger.content.entries.keys)
        let entries = queue.ledger.content.entries
        var found: [(id: QueueID, arrival: Int64)] = []
        var strangers: [QueueID] = []
        try queue.list { message in
            guard message.queue == "hold", let id = message.id, let entry = entries[id] else {
                return
            }
            missing.remove(id)
            if (entry.arrival ?? message.arrival) == message.arrival,
                (entry.sender ?? message.sender) == message.sender
            {
                found.append((id, message.arrival))
            } else {
                strangers.append(id)
            }
        }
        try queue.ledger.drop(Array(missing) + strangers)
        if !strangers.isEmpty {
            report.changed.append(
                "\(strangers.count) queue IDs that we held now belong to other mail; left on hold"
            )
        }
        found.sort { ($0.arrival, $0.id) < ($1.arrival, $1.id) }
        if let only { found.removeAll { !only.contains($0.id) } }
        if let limit { found = Array(found.prefix(max(0, limit))) }
        let oldest = Int64(time(nil)) - instance.oldSeconds
        let young = found.filter { $0.arrival > oldest }.map(\.id)
        let old = found.filter { $0.arrival <= oldest }.map(\.id)
        let gone = try queue.release(young: young, old: old)
        report.released += gone.count
        report.requeued += old.count { gone.contains($0) }
        if gone.count < found.count {
            report.errors.append("\(found.count - gone.count) messages could not be given back")
        }
        guard Master(queue: instance.queue).pid != nil else { return }
        report.kicked(
            queue.kick(all: limit == nil && only == nil, requeued: !old.isEmpty)
        )
    }
}
