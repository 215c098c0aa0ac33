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

@Test func `a full batch shows how far we are, a partial one that all was read`() {
    var place = Place(cursor: nil)
    let now = Timestamp(seconds: 1000)
    place.note(batch([10, 20], cursor: "a"), now: now, limit: 2)
    #expect(place.seen == Timestamp(seconds: 20))
    #expect(!place.isCaughtUp)
    place.note(batch([30], cursor: "b"), now: now, limit: 2)
    #expect(place.seen == now)
    #expect(place.isCaughtUp)
    #expect(place.cursor == "b")
}

@Test func `a snapshot is due when something was read and the last one is old enough`() {
    var place = Place(cursor: nil)
    var now = Timestamp(seconds: 1000)
    #expect(!place.snapshotIsDue(now))
    place.note(batch([10], cursor: "a"), now: now, limit: 2)
    #expect(place.snapshotIsDue(now))
    let began = place.beginSnapshot(now, force: false)
    #expect(began)
    place.note(batch([11], cursor: "b"), now: now, limit: 2)
    #expect(!place.snapshotIsDue(now + .hours(1)), "one is being written")
    // It took 10 s: the next one comes no sooner than 200 s later.
    now = now + .seconds(10)
    place.endSnapshot(now)
    #expect(!place.snapshotIsDue(now + .seconds(100)))
    #expect(place.snapshotIsDue(now + .seconds(200)))
}
