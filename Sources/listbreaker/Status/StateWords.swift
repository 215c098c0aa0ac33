// SPDX-License-Identifier: Apache-2.0
//
// The words for states. In electricity closed means that current flows; people read it the other
// way round at night. So both words are always printed: `open (mail halted)`.

internal import Engine
internal import EventTime
internal import Words

/// States in words, with the colour of each.
enum StateWords {
    /// The state of a breaker.
    ///
    /// `halt` is the incident's own word: an open breaker in observe mode halts nothing, and a halt
    /// that failed must not read as one that holds.
    static func breaker(_ state: String, halt: String?) -> TextTable.Cell {
        guard state == "open", let halt, !["observe: mail flows", "NOT HALTED"].contains(halt)
        else { return short(state, halt: halt) }
        let words =
            halt == "halting" ? "open (halting mail)" : "open (mail halted, \(shown(halt)))"
        return .init(words, .alarm)
    }

    /// The same in few words, for tables.
    ///
    /// `isQueueHalted`: another breaker halts this list's mail too.
    static func short(
        _ state: String,
        halt: String?,
        isQueueHalted: Bool = false
    ) -> TextTable.Cell {
        switch (state, halt) {
        case ("open", "observe: mail flows"): .init("open (observe: mail flows)", .caution)
        case ("open", "NOT HALTED"): .init("open (MAIL NOT HALTED)", .alarm)
        case ("open", _): .init("open (mail halted)", .alarm)
        case ("half-open", _): .init("half-open (mail flows)", .caution)
        case ("closed", _) where isQueueHalted: .init("closed (queue halted)", .caution)
        case ("closed", _): .init("closed (mail flows)", .good)
        default: .init(shown(state), .caution)
        }
    }

    /// An RFC 3339 time as people read it: `2026-11-24 07:28:02 UTC`.
    static func time(_ text: String) -> String {
        let brief = briefTime(text)
        return brief.first?.isNumber == true ? brief + " UTC" : brief
    }

    /// The same for a column whose title says UTC.
    static func briefTime(_ text: String) -> String {
        guard let time = Timestamp(rfc3339: text) else { return shown(text) }
        return String(Timestamp(seconds: time.seconds).rfc3339.dropLast())
            .replacing("T", with: " ")
    }

    /// `uid N at TIME`, with the time as people read it.
    static func audit(_ text: String) -> String {
        let parts = text.split(separator: " at ", maxSplits: 1)
        guard parts.count == 2 else { return shown(text) }
        return "\(shown(String(parts[0]))) at \(time(String(parts[1])))"
    }

    /// How long before `now` it was, in one unit: `3 min`, `2 h`, `5 d`; empty when unknown.
    static func age(_ text: String, at now: String) -> String {
        guard let time = Timestamp(rfc3339: text), let now = Timestamp(rfc3339: now), now >= time
        else { return "" }
        return (now - time).words
    }

    /// `number` with groups of thousands: `12,345`.
    static func count(_ number: Int64) -> String { number.grouped }

    /// `number` with two digits behind the point; `-` for none.
    static func decimal(_ number: Double?) -> String { number?.twoDecimals ?? "-" }
}
