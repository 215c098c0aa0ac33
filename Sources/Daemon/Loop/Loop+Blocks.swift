// SPDX-License-Identifier: Apache-2.0
//
// Lists that Postfix itself holds, where the administrator has set that up. It is a net below the
// hold by name, so that it fails is said once, and keeps nothing else from being done.

internal import Breaker
internal import Engine
internal import EventTime
internal import HaltWire

extension Loop {
    /// Lists that the mail server is to hold by itself: those that are stopped, and those of which it is
    /// still to be read why they were found so.
    var wantedBlocks: Set<String> { engine.blocked.union(unexplained) }

    /// Says that `wanted`, and no other lists, are to be held by the mail server itself.
    func sayBlocks(_ wanted: Set<String>, at now: Timestamp) {
        blockWish.say(wanted, at: now, again: engine.sweepInterval)
        lane.submit(blocks: blockedLists(wanted))
    }

    /// The lists in the actuator's words; `first` come first, since not all may find room.
    func blockedLists(_ wanted: Set<String>, after first: [String] = []) -> [BlockedList] {
        let softly = engine.softly
        return (first + wanted.sorted()).prefix(ListBlock.most).map {
            BlockedList(
                list: $0,
                senders: Array(mail(of: $0).senders.prefix(24)),
                isSoft: softly.contains($0)
            )
        }
    }

    /// Takes what became of it: `looks` found what the mail server had held by itself; since then we hold
    /// `total` messages.
    func take(
        blocked lists: [String],
        canNarrow: Bool?,
        looks: [HoldLook] = [],
        total: Int64 = 0,
        errors: [String]
    ) {
        if let canNarrow { engine.note(canNarrow: canNarrow) }
        engine.note(looks: looks, total: total)
        guard errors.isEmpty else {
            // Without a list to hold there is nothing that could leak.
            if errors != blockTrouble, !engine.blocked.isEmpty {
                parts.log.write(4, nil, "the list block: \(errors.joined(separator: "; "))")
            }
            blockTrouble = errors
            return
        }
        blockTrouble = []
        for list in lists where !blocked.contains(list) {
            parts.log.write(5, nil, "Postfix itself holds what comes for \(list) now", list: list)
        }
        for list in blocked where !lists.contains(list) {
            parts.log.write(5, nil, "Postfix holds nothing of \(list) any more", list: list)
        }
        blocked = lists
    }
}
