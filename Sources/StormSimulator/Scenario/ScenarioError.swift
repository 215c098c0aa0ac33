// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a scenario file: where, and what was expected.

/// A line of a scenario file that cannot be used.
public struct ScenarioError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// Its line, from 1; 0 when it is about the whole file.
    public var line: Int
    /// What is wrong and what was expected.
    public var text: String

    /// An error with every field given.
    public init(path: String, line: Int, text: String) {
        self.path = path
        self.line = line
        self.text = text
    }

    /// `FILE:LINE: TEXT`, as compilers write it.
    public var description: String { line > 0 ? "\(path):\(line): \(text)" : "\(path): \(text)" }
}
