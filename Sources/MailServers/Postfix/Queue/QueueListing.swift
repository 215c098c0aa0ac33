// SPDX-License-Identifier: Apache-2.0
//
// Reads `postqueue -j`, one JSON object a line, without building it: a message may have 50,000
// recipients. Pure. Unknown members are skipped; a line that is cut or damaged gives what was
// read before the damage, marked as such, and never a guess about the rest.

internal import HaltWire

/// One queued message, as far as halting is concerned.
struct QueuedMessage: Equatable {
    /// `incoming`, `active`, `deferred`, `hold` or another queue's name.
    var queue = ""
    /// Its queue ID.
    var id: QueueID?
    /// Arrival in seconds since 1970.
    var arrival: Int64 = 0
    /// Envelope sender; `MAILER-DAEMON` for the null sender, as postqueue prints it.
    var sender = ""
    /// Message size in bytes.
    var size: Int64 = 0
    /// Recipients that have no final status yet.
    var recipients = 0
    /// The first recipients, as many as the listing was told to keep.
    var firstRecipients: [String] = []
    /// Each of these as it was given before aliases, where the mail server keeps that with them.
    var given: [String] = []
    /// Recipients that wait because their delivery service cannot be reached.
    var unavailable = 0
    /// Recipients that wait because their list may be blocked, see ``ListBlock``.
    var blocked = 0
    /// Whether it waits for its list to expand it, as whoever knows the list has found out.
    var isPost = false
    /// Whether it waits for its list and for other people at once, as whoever knows the list has found
    /// out.
    var isMixed = false
    /// Recipients for whom the caller's predicate said local.
    var local = 0
    /// Whether nobody waits for it any more, so that neither its arrival nor its sender can be told.
    var isBare = false
    /// Whether the whole line was understood.
    var isWhole = false
}

extension QueuedMessage {
    /// Whether Postfix made it later than `time`, in microseconds since 1970.
    ///
    /// Its arrival is when the client began, which may be in the second before: the long form of its ID tells the
    /// second, too. With the short form it may be taken for one second older than it is.
    func came(after time: Int64) -> Bool {
        (id?.second ?? arrival) * 1_000_000 + (id?.microsecond ?? 0) > time
    }

    /// How many of the recipients that were kept are `list` itself, now or as they were given.
    func count(of list: String) -> Int {
        firstRecipients.indices.count { place in
            firstRecipients[place].lowercased() == list
                || (given.indices.contains(place) && given[place].lowercased() == list)
        }
    }
}

/// Splits what postqueue(1) prints into lines, and each line into a message.
struct QueueListing {
    /// Bytes of one line that are looked at: 8 MiB, about 90,000 recipients.
    ///
    /// Chosen.
    static let lineLimit = 8 << 20
    /// Recipients of a message that are kept: 3.
    ///
    /// Chosen, for people to recognise a message.
    static let recipientsKept = 3
    /// What qmgr(8) says when a delivery service cannot be reached.
    ///
    /// Measured, Postfix 3.7.
    static let unavailableReason = "mail transport unavailable"

    private let isLocal: (String) -> Bool
    private let kept: Int
    private let body: (QueuedMessage) -> Void
    private var line: [UInt8] = []
    private var isCut = false

    init(
        isLocal: @escaping (String) -> Bool = { _ in false },
        keeping kept: Int = recipientsKept,
        _ body: @escaping (QueuedMessage) -> Void
    ) {
        self.kept = kept
        self.isLocal = isLocal
        self.body = body
    }

    /// Takes the next bytes.
    mutating func feed(_ chunk: ArraySlice<UInt8>) {
        var rest = chunk
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            finish()
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    /// Takes what is left when postqueue(1) has ended.
    mutating func finish() {
        defer { (line, isCut) = ([], false) }
        guard !line.isEmpty else { return }
        var reader = JSONReader(line)
        var message = message(&reader)
        if isCut { message.isWhole = false }
        body(message)
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        let room = Self.lineLimit - line.count
        line += bytes.prefix(room)
        if bytes.count > room { isCut = true }
    }

    private func message(_ reader: inout JSONReader) -> QueuedMessage {
        var message = QueuedMessage()
        message.isWhole = reader.object { reader, name in
            switch name {
            case "queue_name": message.queue = reader.string() ?? ""
            case "queue_id": message.id = reader.string().flatMap { QueueID($0) }
            case "arrival_time": message.arrival = reader.number() ?? 0
            case "message_size": message.size = reader.number() ?? 0
            case "sender": message.sender = reader.string() ?? ""
            case "recipients":
                return reader.array { reader in recipient(&reader, &message) }
            default: return reader.skip()
            }
            return !reader.isBroken
        }
        return message
    }

    private func recipient(_ reader: inout JSONReader, _ message: inout QueuedMessage) -> Bool {
        message.recipients += 1
        return reader.object { reader, name in
            switch name {
            case "address":
                let address = reader.string() ?? ""
                if isLocal(address) { message.local += 1 }
                if message.firstRecipients.count < kept {
                    message.firstRecipients.append(address)
                }
            case "delay_reason":
                let reason = reader.string() ?? ""
                if reason.contains(Self.unavailableReason) { message.unavailable += 1 }
                if reason.contains(Self.unavailableReason) || reason == ListBlock.waiting {
                    message.blocked += 1
                }
            default: return reader.skip()
            }
            return !reader.isBroken
        }
    }
}
