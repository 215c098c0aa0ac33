// SPDX-License-Identifier: Apache-2.0
//
// People who posted for the first time, and in which thread they answered. How many strangers
// answered in one thread is what tells a storm from a busy day: on a support address strangers
// write all the time, each in a thread of his own. Whoever starts a thread is a newcomer to the
// list, but not counted here. The latest 256 of two days; NewcomerWatch.swift reads them too.

import EventTime

/// Somebody who posted to the list for the first time.
struct Stranger: Ringed {
    static let kind = Rings.Kind.strangers
    static let width = 3
    static let cap = 256
    /// The low half of the hash of the thread in which he answered; 0: in none.
    var thread: UInt32
    var second: UInt32
    /// Newcomers of the six hours and of the day that ended with him.
    var sixHours: UInt16
    var day: UInt16

    init(thread: UInt32, second: UInt32, sixHours: UInt16, day: UInt16) {
        self.thread = thread
        self.second = second
        self.sixHours = sixHours
        self.day = day
    }

    init(from words: Rings.Words, at place: Int) {
        thread = words[place]
        second = words[place + 1]
        sixHours = words[place + 2].low
        day = words[place + 2].high
    }

    func store(to words: inout Rings.Words, at place: Int) {
        words[place] = thread
        words[place + 1] = second
        words[place + 2] = paired(sixHours, day)
    }

    /// What stands for the thread of `root`.
    static func thread(_ root: UInt64) -> UInt32 { max(1, UInt32(truncatingIfNeeded: root)) }
}

/// Threads of one list in which strangers answered.
enum StrangerThreads {
    /// Strangers of one thread within the last hour, six hours, 24 hours.
    struct Counts: Sendable, Equatable {
        var hour: Int64 = 0
        var sixHours: Int64 = 0
        var day: Int64 = 0

        /// The count of one of the three spans.
        func within(_ span: TimeSpan) -> Int64 {
            span > .hours(6) ? day : span > .hours(1) ? sixHours : hour
        }

        /// The span in which `thresholds` are reached; nil: none is.
        func reached(_ thresholds: StrangerThresholds) -> TimeSpan? {
            if thresholds.perHour > 0 && hour >= thresholds.perHour { return .hours(1) }
            if thresholds.perSixHours > 0 && sixHours >= thresholds.perSixHours {
                return .hours(6)
            }
            return thresholds.perDay > 0 && day >= thresholds.perDay ? .hours(24) : nil
        }

        /// Adds an answer of `second`, within a day before `now`.
        fileprivate mutating func add(_ second: UInt32, at now: UInt32) {
            day += 1
            if second >= now.less(21_600) { sixHours += 1 }
            if second >= now.less(3600) { hour += 1 }
        }
    }

    /// Most answers in one thread that a threshold may ask for.
    static let answerCap = 32
}

extension Rings {
    /// How many strangers answered in the thread of `root` until `time`.
    func strangers(in root: UInt64, at time: Timestamp) -> StrangerThreads.Counts {
        let thread = Stranger.thread(root)
        let now = UInt32(time)
        var counts = StrangerThreads.Counts()
        for index in stride(from: count(Stranger.self) - 1, through: 0, by: -1) {
            let stranger = self[Stranger.self, index]
            guard stranger.second >= now.less(86_400) else { break }
            if stranger.thread == thread { counts.add(stranger.second, at: now) }
        }
        return counts
    }

    /// The highest counts of any thread at `time`.
    func strangersInAnyThread(at time: Timestamp) -> StrangerThreads.Counts {
        let now = UInt32(time)
        var threads: [UInt32: StrangerThreads.Counts] = [:]
        for stranger in all(Stranger.self)
        where stranger.thread > 0 && stranger.second >= now.less(86_400) {
            threads[stranger.thread, default: .init()].add(stranger.second, at: now)
        }
        var highest = StrangerThreads.Counts()
        for counts in threads.values {
            highest.hour = max(highest.hour, counts.hour)
            highest.sixHours = max(highest.sixHours, counts.sixHours)
            highest.day = max(highest.day, counts.day)
        }
        return highest
    }

    /// When the first answer of a stranger came in the thread of `root`, within `span` of `time`.
    func firstStranger(in root: UInt64, within span: TimeSpan, of time: Timestamp) -> Timestamp? {
        let thread = Stranger.thread(root)
        let start = UInt32(time - span)
        return all(Stranger.self).first { $0.thread == thread && $0.second >= start }
            .map { Timestamp(seconds: Int64($0.second)) }
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
