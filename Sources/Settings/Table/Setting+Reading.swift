// SPDX-License-Identifier: Apache-2.0
//
// From the text of one value to the value, or to the reason why not. An empty value is the
// default again, as systemd does it; lists become empty and begin anew.

import EventTime

extension Setting {
    /// Sets `root` to what `value` says; problems go to `errors` and leave `root` as it was.
    func assign(
        _ value: SourceValue,
        to root: inout Root,
        default fallback: Root,
        _ errors: inout SettingsErrors
    ) {
        let text = value.text
        if text.isEmpty {
            reset(&root, to: fallback)
            return
        }
        switch slot {
        case .toggle(let place):
            guard let flag = readBoolean(text) else { return refuse(value, &errors) }
            root[keyPath: place] = flag
        case .integer(let place, let range):
            guard let number = readInteger(text), range.contains(number) else {
                return refuse(value, &errors)
            }
            root[keyPath: place] = number
        case .count(let place, let range):
            guard let number = readInteger(text).flatMap(Int.init(exactly:)), range.contains(number)
            else { return refuse(value, &errors) }
            root[keyPath: place] = number
        case .decimal(let place, let range):
            guard let number = readDecimal(text), range.contains(number) else {
                return refuse(value, &errors)
            }
            root[keyPath: place] = number
        case .span(let place, let range):
            guard let span = TimeSpan(systemd: text), range.contains(span) else {
                return refuse(value, &errors)
            }
            root[keyPath: place] = span
        case .text(let place, let rule):
            guard rule.accepts(text) else { return refuse(value, &errors) }
            root[keyPath: place] = text
        case .words(let place, let rule, let most):
            append(value, to: &root[keyPath: place], rule, most: most, &errors)
        case .other(_, let read, _):
            var changed = root
            guard read(text, &changed) else { return refuse(value, &errors) }
            root = changed
        }
    }

    private func reset(_ root: inout Root, to fallback: Root) {
        switch slot {
        case .toggle(let place): root[keyPath: place] = fallback[keyPath: place]
        case .integer(let place, _): root[keyPath: place] = fallback[keyPath: place]
        case .count(let place, _): root[keyPath: place] = fallback[keyPath: place]
        case .decimal(let place, _): root[keyPath: place] = fallback[keyPath: place]
        case .span(let place, _): root[keyPath: place] = fallback[keyPath: place]
        case .text(let place, _): root[keyPath: place] = fallback[keyPath: place]
        case .words(let place, _, _): root[keyPath: place] = []
        case .other(_, let read, let write): _ = read(write(fallback), &root)
        }
    }

    private func append(
        _ value: SourceValue,
        to words: inout [String],
        _ rule: TextRule,
        most: Int,
        _ errors: inout SettingsErrors
    ) {
        for (word, location) in value.words {
            if !rule.accepts(word) {
                refuse(word, at: location, &errors)
            } else if words.count >= most {
                errors.add(
                    SettingsProblem(
                        location: location,
                        message: "\(name)= takes at most \(most) words"
                    )
                )
                return
            } else {
                words.append(word)
            }
        }
    }

    private func refuse(_ value: SourceValue, _ errors: inout SettingsErrors) {
        refuse(value.text, at: value.location, &errors)
    }

    private func refuse(
        _ text: String,
        at location: SettingsLocation,
        _ errors: inout SettingsErrors
    ) {
        let example = if case .span = slot { ", such as 5min" } else { "" }
        errors.add(
            SettingsProblem(
                location: location,
                message: "\(name)= expects \(expected)\(example); found \(quoted(text))"
            )
        )
    }
}

/// systemd.syntax(7): 1, yes, y, true, t, on and their opposites, in any case.
func readBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "yes", "y", "true", "t", "on": true
    case "0", "no", "n", "false", "f", "off": false
    default: nil
    }
}

/// A whole number without sign; nil when it does not fit.
func readInteger(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        return nil
    }
    return Int64(text)
}

/// A number of digits and at most one dot; no exponent, no `nan`, no `inf`.
func readDecimal(_ text: String) -> Double? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = text.utf8.first, digits.contains(first), text.utf8.count <= 20,
        text.utf8.allSatisfy({ digits.contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return Double(text)
}
