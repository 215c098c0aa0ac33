// SPDX-License-Identifier: Apache-2.0
//
// From a fan-out message to a post: whether it is a new one, whose it is, whom it answers. The
// mistake to avoid: telling a list manager's own notices (welcome, moderation, probes) as posts;
// they come from nowhere and go to one or two people.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// ``TrafficSettings/smallestFanOut``, within reason.
    var smallestFanOut: Int32 { Int32(clamping: max(settings.smallestFanOut, 2)) }

    /// Takes the message in `slot` for copies of `list`, and tells what that means.
    ///
    /// `arrival` is the key of the message that it was made of, 0 to find it by Message-ID;
    /// `inline` copies were delivered before, under the parent's id.
    mutating func attach(
        _ slot: Int32,
        to list: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        arrival: UInt64,
        inline: Int64,
        _ out: inout [TrafficEvent]
    ) {
        carry(slot, list)
        let isStray = lives[slot].message == 0
        if isStray { lives[slot].message = stray(slot, list, event.time) }
        let life = lives[slot]
        let parent = parent(of: life, arrival)
        let copies = Int64(life.recipients) + inline
        let key = mix(lists[list].hash, life.message)
        if let place = posts.find(key), posts[place].isTold {
            posts.touch(place)
            addCopies(copies, slot, list, place, parent, event, &out)
        } else {
            let place = posts.find(key) ?? record(key, life, event.time)
            posts[place].copies += copies
            // A lost Message-ID line must not make a second post of the first one's chunk.
            if parent != nil || (posts[place].copies >= Int64(smallestFanOut) && !isStray) {
                tell(place, slot, list, parent, event, bytes, &out)
            } else {
                lives[slot].flags.insert(.pending)
            }
        }
        if lives[slot].origin == .local, let place = posts.find(key) {
            posts[place].hasExpansion = true
        }
        if parent == nil || arrivals.key(parent ?? 0) != lives[slot].arrival {
            dropArrival(of: slot)
        }
        openFanOut(slot)
        let earlier = Int64(life.sent) + inline
        if earlier > 0 { tellEarlier(earlier, list, key, event.time, &out) }
    }

    /// Copies that had left before it was known whose they were.
    private mutating func tellEarlier(
        _ sent: Int64,
        _ list: Int32,
        _ key: UInt64,
        _ time: Timestamp,
        _ out: inout [TrafficEvent]
    ) {
        if let place = posts.find(key), !posts[place].isTold {
            posts[place].pendingSent += sent
            return
        }
        lists[list].sent &+= sent
        out.append(.sent(list: ListID(index: list), copies: sent, time: time))
    }

    private mutating func record(_ key: UInt64, _ life: Life, _ time: Timestamp) -> Int32 {
        let isKept = lists.lane(life.list) != .passing
        let (place, gone) = posts.insert(key, lane: isKept ? .kept : .passing)
        if gone != nil { tally.evictedPosts += 1 }
        posts[place].time = time.microseconds
        posts[place].root = life.message
        return place
    }

    /// What stands for the Message-ID of a fan-out whose line for it is missing: the list's latest
    /// post when that is fresh, else the life itself.
    private func stray(_ slot: Int32, _ list: Int32, _ time: Timestamp) -> UInt64 {
        let age = time - Timestamp(microseconds: lists[list].lastPost)
        if lists[list].currentPost != 0, age.microseconds <= Self.joinSpan {
            return lists[list].currentPost
        }
        return max(lives.key(slot), 1)
    }

    /// The slot of the arrival that the fan-out `life` was made of; nil when it came from nowhere.
    ///
    /// Not guessed from what was handed to the list a moment ago: that would make a post of every
    /// notice that a list manager writes about a held one.
    private func parent(of life: Life, _ key: UInt64) -> Int32? {
        if key != 0, let place = arrivals.find(key) { return place }
        if let place = byMessage[life.message] { return place }
        return nil
    }

    /// More copies of a post that was told: a chunk, a second round, or a member's forward.
    private mutating func addCopies(
        _ copies: Int64,
        _ slot: Int32,
        _ list: Int32,
        _ place: Int32,
        _ parent: Int32?,
        _ event: MailEvent,
        _ out: inout [TrafficEvent]
    ) {
        let life = lives[slot]
        var added = copies
        if let parent, arrivals.key(parent) != posts[place].arrival,
            arrivals[parent].message == life.message, arrivals[parent].born > posts[place].time
        {
            posts[place].arrival = arrivals.key(parent)
            if !arrivals[parent].isReturned {
                arrivals[parent].isReturned = true
                out.append(
                    .returned(
                        list: ListID(index: list),
                        messageID: life.message,
                        time: event.time,
                        poster: arrivals[parent].poster,
                        age: age(of: arrivals[parent], event.time, isJoined: true)
                    )
                )
            }
        } else if life.origin == .local, posts[place].hasExpansion {
            // local(8) expands a list into one message: a second one is a member's forward.
            added -= 1
        }
        posts[place].copies += added
        announce(added, list, life.message, event.time, &out)
    }

    /// Announces further copies of a post that was told.
    mutating func announce(
        _ copies: Int64,
        _ list: Int32,
        _ message: UInt64,
        _ time: Timestamp,
        _ out: inout [TrafficEvent]
    ) {
        guard copies > 0 else { return }
        lists[list].countCopies(copies, of: message)
        out.append(.announced(list: ListID(index: list), copies: copies, time: time))
        confirm(list, &out)
    }

    /// Tells a post, once.
    mutating func tell(
        _ place: Int32,
        _ slot: Int32,
        _ list: Int32,
        _ parent: Int32?,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let life = lives[slot]
        // Its own headers speak for a message that came from nowhere.
        let source = parent ?? (life.arrival == 0 ? nil : arrivals.find(life.arrival))
        let arrival = source.map { arrivals[$0] } ?? Arrival()
        let copies = posts[place].copies
        posts[place].isTold = true
        posts[place].arrival = parent.map { arrivals.key($0) } ?? 0
        posts[place].root = root(of: arrival, list) ?? life.message
        lists[list].countCopies(copies, of: life.message)
        confirm(list, &out)
        if lists.lane(list) != .passing, posts.move(place, to: .kept) != nil {
            tally.evictedPosts += 1
        }

        // The alias's own line names the fan-out behind its own id.
        let isForward = event.kind == .delivery && !event.relatedID.isEmpty
        let listHash = lists[list].hash
        let posterKey = mix(listHash, arrival.poster)
        let isKnown =
            arrival.poster == 0 || known.contains(posterKey)
            || configuredPosters.contains(posterKey)
        let post = Post(
            list: ListID(index: list),
            time: event.time,
            poster: arrival.poster,
            posterAddress: arrival.posterAddress,
            messageID: life.message,
            thread: posts[place].root,
            kind: kind(of: arrival, list, isStranger: !isKnown),
            isStranger: !isKnown,
            hasHeaders: arrival.headers.showReplies,
            age: age(of: arrival, event.time, isJoined: parent != nil),
            copies: copies,
            queueID: Self.text(bytes, isForward ? event.relatedID : event.queueID),
            parent: arrival.parent == 0 ? nil : arrival.parent
        )
        out.append(.post(post))
        notePoster(arrival, posterKey, isKnown, list, event.time)
        let pending = posts[place].pendingSent
        guard pending > 0 else { return }
        posts[place].pendingSent = 0
        lists[list].sent &+= pending
        out.append(.sent(list: ListID(index: list), copies: pending, time: event.time))
    }

    private mutating func notePoster(
        _ arrival: Arrival,
        _ key: UInt64,
        _ isKnown: Bool,
        _ list: Int32,
        _ time: Timestamp
    ) {
        lists[list].posts &+= 1
        lists[list].lastPost = time.microseconds
        if arrival.headers.showReplies { lists[list].showsReplies = true }
        guard arrival.poster != 0 else { return }
        lists[list].countPost(
            of: arrival.poster,
            address: arrival.posterAddress,
            at: time.microseconds
        )
        guard !isKnown else { return }
        if lists[list].knownPosters < .max { lists[list].knownPosters += 1 }
        known.insert(key)
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
