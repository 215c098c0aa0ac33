// SPDX-License-Identifier: Apache-2.0
//
// Sendmail's queue as it lies on disk: for each message a control file, named qfID, or hfID when it
// is quarantined, and its text, dfID. Read from there: mailq(1) prints for people, and waits for
// locks. What stands in a control file's header lines is a stranger's text.

internal import Glibc
internal import HaltWire

/// The queue directories of one Sendmail.
struct SendmailSpool {
    /// As sendmail.cf names them; the last part may end in `*`.
    let queues: [String]

    /// One message.
    struct Message {
        var id: QueueID
        /// Its control file.
        var control: String
        /// The directory that holds it, or that holds the directory qf in which it is.
        var queue: String
        /// Whether it is quarantined.
        var isHeld: Bool

        /// The file of kind `df` or `xf`.
        func file(_ kind: String) throws(HaltError) -> String {
            try SendmailSpool.path(kind, id, in: queue)
        }
    }

    /// Every message in the queue.
    ///
    /// - Throws: ``HaltError`` when not all of it can be seen: what cannot be read is not empty.
    func messages() throws(HaltError) -> [Message] {
        var found: [Message] = []
        for queue in try directories {
            let folder = try Self.folder("qf", in: queue)
            for name in try StateFile.list(folder) {
                guard let id = QueueID(name.dropFirst(2)) else { continue }
                let isHeld = name.hasPrefix("hf")
                guard isHeld || name.hasPrefix("qf") else { continue }
                let control = "\(folder)/\(name)"
                found.append(Message(id: id, control: control, queue: queue, isHeld: isHeld))
            }
        }
        return found
    }

    /// The text of `message`; nil when it is gone.
    ///
    /// A message that sendmail made two of, as one to an alias with an owner and to others, has one text
    /// under two names. Names elsewhere are none of a queue's.
    ///
    /// - Throws: ``HaltError`` when it cannot be read.
    func text(of message: Message) throws(HaltError) -> [UInt8]? {
        let path = try message.file("df")
        guard let status = try StateFile.find(path), status.st_nlink > 1 else {
            return try StateFile.read(path)
        }
        var names = 0
        for queue in try directories {
            let folder = try Self.folder("df", in: queue)
            for name in try StateFile.list(folder) where name.hasPrefix("df") {
                let other = try StateFile.find("\(folder)/\(name)")
                if other?.st_ino == status.st_ino, other?.st_dev == status.st_dev { names += 1 }
            }
        }
        return try StateFile.read(path, names: names)
    }

    /// Messages that somebody is at: they are received or delivered just now.
    ///
    /// - Throws: ``HaltError`` when not all of the queue can be seen.
    func locked() throws(HaltError) -> Set<QueueID> {
        let inodes = ProcessTable.locked()
        return Set(
            try messages().filter { message in
                guard let status = StateFile.status(message.control) else { return false }
                return inodes.contains(UInt64(status.st_ino))
            }
            .map(\.id)
        )
    }

    /// Messages of which Sendmail noted `reason` as it deferred them; none that is quarantined.
    ///
    /// The note is its own line of a control file (`M`), in front of what a stranger wrote.
    ///
    /// - Throws: ``HaltError`` when not all of the queue can be seen.
    func deferred(by reason: String) throws(HaltError) -> Set<QueueID> {
        let reason = Array(reason.utf8)
        var found: Set<QueueID> = []
        for message in try messages() where !message.isHeld {
            guard let bytes = try? StateFile.read(message.control) else { continue }
            let isOurs = bytes.split(separator: 0x0a).lazy
                .prefix { $0.first != UInt8(ascii: "H") }
                .contains { $0.first == UInt8(ascii: "M") && $0.firstRange(of: reason) != nil }
            if isOurs { found.insert(message.id) }
        }
        return found
    }

