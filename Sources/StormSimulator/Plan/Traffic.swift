// SPDX-License-Identifier: Apache-2.0
//
// One stream of mail in a scenario: who writes, how often, in answer to what, and what is odd about
// it. Every number has its unit in its name or its type; every oddity is off unless it is asked for.

public import EventTime

/// How a mail says that a machine wrote it.
public enum MachineMark: String, Sendable, CaseIterable {
    /// `Auto-Submitted: auto-replied`, RFC 3834.
    case autoSubmitted = "auto-submitted"
    /// `Precedence: bulk`.
    case bulk
    /// An empty envelope sender, as notices have it.
    case nullSender = "null-sender"
}

/// What Message-IDs a stream of mail has.
public enum MessageIDs: String, Sendable, CaseIterable {
    /// One a message; what a loop brings back keeps its own.
    case usual
    /// A new one each time, also of what a loop brings back.
    case new
    /// The first one again each time: an application that repeats itself.
    case same
    /// None, as of some devices: Postfix logs `message-id=<>`.
    case none
}

/// What Date headers a stream of mail has.
public enum MailDates: String, Sendable, CaseIterable {
    /// One a message, of when it was written; what another list sends back keeps its own.
    case usual
    /// A new one each time, also of what another list sends back.
    case new
    /// None.
    case none
}

/// How long mail is on its way before the host accepts it; its Date says when it was written.
public struct Lateness: Sendable, Equatable {
    /// The shortest way.
    public var least: TimeSpan
    /// The longest; each way in between is as likely.
    public var most: TimeSpan
    /// Share of people whose mail is late.
    public var share = 1.0
    /// Whether only a person's first mail is, as greylisting has it.
    public var isFirstOnly = false

    /// All mail is from `least` to `most` on its way.
    public init(least: TimeSpan, most: TimeSpan) {
        self.least = least
        self.most = most
    }
}

/// One stream of mail.
public struct Traffic: Sendable, Equatable {
    /// What kind of stream.
    public enum Kind: String, Sendable, CaseIterable {
        /// `count` posts, one each `every`, by `posters` people in turn.
        case posts
        /// People answering each other: `perDay` posts, by `posters` regulars and some strangers.
        case discussion
        /// Answers to the latest post of the list, and answers to those.
        case storm
        /// Machines on the list that answer posts.
        case robots
        /// One message that comes back to the list each `every`, by itself or `through` another list.
        case loop
        /// A role alias at work: strangers write, `posters` members answer, and some write back.
        case desk
        /// `count` answers to the list's owner, not to the list: vacation notices, bounces.
        case owner
        /// A stolen account sends `count` messages, one each `every`, to `recipients` each; no list.
        case account
        /// The same by its owner: letters, invoices, a newsletter from a mail program; no storm.
        case mailing
    }

    /// The name of its section.
    public var name = ""
    /// What kind of stream.
    public var kind = Kind.posts
    /// Address of the list.
    public var list = ""
    /// When it begins, after the scenario's start.
    public var at = TimeSpan(microseconds: 0)
    /// How long it lasts at most; 0: to the end of the scenario.
    public var lasting = TimeSpan(microseconds: 0)
    /// Posts at most.
    public var count = 1
    /// Between two posts.
    public var every = TimeSpan.minutes(1)
    /// Who posts; empty: members in turn.
    public var from = ""
    /// People who post.
    public var posters = 1
    /// Number of the first member who posts: the same people elsewhere have other addresses.
    public var firstMember = 0
    /// Share of posts that answer an earlier one, 0 to 1; a newcomer's do so a quarter as often.
    public var replyShare = 0.0
    /// Share of posts by someone who never posted before, 0 to 1.
    public var strangerShare = 0.0
    /// Posts a day.
    public var perDay = 0.0
    /// Posts an hour, from the quietest hour to the busiest; 0: by `reproduction`.
    public var perHour: ClosedRange<Double> = 0...0
    /// How long it takes until the busiest hour is as busy as that; 0: from the beginning.
    public var ramp = TimeSpan(microseconds: 0)
    /// Answers that each post of a storm breeds, while everybody is still there.
    public var reproduction = 0.0
    /// Half of the answers come within this.
    public var medianDelay = TimeSpan.minutes(20)
    /// Share of members who may answer in all; a storm burns out when they have.
    public var saturation = 0.1
    /// Share of a storm's posts that start a mail of their own in place of answering.
    public var newMailShare = 0.05
    /// Share of a storm's posts by someone who has posted in it already.
    public var repeatShare = 0.08
    /// Machines on the list.
    public var robots = 0
    /// How mail says that a machine wrote it.
    public var marks: Set<MachineMark> = []
    /// Whether machines answer one another, or people only.
    public var isRing = false
    /// Whether a machine answers its own copies, too.
    public var answersItself = false
    /// Whether a machine's answers are mails of their own, as of ticket systems that give each a new number.
    public var startsThreads = false
    /// Whether machines answer in turn, each the one before it, in the place of all answering all.
    public var takesTurns = false
    /// How much older than its arrival a post's Date header is, at least.
    public var age = TimeSpan(microseconds: 0)
    /// How much older still, at most: each post's own share of it, by chance.
    public var ageSpread = TimeSpan(microseconds: 0)
    /// What Date headers there are.
    public var dates = MailDates.usual
    /// How far the writers' clocks are ahead; negative: behind.
    public var clock = TimeSpan(microseconds: 0)
    /// How long mail is on its way; nil: as the whole scenario has it.
    public var lateness: Lateness?
    /// What Message-IDs there are.
    public var messageIDs = MessageIDs.usual
    /// Address that another list puts into From in place of each writer's; empty: none.
    public var rewrittenFrom = ""
    /// Share of a storm's posts by someone who took part already, from another address of his.
    public var secondAddressShare = 0.0
    /// Share of people who are no members.
    public var outsiderShare = 0.0
    /// Share of a storm's people who are among the `posters` regulars from `firstMember` on.
    public var regularShare = 0.0
    /// Whether everybody answers the first mail, and nobody an answer.
    public var answersFirst = false
    /// Address of the list that a loop comes back through; empty: by itself.
    public var through = ""
    /// Whether it is a storm's mail, or only looks like it; nil: as its kind is.
    public var isStorm: Bool?
    /// Whether posts came up to `age` earlier and were held for a moderator, who releases them now.
    public var isHeld = false
    /// Recipients of each message of an account.
    public var recipients = 1
    /// Whether a program of the host hands an account's messages to sendmail(1), and nobody logs in.
    public var isProgram = false

    /// Whether machines say `Auto-Submitted: auto-replied`.
    public var isFlagged: Bool { marks.contains(.autoSubmitted) }

    /// A stream with the defaults above.
    public init() {}
}
