// SPDX-License-Identifier: Apache-2.0
//
// What is said when a table is full. Nothing is dropped in silence: each thing that finds no room is
// noted in the log, and the first of a day is paged with what to do about it.

import EventTime
import StormDetection

/// When it was paged last that a table is full.
struct Overflows: Sendable, Codable, Equatable {
    /// The tables.
    enum Table: String, Sendable, Codable {
        case incidents, clearings
        case softHolds = "soft-holds"
        case late
    }

    private var paged: [String: Timestamp] = [:]

    init() {}

    /// Whether that `table` is full is to be paged at `now`: once a day.
    mutating func isToBePaged(_ table: Table, at now: Timestamp) -> Bool {
        if let last = paged[table.rawValue], now - last < .days(1) { return false }
        paged[table.rawValue] = now
        return true
    }
}

extension BreakerBoard {
    /// Says that `subject` found no room in `table`: `text` is what that means for its mail.
    mutating func sayFull(
        _ table: Overflows.Table,
        _ subject: Subject,
        isPaged: Bool = true,
        _ text: String,
        advice: String,
        now: Timestamp
    ) {
        let kinds: (note: LogNote.Kind, page: Alert.Kind) =
            table == .incidents ? (.haltFailed, .haltFailed) : (.full, .full)
        effects.note(
            LogNote(kind: kinds.note, priority: 3, text: text, list: subject.mailName)
        )
        guard isPaged, !subject.isDrill, overflows.isToBePaged(table, at: now) else { return }
        effects.saveBoard()
        effects.page(
            Alert(
                kind: kinds.page,
                severity: .error,
                list: subject.mailName,
                summary: "\(subject.name): \(text) Further ones of this day are in the log only.",
                advice: advice,
                started: now,
                dedupKey: "full-\(table.rawValue)-\(now.seconds / 86400)",
                isObserve: mode == .observe
            )
        )
    }
}
