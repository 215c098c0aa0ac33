// SPDX-License-Identifier: Apache-2.0
//
// What holds over a whole run: settings that are read anew count from then on, a list that a person
// tripped is not forgotten, and a trickle of forged lines does not page every hour.

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

private func settings(_ more: String) -> Settings {
    let text = "[Halt]\nMode=armed\n\(more)\n"
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    return read.settings
}

private let trust: TrustSettings = {
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return trust
}()

private func trip(_ engine: inout Engine) {
    let audit = Audit(uid: 0, time: friday, reason: "a test")
    _ = engine.handle(.command(.trip(.list(annonce)), by: audit))
}

@Test func `a scope that is set by a reload holds for the next trip`() {
    var engine = Engine(settings: settings("[List \(annonce)]"), trust: trust)
    let anew = settings("[List \(annonce)]\nScope=list")
    _ = engine.handle(.settings(anew, trust: trust))
    trip(&engine)
    #expect(engine.board.incidents.first?.reach == .list)
    #expect(!engine.status(at: friday).queue.isHalted)
}

@Test func `a list that a person tripped is remembered among thousands of new ones`() {
    let few = "[Traffic]\nMaximumLists=16\nMaximumUnconfirmedLists=16"
    var engine = Engine(settings: settings(few), trust: trust)
    var host = MailHost(at: friday)
    host.post("annonce", from: "news@example.org", id: "n1@example.org", copies: 3000)
    _ = engine.handle(.entries(host.take(), readAt: host.time))
    trip(&engine)
    for number in 0..<200 {
        host.post("new\(number)", from: "a@example.org", id: "x\(number)@a.test", copies: 50)
        _ = engine.handle(.entries(host.take(), readAt: host.time))
    }
    let list = engine.status(at: host.time).lists.first { $0.list == annonce }
    #expect(list?.state == .known(.open))
    #expect(list?.members == 3000, "what is known of it")
    #expect(engine.mail(of: annonce).ids.count == 1, "and which mail is its own")
}

@Test func `forged lines page once in six hours, however long they come`() {
    var engine = Engine(settings: settings(""), trust: trust)
    var host = MailHost(at: friday)
    var pages: [Int] = []
    for hour in 0..<13 {
        for number in 0..<20 {
            host.log("qmgr", "\(hour)F\(number): removed", uid: 1000)
        }
        let effects = engine.handle(.entries(host.take(), readAt: host.time))
        for case .page(let alert) in effects where alert.kind == .forged { pages.append(hour) }
        host.time = host.time + .hours(1)
    }
    #expect(pages == [0, 6, 12])
}
