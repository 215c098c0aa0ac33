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
    /// Share of the members who have their mailboxes on this host: their copies do not leave it.
    public var localShare = 0.0
    /// Copies a second that the list manager hands over; 0: as many as there are.
    ///
    /// Posts wait for each other there. Of no effect on aliases, which no manager serves.
    public var copiesPerSecond = 0.0

    /// A list of `members` at `address`.
    public init(address: String, shape: ListShape = .includeOwner, members: Int) {
        self.address = address
        self.shape = shape
        self.members = members
    }

    /// Whether `member`, counted from 0, has his mailbox on this host.
    ///
    /// They stand among the others as an alphabet has it: steps of the golden ratio spread evenly.
    func isLocal(_ member: Int) -> Bool {
        let place = Double(member) * 0.618_033_988_749_895
        return place - place.rounded(.down) < localShare
    }
}

/// One more host that writes to the same journal.
public struct SimulatedHost: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Share of the mail that it takes.
    public var share = 0.2
    /// How far its clock is ahead; negative: behind.
    public var clock = TimeSpan(microseconds: 0)

    /// A host that takes a fifth of the mail, its clock right.
    public init(name: String) { self.name = name }
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
    /// What kind of situation it is, for tables; may be empty.
    public var group = ""
    /// Name of the mail host.
    public var host = "mx.lists.example"
    /// How far the host's clock is ahead; negative: behind.
    public var clock = TimeSpan(microseconds: 0)
    /// Hosts beside it that write to the same journal.
    public var furtherHosts: [SimulatedHost] = []
    /// How long all mail is on its way that has no other lateness of its own; nil: not at all.
    public var lateness: Lateness?
    /// How long a content filter keeps each mail before the list gets it; 0: there is none.
    public var filterDelay = TimeSpan(microseconds: 0)
    /// Whether header_checks logs From and Precedence, too, as `listbreaker setup postfix` has it.
    public var hasAuthors = false
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
