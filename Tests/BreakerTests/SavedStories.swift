// SPDX-License-Identifier: Apache-2.0
//
// Boards in every state that a daemon may be stopped in, told as stories. What the version before
// saved of each of them stands in Tests/Golden/breaker/saved-boards.tsv, one story a line: its name,
// the board's row, and the rows of its incidents.

import Attended
import EventTime
import FoundationEssentials
import StormDetection

@testable import Breaker

/// A board with the incidents that were saved beside it.
struct SavedStory {
    var name: String
    var bench: Bench
    var incidents: [Int64: Incident] = [:]

    init(_ name: String, _ bench: Bench, _ steps: [(inout Bench) -> [Effect]] = []) {
        self.name = name
        self.bench = bench
        for step in steps {
            for case .save(let changed, _) in step(&self.bench) {
                for incident in changed { incidents[incident.number] = incident }
            }
        }
        for incident in bench.board.incidents where incidents[incident.number] == nil {
            incidents[incident.number] = incident
        }
    }

    /// The story as a line of the golden file.
    var line: String {
        let rows = incidents.sorted { $0.key < $1.key }.map(\.value)
        return "\(name)\t\(Self.json(bench.board))\t\(Self.json(rows))"
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
}

private let held = HaltOutcome.Result.done(held: 3, total: 3, remark: "bash did it")
private let paris = ZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3") ?? .utc

private func attended(_ mode: Mode = .armed) -> Bench {
    var bench = Bench(mode)
    bench.settings.attended = AttendedHours(
        [AttendedSpan("Mon..Fri 09:00..19:00")].compactMap { $0 },
        zone: paris
    )
    bench.settings.grace = .minutes(5)
    return bench
}

private func tabled() -> [SavedStory] {
    TableState.allCases.flatMap { state in
        [Mode.armed, .observe].flatMap { mode in
            // The version before knew no other scope.
            [HaltScope.queue, .list].map { reach in
                SavedStory("\(state) \(mode) \(reach)", bench(in: state, mode, reach))
            }
        }
    }
}

private func waiting() -> [SavedStory] {
    let doubtful: (inout Bench) -> [Effect] = {
        $0.verdict(at: friday + .minutes(1), rule: .policy, isSure: false)
    }
    return [
        SavedStory("doubt", attended(), [doubtful, doubtful, { $0.tick(friday + .minutes(2)) }]),
        SavedStory("doubt observe", attended(.observe), [doubtful]),
        SavedStory("soft hold", Bench(), [{ $0.verdict(.softHold) }]),
        SavedStory("soft hold observe", Bench(.observe), [{ $0.verdict(.softHold) }]),
        SavedStory(
            "soft hold done, in doubt",
            attended(),
            [
                {
                    $0.settings.softHoldSpan = .minutes(2); return $0.verdict(.softHold)
                },
                { $0.outcome(.holdList(list), held) }, doubtful,
            ]
        ),
        SavedStory(
            "unanswered",
            attended(),
            [doubtful, { $0.tick(friday + .minutes(7)) }]
        ),
        SavedStory(
            "held off",
            Bench(),
            [{ $0.command(.holdOff(scope, span: .hours(2)), at: friday) }]
        ),
        SavedStory("late", Bench(), [{ $0.verdict(readAt: friday + .hours(9)) }]),
    ]
}

private func unfinished() -> [SavedStory] {
    let reset: (inout Bench) -> [Effect] = { $0.command(.reset(scope, held: .release)) }
    return [
        SavedStory("resuming", bench(in: .halting, .armed), [reset]),
        SavedStory(
            "resume failed",
            bench(in: .halting, .armed),
            [
                reset,
                { $0.outcome(.resume(.keep), .failed(reason: "gone"), at: friday + .minutes(6)) },
            ]
        ),
        SavedStory(
            "tripped again while resuming",
            bench(in: .halting, .armed),
            [reset, { $0.verdict(at: friday + .minutes(7)) }]
        ),
        SavedStory(
            "releasing",
            bench(in: .halting, .armed, .list),
            [
                { $0.command(.reset(scope, held: .release, rate: 600)) },
                {
                    $0.outcome(
                        $0.board.clearings[0].order,
                        .done(held: 2, total: 8, remark: nil, copies: 200, left: 8),
                        at: friday + .minutes(5)
                    )
                },
            ]
        ),
        SavedStory(
            "discarding",
            bench(in: .halting, .armed),
            [{ $0.command(.reset(scope, held: .discard)) }]
        ),
        SavedStory(
            "closed",
            bench(in: .halfOpen, .armed),
            [{ $0.tick(friday + .hours(3)) }]
        ),
        SavedStory(
            "acknowledged",
            bench(in: .halting, .armed),
            [{ $0.command(.acknowledge(1)) }]
        ),
        SavedStory(
            "server stopped",
            bench(in: .halting, .armed),
            [
                {
                    $0.settings.escalate = .stop; return []
                },
                { $0.outbound(started: friday + .minutes(2), at: friday + .minutes(2)) },
            ]
                + (0..<12).map { second in
                    {
                        $0.outbound(
                            started: friday + .minutes(2),
                            at: friday + .minutes(2) + .seconds(second)
                        )
                    }
                }
        ),
    ]
}

private func others() -> [SavedStory] {
    [
        SavedStory(
            "a sender",
            Bench(),
            [
                {
                    $0.settings.senderScope = .list; return []
                },
                { $0.verdict(list: "sender:alice@example.org", rule: .ceiling) },
            ]
        ),
        SavedStory(
            "a drill",
            Bench(),
            [{ $0.verdict(list: "listbreaker-drill@mx.example.org", rule: .ceiling) }]
        ),
        SavedStory("the queue", Bench(), [{ $0.command(.trip(.queue), reason: "phones") }]),
        SavedStory("damaged", Bench(), [{ $0.start(friday, damaged: "state.db.damaged-1") }]),
        SavedStory("found halted", Bench(.observe), [{ $0.start(friday, foundHalted: true) }]),
        SavedStory("observed", Bench(), [{ $0.command(.setMode(.observe)) }]),
        SavedStory(
            "two lists",
            bench(in: .halting, .armed),
            [
                { $0.verdict(list: "other@example.org") },
                { $0.command(.reset(scope, held: nil)) },
            ]
        ),
    ]
}

/// Every story.
let savedStories = tabled() + waiting() + unfinished() + others()
