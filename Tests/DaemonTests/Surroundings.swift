// SPDX-License-Identifier: Apache-2.0
//
// What a daemon in process stands between: a live journal (systemd-journal-remote, fed through a
// pipe), an actuator that only takes notes, and an alert script that keeps what it got. All else
// is the real thing.

import Control
import EventTime
import Foundation
import HaltWire
import Journal
import Linux
import LocalSocket
import Testing

@testable import Daemon

/// An actuator that takes notes: the wire is real, the queue is not.
final class NotingActuator: Sendable {
    private let notes = Notes()
    private let server: LineServer

    init(path: String) throws {
        let notes = notes
        server = try LineServer(path: path, mode: 0o600) { _, line in notes.answer(line) }
        try server.start()
    }

    var verbs: [String] { notes.state.withLock { $0.verbs } }
    var isHalted: Bool { notes.state.withLock { $0.isHalted } }
    func stop() { server.stop() }

    /// What it says that went wrong with each command.
    var problem: String? {
        get { notes.state.withLock { $0.problem } }
        set { notes.state.withLock { $0.problem = newValue } }
    }

    /// What would keep it from halting mail.
    var obstacle: String? {
        get { notes.state.withLock { $0.obstacle } }
        set { notes.state.withLock { $0.obstacle = newValue } }
    }

    /// Whether it leaves the question of what would keep it from halting without an answer.
    var isMute: Bool {
        get { notes.state.withLock { $0.isMute } }
        set { notes.state.withLock { $0.isMute = newValue } }
    }

    /// How often it was asked that.
    var probes: Int { notes.state.withLock { $0.probes } }

    /// Whether its mail server is set up to be narrowed.
    var canNarrow: Bool {
        get { notes.state.withLock { $0.canNarrow } }
        set { notes.state.withLock { $0.canNarrow = newValue } }
    }

    /// Lists that its mail server holds by itself.
    var blocked: [String] {
        get { notes.state.withLock { $0.blocked } }
        set { notes.state.withLock { $0.blocked = newValue } }
    }

    /// The lists that it was told to stop, each time.
    var told: [[String]] { notes.state.withLock { $0.told } }

    private final class Notes: Sendable {
        let state = Guarded(
            (
                verbs: [String](), isHalted: false, problem: String?.none, obstacle: String?.none,
                isMute: false, probes: 0, canNarrow: false, blocked: [String](),
                told: [[String]]()
            )
        )

        func answer(_ line: [UInt8]) -> [UInt8] {
            guard let request = try? JSONDecoder().decode(ActuatorRequest.self, from: Data(line))
            else { return [] }
            var report = HaltReport(request.verb)
            state.withLock { state in
                // Whether it could is asked all the time, and is no command.
                if request.verb != .probe { state.verbs.append(request.verb.rawValue) }
                if request.verb == .probe { state.probes += 1 }
                if request.verb == .halt { state.isHalted = true }
                if request.verb == .resume { state.isHalted = false }
                if let lists = request.lists {
                    state.blocked = lists.map(\.list)
                    state.told.append(state.blocked)
                }
                report.narrows = state.canNarrow
                report.blocked = state.blocked
                report.isHalted = state.isHalted
                report.errors = state.problem.map { [$0] } ?? []
                report.obstacles = state.isMute ? nil : state.obstacle.map { [$0] } ?? []
            }
            report.held = request.verb == .halt ? 7 : 0
            report.heldTotal = report.isHalted ? 7 : 0
            return (try? JSONEncoder().encode(report)).map { Array($0) } ?? []
        }
    }
}

/// A live journal and the lines of a mail host in it.
final class LiveJournal {
    private let process = Process()
    private let pipe = Pipe()
    private var serial = 0

