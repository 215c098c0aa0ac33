// SPDX-License-Identifier: Apache-2.0
//
// `setup postfix`, the whole verb, in configuration directories of the tests' own, and a real Postfix
// that runs with what it made. The system's own Postfix is not touched.

import Foundation
import Testing

@testable import listbreaker

@Suite(.enabled(if: hasPostfix, postfixIsMissing))
struct `Setting Postfix up` {
    /// A configuration directory of its own with `main` as its main.cf.
    private func withPostfix(_ main: String, _ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/listbreaker-setup-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write("\(folder)/main.cf", "compatibility_level = 3.6\n" + main)
        try write("\(folder)/master.cf", "smtp inet n - y - - smtpd\n")
        for part in ["dynamicmaps.cf", "dynamicmaps.cf.d"] {
            try? FileManager.default.copyItem(
                atPath: "/etc/postfix/\(part)",
                toPath: "\(folder)/\(part)"
            )
        }
        try await body(folder)
    }

    private func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func setUp(_ folder: String, _ words: [String] = []) async throws -> Outcome {
        try await run(["setup", "postfix", "--config-directory", folder] + words)
    }

    private func value(_ folder: String, _ name: String) async throws -> String {
        try await run("/usr/sbin/postconf", ["-c", folder, "-h", name]).output
    }

