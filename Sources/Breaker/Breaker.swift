// SPDX-License-Identifier: Apache-2.0

public import Attended
public import EventTime
import StormDetection

/// # Breaker
///
/// NAME: Breaker - the state machine between verdicts and effects.
///
/// SUMMARY: ``BreakerBoard`` is one value: every breaker that is not closed, as an ``Incident``,
/// the mode, and what is known of the queue. Verdicts, commands, outcomes and ticks go in; effects
/// come out of ``BreakerBoard/drain()``, ordered save, halt, page, answer. It reads no clock.
///
/// DESCRIPTION: a list's breaker opens on a verdict, the queue's on a person's word. An open armed
/// incident halts the whole outbound queue, or, where the settings say so, puts only the list's
/// own messages on hold (``ListHold``), as does a soft hold. When the last incident that demands
/// it is reset the queue is resumed; held mail goes out metered (``Clearing``), and a new storm
/// stops that. Only a person resets. After a reset the breaker is half-open for
/// ``BreakerSettings/probation``: mail flows, any verdict opens the same incident again, also one
/// that would only have been a soft hold. Then it is closed.
///
/// A verdict is sure or doubtful, as detection says. In attended hours a doubtful one is paged as a
/// ``Doubt`` and opens the breaker when ``BreakerSettings/grace`` is over, when the hours are, or
/// when a person trips it; `hold-off` lets it pass. Everything else opens at once.
///
/// LIMITS: 1,000 soft holds, 100 clearings, 1,000 incidents that are not closed
/// (``BreakerBoard/mostIncidents``), 600 remembered leaks, 1,000 lists with late verdicts, 100 doubts
/// (a further one opens at once), 1,000 hold-offs. What finds no room is noted, and paged once a
/// day: its mail is not held softly, or stays on hold; a verdict closes the oldest half-open
/// incident, or widens the newest list's halt to the queue.
///
/// SECURITY: no I/O. Reasons and summaries carry a stranger's text; printers escape.
///
/// DIAGNOSTICS: each refused command says why, and what to type instead.
///
/// BUGS: none known.
public enum BreakerModule {}

/// Numbers that the breaker goes by.
public struct BreakerSettings: Sendable, Equatable {
    /// How long a reset breaker stays half-open.
    ///
    /// Chosen: an hour shows the next wave of replies.
    public var probation: TimeSpan = .hours(1)
    /// A verdict older than this when it is read only pages.
    ///
    /// Chosen 10 min: after that the storm has run its course or somebody dealt with it, and
    /// innocent mail would be halted.
    public var actHorizon: TimeSpan = .minutes(10)
    /// Whether such a verdict pages at all, or is only noted in the log.
    public var pagesLate = true
    /// Without any outbound delivery for this long a halt is verified.
    ///
    /// Chosen.
    public var verifyAfter: TimeSpan = .seconds(30)
    /// How often new mail in the queue is put on hold while halted.
    public var sweepInterval: TimeSpan = .seconds(60)
    /// How long a soft hold lasts unless it is confirmed.
    ///
    /// Chosen: a storm's next reply comes sooner.
    public var softHoldSpan: TimeSpan = .minutes(30)
    /// Wait before a failed halt or resume is tried again.
    ///
    /// Chosen.
    public var retryInterval: TimeSpan = .seconds(10)
    /// Least time between two extra holds while copies leak.
    ///
    /// Chosen.
    public var leakHoldInterval: TimeSpan = .seconds(1)
    /// Leaks within this after the halt do not page: log lines lag.
    ///
    /// Chosen.
    public var leakGrace: TimeSpan = .seconds(10)
    /// A reminder this often while open and not acknowledged.
    public var repeatInterval: TimeSpan = .hours(1)
    /// A reminder this often once acknowledged.
    public var acknowledgedInterval: TimeSpan = .hours(12)

