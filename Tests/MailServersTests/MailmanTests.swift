// SPDX-License-Identifier: Apache-2.0
//
// The further stop at Mailman 3, against a real one: stopped, restored, killed between any two steps,
// turned by another hand, and not there at all.

import FoundationEssentials
import Glibc
import Loopback
import Testing

@testable import HaltWire
@testable import MailServers

private let list = "news@local.test"

@Suite(.serialized, .enabled(if: PrivateMailman.isPossible))
struct MailmanTests {
    @Test func `a list is stopped quietly, and gets back what it had`() throws {
        let mailman = try PrivateMailman()
        try mailman.turn("respond_to_post_requests", "False")
        let before = try mailman.switches()
        let stop = MailmanStop(rest: mailman.rest, record: mailman.record)
        #expect(stop.pass([]) == [])
        #expect(try mailman.rest.version().contains("Mailman 3"))
        #expect(
            stop.pass([list, "no@local.test"]) == [
                .init(list: list, state: .stopped), .init(list: "no@local.test", state: .unknown),
            ]
        )
        #expect(try mailman.switches() == .stopped)
        #expect(MailmanStop.stopped(record: mailman.record) == [list])
        #expect(stop.pass([list]) == [.init(list: list, state: .stopped)])
        #expect(stop.pass([]) == [.init(list: list, state: .restored)])
        #expect(try mailman.switches() == before)
        #expect(StateFile.status(mailman.record) == nil && stop.pass([]) == [])

        // What another hand turned is told, and stays turned.
        _ = stop.pass([list])
        try mailman.turn("emergency", "False")
        let told = ["emergency of news@local.test was set to False by somebody else; left alone"]
        #expect(stop.pass([list]) == [.init(list: list, state: .stopped, changed: told)])
        #expect(try mailman.switches()?.emergency == false)
        #expect(stop.pass([]) == [.init(list: list, state: .restored, changed: told)])
        #expect(try mailman.switches() == before)

        try killed(mailman, before)
        try unreachable(mailman)
    }

    /// Killed between any two steps: what the record says of each is made good.
    private func killed(_ mailman: PrivateMailman, _ before: MailmanSwitches?) throws {
        let stop = MailmanStop(rest: mailman.rest, record: mailman.record)
        let before = try #require(before)
        for (phase, isSet) in [
            (MailmanStop.Entry.Phase.stopping, false), (.stopping, true), (.stopped, true),
            (.restoring, true), (.restoring, false),
        ] {
            for wanted in [Set([list]), []] {
                for key in MailmanSwitches.CodingKeys.allCases {
                    let values = isSet ? MailmanSwitches.stopped : before
                    try mailman.turn(key.rawValue, values[key] ? "True" : "False")
                }
                let entry = MailmanStop.Entry(
                    list: list,
                    id: "news.local.test",
                    before: before,
                    phase: phase
                )
                try StateFile.replace(mailman.record, with: Array(JSONEncoder().encode([entry])))
                let state: MailmanStop.Outcome.State = wanted.isEmpty ? .restored : .stopped
                #expect(
                    stop.pass(wanted) == [.init(list: list, state: state)],
                    "killed while \(phase), \(isSet)"
                )
                #expect(try mailman.switches() == (wanted.isEmpty ? before : .stopped))
            }
        }
    }

    /// A wrong password and a Mailman that is not there: said, nothing lost, made good later.
    private func unreachable(_ mailman: PrivateMailman) throws {
        let stop = MailmanStop(rest: mailman.rest, record: mailman.record)
        let before = try mailman.switches()
        var wrong = mailman.rest
        wrong.password = "wrong"
        func reason(_ outcomes: [MailmanStop.Outcome]) -> String {
            if case .failed(let reason) = outcomes.first?.state { reason } else { "" }
        }
        let refused = reason(MailmanStop(rest: wrong, record: mailman.record).pass([list]))
        #expect(refused.contains("wrong user or password") && !refused.contains("restadmin"))
        #expect(stop.pass([list]) == [.init(list: list, state: .stopped)])
        var gone = mailman.rest
        gone.url = "http://127.0.0.1:1/3.1"
        let outcomes = MailmanStop(rest: gone, record: mailman.record).pass(["z@local.test"])
        #expect(outcomes.count == 2 && reason(outcomes).contains("curl"), "\(outcomes)")
        #expect(MailmanStop.stopped(record: mailman.record) == [list])
        #expect(stop.pass([]) == [.init(list: list, state: .restored)])
        #expect(try mailman.switches() == before)
        // Deleted while it was stopped.
        _ = stop.pass([list])
        try StateFile.replace(
            mailman.record,
            with: Array(
                String(decoding: StateFile.read(mailman.record) ?? [], as: UTF8.self)
                    .replacing("news.local.test", with: "gone.local.test").utf8
            )
        )
        #expect(
            stop.pass([]) == [
                .init(list: list, state: .restored, changed: ["Mailman has the list no more"])
            ]
        )
    }
}

@Test(arguments: [
    "https://127.0.0.1/", "http://127.0.0.1.evil.example/3.1", "http://127.0.0.1@evil.example/",
    "http://127.0.0.1:8001@evil.example/", "http://10.0.0.1:8001/3.1", "http://localhost:99999/",
    "http://localhost:0/", "http://[::1]:x/", "http://127.0.0.1:8001/\"\nproxy = x", "", "file:///",
])
func `a URL that could lead elsewhere is none of Mailman's`(url: String) {
    #expect(!LoopbackURL.accepts(url))
    let rest = MailmanREST(url: url, user: "u", password: "p")
    #expect(throws: HaltError.self) { try rest.id(of: list) }
}

@Test func `a list's name is one part of a path`() {
    #expect(LoopbackURL.accepts("http://[::1]:8001/3.1"))
    #expect(LoopbackURL.accepts("http://localhost"))
    #expect(LoopbackURL.accepts("http://127.0.0.1:65535/"))
    #expect(MailmanREST.escaped("a/../b?c@x.test") == "a%2F..%2Fb%3Fc%40x.test")
}

@Test func `a damaged record is told, and nothing is touched`() throws {
    let scratch = try Scratch()
    try scratch.write("mailman.json", "{")
    let rest = MailmanREST(url: "http://127.0.0.1:1/", user: "u", password: "p")
    let stop = MailmanStop(rest: rest, record: "\(scratch.path)/mailman.json")
    guard case .failed(let reason) = stop.pass([list]).first?.state else {
        Issue.record("it did not fail")
        return
    }
    #expect(reason.contains("damaged"))
    #expect(try scratch.read("mailman.json") == "{")
}
