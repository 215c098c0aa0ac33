// SPDX-License-Identifier: Apache-2.0
//
// A Postfix that calls itself something else, or that somebody started by hand, is seen by the
// engine as any other; also by those of its lines that lack what proved the name.

import Breaker
import Engine
import EventTime
import MailLog
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

/// The lines of `host`, as what `change` makes of each.
private func batch(
    of host: inout MailHost,
    _ change: (inout LogEntry, inout EntryBatch) -> Void
) -> EntryBatch {
    var batch = host.take()
    for index in batch.entries.indices {
        var entry = batch.entries[index]
        change(&entry, &batch)
        batch.entries[index] = entry
    }
    return batch
}

private func engine() -> Engine {
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    return Engine(settings: Settings(), trust: trust)
}

@Test func `lines under a name once proven count also without what proved it`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "a1@example.com", copies: 3, delivered: 3)
    var lines = 0
    let renamed = batch(of: &host) { entry, batch in
        let name = batch.text(entry.identifier).split(separator: "/").last ?? ""
        entry.identifier = batch.append(Array("mx1/\(name)".utf8))
        entry.transport = .syslog
        entry.uid = 101
        // journald was too late for every other line.
        entry.unit = .absent
        entry.executable =
            lines.isMultiple(of: 2)
            ? batch.append(Array("/usr/lib/postfix/sbin/\(name)".utf8)) : .absent
        lines += 1
    }
    _ = engine.handle(.entries(renamed, readAt: host.time))
    #expect(engine.sight.events == Int64(lines))
    #expect(engine.sight.forged.isEmpty)
    #expect(engine.listCount == 1)
}

@Test func `a Postfix started from a shell is seen`() {
    var engine = engine()
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "a1@example.com", copies: 3, delivered: 3)
    let renamed = batch(of: &host) { entry, batch in
        let name = batch.text(entry.identifier).split(separator: "/").last ?? ""
        entry.transport = .syslog
        entry.uid = 101
        entry.unit = batch.append(Array("session-7.scope".utf8))
        entry.executable = batch.append(Array("/usr/lib/postfix/sbin/\(name)".utf8))
    }
    _ = engine.handle(.entries(renamed, readAt: host.time))
    #expect(engine.sight.forged.isEmpty)
    #expect(engine.listCount == 1)
}
