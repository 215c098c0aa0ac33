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

    /// The address of a sender that is no list; nil for lists and the queue.
    public var sender: String? { list.flatMap(SenderName.address) }

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

/// Why a breaker opened.
public enum TripCause: String, Sendable, Codable, CaseIterable {
    /// Detection said so.
    case verdict
    /// A person did it.
    case manual
    /// The saved state was damaged; what was open is not known.
    case stateDamaged = "state-damaged"
    /// The queue was found halted by us, and no saved incident tells why.
    case foundHalted = "found-halted"
}

/// One incident.
///
/// It is open until a person resets it, half-open until ``probationEnds``, then closed.
public struct Incident: Sendable, Codable, Equatable {
    /// Its number, from 1, never reused.
    public var number: Int64
    /// What it stands over.
    public var scope: BreakerScope
    /// Mode at the trip.
    public var mode: Mode
    /// Why it opened.
    public var cause: TripCause
    /// Event time of the trip.
    public var tripped: Timestamp
    /// What detection said; nil when a person tripped it.
    public var verdict: Verdict?
    /// Who tripped it by hand.
    public var trippedBy: Audit?
    /// Why the verdict halted at once, or after how long; nil without a verdict.
    public var attendance: Attendance?
    /// When attended hours begin next, as seen from the trip; nil where none are written down.
    public var nextAttended: Timestamp?
    /// Who acknowledged its page.
    public var acknowledgedBy: Audit?
    /// Who reset it; nil while it is open.
    public var resetBy: Audit?
    /// How the halt stands.
    public var halt: HaltState
    /// Messages that we put on hold for it.
    public var held: Int64 = 0
    /// Outbound deliveries that began after the halt and succeeded.
    public var leaked: Int64 = 0
    /// Further verdicts of the same list while open.
    public var repeats: Int64 = 0
    /// How often it opened again while half-open.
    public var retrips: Int64 = 0
    /// When the last page about it was made; reminders count from here.
    public var lastPaged: Timestamp?
    /// End of the half-open time; nil while it is open.
    public var probationEnds: Timestamp?
    /// When it became closed; nil before.
    public var closed: Timestamp?
    /// What it halts; grows from the list to the queue when copies keep leaving.
    public var reach: HaltScope
    /// Whether the mail server was told to stop because of it.
    public var isServerStopped = false

    /// A fresh incident.
    public init(
        number: Int64,
        scope: BreakerScope,
        mode: Mode,
        cause: TripCause,
        tripped: Timestamp,
        verdict: Verdict? = nil,
        trippedBy: Audit? = nil,
        reach: HaltScope = .queue
    ) {
        self.number = number
        self.scope = scope
        self.mode = mode
        self.cause = cause
        self.tripped = tripped
        self.verdict = verdict
        self.trippedBy = trippedBy
        self.reach = reach
        halt = mode == .observe ? .notHalted : .halting
    }

    /// Where its breaker stands.
    public var state: BreakerState {
        resetBy == nil ? .open : closed == nil ? .halfOpen : .closed
    }

    /// Whether the outbound queue must be halted because of it.
    public var demandsHalt: Bool { state == .open && mode == .armed && reach == .queue }

    /// Whether the list's own mail must be held because of it.
    public var demandsListHold: Bool { state == .open && mode == .armed && reach == .list }

    /// The same for all its pages and never for another's, also after numbers began anew.
    public var dedupKey: String { "incident-\(number)-\(tripped.seconds)" }
}

/// The three states of a breaker; the raw value is the word everywhere.
public enum BreakerState: String, Sendable, Codable, CaseIterable {
    /// Mail flows.
    case closed
    /// Mail halted.
    case open
    /// Mail flows again, on probation after a reset.
    case halfOpen = "half-open"
}
