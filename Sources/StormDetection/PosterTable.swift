// SPDX-License-Identifier: Apache-2.0
//
// Who posted to a list in the last 24 hours: when last, and how often an hour. People count once
// per six hours, so this table is what turns messages into people. An open-addressed hash table,
// 8 to 1,024 slots of 32 bytes; when it is full the oldest go. A hash is compared, not an address:
// two posters with one 64-bit hash would be one person.

import EventTime

/// Recent posters of one list, at most 512 after each tidying and 768 ever.
struct PosterTable: Sendable, Equatable {
    /// One poster.
    struct Poster: Sendable, Equatable {
        var hash: UInt64
        /// Microseconds of the last post; `.min`: the slot is empty.
        var last: Int64
        /// Clock hour of `current`.
        var hour: Int32
        /// Posts in that hour, and in the one before.
        var current: UInt16
        var previous: UInt16
        /// Clock hour in which the list redistributed him for the first time; `.min`: earlier.
        var born: Int32

        static let none = Poster(
            hash: 0,
            last: .min,
            hour: 0,
            current: 0,
            previous: 0,
            born: .min
        )
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

    private static let keep: Int64 = 86_400_000_000
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
        let micros = max(time.microseconds, .min + 1)
        let hour = Int32(clamping: time.seconds / 3600)
        var place = Int(truncatingIfNeeded: hash &* 0x9E37_79B9_7F4A_7C15) & (slots.count - 1)
        while slots[place].last != .min && slots[place].hash != hash {
            place = (place + 1) & (slots.count - 1)
        }
        var poster = slots[place]
        var record = Record(last: nil, hourly: isVolume ? 1 : 0, completed: 0)
        if poster.last == .min {
            used += 1
            poster = Poster.none
            poster.hash = hash
            poster.last = micros
            poster.hour = hour
            poster.current = isVolume ? 1 : 0
            poster.born = isStranger ? hour : .min
        } else {
            if time - Timestamp(microseconds: poster.last) <= Span(microseconds: Self.keep) {
                record.last = Timestamp(microseconds: poster.last)
            }
            if hour != poster.hour {
                record.completed = Int64(poster.current)
                poster.previous = Int64(hour) - Int64(poster.hour) == 1 ? poster.current : 0
                poster.current = 0
                poster.hour = hour
            }
            if isVolume && poster.current < .max { poster.current += 1 }
            poster.last = micros
            let rest = 1 - Double(time.seconds - Int64(hour) * 3600) / 3600
            record.hourly =
                Double(poster.current) + Double(poster.previous) * min(1, max(0, rest))
        }
        record.isNewcomer = Int64(hour) - Int64(poster.born) < 24
        slots[place] = poster
        return record
    }

    /// How many posted at `start` or later.
    func distinct(since start: Timestamp) -> Int64 {
        slots.reduce(0) { $0 + ($1.last != .min && $1.last >= start.microseconds ? 1 : 0) }
    }

    /// Drops who is older than 24 h, and the oldest over the cap; grows or shrinks the table.
    private mutating func tidy(at time: Timestamp) {
        let start = (time - Span(microseconds: Self.keep)).microseconds
        var live = slots.filter { $0.last != .min && $0.last >= start }
        if live.count > Self.cap {
            live.sort { ($0.last, $0.hash) > ($1.last, $1.hash) }
            live.removeLast(live.count - Self.cap * 3 / 4)
        }
        var capacity = 8
        while capacity < live.count * 2 { capacity *= 2 }
        slots = ContiguousArray(repeating: .none, count: capacity)
        used = live.count
        for poster in live { place(poster) }
    }

    private mutating func place(_ poster: Poster) {
        var place = Int(truncatingIfNeeded: poster.hash &* 0x9E37_79B9_7F4A_7C15)
        place &= slots.count - 1
        while slots[place].last != .min { place = (place + 1) & (slots.count - 1) }
        slots[place] = poster
    }
}

extension PosterTable: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(slots.count))
        writer.write(Int64(used))
        for (place, poster) in slots.enumerated() where poster.last != .min {
            writer.write(Int64(place))
            writer.write(hash: poster.hash)
            writer.write(poster.last)
            writer.write(Int64(poster.hour))
            writer.write(Int64(poster.current))
            writer.write(Int64(poster.previous))
            writer.write(Int64(poster.born))
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
                hash: try reader.readHash(),
                last: max(try reader.readInt(), .min + 1),
                hour: Int32(clamping: try reader.readInt()),
                current: UInt16(clamping: try reader.readInt()),
                previous: UInt16(clamping: try reader.readInt()),
                born: Int32(clamping: try reader.readInt())
            )
        }
    }
}
