// SPDX-License-Identifier: Apache-2.0
//
// What old logs teach a daemon that watches: who posts, how many get it, what lists are for; and what
// they never do.

import Breaker
import Engine
import EventTime
import FoundationEssentials
import MailLog
import Reports
import Settings
import StormDetection
import Testing

private let list = "news@lists.example.org"
private let start = Timestamp(seconds: 1_790_000_000)
private let audit = Audit(uid: 1000, time: start + .days(120), reason: "old host's logs")

private func engine(_ more: String = "") -> Engine {
    let text = "[Halt]\nMode=armed\n\(more)"
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

/// Feeds what `host` wrote, read as it happened.
private func feed(_ engine: inout Engine, _ host: inout MailHost) -> [Effect] {
    engine.handle(.entries(host.take(), readAt: host.time))
}

/// A newsletter of one poster, every third day of 90.
private func newsletter(_ engine: inout Engine) {
    for number in 0..<30 {
        var host = MailHost(at: start + .days(Int64(3 * number)))
        host.post("news", from: "editor@example.org", id: "n\(number)@example.org", copies: 5000)
        _ = feed(&engine, &host)
    }
}

private func notes(_ effects: [Effect]) -> [String] {
    effects.compactMap { if case .log(let note) = $0 { note.text } else { nil } }
}

private func kind(_ engine: Engine) -> String? {
    engine.status(of: .list(list), at: start + .days(121))?.lists.first?.kind?.kind
}

@Suite struct `Learning from old logs` {
    /// What `listbreaker learn` hands over, through its file.
    private func learned() throws -> EngineSnapshot {
        var older = engine()
        newsletter(&older)
        let file = LearnedFile(snapshot: older.snapshot, uid: 1000, time: audit.time)
        return try LearnedFile(try file.bytes()).snapshot
    }

    @Test func `a list that this host has hardly seen is known, and who may post to it`() throws {
        var engine = engine()
        var host = MailHost(at: start + .days(120))
        host.post("news", from: "editor@example.org", id: "first@example.org", copies: 5000)
        _ = feed(&engine, &host)
        #expect(kind(engine) == "unknown")
        let effects = engine.handle(.learned(try learned(), by: audit))
        #expect(kind(engine) == "announce")
        let note = try #require(notes(effects).first)
        #expect(note.hasPrefix("learned from older logs, up to 2026-12-17T"))
        #expect(
            note.contains(
                "1 list of which little was known, and the posters of 1; 0 of them kept what was "
                    + "learned here; by uid 1000 at \(audit.time.rfc3339): old host's logs"
            )
        )
        // Two others post: what nobody could tell of a list without a past is a breach of this one.
        var holds = 0
        for number in 0..<2 {
            var host = MailHost(at: start + .days(120) + .minutes(Int64(10 + number)))
            host.post("news", from: "p\(number)@example.com", id: "r\(number)@x", copies: 5000)
            for effect in feed(&engine, &host) { if case .softHold = effect { holds += 1 } }
        }
        #expect(holds == 1)
    }

    @Test func `it orders nothing, opens nothing and closes nothing`() throws {
        var engine = engine()
        _ = engine.handle(.command(.trip(.list(list)), by: audit))
        let before = engine.board
        let effects = engine.handle(.learned(try learned(), by: audit))
        #expect(engine.board == before)
        for effect in effects {
            switch effect {
            case .log, .snapshot, .answer: break
            default: Issue.record("\(effect)")
            }
        }
    }

    @Test func `what was learned here for a fortnight stays, and twice is once`() throws {
        var engine = engine()
        newsletter(&engine)
        for number in 0..<10 {
            var host = MailHost(at: start + .days(Int64(91 + number)))
            host.post("news", from: "second@example.org", id: "s\(number)@x", copies: 5000)
            _ = feed(&engine, &host)
        }
        let before = engine.status(of: .list(list), at: start + .days(121))?.lists.first
        let effects = engine.handle(.learned(try learned(), by: audit))
        #expect(engine.status(of: .list(list), at: start + .days(121))?.lists.first == before)
        #expect(notes(effects).first?.contains("0 lists of which little was known") == true)
        #expect(notes(effects).first?.contains("1 of them kept what was learned here") == true)
        var fresh = Self.fresh()
        _ = fresh.handle(.learned(try learned(), by: audit))
        let once = fresh.status(of: .list(list), at: start + .days(121))?.lists.first
        _ = fresh.handle(.learned(try learned(), by: audit))
        #expect(fresh.status(of: .list(list), at: start + .days(121))?.lists.first == once)
    }

    private static func fresh() -> Engine { engine() }

    @Test func `it outlives a restart`() throws {
        var before = engine()
        _ = before.handle(.learned(try learned(), by: audit))
        let file = LearnedFile(snapshot: before.snapshot, uid: 0, time: start)
        var after = engine()
        after.restore(board: nil, snapshot: try LearnedFile(try file.bytes()).snapshot)
        #expect(kind(after) == "announce")
    }

    @Test func `a file that is cut, longer, or of something else is refused`() throws {
        let whole = try LearnedFile(snapshot: learned(), uid: 7, time: start).bytes()
        let read = try LearnedFile(whole)
        #expect(read.uid == 7)
        #expect(read.time == start)
        for count in [0, 4, 12, 21, 30, whole.count / 2, whole.count - 1] {
            #expect(throws: (any Error).self, "\(count)") {
                try LearnedFile(Array(whole.prefix(count)))
            }
        }
        var flipped = whole
        flipped[whole.count / 3] ^= 0x10
        #expect(throws: (any Error).self) { try LearnedFile(flipped) }
        #expect(throws: (any Error).self) { try LearnedFile(Array("no such file".utf8)) }
    }
}
