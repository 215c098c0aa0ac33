// SPDX-License-Identifier: Apache-2.0
//
// Another mail server runs than the one that is read: blind after a quarter of an hour, with the
// reason, and never where the one that is read goes on.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)
private let exim = RunningServer(dialect: .exim, unit: "exim4.service")
private let postfix = RunningServer(dialect: .postfix, unit: "postfix@-.service")

private struct Watched {
    var engine: Engine
    var now = friday
    var pages: [Alert] = []

    init() {
        var settings = Settings()
        settings.journal.silenceLimit = .seconds(0)
        var trust = TrustSettings()
        trust.postfixUsers = [101]
        engine = Engine(settings: settings, trust: trust)
        _ = engine.handle(.start(now: friday, damaged: nil, highestIncident: 0, foundHalted: false))
    }

    /// Postfix writes a line.
    mutating func speak() {
        var host = MailHost(at: now)
        host.log("qmgr", "4C1A77: removed")
        _ = engine.handle(.entries(host.take(), readAt: now))
    }

    /// Lets `minutes` pass, tick by tick.
    mutating func wait(_ minutes: Int64) {
        for _ in 0..<minutes * 6 {
            now = now + .seconds(10)
            for case .page(let alert) in engine.handle(.tick(now: now, seen: now))
            where alert.dedupKey == "blind-server" { pages.append(alert) }
        }
    }
}

@Test func `another server than the one that is read makes us blind, and its end ends it`() {
    var watched = Watched()
    watched.speak()
    watched.engine.note(running: [exim], listens: true)
    watched.wait(14)
    #expect(watched.engine.sight.blind == nil)
    watched.wait(2)
    let blind = watched.engine.sight.blind
    #expect(blind?.contains("Exim runs (exim4.service)") == true)
    #expect(blind?.contains("Postfix's") == true)
    #expect(watched.pages.map(\.isResolved) == [false])
    #expect(watched.pages.first?.advice.contains("log_file_path") == true)
    watched.wait(60)
    #expect(watched.pages.count == 1)
    watched.engine.note(running: [postfix], listens: true)
    watched.wait(1)
    #expect(watched.pages.map(\.isResolved) == [false, true])
    #expect(watched.engine.sight.blind == nil)
}

@Test func `a server that is read goes on, whatever else runs`() {
    var watched = Watched()
    // Its unit has no process that we see: somebody started it by hand.
    watched.engine.note(running: [exim], listens: true)
    for _ in 0..<12 {
        watched.speak()
        watched.wait(10)
    }
    #expect(watched.pages.isEmpty)
    // A quiet second one is no blindness, nor is a quiet Postfix alone.
    watched.engine.note(running: [exim, postfix], listens: true)
    watched.wait(120)
    watched.engine.note(running: [], listens: true)
    watched.wait(120)
    #expect(watched.pages.isEmpty)
}

@Test func `a host that is silent for an hour at times is not blind for half of that`() {
    var watched = Watched()
    watched.engine.note(running: [exim], listens: true)
    // Postfix runs where nobody sees it, in a container or started by hand, beside Debian's Exim.
    for _ in 0..<15 * 24 {
        watched.speak()
        watched.wait(10)
        watched.now = watched.now + .minutes(50)
    }
    watched.speak()
    watched.wait(70)
    #expect(watched.pages.isEmpty && watched.engine.sight.blind == nil)
    watched.wait(120)
    #expect(watched.engine.sight.blind != nil)
}

@Test func `a log in which no server ever wrote says which one runs`() {
    var watched = Watched()
    watched.engine = Engine(settings: Settings(), trust: TrustSettings())
    _ = watched.engine.handle(
        .start(now: friday, damaged: nil, highestIncident: 0, foundHalted: false)
    )
    watched.engine.note(running: [exim], listens: true)
    watched.wait(1)
    #expect(watched.engine.sight.blind?.contains("; Exim runs (exim4.service)") == true)
    watched.engine.note(running: [], listens: true)
    #expect(watched.engine.sight.blind?.contains("port 25") == true)
}

@Test func `which server was read last survives a restart`() {
    var watched = Watched()
    watched.speak()
    var next = Watched()
    next.engine.restore(board: nil, snapshot: watched.engine.snapshot)
    next.engine.note(running: [exim], listens: true)
    next.wait(16)
    #expect(next.pages.count == 1)
}
