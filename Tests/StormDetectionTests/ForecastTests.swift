// SPDX-License-Identifier: Apache-2.0
//
// Until when a forecast reaches, over weekends, holidays and nights on which the clock is changed.

import Attended
import EventTime
import Testing

@testable import StormDetection

@Suite struct ForecastTests {
    private static let paris = ZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3") ?? .utc

    private static func time(_ text: String) -> Timestamp {
        Timestamp(rfc3339: text) ?? .distantPast
    }

    private static func forecast(at text: String, _ attended: AttendedHours) -> Forecast {
        var settings = DetectionSettings()
        settings.attended = attended
        return Forecast(
            Estimate(StormTest()),
            posts: 3,
            members: 3000,
            at: time(text),
            settings: settings
        )
    }

    @Test(arguments: [
        ("2026-11-28T01:00:00Z", "2026-11-30T08:00:00Z"),
        // The clock is put forward, and back, on the Sunday between.
        ("2026-03-28T01:00:00Z", "2026-03-30T07:00:00Z"),
        ("2026-10-24T00:00:00Z", "2026-10-26T08:00:00Z"),
        // 29 February 2028 is a Tuesday.
        ("2028-02-28T20:00:00Z", "2028-02-29T08:00:00Z"),
        // 1 January is a holiday.
        ("2026-12-31T20:00:00Z", "2027-01-04T08:00:00Z"),
    ])
    func `it reaches until somebody comes, by the clock on the wall`(from: String, until: String) {
        let newYear = CivilDate(year: 2027, month: 1, day: 1).map { [$0] } ?? []
        let hours = AttendedHours.workingWeek(zone: Self.paris, holidays: Set(newYear))
        #expect(Self.forecast(at: from, hours).until == Self.time(until))
    }

    @Test func `where somebody is always there, or never again, it reaches for a day`() {
        for hours in [AttendedSpan("00:00..24:00"), AttendedSpan("2020-01-01 09:00..10:00")] {
            let attended = AttendedHours([hours].compactMap { $0 }, zone: .utc)
            let forecast = Self.forecast(at: "2026-11-28T01:00:00Z", attended)
            #expect(forecast.until == Self.time("2026-11-29T01:00:00Z"))
        }
    }
}
