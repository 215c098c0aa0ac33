// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer's way in: what a hostile log may contain, line by line. The environment variable
// FUZZ_DIALECT chooses the grammar, or `traffic` for lines of all of them through ListTraffic.
// Built by .ci/fuzz, not by the package: only swiftc knows the fuzzer's flags.

import EventTime
import Fleet
import FleetJudging
import Glibc
import ListTraffic
import MailLog
import StormDetection

/// One target: a reader, and for `traffic` what the lines are gathered into.
private struct Target {
    let reader: LineReader
    let dialect: Dialect?
    let isTraffic: Bool
    let isFleet: Bool

    init(_ name: String) {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        reader = LineReader(settings: settings)
        isTraffic = name == "traffic"
        isFleet = name == "fleet"
        switch name {
        case "postfix": dialect = .postfix
        case "exim": dialect = .exim
        case "sendmail": dialect = .sendmail
        case "opensmtpd": dialect = .opensmtpd
        case "mailman": dialect = .mailman
        case "sympa": dialect = .sympa
        case "auto", "traffic", "fleet": dialect = nil
        default: preconditionFailure("FUZZ_DIALECT names no grammar")
        }
    }

    func run(_ bytes: [UInt8]) {
        if isFleet { return runFleet(bytes) }
        var traffic = ListTraffic(settings: TrafficSettings())
        var found: [TrafficEvent] = []
        var time: Int64 = 1_700_000_000_000_000
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let (event, identifier) = reader.reading(
                line: ByteRange(start: start, end: end),
                in: bytes,
                time: Timestamp(microseconds: time),
                as: dialect
            )
            if isTraffic {
                traffic.observe(event, in: bytes, into: &found)
                precondition(found.count <= 64, "one line meant \(found.count) things")
                found.removeAll(keepingCapacity: true)
            } else {
                check(event, inside: start...end)
                // What people and other programs are shown of it: one line, whatever it held.
                let json = EventDescription(event, identifier: identifier, in: bytes).json
                precondition(!json.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "control in JSON")
            }
            // Clocks step back now and then.
            time += start % 7 == 0 ? -30_000_000 : 1_000_000
            start = end + 1
        }
    }
}

/// Reads records of a fleet; whatever is read must say the same when it is written, and be bounded.
private func runFleet(_ bytes: [UInt8]) {
    if let trip = try? FleetTrip(bytes) {
        precondition((try? FleetTrip(Array(trip.text.utf8))) == trip, "another trip")
        precondition(trip.text.utf8.count <= FleetTrip.longest, "a longer trip")
        precondition(trip.ownSenders.count <= FleetTrip.mostSenders, "more senders")
        var book = FleetBook()
        precondition(book.add(trip) == .new && book.isOpen(trip.scope), "a trip that is not open")
    }
    if let reset = try? FleetReset(bytes) {
        precondition((try? FleetReset(Array(reset.text.utf8))) == reset, "another reset")
        var book = FleetBook()
        precondition(book.add(reset) == .new && book.openScopes.isEmpty, "a reset that opens")
    }
    if let batch = try? FactBatch(bytes, from: "mx1") { runFacts(batch) }
    let text = String(decoding: bytes.prefix(300), as: UTF8.self)
    if let topic = FleetTopic(text) { precondition(topic.text == text, "another topic") }
    _ = try? FleetSettings(String(decoding: bytes, as: UTF8.self))
}

/// What another host says of its lists: what is read can be written and read again, and a judge takes it.
private func runFacts(_ batch: FactBatch) {
    let text = Array(batch.text.utf8)
    if text.count <= FactBatch.longest {
        let again = try? FactBatch(text, from: "mx1")
        precondition(again?.facts.count == batch.facts.count, "facts that nobody reads")
    }
    precondition(batch.facts.count <= FactBatch.most, "more facts")
    var judge = FleetJudge(
        traffic: TrafficSettings(),
        detection: DetectionSettings(),
        domains: ["example.org"],
        horizon: .minutes(10),
        key: 7
    )
    var now = Timestamp(microseconds: 1_800_000_000_000_000)
    for _ in 0..<2 {
        _ = judge.take(batch, at: now)
        now = now + .seconds(5)
        _ = judge.release(at: now)
    }
    precondition(!judge.isWaiting, "facts that never come in")
}

/// Ends the process when `event` points to text that is not its line's, or counts below zero.
private func check(_ event: MailEvent, inside line: ClosedRange<Int>) {
    let ranges = [
        event.instance, event.process, event.queueID, event.envelopeID, event.relatedID,
        event.messageID, event.sender, event.recipient, event.recipients,
        event.originalRecipient, event.host, event.address, event.user, event.relay,
        event.statusText, event.dsn, event.text, event.delays, event.headerName,
        event.headerValue, event.parent,
    ]
    for range in ranges where !range.isEmpty {
        precondition(
            line.contains(Int(range.start)) && line.contains(Int(range.end)),
            "not in the line"
        )
    }
    precondition(event.count >= 0 && event.size >= 0, "a negative number")
}

private let target = Target(
    unsafe getenv("FUZZ_DIALECT").map { unsafe String(cString: $0) } ?? "auto"
)

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
