// SPDX-License-Identifier: Apache-2.0
//
// What waits for a person: a doubtful verdict in attended hours, and a person's word that a list
// may go on. Plain values, saved with the board, so that a crash forgets neither. The mistake to
// avoid: a wait that nothing ends; each has its end from its first moment.

public import EventTime
public import StormDetection
internal import Words

/// A doubtful verdict that was paged and halts at its end, unless somebody answers.
public struct Doubt: Sendable, Codable, Equatable {
    /// What detection said.
    public var verdict: Verdict
    /// When it was paged.
    public var paged: Timestamp
    /// When the breaker opens.
    public var ends: Timestamp
    /// Further doubtful verdicts of the same list since.
    public var repeats: Int64 = 0

    /// The same for the page and its end; at most 255 bytes.
    public var dedupKey: String {
        "doubt-\(String(decoding: verdict.list.utf8.prefix(200), as: UTF8.self))-\(paged.seconds)"
    }
}

/// A person's word that doubtful verdicts about a list do not count for a while.
public struct HoldOff: Sendable, Codable, Equatable {
    /// Until when.
    public var until: Timestamp
    /// Who said so.
    public var by: Audit
}

/// Why a verdict halted at once, or after how long.
public enum Attendance: Sendable, Codable, Equatable {
    /// The rule leaves no doubt; who is there does not matter.
    case sure
    /// Doubtful, and nobody was counted on to answer.
    case unattended
    /// Doubtful; paged at this time, and not answered.
    case unanswered(since: Timestamp)
    /// The list was on probation after a reset: doubt is enough.
    case probation

    /// Which of them; the raw value is the word in JSON and annotations.
    public enum Word: String, Sendable {
        case sure, unattended, unanswered, probation
    }

    /// Which of them it is.
    public var word: Word {
        switch self {
        case .sure: .sure
        case .unattended: .unattended
        case .unanswered: .unanswered
        case .probation: .probation
        }
    }

    /// In words for a page; what is halted at once is named by `done`.
    func words(_ done: String) -> String {
        switch self {
        case .sure: "The rule leaves no doubt: \(done) at once."
        case .unattended: "The rule leaves some doubt, and nobody is on duty: \(done) at once."
        case .unanswered(let since):
            "The rule leaves some doubt; paged at \(since.rfc3339), not answered: \(done)."
        case .probation: "The list was on probation after a reset: \(done) at once."
        }
    }
}

extension Verdict {
    /// Whether it is a trip that no hold-off keeps back.
    var isSureTrip: Bool { isSure && action == .trip }
}

extension Forecast {
    /// The three lines in words.
    public var words: String {
        let copies = [low, middle, high].map { figure in
            abs(figure) < 1e15 ? Int64(figure.rounded()).grouped : Evidence.short(figure)
        }.joined(separator: " / ")
        return "\(copies) copies (low / middle / high) by \(until.rfc3339)"
    }
}