    /// When somebody is there to answer.
    public var attended = AttendedHours([], zone: .utc)
    /// How long a doubtful verdict waits for an answer in those hours; 0: not at all.
    public var grace: TimeSpan = .seconds(0)
    /// Whether there is anybody to be paged: else nobody is waited for.
    public var canPage = true
    /// What a trip halts, where ``listScopes`` does not say otherwise.
    public var scope: HaltScope = .queue
    /// Whether the mail server is set up to be narrowed; where it is not, a trip that would narrow halts
    /// the queue at once.
    public var canNarrow = true
    /// What a trip of a sender that is no list halts; nil: as ``scope``.
    public var senderScope: HaltScope?
    /// What a trip of these lists halts.
    public var listScopes: [String: HaltScope] = [:]
    /// After a discard, the list flows again when nothing of it was handed over for this long.
    ///
    /// Chosen: list managers that run hand over their next message within seconds.
    public var discardQuiet: TimeSpan = .minutes(1)
    /// All mail, halted because a list could not be narrowed, flows again by itself when the list is
    /// proven contained within this time; 0: never.
    ///
    /// Chosen: a try takes at most 2 s (measured) and the proof ``verifyAfter``; there is time for three.
    /// What takes longer is no hiccup, and a person's to judge.
    public var narrowWithin: TimeSpan = .minutes(2)
    /// How far the breaker goes by itself when copies keep leaving.
    public var escalate: Escalation = .queue
    /// Copies within a minute that are more than a few in flight.
    ///
    /// Chosen.
    public var escalateCopies = 10
    /// How long copies must leave, or a halt fail, before the next step.
    ///
    /// Chosen.
    public var escalateAfter: TimeSpan = .seconds(30)
    /// Copies a minute at which held mail goes out unless a person says otherwise; 0: at once.
    ///
    /// Chosen: a hundred a second is what Postfix sends anyway, and leaves time to see a storm.
    public var releaseRate: Int64 = 6000
    /// Whether every soft hold is paged.
    public var pagesSoftHolds = false
    /// Members from which on a soft hold is paged in any case; 0: none is.
    public var softHoldPageMembers: Int64 = 0
    /// How long a soft hold outlives the last post while nobody is there; it ends when somebody is.
    ///
    /// Chosen: a night's lull is no end of a storm; at two an hour by day six hours may pass without one.
    public var softHoldQuiet: TimeSpan = .hours(12)
    /// When somebody is there to answer a soft hold; without any hours it lasts ``softHoldSpan``.
    public var softHoldHours = AttendedHours([], zone: .utc)

    /// The vendor defaults.
    public init() {}

    /// What a trip of `subject` by `verdict` halts: what the settings say, and no more than what is
    /// at stake is worth.
    func haltScope(of subject: Subject, _ verdict: Verdict?) -> HaltScope {
        let scope = haltScope(of: subject)
        guard subject.mailName != nil, verdict?.reach == .list else { return scope }
        return scope == .narrow ? .narrow : .list
    }

    /// Whether a trip of `subject` that reaches so far would reach less if the mail server were set up to
    /// be narrowed.
    func lacksNarrowing(_ subject: Subject, reach: HaltScope) -> Bool {
        guard reach == .queue, !canNarrow, case .list(let address) = subject else { return false }
        return (listScopes[address] ?? scope) == .narrow
    }

    /// What a trip of another host halts here: the list's own mail, whatever our own trips do.
    func adoptedScope(of subject: Subject) -> HaltScope {
        guard subject.mailName != nil else { return .queue }
        return haltScope(of: subject) == .narrow ? .narrow : .list
    }

    /// What a trip of `subject` halts.
    func haltScope(of subject: Subject) -> HaltScope {
        switch subject {
        case .queue: .queue
        case .drill: .list
        // A sender's mail is told from others' by queue ID, which no table knows.
        case .sender: (senderScope ?? scope) == .list ? .list : .queue
        case .list(let address):
            switch listScopes[address] ?? scope {
            case .narrow: canNarrow ? .narrow : .queue
            case .queue: .queue
            case .list: .list
            }
        }
    }
}
