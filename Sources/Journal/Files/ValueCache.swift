// SPDX-License-Identifier: Apache-2.0
//
// What is known of fields that come again and again: journald stores each value once, and entries point at
// it. So who has seen a data object knows what every later entry with that offset says, and most of an entry
// is told by comparing numbers. Only what the file says is used more than once is kept.

internal import MailLog

/// Values by the file and the offset where they stand.
struct ValueCache {
    /// One value.
    struct Slot {
        /// ``ValueCache/key(_:_:)``; 0: empty.
        var key: UInt64 = 0
        var value = FieldValue.unknown
        /// Whether it is one of the alternatives to mail that were asked for.
        var isMatch = false
        /// Where its text stands in ``ValueCache/texts``.
        var text = ByteRange.absent
        /// Where its text stands in the batch, while ``batch`` is the cache's.
        var placed = ByteRange.absent
        var batch: UInt64 = 0
    }

    /// A power of two; chosen: 4,096 values of a busy host's 40 programs and users, 350 KiB.
    private static let size = 4096
    /// Longest text that is kept, in bytes; chosen.
    static let longest = 256
    /// Bytes of all texts after which all is forgotten; chosen.
    private static let mostText = 1 << 19

    private var slots = [Slot](repeating: Slot(), count: size)
    private var texts: [UInt8] = []
    /// Counts batches, and each time that text was taken back from one.
    private var batch: UInt64 = 1

    /// What stands at `offset` of the file `serial`, 1 and more; 0: it cannot be kept.
    @inline(__always)
    static func key(_ serial: UInt64, _ offset: UInt64) -> UInt64 {
        offset < 1 << 48 && serial < 1 << 16 ? serial << 48 | offset : 0
    }

    /// Where a value would be.
    @inline(__always)
    static func index(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 52) & (size - 1)
    }

    @inline(__always)
    subscript(index: Int) -> Slot { slots[index] }

    /// The key of what is at `index`.
    @inline(__always)
    func key(at index: Int) -> UInt64 { slots[index].key }

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
            slots = [Slot](repeating: Slot(), count: Self.size)
            texts.removeAll(keepingCapacity: true)
        }
        var slot = Slot(key: key, value: value, isMatch: isMatch)
        if unsafe !text.isEmpty {
            let start = texts.count
            unsafe texts.append(contentsOf: text)
            slot.text = ByteRange(start: start, end: texts.count)
        }
        slots[Self.index(key)] = slot
    }

    /// Where the text of the value at `index` stands in `bytes`, into which it is copied the first time.
    @inline(__always)
    mutating func place(_ index: Int, in bytes: inout [UInt8]) -> ByteRange {
        if slots[index].batch == batch { return slots[index].placed }
        let text = slots[index].text
        let start = bytes.count
        bytes.append(contentsOf: texts[Int(text.start)..<Int(text.end)])
        let range = ByteRange(start: start, end: bytes.count)
        slots[index].placed = range
        slots[index].batch = batch
        return range
    }
}