    @Test(arguments: ["", "header_checks = regexp:/etc/postfix/site,\n  static:DUNNO\n"])
    func `shown, made, and undone to the byte`(main: String) async throws {
        try await withPostfix(main) { folder in
            let before = try read("\(folder)/main.cf")
            let shown = try await setUp(folder)
            #expect(shown.code == 0, "\(shown.errors)")
            #expect(shown.output.contains("What it costs"))
            #expect(shown.output.contains("LogRateLimitBurst=1000000"))
            #expect(try read("\(folder)/main.cf") == before)
            let made = try await setUp(folder, ["--apply"])
            #expect(made.code == 0, "\(made.errors)")
            #expect(made.output.contains("postfix -c"))
            #expect(try await value(folder, "header_checks").contains("listbreaker_header_checks"))
            #expect(
                try await !value(folder, "nested_header_checks").contains("listbreaker")
            )
            let again = try await setUp(folder, ["--apply", "--json"])
            #expect(again.code == 0)
            #expect(again.output.contains(#""before":"present""#))
            let undone = try await setUp(folder, ["--undo"])
            #expect(undone.code == 0, "\(undone.output)\(undone.errors)")
            #expect(try read("\(folder)/main.cf") == before)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(HeaderTable.fileName)"))
            #expect(try await setUp(folder, ["--undo"]).code == 0)
        }
    }

    @Test func `a table that is still named is kept`() async throws {
        try await withPostfix("") { folder in
            #expect(try await setUp(folder, ["--apply"]).code == 0)
            let named = try await value(folder, "header_checks")
            let main = try read("\(folder)/main.cf") + "header_checks = static:DUNNO \(named)"
            try write("\(folder)/main.cf", main)
            let undone = try await setUp(folder, ["--undo"])
            #expect(undone.code == 1)
            #expect(undone.output.contains("somebody changed it"))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/\(HeaderTable.fileName)"))
        }
    }

    @Test func `a file that is not ours is not replaced`() async throws {
        try await withPostfix("") { folder in
            try write("\(folder)/\(HeaderTable.fileName)", "/^X:/ REJECT\n")
            let made = try await setUp(folder, ["--apply"])
            #expect(made.code == 1)
            #expect(made.errors.contains("is not ours; nothing was changed"))
        }
    }

    @Test(arguments: [
        "", "smtpd_recipient_restrictions = permit_mynetworks,\n  reject_unknown_sender_domain\n",
        "transport_maps =\n    inline:{x=smtp:}\nsmtpd_recipient_restrictions =\n#\ndefer_transports=a",
    ])
    func `the list block is shown, made, and undone to the byte`(main: String) async throws {
        try await withPostfix(main) { folder in
            let before = try read("\(folder)/main.cf")
            let old = try await value(folder, "smtpd_recipient_restrictions")
            let shown = try await setUp(folder, ["--list-block"])
            #expect(shown.code == 0, "\(shown.errors)")
            #expect(shown.output.contains("listbreaker_posts"))
            #expect(try read("\(folder)/main.cf") == before)
            let made = try await setUp(folder, ["--list-block", "--apply"])
            #expect(made.code == 0, "\(made.output)\(made.errors)")
            let new = try await value(folder, "smtpd_recipient_restrictions")
            #expect(
                new.hasPrefix("check_recipient_access ") && new.contains("check_sender_access ")
            )
            #expect(old == "\n" || new.hasSuffix(old), "what the site said comes behind: \(old)")
            #expect(try await value(folder, "transport_maps").contains("listbreaker_transport"))
            #expect(try await value(folder, "defer_transports").hasPrefix("listbreaker"))
            let asked = try await run(
                "/usr/sbin/postmap",
                ["-c", folder, "-q", "a@x", "hash:\(folder)/listbreaker_posts"]
            )
            #expect(asked.code == 1 && asked.errors == "", "the table is there, and empty")
            let again = try await setUp(folder, ["--list-block", "--apply", "--json"])
            #expect(again.code == 0 && again.output.contains(#""before":"present""#))
            let undone = try await setUp(folder, ["--list-block", "--undo"])
            #expect(undone.code == 0, "\(undone.output)\(undone.errors)")
            #expect(try read("\(folder)/main.cf") == before)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/listbreaker_posts.db"))
            #expect(try await setUp(folder, ["--list-block", "--undo"]).code == 0)
        }
    }

    @Test(arguments: [
        "", "smtpd_recipient_restrictions = permit_mynetworks,\n  reject_unknown_sender_domain\n",
        "transport_maps =\n    inline:{x=smtp:}\nvirtual_alias_maps = inline:{a@x=b@y}\ndefer_transports=a",
    ])
    func `narrowing is made, says what goes round it, and is undone to the byte`(
        main: String
    ) async throws {
        try await withPostfix(main) { folder in
            let before = try read("\(folder)/main.cf")
            let old = try await value(folder, "virtual_alias_maps")
            let made = try await setUp(folder, ["--narrow", "--apply"])
            #expect(made.code == 0, "\(made.output)\(made.errors)")
            let hasRoute = main.contains("{x=smtp:}")
            #expect(made.output.contains("transport_maps = inline:{x=smtp:}") == hasRoute)
            let new = try await value(folder, "virtual_alias_maps")
            #expect(new.hasPrefix("regexp:") && (old == "\n" || new.hasSuffix(old)))
            #expect(
                try await value(folder, "sender_dependent_default_transport_maps")
                    .contains("listbreaker_narrow_routes")
            )
            let refused = try await setUp(folder, ["--list-block", "--apply"])
            #expect(refused.code == 1 && refused.errors.contains("--narrow --undo"))
            let other = try await setUp(folder, ["--list-block", "--json"])
            #expect(other.output.contains(#""before":"absent""#))
            #expect(try await setUp(folder, ["--list-block", "--undo"]).code == 0)
            let again = try await setUp(folder, ["--narrow", "--json"])
            #expect(again.code == 0 && again.output.contains(#""before":"present""#))
            #expect(try await setUp(folder, ["--narrow", "--undo"]).code == 0)
            #expect(try read("\(folder)/main.cf") == before)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/listbreaker_narrow_posts"))
        }
    }

    @Test func `a block that somebody copied elsewhere keeps its tables`() async throws {
        try await withPostfix("") { folder in
            #expect(try await setUp(folder, ["--list-block", "--apply"]).code == 0)
            let more = "transport_maps = hash:\(folder)/listbreaker_transport, inline:{x=smtp:}\n"
            try write("\(folder)/main.cf", try read("\(folder)/main.cf") + more)
            let undone = try await setUp(folder, ["--list-block", "--undo"])
            #expect(undone.code == 1)
            #expect(undone.output.contains("still names it"))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/listbreaker_transport.db"))
        }
    }

    @Test func `without Postfix's configuration it says so`() async throws {
        let done = try await run(["setup", "postfix", "--config-directory", "/nonexistent"])
        #expect(done.code == 1)
        #expect(done.output == "")
    }

    @Test(.enabled(if: geteuid() == 0, "a running Postfix needs root"))
    func `a real Postfix logs what parse reads`() async throws {
        let main = """
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            myhostname = host.local.test
            local_transport = discard:
            default_transport = discard:
            local_recipient_maps =
            alias_maps =
            alias_database =
            maillog_file_prefixes = /tmp

            """
        try await withPostfix(main) { folder in
            for name in ["queue", "data"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)",
                    withIntermediateDirectories: true
                )
            }
            _ = try await run("/bin/chown", ["postfix", "\(folder)/data"])
            let places = """
                queue_directory = \(folder)/queue
                data_directory = \(folder)/data
                maillog_file = \(folder)/log

                """
            try write("\(folder)/main.cf", try read("\(folder)/main.cf") + places)
            try write("\(folder)/master.cf", Self.services)
            #expect(try await setUp(folder, ["--apply"]).code == 0)
            let started = try await run("/usr/sbin/postfix", ["-c", folder, "start"])
            try #require(started.code == 0, "\(started.errors)")
            try write("\(folder)/message", Self.reply)
            _ = try await run(
                "/bin/sh",
                [
                    "-c",
                    "/usr/sbin/sendmail -C \(folder) -f a@example.org l@host.local.test "
                        + "<\(folder)/message",
                ]
            )
            let log = try await settledLog("\(folder)/log")
            _ = try await run("/usr/sbin/postfix", ["-c", folder, "stop"])
            try write("\(folder)/lines", log)
            let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appending(path: "listbreaker").path
            let parsed = try await run(
                "/bin/sh",
                ["-c", "'\(program)' parse --json <\(folder)/lines"]
            ).output
            for (header, parent) in [("In-Reply-To", "parent@c"), ("References", "parent@c")] {
                let line = parsed.split(separator: "\n").first {
                    $0.contains(#""header": "\#(header)""#)
                }
                #expect(line?.contains(#""parent": "\#(parent)""#) == true, "\(log)")
            }
            #expect(parsed.contains(#""header": "Date", "value": "Fri, 20 Nov 2026 18:05:00"#))
            #expect(!parsed.contains("attached@x"))
        }
    }

    /// The log once the message has left; polled, because nothing says when Postfix is done.
    private func settledLog(_ path: String) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let text = (try? read(path)) ?? ""
            if text.contains(": removed") { return text }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("Postfix did not deliver within 30 s")
        return (try? read(path)) ?? ""
    }

    /// A reply whose References are longer than what Postfix prints, with a message attached.
    private static let reply = """
        From: A <a@example.org>
        Subject: x from evil.example[192.0.2.6]; from=<f@e> to=<x> helo=<y>: parent=<forged@x>
        Date: Fri, 20 Nov 2026 18:05:00 +0000
        In-Reply-To: <parent@c>
        References: <root@\(String(repeating: "a", count: 150))>
         <middle@\(String(repeating: "b", count: 150))>
         <parent@c>
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=x

        --x
        Content-Type: message/rfc822

        In-Reply-To: <attached@x>

        old
        --x--

        """

    private static let services = """
        pickup unix n - n 60 1 pickup
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        showq unix n - n - - showq
        postlog unix-dgram n - n - 1 postlogd

        """
}
