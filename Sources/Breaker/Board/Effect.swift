// SPDX-License-Identifier: Apache-2.0
//
// What is to be done, as values, in the order that is a contract: save, halt, page, answer. A
// crash between any two of them restarts on the safe side, because what is saved is what the
// restart goes by.

public import EventTime
public import StormDetection

/// What becomes of the mail that we held, when a person resets.
public enum HeldChoice: String, Sendable, Codable, CaseIterable {
    /// It stays on hold; `postsuper` or a later reset releases it.
    case keep
    /// It goes out.
    case release
    /// The list's is saved with its envelopes and deleted; what else was held goes out.
    case discard
}

/// What the actuator is asked to do to the outbound queue.
public struct HaltOrder: Sendable, Codable, Hashable {
    /// The fixed set of things that can be done.
    public enum Verb: Sendable, Codable, Hashable {
        /// Hold, block, hold again.
        case halt
        /// Hold what came since.
        case rehold
        /// Take the block away; held mail as chosen.
        case resume(HeldChoice)
        /// Hold whatever is queued of this list, and know it for the list's.
        case holdList(String)
        /// Have the mail server itself stop the whole of the list's mail, and hold what is queued.
        case narrow(String)
        /// Hold these messages of the list, by queue ID.
        case holdIDs(list: String, ids: [String])
        /// Give back or discard a batch of held mail.
        case clear(Clearing.Step)
        /// Stop the mail server.
        case stop
    }

    /// What to do.
    public var verb: Verb
    /// For which incident; 0 for none.
    public var incident: Int64

    /// An order.
    public init(verb: Verb, incident: Int64) {
        self.verb = verb
        self.incident = incident
    }

    /// Whether it is about single messages of a list.
    var isOfMessages: Bool { if case .holdIDs = verb { true } else { false } }
}

/// What became of an order.
public struct HaltOutcome: Sendable, Equatable {
    /// Success, with what was found; or why not.
    public enum Result: Sendable, Equatable {
        /// Done. `held`: messages put on hold, released or discarded by this call; `total`:
        /// messages that we hold now; `remark`: what somebody else changed meanwhile; `copies` and
        /// `left`: of a clearing, the copies of this batch and the messages still on hold.
        case done(
            held: Int64,
            total: Int64,
            remark: String?,
            copies: Int64 = 0,
            left: Int64 = 0
        )
        /// Not done, for this reason.
        case failed(reason: String)
    }

    /// The order.
    public var order: HaltOrder
    /// How it went.
    public var result: Result
    /// When the first hold command was done, or the failure came.
    public var time: Timestamp
    /// What of a halt that stands could not be done; nil: all of it was.
    public var problem: String?
    /// Of a clearing, messages that stay on hold since whose they are is not known; nil: not counted.
    public var undecided: Int64?
    /// What looks through the queue found of mail that the mail server holds by itself.
    public var looks: [HoldLook] = []

    /// An outcome.
    public init(
        order: HaltOrder,
        result: Result,
        time: Timestamp,
        problem: String? = nil,
        undecided: Int64? = nil,
        looks: [HoldLook] = []
    ) {
        self.undecided = undecided
        self.looks = looks
        self.order = order
        self.result = result
        self.time = time
        self.problem = problem
    }
}

/// The answer to a person's command.
public struct CommandAnswer: Sendable, Codable, Equatable {
    /// Exit code: 0 done, 1 failed, 64 usage.
    public var code: Int32
    /// What happened, in words.
    public var message: String
    /// The incident it is about.
    public var incident: Int64?

    /// An answer.
    public init(code: Int32, message: String, incident: Int64? = nil) {
        self.code = code
        self.message = message
        self.incident = incident
    }
}

