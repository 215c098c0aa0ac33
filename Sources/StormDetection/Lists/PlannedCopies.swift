// SPDX-License-Identifier: Apache-2.0
//
// Planned mailings of one list or sender: what they cover never counts against a ceiling. The
// mistake to avoid: a plan that is read from the settings again after a part of it was used.

internal import Archive
import EventTime

/// A planned mailing and what is left of it.
struct PlannedCopies: Sendable, Equatable {
    /// Most plans of one list or sender; further ones replace the one that ends first.
    static let cap = 32

    var plan: PlannedMailing
    var left: Int64
}

extension [PlannedCopies] {
    /// Adds a planned mailing unless it is already there.
    mutating func expect(_ plan: PlannedMailing) {
        guard plan.copies > 0, !contains(where: { $0.plan == plan }) else { return }
        if count == PlannedCopies.cap {
            sort { $0.plan.until < $1.plan.until }
            removeFirst()
        }
        append(PlannedCopies(plan: plan, left: plan.copies))
    }

    /// Takes `copies` from plans that have room; gives what no plan covers.
    mutating func take(_ copies: Int64, at time: Timestamp) -> Int64 {
        var rest = Swift.max(0, copies)
        for place in indices where self[place].plan.until >= time {
            let taken = Swift.min(rest, self[place].left)
            self[place].left -= taken
            rest -= taken
        }
        return rest
    }
}

extension PlannedCopies: Archived {
    init() { self.init(plan: PlannedMailing(copies: 0, until: .distantPast), left: 0) }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.signed(&plan.copies)
        try stream.value(&plan.until)
        try stream.number(&left, from: 0)
    }
}
