// SPDX-License-Identifier: Apache-2.0
//
// When the follower's thread looks again, by numbers alone.

import Testing

@testable import Journal

struct PaceTests {
    @Test func `the wait is an eighth of the quiet, between 4 and 25 ms`() {
        let pace = FollowerPace(now: 0)
        #expect(pace.quietWait(1_000_000) == 4_000_000)
        #expect(pace.quietWait(80_000_000) == 10_000_000)
        #expect(pace.quietWait(60_000_000_000) == 25_000_000)
    }

    @Test func `after a minute of quiet only what is announced wakes us`() {
        var pace = FollowerPace(now: 0)
        pace.isAnnounced = true
        let asleep: Int64 = 60_000_000_001
        #expect(pace.quietWait(asleep) == FollowerPace.longestSleep)
        let early = pace.isTimeToLookAgain(asleep)
        #expect(!early)
        pace.noteAnnouncement(now: asleep)
        #expect(pace.quietWait(asleep) == FollowerPace.lookAfter)
        let tooEarly = pace.isTimeToLookAgain(asleep)
        #expect(!tooEarly)
        let looks = pace.isTimeToLookAgain(asleep + FollowerPace.lookAfter)
        #expect(looks)
        let looksTwice = pace.isTimeToLookAgain(asleep + 2 * FollowerPace.lookAfter)
        #expect(!looksTwice, "once is enough")
        #expect(pace.quietWait(asleep + FollowerPace.lookAfter) == FollowerPace.longestSleep)
        pace.note(1, isFull: false, now: asleep)
        #expect(pace.quietWait(asleep) == 4_000_000)
    }

    @Test func `in traffic two readings are 3 ms apart, and what is full is read on at once`() {
        var pace = FollowerPace(now: 0)
        let now: Int64 = 1_000_000_000
        pace.note(1, isFull: false, now: now)
        #expect(pace.gathering(now) == 0, "the first line after a quiet time is no traffic")
        pace.note(1, isFull: false, now: now + 1_000_000)
        #expect(pace.gathering(now + 1_000_000) == 3_000_000)
        #expect(pace.gathering(now + 3_000_000) == 1_000_000)
        #expect(pace.gathering(now + 4_000_000) == 0)
        pace.note(2000, isFull: true, now: now + 5_000_000)
        #expect(pace.gathering(now + 5_000_000) == 0)
        pace.note(7, isFull: false, now: now + 9_000_000)
        pace.note(0, isFull: false, now: now + 13_000_000)
        #expect(pace.gathering(now + 13_000_000) == 0)
    }
}
