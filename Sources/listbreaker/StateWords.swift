// SPDX-License-Identifier: Apache-2.0
//
// The words for states. In electricity closed means that current flows; people read it the other
// way round at night. So both words are always printed: `open (mail halted)`.

internal import Engine
internal import EventTime

/// States in words, with the colour of each.
enum StateWords {
    /// The state of a breaker.
    ///
    /// `halt` is the incident's own word: an open breaker in observe mode halts nothing, and a halt
    /// that failed must not read as one that holds.
    static func breaker(
        _ state: String,
        halt: String?,
        isQueueHalted: Bool = false
    ) -> TextTable.Cell {
        switch state {
        case "open":
            switch halt {
            case nil: return .init("open (mail halted)", .alarm)
            case "observe: mail flows": return .init("open (observe: mail flows)", .caution)
            case "NOT HALTED": return .init("open (MAIL NOT HALTED)", .alarm)
            case .some(let word) where word.hasPrefix("leaking"):
                return .init("open (\(shown(word)))", .alarm)
            case "halting": return .init("open (halting mail)", .alarm)
            case .some(let word): return .init("open (mail halted, \(shown(word)))", .alarm)
            }
        case "half-open": return .init("half-open (mail flows, on probation)", .caution)
        case "closed" where isQueueHalted: return .init("closed (queue halted)", .caution)
        case "closed": return .init("closed (mail flows)", .good)
        default: return .init(shown(state), .caution)
        }
    }

    /// The mode, with what it means.
    static func mode(_ mode: String) -> TextTable.Cell {
        switch mode {
        case "armed": .init("armed", .good)
        case "observe": .init("observe: nothing is ever halted", .caution)
        default: .init(shown(mode), .caution)
        }
    }

    /// An RFC 3339 time as people read it: `2026-11-24 07:28:02 UTC`.
    static func time(_ text: String) -> String {
        guard let time = Timestamp(rfc3339: text) else { return shown(text) }
        let whole = Timestamp(seconds: time.seconds).rfc3339
        return whole.dropLast().replacing("T", with: " ") + " UTC"
    }

    /// How long before `now` it was, in one unit: `3 min`, `2 h`, `5 d`; empty when unknown.
    static func age(_ text: String, at now: String) -> String {
        guard let time = Timestamp(rfc3339: text), let now = Timestamp(rfc3339: now), now >= time
        else { return "" }
        let seconds = (now - time).microseconds / 1_000_000
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h"
        default: return "\(seconds / 86400) d"
        }
    }

    /// `number` with thin groups of thousands: `12,345`.
    static func count(_ number: Int64) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `number` with two digits behind the point.
    static func decimal(_ number: Double?) -> String {
        guard let number, number.isFinite else { return "-" }
        guard abs(number) < 1e12 else { return "large" }
        let hundredths = Int64((abs(number) * 100).rounded())
        let rest = hundredths % 100
        return (number < 0 ? "-" : "") + count(hundredths / 100) + "."
            + (rest < 10 ? "0" : "") + String(rest)
    }
}
