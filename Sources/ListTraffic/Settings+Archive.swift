// SPDX-License-Identifier: Apache-2.0
//
// How the settings and the counters are saved: the settings of before tell which aliases and lists
// the new ones no longer name.

public import Archive
internal import EventTime
internal import MailLog

extension ConfiguredList: Archived {
    /// A list without an address, to read into.
    public init() { self.init(address: "") }

    /// Names the texts of the settings.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&address)
        try stream.texts(&aliases)
        try stream.texts(&senderPatterns)
        try stream.texts(&regularPosters)
    }
}

extension TrafficSettings: Archived {
    /// Names all but the lists, which stand in parts of their own.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.flag(&recognisesLists)
        try stream.texts(&neverLists)
        try stream.texts(&listHosts)
        try stream.text(&recipientDelimiter)
        try stream.number(&smallestFanOut)
        try stream.number(&maximumLists)
        try stream.number(&maximumUnconfirmedLists)
        try stream.number(&maximumMessages)
        try stream.number(&maximumArrivals)
        try stream.number(&maximumPosts)
        try stream.number(&maximumPosters)
        try stream.number(&maximumRecipients)
        try stream.number(&maximumSenders)
    }
}

extension TrafficCounts: Archived {
    /// One reason not to believe a line, and how many there were.
    private struct Forged: Archived {
        var trust = Trust.genuine
        var count: Int64 = 0

        mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
            try stream.raw(&trust)
            try stream.number(&count)
        }
    }

    /// Names what is counted, not what is measured anew each time.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&events)
        try stream.number(&evictedLists)
        try stream.number(&evictedUnconfirmedLists)
        try stream.number(&evictedMessages)
        try stream.number(&evictedFanOuts)
        try stream.number(&evictedArrivals)
        try stream.number(&evictedPosts)
        try stream.number(&evictedSenders)
        try stream.number(&unknownLines)
        try stream.number(&suppressedLines)
        try stream.optional(&blindSince)
        var reasons = forged.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { Forged(trust: $0, count: $1) }
        try stream.list(&reasons, most: 256)
        forged = Dictionary(reasons.map { ($0.trust, $0.count) }) { first, _ in first }
    }
}
