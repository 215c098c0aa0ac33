// SPDX-License-Identifier: Apache-2.0
//
// The last posts of a list, and for each whether it counted and why not: what `explain` and a
// page show. The words are made when somebody asks, from one byte and one number.

import EventTime
import ListTraffic
internal import Words

/// Whether a post counted as evidence, or why not.
enum Standing: UInt8, Sendable, Equatable {
    /// A person who had not posted for a while.
    case counted
    /// The same, by a poster whom the list never redistributed before.
    case countedStranger
    /// Counted, while the list is too new for novelty to mean anything.
    case countedInWarmUp
    /// The poster posted a short while ago; the number is how long.
    case repeatPoster
    /// A machine, by its own mark: a poster like others, but with doubt.
    case robot
    /// A person whose post was written long before it came; the number is how long.
    case late
}

/// One remembered post.
struct TrailPost: Sendable, Equatable {
    var time: Timestamp
    var poster: String
    var queueID: String
    var copies: Int64
    var kind: PostKind
    var standing: Standing
    /// Microseconds, see ``Standing``.
    var span: Int64

    /// The post in words; `together` when it came in a batch and is not the first of it.
    func evidence(together: Bool) -> EvidencePost {
        EvidencePost(
            time: time,
            poster: poster,
            kind: kind.rawValue,
            queueID: queueID,
            copies: copies,
            reason: together ? Self.togetherReason : reason
        )
    }

    private static let togetherReason =
        "counted as one with the mail just before it: they came within \(Rings.moment) s, and no header "
        + "lines tell them apart"

    private var reason: String {
        let length = TimeSpan(microseconds: span).words
        return switch standing {
        case .counted: "counted"
        case .countedStranger: "counted: never posted here before"
        case .countedInWarmUp: "counted; whether the poster is new is not judged yet (warm-up)"
        case .repeatPoster: "not counted: the same poster wrote \(length) before"
        case .robot: "counted, with doubt: it calls itself a machine"
        case .late: "counted when it was written, \(length) before it came"
        }
    }

    /// Whether it is part of the evidence.
    var isCounted: Bool {
        standing != .repeatPoster
    }
}

/// The last 20 posts of one list, oldest first.
///
/// Each is a record of whole words: a word with its length in words (7 bits), kind and standing (5) and
/// microseconds (20), a word of seconds, then bytes: where its domain begins (0: it is not shared),
/// copies, span, queue id, local part, domain. The domain is a text,
/// or how many records later it stands: most people of a list share a few, and the latest record
/// that has one keeps it, so that the oldest can go.
enum Trail {
    fileprivate static let cap = 20
    fileprivate static let kinds = PostKind.allCases
    /// Standings there are; with five kinds they make 30.
    fileprivate static let standings: UInt32 = 6
    /// Longest address and queue id that are kept, in bytes: a record has at most 127 words.
    fileprivate static let posterCap = 254
    fileprivate static let queueIDCap = 100
    fileprivate static let lengthMask: UInt32 = 127

    /// Appends seven bits a byte.
    fileprivate static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    fileprivate static func takeNumber(_ bytes: ArraySlice<UInt8>, _ place: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard place < bytes.endIndex else { return nil }
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
}

extension TrailPost {
    /// The post as bytes of a record, and where its domain begins.
    fileprivate func packed() -> (bytes: [UInt8], domain: Int) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        let place = Trail.kinds.firstIndex(of: kind) ?? 0
        let sort = UInt32(place) * Trail.standings + UInt32(standing.rawValue)
        let parts = UInt32(
            clamping: time.microseconds - Timestamp(seconds: time.seconds).microseconds
        )
        for word in [sort << 7 | min(999_999, parts) << 12, UInt32(time)] {
            for shift in [0, 8, 16, 24] as [UInt32] {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes.append(0)
        Trail.append(UInt64(max(0, copies)), to: &bytes)
        Trail.append(span.magnitude / 1_000_000, to: &bytes)
        PackedText.append(
            queueID.utf8Span.span.extracting(first: Trail.queueIDCap),
            to: &bytes
        )
        let poster = poster.utf8Span.span.extracting(first: Trail.posterCap)
        var split = poster.count
        while split > 0, poster[split - 1] != UInt8(ascii: "@") { split -= 1 }
        split = split > 0 ? split - 1 : poster.count
        PackedText.append(poster.extracting(first: split), to: &bytes)
        let domain = bytes.count
        bytes.append(0)
        PackedText.append(poster.extracting(droppingFirst: split), to: &bytes)
        bytes[8] = UInt8(exactly: domain) ?? 0
        return (bytes, domain)
    }
}

extension Rings {
    /// Remembers `post`.
    mutating func note(_ post: TrailPost) {
        let (bytes, domain) = post.packed()
        var starts: [20 of Int] = .init(repeating: 0)
        var total = 0
        var start = range(.trail).lowerBound
        while start < words.count && total < Trail.cap {
            starts[total] = start
            total += 1
            start += max(1, Int(words[start] & Trail.lengthMask))
        }
        var first = 0
        var gone = 0
        if total == Trail.cap {
            gone = starts[1] - starts[0]
            first = 1
        }
        if bytes[8] != 0 {
            for index in stride(from: total - 1, through: first, by: -1)
            where shareDomain(bytes, domain, at: starts[index], later: total - index) {
                break
            }
        }
        close(.trail, at: 0, gone)
        let count = (bytes.count + 3) / 4
        let place = open(.trail, at: range(.trail).count, count)
        for offset in 0..<count {
            var word: UInt32 = 0
            for byte in 4 * offset..<min(bytes.count, 4 * offset + 4) {
                word |= UInt32(bytes[byte]) << UInt32(8 * (byte % 4))
            }
            set(place + offset, word)
        }
        set(place, words[place] | UInt32(count))
    }

