// SPDX-License-Identifier: Apache-2.0
//
// The same journal gives the same decisions, today and after every change: a weekend's entries
// against the decisions that are checked in. LISTBREAKER_UPDATE_GOLDEN=1 writes them anew; then
// read the difference as carefully as code.

import Breaker
import Engine
import EventTime
import Foundation
import MailLog
import Settings
import StormDetection
import StormSimulator
import Testing

private let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// The decisions over the lines of a scenario of `seeds/`, up to the trip and a little beyond.
private func decisions(_ scenario: String) throws -> String {
    let path = "\(root)/seeds/\(scenario).scenario"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var simulation = Simulation(try Scenario(text: text, path: path))
    var trust = TrustSettings()
    trust.postfixUsers = [104]
    var settings = Settings()
    settings.mode = .armed
    var engine = Engine(settings: settings, trust: trust)
    var batch = EntryBatch()
    var lines: [String] = []
    var batchesLeft = Int.max
    while batchesLeft > 0, let next = simulation.nextLine() {
        append(next, to: &batch)
        guard batch.entries.count == 500 else { continue }
        let effects =
            engine.handle(.entries(batch, readAt: next.time))
            + engine.handle(.tick(now: next.time, seen: next.time))
        lines += effects.compactMap(line)
        batchesLeft -= 1
        if effects.contains(where: \.isTrip) { batchesLeft = 20 }
        batch.removeAll()
    }
    return lines.joined(separator: "\n") + "\n"
}

/// A simulated line as journald would hand it over.
private func append(_ line: LogLine, to batch: inout EntryBatch) {
    var entry = LogEntry(time: line.time)
    entry.message = batch.append(line.message.utf8)
    entry.identifier = batch.append("postfix/\(line.program.rawValue)".utf8)
    entry.transport = .syslog
    entry.uid = line.program.rawValue == "local" ? 0 : 104
    entry.pid = line.pid
    entry.syslogPid = line.pid
    batch.entries.append(entry)
}

extension Effect {
    fileprivate var isTrip: Bool { if case .tripped = self { true } else { false } }
}

/// One decision as a line of the golden file; nil for what is not one.
private func line(_ effect: Effect) -> String? {
    switch effect {
    case .halt(let order) where order.ids != nil:
        "order hold of \(order.ids ?? "") for incident \(order.incident)"
    case .halt(let order): "order \(order.verb) for incident \(order.incident)"
    case .page(let alert): "page \(alert.kind.rawValue): \(alert.summary)"
    case .softHold(let verdict):
        "soft-hold \(verdict.time.rfc3339) \(verdict.rule.rawValue): \(verdict.evidence.summary)"
    case .release(let list, let time): "release \(time.rfc3339) \(list)"
    case .tripped(let verdict):
        "trip \(verdict.time.rfc3339) \(verdict.rule.rawValue), \(verdict.evidence.posts) posts, "
            + "\(verdict.evidence.replies) replies, \(verdict.evidence.copiesAnnounced) copies "
            + "announced, \(verdict.evidence.copiesSent) sent"
    case .save, .snapshot, .answer, .log: nil
    }
}

@Test(arguments: ["softmap-small", "softmap-weekend"])
func `the weekend gives the decisions that are checked in`(scenario: String) throws {
    let found = try decisions(scenario)
    let path = "\(root)/Tests/Golden/engine/\(scenario).txt"
    if ProcessInfo.processInfo.environment["LISTBREAKER_UPDATE_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(
            atPath: "\(root)/Tests/Golden/engine",
            withIntermediateDirectories: true
        )
        try found.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    #expect(found == golden)
    #expect(golden.contains("\ntrip "))
    #expect(try decisions(scenario) == found, "a second run decides alike")
}

extension HaltOrder {
    /// The messages of an order to hold some of a list; nil for any other order.
    fileprivate var ids: String? {
        guard case .holdIDs(let list, let ids) = verb else { return nil }
        return "\(ids.joined(separator: ", ")) of \(list)"
    }
}