    init(directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/lib/systemd/systemd-journal-remote")
        process.arguments = ["-o", "\(directory)/live.journal", "-"]
        process.standardInput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func log(_ program: String, _ message: String) throws {
        let now = Timestamp.now.microseconds
        let fields = [
            "__REALTIME_TIMESTAMP=\(now)", "__MONOTONIC_TIMESTAMP=\(now - 1_790_000_000_000_000)",
            "_BOOT_ID=6e0a2f4b8c1d4e5f9a7b3c2d1e0f4a5b", "_TRANSPORT=syslog", "_UID=0",
            "_PID=411", "SYSLOG_PID=411", "SYSLOG_FACILITY=2",
            "_MACHINE_ID=2b1c7d3e4f5a4b6c8d9e0f1a2b3c4d5e", "SYSLOG_IDENTIFIER=postfix/\(program)",
            "MESSAGE=\(message)",
        ]
        try pipe.fileHandleForWriting.write(
            contentsOf: Data((fields.joined(separator: "\n") + "\n\n").utf8)
        )
    }

    /// One post to annonce@, announced to 3,000; no copy leaves yet.
    func post(from poster: String) throws {
        serial += 1
        let (parent, child) = ("4A\(100_000 + serial)", "4B\(100_000 + serial)")
        try log("smtpd", "\(parent): client=mx.example.net[192.0.2.25]")
        try log("cleanup", "\(parent): message-id=<\(serial).\(poster)>")
        try log("qmgr", "\(parent): from=<\(poster)>, size=2381, nrcpt=1 (queue active)")
        try log("cleanup", "\(child): message-id=<\(serial).\(poster)>")
        try log(
            "qmgr",
            "\(child): from=<owner-annonce@example.org>, size=2520, nrcpt=3000 (queue active)"
        )
        try log(
            "local",
            "\(parent): to=<annonce@example.org>, relay=local, delay=0.4, delays=0.1/0/0/0.3, "
                + "dsn=2.0.0, status=sent (forwarded as \(child))"
        )
        try log("qmgr", "\(parent): removed")
    }

    func close() {
        try? pipe.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// A room of files for one daemon.
struct Room {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "listbreaker-life-\(UUID().uuidString.prefix(8))"
        for name in ["", "/journal", "/state"] {
            try FileManager.default.createDirectory(
                atPath: path + name,
                withIntermediateDirectories: true
            )
        }
        let script = "#!/bin/sh\ncat >>'\(path)/pages.jsonl'; echo >>'\(path)/pages.jsonl'\n"
        try script.write(toFile: path + "/page", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: path + "/page"
        )
        try settings(mode: "armed")
    }

    func settings(mode: String, more: String = "") throws {
        try """
        [Halt]
        Mode=\(mode)
        ActuatorSocket=\(path)/actuator.sock
        [Alert keep]
        Script=\(path)/page
        [List annonce@example.org]
        AnnounceOnly=yes
        RegularPosters=news@example.org
        \(more)
        """.write(toFile: path + "/conf", atomically: true, encoding: .utf8)
    }

    var options: DaemonOptions {
        var options = DaemonOptions()
        options.config = path + "/conf"
        options.stateDirectory = path + "/state"
        options.controlSocket = path + "/control.sock"
        options.journalDirectory = path + "/journal"
        return options
    }

    /// The pages that the script got, as `kind` of each.
    var pages: [String] {
        let text = (try? String(contentsOfFile: path + "/pages.jsonl", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let json = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let annotations = json?["commonAnnotations"] as? [String: Any]
            return annotations?["event"] as? String ?? json?["status"] as? String
        }
    }

    /// All that the script got.
    var pageText: String {
        (try? String(contentsOfFile: path + "/pages.jsonl", encoding: .utf8)) ?? ""
    }

    /// Whether the live journal is there to be read, with an entry in it.
    var hasJournal: Bool {
        let reader = try? JournalReader(source: .directory(path + "/journal"), start: .head)
        return reader?.newest != nil
    }

    func ask(_ request: ControlRequest) -> ControlResponse? {
        try? ControlClient.ask(request, path: path + "/control.sock")
    }

    /// `status` as JSON text.
    func status() -> String { ask(ControlRequest(.status))?.body ?? "" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Polls until `condition` holds, 90 s at most.
///
/// Chosen. What never comes is missed after 90 s as well as after 20; on two cores at a load of 11 one
/// of ten seconds took more than thirty. How quick a thing has to be is measured elsewhere.
func eventually(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async -> Bool
) async {
    let deadline = ContinuousClock.now + .seconds(90)
    while ContinuousClock.now < deadline {
        if await condition() { return }
        try? await Task.sleep(for: .milliseconds(20))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
