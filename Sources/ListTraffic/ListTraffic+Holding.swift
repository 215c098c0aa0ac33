// SPDX-License-Identifier: Apache-2.0
//
// Which messages in the queue are a list's: for putting them, and nothing else, on hold. Asked only
// while a list's mail is being held; the path of a line does not pay for it.

internal import EventTime
public import MailLog

/// Up to 16 bytes of text in two words: a queue id, without a string for each message in flight.
struct PackedText: Equatable, Sendable {
    var first: UInt64 = 0
    var second: UInt64 = 0

    init() {}

    init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The text at `range`; empty when it is longer, or has a zero byte.
    @inline(__always)
    init(_ bytes: [UInt8], _ range: ByteRange) {
        let (start, end) = (Int(range.start), Int(range.end))
        guard end <= bytes.count, start <= end, end - start <= 16 else { return }
        for position in start..<end {
            let byte = UInt64(bytes[position])
            if byte == 0 {
                self = PackedText()
                return
            }
            let place = position - start
            if place < 8 {
                first |= byte << UInt64(place * 8)
            } else {
                second |= byte << UInt64((place - 8) * 8)
            }
        }
    }

    /// The text again.
    var text: String {
        var bytes: [UInt8] = []
        for place in 0..<16 {
            let word = place < 8 ? first : second
            let byte = UInt8(truncatingIfNeeded: word >> UInt64((place & 7) * 8))
            if byte == 0 { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ListTraffic {
    /// The list whose copies the message of `event` carries, and that message's queue id.
    ///
    /// For an alias's own line it is the message that the alias became. Nil when the message
    /// carries no list's copies, or is not remembered.
    public func carried(
        by event: MailEvent,
        in bytes: [UInt8]
    ) -> (list: ListID, queueID: String)? {
        let keys = LineKeys(event, bytes)
        if event.kind == .delivery, !event.relatedID.isEmpty {
            let child = ByteHash.hash(bytes, event.relatedID, seed: keys.instance)
            if let slot = lives.find(child), let list = carriedList(slot) {
                return (ListID(index: list), Self.text(bytes, event.relatedID))
            }
        }
        guard let slot = lives.find(keys.message), let list = carriedList(slot) else { return nil }
        return (ListID(index: list), Self.text(bytes, event.queueID))
    }

    /// Queue ids of the messages of `list` that are in a queue, as far as they are remembered.
    ///
    /// Linear in the messages that are remembered; ids of more than 16 bytes are left out.
    public func queued(of list: ListID) -> [String] {
        var found: [String] = []
        for lane in [Lane.passing, .kept, .fixed] {
            for slot in lives.slots(in: lane)
            where carriedList(slot) == list.index && !lives[slot].flags.contains(.removed) {
                let id = lives[slot].queueID.text
                if !id.isEmpty { found.append(id) }
            }
        }
        return found
    }

    /// Envelope senders that only copies of `list` have, with `*` for any text.
    ///
    /// The forms of `ListSender`, in front of the domain of the list's address, and what the
    /// settings say.
    public func senders(of list: ListID) -> [String] {
        guard lists.isTaken(list.index) else { return [] }
        let address = lists[list.index].address
        let configured = settings.lists.first { $0.address.lowercased() == address }
        var patterns = configured?.senderPatterns ?? []
        for name in [address] + (configured?.aliases ?? []) {
            guard let at = name.lastIndex(of: "@") else { continue }
            let (local, domain) = (name[..<at], name[at...])
            // A name with a star of its own would match other lists' senders.
            guard !local.contains("*") else { continue }
            patterns += [
                "owner-\(local)\(domain)", "owner-\(local)-outgoing\(domain)",
                "\(local)-bounces\(domain)", "\(local)-owner\(domain)",
                "\(local)-return-*\(domain)",
            ]
            for mark in delimiters.map({ String(decoding: [$0], as: UTF8.self) }) {
                patterns += [
                    "\(local)-bounces\(mark)*\(domain)", "\(local)-bounce\(mark)*\(domain)",
                    "\(local)\(mark)bounces-*\(domain)",
                ]
            }
        }
        return patterns.count <= 256 ? patterns : Array(patterns.prefix(256))
    }
}
