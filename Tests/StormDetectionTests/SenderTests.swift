// SPDX-License-Identifier: Apache-2.0
//
// The ceiling of senders that are no list: who trips it, whose invoices go out, and what an
// attacker can teach it.

import Archive
import EventTime
import ListTraffic
import TestSupport
import Testing

@testable import StormDetection

/// One sender and the detector that watches it; times are seconds after a Monday, 00:00 UTC.
private struct WatchedSender {
    static let start: Int64 = 1_700_438_400
    static let day: Int64 = 86400
    var detector: StormDetector
    let address: String
    var id = SenderID(index: 7)
    var verdicts: [Verdict] = []

    init(_ settings: DetectionSettings = DetectionSettings(), address: String = "a@example.org") {
        var detector = StormDetector(settings: settings)
        detector.update(settings: settings)
        self.detector = detector
        self.address = address
    }

    static func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: start + seconds) }

    /// `count` messages to `recipients` each, spread over an hour from `seconds` on.
    mutating func send(
        _ count: Int64,
        to recipients: Int64 = 1,
        at seconds: Int64,
        refused: Double = 0
    ) {
        var owed = 0.0
        for number in 0..<count {
            for recipient in 0..<recipients {
                owed += refused
                let isRefused = owed >= 1
                if isRefused { owed -= 1 }
                let event = TrafficEvent.outward(
                    sender: id,
                    messages: recipient == 0 ? 1 : 0,
                    copies: 1,
                    refused: isRefused ? 1 : 0,
                    time: Self.time(seconds + number * 3500 / max(count, 1))
                )
                let identity = ListIdentity(address: address)
                if let verdict = detector.observe(event, list: identity) {
                    verdicts.append(verdict)
                }
            }
        }
    }

    /// A person's mail, a few messages a day for `days` days.
    mutating func live(_ days: Int64, from first: Int64 = 0) {
        for day in first..<(first + days) {
            send(5, at: day * Self.day + 9 * 3600)
            send(8, to: 2, at: day * Self.day + 14 * 3600)
        }
    }
}

@Suite struct SenderWatchTests {
    private static let day = WatchedSender.day

