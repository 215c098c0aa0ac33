// SPDX-License-Identifier: Apache-2.0
//
// Large lists of which nobody knows what they are for: who is named, when, and what ends it.

import Breaker
import Engine
import EventTime
import FoundationEssentials
import MailLog
import Reports
import Settings
import StormDetection
import Testing

/// A Wednesday, 10:00 UTC.
private let start = Timestamp(seconds: 1_795_600_800)
private let large = "alle@lists.example.org"

private func unknownKindEngine(_ text: String = "") throws -> Engine {
    let read = try SettingsReader.read([SettingsText(path: "test.conf", text: text)]).get()
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

/// One post each to a large list and to a small one.
private func post(_ engine: inout Engine, at time: Timestamp = start) {
    var host = MailHost(at: time)
    host.post("alle", from: "boss@example.org", id: "a\(time.seconds)@example.org", copies: 4000)
    host.post("chor", from: "ann@example.org", id: "b\(time.seconds)@example.org", copies: 30)
    _ = engine.handle(.entries(host.batch, readAt: host.time))
}

private func pages(_ engine: inout Engine, after days: Int64) -> [Alert] {
    let now = start + .days(days) + .minutes(1)
    return engine.handle(.tick(now: now, seen: now)).compactMap {
        if case .page(let alert) = $0, alert.kind == .unknownLists { alert } else { nil }
    }
}

@Suite struct `Large lists of unknown kind` {
    @Test func `they are in the report at once, and paged after a day, once a week`() throws {
        var engine = try unknownKindEngine()
        post(&engine)
        let named = engine.status(at: start + .minutes(1)).unknownLists
        #expect(named?.map(\.list) == [large])
        #expect(named?.first?.members == 4000)
        #expect(named?.first?.posts == 1)
        #expect(pages(&engine, after: 0).isEmpty)
        let page = pages(&engine, after: 2)
        #expect(page.count == 1)
        #expect(page.first?.summary.contains("\(large) (4,000)") == true)
        #expect(page.first?.advice.contains("listbreaker kind \(large) announce") == true)
        #expect(page.first?.severity == .info)
        #expect(pages(&engine, after: 5).isEmpty)
        #expect(pages(&engine, after: 9).count == 1)
    }

    @Test func `a word about it ends that, also one of the settings`() throws {
        var engine = try unknownKindEngine()
        post(&engine)
        let audit = Audit(uid: 0, time: start, reason: "")
        _ = engine.handle(.command(.kind(.list(large), .announce), by: audit))
        #expect(engine.status(at: start + .days(2)).unknownLists == nil)
        #expect(pages(&engine, after: 2).isEmpty)
        // Taken back, it is named again with its next post.
        _ = engine.handle(.command(.kind(.list(large), nil), by: audit))
        post(&engine, at: start + .days(2))
        #expect(engine.status(at: start + .days(2)).unknownLists?.map(\.list) == [large])

        var configured = try unknownKindEngine("[List \(large)]\nAnnounceOnly=yes\n")
        post(&configured)
        #expect(configured.status(at: start + .days(2)).unknownLists == nil)
    }

    @Test func `what was seen of it ends that`() throws {
        var engine = try unknownKindEngine()
        for day in 0..<24 { post(&engine, at: start + .days(Int64(day))) }
        #expect(engine.status(at: start + .days(24)).unknownLists == nil)
        #expect(pages(&engine, after: 24).isEmpty)
    }

    @Test func `the bound is that of soft holds, and 0 names none`() throws {
        var some = try unknownKindEngine("[Halt]\nSoftHoldPageMembers=20\n")
        post(&some)
        #expect(some.status(at: start).unknownLists?.count == 2)
        var none = try unknownKindEngine("[Halt]\nSoftHoldPageMembers=0\n")
        post(&none)
        #expect(none.status(at: start).unknownLists == nil)
        #expect(pages(&none, after: 2).isEmpty)
    }

    @Test func `a page waits for attended hours, and the week outlives a restart`() throws {
        let hours = "[Attended]\nAttended=Mon..Fri 08:00..18:00\nTimeZone=UTC\n"
        var before = try unknownKindEngine(hours)
        post(&before)
        // Friday is two days on; Saturday nobody is there.
        #expect(pages(&before, after: 3).isEmpty)
        #expect(pages(&before, after: 5).count == 1)
        let saved = try JSONEncoder().encode(before.board)
        var after = try unknownKindEngine(hours)
        after.restore(
            board: try JSONDecoder().decode(BreakerBoard.self, from: saved),
            snapshot: before.snapshot
        )
        #expect(after.status(at: start + .days(5)).unknownLists?.map(\.list) == [large])
        #expect(pages(&after, after: 6).isEmpty)
        #expect(pages(&after, after: 12).count == 1)
    }
}
