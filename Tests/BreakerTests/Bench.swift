// SPDX-License-Identifier: Apache-2.0
//
// A board with its effects in a row, so that a test reads as a story.

import Breaker
import EventTime
import FoundationEssentials
import StormDetection

let friday = Timestamp(seconds: 1_795_795_200)
let list = "annonce@lists.example.org"
let scope = Subject.list(list)

struct Bench {
    var board: BreakerBoard
    var settings = BreakerSettings()
    var forecast: Forecast?

    init(_ mode: Mode = .armed) {
        board = BreakerBoard(mode: mode)
    }

    /// One input under the settings of the bench, and what is to be done then.
    mutating func give(_ input: (inout BreakerBoard) -> Void) -> [Effect] {
        board.update(settings: settings)
        input(&board)
        return board.drain()
    }

    mutating func verdict(
        _ action: Verdict.Action = .trip,
        list: String = list,
        at time: Timestamp = friday,
        readAt: Timestamp? = nil,
        rule: Rule = .announceBreach,
        isSure: Bool = true,
        reach: Reach? = nil
    ) -> [Effect] {
        var evidence = Evidence()
        evidence.summary = "2 strangers were redistributed"
        evidence.forecast = forecast
        var verdict = Verdict(
            action: action,
            list: list,
            time: time,
            rule: rule,
            isSure: isSure,
            evidence: evidence
        )
        verdict.reach = reach
        return give { [verdict] in $0.judge(verdict, now: readAt ?? time) }
    }

    mutating func command(
        _ command: Command,
        reason: String = "seen",
        at time: Timestamp = friday + .minutes(5)
    ) -> [Effect] {
        give { $0.obey(command, by: Audit(uid: 1000, time: time, reason: reason)) }
    }

    mutating func outcome(
        _ verb: HaltOrder.Verb,
        _ result: HaltOutcome.Result,
        at time: Timestamp = friday
    ) -> [Effect] {
        let order = HaltOrder(verb: verb, incident: board.incidents.last?.number ?? 0)
        return give { $0.settle(HaltOutcome(order: order, result: result, time: time)) }
    }

    mutating func outbound(started: Timestamp, at time: Timestamp) -> [Effect] {
        give { $0.sawOutbound(started: started, loggedAt: time) }
    }

    mutating func copy(started: Timestamp, at time: Timestamp) -> [Effect] {
        give { $0.sawCopy(of: scope, started: started, ordered: friday, loggedAt: time) }
    }

    mutating func tick(_ now: Timestamp, seen: Timestamp? = nil) -> [Effect] {
        give { $0.tick(now: now, seen: seen ?? now) }
    }

    /// A kill -9 and the start after it: only what was saved is left.
    mutating func restart(_ now: Timestamp, configured: Mode) -> [Effect] {
        let saved = try? JSONEncoder().encode(board)
        let board = saved.flatMap { try? JSONDecoder().decode(BreakerBoard.self, from: $0) }
        self.board = board ?? BreakerBoard(mode: configured)
        return start(now, configured: configured)
    }

    mutating func start(
        _ now: Timestamp,
        configured: Mode = .armed,
        damaged: String? = nil,
        highestIncident: Int64 = 0,
        foundHalted: Bool = false
    ) -> [Effect] {
        give {
            $0.start(
                now: now,
                configured: configured,
                damaged: damaged,
                highestIncident: highestIncident,
                foundHalted: foundHalted
            )
        }
    }
}

extension Clearing {
    /// The order of its next batch.
    var order: HaltOrder.Verb {
        let copies: Int64? = action == .release && rate > 0 ? max(1, rate * 5 / 60) : nil
        return .clear(
            Clearing.Step(
                number: number,
                action: action,
                list: list,
                post: post,
                spares: spares,
                copies: copies
            )
        )
    }
}

extension [Effect] {
    /// The kinds of effects in order: `save`, `halt`, `page`, `answer`...
    var kinds: [String] {
        map {
            switch $0 {
            case .save: "save"
            case .halt: "halt"
            case .page: "page"
            case .snapshot: "snapshot"
            case .answer: "answer"
            case .softHold: "soft-hold"
            case .release: "release"
            case .tripped: "tripped"
            case .log: "log"
            }
        }
    }

    var orders: [HaltOrder.Verb] {
        compactMap { if case .halt(let order) = $0 { order.verb } else { nil } }
    }

    var pages: [Alert] {
        compactMap { if case .page(let alert) = $0 { alert } else { nil } }
    }

    var notes: [LogNote] {
        compactMap { if case .log(let note) = $0 { note } else { nil } }
    }

    var answer: CommandAnswer? {
        compactMap { if case .answer(let answer) = $0 { answer } else { nil } }.first
    }
}
