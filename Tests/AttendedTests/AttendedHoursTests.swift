// SPDX-License-Identifier: Apache-2.0
//
// Weekends, holidays, nights on which the clock is changed, and leap days.

import EventTime
import Testing

@testable import Attended

private let paris = ZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3") ?? .utc

private func hours(_ texts: String..., holidays: [(Int64, Int, Int)] = []) -> AttendedHours {
    AttendedHours(
        texts.compactMap { AttendedSpan($0) },
        zone: paris,
        holidays: Set(
            holidays.compactMap { CivilDate(year: $0.0, month: $0.1, day: $0.2) }
        )
    )
}

private func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? .distantPast }

@Suite struct AttendedHoursTests {
    @Test func `working hours, by the clock on the wall`() {
        let office = hours("Mon..Fri 09:00..17:00")
        // 2026-11-24 is a Tuesday; Paris is an hour ahead.
        #expect(!office.isAttended(at: time("2026-11-24T07:59:59Z")))
        #expect(office.isAttended(at: time("2026-11-24T08:00:00Z")))
        #expect(office.isAttended(at: time("2026-11-24T15:59:59.999999Z")))
        #expect(!office.isAttended(at: time("2026-11-24T16:00:00Z")))
        #expect(!office.isAttended(at: time("2026-11-28T10:00:00Z")))
        #expect(
            office.nextStart(after: time("2026-11-24T07:00:00Z")) == time("2026-11-24T08:00:00Z")
        )
        #expect(
            office.nextStart(after: time("2026-11-24T08:00:00Z")) == time("2026-11-25T08:00:00Z")
        )
        // Friday evening to Monday.
        #expect(
            office.nextStart(after: time("2026-11-27T20:00:00Z")) == time("2026-11-30T08:00:00Z")
        )
    }

    @Test func `the weekends on which the clock is changed`() {
        let office = hours("Mon..Fri 09:00..17:00")
        #expect(
            office.nextStart(after: time("2026-03-27T20:00:00Z")) == time("2026-03-30T07:00:00Z")
        )
        #expect(
            office.nextStart(after: time("2026-10-23T20:00:00Z")) == time("2026-10-26T08:00:00Z")
        )
        // 02:30 does not exist on 2026-03-29: it begins when the gap is over, at 01:00 UTC.
        let night = hours("02:30..05:00")
        #expect(
            night.nextStart(after: time("2026-03-29T00:00:00Z")) == time("2026-03-29T01:00:00Z")
        )
        #expect(night.isAttended(at: time("2026-03-29T01:00:00Z")))
        #expect(!night.isAttended(at: time("2026-03-29T03:00:00Z")))
        // 02:30 comes twice on 2026-10-25: the first, and one hour longer.
        #expect(
            night.nextStart(after: time("2026-10-24T12:00:00Z")) == time("2026-10-25T00:30:00Z")
        )
        #expect(night.isAttended(at: time("2026-10-25T01:15:00Z")))
        #expect(!night.isAttended(at: time("2026-10-25T04:00:00Z")))
        // A gap that swallows a range whole leaves nothing of it.
        let swallowed = hours("02:15..02:45")
        #expect(!swallowed.isAttended(at: time("2026-03-29T01:00:00Z")))
        #expect(
            swallowed.nextStart(after: time("2026-03-28T12:00:00Z")) == time("2026-03-30T00:15:00Z")
        )
    }

    @Test func `holidays, and hours that run past midnight`() {
        let office = hours("Mon..Fri 09:00..17:00", holidays: [(2026, 12, 25), (2027, 1, 1)])
        #expect(!office.isAttended(at: time("2026-12-25T10:00:00Z")))
        #expect(
            office.nextStart(after: time("2026-12-24T20:00:00Z")) == time("2026-12-28T08:00:00Z")
        )
        let watch = hours("Fri 22:00..06:00", holidays: [(2026, 12, 25)])
        #expect(watch.isAttended(at: time("2026-11-27T21:00:00Z")))
        #expect(watch.isAttended(at: time("2026-11-28T04:59:59Z")))
        #expect(!watch.isAttended(at: time("2026-11-28T05:00:00Z")))
        #expect(!watch.isAttended(at: time("2026-12-26T02:00:00Z")))
    }

    @Test func `ranges that run into each other are one`() {
        let both = hours(
            "Mon 09:00..12:00",
            "Mon 12:00..17:00",
            "Mon 16:00..24:00",
            "Tue 00:00..01:00"
        )
        #expect(both.nextStart(after: time("2026-11-23T08:00:00Z")) == time("2026-11-30T08:00:00Z"))
        #expect(both.isAttended(at: time("2026-11-23T23:30:00Z")))
    }

    @Test func `days of the year, leap days, and nothing at all`() {
        let eve = hours("*-12-24 09:00..12:00")
        #expect(eve.nextStart(after: time("2026-11-24T00:00:00Z")) == time("2026-12-24T08:00:00Z"))
        let leap = hours("2028-02-29 09:00..12:00")
        #expect(leap.nextStart(after: time("2028-02-01T00:00:00Z")) == time("2028-02-29T08:00:00Z"))
        #expect(leap.nextStart(after: time("2028-03-01T00:00:00Z")) == nil)
        #expect(hours().nextStart(after: time("2026-01-01T00:00:00Z")) == nil)
        #expect(!hours().isAttended(at: time("2026-01-01T00:00:00Z")))
        let always = hours("00:00..24:00")
        #expect(always.isAttended(at: time("2026-10-25T01:59:59Z")))
        #expect(always.nextStart(after: time("2026-10-25T01:59:59Z")) == nil)
        for extreme in [Timestamp.distantPast, Timestamp(microseconds: .max)] {
            _ = always.isAttended(at: extreme)
        }
    }

    @Test(arguments: [
        "Mon..Fri 09:00..17:00", "mon 9..17", "Saturday,Sun 10:00:30..12:00",
        "Fri..Mon 22:00..06:00",
        "*-*-1..7 09:00..10:00", "12-24", "2026-12-24,31 00:00..24:00", "08:00..20:00", "Mon",
    ])
    func `what is read`(text: String) {
        #expect(AttendedSpan(text) != nil)
    }

    @Test(arguments: [
        "", " ", "Mo..Fr 9..17", "Mon..Tue..Wed", "09:00", "09:00..09:00", "24:00..01:00",
        "9:0..17:00",
        "Mon 09:00..25:00", "13-01 09:00..10:00", "2026-1-32", "*-*-*-*", "Mon 9..17 x", "Mon,",
        "..",
        "Mon.. 9..17", "1-2..1 9..10", "09:00..17:00:60", "٩..١٧",
    ])
    func `what is not`(text: String) {
        #expect(AttendedSpan(text) == nil)
    }
}
