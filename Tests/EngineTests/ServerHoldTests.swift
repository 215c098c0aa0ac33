// SPDX-License-Identifier: Apache-2.0
//
// What smtpd(8) holds by itself of a list that is stopped: in the figures as soon as its line is read, and
// once, whenever a sweep finds it.

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

/// An engine with the list open and narrowed; five messages of it are on hold.
private func stormed(_ host: inout MailHost) -> Engine {
    let text = """
        [Halt]
        Mode=armed
        Scope=narrow
        [List \(annonce)]
        AnnounceOnly=yes
        RegularPosters=news@example.org
        """
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    var engine = Engine(settings: read.settings, trust: trust)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    sweep(&engine, held: 5, total: 5, began: host.time, at: host.time)
    return engine
}

/// A sweep put `held` messages on hold; `later` of those of smtpd's came after it `began`.
private func sweep(
    _ engine: inout Engine,
    held: Int64,
    later: Int64 = 0,
    total: Int64,
    began: Timestamp,
    at time: Timestamp
) {
    let outcome = HaltOutcome(
        order: HaltOrder(verb: .narrow(annonce), incident: 1),
        result: .done(held: held, total: total, remark: nil),
        time: time,
        looks: [HoldLook(.list(annonce), began: began, held: held, later: later)]
    )
    _ = engine.handle(.outcome(outcome))
}

extension MailHost {
    /// smtpd(8) holds a message, as of Postfix 3.7 with the tables of `setup postfix --narrow`.
    fileprivate mutating func hold(
        from sender: String,
        to recipient: String,
        id: String? = nil,
        reason: String = "held by listbreaker"
    ) {
        log(
            "smtpd",
            "\(id ?? "NOQUEUE"): hold: RCPT from localhost[127.0.0.1]: <\(recipient)>: Recipient address "
                + "\(reason); from=<\(sender)> to=<\(recipient)> proto=ESMTP helo=<localhost>"
        )
    }
}

extension Engine {
    /// What `status` says is on hold: in all, of the incident, of the list.
    fileprivate func figures(_ host: MailHost) -> [Int64?] {
        let status = status(at: host.time)
        return [
            status.queue.held, status.incidents.first?.held,
            status.lists.first { $0.list == annonce }?.held,
        ]
    }
}

@Test func `what smtpd holds of an open list counts at once, and once`() {
    var host = MailHost(at: friday)
    var engine = stormed(&host)
    #expect(engine.figures(host) == [5, 5, 5])
    for number in 0..<200 {
        host.hold(
            from: "annonce+bounces-7-s\(number)=example.net@lists.example.org",
            to: "s@x.test"
        )
    }
    // A post to the list, a chunk of three recipients; the second one has a queue id.
    host.hold(from: "eve@example.com", to: annonce)
    host.hold(from: "owner-annonce@lists.example.org", to: "a@x.test")
    host.hold(from: "owner-annonce@lists.example.org", to: "b@x.test", id: "C0000189A5")
    host.hold(from: "owner-annonce@lists.example.org", to: "c@x.test", id: "C0000189A5")
    // Another list's, a person's, and what a rule of the site holds, are none of ours.
    host.hold(from: "owner-crew@lists.example.org", to: "b@x.test")
    host.hold(from: "eve@example.com", to: "bob@x.test")
    host.hold(from: "eve@example.com", to: annonce, reason: "triggers HOLD action")
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    #expect(engine.figures(host) == [207, 207, 207])

    let began = host.time
    for _ in 0..<10 { host.hold(from: "owner-annonce@lists.example.org", to: "a@x.test") }
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    #expect(engine.figures(host) == [217, 217, 217])
    // A sweep that began before those ten saw four of them.
    sweep(&engine, held: 206, later: 4, total: 211, began: began, at: host.time)
    #expect(engine.figures(host) == [217, 217, 217])
    sweep(&engine, held: 6, total: 217, began: host.time, at: host.time)
    #expect(engine.figures(host) == [217, 217, 217])
    // What was taken back after its line is right again with the next sweep.
    host.hold(from: "eve@example.com", to: annonce)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    #expect(engine.figures(host) == [218, 218, 218])
    sweep(&engine, held: 0, total: 217, began: host.time, at: host.time)
    #expect(engine.figures(host) == [217, 217, 217])
}

@Test func `lines that are read after the sweep that saw their mail count nothing`() {
    var host = MailHost(at: friday)
    var engine = stormed(&host)
    for _ in 0..<10 { host.hold(from: "owner-annonce@lists.example.org", to: "a@x.test") }
    let late = host.take()
    sweep(&engine, held: 10, total: 15, began: host.time, at: host.time)
    _ = engine.handle(.entries(late, readAt: host.time))
    #expect(engine.figures(host) == [15, 15, 15])
}

@Test func `what the look that is made for no order finds is the incident's`() {
    var host = MailHost(at: friday)
    var engine = stormed(&host)
    for _ in 0..<10 { host.hold(from: "owner-annonce@lists.example.org", to: "a@x.test") }
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    let look = HoldLook(.list(annonce), began: host.time, held: 9, later: 0)
    engine.note(looks: [look], total: 14)
    #expect(engine.figures(host) == [14, 14, 14])
}

@Test func `an hour of it without a sweep is counted in bounded memory`() {
    var host = MailHost(at: friday)
    var engine = stormed(&host)
    let half = host.time + .seconds(15)
    var later: Int64 = 0
    for round in 0..<30 {
        for _ in 0..<1000 {
            host.hold(from: "owner-annonce@lists.example.org", to: "a@x.test")
            if host.time > half { later += 1 }
        }
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        #expect(engine.figures(host).first == 5 + Int64(round + 1) * 1000)
    }
    sweep(&engine, held: 30_000 - later, total: 30_005 - later, began: half, at: host.time)
    // 30,000 lines a millisecond apart are 4,096 figures at most: 16 of them in one.
    let said = engine.status(at: host.time).queue.held
    #expect(abs(said - 30_005) <= 16, "\(said)")
}
