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

@Test func `how long a host is silent is learned, and a longer silence pages`() {
    var settings = Settings()
    settings.journal.silenceLimit = nil
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    var engine = Engine(settings: settings, trust: trust)
    engine.begin(at: friday)
    var host = MailHost(at: friday)
    // Two weeks: mail every hour by day, none from 20:00 to 8:00.
    for hour in 0..<(14 * 24) where hour % 24 < 12 {
        host.time = friday + .hours(Int64(hour))
        host.log("qmgr", "4C1A\(hour): removed")
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        #expect(engine.pages(at: host.time).isEmpty)
        if hour == 11 {
            // Nothing is known yet of nights.
            #expect(engine.pages(at: host.time + .hours(13)).isEmpty)
        }
    }
    let last = host.time
    #expect(engine.pages(at: last + .hours(13)).isEmpty, "as every night")
    #expect(engine.pages(at: last + .hours(25)).isEmpty, "up to twice as long")
    #expect(engine.pages(at: last + .hours(27)).map(\.kind) == [.blind])
    // It ends after four days, which were too many and are learned as one too many.
    host.time = last + .days(4)
    host.log("qmgr", "4C1AFF: removed")
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    #expect(engine.pages(at: host.time).map(\.isResolved) == [true])
    #expect(engine.pages(at: host.time + .hours(51)).isEmpty)
    #expect(engine.pages(at: host.time + .hours(53)).map(\.kind) == [.blind])
}

@Test func `what was learned of silence is saved`() throws {
    var settings = Settings()
    settings.journal.silenceLimit = nil
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    var engine = Engine(settings: settings, trust: trust)
    var host = MailHost(at: friday)
    for day in 0..<9 {
        host.time = friday + .days(Int64(day))
        host.log("qmgr", "4C1A\(day): removed")
        _ = engine.handle(.entries(host.take(), readAt: host.time))
    }
    var restarted = Engine(settings: settings, trust: trust)
    restarted.restore(board: nil, snapshot: try saved(engine))
    restarted.begin(at: host.time)
    #expect(restarted.pages(at: host.time + .hours(47)).isEmpty)
    #expect(restarted.pages(at: host.time + .hours(49)).map(\.kind) == [.blind])
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
