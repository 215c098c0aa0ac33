// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of one list: under 400 bytes beside its address, since ten thousand lists
// share 64 MiB with everything else. Posters and recipients stand in tables common to all lists.
// The mistake to avoid: a member estimate that one stray fan-out of a sub-list can move.

public import EventTime

/// A poster whom a list knows by more than one post.
struct RegularPoster {
    /// Hash of the poster; 0 for a free place.
    var poster: UInt64 = 0
    /// The address, for people.
    var address = ""
    /// Microseconds of the first post.
    var first: Int64 = 0
    /// Posts; stops at the largest number.
    var posts: UInt32 = 0
    /// Named by the configuration, the list's first poster, or one who posted a day apart.
    var isRegular = false
}

/// Everything about one list that is its own.
struct ListRecord: Blank {
    /// How many posters are watched for being regular, and fan-outs for the size.
    static let watched = 4

    /// The posting address in lower case.
    var address = ""
    /// Its hash: the list's part in the keys of common tables.
    var hash: UInt64 = 0
    var origin: ListOrigin = .configured
    /// Whether a post with headers that show replies was seen.
    var showsReplies = false
    /// Posts told.
    var posts: Int64 = 0
    /// Copies announced.
    var announced: Int64 = 0
    /// Copies sent.
    var sent: Int64 = 0
    /// Distinct posters.
    var knownPosters: UInt32 = 0
    /// Second of the latest post by somebody who had never posted before; 0: none.
    var lastNewcomer: UInt32 = 0
    /// Copies of the posts before the current one, newest last; 0 for none.
    var fanOuts: InlineArray<8, Int32> = .init(repeating: 0)
    /// Hashes of those posts' Message-IDs, halved; 0: none, or of an older layout.
    ///
    /// A manager that sends one message a copy hands several posts over at once, turn by turn.
    var fannedOut: InlineArray<8, UInt32> = .init(repeating: 0)
    /// Hash of the current post's Message-ID.
    var currentPost: UInt64 = 0
    /// Its copies so far.
    var currentCopies: Int64 = 0
    /// Which members have their mailbox here.
    var mailboxes = Mailboxes()
    /// Microseconds of the latest post.
    var lastPost: Int64 = .min
    /// Hashes of addresses that the log showed to be this list's too.
    var aliases: InlineArray<4, UInt64> = .init(repeating: 0)
    var regulars: InlineArray<4, RegularPoster> = .init(repeating: RegularPoster())

    /// Number of regular posters, at most ``watched``.
    var regularCount: Int {
        var count = 0
        for place in 0..<Self.watched where regulars[place].isRegular { count += 1 }
        return count
    }

    /// Whether `poster` is a regular one.
    func isRegular(_ poster: UInt64) -> Bool {
        for place in 0..<Self.watched where regulars[place].poster == poster && poster != 0 {
            return regulars[place].isRegular
        }
        return false
    }

    /// Counts a post that was made of `arrival`; `isNew`: by somebody who never posted before.
    mutating func countPost(of arrival: Arrival, isNew: Bool, at time: Timestamp) {
        posts &+= 1
        lastPost = time.microseconds
        if arrival.headers.showReplies { showsReplies = true }
        countPost(of: arrival.poster, address: arrival.posterAddress, at: time.microseconds)
        guard isNew else { return }
        if knownPosters < .max { knownPosters += 1 }
        lastNewcomer = UInt32(clamping: time.seconds)
    }

    /// Counts a post of `poster`; a free or the least active place is taken for a new one.
    private mutating func countPost(of poster: UInt64, address: String, at time: Int64) {
        guard poster != 0 else { return }
        var least = -1
        var isFirst = true
        for place in 0..<Self.watched {
            if regulars[place].poster == poster {
                if regulars[place].posts < .max { regulars[place].posts += 1 }
                if time.subtractingReportingOverflow(regulars[place].first).partialValue
                    >= TimeSpan.days(1).microseconds
                {
                    regulars[place].isRegular = true
                }
                return
            }
            if regulars[place].poster != 0 { isFirst = false }
            if !regulars[place].isRegular,
                least < 0 || regulars[place].posts < regulars[least].posts
            {
                least = place
            }
        }
        guard least >= 0 else { return }
        regulars[least] = RegularPoster(
            poster: poster,
            address: address,
            first: time,
            posts: 1,
            isRegular: isFirst
        )
    }

