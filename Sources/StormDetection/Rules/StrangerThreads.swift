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
    static let width = 4
    static let cap = 256
    /// The low half of the hash of the thread in which he answered; 0: in none.
    var thread: UInt32
    var second: UInt32
    /// When his post was written.
    var written: UInt32
    /// Newcomers of the six hours and of the day that ended with him.
    var sixHours: UInt16
    var day: UInt16

    init(thread: UInt32, second: UInt32, written: UInt32, sixHours: UInt16, day: UInt16) {
        self.thread = thread
        self.second = second
        self.written = written
        self.sixHours = sixHours
        self.day = day
    }

    @inline(__always)
    init(from words: Rings.Words, at place: Int) {
        thread = words[place]
        second = words[place + 1]
        sixHours = words[place + 2].low
        day = words[place + 2].high
        written = words[place + 3]
    }

    func store(to words: inout Rings.Words, at place: Int) {
        words[place] = thread
        words[place + 1] = second
        words[place + 2] = paired(sixHours, day)
        words[place + 3] = written
    }

    /// What stands for the thread of `root`.
    static func thread(_ root: UInt64) -> UInt32 { max(1, UInt32(truncatingIfNeeded: root)) }
}

/// Threads of one list in which strangers answered.
enum StrangerThreads {
    /// Strangers of one thread who wrote within an hour, six hours, 24 hours.
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
    }

    /// Most answers in one thread that a threshold may ask for.
    static let answerCap = 32
}

extension Rings {
    /// How many strangers answered in the thread of `root`, around the latest of them.
    func strangers(in root: UInt64, at time: Timestamp) -> StrangerThreads.Counts {
        let thread = Stranger.thread(root)
        var isFirst = true
        var hour = Around(0, span: .hours(1))
        var sixHours = Around(0, span: .hours(6))
        var day = Around(0, span: .days(1))
        for index in stride(from: count(Stranger.self) - 1, through: 0, by: -1) {
            let stranger = self[Stranger.self, index]
            guard stranger.thread == thread else { continue }
            if isFirst {
                isFirst = false
                hour = Around(stranger.written, span: .hours(1))
                sixHours = Around(stranger.written, span: .hours(6))
                day = Around(stranger.written, span: .days(1))
            } else {
                hour.add(stranger.written)
                sixHours.add(stranger.written)
                day.add(stranger.written)
            }
        }
        guard !isFirst else { return StrangerThreads.Counts() }
        return StrangerThreads.Counts(hour: hour.most, sixHours: sixHours.most, day: day.most)
    }

    /// The highest counts of any thread at `time`.
    func strangersInAnyThread(at time: Timestamp) -> StrangerThreads.Counts {
        let now = UInt32(time)
        var highest = StrangerThreads.Counts()
        var seen: Set<UInt32> = []
        for stranger in all(Stranger.self).reversed()
        where stranger.thread > 0 && stranger.second >= now.less(86_400)
            && seen.insert(stranger.thread).inserted
        {
            let counts = strangers(in: UInt64(stranger.thread), at: time)
            // As of now, not of his post: what is older than the span has left it.
            if stranger.second >= now.less(3600) { highest.hour = max(highest.hour, counts.hour) }
            if stranger.second >= now.less(21_600) {
                highest.sixHours = max(highest.sixHours, counts.sixHours)
            }
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
    /// The thresholds of a list on which nobody is known yet.
    ///
    /// Twice as many within the hour, and none for longer, since on its first day everybody answers the welcome. Where it is too large
    /// for that, half as much again.
    func raised(isLarge: Bool) -> StrangerThresholds {
        guard isLarge else {
            return StrangerThresholds(perHour: 2 * perHour, perSixHours: 0, perDay: 0).capped
        }
        return StrangerThresholds(
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
