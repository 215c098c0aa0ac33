// SPDX-License-Identifier: Apache-2.0
//
// What somebody who mistyped a word meant: a setting, a verb, a list.

/// The word of `candidates` that `word` was probably meant to be, or nil.
///
/// Compared without regard to case by edits (Damerau-Levenshtein, adjacent swaps included); at
/// most a third of the letters may differ. Linear in the candidates; words over 40 bytes are
/// not compared.
public func nearest(to word: String, among candidates: [String]) -> String? {
    let wanted = Array(word.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 40 else { return nil }
    var best: (name: String, edits: Int)?
    for candidate in candidates {
        let count = edits(wanted, Array(candidate.lowercased().utf8))
        if count <= max(1, wanted.count / 3), count < best?.edits ?? .max {
            best = (candidate, count)
        }
    }
    return best?.name
}

/// Insertions, deletions, changes and swaps of neighbours that make `right` of `left`
/// (Damerau-Levenshtein, each place changed once).
///
/// The time is the product of the lengths: bound them.
public func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var rows = [Array(0...right.count)]
    for (row, byte) in left.enumerated() {
        var next = [row + 1]
        for (column, other) in right.enumerated() {
            var edits = min(rows[row][column + 1], next[column]) + 1
            edits = min(edits, rows[row][column] + (byte == other ? 0 : 1))
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                edits = min(edits, rows[row - 1][column - 1] + 1)
            }
            next.append(edits)
        }
        rows.append(next)
    }
    return rows[left.count][right.count]
}
