// SPDX-License-Identifier: Apache-2.0
//
// Lines that another thread read by their grammar are judged as those that the engine reads itself: over
// names that prove themselves on the way, lines in parts, forged ones, and batches cut anywhere.

import Archive
import Breaker
import Engine
import EventTime
import MailLog
import Settings
import Testing

private let friday = Timestamp(seconds: 1_795_795_200)

/// A storm of strangers on a list, under names that change, between lines of Exim and forged ones.
private func storm() -> EntryBatch {
    var host = MailHost(at: friday)
    host.post("annonce", from: "ann@example.com", id: "a1@example.com", copies: 3000, delivered: 9)
    for number in 0..<12 {
        host.time = host.time + .minutes(3)
        host.post(
            "annonce",
            from: "stranger\(number)@example.net",
            id: "s\(number)@example.net",
            answering: "a1@example.com",
            copies: 3000,
            delivered: 5
        )
        host.log("smtpd", "4A11111111: client=forged[192.0.2.66]", uid: 1000)
        exim(&host, number)
    }
    var batch = host.take()
    for index in batch.entries.indices.dropFirst(40) where index % 3 != 0 {
        rename(&batch, index)
    }
    return batch
}

/// The line is written under a name that only some of its fields prove.
private func rename(_ batch: inout EntryBatch, _ index: Int) {
    let name = batch.text(batch.entries[index].identifier)
    guard name.hasPrefix("postfix/"), name != "postfix/local" else { return }
    batch.entries[index].identifier = batch.append("mx1/\(name.dropFirst(8))".utf8)
    batch.entries[index].unit = .absent
    if index.isMultiple(of: 2) { batch.entries[index].executable = .absent }
}

/// A line that Exim wrote in two parts, with another line between them.
private func exim(_ host: inout MailHost, _ number: Int) {
    for text in [
        "[1/2] 2026-11-27 06:07:21 1xVjgX-0000\(number + 10)-2f => a@example.net R=r T=t C=\"250 O",
        "2026-11-27 06:07:21 1xVjgX-0000\(number + 10)-2f Completed", "[2/2] k\"",
    ] {
        host.log("exim", text, uid: 111)
        let last = host.batch.entries.count - 1
        host.batch.entries[last].identifier = host.batch.append("exim".utf8)
        host.batch.entries[last].executable = host.batch.append("/usr/sbin/exim4".utf8)
        host.batch.entries[last].unit = host.batch.append("exim4.service".utf8)
    }
}

/// What the engine decides of `whole`, cut into batches of `size`, and what it knows behind it.
private func run(_ whole: EntryBatch, size: Int, ahead: Bool) throws -> (
    told: [Effect], state: [UInt8], sight: Sight
) {
    var trust = TrustSettings()
    trust.postfixUsers = [101]
    trust.eximUsers = [111]
    let text =
        "[List annonce@lists.example.org]\nAnnounceOnly=yes\nRegularPosters=ann@example.com\n"
    let read = try SettingsReader.read([SettingsText(path: "test.conf", text: text)]).get()
    var engine = Engine(settings: read.settings, trust: trust)
    var reading = ReadAhead(settings: trust)
    var told: [Effect] = []
    for from in stride(from: 0, to: whole.entries.count, by: size) {
        var batch = EntryBatch()
        batch.bytes = whole.bytes
        batch.entries = Array(whole.entries[from..<min(from + size, whole.entries.count)])
        let readAt = batch.entries.last?.time ?? friday
        if ahead { reading.read(&batch) }
        told += engine.handle(.entries(batch, readAt: readAt))
    }
    let state = LearnedFile(snapshot: engine.snapshot, uid: 0, time: friday)
    return (told, try state.bytes(), engine.sight)
}

@Test(arguments: [1, 7, 100, 100_000])
func `what was read ahead is judged as what the engine reads itself`(size: Int) throws {
    let whole = storm()
    let own = try run(whole, size: size, ahead: false)
    let ahead = try run(whole, size: size, ahead: true)
    #expect(own.told == ahead.told)
    let trips = own.told.filter { if case .tripped = $0 { true } else { false } }
    #expect(!trips.isEmpty)
    #expect(own.told.contains { "\($0)".contains("mx1") }, "a name proved itself on the way")
    #expect(own.state == ahead.state)
    #expect(own.sight.forged == ahead.sight.forged)
    #expect(!own.sight.forged.isEmpty)
    #expect(own.sight.events == ahead.sight.events)
}

@Test func `the parts of a line that are to come keep no other line from being read`() {
    var host = MailHost(at: friday)
    exim(&host, 1)
    let whole = host.take()
    var reading = ReadAhead(settings: TrustSettings())
    var first = whole
    first.entries.removeLast()
    reading.read(&first)
    #expect(first.entries.count == 1 && first.events.count == 1)
    #expect(first.text(first.entries[0].message).hasSuffix("Completed"))
    var second = EntryBatch()
    second.bytes = whole.bytes
    second.entries = Array(whole.entries.suffix(1))
    reading.read(&second)
    #expect(second.events.count == 1)
    #expect(second.text(second.entries[0].message).hasSuffix("C=\"250 Ok\""))
}
