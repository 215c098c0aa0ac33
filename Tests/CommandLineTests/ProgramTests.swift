// SPDX-License-Identifier: Apache-2.0
//
// The built program, from outside: exit statuses, what goes to which stream, and the daemon's
// answers over a real socket.

import Breaker
import Control
import Foundation
import Linux
import LocalSocket
import Reports
import Testing

@testable import listbreaker

@Suite struct `The program` {
    @Test func `without a daemon it cannot tell, and says what to do`() async throws {
        let done = try await run(["--socket", "/nonexistent/control.sock"])
        #expect(done.code == 4)
        #expect(done.output == "")
        #expect(done.errors.hasPrefix("listbreaker: cannot connect to '/nonexistent/control.sock'"))
        #expect(done.errors.contains(HostStep.text("systemctl status listbreakerd")))
    }

    @Test func `an open breaker is 3 and the JSON is the daemon's own`() async throws {
        let body = try Wire.write(StatusReport.storm)
        try await withDaemon({ _, _ in .done(body: body) }) { path in
            let json = try await run(["status", "--json", "--socket", path])
            #expect(json.code == 3)
            #expect(json.output == body + "\n")
            let text = try await run(["status"], ["LISTBREAKER_SOCKET": path])
            #expect(text.code == 3)
            #expect(text.output.hasPrefix("OPEN (mail halted, verified); armed"))
            #expect(!text.output.contains("\u{1B}"))
        }
    }

    @Test func `closed is 0`() async throws {
        let body = try Wire.write(StatusReport.quiet)
        try await withDaemon({ _, _ in .done(body: body) }) { path in
            let done = try await run(["lists", "--json", "--socket", path])
            #expect(done.code == 0)
            #expect(done.output == #"{"lists":[],"version":1}"# + "\n")
            #expect(try await run(["--socket", path]).code == 0)
        }
    }

