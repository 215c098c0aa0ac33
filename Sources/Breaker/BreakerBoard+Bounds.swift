// SPDX-License-Identifier: Apache-2.0
//
// What is said when a table of the board is full and something is therefore not done. The mistake
// to avoid: a bound that nobody hears of. Mail stays on hold, or goes unheld, and no line says why.

import EventTime
import StormDetection

extension BreakerBoard {
    /// A table that can be full.
    enum Bound: String {
        /// Lists whose soft holds are under way.
        case softHolds = "soft-holds"
        /// Lists of which a late verdict was said.
        case late
        /// Releases and discards of held mail under way.
        case clearings
    }

    /// Says, once a day for each table, that it is full and that `list` is passed over.
    mutating func sayFull(
        _ bound: Bound,
        list: String,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        if let last = saidFull?[bound.rawValue], now >= last, now - last < .days(1) { return }
        saidFull = (saidFull ?? [:]).merging([bound.rawValue: now]) { _, new in new }
        effects.saveBoard()
        let text =
            switch bound {
            case .softHolds:
                "\(Self.mostSoftHolds) lists are near a trip already: \(list) is, too, and its new "
                    + "copies are not held until it trips; nor are those of further ones"
            case .late:
                "\(Self.mostLate) late storms were told today: one of \(list) and further ones are "
                    + "not; nothing was halted for any of them"
            case .clearings: ""
            }
        effects.note(LogNote(kind: .full, priority: 3, text: text, list: list))
        effects.page(.full(bound, text, list: list, now: now))
    }

    /// Says that what was being done with held mail is not done to its end: its rest stays on hold.
    func sayDropped(_ clearing: Clearing, now: Timestamp, into effects: inout EffectList) {
        let mail = clearing.post ?? clearing.list ?? "the queue"
        let text =
            "over \(Self.mostClearings) releases and discards of held mail are under way: the "
            + "\(clearing.action.rawValue) of \(mail) ends after \(clearing.copies) copies, and the "
            + "rest stays on hold"
        effects.note(
            LogNote(
                kind: .full,
                priority: 3,
                text: text,
                list: clearing.list,
                incident: clearing.incident
            )
        )
        effects.page(.full(.clearings, text, list: clearing.list, now: now))
    }
}

extension Alert {
    /// A table is full; one page a day for each.
    static func full(
        _ bound: BreakerBoard.Bound,
        _ text: String,
        list: String?,
        now: Timestamp
    ) -> Alert {
        let advice =
            switch bound {
            case .softHolds: "Look at them: listbreaker status. To halt now: listbreaker trip LIST"
            case .late: "Look whether it goes on: listbreaker status"
            case .clearings:
                "See what is on hold: listbreaker held. When the others are done: "
                    + "listbreaker held release LIST"
            }
        return Alert(
            kind: .full,
            severity: .error,
            list: list,
            summary: text,
            advice: advice,
            started: now,
            dedupKey: "full-\(bound.rawValue)-\(now.seconds / 86400)"
        )
    }
}
