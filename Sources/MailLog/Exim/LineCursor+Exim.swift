// SPDX-License-Identifier: Apache-2.0
//
// Readings that only Exim's log needs: `H=host (helo) [ip]:port` and quoted values.

extension LineCursor {
    /// Takes what stands behind `H=`: `host (helo) [ip]:port`, each part optional.
    ///
    /// The HELO name is the client's word and is passed over; it cannot hold `) [`.
    mutating func takeEximHost() -> LoggedPeer? {
        var peer = LoggedPeer()
        if next != ASCII.open, next != ASCII.bracket {
            peer.host = take(while: { $0 > ASCII.space && $0 != ASCII.bracket })
            guard !peer.host.isEmpty else { return nil }
            // `H=host: error` of a delivery without an address.
            if bytes[Int(peer.host.end) - 1] == ASCII.colon {
                peer.host.end -= 1
                at -= 1
                return peer
            }
        }
        var words = self
        _ = words.take(" ")
        if words.take("(") {
            guard let stop = words.find(") [", from: words.at) else { return peer }
            words.at = stop + 2
        }
        guard words.take("["), let stop = words.find(ASCII.unbracket) else { return peer }
        peer.address = addressRange(words.at, stop)
        at = stop + 1
        var digits = self
        if digits.take(":"), let number = digits.takeNumber(), let port = UInt16(exactly: number) {
            peer.port = port
            at = digits.at
        }
        return peer
    }

    /// Takes `"..."` with backslash escapes and returns what is inside.
    mutating func takeQuoted() -> ByteRange? {
        guard next == ASCII.quote, let behind = endOfQuoted(at), behind <= end else { return nil }
        defer { at = behind }
        return ByteRange(start: at + 1, end: behind - 1)
    }

    /// Takes the value of a field: quoted, or up to the next space.
    mutating func takeValue() -> ByteRange {
        if next == ASCII.quote, let quoted = takeQuoted() { return quoted }
        return take(while: { $0 != ASCII.space })
    }

    /// Takes an address up to the space behind it; a quoted localpart may hold spaces.
    mutating func takeUnbracketed() -> ByteRange {
        let start = at
        if next == ASCII.quote, let behind = endOfQuoted(at), behind <= end { at = behind }
        _ = take(while: { $0 != ASCII.space })
        return ByteRange(start: start, end: at)
    }
}
