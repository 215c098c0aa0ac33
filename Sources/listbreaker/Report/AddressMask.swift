// SPDX-License-Identifier: Apache-2.0
//
// Addresses in a report that is passed on: of people only the first letter and the domain stay, lists
// are named. The mistake to avoid: masking the table of posters and leaving the sentence above it.

/// Shortens addresses in texts.
struct AddressMask {
    /// Addresses that stay whole, in lower case.
    var kept: Set<String>
    /// Whether nothing is shortened.
    var isOff = false

    /// `text` with `i…@example.org` for `ines@example.org`.
    func callAsFunction(_ text: String) -> String {
        guard !isOff, text.contains("@") else { return text }
        var result = ""
        var word = ""
        for letter in text {
            if Self.isPart(letter) {
                word.append(letter)
            } else {
                result += masked(word)
                word = ""
                result.append(letter)
            }
        }
        return result + masked(word)
    }

    /// Letters of an address, RFC 5322 atext, the dot, the @ and letters that are not ASCII.
    private static func isPart(_ letter: Character) -> Bool {
        guard letter.isASCII else { return true }
        return letter.isLetter || letter.isNumber || "!#$%&*+-/=?^_{|}~.@".contains(letter)
    }

    private func masked(_ word: String) -> String {
        guard let at = word.lastIndex(of: "@"), at != word.startIndex else { return word }
        // A sentence may end behind an address.
        let bare = word.lowercased().drop { $0 == "." }
        let end = bare.lastIndex { $0 != "." }.map { bare[...$0] } ?? bare
        guard !kept.contains(String(end)) else { return word }
        return word.prefix(1) + "…" + word[at...]
    }
}
