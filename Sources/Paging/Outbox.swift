// SPDX-License-Identifier: Apache-2.0
//
// Where pages are kept until they are delivered. A row is a key and a text; what the text says is
// this target's business, where it is kept is somebody else's. The mistake to avoid: an outbox
// that says "saved" before it is.

import Breaker
import EventTime
import FoundationEssentials
import Linux

/// One row of the outbox.
public struct OutboxRow: Sendable, Equatable {
    /// Unique; a later row of the same key replaces this one.
    public var key: String
    /// JSON.
    public var body: String

    /// A row.
    public init(key: String, body: String) {
        self.key = key
        self.body = body
    }
}

/// Keeps rows; the calls block until it is done, or throw.
public protocol Outbox: Sendable {
    /// All rows, in any order.
    func load() throws -> [OutboxRow]
    /// Saves rows and removes others, all or nothing.
    func apply(save rows: [OutboxRow], remove keys: [String]) throws
}

/// An outbox that forgets with the process: for a last page when there is no state, and for tests.
public final class MemoryOutbox: Outbox {
    private let rows: Guarded<[String: String]>

    /// An outbox with these rows.
    public init(_ rows: [OutboxRow] = []) {
        self.rows = Guarded(
            Dictionary(rows.map { ($0.key, $0.body) }, uniquingKeysWith: { _, newer in newer })
        )
    }

    /// All rows, by key.
    public func load() -> [OutboxRow] {
        rows.withLock { rows in
            rows.sorted { $0.key < $1.key }.map { OutboxRow(key: $0.key, body: $0.value) }
        }
    }

    /// Replaces and removes; cannot fail.
    public func apply(save saved: [OutboxRow], remove keys: [String]) {
        rows.withLock { rows in
            for key in keys { rows[key] = nil }
            for row in saved { rows[row.key] = row.body }
        }
    }
}

/// What the rows of the outbox say.
enum OutboxBody {
    /// Before the key of a page.
    static let pagePrefix = "page/"
    /// Before the key of an alert that is saved but not yet handed in.
    static let alertPrefix = "alert/"

    struct Submission: Codable {
        var alert: Alert
        var time: Timestamp
    }

    static func row(_ page: Page) throws -> OutboxRow {
        OutboxRow(key: pagePrefix + page.key, body: try text(page))
    }

    static func key(_ alert: Alert, at time: Timestamp) -> String {
        "\(alertPrefix)\(alert.dedupKey)/\(alert.kind.rawValue)/\(time.microseconds)"
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
