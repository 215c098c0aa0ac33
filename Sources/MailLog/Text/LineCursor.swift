// SPDX-License-Identifier: Apache-2.0
//
// A place in one line, and the few readings that every dialect is made of. Each reading either
// takes what it names and moves on, or takes nothing and says so. Nothing here allocates, looks
// outside `at..<end`, or goes over the same bytes more than a fixed number of times.

/// A reading position within one line of a batch.
struct LineCursor {
    /// The batch's bytes.
    let bytes: [UInt8]
    /// The next byte to read.
    var at: Int
    /// Behind the last byte of the line.
    var end: Int

    /// A cursor over `range`; empty when the range lies outside `bytes`.
    @inline(__always)
    init(_ bytes: [UInt8], _ range: ByteRange) {
        self.bytes = bytes
        let inside = Int(range.end) <= bytes.count && range.start <= range.end
        at = inside ? Int(range.start) : 0
        end = inside ? Int(range.end) : 0
    }

    /// Whether everything is read.
    var isAtEnd: Bool { at >= end }

    /// What is not yet read.
    var rest: ByteRange { ByteRange(start: at, end: max(at, end)) }

    /// The next byte; 0, which no line holds, at the end.
    @inline(__always)
    var next: UInt8 { at < end ? bytes[at] : 0 }

    /// Whether `literal` stands at `place`.
    @inline(__always)
    func has(_ literal: StaticString, at place: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard place >= at, end - place >= length else { return false }
        // The literal's own bytes are constants here, so that a comparison of up to eight bytes is
        // one of numbers.
        let text = unsafe bytes.span.bytes
        let known = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(literal.utf8Start),
            count: length
        )
        var index = 0
        while index + 8 <= length {
            if unsafe text.word(place + index) != Self.word(known, index) { return false }
            index += 8
        }
        if length >= 8 {
            return unsafe text.word(place + length - 8) == Self.word(known, length - 8)
        }
        if length >= 4 {
            return unsafe text.half(place) == Self.half(known, 0)
                && text.half(place + length - 4) == Self.half(known, length - 4)
        }
        while index < length {
            if unsafe text.byte(place + index) != known[index] { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    private static func word(_ literal: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        unsafe UInt64(littleEndian: literal.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    @inline(__always)
    private static func half(_ literal: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
        unsafe UInt32(littleEndian: literal.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    /// Whether `literal` comes next.
    @inline(__always)
    func has(_ literal: StaticString) -> Bool { has(literal, at: at) }

    /// Whether the unread rest ends in `literal`.
    @inline(__always)
    func ends(in literal: StaticString) -> Bool {
        has(literal, at: end - literal.utf8CodeUnitCount)
    }

    /// Takes `literal` if it comes next.
    @inline(__always)
    mutating func take(_ literal: StaticString) -> Bool {
        guard has(literal) else { return false }
        at += literal.utf8CodeUnitCount
        return true
    }

    /// Whether `literal` is all that is left; takes nothing.
    @inline(__always)
    func isExactly(_ literal: StaticString) -> Bool {
        end - at == literal.utf8CodeUnitCount && has(literal)
    }

    /// Where `byte` next stands at or behind the position; nil when it does not.
    @inline(__always)
    func find(_ byte: UInt8) -> Int? { find(byte, from: at) }

    /// Where `byte` next stands at or behind `place`.
    @inline(__always)
    func find(_ byte: UInt8, from place: Int) -> Int? {
        let text = unsafe bytes.span.bytes
        var index = max(place, at)
        let wanted = EightBytes.all(byte)
        while index + 8 <= end {
            let found = EightBytes.zeros(text.word(index) ^ wanted)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            if text.byte(index) == byte { return index }
            index += 1
        }
        return nil
    }

    /// Where `literal` next stands at or behind `place`; linear, as no literal here repeats its
    /// first byte in a way that would matter.
    func find(_ literal: StaticString, from place: Int) -> Int? {
        let first = unsafe literal.utf8Start.pointee
        var index = max(place, at)
        while let hit = find(first, from: index) {
            if has(literal, at: hit) { return hit }
            index = hit + 1
        }
        return nil
    }

    /// Where `literal` last stands before `limit`.
    func findLast(_ literal: StaticString, before limit: Int) -> Int? {
        let text = unsafe bytes.span.bytes
        let first = EightBytes.all(unsafe literal.utf8Start.pointee)
        var index = min(limit, end) - literal.utf8CodeUnitCount
        while index >= at {
            // Eight places that the literal does not begin at.
            if index - 7 >= at, EightBytes.zeros(text.word(index - 7) ^ first) == 0 {
                index -= 8
                continue
            }
            if has(literal, at: index) { return index }
            index -= 1
        }
        return nil
    }

    /// Takes bytes while `isWanted` holds and returns where they stand, perhaps empty.
    @inline(__always)
    mutating func take(while isWanted: (UInt8) -> Bool) -> ByteRange {
        let stop = end(while: isWanted)
        defer { at = stop }
        return ByteRange(start: at, end: stop)
    }

    /// The first place from the position on where `isWanted` does not hold; ``end`` at the most.
    @inline(__always)
    func end(while isWanted: (UInt8) -> Bool) -> Int {
        let text = unsafe bytes.span.bytes
        var place = at
        while place < end, isWanted(text.byte(place)) { place += 1 }
        return place
    }

    /// Takes everything up to `byte`, not including it; nil and nothing taken when it never comes.
    @inline(__always)
    mutating func take(until byte: UInt8) -> ByteRange? {
        guard let stop = find(byte) else { return nil }
        defer { at = stop }
        return ByteRange(start: at, end: stop)
    }

    /// Takes a number without sign; nil when there is none or it does not fit 63 bits.
    mutating func takeNumber() -> Int64? {
        let start = at
        var value: Int64 = 0
        while at < end, ASCII.isDigit(bytes[at]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int64(bytes[at] - ASCII.zero))
            if overflow || carried { return nil }
            value = sum
            at += 1
        }
        return at > start ? value : nil
    }
}

/// The few bytes that the dialects are written in.
enum ASCII {
    static let zero = UInt8(ascii: "0")
    static let space = UInt8(ascii: " ")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let open = UInt8(ascii: "(")
    static let close = UInt8(ascii: ")")
    static let bracket = UInt8(ascii: "[")
    static let unbracket = UInt8(ascii: "]")
    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")
    static let at = UInt8(ascii: "@")
    static let equals = UInt8(ascii: "=")
    static let semicolon = UInt8(ascii: ";")
    static let dash = UInt8(ascii: "-")

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    @inline(__always)
    static func isVowel(_ byte: UInt8) -> Bool {
        // A bit for each of a, e, i, o, u, counted from a.
        let place = (byte | 0x20) &- 0x61
        return byte > 0x40 && place < 26 && (0x10_4111 >> UInt32(place)) & 1 == 1
    }
    @inline(__always)
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    @inline(__always)
    static func isUpperHex(_ byte: UInt8) -> Bool { isDigit(byte) || byte &- 0x41 < 6 }
    @inline(__always)
    static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }
    /// Whether `byte`, below 128, has its bit in `low`, or in `high` from 64 on.
    @inline(__always)
    static func isIn(_ low: UInt64, _ high: UInt64, _ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 == 1
    }
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
    /// What an IPv4 or IPv6 address is written with, zone ids included.
    @inline(__always)
    static func isAddress(_ byte: UInt8) -> Bool {
        // Bits of `.`, the digits and `:`; of A to F and a to f.
        isIn(0x07ff_4000_0000_0000, 0x0000_007e_0000_007e, byte)
    }
}
