// SPDX-License-Identifier: Apache-2.0
//
// From a fan-out message to a post: whether it is a new one, whose it is, whom it answers. The
// mistake to avoid: telling a list manager's own notices (welcome, moderation, probes) as posts;
// they come from nowhere and go to one or two people.

internal import EventTime
internal import MailLog

/// A post that is to be told, wherever it was seen.
struct ToldPost {
    var list: Handle<ListRecord>
    /// The hash of the list's address.
    var listHash: UInt64
    var arrival: Arrival
    /// Whether the arrival is that of the message itself, so that its stay in the queue is known.
    var isJoined: Bool
    var message: UInt64
    var thread: UInt64
    var time: Timestamp
    var copies: Int64
    var queueID: String
}

extension ListTraffic {
    /// Takes a message for copies of `list`, and tells what that means.
    ///
    /// `arrival` is the key of the message that it was made of, 0 to find it by Message-ID;
    /// `inline` copies were delivered before, under the parent's id.
    mutating func attach(
        _ life: Handle<Life>,
        to list: Handle<ListRecord>,
        _ line: Line,
        arrival: UInt64,
        inline: Int64
    ) {
        carry(life, list)
        nameAfterArrival(life, arrival, line.time)
        let isStray = messages[life]?.message == 0
        if isStray {
            let message = stray(life, list, line.time)
            messages[life]?.message = message
        }
        guard let it = messages[life], let hash = directory.hash(list) else { return }
        let parent = parent(of: it, arrival)
        let copies = Int64(it.recipients) + inline
        if let post = posts.find(hash, it.message), posts[post]?.isTold == true {
            posts.touch(post)
            addCopies(copies, life, list, post, parent, line)
        } else {
            let post = posts.find(hash, it.message) ?? beginPost(hash, it, list, line.time)
            posts[post]?.copies += copies
            let sum = posts[post]?.copies ?? 0
            // A lost Message-ID line must not make a second post of the first one's chunk.
            if parent != nil || (sum >= Int64(smallestFanOut) && !isStray) {
                tell(post, life, list, parent, line)
            } else {
                messages[life]?.flags.insert(.pending)
            }
        }
        if it.origin == .local, let post = posts.find(hash, it.message) {
            posts[post]?.hasExpansion = true
        }
        let ownKey = parent.map { messages.key($0) }
        if ownKey != messages[life]?.arrival { messages.dropArrival(of: life) }
        openFanOut(life)
        let earlier = Int64(it.sent) + inline
        if earlier > 0 { tellEarlier(earlier, list, posts.find(hash, it.message), line.time) }
    }

    /// The arrival that a fan-out was made of: the one under `arrival`, else by Message-ID.
    private func parent(of life: Life, _ arrival: UInt64) -> Handle<Arrival>? {
        if let told = messages.arrival(arrival) ?? messages.arrival(named: life.message) {
            return told
        }
        guard let latest = messages.arrival(named: Self.emptyID) else { return nil }
        return life.message == Self.standIn(messages.key(latest)) ? latest : nil
    }

    /// Lets a fan-out without a Message-ID be known by what it was made of: the arrival under `arrival`,
    /// else the latest without one.
    ///
    /// Two mails without a Message-ID are two mails: else all would be the first one, which comes back.
    mutating func nameAfterArrival(_ life: Handle<Life>, _ arrival: UInt64, _ time: Timestamp) {
        guard messages[life]?.message == Self.emptyID else { return }
        var source = messages.arrival(arrival)
        if source == nil, let latest = messages.arrival(named: Self.emptyID),
            let born = messages[latest]?.born,
            time - Timestamp(microseconds: born) <= TimeSpan(microseconds: Self.joinSpan)
        {
            source = latest
        }
        // Nothing that it was made of: its line might as well be missing.
        let standIn = source.map { Self.standIn(messages.key($0)) } ?? 0
        messages[life]?.message = standIn
    }

    /// What stands for the Message-ID of copies of the arrival under `key`, which has none.
    private static func standIn(_ key: UInt64) -> UInt64 { max(mix(emptyID, key), 1) }

    /// Copies that had left before it was known whose they were.
    private mutating func tellEarlier(
        _ sent: Int64,
        _ list: Handle<ListRecord>,
        _ post: Handle<PostRecord>?,
        _ time: Timestamp
    ) {
        if let post, posts[post]?.isTold == false {
            posts[post]?.pendingSent += sent
        } else {
            tellSent(sent, list, time)
        }
    }

    private mutating func beginPost(
        _ hash: UInt64,
        _ life: Life,
        _ list: Handle<ListRecord>,
        _ time: Timestamp
    ) -> Handle<PostRecord> {
        let isKept = directory.isConfirmed(list)
        let (post, hasEvicted) = posts.begin(hash, life.message, at: time, isKept: isKept)
        if hasEvicted { tally.evictedPosts += 1 }
        return post
    }

    /// What stands for the Message-ID of a fan-out whose line for it is missing: the list's latest
    /// post when that is fresh, else the life itself.
    private func stray(
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ time: Timestamp
    ) -> UInt64 {
        if let record = directory[list], record.currentPost != 0,
            (time - Timestamp(microseconds: record.lastPost)).microseconds <= Self.joinSpan
        {
            return record.currentPost
        }
        return max(messages.key(life), 1)
    }

