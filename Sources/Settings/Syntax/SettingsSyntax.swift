// SPDX-License-Identifier: Apache-2.0
//
// systemd.syntax(7), lines to assignments: sections, `Key=value`, comments that begin with `#` or
// `;`, and lines continued by a backslash. What a key means is not known here. The mistake to
// avoid: a comment inside a continued value is skipped, and does not end it.

/// A value with the place of each of its characters: it may run over several lines.
struct SourceValue {
    /// The text, continued lines joined by a blank, blanks at both ends removed.
    var text: String
    /// Where each line's part begins: offset in `text` in characters, line, column.
    var parts: [(offset: Int, line: Int, column: Int)]
    /// The file.
    var path: String

    /// Where the value begins.
    var location: SettingsLocation { location(at: 0, in: 0) }

    /// The words between blanks, each with its place.
    var words: [(word: String, location: SettingsLocation)] {
        var words: [(String, SettingsLocation)] = []
        var word = ""
        var start = location
        var part = 0
        for (offset, scalar) in text.unicodeScalars.enumerated() {
            while part + 1 < parts.count, parts[part + 1].offset <= offset { part += 1 }
            if scalar == " " || scalar == "\t" {
                if !word.isEmpty { words.append((word, start)) }
                word = ""
            } else {
                if word.isEmpty { start = location(at: offset, in: part) }
                word.unicodeScalars.append(scalar)
            }
        }
        if !word.isEmpty { words.append((word, start)) }
        return words
    }

    private func location(at offset: Int, in part: Int) -> SettingsLocation {
        let (begin, line, column) = parts.isEmpty ? (0, 1, 1) : parts[part]
        return SettingsLocation(path: path, line: line, column: column + max(0, offset - begin))
    }
}

/// A `[Kind name]` line.
struct SectionHeader {
    /// The first word.
    var kind: String
    /// What follows it; empty when nothing does.
    var name: String
    /// Where `kind` stands.
    var location: SettingsLocation
    /// Where `name` stands.
    var nameLocation: SettingsLocation
}

/// What a line of a settings file says.
enum SettingsLine {
    /// A section begins.
    case section(SectionHeader)
    /// `Key=value`, with the place of the key.
    case assignment(key: String, location: SettingsLocation, value: SourceValue)
}

/// Splits a file into lines that mean something.
struct SettingsSyntax {
    private let path: String
    private var lines: [[Unicode.Scalar]] = []
    private var next = 0

    /// A reader of `file`; adds to `errors` when it is too long or no UTF-8 text.
    init(_ file: SettingsText, errors: inout SettingsErrors) {
        path = file.path
        if file.bytes.count > SettingsText.longest {
            report(
                1,
                1,
                "the file is longer than \(SettingsText.longest) bytes and is not read",
                &errors
            )
            return
        }
        var bytes = file.bytes[...]
        // systemd skips a byte order mark too.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        let raw = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in raw.enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else {
                report(index + 1, 1, "the line is not UTF-8 text", &errors)
                lines.append([])
                continue
            }
            let scalars = Array(text.unicodeScalars)
            if let column = scalars.firstIndex(of: "\0") {
                report(index + 1, column + 1, "the line holds a NUL byte", &errors)
                lines.append([])
            } else {
                lines.append(scalars)
            }
        }
    }

    /// The next section or assignment; nil at the end.
    ///
    /// Lines that are neither go to `errors`.
    mutating func read(_ errors: inout SettingsErrors) -> SettingsLine? {
        while next < lines.count {
            let number = next + 1
            let line = lines[next]
            guard let start = line.firstIndex(where: { !isBlank($0) }), !isComment(line[start])
            else {
                next += 1
                continue
            }
            if line[start] == "[" {
                next += 1
                if let header = section(line, from: start, number: number, &errors) {
                    return .section(header)
                }
            } else if let assignment = assignment(from: start, &errors) {
                return assignment
            }
        }
        return nil
    }

    private func section(
        _ line: [Unicode.Scalar],
        from start: Int,
        number: Int,
        _ errors: inout SettingsErrors
    ) -> SectionHeader? {
        let end = line.lastIndex { !isBlank($0) } ?? start
        guard line[end] == "]", end > start + 1 else {
            report(
                number,
                end + 1,
                "a section header ends with ']', such as [Journal]",
                &errors
            )
            return nil
        }
        let inside = (start + 1)..<end
        let first = inside.first { !isBlank(line[$0]) } ?? end
        let blank = (first..<end).first { isBlank(line[$0]) } ?? end
        let name = (blank..<end).first { !isBlank(line[$0]) } ?? end
        let last = (name..<end).last { !isBlank(line[$0]) } ?? (end - 1)
        return SectionHeader(
            kind: string(line[first..<blank]),
            name: name < end ? string(line[name...last]) : "",
            location: SettingsLocation(path: path, line: number, column: first + 1),
            nameLocation: SettingsLocation(path: path, line: number, column: name + 1)
        )
    }

    private mutating func assignment(
        from start: Int,
        _ errors: inout SettingsErrors
    ) -> SettingsLine? {
        let number = next + 1
        let line = lines[next]
        let separator = line[start...].firstIndex(of: "=")
        let value = value(from: (separator ?? line.count - 1) + 1)
        guard let separator else {
            report(number, start + 1, "expected Key=value or a [Section]", &errors)
            return nil
        }
        let end = line[start..<separator].lastIndex { !isBlank($0) }
        guard let end else {
            report(number, start + 1, "the key before '=' is missing", &errors)
            return nil
        }
        return .assignment(
            key: string(line[start...end]),
            location: SettingsLocation(path: path, line: number, column: start + 1),
            value: value
        )
    }

    /// The value that begins at `column` of the next line, with the lines that continue it.
    private mutating func value(from column: Int) -> SourceValue {
        var scalars: [Unicode.Scalar] = []
        var parts: [(offset: Int, line: Int, column: Int)] = []
        var from = column
        var isContinued = true
        while isContinued, next < lines.count {
            let line = lines[next]
            next += 1
            let text = line.dropFirst(from)
            let first = text.firstIndex { !isBlank($0) }
            // systemd.syntax(7): "When a comment line or lines follow a line ending with a
            // backslash, the comment block is ignored".
            if !parts.isEmpty, let first, isComment(line[first]) { continue }
            var end = (text.lastIndex { !isBlank($0) }).map { $0 + 1 } ?? text.startIndex
            isContinued = end > text.startIndex && line[end - 1] == "\\"
            if isContinued { end -= 1 }
            if !parts.isEmpty { scalars.append(" ") }
            let begin = min(first ?? end, end)
            parts.append((offset: scalars.count, line: next, column: begin + 1))
            scalars.append(contentsOf: line[begin..<end])
            from = 0
        }
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        // A value that starts on a continued line: what stands before it is blank.
        let lead = scalars.prefix(while: isBlank).count
        scalars.removeFirst(lead)
        parts = parts.map { (offset: $0.offset - lead, line: $0.line, column: $0.column) }
        if let first = parts.lastIndex(where: { $0.offset <= 0 }) {
            parts.removeFirst(first)
            parts[0].column -= parts[0].offset
            parts[0].offset = 0
        }
        return SourceValue(text: string(scalars[...]), parts: parts, path: path)
    }

    private func report(
        _ line: Int,
        _ column: Int,
        _ message: String,
        _ errors: inout SettingsErrors
    ) {
        let location = SettingsLocation(path: path, line: line, column: column)
        errors.add(SettingsProblem(location: location, message: message))
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    private func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r"
    }

    private func isComment(_ scalar: Unicode.Scalar) -> Bool { scalar == "#" || scalar == ";" }
}
