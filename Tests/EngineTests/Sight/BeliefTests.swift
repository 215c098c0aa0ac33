// SPDX-License-Identifier: Apache-2.0
//
// What is believed against what is there: a mail server whose lines are refused makes us blind, with
// the setting that would take them; a stranger who writes as many lines as he likes does not.

import Breaker
import Engine
import EventTime
import MailLog
import Reports
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

private func engine(units: [String] = []) -> Engine {
    Engine(settings: Settings(), trust: trust(units: units))
}

private func trust(units: [String] = []) -> TrustSettings {
    var trust = TrustSettings(units: units)
    trust.postfixUsers = [101]
    return trust
}

/// `count` lines of Postfix's queue manager, as `change` makes them.
private func lines(
    _ count: Int,
    at time: Timestamp = friday,
    _ change: (inout LogEntry, inout EntryBatch) -> Void = { _, _ in }
) -> EntryBatch {
    var batch = EntryBatch()
    for number in 0..<count {
        var entry = LogEntry(time: time + .seconds(Int64(number)))
        entry.identifier = batch.append("postfix/qmgr".utf8)
        entry.message = batch.append("4C1A\(number): removed".utf8)
        entry.executable = batch.append("/usr/lib/postfix/sbin/qmgr".utf8)
        entry.unit = batch.append("postfix@-.service".utf8)
        entry.transport = .syslog
        entry.uid = 101
        change(&entry, &batch)
        batch.entries.append(entry)
    }
    return batch
}

/// A container's lines.
private func contained(_ entry: inout LogEntry, _ batch: inout EntryBatch) {
    entry.unit = batch.append("docker-0123456789abcdef.scope".utf8)
}

/// A stranger's.
private func strange(_ entry: inout LogEntry, _ batch: inout EntryBatch) {
    entry.uid = 1000
    entry.executable = batch.append("/usr/bin/logger".utf8)
    entry.unit = batch.append("session-4.scope".utf8)
}

extension Engine {
    fileprivate mutating func pages(at now: Timestamp) -> [Alert] {
        handle(.tick(now: now, seen: now)).compactMap {
            if case .page(let alert) = $0 { alert } else { nil }
        }
    }

    fileprivate mutating func read(_ batch: EntryBatch) {
        _ = handle(.entries(batch, readAt: friday))
    }

    fileprivate mutating func begin() {
        _ = handle(.start(now: friday, damaged: nil, highestIncident: 0, foundHalted: false))
    }
}

@Test func `a mail server none of whose lines is believed makes us blind, once, with the cure`() {
    var engine = engine()
    engine.begin()
    engine.read(lines(12, contained))
    #expect(engine.sight.blind?.contains("none of 12 mail log lines is believed") == true)
    let pages = engine.pages(at: friday + .seconds(1))
    #expect(pages.map(\.kind) == [.blind])
    #expect(pages.first?.dedupKey == "blind-belief")
    #expect(pages.first?.severity == .critical)
    #expect(pages.first?.summary.contains("TrustedUnits=docker-*.scope") == true)
    #expect(engine.pages(at: friday + .seconds(2)).isEmpty)
    let refused = engine.status(at: friday).journal.refused
    #expect(refused?.count == 1)
    #expect(refused?.first?.unit == "docker-*.scope")
    #expect(refused?.first?.lines == 12)
    #expect(refused?.first?.setting == "TrustedUnits=docker-*.scope")
    #expect(engine.status(at: friday).journal.forged == ["forgedUnit": 12])
}

@Test func `the cure cures, and the page is taken back`() {
    var engine = engine()
    engine.begin()
    engine.read(lines(12, contained))
    #expect(engine.pages(at: friday + .seconds(1)).count == 1)
    _ = engine.handle(.settings(Settings(), trust: trust(units: ["docker-*.scope"])))
    engine.read(lines(12, contained))
    #expect(engine.sight.disbelief == nil)
    #expect(engine.pages(at: friday + .seconds(30)).isEmpty, "not yet sure")
    let pages = engine.pages(at: friday + .seconds(120))
    #expect(pages.map(\.isResolved) == [true])
    #expect(pages.first?.dedupKey == "blind-belief")
}

