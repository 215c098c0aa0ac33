// SPDX-License-Identifier: Apache-2.0
//
// Several hosts' journals in one directory: each entry once, however far one's clock or upload is
// behind the others', over restarts, rotation and hosts that come later.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

struct HostsTests {
    /// Everything that comes until `count` entries are there or ten seconds have passed, and the
    /// place behind them.
    private func follow(
        _ follower: JournalFollower,
        until count: Int
    ) async throws -> (texts: [String], place: String?, gaps: Int) {
        var texts: [String] = []
        var place: String?
        var gaps = 0
        let deadline = SystemClock.monotonic + 10_000_000_000
        while texts.count < count, SystemClock.monotonic < deadline {
            let batch = try await follower.next(limit: 50, within: 0.2)
            texts += batch.entries.map { entry in batch.text(entry.message) }
            place = batch.cursor ?? place
            if batch.gap != nil { gaps += 1 }
        }
        return (texts, place, gaps)
    }

    @Test(arguments: [0, 5, 60, 3600, -60] as [Int64])
    func `a host that is behind, or ahead, is read like the others`(behind: Int64) async throws {
        let shop = try Workshop()
        let a = try LiveJournal(file: shop.path + "/remote-a.journal")
        let b = try LiveJournal(file: shop.path + "/remote-b.journal")
        try a.append([.mail("a0", second: 10_000)])
        try b.append([.mail("b0", second: 10_000 - behind)])
        for (file, text) in [(a.file, "a0"), (b.file, "b0")] {
            #expect(eventually { (try? messages(.files([file]))) == [text] })
        }
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        #expect(Set(try await follow(follower, until: 2).texts) == ["a0", "b0"])
        var found: [String] = []
        var place: String?
        for turn in 1...20 {
            try a.append([.mail("a\(turn)", second: 10_000 + Int64(turn))])
            found += try await follow(follower, until: 1).texts
            try b.append([.mail("b\(turn)", second: 10_000 + Int64(turn) - behind)])
            let next = try await follow(follower, until: 1)
            found += next.texts
            place = next.place
            #expect(next.gaps == 0)
        }
        #expect(found == (1...20).flatMap { ["a\($0)", "b\($0)"] })
        let hosts = follower.lag.hosts
        #expect(hosts.map(\.name) == ["a", "b"])
        #expect(
            hosts.map(\.last) == [10_020, 10_020 - behind].map { TestEntry.start + .seconds($0) }
        )

        // A restart goes on behind what either host gave.
        follower.stop()
        try a.append([.mail("a21", second: 10_021)])
        try b.append([.mail("b21", second: 10_021 - behind)])
        let again = try JournalFollower(
            source: .directory(shop.path),
            start: .cursor(try #require(place), orTime: nil)
        )
        let rest = try await follow(again, until: 2)
        #expect(Set(rest.texts) == ["a21", "b21"])
        #expect(rest.texts.count == 2)
        #expect(rest.gaps == 0)
    }

    @Test func `a host that comes later, and a rotation, lose nothing and double nothing`()
        async throws
    {
        let shop = try Workshop()
        try shop.write([.mail("a0", second: 100)], to: "remote-a.journal")
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        #expect(try await follow(follower, until: 1).texts == ["a0"])
        #expect(follower.lag.hosts.isEmpty, "one host is read as ever")
        try shop.write((0..<3).map { .mail("b\($0)", second: $0) }, to: "remote-b.journal")
        #expect(try await follow(follower, until: 3).texts == ["b0", "b1", "b2"])
        for round in 1...4 {
            let archived = "\(shop.path)/remote-a@\(round).journal"
            unsafe rename(shop.path + "/remote-a.journal", archived)
            try shop.write([.mail("a\(round)", second: 100 + Int64(round))], to: "remote-a.journal")
            #expect(try await follow(follower, until: 1).texts == ["a\(round)"])
        }
        #expect(try await follower.next(limit: 10, within: 0.3).entries.isEmpty)
    }

    @Test func `up to when the log was read is said by the host that is furthest behind`()
        async throws
    {
        let shop = try Workshop()
        try shop.write((0..<400).map { .mail("a\($0)", second: $0) }, to: "remote-a.journal")
        try shop.write((0..<400).map { .mail("b\($0)", second: 50 + $0) }, to: "remote-b.journal")
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        var found = 0
        var reached: Timestamp?
        while found < 800 {
            let batch = try await follower.next(limit: 100, within: 1)
            try #require(!batch.entries.isEmpty)
            let last = try #require(batch.entries.last).time
            #expect(try #require(batch.reached) <= max(last, TestEntry.start + .seconds(449)))
            reached = batch.reached
            found += batch.entries.count
        }
        #expect(reached != nil)
        #expect(eventually { follower.lag.hosts.count == 2 })
    }

    @Test(arguments: [
        ("/j/remote-a.journal", "a"), ("/j/remote-a.example@1-2-3.journal", "a.example"),
        ("/j/system.journal", "local"), ("/j/x@1.journal~", "local"),
        ("/j/0123/system.journal", "0123"),
    ])
    func `a host is known by its file or its folder`(path: String, name: String) {
        #expect(JournalHosts.host(of: path, in: "/j") == name)
    }
}
