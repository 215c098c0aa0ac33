// SPDX-License-Identifier: Apache-2.0
//
// OpenSMTPD's queue as it lies on disk: one directory a message, in it the message and one small
// text file for each recipient. It is read from there and not asked for: a smtpctl(8) that is ended
// while it lists makes smtpd's control process exit, and with it the whole of smtpd (6.8, seen).

internal import Glibc
internal import HaltWire
internal import Linux

/// The queue directory of OpenSMTPD.
struct SmtpdSpool {
    /// Where smtpd is built to keep it.
    static let standard = "/var/spool/smtpd/queue"

    let path: String

    /// Where smtpd builds messages before they are in its queue; it empties that when it starts.
    var drafts: String {
        "\(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])/incoming"
    }

    /// One message and the envelopes that wait for other hosts.
    struct Message {
        var id: QueueID
        var directory: String
        /// Whether its text may be opened: without that smtpd cannot begin to deliver it.
        var isOpen: Bool
    }

    /// Every message in the queue.
    ///
    /// - Throws: ``HaltError`` when not all of it can be seen.
    func messages() throws(HaltError) -> [Message] {
        var found: [Message] = []
        for hash in try StateFile.list(path) where hash.utf8.count == 2 {
            for name in try StateFile.list("\(path)/\(hash)") where name.utf8.count == 8 {
                let directory = "\(path)/\(hash)/\(name)"
                guard let id = QueueID(name),
                    let status = try StateFile.find("\(directory)/message")
                else { continue }
                found.append(
                    Message(id: id, directory: directory, isOpen: status.st_mode & 0o777 != 0)
                )
            }
        }
        return found
    }

    /// The directory of the message `id`, whether it is there or not.
    func directory(of id: QueueID) -> String { "\(path)/\(id.text.prefix(2))/\(id.text.prefix(8))" }

    /// What the envelopes of `message` that are meant for other hosts say; nil when there are none.
    ///
    /// One that is on hold is told even so: its last copy was under way when it was held, and what is left
    /// of it, such as a notice of a delay, waits for the text that we closed.
    func read(_ message: Message, keeping kept: Int) throws(HaltError) -> QueuedMessage? {
        var found = QueuedMessage()
        for name in try StateFile.list(message.directory) where name.utf8.count == 16 {
            guard let bytes = try StateFile.read("\(message.directory)/\(name)") else { continue }
            let envelope = Self.fields(bytes)
            guard envelope["type"] == "mta" else { continue }
            found.recipients += 1
            // A large list is expanded over some seconds: the first counts.
            let created = envelope["ctime"].flatMap { Int64($0) } ?? 0
            found.arrival = found.recipients == 1 ? created : min(found.arrival, created)
            found.sender = envelope["sender"] ?? ""
            if let address = envelope["dest"], found.firstRecipients.count < kept {
                found.firstRecipients.append(address)
                // smtpd expands an alias before it queues; this is whom the client named.
                found.given.append(envelope["rcpt"] ?? "")
            }
        }
        guard found.recipients > 0 || !message.isOpen else { return nil }
        found.isBare = found.recipients == 0
        found.id = message.id
        found.queue = message.isOpen ? "queue" : "hold"
        found.size = StateFile.status("\(message.directory)/message").map { Int64($0.st_size) } ?? 0
        if found.sender.isEmpty || found.sender == "@" { found.sender = "MAILER-DAEMON" }
        found.isWhole = true
        return found
    }

    /// The lines `name: value` of an envelope.
    static func fields(_ bytes: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in bytes.split(separator: 0x0a) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = line[(colon + 1)...].drop { $0 == 0x20 }
            fields[String(decoding: line[..<colon], as: UTF8.self)] =
                String(decoding: value, as: UTF8.self)
        }
        return fields
    }
}
