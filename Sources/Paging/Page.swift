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
        /// Told, or there was nothing to tell.
        case done
        /// Given up after its attempts.
        case givenUp
    }

    /// Where it stands with what ``Page/phase`` has to say.
    var state: State
    /// Tries of the present message.
    var attempts: Int64 = 0
    /// Whether the target may have heard of this page: it was tried at least once.
    var wasTried = false
    /// Whether its script runs, or ran when we were stopped.
    var isTrying = false
    /// The key under which the target was told, when that was one page for many; nil alone.
    var foldKey: String?

    /// When to try; nil when there is nothing to do.
    var due: Timestamp? {
        if case .due(let time) = state { time } else { nil }
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
        case .forged, .late, .softHold, .daemonFailed, .test: false
        }
    }

    /// Whether it is about our own ability to see, halt or page.
    ///
    /// These have a budget of their own, so that trips provoked on purpose cannot use it up.
    var isOurs: Bool {
        switch self {
        case .haltFailed, .resumeFailed, .leaking, .managerFailed, .blind, .sighted, .stateDamaged,
            .daemonFailed,
            .undeliverable, .restartedOpen, .settingsRejected, .test:
            true
        case .trip, .doubtful, .reminder, .acknowledged, .reset, .forged, .late, .softHold: false
        }
    }
}
