// SPDX-License-Identifier: Apache-2.0
//
// What one rule found, before it becomes a verdict: small, without text, because most findings
// are of lists whose breaker opened long ago and are dropped. The sentence for a tired person is
// made only for a verdict that is really given.

import EventTime
internal import Words

/// A rule's conclusion about one event.
struct Finding: Sendable, Equatable {
    /// Why, with the figures of the sentence.
    enum Cause: Sendable, Equatable {
        /// A list configured announce-only redistributed so many posts of others.
        case announceOnly(posts: Int64)
        /// A list that had so many regular posters, three at most, redistributed so many others.
        case announceLike(strangers: Int64, regulars: Int64)
        /// So many strangers answered in one thread.
        case strangers(count: Int64)
        /// So many people posted who never had before.
        case newcomers(count: Int64)
        /// The sequential test, by so many people; so many more came together with one of them.
        case storm(arrivals: Int64, together: Int64)
        /// So many people answered; so many more came together with one of them.
        case policy(repliers: Int64, together: Int64)
        /// A list of which nothing is known redistributed so many posts of others.
        case unknownList(posts: Int64)
        /// So many posts within a day, against the busiest day before.
        case burden(posts: Int64, busiest: Int64)
        /// One poster went on at one pace.
        case echo(posts: Int64)
        /// One message arrived so many times.
        case sameMessage(arrivals: Int64)
        /// So many posters took turns.
        case pingPong(posts: Int64, posters: Int64)
        /// So few posters wrote so many with nobody's in between.
        case few(posts: Int64, posters: Int64)
        /// A chain of answers within seconds.
        case chain(hops: Int64)
        /// Posts within the hour.
        case posts(count: Int64, limit: Int64)
        /// Copies within the hour.
        case copies(count: Int64, limit: Int64)
        /// Posts of one poster within the hour.
        case poster(count: Int64, limit: Int64)
        /// Messages of a sender that is no list within the hour, so many of 100 recipients refused;
        /// 0: not enough to matter.
        case senderMessages(count: Int64, limit: Int64, refused: Int64)
        /// Copies likewise.
        case senderCopies(count: Int64, limit: Int64, refused: Int64)
    }

    var action: Verdict.Action
    var cause: Cause
    /// The rule's window.
    var window: TimeSpan
    /// When its evidence begins.
    var start: Timestamp
    /// Whether it rests on a post that calls itself a machine: then it is doubtful.
    var isMarked = false

    /// A trip by what happened within the hour before `time`.
    static func withinHour(_ cause: Cause, at time: Timestamp) -> Finding {
        Finding(action: .trip, cause: cause, window: .hours(1), start: time - .hours(1))
    }

    var rule: Rule {
        switch cause {
        case .announceOnly, .announceLike, .unknownList: .announceBreach
        case .burden: .burden
        case .strangers: .strangersInThread
        case .storm, .newcomers: .storm
        case .policy: .policy
        case .sameMessage, .pingPong, .few, .chain, .echo: .loop
        case .posts, .copies, .poster, .senderMessages, .senderCopies: .ceiling
        }
    }

    /// Whether it is of strangers in one thread.
    var isOfStrangers: Bool {
        if case .strangers = cause { true } else { false }
    }

    /// Whether it counts people who answer, whom a wedding has, too.
    var isOfPeople: Bool {
        switch cause {
        case .strangers, .newcomers, .storm, .policy: true
        default: false
        }
    }

    /// Whether the settings name the list as one for announcements: then its size is no doubt.
    var isSaid: Bool {
        if case .announceOnly = cause { return true }
        return false
    }

    /// What a rule rests on; two that rest on different things confirm each other.
    enum Ground: Sendable { case people, posters, volume, echo }

    var ground: Ground {
        switch rule {
        case .announceBreach: .posters
        case .strangersInThread, .storm, .policy: .people
        case .loop: .echo
        case .ceiling, .burden, .manual: .volume
        }
    }

    /// Whether there is no doubt.
    ///
    /// Volume and mere head counts also have innocent reasons.
    var isSure: Bool {
        switch cause {
        case .announceOnly, .sameMessage, .chain, .echo: true
        case .strangers, .newcomers, .storm: !isMarked
        case .announceLike, .unknownList, .burden, .policy, .pingPong, .few, .posts, .copies,
            .poster:
            false
        case .senderMessages(_, _, let refused), .senderCopies(_, _, let refused): refused > 0
        }
    }

