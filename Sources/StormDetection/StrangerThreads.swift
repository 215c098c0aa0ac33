// SPDX-License-Identifier: Apache-2.0
//
// How many strangers answered in one thread lately. The thread is what tells a storm from a busy
// day: on a support address strangers write all the time, each in a thread of his own. Whoever
// starts a thread is not counted. At most 64 threads of 24 h, the longest silent goes first.

import EventTime

/// Threads of one list in which strangers answered.
struct StrangerThreads: Sendable, Equatable {
    /// One thread: when strangers answered, oldest first, at most 32.
    struct Thread: Sendable, Equatable {
        var root: UInt64
        var answers: ContiguousArray<Timestamp>
    }

    /// Strangers of one thread within the last hour, six hours, 24 hours.
    struct Counts: Sendable, Equatable {
        var hour: Int64 = 0
        var sixHours: Int64 = 0
        var day: Int64 = 0

        /// The count of one of the three spans.
        func within(_ span: Span) -> Int64 {
            span > .hours(6) ? day : span > .hours(1) ? sixHours : hour
        }

        /// The span in which `thresholds` are reached; nil: none is.
        func reached(_ thresholds: StrangerThresholds) -> Span? {
            if thresholds.perHour > 0 && hour >= thresholds.perHour { return .hours(1) }
            if thresholds.perSixHours > 0 && sixHours >= thresholds.perSixHours {
                return .hours(6)
            }
            return thresholds.perDay > 0 && day >= thresholds.perDay ? .hours(24) : nil
        }
    }

    private static let threadCap = 64
    static let answerCap = 32
    private var threads = ContiguousArray<Thread>()

    /// Notes that a stranger answered in the thread of `root`, and counts that thread.
    mutating func note(_ root: UInt64, at time: Timestamp) -> Counts {
        let start = time - .hours(24)
        threads.removeAll { ($0.answers.last ?? .distantPast) < start }
        var thread = Thread(root: root, answers: [])
        if let place = threads.firstIndex(where: { $0.root == root }) {
            thread = threads.remove(at: place)
        } else if threads.count == Self.threadCap {
            threads.removeFirst()
        }
        let past = thread.answers.prefix { $0 < start }.count
        if past > 0 { thread.answers.removeFirst(past) }
        if thread.answers.count == Self.answerCap { thread.answers.removeFirst() }
        thread.answers.append(time)
        // The latest active thread stands last, so that the first is the longest silent.
        threads.append(thread)
        return Self.count(thread.answers, at: time)
    }

    private static func count(_ answers: some Sequence<Timestamp>, at time: Timestamp) -> Counts {
        var counts = Counts()
        for answer in answers {
            counts.day += 1
            if answer >= time - .hours(6) { counts.sixHours += 1 }
            if answer >= time - .hours(1) { counts.hour += 1 }
        }
        return counts
    }

    /// The highest counts of any thread at `time`.
    func highest(at time: Timestamp) -> Counts {
        var highest = Counts()
        for thread in threads {
            let live = thread.answers.filter { $0 >= time - .hours(24) }
            let counts = Self.count(live, at: time)
            highest.hour = max(highest.hour, counts.hour)
            highest.sixHours = max(highest.sixHours, counts.sixHours)
            highest.day = max(highest.day, counts.day)
        }
        return highest
    }

    /// When the first of the counted answers in the thread of `root` came.
    func first(in root: UInt64) -> Timestamp? {
        threads.last { $0.root == root }?.answers.first
    }

    /// Forgets all threads.
    mutating func clear() {
        self = StrangerThreads()
    }
}

extension StrangerThresholds {
    /// The thresholds of a list on which nobody is known yet: half as much again.
    var raised: StrangerThresholds {
        StrangerThresholds(
            perHour: perHour + perHour / 2,
            perSixHours: perSixHours + (perSixHours + 1) / 2,
            perDay: perDay + perDay / 2
        ).capped
    }

    /// The thresholds, each at most as high as answers are remembered.
    var capped: StrangerThresholds {
        let cap = Int64(StrangerThreads.answerCap)
        return StrangerThresholds(
            perHour: min(cap, perHour),
            perSixHours: min(cap, perSixHours),
            perDay: min(cap, perDay)
        )
    }
}

extension StrangerThreads: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(threads.count))
        for thread in threads {
            writer.write(hash: thread.root)
            writer.write(Int64(thread.answers.count))
            for answer in thread.answers { writer.write(answer.microseconds) }
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.threadCap)) {
            var thread = Thread(root: try reader.readHash(), answers: [])
            for _ in 0..<(try reader.readCount(limit: Self.answerCap)) {
                thread.answers.append(Timestamp(microseconds: try reader.readInt()))
            }
            threads.append(thread)
        }
    }
}
