// SPDX-License-Identifier: Apache-2.0
//
// `learn` from end to end, as the built programs: an old log, as syslog and as a journal; the sealed
// file that is left beside the daemon's state; and a daemon that knows the list by it, when it starts
// and when it runs.

import Engine
import EventTime
import Foundation
import TestSupport
import Testing

private let hasJournalRemote: Bool = {
    let found = FileManager.default.isExecutableFile(
        atPath: "/lib/systemd/systemd-journal-remote"
    )
    if !found { print("SKIPPED, LOUDLY: systemd-journal-remote is not installed") }
    return found
}()

/// The built daemon, in folders of its own.
private final class Daemon {
    private let process = Process()
    let socket: String

    init(in room: String) throws {
        socket = room + "/control.sock"
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = folder.appending(path: "listbreakerd")
        process.arguments = [
            "--config", room + "/conf", "--state-directory", room + "/state",
            "--control-socket", socket, "--journal-directory", room + "/journal",
        ]
        process.environment = [:]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Ends it; gives its exit status.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite(.serialized, .enabled(if: hasJournalRemote)) struct `Learning from old logs` {
    private static let letter = """
        [Scenario]
        Title=A newsletter
        Seed=3
        Start=2026-06-01T06:00:00Z
        Duration=60d
        DeliveriesPerSecond=200
        [List letter@lists.example]
        Members=300
        [Traffic letter]
        Kind=posts
        From=editor@lists.example
        Count=29
        Every=2d
        """
    /// What the daemon itself can read: another list, from before its memory.
    private static let other = """
        [Scenario]
        Title=Another list
        Start=2026-07-01T06:00:00Z
        Duration=1d
        [List other@lists.example]
        Members=4
        [Traffic other]
        Kind=posts
        """

    /// A room with both logs: `old` as a journal and as `mail.log`, and the daemon's own journal.
    private func room() async throws -> Scratch {
        let room = try Scratch("learn")
        let path = room.path
        for name in ["state", "seeds"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(name)",
                withIntermediateDirectories: true
            )
        }
        try Self.letter.write(
            toFile: path + "/seeds/letter.scenario",
            atomically: true,
            encoding: .utf8
        )
        try Self.other.write(
            toFile: path + "/seeds/other.scenario",
            atomically: true,
            encoding: .utf8
        )
        try "[Halt]\nActuatorSocket=\(path)/actuator.sock\n".write(
            toFile: path + "/conf",
            atomically: true,
            encoding: .utf8
        )
        for (name, words) in [
            ("letter", ["--directory", path + "/old"]),
            ("letter", ["--output", path + "/old.export"]),
            ("other", ["--directory", path + "/journal"]),
        ] {
            let made = try await run(["simulate", name, "--seeds", path + "/seeds"] + words)
            try #require(made.code == 0, "\(made.errors)")
        }
        let export = try String(contentsOfFile: path + "/old.export", encoding: .utf8)
        try Self.syslog(export).write(
            toFile: path + "/mail.log",
            atomically: true,
            encoding: .utf8
        )
        return room
    }

    /// Entries in the export form as rsyslog writes them to a file.
    private static func syslog(_ export: String) -> String {
        export.components(separatedBy: "\n\n").compactMap { entry -> String? in
            var fields: [Substring: Substring] = [:]
            for line in entry.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = parts[1] }
            }
            guard let micros = fields["__REALTIME_TIMESTAMP"].flatMap({ Int64($0) }),
                let program = fields["SYSLOG_IDENTIFIER"], let message = fields["MESSAGE"]
            else { return nil }
            let time = Timestamp(microseconds: micros).rfc3339
            return "\(time) mx \(program)[\(fields["SYSLOG_PID"] ?? "7")]: \(message)\n"
        }.joined()
    }

    /// What `status LIST --json` says the list is for, and who posts there is what it rests on.
    private func kind(_ socket: String) async throws -> String? {
        let status = try await run([
            "status", "letter@lists.example", "--json", "--socket", socket,
        ])
        let json = try? JSONSerialization.jsonObject(with: Data(status.output.utf8))
        let lists = (json as? [String: Any])?["lists"] as? [[String: Any]]
        return (lists?.first?["kind"] as? [String: Any])?["kind"] as? String
    }

    @Test(arguments: [["--syslog", "mail.log"], ["--directory", "old"]])
    func `an old log is sealed, taken by a daemon that starts, and once`(words: [String])
        async throws
    {
        let room = try await room()
        let (path, left) = (room.path, room.path + "/state/\(LearnedFile.name)")
        let learn = [
            "learn", words[0], "\(path)/\(words[1])", "--state-directory", path + "/state",
            "--config", path + "/conf", "--socket", path + "/control.sock",
        ]
        let alone = try await run(learn)
        #expect(alone.code == 0, "\(alone.errors)")
        #expect(alone.errors.contains("is left in '\(left)'"))

        // The file is sealed, its owner's alone, and has the list.
        let bytes = try Data(contentsOf: URL(filePath: left))
        let mode = try FileManager.default.attributesOfItem(atPath: left)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(throws: Never.self) { try LearnedFile(Array(bytes)) }
        var spoilt = Array(bytes)
        spoilt[spoilt.count / 2] ^= 1
        #expect(throws: (any Error).self) { try LearnedFile(spoilt) }

        let daemon = try Daemon(in: path)
        let isKnown = try await eventuallyAsync { try await kind(daemon.socket) == "announce" }
        #expect(isKnown)
        #expect(!FileManager.default.fileExists(atPath: left), "it is taken once")
        // A daemon that runs takes it at once, and finds nothing new in it.
        let again = try await run(learn)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output.contains("0 lists of which little was known"), "\(again.output)")
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(daemon.stop() == 0)
    }

    @Test func `a log without a list, and one that is not there, leave nothing`() async throws {
        let room = try await room()
        let path = room.path
        try "2026-06-01T06:00:00Z mx sshd[7]: hello\n".write(
            toFile: path + "/auth.log",
            atomically: true,
            encoding: .utf8
        )
        for name in ["auth.log", "none.log"] {
            let learned = try await run([
                "learn", "--syslog", "\(path)/\(name)", "--state-directory", path + "/state",
                "--config", path + "/conf", "--socket", path + "/control.sock",
            ])
            #expect(learned.code != 0)
            #expect(!learned.errors.isEmpty)
            #expect(
                !FileManager.default.fileExists(atPath: "\(path)/state/\(LearnedFile.name)")
            )
        }
    }
}
