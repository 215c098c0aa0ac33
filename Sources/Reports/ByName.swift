// SPDX-License-Identifier: Apache-2.0
//
// A subject in a report: there it is a name, as people and scripts know it.

public import StormDetection

/// Reads and writes a subject by its name.
///
/// `queue` is the queue; a list of that name cannot be told from it.
@propertyWrapper public struct ByName: Sendable, Equatable, Codable {
    /// The subject.
    public var wrappedValue: Subject

    /// Wraps `wrappedValue`.
    public init(wrappedValue: Subject) { self.wrappedValue = wrappedValue }

    /// Reads the name from a string.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        wrappedValue = name == Subject.queueName ? .queue : Subject(name)
    }

    /// Writes the name as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue.name)
    }
}
