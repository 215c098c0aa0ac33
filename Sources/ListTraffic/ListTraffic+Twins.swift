// SPDX-License-Identifier: Apache-2.0
//
// Which list a message carries copies of, and which fan-outs a content filter may still give back
// under another id. The mistake to avoid: a list's slot without its serial number; slots are reused.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// The list whose copies the life in `slot` carries; nil when none, or it was forgotten.
    @inline(__always)
    func carriedList(_ slot: Int32) -> Int32? {
        let list = lives[slot].list
        guard list >= 0, lists.isTaken(list), lists[list].serial == lives[slot].serial else {
            return nil
        }
        return list
    }

    /// Lets the life in `slot` carry copies of `list`.
    mutating func carry(_ slot: Int32, _ list: Int32) {
        lives[slot].list = list
        lives[slot].serial = lists[list].serial
        if let out = lives.move(slot, to: .kept) {
            forget(out.value)
            if !out.value.flags.contains(.removed) { tally.evictedFanOuts += 1 }
        }
        lists.touch(list)
    }

    // MARK: Twins

    /// What a filter leaves the same: Message-ID, sender, number of recipients.
    static func pairKey(_ life: Life) -> UInt64 {
        mix(mix(life.message, life.sender), UInt64(truncatingIfNeeded: Int(life.recipients)))
    }

    /// Notes that a filter may give the fan-out in `slot` back.
    mutating func openFanOut(_ slot: Int32) {
        guard lives[slot].message != 0, !lives[slot].flags.contains(.unpaired) else { return }
        let key = Self.pairKey(lives[slot])
        let place: Int32
        if let found = fanOuts.find(key) {
            place = found
        } else {
            place = fanOuts.insert(key).slot
        }
        fanOuts[place].count += 1
        lives[slot].expansion = fanOuts[place].life
        fanOuts[place].life = lives.key(slot)
        lives[slot].flags.insert(.unpaired)
    }

    /// Notes that the life in `slot` has its twin, or needs none any more.
    mutating func unpair(_ slot: Int32) {
        guard lives[slot].flags.contains(.unpaired) else { return }
        lives[slot].flags.remove(.unpaired)
        closeFanOut(Self.pairKey(lives[slot]))
    }

    /// Counts one open fan-out of `key` less.
    mutating func closeFanOut(_ key: UInt64) {
        guard let place = fanOuts.find(key) else { return }
        fanOuts[place].count -= 1
        if fanOuts[place].count <= 0 { fanOuts.remove(place) }
    }
}
