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