/// A line for our own log, with a stable kind that operators may search for.
public struct LogNote: Sendable, Codable, Equatable {
    /// Kinds; each has a MESSAGE_ID and a catalog entry.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case tripped, softHold, late, halted, verified, leaking, haltFailed, resumed, resumeFailed
        case reset, closed, acknowledged, doubtful, heldOff, restartedOpen, sighted, mode, expected,
            forged, suppressed, gap, cleared, listHeld, serverStopped, full, kind, learned
    }

    /// What kind.
    public var kind: Kind
    /// syslog's priority, 0 to 7.
    public var priority: Int32
    /// In words.
    public var text: String
    /// The list it is about.
    public var list: String?
    /// The incident it is about.
    public var incident: Int64?

    /// A note.
    public init(
        kind: Kind,
        priority: Int32,
        text: String,
        list: String? = nil,
        incident: Int64? = nil
    ) {
        self.kind = kind
        self.priority = priority
        self.text = text
        self.list = list
        self.incident = incident
    }
}

/// One thing to do; carried out in the order of ``EffectList/ordered``.
public enum Effect: Sendable, Equatable {
    /// Save the board, these changed incidents and these pages, in one transaction.
    case save(incidents: [Incident], pages: [Alert])
    /// Ask the actuator. Failing to save does not keep a halt back.
    case halt(HaltOrder)
    /// Deliver a page; it stands in the outbox already.
    case page(Alert)
    /// Save the engine's snapshot with the cursor soon: a reset must not be forgotten.
    case snapshot
    /// Answer the person.
    case answer(CommandAnswer)
    /// Hold the list's own new copies: the verdict's action, not yet a trip.
    case softHold(Verdict)
    /// The list's soft hold ended unconfirmed, at this time: what was held goes out again.
    case release(list: String, time: Timestamp)
    /// A verdict opened a breaker; for those who count, such as `replay`.
    case tripped(Verdict)
    /// Write a line to our own log.
    case log(LogNote)
}

/// Collects effects while an input is handled, and gives them back in the contract's order.
public struct EffectList: Sendable, Equatable {
    private var changed: [Int64: Incident] = [:]
    private var boardChanged = false
    private var orders: [HaltOrder] = []
    private var pages: [Alert] = []
    private var notes: [LogNote] = []
    private var wantsSnapshot = false
    private var others: [Effect] = []
    private var answer: CommandAnswer?

    /// No effects yet.
    public init() {}

    mutating func save(_ incident: Incident) { changed[incident.number] = incident }
    mutating func saveBoard() { boardChanged = true }
    /// Asks the actuator for something, once.
    public mutating func order(_ order: HaltOrder) {
        if !orders.contains(order) { orders.append(order) }
    }
    mutating func page(_ alert: Alert) {
        // Whoever does a drill is told by it, and tries paging by a page that says that it is one.
        if let list = alert.list, Subject(list).isDrill { return }
        pages.append(alert)
    }
    mutating func add(_ effect: Effect) { others.append(effect) }
    mutating func note(_ note: LogNote) { notes.append(note) }

    var ordersHalt: Bool { orders.contains { $0.verb == .halt } }

    /// Sets the answer to the command at hand.
    public mutating func answer(_ answer: CommandAnswer) { self.answer = answer }

    /// Asks for a snapshot soon: what just happened must not be read again.
    public mutating func wantSnapshot() { wantsSnapshot = true }

    /// Pages that the engine itself has to say.
    public mutating func add(page: Alert) { pages.append(page) }

    /// Notes that the engine itself has to write.
    public mutating func add(note: LogNote) { notes.append(note) }

    /// Save, halt, page, answer; then soft holds, what tripped, the snapshot and notes.
    public var ordered: [Effect] {
        var effects: [Effect] = []
        if !changed.isEmpty || boardChanged || !pages.isEmpty {
            let incidents = changed.values.sorted { $0.number < $1.number }
            effects.append(.save(incidents: incidents, pages: pages))
        }
        effects += orders.map { .halt($0) }
        effects += pages.map { .page($0) }
        if let answer { effects.append(.answer(answer)) }
        effects += others
        if wantsSnapshot { effects.append(.snapshot) }
        effects += notes.map { .log($0) }
        return effects
    }
}
