// SPDX-License-Identifier: Apache-2.0
//
// The one block of memory of a list: whatever is put in comes out, ring by ring, and is found again.

import EventTime
import ListTraffic
import TestSupport
import Testing

@testable import StormDetection

struct RingTests {
    private typealias Replier = PolicyWatch.Replier
    private typealias Hop = LoopWatch.Hop

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `rings side by side equal arrays of their own`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var rings = Rings()
        rings.setAddress("list@example.org")
        var repliers: [UInt32] = []
        var owns: [OwnThreads.Own] = []
        for step in 0..<4000 as Range<UInt32> {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                rings.append(Replier(second: step, written: step, isStranger: false, isReply: true))
                repliers.append(step)
                if repliers.count > Replier.cap { repliers.removeFirst() }
            case 2:
                let own = OwnThreads.Own(
                    thread: step,
                    poster: UInt32.random(in: 0...9, using: &random)
                )
                rings.append(own)
                owns.append(own)
                if owns.count > OwnThreads.Own.cap { owns.removeFirst() }
            case 3:
                let gone = UInt32.random(in: 0...9, using: &random)
                rings.removeAll(OwnThreads.Own.self) { $0.poster == gone }
                owns.removeAll { $0.poster == gone }
            case 4:
                let past = step - min(step, UInt32.random(in: 0...300, using: &random))
                rings.removePast(Replier.self) { $0.second < past }
                repliers.removeAll { $0 < past }
            default:
                rings.add(Tally(posts: 1), at: Timestamp(seconds: Int64(step) * 40))
            }
            #expect(rings.all(Replier.self).map(\.second) == repliers, "seed \(seed)")
            #expect(Array(rings.all(OwnThreads.Own.self)) == owns, "seed \(seed)")
            #expect(rings.isAddress("list@example.org"), "seed \(seed)")
        }
        rings.clear(.repliers, .ownThreads, .segments)
        #expect(rings.words.count == 4 && rings.address == "list@example.org")
    }

    @Test func `the last twenty posts come back as they were, whoever shares a domain`() {
        let addresses = [
            "ann@example.org", "bob@example.org", "Carl.O'Neil@Example.ORG", "", "no-at-sign",
            "dora@a.example", "a@b@example.org", "späte@post.example",
            String(repeating: "x", count: 120) + "@" + String(repeating: "y.", count: 60),
        ]
        let ids = ["4A3F2B1C0D89A5", "4cXyZ12bcdFzB", "", "NOQUEUE", "weird id\u{7}"]
        var random = SplitMix64(seed: 5)
        var rings = Rings()
        var posts: [TrailPost] = []
        for number in 0..<500 as Range<Int64> {
            let post = TrailPost(
                time: Timestamp(microseconds: 1_700_000_000_123_456 + number * 900_000_001),
                poster: addresses[Int.random(in: 0..<addresses.count, using: &random)],
                queueID: ids[Int.random(in: 0..<ids.count, using: &random)],
                copies: number * number * number * 7,
                kind: PostKind.allCases[Int(number % 5)],
                standing: Standing(rawValue: UInt8(number % 6)) ?? .counted,
                span: number * 61_000_000
            )
            rings.note(post)
            posts.append(post)
            #expect(rings.trail == Array(posts.suffix(20)), "post \(number)")
        }
    }

    @Test func `the hours of a week are kept as they are learned`() {
        var random = SplitMix64(seed: 6)
        var rings = Rings()
        var whole = WeekHours()
        for _ in 0..<300 {
            let bin = Int.random(in: 0..<48, using: &random)
            whole.learn(bin)
            rings.learn(bin)
            rings.append(
                PolicyWatch.Replier(second: 1, written: 1, isStranger: true, isReply: true)
            )
            #expect((0..<48).allSatisfy { rings.season($0) == whole.season($0) })
            #expect(rings.areHoursSound)
        }
    }

    @Test func `lists come and go, and each is found by its address alone`() {
        var random = SplitMix64(seed: 7)
        var shelf = ListShelf()
        var places: [String: Int] = [:]
        for _ in 0..<6000 {
            let address = "l\(Int.random(in: 0..<200, using: &random))@example.org"
            #expect(shelf.place(of: address) == places[address])
            if let place = places[address] {
                #expect(shelf[place].address == address)
                shelf.remove(at: place)
                places[address] = nil
            } else {
                places[address] = shelf.add(ListState(address: address))
            }
            #expect(shelf.lists == places.count)
        }
        #expect(shelf.places == places.values.sorted())
        #expect(shelf.count <= 200)
    }
}
