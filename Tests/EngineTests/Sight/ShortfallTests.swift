// SPDX-License-Identifier: Apache-2.0
//
// Deliveries that Postfix announced and that are not in the log make us blind; what only looks so
// (long queues, slow relays, held mail, restarts) does not.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

/// An engine that watches a host, and what it pages.
private struct Watched {
    var engine: Engine
    var host = MailHost(at: friday)
    var pages: [Alert] = []

    init() {
        var settings = Settings()
        settings.journal.silenceLimit = .seconds(0)
        // Mail of many posts must not trip here.
        settings.halt.softHoldSpan = .seconds(0)
        var trust = TrustSettings()
        trust.postfixUsers = [101]
        engine = Engine(settings: settings, trust: trust)
        _ = engine.handle(.start(now: friday, damaged: nil, highestIncident: 0, foundHalted: false))
    }

    /// Reads what the host wrote.
    mutating func read() {
        take(engine.handle(.entries(host.take(), readAt: host.time)))
        take(engine.handle(.tick(now: host.time, seen: host.time)))
    }

    /// Lets `span` pass, tick by tick.
    mutating func wait(_ span: TimeSpan, step: TimeSpan = .seconds(10)) {
        let end = host.time + span
        while host.time < end {
            host.time = host.time + step
            take(engine.handle(.tick(now: host.time, seen: host.time)))
        }
    }

    /// A message to `announced` recipients, of whom `lines` have a line with `status`, until it is
    /// removed, if it is.
    @discardableResult
    mutating func message(
        to announced: Int,
        lines: Int,
        status: String = "sent",
        isRemoved: Bool = true
    ) -> String {
        let id = host.nextID()
        host.log("smtpd", "\(id): client=mx.example.com[192.0.2.7]")
        host.log("cleanup", "\(id): message-id=<\(id)@example.com>")
        host.log(
            "qmgr",
            "\(id): from=<\(id)@example.com>, size=900, nrcpt=\(announced) (queue active)"
        )
        deliver(id, lines, status)
        if isRemoved { host.log("qmgr", "\(id): removed") }
        return id
    }

    mutating func deliver(_ id: String, _ lines: Int, _ status: String = "sent") {
        for number in 0..<lines {
            host.log(
                "smtp",
                "\(id): to=<s\(number)@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, "
                    + "delays=0/0/0/1, dsn=2.0.0, status=\(status) (250 ok)"
            )
        }
    }

    private mutating func take(_ effects: [Effect]) {
        for case .page(let alert) in effects where alert.dedupKey == "blind-loss" {
            pages.append(alert)
        }
    }
}

@Test func `messages that end with lines too few make us blind, once, with the cure`() {
    var watched = Watched()
    for _ in 0..<5 { watched.message(to: 30, lines: 30) }
    watched.read()
    #expect(watched.engine.sight.blind == nil)
    for _ in 0..<3 { watched.message(to: 30, lines: 2) }
    watched.read()
    #expect(watched.engine.sight.blind?.contains("84 have no line") == true)
    #expect(watched.pages.map(\.kind) == [.blind])
    #expect(watched.pages.first?.severity == .critical)
    #expect(watched.pages.first?.advice.contains("RateLimitBurst") == true)
    #expect(watched.engine.status(at: watched.host.time).journal.missing == 84)
    watched.wait(.minutes(10))
    #expect(watched.pages.count == 1)
    for _ in 0..<3 { watched.message(to: 30, lines: 30) }
    watched.read()
    watched.wait(.minutes(31))
    #expect(watched.engine.sight.blind == nil)
    #expect(watched.pages.map(\.isResolved) == [false, true])
}

@Test func `what expires was deferred, and has no other last line`() {
    var watched = Watched()
    // Five days after a mailing: each of the dead addresses' messages goes back at night.
    for _ in 0..<50 {
        let id = watched.message(to: 4, lines: 4, status: "deferred", isRemoved: false)
        watched.wait(.minutes(1))
        watched.host.log(
            "qmgr",
            "\(id): from=<\(id)@example.com>, status=expired, returned to sender"
        )
        watched.host.log("bounce", "\(id): sender non-delivery notification: \(id)F")
        watched.host.log("qmgr", "\(id): removed")
        watched.read()
    }
    watched.wait(.minutes(31))
    #expect(watched.pages.isEmpty && watched.engine.sight.blind == nil)
    #expect(watched.engine.status(at: watched.host.time).journal.missing == nil)
}

