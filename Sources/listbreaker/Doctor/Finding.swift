// SPDX-License-Identifier: Apache-2.0
//
// What `doctor` finds, as values, and how a person reads them.

internal import Linux
internal import Words

/// One finding.
struct Finding: Encodable, Equatable {
    /// How bad it is.
    enum Level: String, Encodable {
        /// As it should be.
        case ok
        /// It works, and could be better or could not be looked at.
        case warning
        /// It keeps us from seeing, halting or paging.
        case problem
    }

    /// What was looked at, one word.
    var check: String
    /// How bad it is.
    var level: Level
    /// What was found, one sentence.
    var text: String
    /// A command that changes it.
    var fix: String?

    /// As it should be.
    static func ok(_ check: String, _ text: String) -> Finding {
        Finding(check: check, level: .ok, text: text)
    }

    /// To be looked at.
    static func warning(_ check: String, _ text: String, fix: String? = nil) -> Finding {
        Finding(check: check, level: .warning, text: text, fix: fix)
    }

    /// To be changed.
    static func problem(_ check: String, _ text: String, fix: String? = nil) -> Finding {
        Finding(check: check, level: .problem, text: text, fix: fix)
    }

    /// With a command that can be typed on this host, or none.
    var here: Finding {
        var finding = self
        finding.fix = fix.flatMap { HostStep.command($0) }
        return finding
    }

    /// For people.
    func lines(_ console: Console) -> String {
        let (word, tone): (String, Console.Tone) =
            switch level {
            case .ok: ("ok       ", .good)
            case .warning: ("warning  ", .caution)
            case .problem: ("PROBLEM  ", .alarm)
            }
        let indent = String(repeating: " ", count: word.count)
        let body = wrapped("\(check): \(shown(text))", width: console.width - 9, rest: indent)
        // A command is not wrapped, so that it can be copied.
        return console.paint(word, tone) + body + (fix.map { "\n\(indent)fix: \(shown($0))" } ?? "")
    }
}
