// SPDX-License-Identifier: Apache-2.0
//
// Metrics as their readers take them: promtool(1) for Prometheus' own form and for the alert rules
// that we ship.

import ArgumentParser
import Engine
import Glibc
import Linux
import Reports
import TestSupport
import Testing

@testable import listbreaker

/// Where the rules are.
private let rules =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/monitoring"

/// What promtool says, and how it ends.
private func promtool(_ arguments: [String], _ input: String = "") throws -> (Int32, String) {
    var command = ChildCommand(Monitors.promtool, arguments)
    command.input = .bytes(Array(input.utf8))
    let outcome = try command.run(within: .seconds(60))
    let text = String(decoding: outcome.output + outcome.messages, as: UTF8.self)
    return (outcome.end.code, text)
}

private let hostile: StatusReport = {
    var report = StatusReport.storm
    report.lists[0].list = "a\u{9B}2J\u{202E}\"\\\n\u{1B}é@example.org"
    report.journal.forged = [report.lists[0].list: 1]
    report.journal.believed = 0.5
    report.journal.lagSeconds = 0.25
    report.journal.lastEvent = "2026-11-24T07:28:02.5Z"
    report.totalIncidents = 7
    report.delays = DelaysStatus()
    for seconds in [0.003, 0.003, 0.2, -1, 1e9] { report.delays?.decision.note(seconds) }
    return report
}()

@Suite struct `Metrics and who reads them` {
    @Test(
        .enabled(if: Monitors.hasPromtool),
        arguments: [StatusReport.quiet, .storm, .doubtful, hostile]
    )
    func `promtool has nothing to say about them`(report: StatusReport) throws {
        let (code, text) = try promtool(["check", "metrics"], Metrics.text(of: report))
        #expect(code == 0, "\(text)")
        #expect(text == "")
    }

    private static let fleet: FleetStatus = {
        func trip(_ name: String, passedOver: String?) -> FleetTripStatus {
            FleetTripStatus(
                name: "\(name).0.1",
                incident: name,
                time: "2026-11-24T07:28:02Z",
                isArmed: true,
                rule: "storm",
                evidence: "5 replies",
                passedOver: passedOver
            )
        }
        let trips = [trip("mx1/1", passedOver: nil), trip("mx2/9", passedOver: "too late")]
        var fleet = FleetStatus(
            host: "mx1",
            alone: nil,
            brokers: [
                BrokerStatus(name: "b1", isConnected: true, trouble: nil),
                BrokerStatus(name: "b2", isConnected: false, trouble: "gone"),
            ],
            hosts: ["mx1", "mx2", "mx3"],
            open: [FleetOpenStatus(name: "a@example.org", trips: trips, incident: 1, held: 0)]
        )
        fleet.judges = ["mx1"]
        fleet.certificateEnd = 1_800_000_000
        fleet.factsLeftOut = 5
        fleet.judge = JudgeStatus(hosts: 2, clocks: [], late: 0, alone: 0, lost: 3)
        return fleet
    }()

    @Test func `a fleet is counted, and a host without one says nothing of it`() throws {
        let text = Metrics.text(of: .quiet, fleet: Self.fleet)
        for line in [
            "fleet_alone 0", "fleet_brokers{connected=\"true\"} 1",
            "fleet_brokers{connected=\"false\"} 1", "fleet_hosts 3", "fleet_judges 1",
            "fleet_open_scopes 1", "fleet_open_trips{acted_on=\"true\"} 1",
            "fleet_open_trips{acted_on=\"false\"} 1",
            "fleet_certificate_not_after_timestamp_seconds 1800000000",
            "fleet_facts_left_out_total 5", "fleet_judge_batches_lost_total 3",
        ] {
            #expect(text.contains("\nlistbreaker_\(line)\n"), "\(line)")
        }
        let none = FleetStatus(host: nil, alone: "no fleet is set up")
        #expect(!Metrics.text(of: .quiet, fleet: none).contains("fleet"))
        guard Monitors.hasPromtool else { return }
        let (code, words) = try promtool(["check", "metrics"], text)
        #expect(code == 0 && words == "", "\(words)")
    }

    @Test(.enabled(if: Monitors.hasPromtool)) func `the alert rules pass their tests`() throws {
        let (checked, words) = try promtool(["check", "rules", rules + "/listbreaker.rules.yml"])
        #expect(checked == 0, "\(words)")
        let (tested, text) = try promtool(["test", "rules", rules + "/listbreaker.rules.test.yml"])
        #expect(tested == 0, "\(text)")
    }

    @Test func `a histogram counts up to each bound`() {
        let text = Metrics.text(of: hostile)
        for line in [
            "# TYPE listbreaker_decision_seconds histogram",
            "listbreaker_decision_seconds_bucket{le=\"0.002\"} 1",
            "listbreaker_decision_seconds_bucket{le=\"0.005\"} 3",
            "listbreaker_decision_seconds_bucket{le=\"60.0\"} 4",
            "listbreaker_decision_seconds_bucket{le=\"+Inf\"} 5",
            "listbreaker_decision_seconds_count 5", "listbreaker_halt_seconds_count 0",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
    }

    @Test(arguments: ["listbreaker.rules.yml", "listbreaker-dashboard.json"])
    func `each metric that a rule or the dashboard asks for is there`(file: String) throws {
        let text = Metrics.text(of: hostile, fleet: Self.fleet)
        let asked = String(
            decoding: try #require(try WholeFile.read("\(rules)/\(file)", atMost: 1 << 20)),
            as: UTF8.self
        )
        .split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
        .filter { $0.hasPrefix("listbreaker_") && $0 != "listbreaker_up" }
        #expect(asked.count >= 8)
        for name in asked { #expect(text.contains("\n\(name)"), "\(name)") }
    }

    @Test func `the two forms have the same figures`() {
        let figures = { (form: Metrics.Form) in
            Metrics.text(of: hostile, form: form).split(separator: "\n")
                .filter { !$0.hasPrefix("#") }
        }
        #expect(figures(.prometheus) == figures(.openMetrics))
        #expect(Metrics.text(of: hostile, form: .openMetrics).hasSuffix("\n# EOF\n"))
        #expect(!Metrics.text(of: hostile).contains("EOF"))
        #expect(figures(.prometheus).contains("listbreaker_incidents_total 7"))
        #expect(
            figures(.prometheus).contains(
                "listbreaker_log_last_event_timestamp_seconds 1795505282.5"
            )
        )
    }

    @Test func `a daemon that does not answer is told in the file`() throws {
        let scratch = try Scratch("metrics")
        let file = scratch.path + "/listbreaker.prom"
        let command = try MetricsCommand.parse([
            "--socket", scratch.path + "/nobody", "--output", file,
        ])
        #expect(throws: Failure.self) { try command.run() }
        let text = String(
            decoding: try #require(try WholeFile.read(file, atMost: 1 << 20)),
            as: UTF8.self
        )
        #expect(text.hasSuffix("\nlistbreaker_up 0\n"))
        #expect(WholeFile.status(file)?.st_mode == S_IFREG | 0o644)
    }
}
