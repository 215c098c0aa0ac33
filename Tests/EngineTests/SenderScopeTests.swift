// SPDX-License-Identifier: Apache-2.0
//
// A sender that is no list, from log lines to verdicts, pages and orders: what is held is what the
// account sends, or the queue, as the settings say; what people say of it is heeded.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import StormDetection
import Testing

private let monday = Timestamp(seconds: 1_795_392_000)
private let alice = "sender:alice@example.org"

private func engine(_ halt: String = "", _ more: String = "") -> Engine {
    let text = """
        [Halt]
        Mode=armed
        \(halt)
        [Detection]
        SenderMessagesPerHour=100
        SenderCopiesPerHour=500
        SenderKnownAfter=0
        SenderKnownDays=0
        \(more)
        """
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

extension MailHost {
    /// `user` hands over a message to `recipients` outside; returns its queue id.
    @discardableResult
    fileprivate mutating func submit(as user: String, to recipients: Int = 1) -> String {
        let id = nextID()
        log(
            "smtpd",
            "\(id): client=pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=\(user)"
        )
        log("cleanup", "\(id): message-id=<\(id)@laptop.example.org>")
        log(
            "qmgr",
            "\(id): from=<forged@bank.example>, size=900, nrcpt=\(recipients) (queue active)"
        )
        for number in 0..<recipients { copy(id, to: "r\(number)@example.net") }
        log("qmgr", "\(id): removed")
        return id
    }
}

extension [Effect] {
    fileprivate var orders: [HaltOrder.Verb] {
        compactMap { if case .halt(let order) = $0 { order.verb } else { nil } }
    }

    fileprivate var pages: [Alert] {
        compactMap { if case .page(let alert) = $0 { alert } else { nil } }
    }

    fileprivate var answers: [CommandAnswer] {
        compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
    }
}

private func read(_ host: inout MailHost, _ engine: inout Engine) -> [Effect] {
    let batch = host.take()
    return engine.handle(.entries(batch, readAt: host.time))
}

@Test func `a stolen account halts what the scope says, and is named on every page`() throws {
    for scope in ["", "Scope=list", "SenderScope=list", "Scope=list\nSenderScope=queue"] {
        var engine = engine(scope)
        var host = MailHost(at: monday)
        for _ in 1...100 { host.submit(as: "alice@example.org") }
        host.submit(as: "bob@example.org")
        #expect(read(&host, &engine).orders.isEmpty)
        host.submit(as: "alice@example.org")
        let effects = read(&host, &engine)
        let isOwn = scope.hasSuffix("=list")
        #expect(effects.orders.contains(isOwn ? .holdList(alice) : .halt), "\(scope)")
        #expect(engine.status(at: host.time).queue.isHalted == !isOwn)
        let page = try #require(effects.pages.first)
        #expect(page.kind == .trip && page.list == alice)
        #expect(page.summary.contains("sender alice@example.org sent 101 messages"))
        #expect(page.summary.contains(isOwn ? "this sender's only" : "open (mail halted)"))
        #expect(page.advice.contains("Lock the account, then: listbreaker reset '\(alice)'"))
        #expect(page.figures["rule"] == "ceiling" && page.figures["posts"] == "101")
        let status = engine.status(at: host.time).lists.first
        #expect(status?.list == alice && status?.recognised == "sender")
        #expect(engine.explain(list: alice)?.figures["posts"] == "101")
    }
}

@Test func `only mail of the account is held, each message by its own line`() throws {
    var engine = engine("Scope=list")
    var host = MailHost(at: monday)
    for _ in 1...101 { host.submit(as: "alice@example.org") }
    #expect(read(&host, &engine).orders.contains(.holdList(alice)))
    let mail = engine.mail(of: alice)
    #expect(mail.ids.isEmpty && mail.senders == ["alice@example.org"])
    host.submit(as: "bob@example.org", to: 3)
    host.post("crew", from: "boss@example.org", id: "c1@example.org", copies: 9, delivered: 9)
    #expect(read(&host, &engine).orders.isEmpty)
    let next = host.submit(as: "alice@example.org")
    #expect(read(&host, &engine).orders == [.holdIDs(list: alice, ids: [next])])

    var restarted = Engine(settings: engine.settings, trust: TrustSettings())
    restarted.restore(board: engine.board, snapshot: try saved(engine))
    let start = restarted.handle(
        .start(now: host.time, damaged: nil, highestIncident: 1, foundHalted: false)
    )
    #expect(start.orders == [.holdList(alice)])
    let audit = Audit(uid: 0, time: host.time + .seconds(1), reason: "password changed")
    _ = engine.handle(.command(.reset(Subject(alice), held: .release), by: audit))
    host.time = host.time + .hours(2)
    host.submit(as: "alice@example.org")
    #expect(read(&host, &engine).orders.isEmpty)
    #expect(engine.status(at: host.time).queue.state == .closed)
}

@Test func `one who announced it, and one who is exempt, go on`() {
    var engine = engine("", "SenderExempt=billing@*")
    var host = MailHost(at: monday)
    let audit = Audit(uid: 0, time: monday, reason: "")
    let answer = engine.handle(
        .expect(
            list: "alice@example.org",
            copies: 300,
            until: monday + .days(1),
            by: audit
        )
    )
    #expect(answer.answers.first?.message.hasPrefix("expecting 300 copies") == true)
    for _ in 1...300 {
        host.submit(as: "alice@example.org")
        host.submit(as: "billing@example.org")
    }
    #expect(read(&host, &engine).orders.isEmpty)
    for _ in 1...101 { host.submit(as: "alice@example.org") }
    #expect(read(&host, &engine).orders == [.halt])
}

@Test func `in attended hours a doubtful sender is paged first, and a hold-off lets it go on`() {
    var engine = engine(
        "",
        """
        [Attended]
        Attended=Mon..Fri 00:00..23:59
        GraceSec=10min
        [Alert one]
        Script=/bin/true
        """
    )
    var host = MailHost(at: monday + .hours(10))
    for _ in 1...150 { host.submit(as: "alice@example.org") }
    let effects = read(&host, &engine)
    #expect(effects.orders.isEmpty)
    #expect(effects.pages.map(\.kind) == [.doubtful])
    #expect(effects.pages[0].advice.contains("hold-off '\(alice)' --for 2h"))
    let audit = Audit(uid: 0, time: host.time, reason: "Christmas cards")
    _ = engine.handle(.command(.holdOff(Subject(alice), span: .hours(2)), by: audit))
    for _ in 1...500 { host.submit(as: "alice@example.org") }
    #expect(read(&host, &engine).orders.isEmpty)
}
