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

    private let millisecond: Int64 = 1_000_000

    @Test func `what is full is read on at once, and so is what follows a quiet time`() {
        var pace = FollowerPace(now: 0)
        let now: Int64 = 1_000_000_000
        pace.note(1, isFull: false, now: now)
        #expect(pace.gathering(now) == 0, "the first line after a quiet time is no traffic")
        pace.note(1, isFull: false, now: now + millisecond)
        #expect(pace.gathering(now + millisecond) == 2 * millisecond)
        #expect(pace.gathering(now + 2 * millisecond) == millisecond)
        #expect(pace.gathering(now + 3 * millisecond) == 0)
        pace.note(2000, isFull: true, now: now + 5 * millisecond)
        #expect(pace.gathering(now + 5 * millisecond) == 0)
        pace.note(7, isFull: false, now: now + 9 * millisecond)
        pace.note(0, isFull: false, now: now + 13 * millisecond)
        #expect(pace.gathering(now + 13 * millisecond) == 0)
    }

    /// A pace after `readings` of `count` lines, each `spacing` apart; and when the last was.
    private func steady(_ readings: Int, of count: Int, every spacing: Int64) -> (
        FollowerPace, Int64
    ) {
        var pace = FollowerPace(now: 0)
        var now: Int64 = 1_000_000_000
        for _ in 0..<readings {
            now += spacing * Int64(count)
            pace.note(count, isFull: false, now: now)
        }
        return (pace, now)
    }

    @Test func `two readings are two lines apart, between 2 and 12 ms`() {
        for (spacing, expected) in [(100_000, 2), (2 * millisecond, 4), (30 * millisecond, 12)]
            as [(Int64, Int64)]
        {
            let (pace, now) = steady(60, of: 1, every: spacing)
            let wait = pace.gathering(now)
            #expect(
                wait > (expected * 9 / 10) * millisecond && wait <= expected * millisecond,
                "\(spacing): \(wait)"
            )
            #expect(pace.quietWait(now) == max(wait, FollowerPace.shortestWait))
        }
    }

    @Test func `a storm in calm traffic is looked at often within four readings`() {
        var (pace, now) = steady(60, of: 1, every: 10 * millisecond)
        for _ in 0..<4 {
            now += pace.gathering(now)
            pace.note(20, isFull: false, now: now)
        }
        #expect(pace.gathering(now) <= 4 * millisecond)
    }

    @Test func `a burst after a quiet time is looked at often from its first line`() {
        var (pace, now) = steady(60, of: 1, every: 10 * millisecond)
        now += 1_000_000_000
        pace.note(1, isFull: false, now: now)
        now += 2 * millisecond
        pace.note(1, isFull: false, now: now)
        #expect(pace.gathering(now) == 2 * millisecond)
    }
}
