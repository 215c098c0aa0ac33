// SPDX-License-Identifier: Apache-2.0
//
// Lists of which too little is known: few posts in a long time, and the day on which a list begins.

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

struct HardlyKnownTests {
    /// Saturday morning, where nobody is there to be asked.
    private static let saturday: Int64 = 4 * 86_400

    @Test
    func `a monthly newsletter with three issues of three editors is held at the third reader`() {
        var list = Watched(address: "brief@example.org", members: 9000)
        for (number, day) in [-91, -61, -31].enumerated() {
            list.post("editor\(number)@example.org", at: Int64(day) * 86_400, kind: .newThread)
        }
        list.post("editor0@example.org", at: Self.saturday, kind: .newThread)
        let came = list.run(40) { list, number in
            list.post(
                "reader\(number)@example.net",
                at: Self.saturday + 3600 + Int64(number) * 1800,
                kind: .newThread,
                headers: false,
                age: nil
            )
        }
        #expect(came.hold == 3)
        #expect(came.trip ?? .max <= 25)
    }

    @Test func `people who greet a list on its first day halt nobody else's mail`() {
        var list = Watched(address: "nachbarn@example.org", members: 900)
        list.post("ilse@example.org", at: Self.saturday, kind: .newThread)
        let came = list.run(30) { list, number in
            list.post(
                "neighbour\(number)@example.net",
                at: Self.saturday + 1200 + Int64(number) * 900,
                thread: 1,
                parent: 1
            )
        }
        #expect(came.trip != nil)
        #expect(list.verdicts.last?.action == .trip)
        #expect(list.verdicts.last?.reach == .list)
    }

    /// Twenty-two from ten in the morning on, a few more after six: while somebody was there nobody minded.
    @Test func `who introduced himself while somebody was there is no evidence in the evening`() {
        var list = Watched(address: "kurs@example.org", members: 2200)
        list.post("dozent@example.org", at: 0, kind: .newThread)
        func introduce(_ numbers: ClosedRange<Int64>, from start: Int64) {
            for number in numbers {
                list.post("student\(number)@example.net", at: start + number * 900)
            }
        }
        introduce(1...22, from: 0)
        introduce(23...28, from: 9000)
        #expect(!list.verdicts.contains { $0.action == .trip })
        introduce(29...34, from: 9000)
        #expect(list.verdicts.last?.action == .trip)
    }

    /// Of two lists of one host each sees every other round only.
    @Test
    func `one Date that comes round every four minutes is held at the fourth, trips at the sixth`()
    {
        var (list, _) = StrangerTests.discussion()
        let came = list.run(20) { list, number in
            let second = 600 + Int64(number) * 240
            list.post(
                "regular3@example.org",
                at: second,
                kind: .newThread,
                age: .seconds(second - 590),
                isFromList: true
            )
        }
        #expect(came.hold == 4)
        #expect(came.trip == 6)
    }

    @Test func `a series of patches with one Date, written at once, is none`() {
        var (list, _) = StrangerTests.discussion()
        let came = list.run(12) { list, number in
            let second = 600 + Int64(number) * 12
            list.post(
                "regular3@example.org",
                at: second,
                kind: .newThread,
                age: .seconds(second - 590)
            )
        }
        #expect(came.hold ?? .max > 6)
        #expect(came.trip == nil)
    }

    /// More people than are remembered until they belong.
    @Test(arguments: [15, 60] as [Int64])
    func `an address that strangers write to every day is not one man's newsletter`(
        _ perDay: Int64
    ) {
        var list = Watched(address: "fragen@example.org", members: 150)
        for number in 0..<40 * perDay {
            let day = number / perDay
            list.post(
                "asks\(number)@example.net",
                at: day * 86_400 + number % perDay * (43_200 / perDay),
                kind: .newThread
            )
        }
        let late = list.verdicts.filter { $0.time > Watched.time(16 * 86_400) }
        #expect(late.allSatisfy { $0.rule != .announceBreach })
    }
}
