// SPDX-License-Identifier: Apache-2.0
//
// When old saved mail is deleted: once a day, by a clock that has gone on steadily, and never where
// the settings say so.

import EventTime
import Testing

@testable import Daemon

private let friday = Timestamp(seconds: 1_795_795_200)
private let quarter = TimeSpan.days(90)

@Test func `saved mail is looked at once a day, after the first hour`() {
    var wish = PruneWish(start: friday)
    #expect(wish.limit(at: friday + .minutes(59), keeping: quarter) == nil)
    let hour = friday + .hours(1)
    #expect(wish.limit(at: hour, keeping: quarter) == hour - quarter)
    #expect(wish.limit(at: hour + .hours(23), keeping: quarter) == nil)
    let next = hour + .days(1)
    #expect(wish.limit(at: next, keeping: quarter) == next - quarter)
}

@Test func `with 0 nothing is deleted, and a clock that jumped is not believed for an hour`() {
    var wish = PruneWish(start: friday)
    #expect(wish.limit(at: friday + .days(2), keeping: .seconds(0)) == nil)
    let jump = friday + .days(400)
    wish.noteJump(jump)
    #expect(wish.limit(at: jump + .minutes(59), keeping: quarter) == nil)
    #expect(wish.limit(at: jump + .hours(1), keeping: quarter) != nil)
}
