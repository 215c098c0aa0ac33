// SPDX-License-Identifier: Apache-2.0
//
// What is kept of one sender that is no list, and what one line of his mail means. The ceiling is
// the lists' own; two things are added, since invoices look like spam but for two facts: who sends
// them has done so before, and their addresses exist. What he teaches counts from the next week on,
// so that his ceiling grows fourfold a week at most. The mistake to avoid: a low ceiling for
// somebody nobody knows yet.

internal import Archive
import EventTime

/// One sender: 250 bytes, and 100 to 200 more with the hour in which he sent last.
struct SenderState: Sendable {
    private(set) var address: String
    /// His slot in the table of ListTraffic, saved with it; -1: none.
    var slot: Int32 = -1
    /// Whether the settings give him no ceiling.
    var isExempt = false
    private var ticker = SteadyClock()
    var clock: Timestamp { ticker.now }
    private var ceiling = CeilingWatch()
    /// The charges of his last hour.
    private var rings = Rings()
    /// First and latest day on which he sent, and how many there were.
    private var firstDay: Int64 = .max
    private var lastDay: Int64 = .min
    private var days: UInt16 = 0
    /// Busiest clean hours until the current week began.
    private var ripeMessages = 0.0
    private var ripeCopies = 0.0
    private var week: Int64 = .min
    /// Recipients tried and refused of late: both are halved with each half hour that begins.
    private var tried: UInt32 = 0
    private var refused: UInt32 = 0
    private var halfHour: Int64 = .min
    private var hourly = CeilingWatch.Volume()
    private(set) var lastTrip = Timestamp.distantPast
    private var lastPassed = Timestamp.distantPast

    /// Fewest recipients of which a share refused says something; chosen.
    static let fewestTried: UInt32 = 100
    /// Least time between two doubtful verdicts that are let pass; chosen.
    static let pause = TimeSpan.minutes(1)

    init(address: String) {
        self.address = address
    }

    /// Takes mail to the outside, of which `unplanned` copies no plan covers.
    mutating func note(
        _ outward: SenderWatch.Outward,
        unplanned: Int64,
        _ settings: DetectionSettings
    ) -> Finding? {
        let time = advance(to: outward.time)
        count(outward, at: time)
        hourly = ceiling.add(
            CeilingWatch.Volume(
                posts: unplanned > 0 ? UInt16(clamping: outward.messages) : 0,
                copies: UInt32(clamping: unplanned)
            ),
            at: time,
            &rings
        )
        guard !isExempt else { return nil }
        let limits = limits(settings, at: time)
        let percent = refusedPercent(settings)
        let messages = Double(hourly.posts)
        let copies = Double(hourly.copies)
        let cause: Finding.Cause
        if let limit = limits.messages, messages > limit {
            cause = .senderMessages(
                count: Int64(messages),
                limit: Int64(limit),
                refused: percent
            )
        } else if let limit = limits.copies, copies > limit,
            Int64(hourly.posts) >= settings.ceilingPosts
        {
            cause = .senderCopies(count: Int64(copies), limit: Int64(limit), refused: percent)
        } else {
            return nil
        }
        ceiling.spoil()
        return .withinHour(cause, at: time)
    }

    private mutating func advance(to time: Timestamp) -> Timestamp {
        ticker.advance(to: time)
    }

    private mutating func count(_ outward: SenderWatch.Outward, at time: Timestamp) {
        let day = time.seconds / 86400
        firstDay = min(firstDay, day)
        if day > lastDay {
            lastDay = day
            days = days.addingSaturated(1)
        }
        // The week's first day is of no matter; 1970 began on a Thursday.
        let week = time.seconds / (7 * 86400)
        if week != self.week {
            self.week = week
            ripeMessages = ceiling.busiestPosts
            ripeCopies = ceiling.busiestCopies
        }
        let half = time.seconds / 1800
        if half != halfHour {
            let (gap, overflow) = half.subtractingReportingOverflow(halfHour)
            let steps: Int64 = overflow || gap < 0 ? 32 : min(gap, 32)
            tried >>= UInt32(steps)
            refused >>= UInt32(steps)
            halfHour = half
        }
        tried = tried.addingSaturated(UInt32(clamping: outward.copies))
        refused = refused.addingSaturated(UInt32(clamping: outward.refused))
    }

    /// Refused recipients of 100, when they are as many as the settings find telling; else 0.
    private func refusedPercent(_ settings: DetectionSettings) -> Int64 {
        let share = settings.senderRefusedShare
        guard share > 0, tried >= Self.fewestTried,
            Double(refused) >= share * Double(tried)
        else { return 0 }
        return max(1, min(100, Int64(refused) * 100 / Int64(tried)))
    }