    /// Which of two findings of one event speaks: a trip before a hold, what is sure before what is
    /// not, then the plainer rule.
    static func prefers(_ left: Finding, to right: Finding) -> Bool {
        if left.action != right.action { return left.action == .trip }
        if left.isSure != right.isSure { return left.isSure }
        return left.rank < right.rank
    }

    private var rank: Int {
        switch rule {
        case .announceBreach: 0
        case .strangersInThread: 1
        case .loop: 2
        case .policy: 3
        case .storm: 4
        case .ceiling: 5
        case .burden: 6
        case .manual: 7
        }
    }

    /// What happened to `list`, in one sentence.
    func sentence(list: String, at time: Timestamp, evidence: Evidence) -> String {
        let within = "within \(max(time - start, .seconds(1)).words)"
        let count = evidence.copiesAnnounced
        let copies = "\(count.counting("copy", "copies")) announced"
        func people(_ count: Int64) -> String { count.counting("person", "people") }
        let text =
            switch cause {
            case .announceOnly(let posts):
                "\(list) is announce-only but redistributed \(posts.counting("post")) of others "
                    + "\(within)"
            case .announceLike(let strangers, let regulars):
                "\(list) had \(regulars == 1 ? "one regular poster" : regulars.counting("regular poster")), "
                    + "and now redistributed \(strangers.counting("other")) \(within)"
            case .unknownList(let posts):
                "\(list) was never seen to be a discussion, and redistributed "
                    + "\(posts.counting("post")) of others \(within)"
            case .burden(let posts, let busiest):
                "each member of \(list) got \(posts.counting("mail")) \(within); its busiest day "
                    + "before had \(busiest.grouped)"
            case .echo(let posts):
                "one poster wrote \(posts.grouped) times to \(list) at one pace: a robot or another "
                    + "list that answers it"
            case .strangers(let count):
                "\(people(count)) who never posted to \(list) answered in one thread \(within)"
            case .newcomers(let count):
                "\(people(count)) who never posted to \(list) did so \(within), far more than "
                    + "it ever had"
            case .storm(let arrivals, let together):
                "\(people(arrivals)) followed up on \(list) \(within), far more and faster "
                    + "than it is used to\(Self.leavingOut(together))"
            case .policy(let repliers, let together):
                "\(people(repliers)) answered on \(list) \(within)\(Self.leavingOut(together))"
            case .sameMessage(let arrivals):
                "the same message reached \(list) \(arrivals.grouped) times "
                    + (window > .hours(1) ? "within a day: a loop" : "within the hour: a loop")
            case .pingPong(let posts, let posters):
                posters == 2
                    ? "two posters answered each other on \(list) \(posts.grouped) times in strict turn"
                    : "\(posters.grouped) posters took turns on \(list) for \(posts.counting("post")) "
                        + "in strict turn"
            case .few(let posts, let posters):
                "\(posters.grouped) posters wrote \(posts.grouped) times to \(list) \(within), and nobody "
                    + "else did: robots that answer each other?"
            case .chain(let hops):
                "\(hops.counting("answer")) on \(list), each within seconds of the one before: robots"
            case .posts(let count, let limit):
                "\(count.counting("post")) on \(list) within the hour, over its ceiling of "
                    + limit.grouped
            case .copies(let count, let limit):
                "\(count.counting("copy", "copies")) announced on \(list) within the hour, over its ceiling of "
                    + limit.grouped
            case .poster(let count, let limit):
                "one poster sent \(count.counting("post")) to \(list) within the hour, over the "
                    + "ceiling of \(limit.grouped): a compromised account?"
            case .senderMessages(let count, let limit, let refused):
                "\(list) sent \(count.counting("message")) to the outside within the hour, over its "
                    + "ceiling of \(limit.grouped)" + Self.suspicion(refused)
            case .senderCopies(let count, let limit, let refused):
                "\(list) sent to \(count.counting("recipient")) outside within the hour, over its "
                    + "ceiling of \(limit.grouped)" + Self.suspicion(refused)
            }
        switch cause {
        case .senderMessages, .senderCopies: return text
        case .copies: return text + "."
        default:
            guard evidence.copiesAnnounced > 0 else { return text + "." }
            return "\(text); \(copies) in the last \(evidence.window.words)."
        }
    }

    /// Why fewer people counted than posted.
    private static func leavingOut(_ together: Int64) -> String {
        guard together > 0 else { return "" }
        return " (not counting \(together.grouped) who came within \(Rings.moment) s of another: "
            + "without header lines that is one batch)"
    }

    private static func suspicion(_ refused: Int64) -> String {
        refused > 0
            ? ", and \(refused) of 100 recipients were refused: a compromised account."
            : ": a compromised account, or a mailing that nobody announced?"
    }
}
