// SPDX-License-Identifier: Apache-2.0
//
// Who posted to a list in the last 24 hours: when last, and how often an hour. People count once
// per six hours, so this table is what turns messages into people. An open-addressed hash table,
// 8 to 1,024 slots of 16 bytes; when it is full the oldest go. 32 bits of a hash are compared, not
// an address: among 512 people one in ten million is taken for another.

import EventTime

/// Recent posters of one list, at most 512 after each tidying and 768 ever.
struct PosterTable: Sendable, Equatable {
    /// One poster, in 16 bytes.
    struct Poster: Sendable, Equatable {
        /// The low half of the hash.
        var hash: UInt32
        /// Second of the last post, from 1970 to 2106; 0: the slot is empty.
        var last: UInt32
        /// Clock hour in which the list redistributed him for the first time; 0: earlier.
        var born: UInt32
        /// Posts in the clock hour of the last one, and in the hour before.
        var current: UInt16
        var previous: UInt16

        static let none = Poster(hash: 0, last: 0, born: 0, current: 0, previous: 0)
    }

    /// What was known of a poster when he posted again.
    struct Record: Equatable {
        /// His last post before this one; nil when longer ago than 24 h.
        var last: Timestamp?
        /// His posts within the last hour, this one included; interpolated over clock hours.
        var hourly: Double
        /// Posts in his last completed hour, when this post begins a new one; else 0.
        var completed: Int64
        /// Whether the list first redistributed him within the last 24 h.
        var isNewcomer = false
    }

    private static let keep: UInt32 = 86_400
    private static let cap = 512
    private var slots = ContiguousArray<Poster>()
    private var used = 0

    /// Notes a post of `hash` at `time`, which never runs backwards; `isVolume` when it counts
    /// towards his hour.
    mutating func note(
        _ hash: UInt64,
        isStranger: Bool,
        isVolume: Bool,
        at time: Timestamp
    ) -> Record {
        if used * 4 >= slots.count * 3 { tidy(at: time) }
        let now = Self.second(time)
        let hour = now / 3600
        let low = UInt32(truncatingIfNeeded: hash)
        var place = Self.start(low) & (slots.count - 1)
        while slots[place].last != 0 && slots[place].hash != low {
            place = (place + 1) & (slots.count - 1)
        }
        var poster = slots[place]
        var record = Record(last: nil, hourly: isVolume ? 1 : 0, completed: 0)
        if poster.last == 0 {
            used += 1
            poster.hash = low
            poster.current = isVolume ? 1 : 0
            poster.born = isStranger ? hour : 0
        } else {
            if now <= poster.last.addingSaturated(Self.keep) {
                record.last = Timestamp(seconds: Int64(poster.last))
            }
            if hour != poster.last / 3600 {
                record.completed = Int64(poster.current)
                poster.previous = poster.last / 3600 + 1 == hour ? poster.current : 0
                poster.current = 0
            }
            if isVolume { poster.current = poster.current.addingSaturated(1) }
            let rest = 1 - Double(now % 3600) / 3600
            record.hourly = Double(poster.current) + Double(poster.previous) * rest
        }
        poster.last = now
        record.isNewcomer = poster.born > 0 && hour < poster.born.addingSaturated(24)
        slots[place] = poster
        return record
    }

    /// Seconds since 1970, held within 32 bits and above 0.
    private static func second(_ time: Timestamp) -> UInt32 {
        max(1, UInt32(clamping: time.seconds))
    }

    private static func start(_ hash: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(hash) &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }

    /// How many posted at `start` or later.
    func distinct(since start: Timestamp) -> Int64 {
        let second = Self.second(start)
        return Int64(slots.count { $0.last != 0 && $0.last >= second })
    }

    /// Drops who is older than 24 h, and the oldest over the cap; grows or shrinks the table.
    private mutating func tidy(at time: Timestamp) {
        let now = Self.second(time)
        var live = slots.filter { $0.last != 0 && $0.last.addingSaturated(Self.keep) >= now }
        if live.count > Self.cap {
            live.sort { ($0.last, $0.hash) > ($1.last, $1.hash) }
            live.removeLast(live.count - Self.cap * 3 / 4)
        }
        var capacity = 8
        while capacity < live.count * 2 { capacity *= 2 }
        slots = ContiguousArray(repeating: .none, count: capacity)
        used = live.count
        for poster in live {
            var place = Self.start(poster.hash) & (slots.count - 1)
            while slots[place].last != 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = poster
        }
    }
}

extension PosterTable: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(slots.count))
        writer.write(Int64(used))
        for (place, poster) in slots.enumerated() where poster.last != 0 {
            writer.write(Int64(place))
            for word in [poster.hash, poster.last, poster.born] { writer.write(Int64(word)) }
            writer.write(Int64(poster.current))
            writer.write(Int64(poster.previous))
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        let count = try reader.readCount(limit: 1024)
        guard count == 0 || (count >= 8 && count & (count - 1) == 0) else {
            throw SnapshotError(reason: "a table of posters has \(count) slots")
        }
        slots = ContiguousArray(repeating: .none, count: count)
        used = try reader.readCount(limit: count * 3 / 4)
        for _ in 0..<used {
            let place = try reader.readCount(limit: count - 1)
            slots[place] = Poster(
                hash: UInt32(clamping: try reader.readInt()),
                last: max(1, UInt32(clamping: try reader.readInt())),
                born: UInt32(clamping: try reader.readInt()),
                current: UInt16(clamping: try reader.readInt()),
                previous: UInt16(clamping: try reader.readInt())
            )
        }
    }
}
