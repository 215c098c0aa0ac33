// SPDX-License-Identifier: Apache-2.0
//
// How quick we were, incident by incident: only the first order of each counts, since later ones are
// repetitions. For metrics; nothing waits for it.

internal import Breaker
internal import EventTime
internal import Reports

/// Notes the delays of trips.
struct HaltDelays {
    /// What was noted since the start.
    private(set) var status = DelaysStatus()
    /// The newest incident whose first order was noted; numbers rise.
    private var newest: Int64
    /// When the first orders went out whose end is not known.
    private var waiting: [Int64: Timestamp] = [:]

    /// Incidents up to `newest` were tripped before the start: their orders are repetitions.
    init(after newest: Int64) { self.newest = newest }

    /// An order went out; `tripped`: when its incident was, by the log.
    mutating func ordered(_ order: HaltOrder, tripped: Timestamp, at now: Timestamp) {
        guard order.stops, order.incident > newest else { return }
        newest = order.incident
        status.decision.note((now - tripped).seconds)
        waiting[order.incident] = now
    }

    /// What became of an order.
    mutating func ended(_ outcome: HaltOutcome) {
        guard outcome.order.stops, case .done = outcome.result,
            let began = waiting.removeValue(forKey: outcome.order.incident)
        else { return }
        status.halt.note((outcome.time - began).seconds)
        // One that never ends was reset meanwhile.
        if waiting.count > 100 { waiting = [:] }
    }
}

extension HaltOrder {
    /// Whether it stops mail.
    fileprivate var stops: Bool {
        switch verb {
        case .halt, .narrow, .holdList: true
        default: false
        }
    }
}
