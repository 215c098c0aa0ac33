// SPDX-License-Identifier: Apache-2.0
//
// Exim's `=>`, `->`, `>>`, `*>`, `**`, `==`: one recipient's outcome. The address is printed
// without quotes, perhaps with the original in brackets behind it; pipes and files hold spaces.
// The error of a failure, a stranger's text, stands behind the first `: ` and is the last element.

/// One recipient's outcome.
enum EximDelivery {
    /// Reads from the address on.
    static func read(
        _ cursor: inout LineCursor,
        status: DeliveryStatus,
        into event: inout MailEvent
    ) {
        guard readAddress(&cursor, into: &event) else {
            event.setNotUnderstood("ambiguous delivery line")
            return
        }
        event.kind = .delivery
        event.name = .delivery
        event.status = status
        event.count = 1
        readFields(&cursor, into: &event)
    }

    /// The address and ` <original>`; leaves the cursor at what follows them.
    private static func readAddress(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        let start = cursor.at
        var words = cursor
        let word = words.takeUnbracketed()
        let isWhole = !word.isEmpty && isFollowed(words, after: word)
        let stop: Int
        if isWhole {
            stop = Int(word.end)
            cursor.at = stop
        } else if let mark = originalMark(cursor) {
            stop = mark
            cursor.at = mark
        } else if let mark = onlyRouterMark(cursor) {
            stop = mark
            cursor.at = mark
        } else {
            return false
        }
        var recipient = ByteRange(start: start, end: stop)
        let hasError = isWhole && cursor.bytes[stop - 1] == ASCII.colon && !cursor.has(" <")
        if hasError, stop - 1 > start {
            recipient.end -= 1
            cursor.at -= 1
        }
        event.recipient = isMailbox(recipient, cursor) ? recipient : .absent
        // `+all_parents`: `(parent)` once or more between the address and the original.
        while cursor.has(" ("), let stop = cursor.find(ASCII.close) { cursor.at = stop + 1 }
        if cursor.has(" <") {
            cursor.at += 1
            let original = cursor.takeBracketed() ?? .absent
            if isMailbox(original, cursor) { event.originalRecipient = original }
        }
        return true
    }

    /// Whether a whole address ends where `words` stands: at fields, the original, an error.
    private static func isFollowed(_ words: LineCursor, after word: ByteRange) -> Bool {
        if words.isAtEnd { return true }
        if words.bytes[Int(word.end) - 1] == ASCII.colon { return true }
        if words.has(" F=<") || words.has(" R=") || words.has(" T=") || words.has(" P=<") {
            return true
        }
        var original = words
        guard original.take(" "), original.takeBracketed() != nil else {
            return words.has(" (") || words.has(" routing defer") || words.has(" defer (")
                || words.has(" : ")
                || words.has(" DT=") || words.has(" QT=")
        }
        return original.isAtEnd || original.has(" ") || original.has(":")
    }

    /// For an address with spaces: the one ` <original>` that fields follow.
    private static func originalMark(_ cursor: LineCursor) -> Int? {
        var chosen: Int?
        var place = cursor.at
        var tries = 0
        while let mark = cursor.find(" <", from: place) {
            place = mark + 2
            tries += 1
            guard tries <= 8 else { return nil }
            var words = cursor
            words.at = mark + 1
            guard words.takeBracketed() != nil else { continue }
            let isOriginal = words.has(" R=") || words.has(" F=<") || words.has(" T=")
            guard isOriginal || words.has(": ") else { continue }
            if let known = chosen {
                // Inside the brackets of the one before, where a quoted localpart repeats it.
                var earlier = cursor
                earlier.at = known + 1
                if earlier.takeBracketed() != nil, mark < earlier.at { continue }
                return nil
            }
            chosen = mark
        }
        return chosen
    }

    /// For an address with spaces and no original: the one ` R=` with a ` T=` behind it.
    private static func onlyRouterMark(_ cursor: LineCursor) -> Int? {
        guard let mark = cursor.find(" R=", from: cursor.at),
            cursor.find(" R=", from: mark + 3) == nil
        else { return nil }
        var words = cursor
        words.at = mark + 3
        _ = words.take(while: { $0 != ASCII.space && $0 != ASCII.colon })
        return words.has(" T=") || words.has(":") || words.isAtEnd ? mark : nil
    }

    /// Whether it is an address, not a pipe, a file or a directory.
    private static func isMailbox(_ range: ByteRange, _ cursor: LineCursor) -> Bool {
        guard !range.isEmpty else { return false }
        let first = cursor.bytes[Int(range.start)]
        // `:blackhole:` and `:fail:` are no addresses either.
        return first != UInt8(ascii: "|") && first != ASCII.slash && first != ASCII.greater
            && first != ASCII.colon
    }

    /// ` KEY=value` up to `: error`.
    private static func readFields(_ cursor: inout LineCursor, into event: inout MailEvent) {
        while true {
            if cursor.take(": ") || cursor.take(" : ") {
                if event.text.isEmpty { event.text = withoutTimes(cursor) }
                return
            }
            guard cursor.take(" ") else { return }
            if cursor.take("H="), !event.isRelay {
                guard let peer = cursor.takeEximHost() else { return }
                event.host = peer.host
                event.address = peer.address
                event.port = peer.port
                event.isRelay = true
                // `*` of a reused connection and what else clings to it.
                _ = cursor.take(while: { $0 != ASCII.space && $0 != ASCII.colon })
            } else if cursor.take("C=") {
                event.text = cursor.takeValue()
            } else if cursor.take("F=<") {
                cursor.at -= 1
                guard let sender = cursor.takeBracketed() else { return }
                event.sender = sender
                event.hasSender = true
            } else if cursor.take("defer (") {
                // `(13): Permission denied` is no error text yet.
                _ = cursor.take(while: { $0 != ASCII.close })
                _ = cursor.take(")")
                _ = cursor.take(":")
            } else {
                skipField(&cursor)
            }
        }
    }

    /// The rest of the line without the ` QT=` and ` DT=` that Exim puts behind an error.
    private static func withoutTimes(_ cursor: LineCursor) -> ByteRange {
        var words = cursor
        for _ in 0..<2 {
            var place = words.end
            while place > words.at, words.bytes[place - 1] != ASCII.space { place -= 1 }
            guard place > words.at, words.has("DT=", at: place) || words.has("QT=", at: place)
            else { break }
            words.end = place - 1
        }
        return words.rest
    }

    /// A field that says nothing to us, or a word of a system error.
    private static func skipField(_ cursor: inout LineCursor) {
        var words = cursor
        _ = words.take(while: { $0 != ASCII.space && $0 != ASCII.equals && $0 != ASCII.colon })
        if words.take("=\"") {
            words.at -= 1
            if words.takeQuoted() != nil {
                cursor = words
                return
            }
        }
        while cursor.at < cursor.end, cursor.next != ASCII.space, !cursor.has(": ") {
            cursor.at += 1
        }
    }
}
