// SPDX-License-Identifier: Apache-2.0
//
// What a breaker stands over, as one type: whoever asks whether a name is a sender's or the drill's
// asks it, not the name's first letters. Names are how people, the log, the saved state and the
// actuator know a subject. The mistake to avoid: `.list(text)` of a text that a person typed or a
// file held; `Subject(name)` knows the marks.

/// The whole outbound queue, a list, a sender that is no list, or the list of `listbreaker drill`.
public enum Subject: Sendable, Hashable {
    /// The whole outbound queue.
    case queue
    /// One list, by posting address.
    case list(String)
    /// A sender that is no list, by login or envelope sender.
    case sender(String)
    /// The list of a drill, by the host's name; it exists nowhere.
    case drill(String)

    /// What stands before the login or envelope sender in the name of a sender.
    ///
    /// It cannot begin a list's address: RFC 5322 has no colon in it.
    public static let senderMark = "sender:"
    /// The part in front of the `@` in the name of a drill's list.
    public static let drillName = "listbreaker-drill"
    /// The name of the queue.
    public static let queueName = "queue"

    private static let drillMark = drillName + "@"

    /// The list, sender or drill of that name; never the queue, whose name may be a list's.
    public init(_ name: String) {
        if name.hasPrefix(Self.senderMark) {
            self = .sender(String(name.dropFirst(Self.senderMark.count)))
        } else if name.hasPrefix(Self.drillMark) {
            self = .drill(String(name.dropFirst(Self.drillMark.count)))
        } else {
            self = .list(name)
        }
    }

    /// The address, `sender:` before that of a sender, or `queue`.
    public var name: String { mailName ?? Self.queueName }

    /// The name under which its own mail is held; nil for the queue, where all mail is.
    public var mailName: String? {
        switch self {
        case .queue: nil
        case .list(let address): address
        case .sender(let address): Self.senderMark + address
        case .drill(let host): Self.drillMark + host
        }
    }

    /// The login or envelope sender of a sender that is no list.
    public var sender: String? { if case .sender(let address) = self { address } else { nil } }

    /// Whether it is a drill's.
    public var isDrill: Bool { if case .drill = self { true } else { false } }

    /// Whether it may be known at a list manager, or in the mail server's table of lists.
    public var isList: Bool { if case .list = self { true } else { false } }
}

extension Subject: Codable {
    private enum Keys: String, CodingKey { case queue, list }
    private enum Name: String, CodingKey { case text = "_0" }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        guard container.contains(.list) else {
            _ = try container.nestedContainer(keyedBy: Name.self, forKey: .queue)
            self = .queue
            return
        }
        let name = try container.nestedContainer(keyedBy: Name.self, forKey: .list)
        self.init(try name.decode(String.self, forKey: .text))
    }

    /// Writes `{"queue":{}}` or `{"list":{"_0":NAME}}`, as every version did: an open breaker is
    /// found again by the version after and the version before.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        guard let mailName else {
            _ = container.nestedContainer(keyedBy: Name.self, forKey: .queue)
            return
        }
        var name = container.nestedContainer(keyedBy: Name.self, forKey: .list)
        try name.encode(mailName, forKey: .text)
    }
}

extension Subject: CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// Its name, so that a table by subject is saved as a table by name.
    public var codingKey: any CodingKey { Key(stringValue: name) }

    /// The list, sender or drill of that name.
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension Verdict {
    /// What it is about.
    public var subject: Subject { Subject(list) }
}
