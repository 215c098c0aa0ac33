// SPDX-License-Identifier: Apache-2.0
//
// Every sample is read as its comment says, and no mutation of any sample crashes, hangs or gives
// text that is not in the line.

import EventTime
import MailLog
import Testing

@Suite struct CorpusTests {
    @Test func `every sample is read as the comment above it says`() {
        let samples = Sample.load()
        #expect(samples.count > 100)
        for sample in samples {
            let place = Comment("\(sample.file):\(sample.number)")
            let expected = sample.expected?.object ?? [:]
            #expect(!expected.isEmpty, "\(place): the comment above it says nothing")
            let shown = JSONValue(sample.shown(sample.line).1.json.utf8)?.object ?? [:]
            for (name, value) in expected {
                #expect(shown[name] == value, "\(sample.file):\(sample.number) \(name)")
            }
        }
    }

    /// Complaints of daemons that no rule reads, and that a host has once in a while.
    static let complaints = [
        "unable to set gid=", "failed to read delivery status for ",
        "pipe transport process returned ",
        "unable to write pid to ", "Saved message in ",
    ]

    @Test func `of what the daemons wrote only rare complaints are called not understood`() {
        let strange = Sample.load().filter { $0.shown($0.line).0.isNotUnderstood }
            .map { String(decoding: $0.line, as: UTF8.self) }
            .filter { line in !Self.complaints.contains { line.contains($0) } }
        #expect(strange == [])
    }

    @Test(arguments: [
        "postfix/smtp[1]: 2092EFD030D: sings, and nobody knows why",
        "exim[1]: 1xVlOZ-0002jo-26 sings",
        "sm-mta[1]: 6AO7viUP013978: sings", "smtpd[1]: sings",
    ])
    func `a line of no form that we know is called not understood`(line: String) {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        let bytes = Array(line.utf8)
        let (event, _) = LineReader(settings: settings).reading(
            line: ByteRange(start: 0, end: bytes.count),
            in: bytes,
            time: Timestamp(microseconds: 0)
        )
        #expect(event.isNotUnderstood)
    }

    @Test(arguments: [
        "# expect: {\"event\":\"sent\"\npostfix/qmgr[1]: x\n", "# expect:\npostfix/qmgr[1]: x\n",
        "# expect: {\"event\":\"sent\"}\n# expect: {\"event\":\"sent\"}\npostfix/qmgr[1]: x\n",
        "# expect: {\"event\":\"sent\"}\n\npostfix/qmgr[1]: x\n", "# expect: {\"event\":\"sent\"}",
    ])
    func `an expectation that cannot be read is seen and is not dropped`(text: String) {
        #expect(Sample.samples("x.log", text.utf8).contains { $0.expected == nil })
    }

    /// SplitMix64, Steele, Lea and Flood 2014.
    struct SeededBytes: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    /// What hostile lines are made of.
    static let fragments: [String] = [
        "\"", "\\", "<", ">", "[", "]", "(", ")", ", ", ": ", "; ", "=", "@", "to=<", "from=<",
        ">, relay=", ", delay=", ", status=sent (", ", stat=", " R=", " T=", "H=", "C=\"", "size=",
        "nrcpt=", "99999999999999999999", "18446744073709551616", "-1", ".", "..", "\u{2028}", "\0",
        "\n", "\r", "%", "=> ", "** ", "delay=1+", "delays=1/2/3", "1e9", ", msgid=<", ", relay=",
        " parent=<", ": parent=<a@b>", "IPv6:", "::1", "[::1]", "<> ", "\"@", "DEADBEEF00: ",
    ]

    static func mutate(_ line: [UInt8], with random: inout SeededBytes) -> [UInt8] {
        var bytes = line
        for _ in 0...Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                bytes.removeSubrange(place...)
            case 1:
                bytes.removeSubrange(..<place)
            case 2 where place < bytes.count:
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 3:
                let length = Int.random(in: 0...40, using: &random)
                let end = min(bytes.count, place + length)
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
            case 4:
                let end = min(bytes.count, place + Int.random(in: 0...40, using: &random))
                bytes.removeSubrange(place..<end)
            default:
                let fragment = fragments.randomElement(using: &random) ?? ""
                bytes.insert(contentsOf: Array(fragment.utf8), at: place)
            }
        }
        return bytes
    }

    @Test func `no mutation of a sample crashes the reader or leaves its line`() {
        let samples = Sample.load()
        var random = SeededBytes(state: 20_261_124)
        for sample in samples {
            for _ in 0..<60 {
                let line = Self.mutate(sample.line, with: &random)
                let (event, shown) = sample.shown(line)
                for range in event.ranges {
                    #expect(range.start <= range.end && Int(range.end) <= line.count)
                }
                #expect(JSONValue(shown.json.utf8) != nil)
                #expect(!shown.json.utf8.contains(10))
            }
        }
    }

    @Test func `every dialect survives every sample`() {
        let settings = {
            var settings = TrustSettings()
            settings.acceptsAbsentFields = true
            return settings
        }()
        let reader = LineReader(settings: settings)
        for sample in Sample.load() {
            for dialect in Dialect.allCases {
                let (event, _) = reader.reading(
                    line: ByteRange(start: 0, end: sample.line.count),
                    in: sample.line,
                    time: Timestamp(microseconds: 0),
                    as: dialect
                )
                for range in event.ranges { #expect(Int(range.end) <= sample.line.count) }
            }
        }
    }

    /// Seconds of reading a line of `count` repetitions of `unit` as each dialect.
    static func seconds(_ unit: String, count: Int) -> Duration {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        let reader = LineReader(settings: settings)
        let line =
            Array("postfix/smtp[1]: ABCDEF0123: ".utf8)
            + Array(
                String(repeating: unit, count: count).utf8
            )
        return ContinuousClock().measure {
            for dialect in Dialect.allCases {
                _ = reader.reading(
                    line: ByteRange(start: 0, end: line.count),
                    in: line,
                    time: Timestamp(microseconds: 0),
                    as: dialect
                )
            }
        }
    }

    @Test(
        arguments: fragments + [
            "to=<a>, relay=b, delay=1, status=sent (", "; from=<\"", " <a> R=b ",
        ]
    )
    func `a line of a megabyte made of one mark takes no longer than its length`(unit: String) {
        // A quadratic reading of this much would take minutes.
        let count = 1_000_000 / unit.utf8.count
        #expect(Self.seconds(unit, count: count) < .seconds(5))
    }
}

extension MailEvent {
    /// All text that the event points to.
    var ranges: [ByteRange] {
        [
            instance, process, queueID, envelopeID, relatedID, messageID, sender, recipient,
            recipients, originalRecipient, host, address, user, relay, statusText, dsn, text, unit,
            delays, headerName, headerValue, parent,
        ]
    }
}
