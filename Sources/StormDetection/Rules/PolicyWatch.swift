// SPDX-License-Identifier: Apache-2.0
//
// The rule anybody can check with a pencil: so many people answered within the hour. It works
// from the first post and without headers in the log. What a list has borne before without harm
// raises its limit, but never what reached the limit itself.

internal import Archive
import EventTime

/// Distinct repliers of one list within the policy window.
struct PolicyWatch: Sendable, Equatable {
    static let cap = Replier.cap
    /// Half-life of the learned maximum.
    private static let halfLife = 180.0 * 86400
    /// Somebody who posted.
    struct Replier: Ringed {
        static let kind = Rings.Kind.repliers
        static let width = 2
        static let cap = 128
        private static let strange: UInt32 = 1 << 31
        private static let answer: UInt32 = 1 << 30
        private static let lagMask: UInt32 = 1 << 30 - 1
        /// A Date may be so many seconds ahead.
        private static let ahead: UInt32 = 86_400
        /// When he came, and when he wrote.
        var second: UInt32
        var written: UInt32
        var isStranger: Bool
        /// Whether it was an answer, as far as the log tells.
        var isReply: Bool

        init(second: UInt32, written: UInt32, isStranger: Bool, isReply: Bool) {
            self.second = second
            self.written = written
            self.isStranger = isStranger
            self.isReply = isReply
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            second = words[place]
            let lag = words[place + 1] & Self.lagMask
            written = second.addingSaturated(Self.ahead).less(lag)
            isStranger = words[place + 1] & Self.strange != 0
            isReply = words[place + 1] & Self.answer != 0
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = second
            let lag = min(Self.lagMask, second.addingSaturated(Self.ahead).less(written))
            words[place + 1] =
                lag | (isStranger ? Self.strange : 0) | (isReply ? Self.answer : 0)
        }
    }

    /// Who answered around one moment, and how many of them were new to the list.
    struct Counts: Sendable, Equatable {
        var all: Int64 = 0
        var strangers: Int64 = 0
    }

    /// Decayed maximum of repliers below the limit.
    private(set) var busiest: Float = 0
    /// Second of the last decay; 0: none.
    private var learned: UInt32 = 0

    /// Takes what was borne in older logs, where it was more.
    mutating func learn(from older: PolicyWatch) {
        busiest = max(busiest, older.busiest)
        learned = max(learned, older.learned)
    }

    /// The limit for a list of `arrivals` so far, where `table` is the configured one.
    func limit(table: Int64, hasHistory: Bool) -> Int64 {
        guard hasHistory else { return table }
        // Beyond the cap nothing more could be learned; the ring would never reach the limit.
        return max(table, min(Int64(Self.cap), Int64(1.5 * busiest) + 1))
    }

    /// Learns what was borne: `count` repliers, below `limit`.
    mutating func learn(_ count: Int64, below limit: Int64, at time: Timestamp) {
        let now = UInt32(time)
        if learned > 0 {
            let seconds = Double(now - min(now, learned))
            busiest *= Float(halved(seconds, halfLife: Self.halfLife))
        }
        learned = now
        if count < limit { busiest = max(busiest, Float(count)) }
    }
}

extension Rings {
    private typealias Replier = PolicyWatch.Replier

    /// Notes a person who posted, and gives who answered within `window` around his writing.
    mutating func note(_ person: PolicyWatch.Replier, window: TimeSpan) -> PolicyWatch.Counts {
        // Twice as long, so that late ones meet those they were written among.
        let start = person.second.less(UInt32(clamping: 2 * window.microseconds / 1_000_000))
        let past = past(Replier.self) { $0.second < start }
        var all = Around(person.written, span: window)
        var strangers = all
        for index in past..<count(Replier.self) {
            let other = self[Replier.self, index]
            guard other.isReply else { continue }
            all.add(other.written)
            if other.isStranger { strangers.add(other.written) }
        }
        append(person, dropping: past)
        // The counts begin with this post itself.
        return PolicyWatch.Counts(
            all: all.most - (person.isReply ? 0 : 1),
            strangers: strangers.most - (person.isReply && person.isStranger ? 0 : 1)
        )
    }

    /// Repliers within `window` at `time`.
    func repliers(at time: Timestamp, window: TimeSpan) -> Int64 {
        let start = UInt32(time - window)
        return Int64(all(Replier.self).count { $0.isReply && $0.second >= start })
    }

    /// When the first of the counted repliers posted.
    var firstReplier: Timestamp? {
        all(Replier.self).first { $0.isReply }.map { Timestamp(seconds: Int64($0.second)) }
    }

    /// How much longer the latest posts took to be written than to come, the one of `second` and
    /// `written` included: 1 as a rule, 10 and more when a queue is flushed.
    ///
    /// Of the middle half of sixteen, so that single wrong clocks say nothing; a quarter of an hour
    /// is what mail may take.
    func spread(second: UInt32, written: UInt32) -> Double {
        let total = count(Replier.self)
        guard isAnyLate(second: second, written: written) else { return 1 }
        var writings: [16 of UInt32] = .init(repeating: 0)
        var arrivals: [16 of UInt32] = .init(repeating: 0)
        writings[0] = written
        arrivals[0] = second
        var some = 1
        for index in stride(from: total - 1, through: max(0, total - 15), by: -1) {
            let other = self[Replier.self, index]
            guard other.second.addingSaturated(3600) >= second else { break }
            var place = some
            while place > 0, writings[place - 1] > other.written {
                writings[place] = writings[place - 1]
                place -= 1
            }
            writings[place] = other.written
            arrivals[some] = other.second
            some += 1
        }
        guard some >= 4 else { return 1 }
        let quarter = some / 4
        let wrote = Double(writings[some - 1 - quarter] - writings[quarter])
        // Arrivals lie in order, the latest first.
        let came = Double(arrivals[quarter] - min(arrivals[quarter], arrivals[some - 1 - quarter]))
        return min(1000, max(1, 2 * wrote / (2 * came + 900)))
    }

    /// Whether any of the sixteen latest posts within the hour took five minutes to come, the one of
    /// `second` and `written` included: else nothing was flushed, and nothing is to be sorted.
    private func isAnyLate(second: UInt32, written: UInt32) -> Bool {
        if second > written.addingSaturated(300) { return true }
        let total = count(Replier.self)
        for index in stride(from: total - 1, through: max(0, total - 15), by: -1) {
            let other = self[Replier.self, index]
            guard other.second.addingSaturated(3600) >= second else { return false }
            if other.second > other.written.addingSaturated(300) { return true }
        }
        return false
    }
}

extension PolicyWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.float(&busiest)
        try stream.number(&learned)
        busiest = min(Float(Self.cap), busiest)
    }
}
