// SPDX-License-Identifier: Apache-2.0
//
// The text of a record, read and written: a first line with kind and version, then `field: value`. What
// came from the network passes here first. The mistake to avoid: to repair what is malformed; two hosts
// that repair differently hold different sets.

internal import Words

/// Why bytes are no record.
public struct RecordRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words, without anything of the bytes themselves.
    public let description: String

    package init(_ description: String) { self.description = description }
}

/// The lines of a record.
package struct RecordText {
    /// Lines that are read of one; chosen, 64 names and as many fields that a newer version adds.
    package static let mostLines = 128

    /// The version in the first line, from 1.
    package let version: Int64
    private let fields: [(name: Substring, value: Substring)]

    /// Reads `bytes`, which must say that they are of `kind`.
    package init(_ bytes: [UInt8], kind: String, limit: Int) throws(RecordRefusal) {
        guard bytes.count <= limit else {
            throw RecordRefusal("it has \(bytes.count) bytes; at most \(limit) are read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RecordRefusal("it is not UTF-8")
        }
        guard !text.unicodeScalars.contains(where: { $0.isUnsafe && $0 != "\n" }) else {
            throw RecordRefusal("it has control characters")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard text.utf8.last == UInt8(ascii: "\n"), lines.count <= Self.mostLines + 2 else {
            throw RecordRefusal("its last line has no end, or it has too many lines")
        }
        lines.removeLast()
        let head = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
        guard head.count == 2, head[0] == "listbreaker-\(kind)", let version = Int64(head[1]),
            (1...1_000_000).contains(version), String(version) == head[1]
        else { throw RecordRefusal("it does not begin with 'listbreaker-\(kind)' and a version") }
        self.version = version
        var fields: [(name: Substring, value: Substring)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                line[colon...].hasPrefix(": ")
            else { throw RecordRefusal("a line is not 'field: value'") }
            fields.append((line[..<colon], line[colon...].dropFirst(2)))
        }
        self.fields = fields
    }

    /// The value of `name`, which stands once or not at all.
    package func optional(_ name: String) throws(RecordRefusal) -> String? {
        let found = fields.filter { $0.name == name }
        guard found.count <= 1 else { throw RecordRefusal("'\(name)' stands more than once") }
        return found.first.map { String($0.value) }
    }

    /// The value of `name`, which must stand once.
    package func required(_ name: String) throws(RecordRefusal) -> String {
        guard let value = try optional(name) else { throw RecordRefusal("'\(name)' is missing") }
        return value
    }

    /// A number from 0 that is written as we write it; nil where there is none.
    package func number(_ name: String) throws(RecordRefusal) -> Int64? {
        guard let text = try optional(name) else { return nil }
        guard let number = Int64(text), number >= 0, String(number) == text else {
            throw RecordRefusal("'\(name)' is no number")
        }
        return number
    }

    /// All values of `name`, at most `most`.
    package func all(_ name: String, most: Int) throws(RecordRefusal) -> [String] {
        let found = fields.filter { $0.name == name }
        guard found.count <= most else {
            throw RecordRefusal("'\(name)' stands more than \(most) times")
        }
        return found.map { String($0.value) }
    }

    /// The text of a record; fields that are nil are left out.
    package static func text(_ kind: String, _ fields: [(String, String?)]) -> String {
        fields.reduce(into: "listbreaker-\(kind) 1\n") { text, field in
            if let value = field.1 { text += "\(field.0): \(value)\n" }
        }
    }
}
