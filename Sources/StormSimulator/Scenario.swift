// SPDX-License-Identifier: Apache-2.0
//
// What a scenario says, as a value: the host, the lists, who writes to them, and what must come of
// it. Filled by the reader of scenario files or in code. Every number has its unit in its name or
// its type.

public import EventTime

/// How a list makes copies of a post; what each looks like in the log is in `MailHost`.
public enum ListShape: String, Sendable, CaseIterable {
    /// aliases(5) `:include:` with an `owner-` alias: one message, the owner as its sender.
    case includeOwner = "include-owner"
    /// aliases(5) `:include:` alone: one message, the poster as its sender, `orig_to=` the list.
    case include
    /// mlmmj: a message a member, VERP senders.
    case mlmmj
    /// Mailman in bulk: messages of at most 500 recipients, `-bounces` as their sender.
    case mailman
    /// Mailman with VERP on every delivery: a message a member, `-bounces+user=domain` as its sender.
    case mailmanVerp = "mailman-verp"
}

/// One mailing list.
public struct SimulatedList: Sendable, Equatable {
    /// Posting address.
    public var address: String
    /// How copies are made.
    public var shape: ListShape
    /// Subscribers.
    public var members: Int

    /// A list of `members` at `address`.
    public init(address: String, shape: ListShape = .includeOwner, members: Int) {
        self.address = address
        self.shape = shape
        self.members = members
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
        /// One message that comes back to the list each `every`.
        case loop
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
    /// Whether machines say `Auto-Submitted: auto-replied`.
    public var isFlagged = false
    /// Whether machines answer one another, or people only.
    public var isRing = false
    /// How much older than its arrival a post's Date header is.
    public var age = TimeSpan(microseconds: 0)
    /// Whether posts came up to `age` earlier and were held for a moderator, who releases them now.
    public var isHeld = false
    /// Recipients of each message of an account.
    public var recipients = 1
    /// Whether a program of the host hands an account's messages to sendmail(1), and nobody logs in.
    public var isProgram = false

    /// A stream with the defaults above.
    public init() {}
}

/// What a scenario must come to.
public struct Expectation: Sendable, Equatable {
    /// The list it is about; nil: any, and mail that is no list's.
    public var list: String?
    /// Whether a trip must come, or must not.
    public var isTrip: Bool
    /// The last reply at which it may come; nil: any.
    public var latestReply: Int?
    /// Rules that may speak; empty: any.
    public var rules: [String]

    /// An expectation with every field given.
    public init(list: String?, isTrip: Bool, latestReply: Int? = nil, rules: [String] = []) {
        self.list = list
        self.isTrip = isTrip
        self.latestReply = latestReply
        self.rules = rules
    }
}

/// A whole scenario.
public struct Scenario: Sendable, Equatable {
    /// One line for tables.
    public var title = ""
    /// What all chance comes from.
    public var seed: UInt64 = 1
    /// Time of the first moment; default Friday 2026-11-20 18:00 UTC.
    public var start = Timestamp(seconds: 1_795_197_600)
    /// How long the log runs: nothing is written after it.
    public var duration = TimeSpan.days(3)
    /// Name of the mail host.
    public var host = "mx.lists.example"
    /// `_UID` of the `postfix` user: Debian gives it a free system id, often 101 to 110.
    public var mailUser: UInt32 = 104
    /// Copies that leave the host a second.
    public var deliveriesPerSecond = 50.0
    /// Whether header_checks logs headers, with the parent sensor.
    public var hasHeaders = true
    /// Whether `enable_long_queue_ids` is on.
    public var hasLongQueueIDs = false
    /// Share of copies that are deferred at first, and of those that bounce.
    public var deferredShare = 0.01
    /// Share of copies that bounce.
    public var bouncedShare = 0.002
    /// Entries at most.
    public var entryLimit = Int.max
    /// Recipients' lines that each message of copies gets at most; the rest leave unseen.
    ///
    /// The queue manager's line still says how many recipients there are.
    public var copyLines = Int.max
    /// Messages at most that a list manager makes of one post; chunks grow to hold all members.
    public var messagesPerPost = Int.max
    /// The lists.
    public var lists: [SimulatedList] = []
    /// The streams of mail.
    public var traffic: [Traffic] = []
    /// What must come of it, headers in the log.
    public var expectations: [Expectation] = []
    /// What must come of it without headers in the log; empty: the same.
    public var expectationsWithoutHeaders: [Expectation] = []
    /// Settings that listbreaker should run with, lines of its own configuration; may be empty.
    public var settings = ""

    /// An empty scenario.
    public init() {}
}

extension Scenario {
    /// Ordinary mail of `lists` small lists until `entries` entries are written: for benchmarks.
    ///
    /// Each list gets a post in turn; the sizes are 3 to 30 members, most of them small.
    public static func bulk(entries: Int, lists: Int, seed: UInt64 = 1) -> Scenario {
        var scenario = Scenario()
        scenario.title = "\(entries) entries over \(lists) lists"
        scenario.seed = seed
        scenario.duration = .days(365)
        scenario.deliveriesPerSecond = 200
        scenario.entryLimit = entries
        let shapes: [ListShape] = [.includeOwner, .include, .mailman, .includeOwner]
        for index in 0..<max(1, lists) {
            let list = SimulatedList(
                address: "list\(index)@lists.example",
                shape: shapes[index % shapes.count],
                members: 3 + (index &* 7919 % 28) * (index % 3) / 2
            )
            scenario.lists.append(list)
            var posts = Traffic()
            posts.list = list.address
            posts.at = TimeSpan(microseconds: Int64(index) * 300_000)
            posts.every = TimeSpan(microseconds: Int64(max(1, lists)) * 300_000)
            posts.count = max(2, 2 * entries / max(1, lists) / 14)
            posts.posters = 3
            posts.replyShare = 0.5
            scenario.traffic.append(posts)
        }
        return scenario
    }
}
