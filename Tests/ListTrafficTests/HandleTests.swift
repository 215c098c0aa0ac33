// SPDX-License-Identifier: Apache-2.0
//
// The tables: a handle names one record and nobody after it, lanes evict by themselves, and a table
// does what a plain list of records would do.

import TestSupport
import Testing

@testable import Archive
@testable import ListTraffic

/// What a ``SlotTable`` should hold, as plainly as can be.
private struct Model {
    var lanes: [[(key: UInt64, value: Int32)]] = [[], [], []]
    let limits = [4, 3, Int.max]

    func lane(of key: UInt64) -> Int? {
        lanes.firstIndex { $0.contains { $0.key == key } }
    }

    @discardableResult
    mutating func take(_ key: UInt64) -> Int32? {
        guard let lane = lane(of: key), let place = lanes[lane].firstIndex(where: { $0.key == key })
        else { return nil }
        return lanes[lane].remove(at: place).value
    }

    mutating func put(_ key: UInt64, _ value: Int32, _ lane: Int) {
        if lanes[lane].count >= limits[lane] { lanes[lane].removeFirst() }
        lanes[lane].append((key, value))
    }
}

@Suite struct HandleTests {
    @Test func `a handle names nobody once its record has left, whoever stands there then`() {
        var table = SlotTable<Life>(passing: 2, kept: 2)
        let first = table.insert(1).handle
        table[first]?.size = 7
        #expect(table[first]?.size == 7 && table.key(first) == 1)
        table.remove(first)
        #expect(table[first]?.size == nil)
        let second = table.insert(2).handle
        #expect(second.slot == first.slot && second != first)
        table[first]?.size = 9
        table.touch(first)
        #expect(table.remove(first) == nil)
        #expect(table.move(first, to: .kept) == nil)
        #expect(table.key(first) == nil && table.lane(first) == nil)
        #expect(table[second]?.size == 0 && table.lane(second) == .passing)
        #expect(table.tenant(of: first.slot) == second)
        #expect(table[.none]?.size == nil && table.tenant(of: -1) == nil)
        #expect(table.tenant(of: 99) == nil)
    }

    @Test func `a record that is pushed out is named by the handle it had`() {
        var table = SlotTable<Life>(passing: 1, kept: 1)
        let first = table.insert(1).handle
        let (second, out) = table.insert(2)
        #expect(out?.handle == first && out?.key == 1)
        #expect(second.slot == first.slot)
        #expect(table.find(1) == nil && table.find(2) == second)
    }