    private func trailByte(_ start: Int, _ offset: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: words[start + offset / 4] >> UInt32(8 * (offset % 4)))
    }

    /// If the record at `start` has the domain of a record that comes `later`, lets it point there.
    private mutating func shareDomain(
        _ bytes: [UInt8],
        _ domain: Int,
        at start: Int,
        later: Int
    ) -> Bool {
        let length = Int(words[start] & Trail.lengthMask)
        let offset = Int(trailByte(start, 8))
        guard offset > 0, offset + bytes.count - domain <= 4 * length, trailByte(start, offset) == 0
        else { return false }
        var place = offset
        for index in domain..<bytes.count {
            guard trailByte(start, place) == bytes[index] else { return false }
            place += 1
        }
        // What is behind it in its last word is never read.
        let last = start + offset / 4
        let shift = UInt32(8 * (offset % 4))
        set(last, words[last] & ~(255 << shift) | UInt32(later) << shift)
        let kept = offset / 4 + 1
        set(start, words[start] & ~Trail.lengthMask | UInt32(kept))
        close(.trail, at: start - range(.trail).lowerBound + kept, length - kept)
        return true
    }

    /// The posts, oldest first; nil when the records are damaged.
    var trail: [TrailPost]? {
        var records: [(post: TrailPost, local: [UInt8], domain: [UInt8], later: Int)] = []
        var start = range(.trail).lowerBound
        while start < words.count {
            let length = Int(words[start] & Trail.lengthMask)
            guard length > 2, start + length <= words.count,
                let record = Self.record(words[start..<start + length])
            else { return nil }
            records.append(record)
            start += length
        }
        guard records.count <= Trail.cap else { return nil }
        for index in records.indices.reversed() {
            if records[index].later > 0 {
                guard index + records[index].later < records.count else { return nil }
                records[index].domain = records[index + records[index].later].domain
            }
            let text = records[index].local + records[index].domain
            records[index].post.poster = String(decoding: text, as: UTF8.self)
        }
        return records.map(\.post)
    }

    private static func record(_ words: ArraySlice<UInt32>)
        -> (post: TrailPost, local: [UInt8], domain: [UInt8], later: Int)?
    {
        let bytes = words.flatMap { word in
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
        }[...]
        let head = words[words.startIndex]
        let sort = head >> 7 & 31
        let kind = Int(sort / Trail.standings)
        var place = 9
        guard kind < Trail.kinds.count,
            let standing = Standing(rawValue: UInt8(sort % Trail.standings)),
            let copies = Trail.takeNumber(bytes, &place),
            let span = Trail.takeNumber(bytes, &place),
            let queueID = PackedText.take(bytes, &place),
            let local = PackedText.take(bytes, &place), place < bytes.endIndex
        else { return nil }
        let later = Int(bytes[place])
        place += 1
        let domain = later > 0 ? [] : PackedText.take(bytes, &place)
        guard let domain else { return nil }
        let seconds = Int64(words[words.startIndex + 1])
        let post = TrailPost(
            time: Timestamp(microseconds: seconds * 1_000_000 + Int64(head >> 12)),
            poster: "",
            queueID: String(decoding: queueID, as: UTF8.self),
            copies: Int64(clamping: copies),
            kind: Trail.kinds[kind],
            standing: standing,
            span: TimeSpan.seconds(Int64(clamping: span)).microseconds
        )
        return (post, local, domain, later)
    }

    /// The last posts in words, oldest first.
    var evidence: [EvidencePost] {
        batches.map { $0.post.evidence(together: $0.isLater) }
    }

    /// Those from `start` on which counted; all of them when `everything`.
    func evidence(since start: Timestamp, everything: Bool) -> [EvidencePost] {
        batches.filter { $0.post.time >= start && (everything || $0.post.isCounted) }
            .map { $0.post.evidence(together: $0.isLater) }
    }

    /// The last posts, and of each whether it came in a batch, without headers, and was not its first:
    /// then the rules that count people take it for none.
    private var batches: [(post: TrailPost, isLater: Bool)] {
        var first: Int64?
        return (trail ?? []).map { post in
            guard post.isCounted, post.kind == .unknown || post.kind == .replyByPoster else {
                return (post, false)
            }
            if let begin = first, post.time.seconds - begin < Int64(Rings.moment) {
                return (post, true)
            }
            first = post.time.seconds
            return (post, false)
        }
    }
}
