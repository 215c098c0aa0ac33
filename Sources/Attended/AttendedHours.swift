// SPDX-License-Identifier: Apache-2.0
//
// Whether somebody is there now, and when somebody will be. The mistake to avoid: adding 24 hours
// to get to tomorrow; two nights of the year are longer or shorter.

public import EventTime

/// The attended hours of a site.
public struct AttendedHours: Sendable, Equatable {
    /// How far ahead the next attended hour is looked for, in days: a year with its holidays.
    static let horizon: Int64 = 400

    private let spans: [AttendedSpan]
    private let zone: ZoneRules
    private let holidays: Set<CivilDate>

    /// Hours in a zone, without those that begin on a holiday.
    ///
    /// Without a span nothing is attended.
    public init(_ spans: [AttendedSpan], zone: ZoneRules, holidays: Set<CivilDate> = []) {
        self.spans = spans
        self.zone = zone
        self.holidays = holidays
    }

    /// Monday to Friday, 09:00 to 17:00: what is assumed of people where nothing is said.
    public static func workingWeek(
        zone: ZoneRules,
        holidays: Set<CivilDate> = []
    ) -> AttendedHours {
        AttendedHours(
            [AttendedSpan(weekdays: Set(0...4), from: 9 * 3_600, until: 17 * 3_600)],
            zone: zone,
            holidays: holidays
        )
    }

    /// Whether there are no hours at all.
    public var isEmpty: Bool { spans.isEmpty }

    /// Local time minus UTC at `time`.
    public func utcOffset(at time: Timestamp) -> TimeSpan { .seconds(zone.offset(at: time)) }

    /// Whether somebody is there at `time`.
    public func isAttended(at time: Timestamp) -> Bool {
        let day = localDay(time)
        // Yesterday's range may run past midnight.
        return (day - 1...day).contains { day in
            ranges(onDay: day).contains { $0.contains(time) }
        }
    }

    /// When the next attended hour begins after `time`; nil when none does for 400 days.
    ///
    /// Where somebody is there at `time`, it is the next beginning after that range.
    public func nextStart(after time: Timestamp) -> Timestamp? {
        let today = localDay(time)
        for day in today - 1...today + Self.horizon {
            let starts = ranges(onDay: day).map(\.lowerBound).filter { $0 > time }.sorted()
            // A range that another one runs into begins nothing.
            let before = TimeSpan(microseconds: 1)
            if let start = starts.first(where: { !isAttended(at: $0 - before) }) { return start }
        }
        return nil
    }

    private func localDay(_ time: Timestamp) -> Int64 {
        let seconds = time.seconds.addingSaturated(zone.offset(at: time))
        return seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    }

    /// The ranges that begin on a local day, as points in time.
    private func ranges(onDay day: Int64) -> [Range<Timestamp>] {
        let date = CivilDate(daysSinceEpoch: day)
        guard !holidays.contains(date) else { return [] }
        return spans.compactMap { span in
            guard span.begins(on: date) else { return nil }
            let isOvernight = span.until <= span.from
            let start = zone.time(day: day, second: span.from)
            let end = zone.time(day: isOvernight ? day + 1 : day, second: span.until)
            return start < end ? start..<end : nil
        }
    }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
