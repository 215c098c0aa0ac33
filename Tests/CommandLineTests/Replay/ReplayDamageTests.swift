// SPDX-License-Identifier: Apache-2.0
//
// Logs that are half there: what could be read counts, what was lost is said, and the files behind
// it are read.

import EventTime
import Foundation
import MailLog
import Testing

@testable import Hindsight
@testable import listbreaker

@Suite struct `Damaged logs` {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/listbreaker-damage-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// 20,000 lines of 2026-11-20 in the file `name`, packed by `tool`; gives its path.
    private func packed(_ folder: String, _ tool: String, _ ending: String) async throws -> String {
        let text = (0..<20_000).map { number in
            "2026-11-20T10:00:00Z h postfix/qmgr[\(number % 977)]: \(1_000_000 + number &* 7919 % 99991): removed"
        }.joined(separator: "\n")
        let path = "\(folder)/mail.log"
        try Data(text.utf8).write(to: URL(filePath: path))
        let done = try await run("/usr/bin/env", [tool, "-f", path], ["PATH": "/usr/bin:/bin"])
        try #require(done.code == 0, "\(done.errors)")
        return path + ending
    }

    private func replay(
        _ words: [String],
        code: Int32 = 0
    ) async throws -> (summary: [String: Any], errors: String) {
        let done = try await run(["replay", "--json"] + words, ["PATH": "/usr/bin:/bin"])
        #expect(done.code == code, "\(done.errors)")
        let last = try #require(done.output.split(separator: "\n").last)
        let object = try JSONSerialization.jsonObject(with: Data(last.utf8))
        return (try #require(object as? [String: Any]), done.errors)
    }

    static let packers = [("gzip", ".gz"), ("xz", ".xz"), ("bzip2", ".bz2"), ("zstd", ".zst")]
    static let hasPackers = packers.allSatisfy { packer in
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\(packer.0)")
    }

    @Test(.enabled(if: hasPackers, "install xz-utils, bzip2 and zstd"), arguments: packers)
    func `a compressed file that breaks off gives what it has and says what it lost`(
        tool: String,
        ending: String
    ) async throws {
        try await withFolder { folder in
            let path = try await packed(folder, tool, ending)
            let bytes = try Data(contentsOf: URL(filePath: path))
            let whole = try await replay(["--syslog", path])
            #expect(whole.summary["entries"] as? Int == 20_000)
            #expect(whole.summary["damaged"] == nil)
            try bytes.prefix(bytes.count / 2).write(to: URL(filePath: path))
            let behind = "\(folder)/mail.log.1"
            try Data("2026-11-21T10:00:00Z h postfix/qmgr[1]: 4C1A00090: removed\n".utf8)
                .write(to: URL(filePath: behind))
            let half = try await replay(["--syslog", path, behind])
            let entries = try #require(half.summary["entries"] as? Int)
            #expect((1..<20_000).contains(entries))
            #expect(half.summary["last"] as? String == "2026-11-21T10:00:00Z")
            let damaged = try #require(half.summary["damaged"] as? [String])
            #expect(damaged.count == 1)
            #expect(damaged[0].hasPrefix("cannot read all of '\(path)': "))
            #expect(damaged[0].hasSuffix(" is lost"))
            #expect(half.errors.contains(damaged[0]))
        }
    }

    @Test func `a file that is not what its name says is told, and is no crash`() async throws {
        try await withFolder { folder in
            for ending in ["gz", "xz", "bz2"] {
                let path = "\(folder)/x.\(ending)"
                try Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                    .write(to: URL(filePath: path))
                // Nothing of it was read: "0 trips" says nothing.
                let found = try await replay(["--syslog", path], code: 1)
                #expect((found.summary["damaged"] as? [String])?.count == 2)
                #expect(found.summary["entries"] as? Int == 0)
            }
        }
    }

    @Test(.enabled(if: hasConverter, converterIsMissing))
    func `a journal that is cut off or overwritten is told, and the rest is read`()
        async throws
    {
        try await withFolder { folder in
            let rows = (0..<2000).map { "\(1_600_000_000 + $0 * 3600),talk,a\($0 % 5),m\($0),,0,1" }
            let file = "\(folder)/talk.csv"
            try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
            let made = try await run(
                ["simulate", "--traffic", file, "--directory", "\(folder)/j", "--json"]
            )
            #expect(made.code == 0, "\(made.errors)")
            let path = "\(folder)/j/talk.journal"
            let bytes = try Data(contentsOf: URL(filePath: path))
            let whole = try await replay(["--file", path])
            let entries = try #require(whole.summary["entries"] as? Int)
            #expect(entries > 20_000)
            #expect(whole.summary["damaged"] == nil)

            let cut = "\(folder)/j/cut.journal"
            try bytes.prefix(bytes.count / 2).write(to: URL(filePath: cut))
            let beside = try await replay(["--file", cut, path])
            #expect(beside.summary["entries"] as? Int == entries)
            let told = try #require((beside.summary["damaged"] as? [String])?.first)
            #expect(told.contains("'\(cut)': it is cut off at \(bytes.count / 2) of "))

            var holed = bytes
            let middle = bytes.count / 5
            holed.replaceSubrange(middle..<middle + 50_000, with: Data(count: 50_000))
            try holed.write(to: URL(filePath: cut))
            let hole = try await replay(["--file", cut])
            let text = try #require((hole.summary["damaged"] as? [String])?.first)
            #expect(text.contains("it is damaged from byte "))
            #expect(text.contains(" entries lie behind that"))

            try Data("no journal".utf8).write(to: URL(filePath: cut))
            let none = try await replay(["--directory", "\(folder)/j"])
            #expect(none.summary["entries"] as? Int == entries)
            #expect((none.summary["damaged"] as? [String])?.count == 1)
        }
    }
}

@Suite struct `Curves` {
    @Test func `the largest value is the highest letter and nothing is a blank`() {
        #expect(Sparkline(hasBlocks: true).text([0, 1, 4, 8]) == " ▂▅█")
        #expect(Sparkline(hasBlocks: false).text([0, 1, 8, .max]) == " ..#")
        #expect(Sparkline(hasBlocks: true).text([]) == "")
        #expect(Sparkline(hasBlocks: true).text([0, 0]) == "  ")
    }

    @Test func `times fall into equal steps, the last one into the last`() {
        let times = [0, 1, 9, 10].map { Timestamp(seconds: $0) }
        #expect(Sparkline.steps(times, 2) == [2, 2])
        #expect(Sparkline.steps([times[0]], 2) == [])
    }

    @Test func `a curve keeps every entry however long the time`() {
        var curve = ActivityCurve()
        var stamps: [Int64] = [0, 60, 86400, 34_560_000, 946_080_000].map { $0 * 1_000_000 }
        stamps += [.max, .min]
        for number: Int64 in 0..<100 { stamps.append(number &* 7_919_000_000_001) }
        let times = stamps.map { Timestamp(microseconds: $0) }
        for time in times { curve.note(3, at: time) }
        #expect(curve.steps.count <= ActivityCurve.most)
        #expect(curve.steps.reduce(0, +) == Int64(times.count) * 3)
    }
}
