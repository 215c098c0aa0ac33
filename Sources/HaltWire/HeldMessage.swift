// SPDX-License-Identifier: Apache-2.0
//
// One held message as people see it. Subject and Message-ID are a stranger's text: bytes that
// could move a cursor or end a line were replaced on the side that read them.

/// A message on hold that is ours.
public struct HeldMessage: Sendable, Codable, Equatable {
    /// Its queue ID.
    public var id: String
    /// Arrival in seconds since 1970.
    public var arrival: Int64
    /// Envelope sender; `MAILER-DAEMON` for the null sender.
    public var sender: String
    /// Message size in bytes.
    public var size: Int64
    /// Recipients that still wait for their copy.
    public var recipients: Int
    /// The first three of them.
    public var firstRecipients: [String]
    /// Its Subject, at most 200 characters, not decoded; empty when it has none.
    public var subject: String
    /// Its Message-ID, at most 200 characters; the same for all parts of one post.
    public var messageID: String
    /// Its From header, at most 200 characters, not decoded; empty when it has none.
    public var from: String
    /// The list that it was held for; empty when the whole queue was.
    public var list: String

    /// What the queue said of it, with its headers already harmless.
    package init(
        id: String,
        arrival: Int64,
        sender: String,
        size: Int64,
        recipients: Int,
        firstRecipients: [String],
        subject: String,
        messageID: String,
        from: String,
        list: String
    ) {
        self.id = id
        self.arrival = arrival
        self.sender = sender
        self.size = size
        self.recipients = recipients
        self.firstRecipients = firstRecipients
        self.subject = subject
        self.messageID = messageID
        self.from = from
        self.list = list
    }
}
