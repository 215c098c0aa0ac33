// SPDX-License-Identifier: Apache-2.0
//
// What a person's name for a list is worth: a mistyped one is refused before anything is done, an
// incident's number stands for its list, and nobody is told that mail flows while it is halted.

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
private let audit = Audit(uid: 0, time: friday, reason: "a test")

private func engine(mode: String = "armed") -> Engine {
    let text = """
        [Halt]
        Mode=\(mode)
        [List \(annonce)]
        Aliases=news@lists.example.org
        [List team@lists.example.org]
        Scope=list
        """
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

/// The answer to `input` as the daemon gives it: refused, or carried out.
private func say(
    _ input: Engine.Input,
    to engine: inout Engine,
    isNew: Bool = false
) -> CommandAnswer? {
    do throws(Engine.Refusal) {
        let effects = engine.handle(try engine.understood(input, isNew: isNew))
        return effects.lazy.compactMap { effect -> CommandAnswer? in
            if case .answer(let answer) = effect { answer } else { nil }
        }.first
    } catch {
        return error.answer
    }
}

private func trip(_ list: String) -> Engine.Input { .command(.trip(.list(list)), by: audit) }
private func reset(_ list: String) -> Engine.Input {
    .command(.reset(.list(list), held: .keep), by: audit)
}

@Suite struct `Names in commands` {
    @Test(arguments: ["annonce@lists.exmaple.org", "notalist", "sender:nobody@example.org", "7"])
    func `a trip of a name that nobody knows opens nothing, and says so`(name: String) {
        var engine = engine()
        let answer = say(trip(name), to: &engine)
        #expect(answer?.code == 1)
        #expect(answer?.message.contains(name) == true)
        #expect(engine.board.incidents.isEmpty)
    }

    @Test func `the refusal says how to insist, and how to halt everything`() {
        var engine = engine()
        #expect(
            say(trip("nosuch@example.org"), to: &engine)?.message
                == "no list 'nosuch@example.org' is tracked or configured; nothing was tripped. "
                + "--new trips it all the same; trip --queue halts all mail"
        )
        let insisted = say(trip("nosuch@example.org"), to: &engine, isNew: true)
        #expect(insisted?.code == 0)
        #expect(engine.board.state(of: .list("nosuch@example.org")) == .open)
    }

    @Test func `a list is tripped by any of its addresses, a drill by its own`() {
        var engine = engine()
        #expect(say(trip("news@lists.example.org"), to: &engine)?.code == 0)
        #expect(engine.board.state(of: .list(annonce)) == .open)
        #expect(engine.board.incidents.count == 1)
        #expect(say(trip("listbreaker-drill@mx.example.org"), to: &engine)?.code == 0)
    }

    @Test func `a sender that was seen is known, one that was not is refused`() {
        var engine = engine()
        var host = MailHost(at: friday)
        let id = host.nextID()
        host.log(
            "smtpd",
            "\(id): client=pc.example.com[203.0.113.66], sasl_method=PLAIN, "
                + "sasl_username=alice@example.org"
        )
        host.log("cleanup", "\(id): message-id=<\(id)@laptop.example.org>")
        host.log("qmgr", "\(id): from=<alice@example.org>, size=900, nrcpt=1 (queue active)")
        host.copy(id, to: "somebody@example.net")
        _ = engine.handle(.entries(host.take(), readAt: host.time))
        #expect(say(trip("sender:alice@example.org"), to: &engine)?.code == 0)
        #expect(say(trip("sender:alic@example.org"), to: &engine)?.code == 1)
    }

    @Test func `a reset of a name that nobody knows is an error that names what is open`() {
        var engine = engine()
        _ = say(trip(annonce), to: &engine)
        let answer = say(reset("annonce@lists.exmaple.org"), to: &engine)
        #expect(answer?.code == 1)
        #expect(answer?.message.contains("open: \(annonce) (incident 1)") == true)
        #expect(answer?.message.contains("flows") == false)
        #expect(engine.board.state(of: .list(annonce)) == .open)
    }

    @Test func `an incident's number stands for its list`() {
        var engine = engine()
        _ = say(trip(annonce), to: &engine)
        #expect(say(reset("2"), to: &engine)?.code == 1)
        let answer = say(reset("1"), to: &engine)
        #expect(answer?.code == 0)
        #expect(answer?.message.hasPrefix("reset \(annonce), incident 1: half-open") == true)
        #expect(engine.board.state(of: .list(annonce)) == .halfOpen)
        #expect(say(trip("1"), to: &engine)?.code == 0)
        #expect(engine.board.state(of: .list(annonce)) == .open)
    }

    @Test func `the queue is not reset while only a list's breaker is open`() {
        var engine = engine()
        #expect(say(.command(.reset(.queue, held: .keep), by: audit), to: &engine)?.code == 0)
        _ = say(trip(annonce), to: &engine)
        let answer = say(.command(.reset(.queue, held: .keep), by: audit), to: &engine)
        #expect(answer?.code == 1)
        #expect(
            answer?.message
                == "nothing was reset: the whole queue's own breaker is not open. "
                + "open: \(annonce) (incident 1): "
                + "listbreaker reset '\(annonce)' --held release --reason TEXT"
        )
    }

    @Test func `nobody is told that mail flows while another breaker halts it`() {
        var engine = engine()
        let quiet = say(reset(annonce), to: &engine)
        #expect(quiet?.message == "already closed (mail flows): \(annonce)")
        _ = say(trip(annonce), to: &engine)
        let answer = say(reset("team@lists.example.org"), to: &engine)
        #expect(answer?.code == 0)
        #expect(
            answer?.message
                == "already closed: team@lists.example.org; mail is halted by \(annonce), "
                + "incident 1: listbreaker reset '\(annonce)' --held release --reason TEXT"
        )
    }

    @Test func `a hold-off takes the names that a trip takes`() {
        var engine = engine()
        let wish = { (list: String) in
            Engine.Input.command(.holdOff(Subject(list), span: .hours(2)), by: audit)
        }
        #expect(say(wish("nosuch@example.org"), to: &engine)?.code == 1)
        #expect(engine.board.doubts.holdOffs.isEmpty)
        #expect(say(wish("news@lists.example.org"), to: &engine)?.code == 0)
        #expect(engine.board.doubts.holdOffs.keys.map(\.name) == [annonce])
        #expect(say(wish("nosuch@example.org"), to: &engine, isNew: true)?.code == 0)
        let end = Engine.Input.command(
            .holdOff(Subject("nosuch@example.org"), span: .seconds(0)),
            by: audit
        )
        #expect(say(end, to: &engine)?.code == 0, "what was insisted on can be ended")
    }

    @Test func `a mailing is expected of a known name, and in the future`() {
        var engine = engine()
        func expect(_ list: String, until: Timestamp) -> Engine.Input {
            .expect(list: list, copies: 10, until: until, by: audit)
        }
        let soon = friday + .hours(1)
        #expect(say(expect("nosuch@example.org", until: soon), to: &engine)?.code == 1)
        #expect(say(expect("nosuch@example.org", until: soon), to: &engine, isNew: true)?.code == 0)
        #expect(
            say(expect("News@lists.example.org", until: soon), to: &engine)?.message
                == "expecting 10 copies on \(annonce) until \(soon.rfc3339)"
        )
        let past = say(expect(annonce, until: friday), to: &engine)
        #expect(past?.code == 64)
        #expect(past?.message.contains("that is past") == true)
    }

    @Test(arguments: [annonce, "NEWS@lists.example.org", "annonce"])
    func `who asks why, or has seen a page, names a list as for a trip`(name: String) throws {
        var engine = engine()
        #expect(try engine.subject(named: name) == .list(annonce))
        #expect(throws: Engine.Refusal.self) { try engine.incident(named: name) }
        #expect(say(trip(annonce), to: &engine)?.code == 0)
        #expect(try engine.incident(named: name) == 1)
        #expect(try engine.incident(named: "1") == 1)
    }

    @Test(arguments: ["anonce@lists.example.org", "anonce", "7", "sender:nobody@example.org", ""])
    func `who asks for what nobody knows is told what there is`(name: String) {
        var engine = engine()
        _ = say(trip(annonce), to: &engine)
        do throws(Engine.Refusal) {
            _ = try engine.incident(named: name)
            Issue.record("an incident of \(name)")
        } catch {
            #expect(error.answer.code == 1)
            #expect(error.answer.message.contains("annonce@lists.example.org"), "\(error)")
        }
        #expect(throws: Engine.Refusal.self) { try engine.subject(named: name) }
    }

    @Test func `letters that steer a terminal are escaped in a refusal, line breaks too`() {
        let engine = engine()
        do throws(Engine.Refusal) {
            _ = try engine.subject(named: "ann\nonce\u{1B}[31m", else: "see lists")
            Issue.record("a list of that name")
        } catch {
            let said = error.answer.message
            #expect(said.contains("'ann\\u{a}once\\u{1b}[31m'"), "\(said)")
            #expect(said.hasSuffix("; see lists"), "\(said)")
        }
    }

    @Test func `what is expected is shown with its end, its size and what is left of it`() throws {
        var engine = engine()
        let until = friday + .hours(2)
        let said = say(.expect(list: annonce, copies: 5000, until: until, by: audit), to: &engine)
        #expect(said?.code == 0)
        _ = say(
            .expect(list: "sender:x@example.org", copies: 7, until: until, by: audit),
            to: &engine,
            isNew: true
        )
        let shown = try #require(engine.status(at: friday).expected)
        #expect(shown.map(\.list) == [annonce, "sender:x@example.org"])
        #expect(shown.map(\.copies) == [5000, 7] && shown.map(\.left) == [5000, 7])
        #expect(shown.map(\.until) == [until.rfc3339, until.rfc3339])
        #expect(engine.status(at: friday, limit: 0).expected == shown)
        #expect(engine.status(at: until + .seconds(1)).expected == nil)
    }
}