    /// Counts `copies` of the post `message` towards the list's size; `isFurther`: it had some before.
    mutating func countCopies(_ copies: Int64, of message: UInt64, isFurther: Bool = false) {
        announced = announced.addingReportingOverflow(copies).partialValue
        if message != currentPost {
            // Of a post before the current one: that one is not over, and this one grew.
            if let place = fannedOut(message) {
                let sum = Int64(fanOuts[place]).addingReportingOverflow(copies).partialValue
                fanOuts[place] = Int32(clamping: sum)
                return
            }
            // So long ago that its size is no longer told apart.
            if isFurther, currentPost != 0 { return }
            if currentCopies > 0 {
                mailboxes.endPost(of: currentCopies, members: members)
                remember(Int32(clamping: currentCopies), of: currentPost)
            }
            currentPost = message
            currentCopies = 0
        }
        currentCopies = currentCopies.addingReportingOverflow(copies).partialValue
    }

    /// Where the size of the post `message` is remembered; nil: nowhere.
    private func fannedOut(_ message: UInt64) -> Int? {
        let half = UInt32(truncatingIfNeeded: message)
        guard half != 0 else { return nil }
        for place in 0..<8 where fannedOut[place] == half && fanOuts[place] > 0 { return place }
        return nil
    }

    /// Notes where `copies` of the post `message` went; only those of the current one tell anything.
    mutating func note(_ copies: Int64, of message: UInt64, to destination: Destination) {
        if message == currentPost { mailboxes.count(copies, to: destination) }
    }

    /// Keeps the size of a whole fan-out; two in a row that agree with each other and not with
    /// the ones before are a list that grew or shrank, and the ones before are dropped.
    private mutating func remember(_ size: Int32, of message: UInt64) {
        let (median, previous) = (median, Int64(fanOuts[7]))
        for place in 1..<8 {
            fanOuts[place - 1] = fanOuts[place]
            fannedOut[place - 1] = fannedOut[place]
        }
        fanOuts[7] = size
        fannedOut[7] = UInt32(truncatingIfNeeded: message)
        let now = Int64(size)
        guard previous > 0, now <= previous * 2, previous <= now * 2,
            min(now, previous) > median * 4 || max(now, previous) * 4 < median
        else { return }
        for place in 0..<6 { fanOuts[place] = 0 }
    }

    /// The middle one of the remembered sizes; 0 while there is none.
    private var median: Int64 {
        var sizes: [Int32] = []
        for place in 0..<8 where fanOuts[place] > 0 { sizes.append(fanOuts[place]) }
        sizes.sort()
        return sizes.isEmpty ? 0 : Int64(sizes[sizes.count / 2])
    }

    /// Members, estimated from recent fan-outs; 0 while there was none.
    ///
    /// The mean of the last eight whole fan-outs within a factor of four of their median; of the
    /// current one while there is no whole one. The factor is chosen: a sub-list's fan-out is
    /// smaller, a double expansion twice as large.
    var members: Int64 {
        let median = median
        guard median > 0 else { return max(currentCopies, 0) }
        var (sum, count): (Int64, Int64) = (0, 0)
        for place in 0..<8 {
            let size = Int64(fanOuts[place])
            guard size > 0, size * 4 >= median, size <= median * 4 else { continue }
            sum += size
            count += 1
        }
        return (sum + count / 2) / max(count, 1)
    }
}

/// What is known about a list, for detection, status and people.
public struct ListFacts: Sendable, Equatable {
    /// The posting address in lower case.
    public var address: String
    /// How the list came to be known.
    public var origin: ListOrigin
    /// Whether the configuration names it.
    public var isConfigured: Bool
    /// Whether it fanned out; false for one that only an envelope sender named so far.
    public var isConfirmed: Bool
    /// Members, estimated from recent fan-outs; 0 while there was none.
    public var members: Int64
    /// How many of them have their mailbox on this host, so that their copies never leave it; 0 where
    /// no delivery proved any.
    public var membersHere: Int64
    /// Distinct posters since it is known.
    public var knownPosters: Int
    /// Event time of the latest post by somebody who had never posted before; nil: there was none.
    public var lastNewcomer: Timestamp?
    /// Regular posters: configured, the first one, or with posts a day or more apart.
    ///
    /// At most 4 are watched; more configured ones are known all the same.
    public var regularPosters: [String]
    /// Posts, each once.
    public var posts: Int64
    /// Copies announced.
    public var announced: Int64
    /// Copies sent.
    public var sent: Int64
    /// Whether the log shows by headers which of its posts are replies.
    public var hasHeaders: Bool
    /// Event time of the latest post; nil before the first.
    public var lastPost: Timestamp?
}
