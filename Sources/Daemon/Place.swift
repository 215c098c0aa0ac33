// SPDX-License-Identifier: Apache-2.0
//
// Where in the journal we are, and when that place must be saved.

internal import EventTime
internal import MailLog

/// The place in the journal up to which the engine has read.
struct Place {
    /// Least time between two snapshots.
    ///
    /// Chosen: a restart reads at most so much again.
    static let snapshotInterval = Span.seconds(30)

    /// Cursor of the last entry that the engine took.
    private(set) var cursor: String?
    /// Event time up to which the log was read; now, when all was read.
    private(set) var seen: Timestamp = .distantPast
    /// Whether the end of the journal was reached once.
    private(set) var isCaughtUp = false

    private var isSaved = true
    private var isSaving = false
    private var lastSaved: Timestamp = .distantPast
    private var interval = snapshotInterval

    init(cursor: String?) {
        self.cursor = cursor
    }

    mutating func note(_ batch: EntryBatch, now: Timestamp, limit: Int) {
        if let next = batch.cursor {
            cursor = next
            isSaved = false
        }
        if batch.entries.count < limit {
            seen = now
            isCaughtUp = true
        } else if let last = batch.entries.last {
            seen = last.time
        }
    }

    func snapshotIsDue(_ now: Timestamp) -> Bool {
        !isSaved && !isSaving && now - lastSaved >= interval
    }

    /// Whether a snapshot may begin now; `force` begins it even while another is being written.
    mutating func beginSnapshot(_ now: Timestamp, force: Bool) -> Bool {
        guard force || !isSaving else { return false }
        isSaving = true
        isSaved = true
        lastSaved = now
        return true
    }

    /// A snapshot was written.
    ///
    /// One that took long makes the next one later: at most a twentieth of the time goes into
    /// snapshots.
    mutating func endSnapshot(_ now: Timestamp) {
        isSaving = false
        let took = now - lastSaved
        interval = max(Self.snapshotInterval, Span(microseconds: took.microseconds * 20))
    }
}
