// SPDX-License-Identifier: Apache-2.0
//
// A check from outside: captures of real daemons with the ground truth of each posting, kept beside
// the project where they exist. Skipped, and said so, where they do not.

import EventTime
import FoundationEssentials
import ListTraffic
import MailLog
import Testing

@Suite struct OutsideLogTests {
    struct Line: Decodable {
        var program: String
        var message: String
        var forged: Bool?
        var journal: Journal?

        struct Journal: Decodable {
            var time: String?

            enum CodingKeys: String, CodingKey { case time = "__REALTIME_TIMESTAMP" }
        }
    }

    struct Stories: Decodable {
        struct Posting: Decodable {
            var message_id: String
            var list: String?
            var fanout: [String]
            var requeued: [String]
            var fanout_recipients: [String]
        }

        struct Delivery: Decodable {
            var status: String
            var to: String
        }

        struct Life: Decodable {
            var queue_id: String
            var nrcpt: Int?
            var deliveries: [Delivery]
        }

        var postings: [Posting]
        var lives: [Life]
    }

    static let directory: String = {
        var path = URL(filePath: #filePath)
        for _ in 0..<3 { path.deleteLastPathComponent() }
        return ProcessInfo.processInfo.environment["LISTBREAKER_FIXTURES"]
            ?? path.deletingLastPathComponent().path() + "shared/fixtures"
    }()

    static let captures = ["captured-deb12-postfix3.7-mlmmj", "captured-deb13-postfix3.10-mlmmj"]

    @Test(
        .enabled(
            if: captures.allSatisfy {
                FileManager.default.fileExists(atPath: "\(directory)/loglines/\($0).jsonl")
            },
            "no captures of logs; LISTBREAKER_FIXTURES names their folder"
        ),
        arguments: captures
    )
    func `a capture adds up to its own stories`(name: String) throws {
        let base = "\(Self.directory)/loglines/\(name)"
        let text = try String(contentsOfFile: "\(base).jsonl", encoding: .utf8)
        let stories = try JSONDecoder().decode(
            Stories.self,
            from: Data(contentsOf: URL(filePath: "\(base).stories.json"))
        )
        var settings = TrafficSettings()
        // The capture's lists have two members, too few to be recognised.
        settings.lists = Set(stories.postings.compactMap(\.list)).sorted().map {
            ConfiguredList(address: $0)
        }
        var log = LogScript(settings)
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            // Lines with raw control bytes in them are no JSON, and no posts.
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
                line.forged != true
            else { continue }
            if let time = line.journal?.time.flatMap({ Int64($0) }) {
                log.time = Timestamp(microseconds: time)
            }
            log.feed(identifier: line.program, line.message)
        }
        let lives = Dictionary(
            stories.lives.map { ($0.queue_id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var expected: [String: ListSums] = [:]
        for posting in stories.postings where !posting.fanout.isEmpty {
            guard let list = posting.list else { continue }
            expected[list, default: ListSums()].posts += 1
            for id in posting.fanout {
                expected[list]?.announced += Int64(lives[id]?.nrcpt ?? 0)
            }
            for id in posting.fanout + posting.requeued {
                let sent = lives[id]?.deliveries.count { $0.status == "sent" } ?? 0
                expected[list]?.sent += Int64(sent)
            }
        }
        #expect(log.sums == expected)
    }
}
