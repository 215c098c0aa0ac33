// SPDX-License-Identifier: Apache-2.0
//
// A settings file as it was read, and a place in it. Reading files is the edge's work: here a file
// is a path for messages and bytes. Columns count characters from 1, as editors do.

/// The text of one settings file.
public struct SettingsText: Sendable, Equatable {
    /// The largest file that is read, in bytes; chosen: 10,000 lists of 100 bytes.
    public static let longest = 1 << 20

    /// Where it was read from; used in messages only.
    public var path: String
    /// Its bytes, as they are on disk.
    public var bytes: [UInt8]

    /// The file at `path` with `bytes`.
    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The file at `path` with `text`.
    public init(path: String, text: String) {
        self.init(path: path, bytes: Array(text.utf8))
    }
}

/// A place in a settings file.
public struct SettingsLocation: Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// The line, from 1.
    public var line: Int
    /// The character in the line, from 1.
    public var column: Int

    /// The place at `line` and `column` of `path`.
    public init(path: String, line: Int, column: Int) {
        self.path = path
        self.line = line
        self.column = column
    }

    /// `path:line:column`, which editors and compilers understand.
    public var description: String { "\(path):\(line):\(column)" }
}
