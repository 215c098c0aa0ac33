// SPDX-License-Identifier: Apache-2.0
//
// What is kept so that facts can be told: the Message-ID behind each number of our tables, as a digest,
// for as long as it may be asked for; and the facts until they are taken. A host without a fleet has no
// ledger and works out no digest. The mistake to avoid: a digest of every message for good; a post is
// told within minutes of the line that showed its Message-ID.

internal import EventTime
internal import MailLog

/// Facts to be told to other hosts.
struct FactLedger: Sendable {
    /// Message-IDs of one of two generations; the older one is dropped when the newer is full.
    ///
    /// Chosen: 32,768 are five minutes at 100 messages a second; 2 MiB for both.
    static let mostIDs = 1 << 15
    /// Facts that wait to be taken; whoever takes them comes after each batch of lines.
    ///
    /// Chosen.
    static let mostFacts = 10_000

    private var newer: [UInt64: MessageDigest] = [:]
    private var older: [UInt64: MessageDigest] = [:]
    private var facts: [TrafficFact] = []
    /// Facts for which there was no room.
    private(set) var leftOut: Int64 = 0

    /// Keeps the digest of the Message-ID at `range`, which has no brackets.
    mutating func note(_ bytes: [UInt8], _ range: ByteRange?) {
        guard let range, !range.isEmpty, Int(range.end) <= bytes.count else { return }
        let hash = max(ByteHash.hash(bytes, range), 1)
        guard newer[hash] == nil else { return }
        if newer.count >= Self.mostIDs {
            older = newer
            newer = [:]
        }
        newer[hash] = MessageDigest(of: bytes[Int(range.start)..<Int(range.end)])
    }

    /// The digest of the message that our tables number `hash`.
    ///
    /// Of one that has no Message-ID, or is too old, the number itself stands for it: then hosts cannot
    /// join what they saw of it.
    func digest(of hash: UInt64) -> MessageDigest {
        newer[hash] ?? older[hash] ?? MessageDigest(of: Array("listbreaker \(hash)".utf8))
    }

    /// Tells `fact`.
    mutating func tell(_ fact: TrafficFact) {
        guard facts.count < Self.mostFacts else {
            leftOut += 1
            return
        }
        facts.append(fact)
    }

    /// What was told since the last call.
    mutating func take() -> [TrafficFact] {
        defer { facts.removeAll() }
        return facts
    }
}

extension ListTraffic {
    /// Whether facts are kept for other hosts; off: nothing is, and none are.
    public var keepsFacts: Bool {
        get { ledger != nil }
        set { if newValue != keepsFacts { ledger = newValue ? FactLedger() : nil } }
    }

    /// What was seen since the last call, in the order of the log; empty while ``keepsFacts`` is off.
    public mutating func takeFacts() -> [TrafficFact] { ledger?.take() ?? [] }

    /// Facts for which there was no room since ``keepsFacts`` is on.
    public var factsLeftOut: Int64 { ledger?.leftOut ?? 0 }

    // MARK: What is noted

    /// Keeps the Message-ID that the line of a message shows.
    mutating func noteID(_ bytes: [UInt8], _ range: ByteRange) {
        guard ledger != nil else { return }
        ledger?.note(bytes, Arrival.firstID(bytes, range) ?? range)
    }

    /// Keeps the Message-IDs that a header names.
    mutating func noteIDs(of event: MailEvent, _ bytes: [UInt8]) {
        guard ledger != nil, event.header == .inReplyTo || event.header == .references else {
            return
        }
        ledger?.note(bytes, Arrival.firstID(bytes, event.headerValue))
        ledger?.note(bytes, Arrival.lastID(bytes, event.headerValue))
        ledger?.note(bytes, Arrival.firstID(bytes, event.parent))
    }

    /// Tells other hosts of a post that is told here.
    mutating func noteFact(_ told: ToldPost, _ origin: Origin) {
        guard let address = directory[told.list]?.address else { return }
        let arrival = told.arrival
        var fact = PostFact(message: digest(of: told.message))
        fact.parent = arrival.parent == 0 ? nil : digest(of: arrival.parent)
        fact.root = arrival.root == 0 ? nil : digest(of: arrival.root)
        fact.poster = arrival.posterAddress
        fact.isRobot = arrival.isRobot
        fact.isReply = arrival.isReply
        fact.hasHeaders = arrival.headers.showReplies
        fact.isFromList = arrival.foreignSender != 0
        fact.hasReceived =
            !fact.hasHeaders && arrival.poster != 0
            && posts.hasReceived(mix(told.listHash, arrival.poster))
        setTimes(&fact, arrival, told.time, isJoined: told.isJoined)
        fact.copies = told.copies
        fact.queueID = told.queueID
        note(.post(fact), address, origin, told.time)
    }

    /// Tells other hosts of further copies.
    mutating func noteFact(
        copies: Int64,
        of message: UInt64,
        _ list: Handle<ListRecord>,
        _ origin: Origin,
        _ time: Timestamp
    ) {
        guard let address = directory[list]?.address else { return }
        note(.copies(digest(of: message), copies), address, origin, time)
    }

    /// Tells other hosts that a post came back.
    mutating func noteFact(
        returned message: UInt64,
        _ list: Handle<ListRecord>,
        _ source: Arrival?,
        _ time: Timestamp
    ) {
        guard let address = directory[list]?.address else { return }
        var fact = PostFact(message: digest(of: message))
        if let source {
            fact.poster = source.posterAddress
            setTimes(&fact, source, time, isJoined: true)
        }
        note(.returned(fact), address, .unseen, time)
    }

    private func digest(of hash: UInt64) -> MessageDigest {
        // Nobody asks without a ledger.
        ledger?.digest(of: hash) ?? FactLedger().digest(of: hash)
    }

    private func setTimes(
        _ fact: inout PostFact,
        _ arrival: Arrival,
        _ time: Timestamp,
        isJoined: Bool
    ) {
        fact.written = arrival.date == .min ? nil : Timestamp(microseconds: arrival.date)
        let span = time - Timestamp(microseconds: arrival.born)
        fact.held = isJoined ? max(span, TimeSpan(microseconds: 0)) : nil
    }

    private mutating func note(
        _ happening: TrafficFact.Happening,
        _ list: String,
        _ origin: Origin,
        _ time: Timestamp
    ) {
        let role: ReporterRole = origin == .listHost ? .relay : .home
        ledger?.tell(TrafficFact(list: list, time: time, role: role, happening))
    }
}
