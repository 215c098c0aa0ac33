// SPDX-License-Identifier: Apache-2.0
//
// The words for states. In electricity closed means that current flows; people read it the other
// way round at night. So both words are always printed: `open (mail halted)`.

internal import Breaker
internal import EventTime
internal import Reports
internal import Words

/// States in words, with the colour of each.
enum StateWords {
    /// The state of a breaker.
    ///
    /// `halt` is the incident's own word: an open breaker in observe mode halts nothing, and a halt
    /// that failed must not read as one that holds.
    static func breaker(
        _ state: Word<BreakerState>,
        halt: Word<HaltWord>?
    ) -> TextTable.Cell {
        guard state == .open, let halt, halt != .observed, halt != .notHalted
        else { return short(state, halt: halt) }
        let words =
            halt == .halting
            ? "open (halting mail)" : "open (mail halted, \(shown(halt.text)))"
        return .init(words, .alarm)
    }

    /// The same in few words, for tables.
    ///
    /// `isQueueHalted`: another breaker halts this list's mail too.
    static func short(
        _ state: Word<BreakerState>,
        halt: Word<HaltWord>?,
        isQueueHalted: Bool = false
    ) -> TextTable.Cell {
        switch (state, halt) {
        case (.known(.open), .known(.observed)): .init("open (observe: mail flows)", .caution)
        case (.known(.open), .known(.notHalted)): .init("open (MAIL NOT HALTED)", .alarm)
        case (.known(.open), _): .init("open (mail halted)", .alarm)
        case (.known(.halfOpen), _): .init("half-open (mail flows)", .caution)
        case (.known(.closed), _) where isQueueHalted: .init("closed (queue halted)", .caution)
        case (.known(.closed), _): .init("closed (mail flows)", .good)
        case (.other(let state), _): .init(shown(state), .caution)
        }
    }

    /// An RFC 3339 time as people read it: `2026-11-24 08:28:02 CET`.
    static func time(_ text: String) -> String {
        Timestamp(rfc3339: text).map(LocalTime.text) ?? shown(text)
    }

    /// The same for a column whose title has ``LocalTime/title``.
    static func briefTime(_ text: String) -> String {
        Timestamp(rfc3339: text).map(LocalTime.brief) ?? shown(text)
    }

    /// `uid N at TIME`, with the time as people read it.
    static func audit(_ text: String) -> String {
        let parts = text.split(separator: " at ", maxSplits: 1)
        guard parts.count == 2 else { return told(text) }
        return "\(shown(String(parts[0]))) at \(told(String(parts[1])))"
    }

    /// How long before `now` it was, in one unit: `3 min`, `2 h`, `5 d`; empty when unknown.
    static func age(_ text: String, at now: String) -> String {
        guard let time = Timestamp(rfc3339: text), let now = Timestamp(rfc3339: now), now >= time
        else { return "" }
        return (now - time).words
    }

    /// `RULE N of LIMIT` where that is near: a quarter of the way or more; nil: it is not.
    ///
    /// Chosen: below it every idle list would name a rule, and a near-miss would drown among them.
    static func nearMiss(_ words: String) -> String? {
        (share(words) ?? 1) >= 0.25 ? words : nil
    }

    /// How far the nearest rule is: `RULE 2 of 4` is 0.5; nil: these are other words.
    static func share(_ words: String) -> Double? {
        let parts = words.split(separator: " ")
        guard parts.count == 4, parts[2] == "of", let figure = Double(parts[1]),
            let limit = Double(parts[3]), limit > 0
        else { return nil }
        return figure / limit
    }

    /// `number` with groups of thousands: `12,345`.
    static func count(_ number: Int64) -> String { number.grouped }

    /// `number` with two digits behind the point; `-` for none.
    static func decimal(_ number: Double?) -> String { number?.twoDecimals ?? "-" }
}
