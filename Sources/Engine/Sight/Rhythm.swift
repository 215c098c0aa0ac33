// SPDX-License-Identifier: Apache-2.0
//
// How long this host's mail log is silent at times, learned: a limit that fits a list server and a
// host that mails once a day. The mistake to avoid: to learn from a silence that was our own
// blindness, and to wait longer after it.

internal import Archive
internal import EventTime

/// The longest silence of each of the last weeks.
struct Rhythm: Sendable, Equatable {
    /// Weeks that are looked back on; chosen, more than a month and its holidays.
    static let weeks = 5
    /// How long a host must have been watched before its rhythm says something; chosen, a week with
    /// its end.
    static let apprenticeship = TimeSpan.days(7)
    /// The limit is this many times the longest silence; chosen.
    static let factor: Int64 = 2
    /// The least limit; chosen, a restart of the mail server is no blindness.
    static let least = TimeSpan.minutes(30)
    /// The greatest one; chosen, as of `SilenceLimit=`.
    static let greatest = TimeSpan.days(30)

    /// Microseconds of the longest silence, this week first.
    private var longest: [Int64] = []
    /// The week that is this one, counted from 1970.
    private var week: Int64 = 0
    /// When the first mail event was seen.
    private var first: Timestamp?
    /// When the last one was.
    private var last: Timestamp?

    /// How long a silence is one too many; nil as long as that is not known.
    var limit: TimeSpan? {
        guard let first, let last, last - first >= Self.apprenticeship else { return nil }
        let most = longest.max() ?? 0
        let (limit, overflow) = most.multipliedReportingOverflow(by: Self.factor)
        let learned = overflow ? Self.greatest : TimeSpan(microseconds: limit)
        return min(max(learned, Self.least), Self.greatest)
    }

    /// Takes note of a mail event at `time`, the one before being at `before`.
    mutating func note(_ time: Timestamp, after before: Timestamp?) {
        if first == nil { first = time }
        let number = time.seconds / 604_800
        if number != week { turn(to: number) }
        if let before, time > before {
            var gap = (time - before).microseconds
            // Of a million lines hardly one: what is asked of the others is this alone.
            if longest.isEmpty || gap > longest[0] {
                // A silence that was one too many counts as long as what it exceeded.
                if let limit, gap > limit.microseconds { gap = limit.microseconds }
                if longest.isEmpty { longest = [gap] } else { longest[0] = max(longest[0], gap) }
            }
        }
        last = max(last ?? time, time)
    }

    private mutating func turn(to number: Int64) {
        // A clock that was set back says nothing about weeks.
        guard number > week else { return }
        let passed = Int(clamping: week == 0 ? 1 : number - week)
        longest.insert(contentsOf: repeatElement(0, count: min(passed, Self.weeks)), at: 0)
        longest = Array(longest.prefix(Self.weeks))
        week = number
    }
}

extension Rhythm: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.numbers(&longest, most: Self.weeks)
        try stream.number(&week)
        try stream.optional(&first)
        try stream.optional(&last)
    }
}
