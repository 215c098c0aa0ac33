// SPDX-License-Identifier: Apache-2.0
//
// Real traffic as a plan: rows that say when somebody posted, who, in answer to what and how late
// it arrived, with hashes for people and messages, become the posts of one mail host's lists. The
// mistake to avoid: letting rows reach the log as they are; every word of them becomes a plain name.

internal import EventTime

/// Posts that really were, for lists of a chosen shape and size.
///
/// A row is `unix_time,list,sender,message_id,in_reply_to,is_reply,date_lag_s`. Rows of other forms,
/// header lines among them, are counted and passed over. What a log shows of copies is abbreviated:
/// each message of copies gets ``copyLines`` recipients' lines, those of the people who post next
/// among them, and a list manager makes at most ``messagesPerPost`` larger messages of a post. All
/// `nrcpt=` are true, so copies and members are counted as on the real host. Only of Mailman with VERP,
/// a message a member, every copy is written.
public struct RecordedTraffic: Sendable {
    /// Recipients' lines a message.
    public static let copyLines = 2
    /// Messages a post.
    public static let messagesPerPost = 3
    /// Most posts that are kept: what a scenario may have.
    public static let mostPosts = PostPlan.limit

    private let shape: ListShape
    private let members: Int
    private var lists: [SimulatedList] = []
    private var numbers: [Substring: Int] = [:]
    /// First mail of the thread that each message is in, by its own id.
    private var roots: [String: String] = [:]
    private var posts: [SimulatedPost] = []
    /// Rows that were not understood, or too many.
    public private(set) var skipped = 0

    /// No traffic yet, for lists of `members` members.
    public init(shape: ListShape, members: Int) {
        self.shape = shape
        self.members = max(1, members)
    }

    /// Lists that have posts.
    public var listCount: Int { lists.count }

    /// Takes one row.
    public mutating func take(_ row: Substring) {
        let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        // Within the years 1970 to 9999.
        guard fields.count >= 7, posts.count < Self.mostPosts, let time = Int64(fields[0]),
            (0..<253_402_300_800).contains(time), let list = number(of: fields[1])
        else {
            skipped += 1
            return
        }
        let sender = Self.word(fields[2])
        let domain = Names.domain(number: sender.utf8.reduce(0) { $0 &* 31 &+ Int($1) })
        let id =
            fields[3].isEmpty
            ? "<\(time).\(posts.count)@\(domain)>" : "<\(Self.word(fields[3]))@mail.example>"
        var post = SimulatedPost(
            time: Timestamp(seconds: time),
            list: list,
            role: fields[5] == "1" ? .reply : .new,
            poster: "p.\(sender)@\(domain)",
            messageID: id
        )
        if !fields[4].isEmpty {
            post.parent = "<\(Self.word(fields[4]))@mail.example>"
        } else if fields[5] == "1" {
            // An answer by its References or its subject, to a mail that nobody knows.
            post.parent = "<to.\(posts.count)@mail.example>"
        }
        post.root = post.parent.map { roots[$0] ?? $0 }
        roots[id] = post.root ?? id
        post.age = Int64(fields[6]).map { .seconds(max(-86400 * 365, min($0, 86400 * 36_500))) }
        posts.append(post)
    }

    /// The host and its lists, and the posts in time order.
    ///
    /// - Parameters:
    ///   - hasHeaders: whether header_checks logs headers.
    ///   - isWhole: whether every copy gets its line, and chunks their usual size; with VERP they do
    ///     in any case.
    /// - Returns: the host with its lists, no streams of traffic; and the posts.
    public func plan(hasHeaders: Bool, isWhole: Bool) -> (Scenario, [SimulatedPost]) {
        var scenario = Scenario()
        let ordered = posts.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        scenario.title = lists.count == 1 ? lists[0].address : "\(lists.count) lists"
        scenario.start = (ordered.first?.time ?? scenario.start) - .minutes(1)
        let end = ordered.last?.time ?? scenario.start
        scenario.duration = (end + .days(2)) - scenario.start
        scenario.lists = lists
        scenario.hasHeaders = hasHeaders
        scenario.deferredShare = 0
        scenario.bouncedShare = 0
        scenario.deliveriesPerSecond = 200
        // With VERP every copy is a message of its own: nothing can stand for many.
        if !isWhole, shape != .mailmanVerp {
            scenario.copyLines = Self.copyLines
            scenario.messagesPerPost = Self.messagesPerPost
        }
        return (scenario, Self.withReaders(ordered, lists: lists.count))
    }

    /// Gives each post the people who post next to its list as its first readers: whoever posts got
    /// a copy of what came before, as a member does.
    static func withReaders(_ posts: [SimulatedPost], lists: Int) -> [SimulatedPost] {
        var posts = posts
        var next = [[String]](repeating: [], count: lists)
        for index in posts.indices.reversed() {
            guard let list = posts[index].list else { continue }
            posts[index].firstReaders = next[list]
            // Whoever is no member gets no copy.
            if posts[index].isOutsider { continue }
            next[list].removeAll { $0 == posts[index].poster }
            next[list] = Array(([posts[index].poster] + next[list]).prefix(copyLines))
        }
        return posts
    }

    private mutating func number(of name: Substring) -> Int? {
        if let known = numbers[name] { return known }
        guard !name.isEmpty, lists.count < 100_000 else { return nil }
        let local = String(
            name.prefix(40).map { $0.isASCII && $0.isLetter || $0.isNumber ? $0 : "-" }
        )
        numbers[name] = lists.count
        // Two names that differ by their odd letters only are two lists.
        let isTaken = lists.contains { $0.address == "\(local)@lists.example" }
        let address = isTaken ? "\(local)-\(lists.count)@lists.example" : "\(local)@lists.example"
        lists.append(SimulatedList(address: address, shape: shape, members: members))
        return lists.count - 1
    }

    /// Letters and digits of `field`, at most 40.
    private static func word(_ field: Substring) -> String {
        String(field.prefix(40).filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
}
