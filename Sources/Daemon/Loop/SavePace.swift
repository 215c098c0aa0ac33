// SPDX-License-Identifier: Apache-2.0
//
// How often what was learned is saved: as often as is useful, and never for more than a small share of the
// time, however much there is of it.

internal import EventTime

/// When the next save is due.
struct SavePace {
    /// Least time between two saves.
    let least: TimeSpan

    /// Whether all that changed was saved, or is being saved.
    private(set) var isSaved = true
    private var isSaving = false
    private var last: Timestamp = .distantPast
    private var interval: TimeSpan

    /// Saves are at least so far apart.
    init(least: TimeSpan) {
        self.least = least
        interval = least
    }

    /// There is something new.
    mutating func noteChange() { isSaved = false }

    /// Whether a save is due.
    func isDue(_ now: Timestamp) -> Bool {
        !isSaved && !isSaving && (now - last >= interval || now < last)
    }

    /// Whether a save may begin now; `force` begins it even while another is being written.
    mutating func begin(_ now: Timestamp, force: Bool) -> Bool {
        guard force || !isSaving else { return false }
        isSaving = true
        isSaved = true
        last = now
        return true
    }

    /// It was written.
    ///
    /// One that took long makes the next one later: at most a twentieth of the time goes into
    /// saves.
    mutating func end(_ now: Timestamp) {
        isSaving = false
        let took = now - last
        interval = max(least, TimeSpan(microseconds: took.microseconds * 20))
    }
}
