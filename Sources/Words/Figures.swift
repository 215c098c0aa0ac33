// SPDX-License-Identifier: Apache-2.0
//
// Figures as a tired person reads them: 12,000 and 3 h, not 12000 and 10800.000.

public import EventTime

extension BinaryInteger {
    /// The number with its thousands set apart by commas: `12,345`.
    public var grouped: String {
        let digits = String(magnitude)
        var text = self < 0 ? "-" : ""
        for (place, digit) in digits.utf8.enumerated() {
            if place > 0 && (digits.utf8.count - place) % 3 == 0 { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    /// The number and `noun`, in the plural unless there is exactly one: `1 message`, `2,000 lists`.
    ///
    /// `plural` is given where it is not `noun` and an s.
    public func counting(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }
}

extension Double {
    /// The number with two digits behind the point: `1,234.50`; `-` for none, `large` beyond 1e12.
    public var twoDecimals: String {
        guard isFinite else { return "-" }
        guard abs(self) < 1e12 else { return "large" }
        let hundredths = Int64((abs(self) * 100).rounded())
        let rest = hundredths % 100
        return (self < 0 ? "-" : "") + (hundredths / 100).grouped + "."
            + (rest < 10 ? "0" : "") + String(rest)
    }
}

extension TimeSpan {
    /// The length in its largest fitting unit, such as `45 s`, `12 min`, `3 h`, `2 d`.
    public var words: String {
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
