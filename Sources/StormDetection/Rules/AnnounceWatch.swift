// SPDX-License-Identifier: Apache-2.0
//
// Who posts to a list where hardly anybody does. A poster is regular when the operator says so;
// without names, whoever posted first, and whoever was redistributed longer ago than the window
// without trouble. So a newcomer counts for three days, then belongs. At most 32 newcomers are
// remembered, more than the rules need. Of more the first are kept until they belong, and the latest:
// an address that more strangers write to every day would never come to have anybody who belongs, and
// be taken for one man's announcements for ever. A list that is known
// to have more than three regulars, and was not said to be announce-only, keeps none of it after
// its first fortnight.

internal import Archive
import EventTime
import ListTraffic

/// Newcomers of one list.
struct AnnounceWatch: Sendable, Equatable {
    /// Somebody who first posted within the window.
    struct Newcomer: Ringed {
        static let kind = Rings.Kind.newcomers
        static let width = 2
        static let cap = 32
        /// The low half of the hash.
        var hash: UInt32
        var second: UInt32

        init(hash: UInt32, second: UInt32) {
            self.hash = hash
            self.second = second
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            hash = words[place]
            second = words[place + 1]
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = hash
            words[place + 1] = second
        }
    }

    /// A post of a non-regular poster within the window.
    struct Intrusion: Ringed {
        static let kind = Rings.Kind.intrusions
        static let width = 1
        static let cap = 64
        var second: UInt32

        init(second: UInt32) {
            self.second = second
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            second = words[place]
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = second
        }
    }

    /// Most posters that belong to a list which is taken for one of announcements; chosen.
    static let few: UInt8 = 3
    /// Members of a list that trips before anything is known of it: an address for fewer than that is
    /// as likely a help desk's; chosen.
    static let fewestMembers: Int64 = 100
    /// Whoever posted first; the low half of the hash.
    private var first: UInt32 = 0
    private var hasFirst = false
    /// Second of that; a list has to be watched for a while before it looks like anything.
    private var sinceSecond: UInt32 = 0
    /// Second of the latest post of one that belongs.
    private(set) var lastRegular: UInt32 = 0
    /// Posters that belong, the first included; more than 255 are as many.
    private var regularCount: UInt8 = 0
    /// Posts of those.
    private var regularPostCount: UInt32 = 0

    /// When the first post came; the distant past before it.
    var since: Timestamp {
        hasFirst ? Timestamp(seconds: Int64(sinceSecond)) : .distantPast
    }
    /// Posters that belong, the first included.
    var regulars: Int64 { Int64(regularCount) }
    /// Posts of those.
    var regularPosts: Int64 { Int64(regularPostCount) }

    /// Notes a post; `isRegular` as the operator says, nil when he names nobody.
    ///
    /// Returns whether its poster is a stranger to the list. `isConfigured` when the list was said
    /// to be announce-only.
    mutating func note(
        _ occasion: Occasion,
        isRegular: Bool?,
        isConfigured: Bool,
        isYoung: Bool,
        _ rings: inout Rings
    ) -> Bool {
        let hash = UInt32(truncatingIfNeeded: occasion.poster)
        let second = UInt32(occasion.time)
        let start = UInt32(occasion.time - occasion.inForce.settings.announceWindow)
        settle(before: start, &rings)
        if !hasFirst {
            hasFirst = true
            first = hash
            sinceSecond = second
            // Others may have posted before we looked.
            regularCount = UInt8(clamping: max(1, occasion.identity.knownPosters))
        }
        guard isConfigured || regularCount <= Self.few || isYoung else {
            if rings.count(Newcomer.self) + rings.count(Intrusion.self) > 0 {
                rings.clear(.newcomers, .intrusions)
            }
            return false
        }
        let isKnownNewcomer = rings.all(Newcomer.self).contains { $0.hash == hash }
        let belongs =
            isRegular ?? (first == hash || !isKnownNewcomer && !occasion.isStranger)
        guard !belongs else {
            regularPostCount = regularPostCount.addingSaturated(1)
            lastRegular = second
            // Somebody who posted before we looked: the list has more regulars than we saw join.
            if isRegular == nil && first != hash { regularCount = max(regularCount, 2) }
            return false
        }
        if !isKnownNewcomer { Self.remember(Newcomer(hash: hash, second: second), &rings) }
        rings.append(Intrusion(second: second))
        return true
    }

    /// Takes who belonged in older logs, and since when.
    mutating func learn(from older: AnnounceWatch) {
        guard older.hasFirst else { return }
        let isSame = !hasFirst || first == older.first
        (hasFirst, first, sinceSecond) = (true, older.first, older.sinceSecond)
        lastRegular = max(lastRegular, older.lastRegular)
        // Whoever was the first here and not there is one more.
        regularCount = max(regularCount, older.regularCount.addingSaturated(isSame ? 0 : 1))
        regularPostCount = max(regularPostCount, older.regularPostCount)
    }

    /// Adds a newcomer; when there is no room the oldest goes, but for those who will make the list one of
    /// many posters.
    private static func remember(_ newcomer: Newcomer, _ rings: inout Rings) {
        if rings.count(Newcomer.self) < Newcomer.cap {
            rings.append(newcomer)
        } else {
            rings.rotate(Newcomer.self, from: Int(few), newcomer)
        }
    }

    /// Lets newcomers whom nobody minded belong.
    private mutating func settle(before start: UInt32, _ rings: inout Rings) {
        let settled = rings.removePast(Newcomer.self) { $0.second < start }
        regularCount = regularCount.addingSaturated(UInt8(clamping: settled))
        let posts = rings.removePast(Intrusion.self) { $0.second < start }
        // Their posts were those of people who belong.
        regularPostCount = regularPostCount.addingSaturated(UInt32(posts))
    }
}

extension AnnounceWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.flag(&hasFirst)
        try stream.number(&first)
        try stream.number(&sinceSecond)
        try stream.number(&regularCount)
        try stream.number(&regularPostCount)
        try stream.number(&lastRegular)
    }
}
