// SPDX-License-Identifier: Apache-2.0
//
// Pages in a real Alertmanager: what it shows after each, asked of its own interface.

import Breaker
import EventTime
import Foundation
import Linux
import Settings
import TestSupport
import Testing

@testable import Paging

/// An Alertmanager of a test's own, on a free port of loopback, without gossip and without mail.
private final class Alertmanager: Sendable {
    let directory: Scratch
    let port: Int
    private let process: Process

    init() async throws {
        directory = try Scratch("alertmanager")
        try "route:\n  receiver: none\nreceivers:\n  - name: none\n".write(
            toFile: directory.path + "/config.yml",
            atomically: true,
            encoding: .utf8
        )
        port = try Self.freePort()
        process = Process()
        let command = Monitors.alertmanager([
            "--config.file=\(directory.path)/config.yml", "--storage.path=\(directory.path)",
            "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
        ])
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let isUp = await holds(within: 30) { (try? self.alerts()) != nil }
        try #require(isUp, "Alertmanager does not start")
    }

    deinit { process.terminate() }

    /// A port that nobody listens on just now.
    private static func freePort() throws -> Int {
        let text = try ChildCommand(
            "/usr/bin/python3",
            [
                "-c",
                "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])",
            ]
        ).run(within: .seconds(20)).output
        return try #require(Int(String(decoding: text.dropLast(), as: UTF8.self)))
    }

    /// The alerts that it shows as active.
    func alerts() throws -> [[String: Any]] {
        let url = "http://127.0.0.1:\(port)/api/v2/alerts?active=true"
        let answer = try ChildCommand("/usr/bin/curl", ["-qsf", url]).run(within: .seconds(20))
        let object = try JSONSerialization.jsonObject(with: Data(answer.output))
        return try #require(object as? [[String: Any]])
    }
}

@Suite(.enabled(if: Monitors.hasAlertmanager)) struct AlertmanagerTests {
    private static func pager(
        _ host: String,
        _ settings: PagingSettings,
        _ secrets: ScriptDirectory
    ) -> Pager {
        Pager(
            settings: settings,
            outbox: MemoryOutbox(),
            surroundings: Pager.Surroundings(
                host: host,
                credentials: secrets.path,
                now: { Timestamp.now }
            )
        )
    }

    @Test func `a trip is shown until its end, and a trial ends by itself`() async throws {
        let server = try await Alertmanager()
        let secrets = try ScriptDirectory()
        try "http://127.0.0.1:\(server.port)\n".write(
            toFile: secrets.path + "/alert_am.url",
            atomically: true,
            encoding: .utf8
        )
        var settings = PagingSettings()
        settings.targets = [AlertTarget(name: "am", script: shipped("alertmanager"))]
        let pager = Self.pager("mx1", settings, secrets)
        var trip = trip(7)
        trip.started = Timestamp.now
        await pager.submit(trip, at: .now)
        #expect(await pager.drain(within: .seconds(30)))
        let shown = try server.alerts()
        let labels = shown.first?["labels"] as? [String: String]
        #expect(shown.count == 1)
        #expect(labels?["key"] == "mx1/incident-7")
        #expect(labels?["severity"] == "critical")

        var late = alert(.late, key: "late-1")
        late.started = Timestamp.now
        await pager.submit(late, at: .now)
        #expect(await pager.drain(within: .seconds(30)))
        let once = try server.alerts().first { alert in
            (alert["labels"] as? [String: String])?["alertname"] == "ListbreakerLate"
        }
        let end = try #require(Timestamp(rfc3339: once?["endsAt"] as? String ?? ""))
        #expect(end - Timestamp.now <= .minutes(15), "it is over soon without a word of ours")

        _ = await pager.test(lasting: .seconds(2))
        #expect(try server.alerts().count == 3)
        let isOver = await holds(within: 30) { (try? server.alerts().count) == 2 }
        #expect(isOver, "the trial is over")

        // The same incident of another host is another matter, and stays when this one ends.
        let other = Self.pager("mx2", settings, secrets)
        await other.submit(trip, at: .now)
        #expect(await other.drain(within: .seconds(30)))
        #expect(await holds(within: 30) { (try? server.alerts().count) == 3 })

        var end7 = reset(7, at: 0)
        end7.ended = Timestamp.now
        await pager.submit(end7, at: .now)
        #expect(await pager.drain(within: .seconds(30)))
        #expect(await holds(within: 30) { (try? server.alerts().count) == 2 })
        let keys = try server.alerts().compactMap { ($0["labels"] as? [String: String])?["key"] }
        #expect(Set(keys) == ["mx1/late-1", "mx2/incident-7"])
    }
}