    private func isKnown(_ settings: DetectionSettings, at time: Timestamp) -> Bool {
        guard firstDay <= lastDay, Int64(days) >= settings.senderKnownDays else { return false }
        let (age, overflow) = (time.seconds / 86400).subtractingReportingOverflow(firstDay)
        return overflow || Double(age) * 86400 >= settings.senderKnownAfter.seconds
    }

    /// The ceilings that hold at `time`; nil: off.
    private func limits(
        _ settings: DetectionSettings,
        at time: Timestamp
    ) -> (messages: Double?, copies: Double?) {
        let isStrict = isKnown(settings, at: time) || refusedPercent(settings) > 0
        func limit(_ table: Int64, _ busiest: Double) -> Double? {
            guard table > 0 else { return nil }
            let table = Double(table)
            let learned = CeilingWatch.limit(table: table, busiest: busiest, settings: settings)
            let most = max(1, settings.ceilingLearnedLimit) * table
            return isStrict ? learned : max(learned, most)
        }
        return (
            limit(settings.senderMessagesPerHour, ripeMessages),
            limit(settings.senderCopiesPerHour, ripeCopies)
        )
    }

    // MARK: Verdicts

    /// The verdict of `finding`, unless it was said already.
    mutating func conclude(_ finding: Finding, _ settings: DetectionSettings) -> Verdict? {
        let time = clock
        guard lastTrip == .distantPast || time - lastTrip > settings.tripRepeat,
            finding.isSure || lastPassed == .distantPast || time - lastPassed > Self.pause
        else { return nil }
        lastTrip = time
        var evidence = Evidence()
        evidence.posts = Int64(hourly.posts)
        evidence.posters = 1
        evidence.window = .hours(1)
        evidence.copiesAnnounced = Int64(hourly.copies)
        evidence.copiesSent = Int64(hourly.copies)
        evidence.summary = finding.sentence(
            list: "sender \(address)",
            at: time,
            evidence: evidence
        )
        return Verdict(
            action: finding.action,
            list: Subject.sender(address).name,
            time: time,
            rule: finding.rule,
            isSure: finding.isSure,
            evidence: evidence
        )
    }

    /// The last trip was not carried out: a sure one may come at once, a doubtful one soon.
    mutating func pass() {
        lastTrip = .distantPast
        lastPassed = clock
    }

    /// Forgets the last hour, keeps what was learned.
    mutating func forgetRecent() {
        ceiling.clear()
        rings.clear(.charges)
        hourly = CeilingWatch.Volume()
        tried = 0
        refused = 0
        lastTrip = .distantPast
        lastPassed = .distantPast
    }

    /// What status shows of the sender at `time`: the last hour, and how near the ceiling is.
    func figures(at time: Timestamp, _ settings: DetectionSettings) -> ListFigures {
        var past = ceiling
        var charges = rings
        let now = max(time, clock)
        let hourly = past.add(CeilingWatch.Volume(), at: now, &charges)
        let limits = limits(settings, at: now)
        var misses: [ListFigures.NearMiss] = []
        for (figure, limit) in [
            (Double(hourly.posts), limits.messages), (Double(hourly.copies), limits.copies),
        ] {
            if let limit, !isExempt {
                misses.append(.init(rule: .ceiling, figure: figure, limit: max(1, limit)))
            }
        }
        return ListFigures(
            windows: [
                ListFigures.Window(
                    span: .hours(1),
                    posts: Int64(hourly.posts),
                    replies: 0,
                    posters: 1,
                    copiesAnnounced: Int64(hourly.copies),
                    copiesSent: Int64(hourly.copies)
                )
            ],
            members: nil,
            postsPerYear: 0,
            isWarmingUp: !isKnown(settings, at: now),
            nearMisses: misses.sorted { $0.share > $1.share },
            tripped: lastTrip == .distantPast ? nil : lastTrip
        )
    }
}

extension SenderState: Archived {
    init() { self.init(address: "") }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&address)
        try stream.number(&slot, from: -1)
        try stream.check(slot < SenderWatch.slotCap, "a slot is \(slot)")
        try stream.value(&ceiling)
        try stream.value(&rings)
        try stream.number(&days)
        try stream.number(&tried)
        try stream.number(&refused)
        try stream.value(&ticker)
        try stream.value(&lastTrip)
        try stream.value(&lastPassed)
        try stream.signed(&firstDay)
        try stream.signed(&lastDay)
        try stream.signed(&week)
        try stream.signed(&halfHour)
        try stream.amount(&ripeMessages, limit: 1e12)
        try stream.amount(&ripeCopies, limit: 1e12)
    }
}
