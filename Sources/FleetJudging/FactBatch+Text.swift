// SPDX-License-Identifier: Apache-2.0
//
// Facts as they go over the wire: the lines of a record, one a fact, its words apart by blanks and the
// poster last, since only that may hold blanks. The mistake to avoid: to repair what is malformed; a batch
// is read whole or not at all.

internal import EventTime
public import Fleet
public import ListTraffic
internal import Words

extension FactBatch {
    /// Bytes of the longest batch: what brokers of a fleet take of one message.
    public static let longest = 8192

    /// As it goes over the wire.
    public var text: String {
        RecordText.text(
            "facts",
            [
                ("start", String(start)), ("number", String(number)),
                ("sent", String(sent.microseconds)),
            ] + facts.map { ("fact", $0.text) }
        )
    }

    /// Reads what ``text`` wrote, of `host`; throws where it is none.
    ///
    /// A kind of fact that a newer version has is passed over.
    public init(_ bytes: [UInt8], from host: String) throws(RecordRefusal) {
        let record = try RecordText(bytes, kind: "facts", limit: Self.longest)
        guard HostName.isValid(host) else { throw RecordRefusal("'\(host)' is no host") }
        guard let start = UInt64(try record.required("start")),
            let number = UInt64(try record.required("number"))
        else { throw RecordRefusal("'start' or 'number' is no number") }
        guard let sent = try record.number("sent") else { throw RecordRefusal("'sent' is missing") }
        var facts: [TrafficFact] = []
        for line in try record.all("fact", most: Self.most) {
            if let fact = try TrafficFact(line) { facts.append(fact) }
        }
        self.init(
            host: host,
            start: start,
            number: number,
            sent: Timestamp(microseconds: sent),
            facts: facts
        )
    }

    /// As many of `facts` from their beginning as one batch has room for.
    public static func fitting(_ facts: some Collection<TrafficFact>) -> [TrafficFact] {
        var room = longest - 200
        return Array(
            facts.prefix(most).prefix { fact in
                room -= fact.text.utf8.count + "fact: \n".utf8.count
                return room >= 0
            }
        )
    }
}

extension TrafficFact {
    /// One line without its end.
    ///
    /// What a reader would refuse is left out of it, or put within bounds: a stranger's word in one fact
    /// must not void the batch.
    var text: String {
        let time = max(0, min(time.microseconds, Self.farthest - 1))
        let head = "\(role == .home ? "home" : "relay") \(time) \(list)"
        return switch happening {
        case .post(let post): "post \(head) \(post.text)"
        case .returned(let post): "returned \(head) \(post.text)"
        case .copies(let message, let copies):
            "copies \(head) \(message.text) \(Self.bounded(copies))"
        }
    }

    /// `copies` within what is believed.
    static func bounded(_ copies: Int64) -> Int64 {
        max(Self.copies.lowerBound, min(copies, Self.copies.upperBound))
    }

    /// Reads ``text``; nil for a kind that is not known.
    init?(_ line: String) throws(RecordRefusal) {
        let words = line.split(separator: " ", maxSplits: 12, omittingEmptySubsequences: false)
        guard let kind = words.first, ["post", "returned", "copies"].contains(kind) else {
            return nil
        }
        guard words.count >= 6, words[1] == "home" || words[1] == "relay",
            let time = Int64(words[2]), time >= 0, time < Self.farthest,
            FleetScope.domain(of: words[3]) != nil, !words[3].hasPrefix(FleetScope.senderMark),
            let message = MessageDigest(words[4])
        else { throw RecordRefusal("a fact has no role, time, list or message") }
        let happening: Happening
        if kind == "copies" {
            guard words.count == 6, let copies = Int64(words[5]), Self.copies.contains(copies)
            else {
                throw RecordRefusal("copies are no number")
            }
            happening = .copies(message, copies)
        } else {
            let post = try PostFact(message, words[5...])
            happening = kind == "post" ? .post(post) : .returned(post)
        }
        self.init(
            list: String(words[3]),
            time: Timestamp(microseconds: time),
            role: words[1] == "home" ? .home : .relay,
            happening
        )
    }

    /// Copies of one message that are believed; chosen, a hundred times the largest list.
    static let copies: ClosedRange<Int64> = 0...100_000_000
    /// Microseconds of the year 10000: no stamp is later.
    static let farthest: Int64 = 253_402_300_800_000_000
}

extension PostFact {
    private static var marks: [(letter: Character, path: WritableKeyPath<PostFact, Bool>)] {
        [
            ("r", \.isRobot), ("a", \.isReply), ("h", \.hasHeaders), ("l", \.isFromList),
            ("c", \.hasReceived),
        ]
    }

    /// The words behind the list.
    fileprivate var text: String {
        let letters = String(Self.marks.filter { self[keyPath: $0.path] }.map(\.letter))
        return [
            message.text, parent?.text ?? "-", root?.text ?? "-", letters.isEmpty ? "-" : letters,
            Self.word(written?.microseconds), Self.word(held?.microseconds),
            String(TrafficFact.bounded(copies)),
            Self.safe(queueID, 64).split(separator: " ").first.map(String.init) ?? "-",
            Self.safe(poster, 254),
        ].joined(separator: " ")
    }

    private static func word(_ number: Int64?) -> String {
        number.flatMap { isWithin($0) ? String($0) : nil } ?? "-"
    }

    private static func isWithin(_ number: Int64) -> Bool {
        (-TrafficFact.farthest..<TrafficFact.farthest).contains(number)
    }

    /// At most so many bytes of `text`, without what a record may not hold.
    private static func safe(_ text: String, _ limit: Int) -> String {
        var kept = String.UnicodeScalarView()
        var room = limit
        for scalar in text.unicodeScalars where !scalar.isUnsafe {
            room -= String(scalar).utf8.count
            guard room >= 0 else { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// Reads the words behind the message.
    fileprivate init(
        _ message: MessageDigest,
        _ words: ArraySlice<Substring>
    ) throws(RecordRefusal) {
        let words = Array(words)
        guard words.count == 8, let copies = Int64(words[5]), TrafficFact.copies.contains(copies),
            words[6].utf8.count <= 64, words[7].utf8.count <= 254
        else { throw RecordRefusal("a post lacks a word, or one is too long") }
        self.init(message: message)
        parent = try Self.optional(words[0]) { MessageDigest($0) }
        root = try Self.optional(words[1]) { MessageDigest($0) }
        for letter in words[2] where letter != "-" {
            // A mark that a newer version has says nothing here.
            guard let mark = Self.marks.first(where: { $0.letter == letter }) else { continue }
            self[keyPath: mark.path] = true
        }
        written = try Self.optional(words[3]) { Self.number($0).map(Timestamp.init(microseconds:)) }
        held = try Self.optional(words[4]) { Self.number($0).map(TimeSpan.init(microseconds:)) }
        self.copies = copies
        queueID = words[6] == "-" ? "" : String(words[6])
        poster = String(words[7])
    }

    private static func optional<Value>(
        _ word: Substring,
        _ read: (Substring) -> Value?
    ) throws(RecordRefusal) -> Value? {
        if word == "-" { return nil }
        guard let value = read(word) else { throw RecordRefusal("a word of a post is none") }
        return value
    }

    private static func number(_ word: Substring) -> Int64? {
        Int64(word).flatMap { isWithin($0) ? $0 : nil }
    }
}
