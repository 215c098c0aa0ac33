// SPDX-License-Identifier: Apache-2.0
//
// A held message made of what the queue lists and of its header lines. Subject and Message-ID are a
// stranger's text: bytes that could move a cursor or end a line are replaced here, before anybody
// is told of them.

internal import HaltWire
internal import Words

extension HeldMessage {
    /// What postqueue(1) listed, without headers yet.
    init(_ message: QueuedMessage, id: QueueID?, list: String? = nil) {
        self.init(
            id: id?.text ?? "",
            arrival: message.arrival,
            sender: message.sender,
            size: message.size,
            recipients: message.recipients,
            firstRecipients: message.firstRecipients,
            subject: "",
            messageID: "",
            from: "",
            list: list ?? ""
        )
    }

    /// Takes Subject, Message-ID and From from the header lines.
    mutating func read(headers: [UInt8]) {
        var name = ""
        for line in String(decoding: headers, as: UTF8.self).split(separator: "\n") {
            if line.first == " " || line.first == "\t" {
                if name == "subject" { subject += Self.harmless(line) }
                if name == "message-id", messageID.isEmpty { messageID = Self.harmless(line) }
                if name == "from", from.isEmpty { from = Self.harmless(line) }
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { break }
            name = parts[0].lowercased()
            // The first of each is the one that mail programs show.
            if name == "subject", subject.isEmpty { subject = Self.harmless(parts[1]) }
            if name == "message-id", messageID.isEmpty { messageID = Self.harmless(parts[1]) }
            if name == "from", from.isEmpty { from = Self.harmless(parts[1]) }
        }
        subject = String(subject.prefix(200))
    }

    private static func harmless(_ text: Substring) -> String {
        let start = text.unicodeScalars.prefix(1000).drop { $0 == " " || $0 == "\t" }
        return String(String(start).cleaned().prefix(200))
    }
}
