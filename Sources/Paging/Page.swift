// SPDX-License-Identifier: Apache-2.0
//
// One page: everything that is told about one matter under one dedup key, from the first alert to
// its end, and how far each target has been told. It is a row of the outbox. The mistake to
// avoid: a second row for the same matter; then nothing could tell that it was paged already.

import Breaker
import EventTime

/// How far one target has been told of one page.
struct Delivery: Sendable, Codable, Equatable {
    enum State: Sendable, Codable, Equatable {
        /// To be tried at this time.
        case due(Timestamp)
        /// The target failed too often: given up for now, and tried slowly, next at this time.
        case slow(Timestamp)
        /// Told, or there was nothing to tell.
        case done
        /// Given up for good.
        case givenUp
    }

    /// Where it stands with what ``Page/phase`` has to say.
    var state: State
    /// Tries of the present message that were begun.
    var attempts: Int64 = 0
    /// Those among them that failed before our eyes.
    ///
    /// A try whose end nobody saw says nothing of the target: it was we who died.
    var failures: Int64 = 0
    /// Whether the target may have heard of this page: it was tried at least once.
    var wasTried = false
    /// Whether its script runs, or ran when we were stopped.
    var isTrying = false
    /// The key under which the target was told, when that was one page for many; nil alone.
    var foldKey: String?

    /// When to try; nil when there is nothing to do.
    var due: Timestamp? {
        switch state {
        case .due(let time), .slow(let time): time
        case .done, .givenUp: nil
        }
    }

    /// Whether the target is given up for now.
    var isSlow: Bool {
        if case .slow = state { true } else { false }
    }

    /// Puts the next try off until `time`, as slow as it was.
    mutating func putOff(until time: Timestamp) { state = isSlow ? .slow(time) : .due(time) }

    /// Tells anew from `time` on: what failed before counts no more.
    mutating func beginAnew(at time: Timestamp) {
        state = .due(time)
        attempts = 0
        failures = 0
    }
}

extension Delivery {
    /// Reads a row, also one of a version that did not tell failures from tries.
    init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        state = try row.decode(State.self, forKey: .state)
        attempts = try row.decode(Int64.self, forKey: .attempts)
        failures = try row.decodeIfPresent(Int64.self, forKey: .failures) ?? 0
        wasTried = try row.decode(Bool.self, forKey: .wasTried)
        isTrying = try row.decode(Bool.self, forKey: .isTrying)
        foldKey = try row.decodeIfPresent(String.self, forKey: .foldKey)
    }
}

/// One matter that operators are told about.
struct Page: Sendable, Codable, Equatable {
    /// What the targets are to be told now.
    enum Phase: String, Sendable, Codable {
        case firing, resolved
    }

    /// The first alert: the labels, by which receivers recognise the page, never change after it.
    var first: Alert
    /// The newest alert while it lasts.
    var alert: Alert
    /// Its end.
    var resolution: Alert?
    /// When the first alert was taken.
    var opened: Timestamp
    /// When the newest alert that is to be delivered was taken.
    var paged: Timestamp
    /// Counts what is to be delivered, so that the end of an older run is recognised.
    var serial: Int64 = 0
    /// When somebody took it over; nil when nobody has.
    var acknowledged: Timestamp?
    /// By target.
    var deliveries: [String: Delivery] = [:]

    var phase: Phase { resolution == nil ? .firing : .resolved }
    var key: String { first.dedupKey }
    /// What a target is told now.
    var current: Alert { resolution ?? alert }
    var isPending: Bool { deliveries.values.contains { $0.due != nil } }
    /// Whether a target that is not given up is still to be told.
    var isUrgent: Bool { deliveries.values.contains { $0.due != nil && !$0.isSlow } }
    /// Whether there is nothing to be done about it any more: it has ended, or is said once.
    var isOver: Bool { resolution != nil || !first.kind.isLasting }

    init(_ alert: Alert, at now: Timestamp) {
        first = alert
        self.alert = alert
        opened = now
        paged = now
    }
}

extension Alert.Kind {
    /// Whether it lasts until a later alert resolves it; others are said once.
    var isLasting: Bool {
        switch self {
        case .trip, .doubtful, .reminder, .acknowledged, .reset, .haltFailed, .resumeFailed,
            .leaking, .managerFailed, .blind, .sighted,
            .restartedOpen, .undeliverable, .settingsRejected, .stateDamaged:
            true
        case .forged, .late, .softHold, .full, .unknownLists, .daemonFailed, .test: false
        }
    }

    /// Whether it is about our own ability to see, halt or page.
    ///
    /// These have a budget of their own, so that trips provoked on purpose cannot use it up.
    var isOurs: Bool {
        switch self {
        case .haltFailed, .resumeFailed, .leaking, .managerFailed, .blind, .sighted, .stateDamaged,
            .full, .daemonFailed,
            .undeliverable, .restartedOpen, .settingsRejected, .test:
            true
        case .trip, .doubtful, .reminder, .acknowledged, .reset, .forged, .late, .softHold,
            .unknownLists:
            false
        }
    }
}
