// SPDX-License-Identifier: Apache-2.0
//
// What `audit` is told: every list is looked at, part by part, and the dearest stands first.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

/// The lists of a whole walk over `engine`, and how many parts it took.
private func walk(_ engine: Engine, at now: Timestamp) -> (lists: [AuditedList], parts: Int) {
    var found: [AuditedList] = []
    var place: Int? = 0
    var parts = 0
    while let from = place {
        let part = engine.audit(from: from, limit: 10_000, at: now)
        found += part.lists
        place = part.next
        parts += 1
    }
    return (found, parts)
}

@Suite struct `An audit` {
    @Test func `of 4,500 lists finds each of them once, in three parts`() {
        var trust = TrustSettings()
        trust.postfixUsers = [101]
        var engine = Engine(settings: Settings(), trust: trust)
        var host = MailHost(at: friday)
        for number in 0..<4500 {
            host.post("l\(number)", from: "a@example.org", id: "\(number)@x.org", copies: 50)
            _ = engine.handle(.entries(host.take(), readAt: host.time))
        }
        let (lists, parts) = walk(engine, at: host.time)
        #expect(lists.count == 4500 && Set(lists.map(\.list)).count == 4500)
        #expect(parts == 3)
        // The one that nobody posted to since stands in it as well.
        #expect(lists.contains { $0.list == "l0@lists.example.org" && $0.members == 50 })
        let dearest = engine.audit(from: 0, limit: 3, at: host.time).lists
        #expect(dearest.count == 3)
    }

    @Test func `tells who posted, and when somebody new did last`() throws {
        var trust = TrustSettings()
        trust.postfixUsers = [101]
        var engine = Engine(settings: Settings(), trust: trust)
        var host = MailHost(at: friday)
        for (number, who) in ["chef", "chef", "bob", "chef"].enumerated() {
            host.time = friday + .days(Int64(number))
            host.post("annonce", from: "\(who)@example.org", id: "\(number)@x.org", copies: 300)
            _ = engine.handle(.entries(host.take(), readAt: host.time))
        }
        let list = try #require(walk(engine, at: host.time).lists.first)
        #expect(list.list == "annonce@lists.example.org" && list.members == 300)
        #expect(list.posts == 4 && list.posters == 2)
        #expect(list.lastNewcomer?.hasPrefix((friday + .days(2)).rfc3339.prefix(10)) == true)
        #expect(list.isWarmingUp && list.scope == .known(.queue))
        let report = engine.audit(of: [list], at: host.time)
        #expect(report.totalLists == 1 && report.targets == [] && report.mode == .known(.observe))
    }
}
