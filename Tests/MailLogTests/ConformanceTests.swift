// SPDX-License-Identifier: Apache-2.0
//
// How many lines of other people's corpora are read as they should be. The figures are printed;
// the test holds them at 99 of 100. A difference that is right on our side stands, with its
// reason, in AcceptedDifferences.txt.

import FoundationEssentials
import MailLog
import Testing

@Suite(.enabled(if: Fixture.isHere, "no log lines; LISTBREAKER_FIXTURES names their folder"))
struct ConformanceTests {
    /// Users of the hosts that the captured files come from.
    static var reader: LineReader {
        var settings = TrustSettings()
        settings.postfixUsers = [100, 101]
        settings.eximUsers = [100]
        settings.sendmailUsers = [101]
        settings.opensmtpdUsers = [100, 101]
        settings.listManagerUsers = [38]
        settings.acceptsAbsentFields = true
        return LineReader(settings: settings)
    }

    struct Score {
        var events = 0
        var eventsRight = 0
        var fields = 0
        var fieldsRight = 0
        var differences: [String] = []
    }

    static func read(_ record: Fixture) -> (MailEvent, [String: JSONValue]) {
        let batch = record.batch()
        let event = reader.read(batch.entries[0], in: batch.bytes)
        let shown = EventDescription(
            event,
            identifier: batch.entries[0].identifier,
            in: batch.bytes
        )
        return (event, JSONValue(shown.json.utf8)?.object ?? [:])
    }

    static func score(_ records: [Fixture]) -> Score {
        var score = Score()
        for record in records {
            guard let expected = record.expected, !record.isForged else { continue }
            let (_, found) = read(record)
            var wrong: [String] = []
            for (name, value) in expected {
                let isRight = found[name] == value
                if name == "event" {
                    score.events += 1
                    score.eventsRight += isRight ? 1 : 0
                } else {
                    score.fields += 1
                    score.fieldsRight += isRight ? 1 : 0
                }
                if !isRight {
                    wrong.append("\(name) \(value) is \(found[name]?.description ?? "absent")")
                }
            }
            if !wrong.isEmpty {
                let text = wrong.sorted().joined(separator: "; ")
                score.differences.append("\(record.id) \(record.program) \(text)")
            }
        }
        return score
    }

    /// The ids in AcceptedDifferences.txt, each with its reason behind it.
    static func acceptedDifferences() throws -> Set<String> {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let text = try String(contentsOfFile: "/\(folder)/AcceptedDifferences.txt", encoding: .utf8)
        return Set(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                String($0.prefix { $0 != " " })
            }
        )
    }

    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        let hundredths = part * 10000 / whole
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) %"
    }

    @Test func `other projects' lines are read as they expect`() throws {
        let files = try #require(Fixture.load())
        var total = Score()
        for (file, records) in files {
            let score = Self.score(records)
            total.events += score.events
            total.eventsRight += score.eventsRight
            total.fields += score.fields
            total.fieldsRight += score.fieldsRight
            total.differences += score.differences
            print(
                file,
                "events",
                score.eventsRight,
                "of",
                score.events,
                Self.percent(score.eventsRight, of: score.events),
                "fields",
                score.fieldsRight,
                "of",
                score.fields,
                Self.percent(score.fieldsRight, of: score.fields)
            )
        }
        print(
            "all files: events",
            Self.percent(total.eventsRight, of: total.events),
            "fields",
            Self.percent(total.fieldsRight, of: total.fields)
        )
        let accepted = try Self.acceptedDifferences()
        for difference in total.differences {
            print("difference:", difference)
            let id = difference.prefix { $0 != " " }
            #expect(accepted.contains(String(id)), "not in AcceptedDifferences.txt")
        }
        #expect(total.events > 0)
        #expect(total.eventsRight * 100 >= total.events * 99)
        #expect(total.fieldsRight * 100 >= total.fields * 99)
    }

    @Test func `forged records are not believed and genuine ones are`() throws {
        let files = try #require(Fixture.load())
        for record in files.flatMap(\.records) where record.journal != nil {
            let (event, _) = Self.read(record)
            if record.isForged {
                #expect(event.trust != .genuine, "\(record.id)")
                #expect(event.kind == .other, "\(record.id)")
                #expect(event.queueID.isEmpty, "\(record.id)")
            } else {
                #expect(event.trust == .genuine, "\(record.id)")
            }
        }
    }
}
