// SPDX-License-Identifier: Apache-2.0
//
// Who posts to a list where hardly anybody does. A poster is regular when the operator says so;
// without names, whoever posted first, and whoever was redistributed longer ago than the window
// without trouble. So a newcomer counts for three days, then belongs. At most 16 newcomers are
// remembered, far more than the rule needs; the oldest of more are forgotten.

import EventTime
import ListTraffic

/// Newcomers of one list.
struct AnnounceWatch: Sendable, Equatable {
    /// Somebody who first posted within the window.
    struct Newcomer: Sendable, Equatable {
        var hash: UInt64
        var time: Timestamp
    }

    static let cap = 16
    /// Whoever posted first; nil before the first post.
    private var first: UInt64?
    /// When; a list has to be watched for a while before it looks like anything.
    private(set) var since = Timestamp.distantPast
    /// Posters that belong, the first included.
    private(set) var regulars: Int64 = 0
    /// Posts of those.
    private(set) var regularPosts: Int64 = 0
    private var newcomers = ContiguousArray<Newcomer>()
    /// Posts of non-regular posters within the window, oldest first.
    private var intrusionTimes = ContiguousArray<Timestamp>()

    /// Notes a post; `isRegular` as the operator says, nil when he names nobody.
    ///
    /// Returns whether its poster is a stranger to the list.
    mutating func note(_ occasion: Occasion, isRegular: Bool?) -> Bool {
        let hash = occasion.post.poster
        let time = occasion.time
        settle(at: time, window: occasion.settings.announceWindow)
        let belongs: Bool
        if let isRegular {
            belongs = isRegular
        } else if first == nil || first == hash {
            belongs = true
        } else if newcomers.contains(where: { $0.hash == hash }) {
            belongs = false
        } else {
            belongs = !occasion.post.isStranger
        }
        if first == nil {
            first = hash
            since = time
            // Others may have posted before we looked.
            regulars = occasion.identity.knownPosters > 1 ? 2 : 1
        }
        guard !belongs else {
            regularPosts = regularPosts.addingSaturated(1)
            // Somebody who posted before we looked: the list has more regulars than we saw join.
            if isRegular == nil && first != hash { regulars = max(regulars, 2) }
            return false
        }
        if !newcomers.contains(where: { $0.hash == hash }) {
            if newcomers.count == Self.cap { newcomers.removeFirst() }
            newcomers.append(Newcomer(hash: hash, time: time))
        }
        if intrusionTimes.count == 4 * Self.cap { intrusionTimes.removeFirst() }
        intrusionTimes.append(time)
        return true
    }

    /// Lets newcomers whom nobody minded belong.
    private mutating func settle(at time: Timestamp, window: Span) {
        let start = time - window
        let settled = newcomers.prefix { $0.time < start }.count
        if settled > 0 {
            newcomers.removeFirst(settled)
            regulars = regulars.addingSaturated(Int64(settled))
        }
        let past = intrusionTimes.prefix { $0 < start }.count
        if past > 0 { intrusionTimes.removeFirst(past) }
    }

    /// Distinct newcomers within the window, as of the last post.
    var strangers: Int64 { Int64(newcomers.count) }
    /// Posts by non-regular posters within the window, as of the last post.
    var intrusions: Int64 { Int64(intrusionTimes.count) }
    /// When the first of those came.
    var firstIntrusion: Timestamp? { intrusionTimes.first }

    /// Starts the count afresh after a person's reset; nobody becomes regular by it.
    mutating func clear() {
        intrusionTimes.removeAll()
        newcomers.removeAll()
    }
}

extension AnnounceWatch: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(first != nil)
        if let first { writer.write(hash: first) }
        writer.write(since.microseconds)
        writer.write(regulars)
        writer.write(regularPosts)
        writer.write(Int64(newcomers.count))
        for newcomer in newcomers {
            writer.write(hash: newcomer.hash)
            writer.write(newcomer.time.microseconds)
        }
        writer.write(Int64(intrusionTimes.count))
        for time in intrusionTimes { writer.write(time.microseconds) }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        if try reader.readBool() { first = try reader.readHash() }
        since = Timestamp(microseconds: try reader.readInt())
        regulars = Int64(try reader.readCount(limit: .max))
        regularPosts = Int64(try reader.readCount(limit: .max))
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            let hash = try reader.readHash()
            let time = Timestamp(microseconds: try reader.readInt())
            newcomers.append(Newcomer(hash: hash, time: time))
        }
        for _ in 0..<(try reader.readCount(limit: 4 * Self.cap)) {
            intrusionTimes.append(Timestamp(microseconds: try reader.readInt()))
        }
    }
}
