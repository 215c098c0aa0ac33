// SPDX-License-Identifier: Apache-2.0
//
// A board with its effects in a row, so that a test reads as a story.

import Breaker
import EventTime
import FoundationEssentials
import StormDetection

let friday = Timestamp(seconds: 1_795_795_200)
let list = "annonce@lists.example.org"
let scope = BreakerScope.list(list)

struct Bench {
    var board: BreakerBoard
    var settings = BreakerSettings()
    var forecast: Forecast?

    init(_ mode: Mode = .armed) {
        board = BreakerBoard(mode: mode)
    }

    mutating func verdict(
        _ action: Verdict.Action = .trip,
        list: String = list,
        at time: Timestamp = friday,
        readAt: Timestamp? = nil,
        rule: Rule = .announceBreach,
        isSure: Bool = true
    ) -> [Effect] {
        var effects = EffectList()
        var evidence = Evidence()
        evidence.summary = "2 strangers were redistributed"
        evidence.forecast = forecast
        let verdict = Verdict(
            action: action,
            list: list,
            time: time,
            rule: rule,
            isSure: isSure,
            evidence: evidence
        )
        board.take(verdict, now: readAt ?? time, settings: settings, into: &effects)
        return effects.ordered
    }

    mutating func command(
        _ command: Command,
        reason: String = "seen",
        at time: Timestamp = friday + .minutes(5)
    ) -> [Effect] {
        var effects = EffectList()
        board.take(
            command,
            by: Audit(uid: 1000, time: time, reason: reason),
            settings: settings,
            into: &effects
        )
        return effects.ordered
    }

    mutating func outcome(
        _ verb: HaltOrder.Verb,
        _ result: HaltOutcome.Result,
        at time: Timestamp = friday
    ) -> [Effect] {
        var effects = EffectList()
        board.take(
            HaltOutcome(
                order: HaltOrder(verb: verb, incident: board.incidents.last?.number ?? 0),
                result: result,
                time: time
            ),
            settings: settings,
            into: &effects
        )
        return effects.ordered
    }

    mutating func outbound(started: Timestamp, at time: Timestamp) -> [Effect] {
        var effects = EffectList()
        board.take(
            outboundStarted: started,
            loggedAt: time,
            settings: settings,
            into: &effects
        )
        return effects.ordered
    }

    mutating func copy(started: Timestamp, at time: Timestamp) -> [Effect] {
        var effects = EffectList()
        board.take(
            copyOf: list,
            started: started,
            ordered: friday,
            loggedAt: time,
            settings: settings,
            into: &effects
        )
        return effects.ordered
    }

    mutating func tick(_ now: Timestamp, seen: Timestamp? = nil) -> [Effect] {
        var effects = EffectList()
        board.tick(now: now, seen: seen ?? now, settings: settings, into: &effects)
        return effects.ordered
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
        foundHalted: Bool = false
    ) -> [Effect] {
        var effects = EffectList()
        board.start(
            now: now,
            configured: configured,
            damaged: damaged,
            foundHalted: foundHalted,
            into: &effects
        )
        return effects.ordered
    }
}

extension Clearing {
    /// The order of its next batch.
    var order: HaltOrder.Verb {
        let copies: Int64? = action == .release && rate > 0 ? max(1, rate * 5 / 60) : nil
        return .clear(
            Clearing.Step(number: number, action: action, list: list, post: post, copies: copies)
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

    var answer: CommandAnswer? {
        compactMap { if case .answer(let answer) = $0 { answer } else { nil } }.first
    }
}
