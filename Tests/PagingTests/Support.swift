// SPDX-License-Identifier: Apache-2.0
//
// What the tests of paging share: alerts, a queue that is played by hand, scripts in a directory
// of their own.

import Breaker
import EventTime
import Foundation
import Settings

@testable import Paging

let start = Timestamp(seconds: 1_800_000_000)

func at(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

func trip(_ number: Int64, list: String? = "annonce@example.org") -> Alert {
    Alert(
        kind: .trip,
        severity: .critical,
        incident: number,
        list: list,
        summary: "\(list ?? "queue"): open (mail halted). 2 strangers answered to all",
        advice: "listbreaker reset '\(list ?? "")' --reason TEXT",
        started: at(0),
        dedupKey: "incident-\(number)",
        figures: ["copies_announced": "6000", "rule": "storm"]
    )
}

func reset(_ number: Int64, at seconds: Int64) -> Alert {
    var alert = trip(number)
    alert.kind = .reset
    alert.isResolved = true
    alert.severity = .info
    alert.ended = at(seconds)
    alert.summary = "reset by uid 1000: fixed"
    return alert
}

func alert(_ kind: Alert.Kind, key: String, incident: Int64? = nil, list: String? = nil) -> Alert {
    Alert(
        kind: kind,
        severity: .critical,
        incident: incident,
        list: list,
        summary: "\(kind.rawValue) \(key)",
        advice: "do something",
        started: at(0),
        dedupKey: key
    )
}

func settings(_ names: String..., escalate: [String: TimeSpan] = [:]) -> PagingSettings {
    var settings = PagingSettings()
    settings.targets = names.map { name in
        var target = AlertTarget(name: name, script: "/nonexistent/\(name)")
        target.escalateAfter = escalate[name] ?? .seconds(0)
        return target
    }
    return settings
}

let delivered = RunResult(outcome: .delivered)
let failed = RunResult(outcome: .failed(code: 1))

extension PageQueue {
    /// Everything that is due at `now`, each run ended as `outcome` says.
    mutating func play(
        at now: Timestamp,
        _ outcome: (Run) -> RunResult = { _ in delivered }
    ) -> [Run] {
        var runs: [Run] = []
        while let run = next(at: now, jitter: 0.5) {
            runs.append(run)
            finish(run, outcome(run), at: now, jitter: 0.5)
        }
        return runs
    }
}

extension Run {
    /// "target event key", for comparing whole histories.
    var words: String { "\(target.name) \(event) \(dedupKey)" }
}

/// A directory with scripts that goes away with the value that owns it.
final class ScriptDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "listbreaker-paging-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes an executable sh script and returns its path.
    func script(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try ("#!/bin/sh\n" + text + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        return file
    }

    func read(_ name: String) -> String? {
        try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }

    func lines(_ name: String) -> [String] {
        (read(name) ?? "").split(separator: "\n").map(String.init)
    }
}

/// Polls until `condition` holds or `seconds` are over.
func holds(within seconds: Double, _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return await condition()
}
