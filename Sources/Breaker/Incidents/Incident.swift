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

/// A person who gave a command: who, when, why.
public struct Audit: Sendable, Codable, Equatable {
    /// Their uid, from SO_PEERCRED.
    public var uid: UInt32
    /// When.
    public var time: Timestamp
    /// Their words; at most 1,024 bytes.
    public var reason: String
    /// The account's name, and behind sudo(8) who logged in: `root, logged in as anna`; nil: not known.
    public var name: String?

    /// An audit record.
    public init(uid: UInt32, time: Timestamp, reason: String, name: String? = nil) {
        self.uid = uid
        self.time = time
        self.reason = reason
        self.name = name
    }

    /// Who it was, by name where that is known.
    public var who: String { name ?? "uid \(uid)" }
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
    public var word: HaltWord {
        switch self {
        case .notHalted: .observed
        case .halting: .halting
        case .verified: .verified
        case .leaking(let perMinute): .leaking(perMinute: perMinute)
        case .failed: .notHalted
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
    /// Another host of the fleet tripped.
    case fleet
}

/// One incident.
///
/// It is open until a person resets it, half-open while on probation, then closed.
public struct Incident: Sendable, Equatable {
    /// Where it stands, with what belongs to that.
    public enum State: Sendable, Equatable {
        /// Nobody has reset it.
        case open
        /// Reset by a person; any verdict before `until` opens it again.
        case halfOpen(by: Audit, until: Timestamp)
        /// Over since then; who reset it.
        case closed(by: Audit, at: Timestamp)

        /// The word for it.
        public var word: BreakerState {
            switch self {
            case .open: .open
            case .halfOpen: .halfOpen
            case .closed: .closed
            }
        }
    }

    /// Its number, from 1, never reused.
    public internal(set) var number: Int64
    /// What it stands over.
    public let scope: Subject
    /// Mode at the trip, the last one.
    public internal(set) var mode: Mode
    /// Why it opened, the last time.
    public private(set) var cause: TripCause
    /// Event time of the first trip; of the last one: ``lastOpened``.
    public let tripped: Timestamp
    /// The trips before the last one, the first one first.
    public internal(set) var earlier: [EarlierTrip] = []
    /// Where it stands; changed by ``reset(by:until:)``, `reopen` and `close` only.
    public private(set) var state: State
    /// What detection said; nil when a person tripped it.
    public internal(set) var verdict: Verdict?
    /// Who tripped it by hand.
    public internal(set) var trippedBy: Audit?
    /// Why the verdict halted at once, or after how long; nil without a verdict.
    public internal(set) var attendance: Attendance?
    /// When attended hours begin next, as seen from the trip; nil where none are written down.
    public internal(set) var nextAttended: Timestamp?
    /// Who acknowledged its page.
    public internal(set) var acknowledgedBy: Audit?
    /// How the halt stands.
    public internal(set) var halt: HaltState
    /// Messages that we put on hold for it, since the first trip.
    public internal(set) var held: Int64 = 0
    /// Outbound deliveries that began after the halt and succeeded, since the first trip.
    public internal(set) var leaked: Int64 = 0
    /// Copies that a person let go while the list was stopped.
    public internal(set) var letGo: Int64 = 0
    /// Further verdicts of the same list while open.
    public internal(set) var repeats: Int64 = 0
    /// How often it opened again while half-open.
    public internal(set) var retrips: Int64 = 0
    /// When the last page about it was made; reminders count from here.
    public internal(set) var lastPaged: Timestamp?
    /// What it halts; grows from the list's own mail to the queue when copies keep leaving.
    public internal(set) var reach: HaltScope
    /// Until when all mail, halted for it because its list could not be narrowed, may flow again by itself
    /// once the list is; nil: a reset alone ends it.
    public internal(set) var narrowUntil: Timestamp?
    /// Whether all mail is halted only because the mail server is not set up to be narrowed: once it is,
    /// narrowing is tried.
    public internal(set) var lacksNarrowing = false
    /// Since when the mail server has the list narrowed while all mail is halted for it.
    var contained: Timestamp?
    /// Whether the mail server was told to stop because of it.
    public internal(set) var isServerStopped = false
    /// What its list or sender did since the last trip, until the reset; nil: nothing yet.
    public internal(set) var course: IncidentCourse?
    /// Whether it is open on the word of another host alone; then no more than the list is halted.
    public internal(set) var isAdopted = false

    /// A fresh incident; its number is given when it opens.
    public init(
        number: Int64,
        scope: Subject,
        mode: Mode,
        cause: TripCause,
        tripped: Timestamp,
        verdict: Verdict? = nil,
        trippedBy: Audit? = nil,
        reach: HaltScope = .queue,
        state: State = .open
    ) {
        self.number = number
        self.scope = scope
        self.mode = mode
        self.cause = cause
        self.tripped = tripped
        self.verdict = verdict
        self.trippedBy = trippedBy
        self.reach = reach
        self.state = state
        halt = mode == .observe ? .notHalted : .halting
    }

    /// Who reset it; nil while it is open.
    public var resetBy: Audit? {
        switch state {
        case .open: nil
        case .halfOpen(let audit, _), .closed(let audit, _): audit
        }
    }

    /// Whether the outbound queue must be halted because of it.
    public var demandsHalt: Bool { state == .open && mode == .armed && reach == .queue }

    /// Whether the list's own mail must be held because of it.
    public var demandsListHold: Bool { state == .open && mode == .armed && reach != .queue }

    /// The same for all its pages and never for another's, also after numbers began anew.
    public var dedupKey: String { "incident-\(number)-\(tripped.seconds)" }

    /// Whether nobody else's mail is halted for it, whatever fails or leaks.
    var staysWithList: Bool { isAdopted || verdict?.reach == .list }

    // MARK: Doors

    /// A person lets mail flow again, on probation until then.
    mutating func reset(by audit: Audit, until: Timestamp) {
        guard state == .open else { return }
        state = .halfOpen(by: audit, until: until)
    }

    /// A verdict, or a person, opens it again while it is half-open.
    mutating func reopen(
        _ verdict: Verdict?,
        by audit: Audit?,
        mode: Mode,
        reach: HaltScope,
        lacksNarrowing: Bool,
        isAdopted: Bool = false,
        at now: Timestamp
    ) {
        guard case .halfOpen(let reset, _) = state else { return }
        earlier.append(ended(by: reset))
        if earlier.count > EarlierTrip.most { earlier.remove(at: 1) }
        course = nil
        state = .open
        cause = verdict != nil ? .verdict : isAdopted ? .fleet : .manual
        self.isAdopted = isAdopted
        acknowledgedBy = nil
        retrips += 1
        self.mode = mode
        // Without one the figures of the trip before would be told as those of this one.
        self.verdict = verdict
        attendance = verdict.map { $0.isSureTrip ? .sure : .probation }
        trippedBy = audit ?? trippedBy
        halt = mode == .armed ? .halting : .notHalted
        lastPaged = now
        self.reach = reach
        (narrowUntil, contained) = (nil, nil)
        self.lacksNarrowing = lacksNarrowing
        isServerStopped = false
    }

    /// Detection here says what another host said: it is this host's own from now on.
    mutating func confirm(_ verdict: Verdict, reach: HaltScope, lacksNarrowing: Bool) {
        guard state == .open, isAdopted else { return }
        isAdopted = false
        self.verdict = verdict
        attendance = verdict.isSureTrip ? .sure : .unattended
        self.reach = reach
        self.lacksNarrowing = lacksNarrowing
        repeats += 1
    }

    /// Its probation is over.
    mutating func close(at now: Timestamp) {
        guard case .halfOpen(let audit, _) = state else { return }
        state = .closed(by: audit, at: now)
    }
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
