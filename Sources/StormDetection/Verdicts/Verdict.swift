// SPDX-License-Identifier: Apache-2.0
//
// What detection concludes, with its reasons, as a value. Nothing here acts.

public import EventTime

/// Which rule spoke; the raw value is the word in JSON, metrics, pages and settings.
public enum Rule: String, Sendable, Codable, CaseIterable {
    /// A list that is, or has only ever behaved as, announce-only redistributed someone else.
    case announceBreach = "announce-breach"
    /// Strangers answered in one thread.
    case strangersInThread = "strangers-in-thread"
    /// The sequential storm test.
    case storm
    /// N distinct repliers within a window.
    case policy
    /// A message or two robots going round.
    case loop
    /// Posts or copies per hour over the ceiling.
    case ceiling
    /// What each member got within a day.
    case burden
    /// A person tripped it.
    case manual
}

/// One post that made a verdict.
public struct EvidencePost: Sendable, Codable, Equatable {
    /// When its fan-out was announced.
    public var time: Timestamp
    /// Who posted, at most 254 bytes.
    public var poster: String
    /// What it was taken for.
    public var kind: String
    /// Queue id of its first fan-out message.
    public var queueID: String
    /// Copies announced with it.
    public var copies: Int64
    /// Why it counted, or why not, in words.
    public var reason: String

    /// One line of evidence.
    public init(
        time: Timestamp,
        poster: String,
        kind: String,
        queueID: String,
        copies: Int64,
        reason: String
    ) {
        self.time = time
        self.poster = poster
        self.kind = kind
        self.queueID = queueID
        self.copies = copies
        self.reason = reason
    }
}

/// Copies by the next attended hour if nothing is done: three lines.
public struct Forecast: Sendable, Codable, Equatable {
    /// Until when.
    public var until: Timestamp
    /// Copies at the low, middle and high line.
    public var low: Double, middle: Double, high: Double

    /// A forecast of copies until `until`.
    public init(until: Timestamp, low: Double, middle: Double, high: Double) {
        self.until = until
        self.low = low
        self.middle = middle
        self.high = high
    }
}

/// The figures behind a verdict.
public struct Evidence: Sendable, Codable, Equatable {
    /// Posts, replies, distinct posters in the rule's window.
    public var posts: Int64 = 0
    /// Replies in the rule's window.
    public var replies: Int64 = 0
    /// Distinct posters in the rule's window.
    public var posters: Int64 = 0
    /// The rule's window.
    public var window: TimeSpan = .hours(1)
    /// What each member got, whoever wrote it; nil where nobody counted.
    public var burden: BurdenFigures?
    /// Copies announced in the rule's window.
    public var copiesAnnounced: Int64 = 0
    /// Copies sent in the rule's window.
    public var copiesSent: Int64 = 0
    /// Members of the list as learned from its fan-outs; nil when unknown.
    public var members: Int64?
    /// Reproduction number with its 90 % interval; nil where the rule does not estimate it.
    public var reproduction: Double?
    /// Lower end of the interval.
    public var reproductionLow: Double?
    /// Upper end of the interval.
    public var reproductionHigh: Double?
    /// P(storm), 0 to 1; nil where the rule does not estimate it.
    public var probability: Double?
    /// The forecast, where there is one.
    public var forecast: Forecast?
    /// The posts that made it, oldest first, at most 20.
    public var trail: [EvidencePost] = []
    /// One sentence for a tired person.
    public var summary = ""

    /// Evidence with nothing in it yet.
    public init() {}
}

/// How far a trip reaches.
public enum Reach: String, Sendable, Codable {
    /// The list's own mail.
    case list
    /// All outbound mail.
    case queue
}

/// What is at stake: what decides how far a trip reaches.
public struct Stake: Sendable, Codable, Equatable {
    /// Members; copies of one post where they are unknown.
    public var members: Int64
    /// Copies announced within the last 24 hours.
    public var copiesAnnounced: Int64
    /// Copies that left in that time.
    public var copiesSent: Int64
    /// Copies until the next attended hour: the forecast's three lines; nil where there is none.
    public var forecast: Forecast?
    /// How many of the members have their mailbox on this host, so that no copy of theirs leaves it;
    /// nil: none that deliveries proved.
    public var membersHere: Int64?

    /// Stakes with every field given.
    public init(
        members: Int64,
        copiesAnnounced: Int64,
        copiesSent: Int64,
        forecast: Forecast? = nil,
        membersHere: Int64? = nil
    ) {
        self.members = members
        self.copiesAnnounced = copiesAnnounced
        self.copiesSent = copiesSent
        self.forecast = forecast
        self.membersHere = membersHere
    }

    /// Members whose copies leave this host; who is not known to have a mailbox here counts.
    public var membersElsewhere: Int64 { max(0, members - (membersHere ?? 0)) }

    /// Copies that count: announced already, and the least that the forecast expects, as many of them
    /// as leave this host.
    public var copies: Double {
        let all = Double(copiesAnnounced) + max(0, forecast?.low ?? 0)
        return members > 0 ? all * Double(membersElsewhere) / Double(members) : all
    }
}

/// A decision about one list.
public struct Verdict: Sendable, Codable, Equatable {
    /// How far it goes.
    public enum Action: String, Sendable, Codable {
        /// Hold the list's own new copies for a while.
        case softHold = "soft-hold"
        /// Open the breaker.
        case trip
    }

    /// What to do.
    public var action: Action
    /// The list's posting address.
    public var list: String
    /// Event time of the decisive entry.
    public var time: Timestamp
    /// Which rule.
    public var rule: Rule
    /// Whether the rule leaves no doubt; doubtful ones may page first in attended hours.
    public var isSure: Bool
    /// The figures.
    public var evidence: Evidence
    /// How far it reaches at most; nil: as far as the settings say.
    public var reach: Reach?
    /// What is at stake; nil where nobody worked it out.
    public var stake: Stake?
    /// Whether a hold that is on goes on, nothing more; nil: no.
    public var isContinued: Bool?

    /// A verdict with every field given.
    public init(
        action: Action,
        list: String,
        time: Timestamp,
        rule: Rule,
        isSure: Bool,
        evidence: Evidence,
        reach: Reach? = nil,
        stake: Stake? = nil,
        isContinued: Bool? = nil
    ) {
        self.action = action
        self.list = list
        self.time = time
        self.rule = rule
        self.isSure = isSure
        self.evidence = evidence
        self.reach = reach
        self.stake = stake
        self.isContinued = isContinued
    }
}