    @Test(arguments: UInt64(1)...12)
    func `a table does what a plain list of records would do`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var table = SlotTable<Life>(passing: 4, kept: 3)
        var model = Model()
        var stale: [Handle<Life>] = []
        for step in 0..<2_000 {
            let key = UInt64(1 + random.below(14))
            let lane = random.below(8) == 0 ? Lane.fixed : random.below(2) == 0 ? .kept : .passing
            switch (random.below(5), table.find(key)) {
            case (0, let handle?):
                #expect(table.remove(handle)?.size == model.take(key))
                stale.append(handle)
            case (1, let handle?):
                table.touch(handle)
                if let lane = model.lane(of: key), let value = model.take(key) {
                    model.lanes[lane].append((key, value))
                }
            case (2, let handle?):
                let before = model.lane(of: key)
                _ = table.move(handle, to: lane)
                if before != lane.rawValue {
                    // Who has to leave is decided before the record has moved.
                    if model.lanes[lane.rawValue].count >= model.limits[lane.rawValue] {
                        model.lanes[lane.rawValue].removeFirst()
                    }
                    if let value = model.take(key) { model.put(key, value, lane.rawValue) }
                }
            case (_, nil):
                let handle = table.insert(key, lane: lane).handle
                table[handle]?.size = Int32(step)
                model.put(key, Int32(step), lane.rawValue)
            default: break
            }
            for lane in Lane.allCases {
                let found = table.members(of: lane).map { table[$0]?.size }
                #expect(found == model.lanes[lane.rawValue].map(\.value), "seed \(seed), \(step)")
            }
            #expect(table.count == model.lanes.reduce(0) { $0 + $1.count })
            #expect(stale.allSatisfy { table[$0]?.size == nil })
        }
    }

    @Test func `a message takes what its setting says`() {
        let slot = MemoryLayout<SlotOrder.Slot>.stride
        #expect(MemoryLayout<Life?>.stride + slot == TrafficSettings.messageBytes)
        #expect(TrafficSettings.messageBytes == 160, "as the comment of maximumMessages says")
    }

    @Test func `a saved table is the same table, handles and all`() throws {
        var table = SlotTable<Life>(passing: 40, kept: 3)
        var handles: [Handle<Life>] = []
        for key in UInt64(1)...100 {
            let handle = table.insert(key, lane: key % 5 == 0 ? .kept : .passing).handle
            table[handle]?.born = Int64(key)
            handles.append(handle)
            if key % 7 == 0 { table.remove(handle) }
        }
        let kept = try KeptParts { try table.archive(&$0, 40) }
        var restored = SlotTable<Life>()
        try kept.read { try restored.archive(&$0, 40) }
        restored.setLimits(passing: 40, kept: 3)
        for handle in handles {
            #expect(restored[handle]?.born == table[handle]?.born)
            #expect(restored.lane(handle) == table.lane(handle))
        }
        let next = (table.insert(1000), restored.insert(1000))
        #expect(next.0.handle == next.1.handle && next.0.out?.key == next.1.out?.key)
        #expect(
            try KeptParts { try restored.archive(&$0, 40) }
                == KeptParts { try table.archive(&$0, 40) }
        )
    }

    @Test func `a touch changes the part of who is touched, and the count of touches`() throws {
        var table = SlotTable<Life>(passing: 4096)
        let handles = (UInt64(1)...1000).map { table.insert($0).handle }
        let before = try KeptParts { try table.archive(&$0, 40) }.parts
        table.touch(handles[403])
        let after = try KeptParts { try table.archive(&$0, 40) }.parts
        let changed = after.filter { before[$0.key] != $0.value }.map(\.key).sorted()
        #expect(
            changed == [ArchiveKey(kind: 40, number: 0), ArchiveKey(kind: 41, number: 403 / 8)]
        )
    }

    @Test func `slots that are neither free nor taken, or were touched at once, are refused`()
        throws
    {
        let parts = { (free: [Int32], touches: UInt64, lanes: [(UInt64, Int8, UInt64)]) in
            try KeptParts { parts in
                try parts.part(40) { (stream) throws(ArchiveDamage) in
                    var (count, free, touches) = (lanes.count, free, touches)
                    try stream.number(&count, from: 0)
                    try stream.numbers(&free)
                    try stream.unsigned(&touches)
                }
                try parts.part(41) { (stream) throws(ArchiveDamage) in
                    for (key, lane, touched) in lanes {
                        var (tenant, lane, key, touched) = (UInt32(1), lane, key, touched)
                        var life = Life()
                        try stream.number(&tenant)
                        try stream.number(&lane)
                        guard lane > 0 else { continue }
                        try stream.hash(&key)
                        try stream.unsigned(&touched)
                        try stream.value(&life)
                    }
                }
            }
        }
        let reason = { (kept: KeptParts) -> String? in
            var table = SlotTable<Life>()
            do { try kept.read { try table.archive(&$0, 40) } } catch let error as ArchiveDamage {
                return error.reason
            }
            return nil
        }
        let sound = [(UInt64(7), Int8(1), UInt64(2)), (0, 0, 0), (8, 3, 1)]
        #expect(try reason(parts([1], 2, sound)) == nil)
        #expect(try reason(parts([], 2, sound))?.hasPrefix("not every slot") == true)
        #expect(try reason(parts([1, 1], 2, sound))?.hasPrefix("not every slot") == true)
        #expect(try reason(parts([1], 1, sound))?.hasSuffix("touch 2 is still to come") == true)
        #expect(
            try reason(parts([], 2, [(7, 1, 1), (8, 1, 1)])) == "two slots were touched at once"
        )
        #expect(try reason(parts([], 2, [(7, 1, 1), (7, 1, 2)]))?.hasSuffix("twice") == true)
        #expect(try reason(parts([], 2, [(7, 4, 1)]))?.hasSuffix("there is no lane 4") == true)
    }
}
