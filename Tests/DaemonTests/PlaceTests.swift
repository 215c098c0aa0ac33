// SPDX-License-Identifier: Apache-2.0
import EventTime
import MailLog
import Testing

@testable import Daemon

private func batch(_ times: [Int64], cursor: String?) -> EntryBatch {
    var batch = EntryBatch()
    batch.entries = times.map { LogEntry(time: Timestamp(seconds: $0)) }
    batch.cursor = cursor
    return batch
}

@Test func `only an empty batch or a fresh entry shows that the end was reached`() {
    var place = Place(cursor: nil)
    let now = Timestamp(seconds: 1000)
    place.note(batch([10, 20], cursor: "a"), now: now)
    #expect(place.seen == Timestamp(seconds: 20))
    #expect(!place.isCaughtUp, "a short batch of old entries proves nothing")
    place.note(batch([30], cursor: "b"), now: now)
    #expect(!place.isCaughtUp)
    place.note(batch([], cursor: nil), now: now)
    #expect(place.seen == now)
    #expect(place.isCaughtUp)
    #expect(place.cursor == "b")
    var busy = Place(cursor: nil)
    busy.note(batch([999], cursor: "a"), now: now)
    #expect(busy.isCaughtUp, "a busy host never gives an empty batch")
    busy.note(batch([5000], cursor: "b"), now: now)
    #expect(busy.seen == now, "a stamp from the future hides no lag")
}

@Test func `a snapshot is due when something was read and the last one is old enough`() {
    var place = Place(cursor: nil)
    var now = Timestamp(seconds: 1000)
    #expect(!place.snapshotIsDue(now))
    place.note(batch([10], cursor: "a"), now: now)
    #expect(place.snapshotIsDue(now))
    let began = place.beginSnapshot(now, force: false)
    #expect(began)
    place.note(batch([11], cursor: "b"), now: now)
    #expect(!place.snapshotIsDue(now + .hours(1)), "one is being written")
    // It took 10 s: the next one comes no sooner than 200 s later.
    now = now + .seconds(10)
    place.endSnapshot(now)
    #expect(!place.snapshotIsDue(now + .seconds(100)))
    #expect(place.snapshotIsDue(now + .seconds(200)))
}
