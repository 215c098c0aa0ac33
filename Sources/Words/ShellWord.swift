// SPDX-License-Identifier: Apache-2.0
//
// Words that people paste into a shell. A list's name comes from the log, and `$(...)` is a valid
// local part. The mistake to avoid: a word that is safe for the shell but not for the terminal.

/// `text` as one word of sh(1), in quotation marks in any case.
///
/// Unsafe letters are shown as ``shown(_:)`` does it: the word then names nothing, and does no harm.
public func shellQuoted(_ text: String) -> String {
    "'"
        + shown(text).split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
}

/// `text` as one word of sh(1), in quotation marks where it needs them.
public func shellWord(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            || "@._+-/".unicodeScalars.contains(scalar)
    }
    return isPlain && !text.isEmpty ? text : shellQuoted(text)
}
