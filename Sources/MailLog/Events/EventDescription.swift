// SPDX-License-Identifier: Apache-2.0
//
// An event as `listbreaker parse` shows it: ordered names and values. The names are a contract
// with scripts. Values are a stranger's text: they leave here as bytes, and JSON escaping is the
// writer's business.

internal import EventTime

/// One event as ordered fields for people and scripts.
public struct EventDescription: Sendable {
    /// A field's value.
    public enum Value: Sendable, Hashable {
        /// Text as it stood in the line; need not be UTF-8.
        case text([UInt8])
        /// Several texts.
        case list([[UInt8]])
        /// A whole number.
        case number(Int64)
        /// Seconds, written with the fraction that they have.
        case seconds(microseconds: Int64)
    }

    /// One name with its value.
    public struct Field: Sendable, Hashable {
        /// The name, as in JSON.
        public var name: String
        /// The value.
        public var value: Value
    }

    /// The fields, `program` and `event` first.
    public private(set) var fields: [Field] = []

    /// Describes `event`; `bytes` are those of its batch, `identifier` is the entry's.
    ///
    /// An event that is not believed shows its program and why, and nothing of its text.
    public init(_ event: MailEvent, identifier: ByteRange, in bytes: [UInt8]) {
        if identifier.isEmpty {
            add("program", event.dialect == .none ? "unknown" : "\(event.dialect)")
        } else {
            add("program", identifier, in: bytes)
        }
        add("event", event.name.text)
        if event.name == .other || event.trust != .genuine { add("reason", "\(event.reason)") }
        guard event.trust == .genuine else {
            add("trust", "\(event.trust)")
            return
        }
        addIdentity(event, in: bytes)
        addEnvelope(event, in: bytes)
        addPeer(event, in: bytes)
        addOutcome(event, in: bytes)
        addHeader(event, in: bytes)
    }

    private mutating func addIdentity(_ event: MailEvent, in bytes: [UInt8]) {
        if event.isUnqueued { add("queue_id", "NOQUEUE") }
        add("queue_id", event.envelopeID.isEmpty ? event.queueID : event.envelopeID, in: bytes)
        add("related_id", event.relatedID, in: bytes)
        if !event.messageID.isEmpty {
            let inside = Self.copy(Self.inner(event.messageID, in: bytes), in: bytes)
            fields.append(Field(name: "message_id", value: .text(inside)))
        }
    }

    private mutating func addEnvelope(_ event: MailEvent, in bytes: [UInt8]) {
        if event.hasSender {
            fields.append(Field(name: "from", value: .text(Self.copy(event.sender, in: bytes))))
        }
        if !event.recipients.isEmpty {
            let all = Self.copy(event.recipients, in: bytes)
            fields.append(Field(name: "to", value: .list(RecipientList.split(all))))
        } else {
            add("to", event.recipient, in: bytes)
        }
        add("orig_to", event.originalRecipient, in: bytes)
        if event.kind == .queued || event.name == .queueActive || event.dialect == .mailman {
            // Exim and Mailman print these where they know them, the others always.
            let isAlways = event.dialect != .exim && event.dialect != .mailman
            if event.size > 0 || isAlways { add("size", event.size) }
            if event.count > 0 || isAlways { add("nrcpt", event.count) }
        }
        if event.kind == .suppressed { add("n_dropped", event.count) }
        add("unit", event.unit, in: bytes)
    }

    private mutating func addPeer(_ event: MailEvent, in bytes: [UInt8]) {
        add("relay", event.relay, in: bytes)
        add(event.isRelay ? "relay_host" : "client_host", event.host, in: bytes)
        add(event.isRelay ? "relay_ip" : "client_ip", event.address, in: bytes)
        if event.isRelay, event.port != 0 { add("relay_port", Int64(event.port)) }
        add("sasl_username", event.user, in: bytes)
    }

    private mutating func addOutcome(_ event: MailEvent, in bytes: [UInt8]) {
        if event.hasDelay {
            let delay = Value.seconds(microseconds: event.delay.microseconds)
            fields.append(Field(name: "delay", value: delay))
        }
        add("delays", event.delays, in: bytes)
        add("dsn", event.dsn, in: bytes)
        if !event.statusText.isEmpty {
            add("status", event.statusText, in: bytes)
        } else if event.status != .none {
            add("status", "\(event.status)")
        }
        add("response", event.text, in: bytes)
    }

    private mutating func addHeader(_ event: MailEvent, in bytes: [UInt8]) {
        guard event.header != .none else { return }
        if event.headerName.isEmpty { add("header", "\(event.header)") }
        add("header", event.headerName, in: bytes)
        add("value", event.headerValue, in: bytes)
        add("parent", Self.inner(event.parent, in: bytes), in: bytes)
    }

    private mutating func add(_ name: String, _ range: ByteRange, in bytes: [UInt8]) {
        guard !range.isEmpty else { return }
        fields.append(Field(name: name, value: .text(Self.copy(range, in: bytes))))
    }

    private mutating func add(_ name: String, _ text: String) {
        fields.append(Field(name: name, value: .text(Array(text.utf8))))
    }

    private mutating func add(_ name: String, _ number: Int64) {
        fields.append(Field(name: name, value: .number(number)))
    }

    private static func copy(_ range: ByteRange, in bytes: [UInt8]) -> [UInt8] {
        guard !range.isEmpty, Int(range.end) <= bytes.count else { return [] }
        return Array(bytes[Int(range.start)..<Int(range.end)])
    }

    /// A Message-ID without the brackets around it.
    private static func inner(_ range: ByteRange, in bytes: [UInt8]) -> ByteRange {
        Int(range.end) <= bytes.count ? PostfixLine.unbracketed(range, in: bytes) : .absent
    }
}

/// Recipients that stand on one line with commas between.
enum RecipientList {
    /// The recipients without brackets; a comma within quotes or brackets does not divide.
    static func split(_ text: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var start = 0
        for stop in ends(text) {
            let range = PostfixLine.unbracketed(ByteRange(start: start, end: stop), in: text)
            found.append(Array(text[Int(range.start)..<Int(range.end)]))
            start = stop + 1
        }
        return found
    }

    private static func ends(_ text: [UInt8]) -> [Int] {
        var stops: [Int] = []
        var isQuoted = false
        var isInside = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case ASCII.quote: isQuoted.toggle()
            case ASCII.less where !isQuoted: isInside = true
            case ASCII.greater where !isQuoted: isInside = false
            case ASCII.comma where !isQuoted && !isInside: stops.append(index)
            default: break
            }
        }
        return stops + [text.count]
    }
}
