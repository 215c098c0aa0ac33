// SPDX-License-Identifier: Apache-2.0
//
// Posts of others where few belong or nobody is known: what a weekend, loud people or a few robots can
// hide, and what they cannot.

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

struct OthersTests {
    /// Saturday morning, where nobody is there to be asked until Monday.
    private static let saturday: Int64 = 4 * 86_400
    private static let day: Int64 = 86_400

    private static func unknown(members: Int64 = 8000, from start: Int64) -> Watched {
        var list = Watched(address: "spender@example.org", members: members)
        list.post("dank@example.org", at: start, kind: .newThread)
        return list
    }

    @Test func `the second issue of a newsletter is enough to hold it at the third reader`() {
        var list = Watched(address: "brief@example.org", members: 9000)
        list.post("editor@example.org", at: Self.saturday - 20 * Self.day, kind: .newThread)
        list.post("editor@example.org", at: Self.saturday, kind: .newThread)
        let came = list.run(10) { list, number in
            list.post(
                "reader\(number)@example.net",
                at: Self.saturday + Int64(number) * 3000,
                kind: .newThread,
                headers: false,
                age: nil
            )
        }
        #expect(came.hold == 3)
    }

    @Test
    func `five robots that answer each other trip an announce list at the twelfth mail`() {
        var list = Watched(address: "alle@example.org", members: 5000)
        for issue in 1...12 {
            list.post(
                "boss\(issue % 3)@example.org",
                at: Int64(issue - 12) * 15 * Self.day,
                kind: .newThread
            )
        }
        let came = list.run(25) { list, number in
            list.post(
                "away\(number % 5)@example.net",
                at: Int64(number) * 900,
                headers: false,
                age: nil
            )
        }
        #expect(came.hold ?? .max <= 6)
        #expect(came.trip ?? .max <= 12)
    }

    @Test func `a lull of ten hours in the night ends no doubt`() {
        var list = Self.unknown(from: Self.saturday)
        let came = list.run(3) { list, number in
            list.post("reader\(number)@example.net", at: Self.saturday + Int64(number) * 1800)
        }
        #expect(came.hold == 3)
        list.post("reader4@example.net", at: Self.saturday + 5400 + 36_000)
        #expect(list.continued == 1)
    }

    /// Bounces and vacation notices of a town's worth of members.
    @Test func `machines that answer on a list of 400 trip it, whom congratulations only hold`() {
        func wrote(_ kind: PostKind) -> (hold: Int?, trip: Int?) {
            var list = Watched(address: "chor@example.org", members: 400)
            list.live(days: 120, regulars: 20, perDay: 2, seed: 7)
            return list.run(15) { list, number in
                list.post(
                    "somebody\(number)@example.net",
                    at: 600 + Int64(number) * 300,
                    kind: kind,
                    thread: 5,
                    headers: false,
                    age: nil
                )
            }
        }
        #expect(wrote(.robot).trip ?? .max <= 15)
        let people = wrote(.unknown)
        #expect(people.hold != nil)
        #expect(people.trip == nil)
    }

    @Test
    func `a robot every five seconds trips a quiet list at its fifteenth mail`() {
        func wrote(every seconds: Int64) -> (hold: Int?, trip: Int?) {
            var list = Watched(address: "kurs@example.org", members: 900)
            list.live(days: 60, regulars: 15, perDay: 3, seed: 3)
            return list.run(30) { list, number in
                list.post(
                    "desk@example.net",
                    at: 50_000 + Int64(number) * seconds,
                    kind: .unknown,
                    headers: false,
                    age: nil
                )
            }
        }
        let robot = wrote(every: 5)
        #expect(robot.hold == 8)
        #expect(robot.trip == 15)
        // A series of a mail program.
        #expect(wrote(every: 1).trip == 24)
    }
}