@Test func `under half is blind, and a second server that is not believed as well`() {
    var half = engine()
    half.read(lines(20))
    half.read(lines(19, contained))
    #expect(half.sight.blind?.contains("a mail server of this host is not believed") == true)
    half.read(lines(9, contained))
    #expect(half.sight.blind?.contains("under half") == true)
    var few = engine()
    few.read(lines(200))
    few.read(lines(7, contained))
    #expect(few.sight.blind == nil, "less than a twentieth")
    few.read(lines(9, contained))
    #expect(few.sight.blind?.contains("docker-*.scope") == true)
}

@Test func `strangers make a host that sees neither blind nor lose sight of its own`() {
    var engine = engine()
    engine.begin()
    engine.read(lines(1))
    engine.read(lines(5000, strange))
    #expect(engine.sight.blind == nil)
    #expect(engine.sight.refusedLines == 5000)
    #expect(engine.status(at: friday).journal.refused?.first?.setting == nil)
    // Whatever they call themselves, a place is left for the mail server's own.
    for number in 0..<40 {
        engine.read(
            lines(1) { entry, batch in
                strange(&entry, &batch)
                entry.identifier = batch.append("x\(number)/qmgr".utf8)
            }
        )
    }
    engine.read(lines(9, contained))
    let refused = engine.status(at: friday).journal.refused ?? []
    #expect(refused.count <= 16)
    #expect(refused.contains { $0.unit == "docker-*.scope" })
    let kept = refused.reduce(0) { $0 + $1.lines } + engine.sight.refusals.others
    #expect(kept == 5049)
}

@Test func `where only strangers speak, we are blind until the mail server does`() {
    var engine = engine()
    engine.read(lines(9, strange))
    #expect(engine.sight.blind?.contains("none of 9") == true)
    engine.read(lines(1))
    #expect(engine.sight.blind == nil)
}

@Test func `a path that was cut offers no setting`() {
    var engine = engine()
    let deep = "/opt/" + String(repeating: "deeper/", count: 20) + "postfix/libexec/qmgr"
    engine.read(
        lines(9) { entry, batch in
            entry.executable = batch.append(deep.utf8)
            entry.unit = .absent
        }
    )
    let refused = engine.status(at: friday).journal.refused ?? []
    #expect(refused.map(\.reason) == ["forgedExecutable"])
    #expect(refused.first?.setting == nil, "half a path takes another directory, or none")
}

@Test func `other users and programs are named with the setting that takes them`() {
    var engine = engine()
    engine.read(lines(9) { entry, _ in entry.uid = 2101 })
    engine.read(
        lines(9) { entry, batch in
            entry.executable = batch.append("/opt/postfix/libexec/qmgr".utf8)
        }
    )
    engine.read(
        lines(9) { entry, batch in
            entry.identifier = batch.append("mx1/qmgr".utf8)
            entry.executable = .absent
            entry.unit = .absent
        }
    )
    let settings = (engine.status(at: friday).journal.refused ?? []).map(\.setting)
    #expect(
        settings == ["TrustedUsers=2101", "TrustedPrograms=/opt/postfix/libexec", "Instances=mx1"]
    )
}

@Test func `a log in which nothing was ever seen is said at once, and paged when it stays so`() {
    var engine = engine()
    engine.begin()
    #expect(engine.pages(at: friday + .seconds(1)).isEmpty)
    #expect(engine.sight.blind?.contains("not one line") == true)
    let pages = engine.pages(at: friday + .minutes(16))
    #expect(pages.map(\.kind) == [.blind])
    #expect(engine.pages(at: friday + .minutes(17)).isEmpty)
    engine.read(lines(1))
    #expect(engine.pages(at: friday + .minutes(18)).map(\.isResolved) == [true])
    #expect(engine.sight.blind == nil)
}

@Test
func `where the server is believed nobody is offered to believe a person who runs its program`() {
    var engine = engine()
    engine.read(lines(9))
    engine.read(lines(9) { entry, _ in entry.uid = 2101 })
    engine.read(lines(9) { entry, _ in entry.uid = 411 })
    let refused = engine.status(at: friday).journal.refused ?? []
    #expect(refused.map(\.user) == [2101, 411], "both are counted and named")
    #expect(refused.map(\.setting) == [nil, "TrustedUsers=411"])
}
