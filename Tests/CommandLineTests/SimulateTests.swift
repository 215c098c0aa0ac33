// SPDX-License-Identifier: Apache-2.0
//
// `simulate` as the built program: what it lists, that a seed makes the same bytes, and that replay
// reads the journal that it makes.

import Foundation
import Testing

@testable import listbreaker

@Suite struct `Simulating` {
    /// The folder beside Sources and Tests.
    private static let seeds = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "seeds").path

    private static let storm = """
        [Scenario]
        Title=A small storm
        Seed=7
        Start=2026-11-02T08:00:00Z
        Duration=8d
        Expect=trip all@corp.example

        [List all@corp.example]
        Members=60

        [Traffic news]
        Kind=posts
        From=press@corp.example
        Count=3
        Every=2d

        [Traffic storm]
        Kind=storm
        At=6d 1h
        For=10h
        Count=40
        PerHour=10-20

        """

    /// A folder with the scenario `small` in it.
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/listbreaker-simulate-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(Self.storm.utf8).write(to: URL(filePath: "\(folder)/small.scenario"))
        try await body(folder)
    }

    private func object(_ text: some StringProtocol) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(object as? [String: Any])
    }

    @Test func `the seeds are listed with what they are`() async throws {
        let done = try await run(["simulate", "--list", "--seeds", Self.seeds])
        #expect(done.code == 0)
        #expect(done.output.contains("softmap-weekend"))
        #expect(done.output.contains("SoftMap: one weekend, one list open by mistake\n"))
        let json = try await run(["simulate", "--list", "--json", "--seeds", Self.seeds])
        let scenarios = try #require(try object(json.output)["scenarios"] as? [[String: Any]])
        #expect(scenarios.count >= 75)
        #expect(scenarios.allSatisfy { !($0["title"] as? String ?? "").isEmpty })
    }

    @Test func `the same seed makes the same bytes and another one others`() async throws {
        try await withFolder { folder in
            func export(_ words: [String]) async throws -> Data {
                let file = "\(folder)/x.export"
                let done = try await run(
                    ["simulate", "small", "--seeds", folder, "--output", file] + words
                )
                #expect(done.code == 0, "\(done.errors)")
                return try Data(contentsOf: URL(filePath: file))
            }
            let first = try await export([])
            #expect(try await export([]) == first)
            #expect(try await export(["--seed", "7"]) == first)
            #expect(try await export(["--seed", "8"]) != first)
            let silent = try await export(["--headers", "off"])
            #expect(!String(decoding: silent, as: UTF8.self).contains("info: header"))
            let late = try await export(["--start", "2027-01-01T00:00:00Z"])
            #expect(String(decoding: late, as: UTF8.self).contains("\nSYSLOG_TIMESTAMP=Jan "))
            let shown = try await run(["simulate", "\(folder)/small.scenario"])
            #expect(shown.output.utf8.count == first.count)
        }
    }

    @Test(.enabled(if: hasConverter, converterIsMissing))
    func `replay trips on the journal of a storm`() async throws {
        try await withFolder { folder in
            let words = [
                "simulate", "small", "--seeds", folder, "--directory", "\(folder)/journal",
            ]
            let made = try await run(words + ["--json"])
            #expect(made.code == 0, "\(made.errors)")
            let summary = try object(made.output)
            #expect(summary["journal"] as? String == "\(folder)/journal/small.journal")
            let replayed = try await run(["replay", "--json", "--directory", "\(folder)/journal"])
            let lines = try replayed.output.split(separator: "\n").map(object)
            #expect(lines.contains { $0["type"] as? String == "trip" })
            #expect(lines.last?["entries"] as? Int == summary["entries"] as? Int)
            let again = try await run(words)
            #expect(again.code == 1)
            #expect(again.errors.contains("file exists (EEXIST)"))
        }
    }

    @Test(.enabled(if: hasConverter, converterIsMissing))
    func `real traffic becomes a journal that replay reads whole`() async throws {
        try await withFolder { folder in
            // A quiet list, then twelve people who never posted answer within twelve minutes.
            var rows = (0..<60).map { "\(1_600_000_000 + $0 * 86400),talk,a\($0 % 5),m\($0),,0,1" }
            rows += (0..<12).map { "\(1_605_184_000 + $0 * 60),talk,new\($0),r\($0),m59,1,1" }
            let file = "\(folder)/talk.csv"
            try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
            for shape in ["alias", "mlmmj", "mailman"] {
                let journal = "\(folder)/\(shape)"
                let made = try await run([
                    "simulate", "--traffic", file, "--shape", shape, "--members", "5000",
                    "--headers", "yes", "--directory", journal, "--json",
                ])
                #expect(made.code == 0, "\(made.errors)")
                let summary = try object(made.output)
                #expect(summary["posts"] as? Int == 72)
                let done = try await run(["replay", "--json", "--directory", journal])
                let lines = try done.output.split(separator: "\n").map(object)
                #expect(lines.last?["entries"] as? Int == summary["entries"] as? Int)
                let trip = try #require(lines.first { $0["type"] as? String == "trip" })
                #expect(trip["rule"] as? String == "strangers-in-thread")
                #expect(trip["members"] as? Int == 5000)
            }
            let empty = try await run(["simulate", "--traffic", "\(folder)/small.scenario"])
            #expect(empty.code == 1)
            #expect(empty.errors.contains("no rows of traffic"))
            #expect(try await run(["simulate", "small", "--shape", "mlmmj"]).code == 64)
            #expect(try await run(["simulate", "--traffic", file, "--seed", "1"]).code == 64)
        }
    }

    @Test func `what is not there and what is wrong is said`() async throws {
        try await withFolder { folder in
            let missing = try await run(["simulate", "nothing", "--seeds", folder])
            #expect(missing.code == 1)
            #expect(missing.errors.contains("--list names those that are there"))
            let file = "\(folder)/bad.scenario"
            try Data("[Scenario]\nTitel=x\n".utf8).write(to: URL(filePath: file))
            let bad = try await run(["simulate", file])
            #expect(bad.code == 78)
            #expect(bad.errors.hasPrefix("listbreaker: \(file):2: "))
            #expect(try await run(["simulate"]).code == 64)
        }
    }
}
