// SPDX-License-Identifier: Apache-2.0
//
// Figures about ListTraffic itself, for status and metrics: how full its memory is and what was
// left out. The mistake to avoid: an eviction without a counter here; what is forgotten silently
// cannot be missed.

public import EventTime
public import MailLog

/// How much is remembered and what was not believed, not understood or forgotten.
public struct TrafficCounts: Sendable, Equatable {
    /// Mail events seen, of any kind.
    public var events: Int64 = 0
    /// Lists in memory.
    public var lists = 0
    /// Those among them that did not fan out yet.
    public var unconfirmedLists = 0
    /// Messages that are followed.
    public var messages = 0
    /// Messages from outside that may still be redistributed.
    public var arrivals = 0
    /// Posts remembered by Message-ID.
    public var posts = 0
    /// Known posters over all lists.
    public var posters = 0
    /// Senders that are no list.
    public var senders = 0
    /// Lists forgotten for lack of room, confirmed ones.
    public var evictedLists: Int64 = 0
    /// Lists forgotten for lack of room before they fanned out.
    public var evictedUnconfirmedLists: Int64 = 0
    /// Messages forgotten for lack of room while they were in a queue.
    public var evictedMessages: Int64 = 0
    /// Messages forgotten for lack of room that carried copies of a list.
    public var evictedFanOuts: Int64 = 0
    /// Arrivals forgotten for lack of room.
    public var evictedArrivals: Int64 = 0
    /// Posts forgotten for lack of room.
    public var evictedPosts: Int64 = 0
    /// Senders forgotten for lack of room.
    public var evictedSenders: Int64 = 0
    /// Posters that found no room and stay strangers.
    public var refusedPosters: Int64 = 0
    /// Lines that were not believed, by why.
    public var forged: [Trust: Int64] = [:]
    /// Lines of a form that is not known, or that have more than one reading.
    public var unknownLines: Int64 = 0
    /// Lines that journald says it dropped.
    public var suppressedLines: Int64 = 0
    /// Event time of the latest notice of dropped lines; nil when there was none.
    ///
    /// Messages born before it may lack lines.
    public var blindSince: Timestamp?

    /// All zero.
    public init() {}
}
