// SPDX-License-Identifier: Apache-2.0
//
// From log lines to effects, through every pure target: what was promised of the whole.

import Archive
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

/// An engine in armed mode that believes uid 101, with `annonce` configured as announce-only.
private func engine(announceOnly: Bool = true) -> Engine {
    let text = """
        [Halt]
        Mode=armed
        \(announceOnly ? "[List \(annonce)]\nAnnounceOnly=yes\nRegularPosters=news@example.org" : "")
        """
    guard
        case .success(let read) = SettingsReader.read([SettingsText(path: "test.conf", text: text)])
    else { preconditionFailure("the test's settings are wrong") }
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: read.settings, trust: trust)
}

private func effects(_ engine: inout Engine, _ host: inout MailHost) -> [Effect] {
    let batch = host.take()
    return engine.handle(.entries(batch, readAt: host.time))
}

extension [Effect] {
    fileprivate var tripped: Verdict? {
        compactMap { if case .tripped(let verdict) = $0 { verdict } else { nil } }.first
    }

    fileprivate var halts: Bool {
        contains { if case .halt(let order) = $0 { order.verb == .halt } else { false } }
    }
}

@Test func `an announcement to 3,000 goes out whole, the second stranger's post trips`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post(
        "annonce",
        from: "news@example.org",
        id: "n1@example.org",
        copies: 3000,
        delivered: 3000
    )
    #expect(effects(&engine, &host).tripped == nil)
    host.time = host.time + .minutes(20)
    host.post(
        "annonce",
        from: "ann@example.com",
        id: "r1@example.com",
        answering: "n1@example.org",
        copies: 3000,
        delivered: 3000
    )
    #expect(!effects(&engine, &host).halts, "one stranger is a mishap")
    host.time = host.time + .minutes(5)
    host.post(
        "annonce",
        from: "bob@example.com",
        id: "r2@example.com",
        answering: "n1@example.org",
        copies: 3000
    )
    let decisive = effects(&engine, &host)
    #expect(decisive.halts)
    #expect(decisive.tripped?.list == annonce)
    #expect(decisive.tripped?.rule == .announceBreach)
    #expect(engine.board.state(of: .list(annonce)) == .open)
    let report = engine.status(at: host.time)
    #expect(report.lists.first?.state == .known(.open))
    #expect(report.queue.isHalted)
    #expect(report.lists.first?.windows.last?.copiesAnnounced == 9000)
    #expect(report.lists.first?.windows.last?.copiesSent == 6000)
}

@Test func `a blast to 50,000 subscribers never trips`() {
    var engine = engine(announceOnly: false)
    var host = MailHost(at: friday)
    for number in 0..<3 {
        host.post(
            "news",
            from: "news@example.org",
            id: "n\(number)@example.org",
            copies: 50_000,
            delivered: 5000
        )
        #expect(effects(&engine, &host).tripped == nil)
        host.time = host.time + .days(7)
    }
}

@Test func `forged lines make no list and no trip, whatever they say`() {
    var engine = engine()
    var host = MailHost(at: friday)
    for number in 0..<50 {
        host.post(
            "annonce",
            from: "s\(number)@example.com",
            id: "f\(number)@example.com",
            copies: 3000
        )
    }
    var batch = host.take()
    for index in batch.entries.indices { batch.entries[index].uid = 1000 }
    let effects = engine.handle(.entries(batch, readAt: host.time))
    #expect(effects.tripped == nil)
    #expect(
        effects.contains { if case .page(let alert) = $0 { alert.kind == .forged } else { false } }
    )
    let status = engine.status(at: host.time)
    #expect(status.journal.events == 0)
    #expect(status.journal.forged.values.reduce(0, +) == Int64(batch.entries.count))
    #expect(status.lists.allSatisfy { ($0.windows.last?.posts ?? 0) == 0 })
}

/// The engine's memory, written down and read again.
func saved(_ engine: Engine) throws -> EngineSnapshot {
    let kept = try KeptParts { try engine.snapshot.write(to: &$0) }
    var found: EngineSnapshot?
    try kept.read { found = try EngineSnapshot(from: &$0) }
    return try #require(found)
}

@Test func `a snapshot that lacks a part, or has a damaged one, is refused`() throws {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "news@example.org", id: "n1@example.org", copies: 30, delivered: 9)
    _ = effects(&engine, &host)
    let kept = try KeptParts { try engine.snapshot.write(to: &$0) }
    for key in kept.parts.keys {
        var damaged = kept
        damaged.parts[key] = nil
        #expect(throws: ArchiveDamage.self) {
            try damaged.read { _ = try EngineSnapshot(from: &$0) }
        }
        damaged.parts[key] = kept.parts[key]?.map { $0 ^ 4 }
        #expect(throws: ArchiveDamage.self) {
            try damaged.read { _ = try EngineSnapshot(from: &$0) }
        }
    }
}

@Test func `an engine restored from its snapshot goes on as if nothing had happened`() throws {
    var whole = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "news@example.org", id: "n1@example.org", copies: 3000, delivered: 9)
    host.post("annonce", from: "ann@example.com", id: "r1@example.com", copies: 3000)
    _ = effects(&whole, &host)
    var restored = engine()
    restored.restore(board: whole.board, snapshot: try saved(whole))
    host.post("annonce", from: "bob@example.com", id: "r2@example.com", copies: 3000)
    let batch = host.take()
    let expected = whole.handle(.entries(batch, readAt: host.time))
    #expect(restored.handle(.entries(batch, readAt: host.time)) == expected)
    #expect(expected.halts)
}

@Test func `a line of Exim whose first half came before the restart is read whole`() throws {
    func half(_ text: String) -> EntryBatch {
        var batch = EntryBatch()
        var entry = LogEntry(time: friday)
        entry.identifier = batch.append("exim".utf8)
        entry.message = batch.append(text.utf8)
        entry.transport = .syslog
        entry.uid = 0
        entry.pid = 9
        batch.entries.append(entry)
        return batch
    }
    var first = engine()
    _ = first.handle(
        .entries(half("[1/2] 2026-11-20 21:00:00 1xVjgX-00000y-2f => a@exam"), readAt: friday)
    )
    var restored = engine()
    restored.restore(board: nil, snapshot: try saved(first))
    let before = restored.status(at: friday).journal.events
    _ = restored.handle(
        .entries(half("[2/2] ple.net R=dnslookup T=remote_smtp S=512"), readAt: friday)
    )
    #expect(restored.status(at: friday).journal.events == before + 1)
}

@Test func `the same journal gives the same decisions, however it is cut into batches`() {
    var host = MailHost(at: friday)
    for number in 0..<12 {
        host.post(
            "annonce",
            from: "p\(number)@example.com",
            id: "m\(number)@example.com",
            answering: number > 0 ? "m0@example.com" : nil,
            copies: 300,
            delivered: 300
        )
        host.time = host.time + .seconds(30)
    }
    let whole = host.take()
    func verdicts(cutBy size: Int) -> [String] {
        var engine = engine()
        var found: [String] = []
        for start in stride(from: 0, to: whole.entries.count, by: size) {
            var batch = whole
            batch.entries = Array(whole.entries[start..<min(start + size, whole.entries.count)])
            for effect in engine.handle(.entries(batch, readAt: host.time)) {
                if case .tripped(let verdict) = effect {
                    found.append("\(verdict.time.rfc3339) \(verdict.rule) \(verdict.evidence)")
                }
            }
        }
        return found
    }
    let once = verdicts(cutBy: whole.entries.count)
    #expect(!once.isEmpty)
    for size in [1, 7, 100] { #expect(verdicts(cutBy: size) == once) }
}
