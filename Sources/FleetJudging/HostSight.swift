// SPDX-License-Identifier: Apache-2.0
//
// What a judge knows of one reporting host: which of its batches came, since each broker brings each, and
// how far its clock is off. The mistake to avoid: to believe a stamp because a host wrote it, and to
// disbelieve it because a message was slow once.

internal import Archive
public import EventTime

/// A host whose clock is off.
public struct ClockDoubt: Sendable, Equatable {
    /// The host.
    public var host: String
    /// How far its clock is ahead; negative: behind.
    public var offset: TimeSpan
}

/// One reporting host.
struct HostSight: Sendable {
    /// How far a stamp may be off and still be believed: 2 s, chosen; hosts with NTP differ by
    /// milliseconds, and a message takes a second at most.
    static let tolerance = TimeSpan.seconds(2)
    /// So many batches in a row must say the same before a clock is called wrong: one may have been slow.
    static let proofs = 3
    /// Further off than this, for the same doubt to be said again.
    static let change = TimeSpan.seconds(10)

    fileprivate var starts: [Numbers] = []
    private var offsets: [TimeSpan] = []
    private var told: TimeSpan?

    /// The batches of one start that came: the highest number, and the 255 below it, as the window
    /// against replay of RFC 4303 section 3.4.3.
    fileprivate struct Numbers: Sendable {
        static let width: UInt64 = 256

        var start: UInt64
        var highest: UInt64 = 0
        var seen: InlineArray<4, UInt64> = .init(repeating: 0)

        mutating func take(_ number: UInt64) -> Bool {
            guard number > 0, number > highest || highest - number < Self.width else {
                return false
            }
            while highest < number {
                // A long gap empties all of it.
                guard number - highest < Self.width else {
                    seen = .init(repeating: 0)
                    highest = number
                    break
                }
                highest += 1
                mark(highest, false)
            }
            guard !isMarked(number) else { return false }
            mark(number, true)
            return true
        }

        private func isMarked(_ number: UInt64) -> Bool {
            seen[Int(number / 64 % 4)] & 1 << (number % 64) != 0
        }

        private mutating func mark(_ number: UInt64, _ isSeen: Bool) {
            let (word, bit) = (Int(number / 64 % 4), UInt64(1) << (number % 64))
            if isSeen { seen[word] |= bit } else { seen[word] &= ~bit }
        }
    }

    /// Whether the batch is new; each counts once.
    mutating func take(start: UInt64, number: UInt64) -> Bool {
        if let place = starts.firstIndex(where: { $0.start == start }) {
            return starts[place].take(number)
        }
        // One broker may still bring batches of the start before.
        if starts.count == 2 { starts.removeFirst() }
        starts.append(Numbers(start: start))
        return starts[starts.count - 1].take(number)
    }

    /// Notes when a batch was sent and came; gives how far the clock is off when that is to be said.
    mutating func note(sent: Timestamp, at arrival: Timestamp) -> TimeSpan? {
        offsets.append(sent - arrival)
        if offsets.count > Self.proofs { offsets.removeFirst() }
        guard offsets.count == Self.proofs else { return nil }
        let least = Self.tolerance.microseconds
        let isAhead = offsets.allSatisfy { $0.microseconds > least }
        let isBehind = offsets.allSatisfy { $0.microseconds < -least }
        guard isAhead || isBehind else {
            told = nil
            return nil
        }
        // The nearest to nothing: a slow message makes a clock look slower than it is.
        let offset = offsets.min { Self.size($0) < Self.size($1) } ?? TimeSpan(microseconds: 0)
        if let told, abs(offset.microseconds - told.microseconds) <= Self.change.microseconds {
            return nil
        }
        told = offset
        return offset
    }

    /// When something happened that the host stamped `stamp`, in a batch that it sent at `sent` and that
    /// came at `arrival`.
    ///
    /// The stamp itself where it lies within the time that the host says has passed since, else the
    /// arrival less that time: so a wrong clock makes nothing older or newer than it is.
    static func time(of stamp: Timestamp, sent: Timestamp, arrival: Timestamp) -> Timestamp {
        let lag = max(sent - stamp, TimeSpan(microseconds: 0))
        let earliest = arrival - lag - tolerance
        guard stamp >= earliest, stamp <= arrival + tolerance else { return arrival - lag }
        return min(stamp, arrival)
    }

    private static func size(_ span: TimeSpan) -> Int64 { abs(span.microseconds) }
}

extension HostSight: Archived {
    /// Which batches came; whose clock is off is seen anew.
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        if stream.isReading { self = HostSight() }
        try stream.list(&starts, most: 2)
    }
}

extension HostSight.Numbers: Archived {
    init() { self.init(start: 0) }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.word(&start)
        try stream.unsigned(&highest)
        for place in 0..<4 { try stream.word(&seen[place]) }
    }
}
