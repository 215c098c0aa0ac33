// SPDX-License-Identifier: Apache-2.0
//
// Whose mail a queued message is, read from its queue file: its envelope, which Postfix wrote, and
// those headers that this host's own deliveries put on top. What stands below was written by a
// stranger, who may claim any list; so List-Id, List-Post and a Delivered-To from elsewhere decide
// nothing. What cannot be read is undecided, and never guessed; so is what was read in part.

internal import Glibc
internal import HaltWire

/// A list, as its mail is known by.
struct ListKeys {
    let list: String
    /// Whether only its copies are meant, and not a post on its way to it.
    let isSoft: Bool
    /// Whether its address with an extension is its own as well, where a message was given it.
    private let isExtended: Bool
    private let senders: [SenderPattern]

    init(_ list: BlockedList) {
        self.list = list.list
        isSoft = list.isSoft == true
        isExtended = list.isExtended == true
        senders = list.senders.compactMap { SenderPattern($0) }
    }

    /// The list with the senders that only its copies have, and posts on their way to it.
    init(_ list: String, _ senders: [SenderPattern], isExtended: Bool = false) {
        self.list = list
        self.senders = senders
        self.isExtended = isExtended
        isSoft = false
    }

    /// Whether only the list's copies have this envelope sender.
    func sends(_ sender: String) -> Bool { senders.contains { $0.matches(sender) } }

    /// Whether this is the list's own address.
    func isAt(_ recipient: String) -> Bool { recipient.lowercased() == list }

    /// Whether a message that was given `recipient`, before aliases, is the list's.
    func wasGiven(_ recipient: String) -> Bool {
        if isAt(recipient) { return true }
        guard isExtended, let at = list.lastIndex(of: "@") else { return false }
        let recipient = recipient.lowercased()
        return recipient.hasPrefix("\(list[..<at])+") && recipient.hasSuffix(list[at...])
    }
}

extension QueueFile {
    /// Whose mail it is.
    enum Owner: Equatable {
        /// That list's: a copy, or a post on its way to it.
        case list(String)
        case others
        /// It could not be read: gone, unfinished or not in the form that is known.
        case undecided
    }

    /// Bytes of an envelope that are read: 8 MiB, about 100,000 recipients.
    ///
    /// Chosen; of what is longer it is only known that it is a list's, where the beginning says so.
    private static let envelopeLimit = 8 << 20

    /// The records in front of the content, and where that begins.
    private struct Envelope {
        var bytes: [UInt8]
        var end: Int
        var isWhole: Bool { bytes.count == end }
    }

    private static func envelope(of descriptor: Int32) -> Envelope? {
        guard let start = read(descriptor, at: 0, count: 4 << 10),
            let end = contentOffset(start)
        else { return nil }
        if end <= start.count { return Envelope(bytes: Array(start.prefix(end)), end: end) }
        let bytes = read(descriptor, at: 0, count: min(end, envelopeLimit))
        return Envelope(bytes: bytes ?? start, end: end)
    }

    /// Whose of `lists` the message in `file` is.
    static func owner(of file: SafeEntry, among lists: [ListKeys]) -> Owner {
        guard let descriptor = try? file.open() else { return .undecided }
        defer { close(descriptor) }
        guard let envelope = envelope(of: descriptor) else { return .undecided }
        if let list = owner(envelope: envelope.bytes, among: lists) { return .list(list) }
        guard envelope.isWhole, let headers = headers(of: descriptor, at: envelope.end) else {
            return .undecided
        }
        return owner(trace: headers, among: lists).map { .list($0) } ?? .others
    }

    /// Whether the message in `file` waits for `list` and for other people at once.
    ///
    /// - Returns: nil where that cannot be read.
    static func isMixed(_ file: SafeEntry, _ list: String) -> Bool? {
        guard let descriptor = try? file.open() else { return nil }
        defer { close(descriptor) }
        guard let envelope = envelope(of: descriptor), envelope.isWhole else { return nil }
        return isMixed(envelope: envelope.bytes, list)
    }

    /// The same of the bytes of an envelope: a recipient is the list's by its address, or by the one that
    /// was given before aliases; of a copy, none is.
    static func isMixed(envelope: [UInt8], _ list: String) -> Bool {
        let list = ListKeys(list, [])
        var rest = envelope[...]
        var given = ""
        var (own, others) = (false, false)
        while let (type, data) = record(&rest), type != UInt8(ascii: "M") {
            let text = String(decoding: data, as: UTF8.self)
            switch type {
            case UInt8(ascii: "O"): given = text
            case UInt8(ascii: "R"), UInt8(ascii: "D"):
                if list.isAt(text) || list.isAt(given) {
                    own = true
                } else if type == UInt8(ascii: "R") {
                    others = true
                }
                given = ""
            default: continue
            }
        }
        return own && others
    }

    /// The list that the bytes of an envelope name: `S` is the sender, `R` a recipient to be
    /// reached, `D` one that was, `O` the recipient as it was given before aliases, which stands in
    /// front of its `R`.
    static func owner(envelope: [UInt8], among lists: [ListKeys]) -> String? {
        var rest = envelope[...]
        var given = ""
        while let (type, data) = record(&rest), type != UInt8(ascii: "M") {
            let names: (ListKeys) -> Bool
            let text = String(decoding: data, as: UTF8.self)
            switch type {
            case UInt8(ascii: "S"): names = { $0.sends(text) }
            case UInt8(ascii: "O"):
                given = text
                names = { !$0.isSoft && $0.wasGiven(text) }
            case UInt8(ascii: "R"), UInt8(ascii: "D"):
                let before = given
                given = ""
                names = { $0.isSoft ? $0.wasGiven(before) && !$0.isAt(text) : $0.isAt(text) }
            default: continue
            }
            if let found = lists.first(where: names) { return found.list }
        }
        return nil
    }

    /// Whether the value of this host's own `Received` is that of mail which one of its deliveries
    /// forwarded: such mail is from nobody, cleanup(8) writes `by HOST (NAME)` alone.
    private static func isForward(_ value: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: value, as: UTF8.self).drop { $0 == " " || $0 == "\t" }
        return text.hasPrefix("by ") && !text.contains(", from userid ")
    }

    /// The list that a local delivery's own header names: above the second `Received`, which was there
    /// before this host had the message.
    ///
    /// local(8) forwards an alias's copies with the sender of the post, and puts Delivered-To on top.
    static func owner(trace headers: [UInt8], among lists: [ListKeys]) -> String? {
        var received = 0
        for line in headers.split(separator: UInt8(ascii: "\n")) {
            let name = String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
                .lowercased()
            if name == "received" {
                received += 1
                // What this host got from a client, or from sendmail(1), may claim anything.
                if received == 1, !isForward(line.dropFirst(name.utf8.count + 1)) { return nil }
            }
            if received > 1 { return nil }
            guard name == "delivered-to" || name == "x-original-to" else { continue }
            let value = line.dropFirst(name.utf8.count + 1)
                .filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            let address = String(decoding: value, as: UTF8.self)
            if let found = lists.first(where: { $0.isAt(address) }) { return found.list }
        }
        return nil
    }
}
