// SPDX-License-Identifier: Apache-2.0
//
// How much room text takes on a terminal, and how it is cut and broken there. What is measured has
// been made safe before: a poster chooses his address.

internal import Words

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
