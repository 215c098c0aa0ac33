// SPDX-License-Identifier: Apache-2.0
//
// What Tab completes, in a real bash, and that a name which somebody else chose cannot run anything there.

import Control
import FoundationEssentials
import Reports
import Testing

@testable import listbreaker

@Suite struct `What Tab completes` {
    @Test func `only names that mean nothing to a shell`() {
        let names = [
            "talk@example.org", "talk@example.org", "$(id)@x", "`id`@x", "a b@x", "a'b@x", "a\"b@x",
            "a;b@x",
            "-n@x", "a\nb@x", "ü@x", "", "a*@x", "~root@x", "a\\b@x", "v+w_x-y=z.0@x",
        ]
        #expect(Suggested.harmless(names) == ["talk@example.org", "v+w_x-y=z.0@x"])
    }

    @Test func `lists and open incidents, and a hostile list runs nothing`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var report = StatusReport.storm
        report.lists[1].list = "$(touch${IFS}\(folder.path)/run)@example.org"
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let body = String(decoding: try encoder.encode(report), as: UTF8.self)
        let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        // Completes the last word of what is given, as readline would have it done.
        let script = """
            PATH=\(programs):/usr/bin:/bin
            source <(listbreaker --generate-completion-script bash)
            COMP_WORDS=("$@")
            COMP_CWORD=$(($# - 1))
            COMP_LINE="$*"
            COMP_POINT=${#COMP_LINE}
            _listbreaker listbreaker "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        try await withDaemon({ _, _ in .done("", body: body) }) { path in
            func complete(_ words: [String]) async throws -> [Substring] {
                try await run(
                    "/bin/bash",
                    ["-c", script, "bash", "listbreaker"] + words,
                    ["LISTBREAKER_SOCKET": path]
                ).output.split(separator: "\n")
            }
            let expected: [([String], [Substring])] = [
                (["status", ""], ["annonce@example.org"]),
                (["reset", ""], ["7", "annonce@example.org"]), (["ack", ""], ["7"]),
                (["status", "x"], []),
            ]
            for (words, found) in expected {
                let completed = try await complete(words)
                #expect(completed == found, "\(words)")
            }
        }
        let made = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(made == [])
        // Without a daemon nothing is completed, and nothing is said.
        let alone = try await run(
            "/bin/bash",
            ["-c", script, "bash", "listbreaker", "status", ""],
            ["LISTBREAKER_SOCKET": "/nonexistent/socket"]
        )
        #expect(alone.output.split(separator: "\n") == [] && alone.errors == "")
    }
}