    /// The queue directories that there are.
    ///
    /// - Throws: ``HaltError`` when a directory in which they are cannot be read.
    var directories: [String] {
        get throws(HaltError) {
            var found: [String] = []
            for queue in queues {
                guard queue.hasSuffix("*"), let slash = queue.lastIndex(of: "/") else {
                    found.append(queue)
                    continue
                }
                let parent = queue[..<slash]
                let start = queue[queue.index(after: slash)...].dropLast()
                found += try StateFile.list(String(parent)).filter { $0.hasPrefix(start) }.sorted()
                    .map { "\(parent)/\($0)" }
            }
            return found
        }
    }

    /// The file of kind `qf`, `hf`, `df` or `xf` of `id` in `queue`.
    static func path(
        _ kind: String,
        _ id: QueueID,
        in queue: String
    ) throws(HaltError) -> String {
        "\(try folder(kind == "hf" ? "qf" : kind, in: queue))/\(kind)\(id)"
    }

    /// A queue may keep its files apart by kind.
    private static func folder(_ kind: String, in queue: String) throws(HaltError) -> String {
        let apart = "\(queue)/\(kind)"
        guard let status = try StateFile.find(apart), status.st_mode & S_IFMT == S_IFDIR else {
            return queue
        }
        return apart
    }

    /// What the control file of `message` says; nil when it is gone or not whole.
    func read(_ message: Message, keeping kept: Int) -> QueuedMessage? {
        guard let bytes = try? StateFile.read(message.control) else { return nil }
        var found = Self.envelope(bytes, keeping: kept)
        guard found.isWhole else { return nil }
        found.id = message.id
        found.queue = message.isHeld ? "hold" : "queue"
        let text = (try? message.file("df")).flatMap { StateFile.status($0) }
        found.size = text.map { Int64($0.st_size) } ?? 0
        return found
    }

    /// Sender, recipients and arrival of a control file.
    ///
    /// "Sendmail Installation and Operation Guide", appendix on the queue's control files: a letter
    /// begins each line, `.` alone ends the file.
    static func envelope(_ bytes: [UInt8], keeping kept: Int) -> QueuedMessage {
        var found = QueuedMessage()
        // In front of a recipient that an alias made: `rrfc822; list@example.org`.
        var given = ""
        for line in bytes.split(separator: 0x0a) {
            let value = line.dropFirst()
            switch line.first {
            case UInt8(ascii: "r"):
                let start = value.firstIndex(of: UInt8(ascii: ";")).map { $0 + 1 }
                let rest = value[(start ?? value.startIndex)...].drop { $0 == 0x20 }
                given = address(rest)
            case UInt8(ascii: "T"):
                found.arrival = Int64(String(decoding: value, as: UTF8.self)) ?? 0
            case UInt8(ascii: "S"): found.sender = address(value)
            case UInt8(ascii: "R"):
                found.recipients += 1
                defer { given = "" }
                guard found.firstRecipients.count < kept else { continue }
                // Flags before the first colon.
                let start = value.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 }
                found.firstRecipients.append(address(value[(start ?? value.startIndex)...]))
                found.given.append(given)
            case UInt8(ascii: "."): if value.isEmpty { found.isWhole = true }
            default: break
            }
        }
        if found.sender.isEmpty { found.sender = "MAILER-DAEMON" }
        return found
    }

    private static func address(_ bytes: ArraySlice<UInt8>) -> String {
        let isQuoted = bytes.first == UInt8(ascii: "<") && bytes.last == UInt8(ascii: ">")
        return String(decoding: isQuoted ? bytes.dropFirst().dropLast() : bytes, as: UTF8.self)
    }

    /// The header lines of a control file: `H?flags?Name: value`, continued after a blank.
    static func headers(_ bytes: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        var isInside = false
        for line in bytes.split(separator: 0x0a) {
            if line.first == UInt8(ascii: "H") {
                isInside = true
                var rest = line.dropFirst()
                if rest.first == UInt8(ascii: "?"),
                    let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "?"))
                {
                    rest = rest[(end + 1)...]
                }
                found += rest + [0x0a]
            } else if isInside, line.first == 0x20 || line.first == 0x09 {
                found += line + [0x0a]
            } else {
                isInside = false
            }
        }
        return found
    }
}
