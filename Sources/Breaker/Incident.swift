// SPDX-License-Identifier: Apache-2.0
//
// Everything from a trip to its reset, with a number. A plain value that Store saves whole.

public import EventTime
public import StormDetection

/// Whether a trip really halts mail.
///
/// *armed*: halts. *observe*: decides and pages the same, touches no queue, and says so.
public enum Mode: String, Sendable, Codable, CaseIterable {
    case armed, observe
}

/// What a breaker stands over.
public enum BreakerScope: Sendable, Codable, Hashable {
    /// The whole outbound queue.
    case queue
    /// One list, by posting address.
    case list(String)

    /// The list's address; nil for the queue.
    public var list: String? {
        if case .list(let address) = self { address } else { nil }
    }

    /// The address, or `queue`.
    public var name: String { list ?? "queue" }
}

/// A person who gave a command: who, when, why.
public struct Audit: Sendable, Codable, Equatable {
    /// Their uid, from SO_PEERCRED.
    public var uid: UInt32
    /// When.
    public var time: Timestamp
    /// Their words; at most 1,024 bytes.
    public var reason: String

    /// An audit record.
    public init(uid: UInt32, time: Timestamp, reason: String) {
        self.uid = uid
        self.time = time
        self.reason = reason
    }
}

/// What is known about the halt of an open breaker.
public enum HaltState: Sendable, Codable, Equatable {
    /// Observe mode: nothing is halted, on purpose.
    case notHalted
    /// The command was given; its effect is not proven yet.
    case halting
    /// No copy left for the stated time after the in-flight window.
    case verified(since: Timestamp)
    /// Copies still leave, so many in the last minute.
    case leaking(perMinute: Int64)
    /// It could not be carried out, for this reason. MAIL NOT HALTED.
    case failed(reason: String)

    /// The word that `status` prints behind `open`.
    public var word: String {
        switch self {
        case .notHalted: "observe: mail flows"
        case .halting: "halting"
        case .verified: "verified"
        case .leaking(let perMinute): "leaking \(perMinute)/min"
        case .failed: "NOT HALTED"
        }
    }
}

/// One incident.
public struct Incident: Sendable, Codable, Equatable {
    /// Its number, from 1, never reused.
    public var number: Int64
    /// What it stands over.
    public var scope: BreakerScope
    /// Mode at the trip.
    public var mode: Mode
    /// Event time of the trip.
    public var tripped: Timestamp
    /// What detection said; nil when a person tripped it.
    public var verdict: Verdict?
    /// Who tripped it by hand.
    public var trippedBy: Audit?
    /// Who acknowledged its page.
    public var acknowledgedBy: Audit?
    /// Who reset it.
    public var resetBy: Audit?
    /// How the halt stands.
    public var halt: HaltState
    /// Messages that we put on hold for it.
    public var held: Int64 = 0
    /// Outbound deliveries that began after the trip and succeeded.
    public var leaked: Int64 = 0
    /// Further verdicts of the same list while open.
    public var repeats: Int64 = 0

    /// A fresh incident.
    public init(
        number: Int64,
        scope: BreakerScope,
        mode: Mode,
        tripped: Timestamp,
        verdict: Verdict?,
        trippedBy: Audit?
    ) {
        self.number = number
        self.scope = scope
        self.mode = mode
        self.tripped = tripped
        self.verdict = verdict
        self.trippedBy = trippedBy
        halt = mode == .observe ? .notHalted : .halting
    }
}
