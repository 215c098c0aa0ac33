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
    static let snapshotInterval = TimeSpan.seconds(30)
    /// Entries younger than this are the present.
    ///
    /// Chosen.
    static let present = TimeSpan.seconds(2)

    /// Cursor of the last entry that the engine took.
    private(set) var cursor: String?
    /// Up to when the log was read: the stamp of the last entry, or now when there was none.
    private(set) var seen: Timestamp = .distantPast
    /// Whether the end of the journal was reached once.
    private(set) var isCaughtUp = false

    /// When a snapshot is due.
    private(set) var pace = SavePace(least: snapshotInterval)

    init(cursor: String?) {
        self.cursor = cursor
    }

    /// A batch was read at `now`.
    ///
    /// Only an empty one, or one whose last entry was written just now, shows that the end was
    /// reached: a short one may have been cut by its bytes.
    mutating func note(_ batch: EntryBatch, now: Timestamp) {
        if let next = batch.cursor {
            cursor = next
            pace.noteChange()
        }
        // A broken stamp from the future must not hide the lag that is still to come.
        seen = batch.reached ?? batch.entries.last.map { min($0.time, now) } ?? now
        if now - seen < Self.present { isCaughtUp = true }
    }

    func snapshotIsDue(_ now: Timestamp) -> Bool { pace.isDue(now) }

    /// Whether a snapshot may begin now; `force` begins it even while another is being written.
    mutating func beginSnapshot(_ now: Timestamp, force: Bool) -> Bool {
        pace.begin(now, force: force)
    }

    /// A snapshot was written.
    mutating func endSnapshot(_ now: Timestamp) { pace.end(now) }
}
