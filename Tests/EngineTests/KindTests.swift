// SPDX-License-Identifier: Apache-2.0
//
// A person's word about what a list is for: who said it, what it changes, that it outlives a restart.

import Breaker
import Engine
import EventTime
import FoundationEssentials
import MailLog
import Settings
import StormDetection
import Testing

private let now = Timestamp(seconds: 1_795_795_200)
private let list = "annonce@lists.example.org"
private let audit = Audit(uid: 1000, time: now, reason: "as the club agreed")

private func engine(_ more: String = "") -> Engine {
    let text = "[Halt]\nMode=armed\n[List \(list)]\n\(more)"
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

private func say(_ kind: ListKind?, of name: String, to engine: inout Engine) -> [Effect] {
    do throws(Engine.Refusal) {
        let input = Engine.Input.command(.kind(.list(name), kind), by: audit)
        return engine.handle(try engine.understood(input))
    } catch {
        return [.answer(error.answer)]
    }
}

private func answer(_ effects: [Effect]) -> CommandAnswer? {
    effects.lazy.compactMap { if case .answer(let answer) = $0 { answer } else { nil } }.first
}

@Suite struct `What a list is for` {
    @Test func `it is saved at once, noted with who said it, and taken back by auto`() {
        var engine = engine()
        let effects = say(.announce, of: list, to: &engine)
        #expect(answer(effects)?.code == 0)
        #expect(effects.contains { if case .save = $0 { true } else { false } })
        let notes = effects.compactMap { if case .log(let note) = $0 { note } else { nil } }
        #expect(
            notes.map(\.text) == [
                "\(list) is one of kind announce from now on, by uid 1000: as the club agreed"
            ]
        )
        #expect(engine.board.kinds[.list(list)]?.by == audit)
        #expect(answer(say(nil, of: list, to: &engine))?.code == 0)
        #expect(engine.board.kinds.isEmpty)
    }

    @Test func `it outlives a restart`() throws {
        var before = engine()
        _ = say(.role, of: list, to: &before)
        let saved = try JSONEncoder().encode(before.board)
        var after = engine()
        after.restore(
            board: try JSONDecoder().decode(BreakerBoard.self, from: saved),
            snapshot: nil
        )
        #expect(after.board.kinds == before.board.kinds)
    }

    @Test func `a name that nobody knows is refused, with those that are near`() {
        var engine = engine()
        let words = answer(say(.announce, of: "anonce@lists.example.org", to: &engine))
        #expect(words?.code == 1)
        #expect(words?.message.contains("(there is \(list))") == true)
        #expect(engine.board.kinds.isEmpty)
    }

    @Test func `the settings go before it`() {
        var engine = engine("AnnounceOnly=no")
        let words = answer(say(.announce, of: list, to: &engine))
        #expect(words?.code == 1)
        #expect(words?.message.contains("AnnounceOnly=no") == true)
    }

    @Test func `a sender has none`() {
        var engine = engine()
        let effects = engine.handle(.command(.kind(.sender("a@example.org"), .role), by: audit))
        #expect(answer(effects)?.code == 64)
    }
}
