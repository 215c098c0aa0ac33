// SPDX-License-Identifier: Apache-2.0
//
// A mail log that falls silent: paged once, over with the next line, and never where nobody said
// that there should be mail.

import Breaker
import Engine
import EventTime
import MailLog
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

private func engine(silenceLimit: TimeSpan) -> Engine {
    var settings = Settings()
    settings.journal.silenceLimit = silenceLimit
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: settings, trust: trust)
}

extension Engine {
    fileprivate mutating func pages(at now: Timestamp) -> [Alert] {
        handle(.tick(now: now, seen: now)).compactMap {
            if case .page(let alert) = $0 { alert } else { nil }
        }
    }

    fileprivate mutating func begin(at now: Timestamp) {
        _ = handle(.start(now: now, damaged: nil, highestIncident: 0, foundHalted: false))
    }
}

@Test func `silence pages once past its limit, and is over with the next line`() {
    var engine = engine(silenceLimit: .hours(2))
    engine.begin(at: friday)
    #expect(engine.pages(at: friday + .hours(2)).isEmpty)
    let page = engine.pages(at: friday + .hours(2) + .seconds(1)).first
    #expect(page?.kind == .blind)
    #expect(page?.dedupKey == "blind-silence")
    #expect(engine.sight.silence?.contains(friday.rfc3339) == true)
    #expect(engine.pages(at: friday + .hours(9)).isEmpty, "once is enough")
    var host = MailHost(at: friday + .hours(10))
    host.post("annonce", from: "ann@example.com", id: "a1@example.com", copies: 3, delivered: 3)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    let end = engine.pages(at: host.time + .seconds(1)).first
    #expect(end?.isResolved == true)
    #expect(end?.dedupKey == "blind-silence")
    #expect(engine.sight.silence == nil)
    #expect(engine.pages(at: host.time + .hours(2)).isEmpty)
    #expect(engine.pages(at: host.time + .hours(3)).map(\.kind) == [.blind])
}

@Test func `a quiet host is no fault, and what the daemon slept through is no silence`() {
    var quiet = engine(silenceLimit: .seconds(0))
    quiet.begin(at: friday)
    #expect(quiet.pages(at: friday + .days(30)).isEmpty)
    var restarted = engine(silenceLimit: .hours(2))
    restarted.begin(at: friday)
    restarted.begin(at: friday + .days(3))
    #expect(restarted.pages(at: friday + .days(3) + .hours(1)).isEmpty)
}
