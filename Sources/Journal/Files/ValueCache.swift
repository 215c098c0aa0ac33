// SPDX-License-Identifier: Apache-2.0
//
// What is known of fields that come again and again: journald stores each value once, and entries point at
// it. So who has seen a data object knows what every later entry with that offset says, and most of an entry
// is told by comparing numbers. Only what the file says is used more than once is kept.

internal import MailLog

/// Values by the file and the offset where they stand.
struct ValueCache {
    /// Where the text of a value stands.
    private struct Text {
        /// In ``ValueCache/texts``.
        var kept = ByteRange.absent
        /// In the batch, while ``batch`` is the cache's.
        var placed = ByteRange.absent
        var batch: UInt64 = 0
    }

    /// What a value says, see ``FieldValue``.
    private struct Value {
        var kind = FieldKind.none
        /// Whether it is one of the alternatives to mail that were asked for.
        var isMatch = false
        var number: Int64 = 0
    }

    /// A power of two; chosen: 4,096 values of a busy host's 40 programs and users, 350 KiB.
    private static let size = 4096
    /// Longest text that is kept, in bytes; chosen.
    static let longest = 256
    /// Bytes of all texts after which all is forgotten; chosen.
    private static let mostText = 1 << 19

    /// ``key(_:_:)`` of each slot, one more where nothing is looked at that the value says; 0: it is
    /// empty.
    private var keys = [UInt64](repeating: 0, count: size)
    private var values = [Value](repeating: Value(), count: size)
    private var places = [Text](repeating: Text(), count: size)
    private var texts: [UInt8] = []
    /// Counts batches, and each time that text was taken back from one.
    private var batch: UInt64 = 1

    /// What stands at `offset` of the file `serial`, 1 and more; an even number, 0: it cannot be kept.
    @inline(__always)
    static func key(_ serial: UInt64, _ offset: UInt64) -> UInt64 {
        offset < 1 << 48 && serial < 1 << 16 && offset & 1 == 0 ? serial << 48 | offset : 0
    }

    /// Whether the value under `key` is known to say nothing that is looked at.
    @inline(__always)
    func isIdle(_ key: UInt64) -> Bool { keys[Self.index(key)] == key | 1 && key != 0 }

    /// Where the value under `key` is; nil: it is not known.
    @inline(__always)
    func place(of key: UInt64) -> Int? {
        let index = Self.index(key)
        return keys[index] & ~1 == key && key != 0 ? index : nil
    }

    /// Where a value would be.
    @inline(__always)
    static func index(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 52) & (size - 1)
    }

    /// Which field it is.
    @inline(__always)
    func kind(at index: Int) -> FieldKind { values[index].kind }

    /// Whether it is one of the alternatives to mail that were asked for.
    @inline(__always)
    func isMatch(at index: Int) -> Bool { values[index].isMatch }

    /// What it says, of a kind that is no text.
    @inline(__always)
    func number(at index: Int) -> Int64 { values[index].number }

    /// Where texts stood in a batch is no longer so.
    mutating func forgetPlaces() { batch &+= 1 }

    /// Keeps a value with its text.
    mutating func keep(
        _ key: UInt64,
        _ value: FieldValue,
        isMatch: Bool,
        _ text: UnsafeRawBufferPointer
    ) {
        if texts.count + text.count > Self.mostText {
            keys = [UInt64](repeating: 0, count: Self.size)
            texts.removeAll(keepingCapacity: true)
        }
        let index = Self.index(key)
        keys[index] = value.kind == .none && !isMatch ? key | 1 : key
        values[index] = Value(kind: value.kind, isMatch: isMatch, number: value.number)
        places[index] = Text()
        guard unsafe !text.isEmpty else { return }
        let start = texts.count
        unsafe texts.append(contentsOf: text)
        places[index].kept = ByteRange(start: start, end: texts.count)
    }

    /// Where the text of the value at `index` stands in `bytes`, into which it is copied the first time.
    @inline(__always)
    mutating func place(_ index: Int, in bytes: inout [UInt8]) -> ByteRange {
        if places[index].batch == batch { return places[index].placed }
        let text = places[index].kept
        let start = bytes.count
        bytes.append(contentsOf: texts[Int(text.start)..<Int(text.end)])
        let range = ByteRange(start: start, end: bytes.count)
        places[index].placed = range
        places[index].batch = batch
        return range
    }
}