    @Test func `commands arrive whole and their answer is printed`() async throws {
        try await withDaemon({ request, peer in
            .done(
                "\(request.verb) \(request.list ?? "-") \(request.reason ?? "-") "
                    + "\(request.held?.rawValue ?? "-") \(peer.uid)\u{1B}[2J"
            )
        }) { path in
            let done = try await run([
                "reset", "a@example.org", "--reason", "over; $(reboot)", "--held", "release",
                "--socket", path,
            ])
            #expect(done.code == 0)
            #expect(
                done.output
                    == "reset a@example.org over; $(reboot) release \(getuid())\\u{1b}[2J\n"
            )
            let json = try await run(["arm", "--json", "--socket", path])
            #expect(json.output.contains(#""code":0"#))
        }
    }

    @Test func `the daemon's refusal is our exit status`() async throws {
        try await withDaemon({ _, _ in .refused(1, "there is no incident 9") }) { path in
            let done = try await run(["ack", "9", "--socket", path])
            #expect(done.code == 1)
            #expect(done.output == "")
            #expect(done.errors == "listbreaker: there is no incident 9\n")
        }
    }

    @Test func `who may not is told which group`() async throws {
        try #require(getuid() != 0 || geteuid() == 0)
        try await withDaemon(mayChange: false, { _, _ in .done("done") }) { path in
            let done = try await run(["trip", "--queue", "--reason", "x", "--socket", path])
            if getuid() == 0 {
                #expect(done.code == 0)
            } else {
                #expect(done.code == 77)
                #expect(done.errors.contains("group 'listbreaker-admin'"))
            }
        }
    }

    @Test func `wrong settings are 78 with file, line and column`() async throws {
        let file = "/tmp/listbreaker-cli-\(UUID().uuidString.prefix(8)).conf"
        try Data("[Journal]\nActHorizon=never\nDiretcory=/x\n".utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let done = try await run(["check-config", "--config", file])
        #expect(done.code == 78)
        #expect(done.errors.contains("\(file):2:12: ActHorizon= expects a time span"))
        #expect(
            done.errors.contains("\(file):3:1: unknown key 'Diretcory' in [Journal]; did you mean")
        )
        let replay = try await run(["replay", "--config", file, "--directory", "/tmp"])
        #expect(replay.code == 78)
    }

    @Test func `an alert script that cannot be run is an error of the settings`() async throws {
        let file = "/tmp/listbreaker-cli-\(UUID().uuidString.prefix(8)).conf"
        try Data("[Alert a]\nScript=/nonexistent/alert\n".utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let done = try await run(["check-config", "--json", "--config", file])
        #expect(done.code == 78)
        #expect(done.output.contains("/nonexistent/alert: no such file or directory (ENOENT)"))
    }

    @Test func `what show-config prints can be read back`() async throws {
        let file = "/tmp/listbreaker-cli-\(UUID().uuidString.prefix(8)).conf"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text = """
            [Detection]
            PolicyPosters=0:0 500:7
            [Alert webhook]
            Script=/usr/share/listbreaker/alerts/webhook
            [List a@example.org]
            RegularPosters=b@example.org c@example.org
            PlannedMailing=5 until 2026-12-01
            """
        try Data(text.utf8).write(to: URL(filePath: file))
        let first = try await run(["show-config", "--origin", "--config", file])
        #expect(first.code == 0)
        #expect(first.output.contains("# \(file):2:1\nPolicyPosters=0:0 500:7 unknown:0\n"))
        try Data(first.output.utf8).write(to: URL(filePath: file))
        let second = try await run(["show-config", "--config", file])
        let plain = first.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(second.output.split(separator: "\n") == plain)
    }

    @Test(arguments: [["stauts"], ["trip"], ["reset", "--queue"], ["nonsense", "--x"]])
    func `usage is 64 and nothing goes to standard output`(words: [String]) async throws {
        let done = try await run(words)
        #expect(done.code == 64)
        #expect(done.output == "")
        #expect(!done.errors.isEmpty)
    }

    @Test func `a journal that is not there is 1 and says so`() async throws {
        let done = try await run(["replay", "--directory", "/nonexistent"])
        #expect(done.code == 1)
        #expect(done.errors.hasPrefix("listbreaker: cannot read the journal '/nonexistent'"))
    }

    @Test(.enabled(if: hasConverter, converterIsMissing))
    func `replay prints the documented lines from a real journal`() async throws {
        let tool = "/lib/systemd/systemd-journal-remote"
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "listbreaker-replay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = folder.appending(path: "export")
        let journal = folder.appending(path: "replay.journal").path
        let story = Story()
        try Data(story.export.utf8).write(to: text)
        let made = try await run(tool, ["-o", journal, text.path])
        try #require(made.code == 0, "\(made.errors)")

        let done = try await run(["replay", "--json", "--file", journal, "--list", storyList])
        #expect(done.code == 0)
        #expect(done.errors == "")
        let lines = try done.output.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
        let trips = lines.filter { $0["type"] as? String == "trip" }
        #expect(trips.count == 2)
        for trip in trips {
            #expect(trip["list"] as? String == storyList)
            #expect((trip["time"] as? String)?.hasSuffix("Z") == true)
            for name in ["rule", "posts", "replies", "copies_announced", "copies_sent"] {
                #expect(trip[name] != nil, "\(name)")
            }
        }
        let summary = try #require(lines.last)
        #expect(summary["type"] as? String == "summary")
        #expect(summary["entries"] as? Int == story.lines.count)
        #expect(summary["lists"] as? Int == 1)
        #expect(summary["trips"] as? Int == 2)
        for name in ["events", "first", "last", "seconds", "entries_per_second", "peak_rss_bytes"] {
            #expect(summary[name] != nil, "\(name)")
        }

        // Of a user that is not the mail server's none of it is believed: no trip would be a lie.
        let blind = try await run(["replay", "--file", journal, "--mta-uid", "4712"])
        #expect(blind.code == 1)
        #expect(blind.errors.contains("only 0 of "))
        #expect(blind.errors.contains("mail lines are believed"))
        #expect(blind.errors.contains("postfix/*, uid 4711"))
        #expect(blind.errors.contains("postfix/smtpd: 4A100001: client=mx.example.net"))
        let none = try await run(["replay", "--file", journal, "--since", "2099-01-01"])
        #expect(none.code == 1)
        #expect(none.errors.contains("not one line of a mail server"))
    }
}