    @Test func `a known account that sends one message each trips at its 1,001st within the hour`()
    {
        var sender = WatchedSender()
        sender.live(40)
        sender.send(5000, at: 40 * Self.day)
        #expect(sender.verdicts.count == 1)
        let verdict = sender.verdicts[0]
        #expect(verdict.list == "sender:a@example.org" && verdict.rule == .ceiling)
        #expect(verdict.action == .trip && !verdict.isSure)
        #expect(verdict.evidence.posts == 1001)
        #expect(
            verdict.evidence.summary
                == "sender a@example.org sent 1,001 messages to the outside within the hour, over "
                + "its ceiling of 1,000: a compromised account, or a mailing that nobody announced?"
        )
    }

    @Test func `a known account that sends to 2,000 at a time trips at its third message`() {
        var sender = WatchedSender()
        sender.live(40)
        sender.send(50, to: 2000, at: 40 * Self.day)
        #expect(sender.verdicts.count == 1)
        #expect(sender.verdicts[0].evidence.posts == 3)
        #expect(sender.verdicts[0].evidence.copiesSent == 5001)
        #expect(sender.verdicts[0].evidence.summary.contains("to 5,001 recipients outside"))
    }

    @Test func `what bounces a lot leaves no doubt, and nobody is too new for it`() {
        var sender = WatchedSender()
        sender.send(5000, at: 0, refused: 0.3)
        #expect(sender.verdicts.count == 1)
        #expect(sender.verdicts[0].isSure && sender.verdicts[0].evidence.posts == 1001)
        #expect(sender.verdicts[0].evidence.summary.contains("29 of 100 recipients were refused"))
        var honest = WatchedSender()
        honest.send(5000, at: 0, refused: 0.05)
        #expect(honest.verdicts.isEmpty)
        var few = WatchedSender()
        few.send(90, at: 0, refused: 1)
        #expect(few.verdicts.isEmpty)
    }

    @Test func `invoices go out: the first run we see, each month's, and one that has grown`() {
        var sender = WatchedSender(address: "billing@example.org")
        // The first of each month, from the month in which the watch began; growing a little.
        for month in 0..<24 as Range<Int64> {
            sender.send(6000 + 100 * month, at: (month * 30 + 12) * Self.day, refused: 0.03)
        }
        #expect(sender.verdicts.isEmpty)
    }

    @Test func `invoices go out from an account that writes every day, too`() {
        var sender = WatchedSender(address: "office@example.org")
        for month in 0..<12 as Range<Int64> {
            sender.live(29, from: month * 30)
            sender.send(4000, at: (month * 30 + 29) * Self.day + 3 * 3600, refused: 0.02)
        }
        #expect(sender.verdicts.isEmpty)
        // Stolen a year later, it has what four such runs have, and no more.
        sender.send(20_000, at: 361 * Self.day)
        #expect(sender.verdicts.map(\.evidence.posts) == [10_001])
    }

    @Test func `a club's newsletter from a mail program trips nothing, known or not`() {
        for days in [0, 60] as [Int64] {
            var sender = WatchedSender()
            sender.live(days)
            sender.send(8, to: 500, at: days * Self.day + 20 * 3600, refused: 0.1)
            sender.send(300, at: (days + 1) * Self.day + 10 * 3600)
            #expect(sender.verdicts.isEmpty)
        }
    }

    @Test func `what is announced does not count, and what goes beyond it does`() {
        for name in ["a@example.org", "sender:A@example.org"] {
            var sender = WatchedSender()
            sender.live(40)
            let until = WatchedSender.time(41 * Self.day)
            sender.detector.expect(list: name, copies: 5000, until: until)
            sender.send(5000, at: 40 * Self.day)
            #expect(sender.verdicts.isEmpty)
            sender.send(1001, at: 40 * Self.day + 3600)
            #expect(sender.verdicts.count == 1)
        }
    }

    @Test func `an exempt sender, by a pattern in any case, and 0 for off, trip nothing`() {
        var settings = DetectionSettings()
        settings.senderExempt = ["Billing*@example.org"]
        var exempt = WatchedSender(settings, address: "billing-2@example.org")
        exempt.send(60_000, at: 0, refused: 0.5)
        #expect(exempt.verdicts.isEmpty)
        settings = DetectionSettings()
        settings.senderMessagesPerHour = 0
        settings.senderCopiesPerHour = 0
        var off = WatchedSender(settings)
        off.send(60_000, at: 0, refused: 0.5)
        #expect(off.verdicts.isEmpty)
    }

    @Test func `a trip is said once; passed over it is said again within a minute; reset, anew`() {
        var sender = WatchedSender()
        sender.live(40)
        sender.send(1500, at: 40 * Self.day)
        #expect(sender.verdicts.count == 1)
        sender.detector.notePassed(list: "sender:a@example.org")
        sender.send(1, at: 40 * Self.day + 3570)
        #expect(sender.verdicts.count == 2)
        sender.detector.notePassed(list: "sender:a@example.org")
        sender.send(1, at: 40 * Self.day + 3580)
        #expect(sender.verdicts.count == 2, "no more than one a minute")
        sender.detector.noteReset(
            list: "sender:a@example.org",
            time: WatchedSender.time(40 * Self.day + 3600)
        )
        sender.send(1000, at: 40 * Self.day + 7200)
        #expect(sender.verdicts.count == 2)
        sender.send(1, at: 40 * Self.day + 10_750)
        #expect(sender.verdicts.count == 3)
    }

    @Test func `an attacker raises the ceiling fourfold a week and tenfold at most`() {
        var sender = WatchedSender()
        sender.live(42)
        // 900 an hour for a whole day teaches nothing until the week is over.
        for hour in 0..<24 as Range<Int64> { sender.send(900, at: 42 * Self.day + hour * 3600) }
        sender.send(1100, at: 44 * Self.day)
        #expect(sender.verdicts.count == 1)
        var patient = WatchedSender()
        patient.live(42)
        var most: Int64 = 0
        for week in 6..<20 as Range<Int64> {
            let before = patient.verdicts.count
            var sent: Int64 = 900
            // As much as goes unnoticed, once a day.
            for day in 0..<7 as Range<Int64> {
                patient.send(sent, at: (week * 7 + day) * Self.day)
                if patient.verdicts.count > before { break }
                most = max(most, sent)
                sent = min(sent * 2, 59_000)
            }
            patient.detector.noteReset(list: "sender:a@example.org", time: .distantPast)
        }
        #expect(most <= 10_000)
    }

    @Test func `an evicted sender leaves nothing, and another in its slot starts anew`() {
        var sender = WatchedSender()
        sender.live(40)
        #expect(sender.detector.isBound(sender.id))
        #expect(sender.detector.figures(of: "sender:a@example.org", at: .distantPast) != nil)
        #expect(sender.detector.observe(.senderEvicted(sender: sender.id), list: nil) == nil)
        #expect(!sender.detector.isBound(sender.id))
        #expect(sender.detector.figures(of: "sender:a@example.org", at: .distantPast) == nil)
        sender.send(5000, at: 40 * Self.day)
        #expect(sender.verdicts.isEmpty, "new again")
    }

    @Test func `ten thousand senders that come and go leave no trace`() throws {
        var detector = StormDetector(settings: DetectionSettings())
        for number in 0..<10_000 {
            let id = SenderID(index: Int32(number % 64))
            _ = detector.observe(.senderEvicted(sender: id), list: nil)
            let event = TrafficEvent.outward(
                sender: id,
                messages: 1,
                copies: 1,
                refused: 0,
                time: WatchedSender.time(Int64(number))
            )
            _ = detector.observe(event, list: ListIdentity(address: "x\(number)@example.org"))
        }
        for number in 0..<1000 {
            detector.expect(
                list: "sender:p\(number)@example.org",
                copies: 1,
                until: WatchedSender.time(Int64(number))
            )
        }
        let bytes = try detector.kept().parts.values.reduce(0) { $0 + $1.count }
        #expect(bytes < 64 * 400 + SenderWatch.mostPlanned * 64)
    }

    @Test func `a snapshot goes on like the detector that it was taken of`() throws {
        var sender = WatchedSender()
        sender.live(40)
        sender.detector.expect(
            list: "a@example.org",
            copies: 300,
            until: WatchedSender.time(60 * Self.day)
        )
        sender.send(700, at: 40 * Self.day, refused: 0.1)
        var restored = sender
        restored.detector = try StormDetector(kept: sender.detector.kept())
        restored.detector.update(settings: DetectionSettings())
        #expect(restored.detector.isBound(sender.id))
        #expect(try restored.detector.kept() == sender.detector.kept())
        sender.send(700, at: 40 * Self.day + 600, refused: 0.1)
        restored.send(700, at: 40 * Self.day + 600, refused: 0.1)
        #expect(restored.verdicts == sender.verdicts && sender.verdicts.count == 1)
        #expect(try restored.detector.kept() == sender.detector.kept())
    }

    @Test(arguments: 1..<9 as Range<UInt64>)
    func `no time or count of a sender traps, or makes a figure that is not finite`(
        _ seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        func edge() -> Int64 {
            let value = ExtremeTests.edges[
                Int.random(in: 0..<ExtremeTests.edges.count, using: &random)
            ]
            return value.addingReportingOverflow(Int64.random(in: -2...2, using: &random))
                .partialValue
        }
        var settings = DetectionSettings()
        settings.tripRepeat = .seconds(0)
        settings.senderMessagesPerHour = [0, 1, .max, 1000][Int(seed % 4)]
        settings.senderCopiesPerHour = [.max, 0, 1, 5000][Int(seed % 4)]
        settings.senderRefusedShare = [0.2, .nan, .infinity, -1, 0][Int(seed % 5)]
        settings.ceilingFactor = [4, .nan, .infinity, 0][Int(seed % 4)]
        settings.ceilingLearnedLimit = [10, .infinity, .nan, -3][Int(seed % 4)]
        settings.senderKnownAfter = TimeSpan(microseconds: edge())
        settings.senderKnownDays = edge()
        var detector = StormDetector(settings: settings)
        detector.update(settings: settings)
        var now = Int64(1_700_000_000_000_000)
        for number in 0..<3000 {
            let isWild = Int.random(in: 0..<10, using: &random) == 0
            now = isWild ? edge() : now.addingReportingOverflow(40_000_000).partialValue
            let id = SenderID(index: isWild ? Int32(truncatingIfNeeded: edge()) : 3)
            let event = TrafficEvent.outward(
                sender: id,
                messages: isWild ? edge() : 1,
                copies: isWild ? edge() : 40,
                refused: isWild ? edge() : 3,
                time: Timestamp(microseconds: now)
            )
            let verdict = detector.observe(event, list: ListIdentity(address: "\(id.index)"))
            if let verdict { ExtremeTests.check(verdict.evidence, "seed \(seed)") }
            guard number % 100 == 0 else { continue }
            let name = "sender:3"
            detector.expect(list: name, copies: edge(), until: Timestamp(microseconds: edge()))
            let figures = detector.figures(of: name, at: Timestamp(microseconds: edge()))
            for near in figures?.nearMisses ?? [] {
                #expect(near.share.isFinite && near.share >= 0)
            }
            if number % 500 == 0 { detector.noteReset(list: name, time: .distantPast) }
        }
        #expect(throws: Never.self) { try StormDetector(kept: detector.kept()) }
    }
}
