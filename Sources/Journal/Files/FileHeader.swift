// SPDX-License-Identifier: Apache-2.0
//
// The head of a journal file, systemd.io/JOURNAL_FILE_FORMAT, "Header". It says whether this file may be
// read here at all: flags that we do not know mean that objects may look otherwise.

/// What the head of a journal file says.
struct FileHeader {
    /// Bytes of the oldest form of it.
    static let smallest = 208
    /// Bytes that are read of it; newer ones only add.
    static let most = 272

    /// The incompatible flags that we know: xz, lz4, keyed hashes, zstd, compact.
    private static let known: UInt32 = 0x1f
    private static let compact: UInt32 = 1 << 4

    let flags: UInt32
    /// 0: closed, 1: being written to, or never closed, 2: archived.
    let state: UInt8
    let seqnumID: ID128
    /// Where objects begin.
    let length: UInt64
    /// Where they end, as the file says; ``Swift/UInt64/max`` when that is no number.
    let end: UInt64
    let entries: UInt64
    /// The highest number that an entry may have, where the head is of one mind about it.
    let seqnumBound: UInt64
    let firstArray: UInt64
    let lastTime: UInt64

    /// Nil when `window`, at the file's start, is no head of a journal file.
    init?(_ window: FileWindow) {
        guard window.place(of: 0, Self.smallest) == 0,
            window.bytes[..<8].elementsEqual("LPKSHHRH".utf8)
        else { return nil }
        flags = window.number(12, as: UInt32.self)
        state = window.bytes[16]
        seqnumID = window.id(72)
        length = window.word(88)
        let (end, overflow) = length.addingReportingOverflow(window.word(96))
        self.end = overflow ? .max : end
        entries = window.word(152)
        let (last, first) = (window.word(160), window.word(168))
        let isLikely = first > 0 && last >= first && last - first >= max(1, entries) - 1
        seqnumBound = isLikely ? last : .max
        firstArray = window.word(176)
        lastTime = window.word(192)
    }

    /// Whether all that there is in it can be understood here.
    var isKnown: Bool { flags & ~Self.known == 0 }

    /// Whether somebody may be writing to it.
    var isOnline: Bool { state == 1 }

    /// Whether offsets are half as wide.
    var isCompact: Bool { flags & Self.compact != 0 }
}
