// SPDX-License-Identifier: Apache-2.0
//
// Postfix's queue ids: what is one, and where it ends. Each line begins with one, and some name a second.

extension LineCursor {
    /// Takes a Postfix queue id and the `": "` behind it.
    mutating func takeQueueID() -> ByteRange? {
        // An id has 64 bytes at most, and no colon in it.
        var head = self
        head.end = min(end, at + 65)
        guard let place = head.find(ASCII.colon), has(": ", at: place), isQueueID(at, place) else {
            return nil
        }
        defer { at = place + 2 }
        return ByteRange(start: at, end: place)
    }

    /// Whether the bytes from `start` to `stop` are a Postfix queue id.
    ///
    /// Upper-case hexadecimal of at least five digits, or (`enable_long_queue_ids`) ten or more
    /// digits of base 52, Postfix's `mail_queue.h`, which has no vowels.
    func isQueueID(_ start: Int, _ stop: Int) -> Bool {
        let length = stop - start
        guard length >= 5, length <= 64 else { return false }
        if length >= 8 { return isLongerID(start, stop) }
        var isHex = true
        var isLong = length >= 10
        let text = unsafe bytes.span.bytes
        for index in start..<stop {
            let byte = text.byte(index)
            guard ASCII.isAlphanumeric(byte) else { return false }
            if !ASCII.isUpperHex(byte) { isHex = false }
            if ASCII.isVowel(byte) { isLong = false }
        }
        return isHex || isLong
    }

    /// The same for eight bytes and more, eight at a step: a third of the instructions.
    private func isLongerID(_ start: Int, _ stop: Int) -> Bool {
        let text = unsafe bytes.span.bytes
        let all = EightBytes.all(0x80)
        var (hex, vowels) = (all, UInt64(0))
        var place = start
        while place < stop {
            // The last step overlaps the one before.
            let word = text.word(min(place, stop - 8))
            let small = word | EightBytes.all(0x20)
            let digit = EightBytes.within(ASCII.zero, ASCII.zero + 9, word)
            let letter = EightBytes.within(UInt8(ascii: "a"), UInt8(ascii: "z"), small)
            guard digit | letter == all else { return false }
            hex &= digit | EightBytes.within(UInt8(ascii: "A"), UInt8(ascii: "F"), word)
            vowels |=
                EightBytes.within(UInt8(ascii: "a"), UInt8(ascii: "a"), small)
                | EightBytes.within(UInt8(ascii: "e"), UInt8(ascii: "e"), small)
                | EightBytes.within(UInt8(ascii: "i"), UInt8(ascii: "i"), small)
                | EightBytes.within(UInt8(ascii: "o"), UInt8(ascii: "o"), small)
                | EightBytes.within(UInt8(ascii: "u"), UInt8(ascii: "u"), small)
            place += 8
        }
        return hex == all || vowels == 0 && stop - start >= 10
    }
}
