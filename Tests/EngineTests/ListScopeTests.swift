// SPDX-License-Identifier: Apache-2.0
//
// The scope of one list, from log lines to orders: whose messages are held, and whose are not.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import StormDetection
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)
private let annonce = "annonce@lists.example.org"

/// An engine in armed mode whose trips hold the list's mail only.
private func engine() -> Engine {
    let text = """
        [Halt]
        Mode=armed
        Scope=list
        [List \(annonce)]
        AnnounceOnly=yes
        RegularPosters=news@example.org
        SenderPatterns=special-*@lists.example.org
        """
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

extension [Effect] {
    fileprivate var orders: [HaltOrder.Verb] {
        compactMap { if case .halt(let order) = $0 { order.verb } else { nil } }
    }
}

private func orders(_ engine: inout Engine, _ host: inout MailHost) -> [HaltOrder.Verb] {
    let batch = host.take()
    return engine.handle(.entries(batch, readAt: host.time)).orders
}

@Test func `only messages of the list that storms are held, each by its own line`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("crew", from: "boss@example.org", id: "c1@example.org", copies: 40, delivered: 40)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    #expect(orders(&engine, &host).isEmpty)
    let second = host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    #expect(orders(&engine, &host).contains(.holdList(annonce)))
    #expect(!engine.status(at: host.time).queue.isHalted)
    let mail = engine.mail(of: annonce)
    #expect(mail.ids.count == 2 && mail.ids.contains(second))
    #expect(mail.senders.contains("owner-annonce@lists.example.org"))
    #expect(mail.senders.contains("special-*@lists.example.org"))
    // Sympa with VERP names the list behind the recipient.
    #expect(mail.senders.contains("bounce+*==*==annonce@lists.example.org"))
    #expect(mail.senders.allSatisfy { $0.contains("annonce") || $0.contains("special") })

    host.post("crew", from: "boss@example.org", id: "c2@example.org", copies: 40, delivered: 40)
    #expect(orders(&engine, &host).isEmpty, "another list's mail flows")
    let third = host.post("annonce", from: "eve@example.com", id: "r3@example.com", copies: 3000)
    #expect(orders(&engine, &host) == [.holdIDs(list: annonce, ids: [third])])
    host.copy(third, to: "s1@example.net")
    #expect(orders(&engine, &host).isEmpty, "it was ordered a moment ago")
    host.time = host.time + .seconds(10)
    host.copy(third, to: "s2@example.net")
    #expect(orders(&engine, &host) == [.holdIDs(list: annonce, ids: [third])], "and again")
}

@Test func `after a restart every line of a held list orders its hold again`() throws {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    _ = orders(&engine, &host)
    var restarted = Engine(settings: engine.settings, trust: TrustSettings())
    restarted.restore(board: engine.board, snapshot: try saved(engine))
    let start = restarted.handle(
        .start(now: host.time, damaged: nil, highestIncident: 1, foundHalted: false)
    )
    #expect(start.orders == [.holdList(annonce)])
    #expect(restarted.mail(of: annonce).ids.count == 2, "they are in the snapshot")
}

@Test func `a reset puts the list on probation and lets its mail go`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    _ = orders(&engine, &host)
    let audit = Audit(uid: 0, time: host.time + .seconds(1), reason: "closed")
    let reset = engine.handle(.command(.reset(.list(annonce), held: .release), by: audit))
    #expect(reset.orders.count == 1)
    host.time = host.time + .minutes(5)
    host.post("annonce", from: "news@example.org", id: "n1@example.org", copies: 3000)
    #expect(orders(&engine, &host).isEmpty)
    host.post("annonce", from: "eve@example.com", id: "r3@example.com", copies: 3000)
    host.post("annonce", from: "joe@example.com", id: "r4@example.com", copies: 3000)
    #expect(orders(&engine, &host).contains(.holdList(annonce)))
    #expect(engine.board.incident(of: .list(annonce))?.retrips == 1)
}

@Test func `what a person let go is neither held again nor taken for a leak`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    let second = host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    #expect(orders(&engine, &host).contains(.holdList(annonce)))
    let order = HaltOrder(verb: .holdList(annonce), incident: 1)
    let done = HaltOutcome.Result.done(held: 2, total: 2, remark: nil)
    _ = engine.handle(.outcome(HaltOutcome(order: order, result: done, time: host.time)))
    host.time = host.time + .minutes(1)
    engine.note(passing: [second])
    for one in 0..<40 { host.copy(second, to: "s\(one)@example.net") }
    #expect(orders(&engine, &host).isEmpty)
    #expect(engine.board.incident(of: .list(annonce))?.leaked == 0)
    let third = host.post("annonce", from: "eve@example.com", id: "r3@example.com", copies: 3000)
    host.time = host.time + .minutes(1)
    host.copy(third, to: "s1@example.net")
    #expect(orders(&engine, &host) == [.holdIDs(list: annonce, ids: [third])])
}