@Test func `announced mail of which nothing more is heard makes us blind`() {
    var watched = Watched()
    // As seen on Debian 12: 26 posts to 300, of whose 7,800 deliveries 67 were in the log.
    for number in 0..<26 {
        watched.message(to: 300, lines: number == 0 ? 67 : 0, isRemoved: false)
    }
    watched.read()
    watched.wait(.minutes(14))
    #expect(watched.engine.sight.blind == nil)
    watched.wait(.minutes(2))
    #expect(watched.engine.sight.blind?.contains("announced 7733 deliveries") == true)
    #expect(watched.pages.count == 1)
}

@Test func `a long queue, a slow relay and 50,000 recipients over hours are no loss`() {
    var watched = Watched()
    let slow = watched.message(to: 50_000, lines: 100, isRemoved: false)
    let waiting = (0..<200).map { _ in watched.message(to: 10, lines: 0, isRemoved: false) }
    watched.read()
    // One line every ten minutes for eight hours, then all that was deferred.
    for _ in 0..<48 {
        watched.wait(.minutes(10))
        watched.deliver(slow, 1)
        watched.read()
    }
    for id in waiting { watched.deliver(id, 10, "deferred") }
    watched.read()
    watched.deliver(slow, 40_000 - 148)
    watched.deliver(slow, 10_000, "deferred")
    watched.read()
    watched.wait(.hours(3))
    // The queue manager names all recipients again, whoever of them is done.
    watched.host.log(
        "qmgr",
        "\(slow): from=<\(slow)@example.com>, size=900, nrcpt=50000 (queue active)"
    )
    watched.deliver(slow, 9000)
    watched.deliver(slow, 1000, "bounced")
    watched.host.log("qmgr", "\(slow): removed")
    for id in waiting {
        watched.deliver(id, 10)
        watched.host.log("qmgr", "\(id): removed")
    }
    watched.read()
    watched.wait(.hours(1))
    #expect(watched.pages.isEmpty)
    #expect(watched.engine.sight.missingDeliveries == 0)
}

@Test func `held, deleted and requeued mail and a stopped Postfix are no loss`() {
    var watched = Watched()
    for action in ["placed on hold", "removed", "requeued"] {
        for _ in 0..<4 {
            let id = watched.message(to: 40, lines: 0, isRemoved: false)
            watched.host.log("postsuper", "\(id): \(action)")
        }
    }
    watched.read()
    watched.wait(.hours(1))
    #expect(watched.pages.isEmpty)
    let id = watched.message(to: 400, lines: 3, isRemoved: false)
    watched.host.log("master", "terminating on signal 15", uid: 0)
    watched.read()
    watched.wait(.hours(5))
    #expect(watched.pages.isEmpty, "it was stopped")
    watched.host.log("master", "daemon started -- version 3.7.11", uid: 0)
    watched.deliver(id, 397)
    watched.host.log("qmgr", "\(id): removed")
    watched.read()
    watched.wait(.hours(1))
    #expect(watched.pages.isEmpty)
}

@Test func `a beginning in the middle, a gap, a notice and a sleeping host are no loss`() {
    var watched = Watched()
    // Its first lines are not there: it may have been deferred before.
    for _ in 0..<5 {
        let id = watched.host.nextID()
        watched.host.log("qmgr", "\(id): from=<a@example.com>, size=9, nrcpt=90 (queue active)")
        watched.host.log("qmgr", "\(id): removed")
    }
    watched.read()
    // We lost our place.
    let before = (0..<5).map { _ in watched.message(to: 90, lines: 0, isRemoved: false) }
    watched.read()
    watched.host.batch.gap = .cursorLost(resumed: watched.host.time)
    for id in before { watched.host.log("qmgr", "\(id): removed") }
    watched.read()
    // The host sleeps for a day: two ticks, and nothing between them.
    watched.message(to: 90, lines: 0, isRemoved: false)
    watched.read()
    watched.wait(.days(1), step: .days(1))
    #expect(watched.pages.isEmpty)
    #expect(watched.engine.sight.missingDeliveries == 0)
}

@Test func `the lines of a restored run count on`() throws {
    var watched = Watched()
    let ids = (0..<4).map { _ in watched.message(to: 50, lines: 20, isRemoved: false) }
    watched.read()
    let snapshot = watched.engine.snapshot
    var next = Watched()
    next.host = watched.host
    next.engine.restore(board: nil, snapshot: snapshot)
    for id in ids {
        next.deliver(id, 30)
        next.host.log("qmgr", "\(id): removed")
    }
    next.read()
    #expect(next.engine.sight.missingDeliveries == 0)
}
