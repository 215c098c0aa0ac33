// SPDX-License-Identifier: Apache-2.0
//
// main.cf as lines, and the lines that header logging puts into it: one continuation line behind the
// site's own header_checks, and a block at the end. Pure. Everything else stays byte for byte, and
// what is taken out again is only what is still as it was put in. The mistake to avoid: taking a
// line that begins with white space for a comment's; it continues the parameter before it,
// postconf(5).

/// The text of a main.cf.
struct MainFile: Equatable {
    /// First and last line of our block.
    static let firstLine =
        "# listbreaker: header logging; to undo: listbreaker setup postfix --undo"
    static let lastLine = "# listbreaker: end of header logging"
    /// Ends the first line when main.cf did not end in a line break before.
    static let unended = " (main.cf did not end in a line break)"

    /// Lines with their line breaks.
    var lines: [ArraySlice<UInt8>] = []

    init(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1
            lines.append(bytes[start...end])
            start = end + 1
        }
    }

    /// The whole text.
    var bytes: [UInt8] { lines.flatMap { $0 } }

    /// Where our block stands: its first and last line; nil when there is none or half of one.
    var block: ClosedRange<Int>? {
        guard let first = lines.indices.first(where: { text($0).hasPrefix(Self.firstLine) }),
            let last = lines.indices.last(where: { text($0) == Self.lastLine }), last > first
        else { return nil }
        return first...last
    }

    /// The value that `name` has last, its lines joined by blanks; nil when it is not set.
    func value(of name: String) -> String? {
        guard let range = definitions(of: name).last else { return nil }
        let texts = range.map { text($0) }.filter { !Self.isSkipped($0) }
        let first = texts.first.flatMap { line in
            line.firstIndex(of: "=").map { line[line.index(after: $0)...] }
        }
        let parts = [first ?? ""] + texts.dropFirst().map { $0[...] }
        return parts.map { Self.trimmed($0) }.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Puts `table` behind the header checks; returns the lines of the block between its marks.
    ///
    /// Headers of attached messages stay with what checked them before: nested_header_checks
    /// defaults to `$header_checks`, postconf(5).
    mutating func install(_ table: String) -> [String] {
        let old = value(of: "header_checks")
        var added: [String] = []
        if old == nil { added.append("header_checks = \(table)") }
        if value(of: "nested_header_checks") == nil {
            added.append("nested_header_checks = \(old ?? "")".trimmingBlanks)
        }
        let isEnded = lines.last?.last.map { $0 == UInt8(ascii: "\n") } ?? true
        if !isEnded { lines[lines.count - 1] = (Array(lines[lines.count - 1]) + [0x0a])[...] }
        if let place = definitions(of: "header_checks").last {
            lines.insert(Self.line(Self.continuation(table)), at: place.upperBound)
        }
        let first = Self.firstLine + (isEnded ? "" : Self.unended)
        lines += ([first] + added + [Self.lastLine]).map(Self.line)
        return added
    }

    /// Takes out what ``install(_:)`` put in and nobody changed; returns remarks on the rest.
    ///
    /// `added` is what it returned; nil when that is not known any more.
    mutating func remove(_ table: String, added: [String]?) -> [String] {
        var remarks: [String] = []
        var gone: Set<Int> = []
        var isUnended = false
        if let block {
            isUnended = text(block.lowerBound).hasSuffix(Self.unended)
            for index in block {
                let line = text(index)
                let isMark = index == block.lowerBound || index == block.upperBound
                let isOurs =
                    added?.contains(line)
                    ?? (line == "header_checks = \(table)"
                        || line.hasPrefix("nested_header_checks ="))
                if isMark || isOurs {
                    gone.insert(index)
                } else {
                    remarks.append("left in main.cf, since somebody changed it: \(line)")
                }
            }
            if let added {
                let here = Set(block.map { text($0) })
                for line in added where !here.contains(line) {
                    remarks.append("was not there any more: \(line)")
                }
            }
        }
        for range in definitions(of: "header_checks") {
            gone.formUnion(range.filter { text($0) == Self.continuation(table) })
        }
        lines = lines.indices.filter { !gone.contains($0) }.map { lines[$0] }
        if isUnended, let last = lines.indices.last, lines[last].last == 0x0a {
            lines[last] = lines[last].dropLast()
        }
        if let value = value(of: "header_checks"), value.contains(table) {
            remarks.append("left in main.cf, since somebody changed it: header_checks = \(value)")
        }
        return remarks
    }

    /// The lines of each definition of `name`, continuation lines with them.
    func definitions(of name: String) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = 0
        while index < lines.count {
            let start = index
            index += 1
            guard defines(start, name) else { continue }
            var end = index
            while index < lines.count {
                let line = text(index)
                if !Self.isSkipped(line) {
                    guard let first = line.first, first == " " || first == "\t" else { break }
                    end = index + 1
                }
                index += 1
            }
            found.append(start..<end)
            index = end
        }
        return found
    }

    private func defines(_ index: Int, _ name: String) -> Bool {
        let line = text(index)
        guard line.hasPrefix(name), let equals = line.firstIndex(of: "=") else { return false }
        return Self.trimmed(line[..<equals]) == name
    }

    /// A line without its line break.
    func text(_ index: Int) -> String {
        let line = lines[index]
        return String(decoding: line.last == 0x0a ? line.dropLast() : line, as: UTF8.self)
    }

    private static func continuation(_ table: String) -> String { "    \(table)" }

    private static func line(_ text: String) -> ArraySlice<UInt8> { Array("\(text)\n".utf8)[...] }

    /// Whether Postfix passes over the line: empty or a comment.
    private static func isSkipped(_ line: String) -> Bool {
        let first = line.first { $0 != " " && $0 != "\t" && $0 != "\r" }
        return first == nil || first == "#"
    }

    private static func trimmed(_ text: Substring) -> String { String(text).trimmingBlanks }
}

extension String {
    /// Without blanks and tabs at both ends.
    var trimmingBlanks: String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        let start = drop(while: isBlank)
        return String(
            start.prefix(
                (start.lastIndex { !isBlank($0) }).map {
                    start.distance(from: start.startIndex, to: $0) + 1
                } ?? 0
            )
        )
    }
}
