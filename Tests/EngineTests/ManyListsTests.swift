// SPDX-License-Identifier: Apache-2.0
//
// A host with more lists than one report names: each is found by its name, and all are counted.

import Engine
import EventTime
import MailLog
import Reports
import Settings
import StormDetection
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

/// An engine that saw a post to each of `count` lists, `l0` first.
private func engine(_ count: Int) -> (Engine, Timestamp) {
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    var engine = Engine(settings: Settings(), trust: trust)
    var host = MailHost(at: friday)
    for number in 0..<count {
        host.post("l\(number)", from: "a@example.org", id: "\(number)@x.org", copies: 50)
        _ = engine.handle(.entries(host.take(), readAt: host.time))
    }
    return (engine, host.time)
}

@Test func `with 1,200 lists each is found, and all are counted`() throws {
    let (engine, now) = engine(1200)
    let report = engine.status(at: now)
    #expect(report.totalLists == 1200)
    #expect(report.lists.count == 1000, "as many as one report names")
    #expect(Metrics.text(of: report).contains("\nlistbreaker_lists_watched 1200\n"))
    for number in [0, 199, 1199] {
        let name = "l\(number)@lists.example.org"
        let one = try #require(engine.status(of: Subject(name), at: now))
        #expect(one.lists.map(\.list) == [name] && one.totalLists == 1200)
        #expect(one.lists.first?.windows.last?.copiesAnnounced == 50)
    }
    #expect(engine.status(of: .list("l1200@lists.example.org"), at: now) == nil)
    #expect(engine.status(at: now, limit: 10).lists.count == 10)
    let brief = engine.status(at: now, limit: 0)
    #expect(brief.lists.isEmpty && brief.totalLists == 1200)
}

@Test func `the busiest list stands first, also among more than one report names`() {
    var (engine, now) = engine(1100)
    var host = MailHost(at: now)
    host.post("l7", from: "a@example.org", id: "again@x.org", copies: 900)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    now = host.time
    #expect(engine.status(at: now, limit: 1).lists.first?.list == "l7@lists.example.org")
}
