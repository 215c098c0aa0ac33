// SPDX-License-Identifier: Apache-2.0
//
// The other entrance: what other hosts saw of a list, told by them and not read from lines. From here on
// a post goes the way of one that this host saw: the same tables say who is a stranger, which thread it
// is and what it is taken for. The mistake to avoid: one value for lines and for facts; a post would
// count twice.

public import EventTime
internal import MailLog

extension ListTraffic {
    /// Takes a post that some host told, at `time`, and appends what it means to `out`.
    ///
    /// Nothing for one that was told before. `number` gives a message its number in these tables.
    /// - Returns: the list, and whether the post is new; nil where the address is never a list's.
    public mutating func join(
        _ fact: PostFact,
        to address: String,
        at time: Timestamp,
        number: (MessageDigest) -> UInt64,
        into out: inout [TrafficEvent]
    ) -> (list: ListID, isNew: Bool)? {
        var result: (list: ListID, isNew: Bool)?
        lend(&out) { traffic in
            guard let list = traffic.place(of: address), let hash = traffic.directory.hash(list)
            else { return }
            let message = number(fact.message)
            let id = ListID(index: list.slot)
            if let known = traffic.posts.find(hash, message) {
                traffic.posts.touch(known)
                result = (id, false)
                return
            }
            result = (id, true)
            let arrival = traffic.arrival(of: fact, at: time, number)
            let person = mix(hash, arrival.poster)
            if fact.hasReceived, arrival.poster != 0 { traffic.posts.noteRecipient(person) }
            traffic.begin(message, fact, arrival, list, hash, time)
        }
        return result
    }

    /// Takes further copies of a post that was joined.
    public mutating func join(
        copies: Int64,
        of message: UInt64,
        to address: String,
        at time: Timestamp,
        into out: inout [TrafficEvent]
    ) {
        lend(&out) { traffic in
            guard let list = traffic.place(of: address) else { return }
            traffic.announce(copies, list, message, time, .unseen)
        }
    }

    /// Takes it that a post came back to its list.
    /// - Returns: the list; nil where nobody saw the post go out.
    public mutating func join(
        returned fact: PostFact,
        to address: String,
        at time: Timestamp,
        number: (MessageDigest) -> UInt64,
        into out: inout [TrafficEvent]
    ) -> ListID? {
        var result: ListID?
        lend(&out) { traffic in
            guard let list = traffic.place(of: address), let hash = traffic.directory.hash(list)
            else { return }
            let message = number(fact.message)
            guard traffic.posts.find(hash, message) != nil else { return }
            traffic.tellReturned(list, message, traffic.arrival(of: fact, at: time, number), time)
            result = ListID(index: list.slot)
        }
        return result
    }

    private mutating func begin(
        _ message: UInt64,
        _ fact: PostFact,
        _ arrival: Arrival,
        _ list: Handle<ListRecord>,
        _ hash: UInt64,
        _ time: Timestamp
    ) {
        let (post, hasEvicted) = posts.begin(
            hash,
            message,
            at: time,
            isKept: directory.isConfirmed(list)
        )
        if hasEvicted { tally.evictedPosts += 1 }
        let thread = root(of: arrival, hash) ?? message
        posts[post]?.isTold = true
        posts[post]?.root = thread
        posts[post]?.copies = fact.copies
        directory.touch(list)
        directory[list]?.countCopies(fact.copies, of: message)
        confirm(list)
        if directory.isConfirmed(list), posts.keep(post) { tally.evictedPosts += 1 }
        tell(
            ToldPost(
                list: list,
                listHash: hash,
                arrival: arrival,
                isJoined: fact.held != nil,
                message: message,
                thread: thread,
                time: time,
                copies: fact.copies,
                queueID: fact.queueID
            )
        )
    }

    private mutating func place(of address: String) -> Handle<ListRecord>? {
        let bytes = Array(address.utf8)
        let form = AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
        return resolve(form, .expansion, bytes)
    }

    /// The arrival of a message as if it had come to this host.
    private func arrival(
        of fact: PostFact,
        at time: Timestamp,
        _ number: (MessageDigest) -> UInt64
    ) -> Arrival {
        var arrival = Arrival()
        let bytes = Array(fact.poster.utf8)
        let person = AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
            .person(bytes, delimiters: directory.delimiters)
        arrival.poster = person.hash(bytes)
        arrival.posterAddress = person.text(bytes)
        arrival.parent = fact.parent.map(number) ?? 0
        arrival.root = fact.root.map(number) ?? 0
        arrival.date = fact.written?.microseconds ?? .min
        arrival.born = (time - (fact.held ?? TimeSpan(microseconds: 0))).microseconds
        // Which header showed it matters to nobody any more.
        if fact.hasHeaders { arrival.headers = .messageID }
        arrival.isRobot = fact.isRobot
        arrival.isReply = fact.isReply
        arrival.foreignSender = fact.isFromList ? 1 : 0
        return arrival
    }
}
