// SPDX-License-Identifier: Apache-2.0
//
// Figures as a tired person reads them: 12,000 and 3 h, not 12000 and 10800.000.

import EventTime

extension TimeSpan {
    /// The length in its largest fitting unit, such as `45 s`, `12 min`, `3 h`, `2 d`.
    var words: String {
        let seconds = microseconds.magnitude / 1_000_000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case 3600: "1 h"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86400) d"
        }
    }
}

extension Int64 {
    /// The number with its thousands set apart by commas.
    var words: String {
        let digits = String(magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0 && (digits.utf8.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + text
    }

    /// `self` and `noun`, which gets an s unless there is exactly one.
    func counting(_ noun: String) -> String {
        "\(words) \(noun)\(self == 1 ? "" : "s")"
    }

    /// The sum, held at the ends.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The product, held at the ends.
    func multipliedSaturated(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