    /// More copies of a post that was told: a chunk, a second round, or a member's forward.
    private mutating func addCopies(
        _ copies: Int64,
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ post: Handle<PostRecord>,
        _ parent: Handle<Arrival>?,
        _ line: Line
    ) {
        guard let it = messages[life], let record = posts[post] else { return }
        var added = copies
        if let parent, let source = messages[parent], messages.key(parent) != record.arrival,
            source.message == it.message, source.born > record.time
        {
            let key = messages.key(parent)
            posts[post]?.arrival = key
            if !source.isReturned {
                messages[parent]?.isReturned = true
                tellReturned(list, it.message, source, line.time)
            }
        } else if it.origin == .local, record.hasExpansion {
            // local(8) expands a list into one message: a second one is a member's forward.
            added -= 1
        }
        posts[post]?.copies += added
        announce(added, list, it.message, line.time, it.origin)
    }

    /// Announces further copies of a post that was told.
    mutating func announce(
        _ copies: Int64,
        _ list: Handle<ListRecord>,
        _ message: UInt64,
        _ time: Timestamp,
        _ origin: Origin
    ) {
        guard copies > 0 else { return }
        if ledger != nil { noteFact(copies: copies, of: message, list, origin, time) }
        directory[list]?.countCopies(copies, of: message, isFurther: true)
        tell(.announced(list: ListID(index: list.slot), copies: copies, time: time))
        confirm(list)
    }

    /// A list that fanned out is kept apart from those that only a sender named.
    mutating func confirm(_ list: Handle<ListRecord>) {
        if let gone = directory.confirm(list) { tell(gone) }
    }

    /// Tells that a post came back to its list.
    mutating func tellReturned(
        _ list: Handle<ListRecord>,
        _ message: UInt64,
        _ source: Arrival?,
        _ time: Timestamp
    ) {
        if ledger != nil { noteFact(returned: message, list, source, time) }
        tell(
            .returned(
                list: ListID(index: list.slot),
                messageID: message,
                time: time,
                poster: source?.poster ?? 0,
                age: source.flatMap { age(of: $0, time, isJoined: true) }
            )
        )
    }

    /// Tells that copies of a post left.
    @inline(__always)
    mutating func tellSent(_ copies: Int64, _ list: Handle<ListRecord>, _ time: Timestamp) {
        directory.countSent(copies, list)
        tell(.sent(list: ListID(index: list.slot), copies: copies, time: time))
    }

    // MARK: The post itself

    /// Tells a post, once.
    mutating func tell(
        _ post: Handle<PostRecord>,
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ parent: Handle<Arrival>?,
        _ line: Line
    ) {
        guard let it = messages[life], let hash = directory.hash(list) else { return }
        // Its own headers speak for a message that came from nowhere.
        let source = parent ?? messages.arrival(it.arrival)
        let arrival = source.flatMap { messages[$0] } ?? Arrival()
        let copies = posts[post]?.copies ?? 0
        let thread = root(of: arrival, hash) ?? it.message
        let key = parent.map { messages.key($0) } ?? 0
        posts[post]?.isTold = true
        posts[post]?.arrival = key
        posts[post]?.root = thread
        directory[list]?.countCopies(copies, of: it.message)
        confirm(list)
        if directory.isConfirmed(list), posts.keep(post) { tally.evictedPosts += 1 }

        // The alias's own line names the fan-out behind its own id.
        let event = line.event
        let isForward = event.kind == .delivery && !event.relatedID.isEmpty
        let told = ToldPost(
            list: list,
            listHash: hash,
            arrival: arrival,
            isJoined: parent != nil,
            message: it.message,
            thread: thread,
            time: line.time,
            copies: copies,
            queueID: Self.text(line.bytes, isForward ? event.relatedID : event.queueID)
        )
        if ledger != nil { noteFact(told, it.origin) }
        tell(told)
        guard let pending = posts[post]?.pendingSent, pending > 0 else { return }
        posts[post]?.pendingSent = 0
        tellSent(pending, list, line.time)
    }

    /// Tells a post, and remembers who wrote it.
    mutating func tell(_ told: ToldPost) {
        let arrival = told.arrival
        let poster = mix(told.listHash, arrival.poster)
        let isKnown =
            arrival.poster == 0 || posts.hasPosted(poster) || directory.isRegular(poster)
        tell(
            .post(
                Post(
                    list: ListID(index: told.list.slot),
                    time: told.time,
                    poster: arrival.poster,
                    posterAddress: arrival.posterAddress,
                    messageID: told.message,
                    thread: told.thread,
                    kind: kind(of: arrival, told.list, isStranger: !isKnown),
                    isStranger: !isKnown,
                    hasHeaders: arrival.headers.showReplies,
                    age: age(of: arrival, told.time, isJoined: told.isJoined),
                    copies: told.copies,
                    queueID: told.queueID,
                    parent: arrival.parent == 0 ? nil : arrival.parent,
                    isFromList: arrival.foreignSender != 0
                )
            )
        )
        notePoster(arrival, poster, isKnown, told.list, told.time)
    }

    private mutating func notePoster(
        _ arrival: Arrival,
        _ key: UInt64,
        _ isKnown: Bool,
        _ list: Handle<ListRecord>,
        _ time: Timestamp
    ) {
        directory[list]?.countPost(of: arrival, isNew: arrival.poster != 0 && !isKnown, at: time)
        if arrival.poster != 0, !isKnown { posts.notePoster(key) }
    }

    /// The text at `range`, at most 64 bytes of it.
    static func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
        let end = min(Int(range.end), bytes.count)
        return String(
            decoding: bytes[min(Int(range.start), end)..<end].prefix(64),
            as: UTF8.self
        )
    }
}
