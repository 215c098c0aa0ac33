// SPDX-License-Identifier: Apache-2.0
//
// Slots with a grammar of their own: choices, values that may be left out, tables by size,
// attended hours, planned mailings. Each writes what it reads.

import Attended
import EventTime
import StormDetection

extension Slot {
    /// One of an enumeration's words.
    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ place: Place<Value>
    ) -> Slot {
        .other(
            expected: words(Value.self),
            read: { text, root in
                guard let value = Value(rawValue: text) else { return false }
                root[keyPath: place] = value
                return true
            },
            write: { $0[keyPath: place].rawValue }
        )
    }

    /// One of an enumeration's words, or nothing.
    static func optionalChoice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ place: Place<Value?>
    ) -> Slot {
        optional(place, words(Value.self), { Value(rawValue: $0) }, { $0.rawValue })
    }

    /// yes, no, or nothing.
    static func optionalToggle(_ place: Place<Bool?>) -> Slot {
        optional(place, "yes or no", { readBoolean($0) }, { $0 ? "yes" : "no" })
    }

    /// A time span within `range`, or `auto`.
    static func autoSpan(_ place: Place<TimeSpan?>, _ range: ClosedRange<TimeSpan>) -> Slot {
        .other(
            expected:
                "auto, or a time span from \(range.lowerBound.text) to \(range.upperBound.text)",
            read: { text, root in
                let span = TimeSpan(systemd: text)
                guard text == "auto" || span.map(range.contains) == true else { return false }
                root[keyPath: place] = text == "auto" ? nil : span
                return true
            },
            write: { $0[keyPath: place]?.text ?? "auto" }
        )
    }

    /// A whole number within `range`, or nothing.
    static func optionalInteger(_ place: Place<Int64?>, _ range: ClosedRange<Int64>) -> Slot {
        optional(
            place,
            "a whole number from \(range.lowerBound) to \(range.upperBound)",
            { text in readInteger(text).flatMap { range.contains($0) ? $0 : nil } },
            { String($0) }
        )
    }

    /// A number within `range`, or nothing.
    static func optionalDecimal(_ place: Place<Double?>, _ range: ClosedRange<Double>) -> Slot {
        optional(
            place,
            "a number from \(decimalText(range.lowerBound)) to \(decimalText(range.upperBound))",
            { text in readDecimal(text).flatMap { range.contains($0) ? $0 : nil } },
            decimalText
        )
    }

    /// A number for every size of list: `0:12 100:10 unknown:8`.
    ///
    /// Each number at most `most`.
    static func bySize(_ place: Place<BySize>, upTo most: Int64 = .max) -> Slot {
        let bound = most == .max ? "" : ", each at most \(most)"
        return .other(
            expected: "a number, or numbers by members in rising order, such as '0:12 1000:8'"
                + bound,
            read: { text, root in
                guard let value = BySize(parsing: text), value.unknown <= most,
                    value.steps.allSatisfy({ $0.value <= most })
                else { return false }
                root[keyPath: place] = value
                return true
            },
            write: { $0[keyPath: place].description }
        )
    }

    /// Attended hours; each assignment adds some, with `;` between several, and an empty one forgets
    /// those before.
    static func attendedSpans(_ place: Place<[String]>) -> Slot {
        .other(
            expected: "days and hours, such as 'Mon..Fri 09:00..17:00'; at most "
                + "\(AttendedSettings.mostSpans), between semicolons",
            read: { text, root in
                guard !text.isEmpty else {
                    root[keyPath: place] = []
                    return true
                }
                for part in text.split(separator: ";", omittingEmptySubsequences: false) {
                    let words = part.split(whereSeparator: { $0 == " " || $0 == "\t" })
                    let span = words.joined(separator: " ")
                    guard AttendedSpan(span) != nil,
                        root[keyPath: place].count < AttendedSettings.mostSpans
                    else { return false }
                    root[keyPath: place].append(span)
                }
                return true
            },
            write: { $0[keyPath: place].joined(separator: "; ") }
        )
    }

    /// Planned mailings, `COPIES until TIME`; each assignment adds one, at most 16, and an empty
    /// one forgets those before.
    static func mailings(_ place: Place<[PlannedMailing]>) -> Slot {
        .other(
            expected: "COPIES until TIME, such as '50000 until 2026-12-01T18:00:00Z'; at most 16",
            read: { text, root in
                guard !text.isEmpty else {
                    root[keyPath: place] = []
                    return true
                }
                for one in text.split(separator: ",") {
                    guard root[keyPath: place].count < 16, let mailing = mailing(String(one))
                    else { return false }
                    root[keyPath: place].append(mailing)
                }
                return true
            },
            write: { root in
                root[keyPath: place].map { "\($0.copies) until \($0.until.rfc3339)" }
                    .joined(separator: ", ")
            }
        )
    }

    private static func words<Value: RawRepresentable<String> & CaseIterable>(
        _ type: Value.Type
    ) -> String {
        "one of " + type.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func optional<Value>(
        _ place: Place<Value?>,
        _ expected: String,
        _ parse: @escaping @Sendable (String) -> Value?,
        _ print: @escaping @Sendable (Value) -> String
    ) -> Slot {
        .other(
            expected: expected,
            read: { text, root in
                guard !text.isEmpty else {
                    root[keyPath: place] = nil
                    return true
                }
                guard let value = parse(text) else { return false }
                root[keyPath: place] = value
                return true
            },
            write: { root in root[keyPath: place].map(print) ?? "" }
        )
    }
}

/// `COPIES until TIME`.
private func mailing(_ text: String) -> PlannedMailing? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    guard words.count >= 3, words[1] == "until", let copies = readInteger(words[0]), copies > 0,
        let until = Timestamp(rfc3339: words[2...].joined(separator: " "))
    else { return nil }
    return PlannedMailing(copies: copies, until: until)
}
