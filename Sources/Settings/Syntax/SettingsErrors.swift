// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with settings: every problem at once, each with its place, so that a file is
// mended in one go. Text from the file is quoted short and without control characters.

internal import Words

/// Everything that is wrong with the settings, in the order of the files.
public struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The most problems that are kept; chosen: more than anybody reads at once.
    public static let most = 50

    /// The problems, at most ``most``.
    public private(set) var problems: [SettingsProblem] = []
    /// How many further ones were found and left out.
    public private(set) var omitted = 0

    /// No problem yet.
    public init() {}

    /// Adds a problem, or counts it when there are ``most`` already.
    public mutating func add(_ problem: SettingsProblem) {
        if problems.count < Self.most {
            problems.append(problem)
        } else {
            omitted += 1
        }
    }

    /// One line a problem.
    public var description: String {
        let lines = problems.map(\.description)
        return (omitted == 0 ? lines : lines + ["\(omitted) further errors"])
            .joined(separator: "\n")
    }
}

/// One thing that is wrong.
public struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
    /// Where.
    public var location: SettingsLocation
    /// What was found and what was expected.
    public var message: String

    /// The problem `message` at `location`.
    public init(location: SettingsLocation, message: String) {
        self.location = location
        self.message = message
    }

    /// `path:line:column: message`.
    public var description: String { "\(location): \(message)" }
}

/// `text` in quotes for a message: at most 60 characters, unsafe letters as `?`.
func quoted(_ text: String) -> String {
    var result = "'"
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == 60 { return result + "...'" }
        result.unicodeScalars.append(scalar.isUnsafe ? "?" : scalar)
    }
    return result + "'"
}

/// The word of `candidates` that `word` was probably meant to be, or nil.
///
/// Compared without regard to case by edits (Damerau-Levenshtein, adjacent swaps included); at
/// most a third of the letters may differ. Linear in the candidates; words over 40 bytes are
/// not compared.
func nearest(to word: String, among candidates: [String]) -> String? {
    let wanted = Array(word.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 40 else { return nil }
    var best: (name: String, edits: Int)?
    for candidate in candidates {
        let edits = distance(wanted, Array(candidate.lowercased().utf8))
        if edits <= max(1, wanted.count / 3), edits < best?.edits ?? .max {
            best = (candidate, edits)
        }
    }
    return best?.name
}

/// Insertions, deletions, changes and swaps of neighbours that make `right` of `left`.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
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
