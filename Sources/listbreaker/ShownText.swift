// SPDX-License-Identifier: Apache-2.0
//
// Text from the log, and from people, made safe for a terminal. A poster chooses his address: it
// may hold escape sequences, line breaks, and marks that turn the reading direction round.

/// `text` with everything escaped that could move the cursor, change colours or reorder text.
///
/// Escapes are `\u{..}`; what is printable stays. Applied to whatever is not our own wording.
func shown(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        if isUnprintable(scalar) {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// `text` made safe as ``shown(_:)`` does it, with its line breaks kept.
func shownLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { line in
            let end = line.lastIndex { $0 != " " }
            return shown(String(end.map { line[...$0] } ?? ""))
        }
        .joined(separator: "\n")
}

/// `text` as one word of a shell's command line, safe to be copied from a terminal.
///
/// A list's name comes from the log, and `$(...)` is a valid local part.
func shellWord(_ text: String) -> String {
    let plain = text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            || "@._+-/".unicodeScalars.contains(scalar)
    }
    if plain, !text.isEmpty { return text }
    return "'" + shown(text).replacing("'", with: "'\\''") + "'"
}

private func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        true
    default: false
    }
}

/// How many columns of a terminal `text` takes; it must be ``shown(_:)`` already.
func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns($1) }
}

/// `text` in at most `width` columns; what does not fit ends in `…`.
func clipped(_ text: String, to width: Int) -> String {
    guard columns(text) > width else { return text }
    var result = ""
    var used = 0
    for scalar in text.unicodeScalars {
        let next = columns(scalar)
        if used + next > width - 1 { break }
        used += next
        result.unicodeScalars.append(scalar)
    }
    return width > 0 ? result + "…" : ""
}

/// Lines of at most `width` columns, broken between words.
///
/// The first begins with `first`, the others with `rest`; a word that is too long stays whole.
func wrapped(_ text: String, width: Int, first: String = "", rest: String = "") -> String {
    var lines = [first]
    var isStart = true
    for word in text.split(separator: " ") {
        let current = lines[lines.count - 1]
        if isStart {
            lines[lines.count - 1] = current + word
        } else if columns(current) + 1 + columns(String(word)) > width {
            lines.append(rest + word)
        } else {
            lines[lines.count - 1] = current + " " + word
        }
        isStart = false
    }
    return lines.joined(separator: "\n")
}

/// Zero for marks that join the letter before, two for wide East Asian letters and pictures.
private func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        return 2
    default: return 1
    }
}
