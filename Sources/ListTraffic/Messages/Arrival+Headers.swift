// SPDX-License-Identifier: Apache-2.0
//
// What logged headers say about a message: whom it answers, when it was written, by whom, and
// whether a machine wrote it. Each is the sender's word. The mistake to avoid: later lines of the
// same name, which belong to an attached message (nested_header_checks); only the first counts.

internal import EventTime
internal import MailLog

extension Arrival {
    /// Takes one header; a second one of the same name is left.
    mutating func read(_ event: MailEvent, _ bytes: [UInt8], delimiters: [UInt8]) {
        switch event.header {
        case .messageID: headers.insert(.messageID)
        case .listID: headers.insert(.listID)
        case .inReplyTo:
            guard headers.insert(.inReplyTo).inserted else { return }
            readParent(event, bytes, overrides: true)
        case .references:
            guard headers.insert(.references).inserted else { return }
            if let first = Self.firstID(bytes, event.headerValue) {
                root = max(ByteHash.hash(bytes, first), 1)
                isReply = true
            }
            readParent(event, bytes, overrides: false)
        case .date:
            guard headers.insert(.date).inserted else { return }
            date = MailDate.parse(bytes, event.headerValue)?.microseconds ?? .min
        case .autoSubmitted:
            guard headers.insert(.autoSubmitted).inserted else { return }
            // RFC 3834 section 5: any other keyword than "no" is a machine's.
            if !Self.begins(bytes, event.headerValue, ["no"]) { isRobot = true }
        case .precedence:
            guard headers.insert(.precedence).inserted else { return }
            if Self.begins(bytes, event.headerValue, ["bulk", "junk", "auto_reply", "auto-reply"]) {
                isRobot = true
            }
        case .from:
            guard headers.insert(.from).inserted else { return }
            readAuthor(event, bytes, delimiters)
        case .none, .listPost, .subject, .loop, .other: break
        }
    }

    private mutating func readParent(_ event: MailEvent, _ bytes: [UInt8], overrides: Bool) {
        let named = event.parent.isEmpty ? event.headerValue : event.parent
        guard
            let id = overrides || !event.parent.isEmpty
                ? Self.firstID(bytes, named) : Self.lastID(bytes, named)
        else { return }
        isReply = true
        if overrides || parent == 0 { parent = max(ByteHash.hash(bytes, id), 1) }
    }

    private mutating func readAuthor(
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ delimiters: [UInt8]
    ) {
        let form = AddressForm(bytes, Self.authorAddress(bytes, event.headerValue))
        guard !form.local.isEmpty, !form.domain.isEmpty else { return }
        let person = form.person(bytes, delimiters: delimiters)
        poster = person.hash(bytes)
        posterAddress = person.text(bytes)
        if Self.isMailer(bytes, person.local) { isRobot = true }
    }

    /// Whether `local` is the name that MTAs give themselves in notices.
    static func isMailer(_ bytes: [UInt8], _ local: ByteRange) -> Bool {
        local.count == 13 && begins(bytes, local, ["mailer-daemon"])
    }

    /// The address in a From header: what stands in the last `<>`, else the whole without a
    /// trailing comment.
    static func authorAddress(_ bytes: [UInt8], _ value: ByteRange) -> ByteRange {
        let end = min(Int(value.end), bytes.count)
        var (start, position) = (min(Int(value.start), end), end)
        var close = -1
        while position > start {
            position -= 1
            if bytes[position] == UInt8(ascii: ">"), close < 0 { close = position }
            if bytes[position] == UInt8(ascii: "<"), close >= 0 {
                return ByteRange(start: position + 1, end: close)
            }
        }
        while start < end, bytes[start] <= 0x20 { start += 1 }
        position = start
        while position < end, bytes[position] > 0x20, bytes[position] != UInt8(ascii: ",") {
            position += 1
        }
        return ByteRange(start: start, end: position)
    }

    /// The first `<...>` that holds neither space nor bracket, without its brackets.
    static func firstID(_ bytes: [UInt8], _ range: ByteRange) -> ByteRange? {
        let end = min(Int(range.end), bytes.count)
        var open = -1
        for position in min(Int(range.start), end)..<end {
            switch bytes[position] {
            case UInt8(ascii: "<"): open = position + 1
            case UInt8(ascii: ">") where open >= 0 && position > open:
                return ByteRange(start: open, end: position)
            case 0...0x20: open = -1
            default: break
            }
        }
        return nil
    }

    /// The last such id; nil when the value does not end with one, because it was cut.
    static func lastID(_ bytes: [UInt8], _ range: ByteRange) -> ByteRange? {
        var end = min(Int(range.end), bytes.count)
        let start = min(Int(range.start), end)
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        guard end > start, bytes[end - 1] == UInt8(ascii: ">") else { return nil }
        var position = end - 1
        while position > start {
            position -= 1
            if bytes[position] == UInt8(ascii: "<") {
                return firstID(bytes, ByteRange(start: position, end: end))
            }
            if bytes[position] <= 0x20 { return nil }
        }
        return nil
    }

    /// Whether the value begins with one of `words`, without regard to case and leading space.
    static func begins(_ bytes: [UInt8], _ range: ByteRange, _ words: [StaticString]) -> Bool {
        let end = min(Int(range.end), bytes.count)
        var start = min(Int(range.start), end)
        while start < end, bytes[start] <= 0x20 { start += 1 }
        for word in words {
            let count = word.utf8CodeUnitCount
            guard end - start >= count else { continue }
            let isEqual = word.withUTF8Buffer { wanted in
                for offset in 0..<count
                where unsafe lowered(bytes[start + offset]) != wanted[offset] {
                    return false
                }
                return true
            }
            if isEqual, end - start == count || Self.ends(bytes[start + count]) { return true }
        }
        return false
    }

    private static func ends(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "(")
    }
}
