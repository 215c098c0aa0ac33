// SPDX-License-Identifier: Apache-2.0
//
// One journal file, read entry by entry as systemd.io/JOURNAL_FILE_FORMAT describes it: a chain of arrays
// of offsets, each of an entry, each a list of offsets of data. Every offset is a stranger's: it has to be a
// multiple of eight, inside the file, at an object of the right type that ends inside the file, and in
// arrays and their chain larger than the one before, so that nothing runs in a circle. What is not is
// damage: it is passed over and said. The fields are read in JournalFile+Fields.swift.

internal import EventTime
internal import Glibc

/// A place in a journal file.
struct JournalFile {
    /// Types of objects.
    static let dataType: UInt8 = 1
    static let entryType: UInt8 = 3
    static let arrayType: UInt8 = 6
    /// Bytes of an entry before its items.
    static let entryHead: UInt64 = 64
    /// The longest entry: 4,092 fields of the wide form; chosen, journald takes 1,024.
    static let longestEntry: UInt64 = 1 << 16
    /// The highest number that is believed of any file, so that counting on from it ends nowhere; chosen.
    static let mostNumbers: UInt64 = 1 << 62
    /// Bytes that are read at once, at first and at last: a file that is read on is read in larger
    /// steps, one of many hosts' in small ones; chosen.
    static let firstWindow = 1 << 14
    static let lastWindow = 1 << 18

    let path: String
    let serial: UInt64
    private(set) var header: FileHeader
    let file: OpenFile
    /// Bytes that there are.
    private(set) var size: UInt64
    /// Where entries are and what came with them; then two for what lies far away.
    var windows = [FileWindow](repeating: FileWindow(), count: 3)
    var nextFar = 1
    private var step = firstWindow
    private var offsets = FileWindow()

    /// The array that is read, its items, how many of them were passed, and the next one.
    private(set) var array: UInt64 = 0
    private(set) var arrayItems: UInt64 = 0
    var arrayPassed: UInt64 = 0
    private var nextArray: UInt64
    /// Entries passed, of the header's.
    var passed: UInt64 = 0
    /// The current entry and its end.
    private(set) var entry: UInt64 = 0
    private(set) var entryEnd: UInt64 = 0
    /// What the current entry is ordered by.
    private(set) var key = EntryKey()
    /// Bytes that entries may still have, so that entries that lie in one another cost no more than twice
    /// what the file has.
    private var budget: UInt64
    /// What was found wrong.
    private(set) var loss = FileLoss()
    /// Whether its end was reached.
    private var isDone = false

    /// Opens the file `path`; `serial` tells it from others, 1 and more.
    init?(_ path: String, serial: UInt64) {
        guard let file = OpenFile(path), let size = file.size else { return nil }
        var window = FileWindow()
        window.load(file, at: 0, FileHeader.most)
        guard let header = FileHeader(window) else { return nil }
        self.path = path
        self.serial = serial
        self.header = header
        self.file = file
        self.size = size
        nextArray = header.firstArray
        budget = size.multipliedReportingOverflow(by: 2).partialValue
        key.seqnumID = header.seqnumID
    }

    /// What to say of the file, once it was read to its end; nil: nothing is wrong.
    var damage: String? {
        loss.words(
            header,
            size: file.size ?? size,
            missing: isDone ? header.entries - min(passed, header.entries) : 0
        )
    }

    /// Goes on to the next entry that can be read, of which `next` becomes the key; false at the end.
    mutating func advance(_ next: inout EntryKey) -> Bool {
        while let offset = nextOffset() {
            if offset > entry, open(offset) {
                next = key
                return true
            }
            loss.note(offset, isEntry: true)
        }
        isDone = true
        return false
    }

    /// Gives back the memory that it holds; it is read again when it is needed.
    mutating func rest() {
        for index in windows.indices { windows[index].drop() }
        offsets.drop()
        step = Self.firstWindow
    }

    /// Notes that something at `offset` could not be read.
    mutating func noteLoss(_ offset: UInt64) { loss.note(offset, isEntry: false) }

    // MARK: Entries

    /// The offset that the arrays have next; nil at the end.
    private mutating func nextOffset() -> UInt64? {
        while passed < header.entries || grew() {
            if arrayPassed == arrayItems {
                guard openArray() else { return nil }
                continue
            }
            let width: UInt64 = header.isCompact ? 4 : 8
            let place = array + 24 + arrayPassed * width
            if offsets.place(of: place, Int(width)) == nil {
                // Short at first: most of many files are only looked into.
                let rest = (arrayItems - arrayPassed) * width
                let most: UInt64 = arrayPassed == 0 ? 1024 : 16384
                offsets.load(file, at: place, Int(min(rest, most)))
            }
            arrayPassed += 1
            passed += 1
            guard let index = offsets.place(of: place, Int(width)) else {
                loss.note(place, isEntry: true)
                continue
            }
            return header.isCompact
                ? UInt64(offsets.number(index, as: UInt32.self)) : offsets.word(index)
        }
        return nil
    }

    /// Opens the next array of the chain; false: there is none, or it is damaged.
    mutating func openArray() -> Bool {
        let next = nextArray
        let width: UInt64 = header.isCompact ? 4 : 8
        guard next > array else {
            if next != 0 { loss.note(next, isEntry: false) }
            return false
        }
        guard isPlace(next, 24), let length = length(of: next, Self.arrayType, &offsets),
            length >= 24 + width, (length - 24) % width == 0
        else {
            loss.note(next, isEntry: false)
            return false
        }
        let behind = offsets.word(16)
        guard behind % 8 == 0, behind == 0 || behind > next else {
            loss.note(next, isEntry: false)
            return false
        }
        array = next
        arrayItems = (length - 24) / width
        arrayPassed = 0
        nextArray = behind
        return true
    }

    /// The length of the object of `type` at `offset`, of which the head is read into `window`; nil: it is
    /// none, or does not end inside the file.
    private func length(of offset: UInt64, _ type: UInt8, _ window: inout FileWindow) -> UInt64? {
        window.load(file, at: offset, 24)
        guard window.count == 24, window.bytes[0] == type else { return nil }
        let length = window.word(8)
        return length <= size - offset ? length : nil
    }

    /// Whether an object may begin at `offset`, of which `length` bytes are there.
    @inline(__always)
    func isPlace(_ offset: UInt64, _ length: UInt64) -> Bool {
        offset % 8 == 0 && offset >= header.length && offset < size && size - offset >= length
    }

    /// Makes the entry at `offset` the current one; false: it is damaged.
    private mutating func open(_ offset: UInt64) -> Bool {
        guard isPlace(offset, Self.entryHead), let place = load(offset, Int(Self.entryHead)) else {
            return false
        }
        // The object's type, its length, and the six numbers of an entry.
        let head: InlineArray<8, UInt64> = windows[0].words(place)
        let length = head[1]
        guard UInt8(truncatingIfNeeded: head[0]) == Self.entryType, length > Self.entryHead,
            length <= size - offset, length <= Self.longestEntry, length <= budget,
            (length - Self.entryHead) % itemWidth == 0
        else { return false }
        let seqnum = head[2]
        let realtime = head[3]
        let monotonic = head[4]
        // The bounds that systemd has: times up to the year 3112.
        guard seqnum > 0, realtime > 0, realtime < 1 << 55, monotonic < 1 << 55 else {
            return false
        }
        budget -= length
        entry = offset
        entryEnd = offset + length
        if seqnum <= key.seqnum || seqnum > min(header.seqnumBound, Self.mostNumbers) {
            // Numbers rise within a file. One that does not would hide what is behind it, here and in
            // other files, as it does for sd-journal.
            loss.note(offset, isEntry: false)
            key.seqnum += 1
        } else {
            key.seqnum = seqnum
        }
        key.realtime = realtime
        key.monotonic = monotonic
        key.boot = ID128(first: head[5], second: head[6])
        key.hash = head[7]
        return true
    }

    /// Bytes of one item of an entry.
    var itemWidth: UInt64 { header.isCompact ? 4 : 16 }

    /// Where in the first window `length` bytes at `offset` are, which are read when they are not there.
    ///
    /// What an entry brought with it stands in front of it, behind the entry before.
    mutating func load(_ offset: UInt64, _ length: Int) -> Int? {
        if let place = windows[0].place(of: offset, length) { return place }
        let window = max(step, 2 * length)
        let behind = entryEnd <= offset ? entryEnd : offset
        let start = max(behind, offset - min(offset, UInt64(window / 2)))
        windows[0].load(file, at: start, window)
        step = min(2 * step, Self.lastWindow)
        return windows[0].place(of: offset, length)
    }

    /// Whether there are more entries than when that was looked at last.
    private mutating func grew() -> Bool {
        // An archived file never grows.
        guard header.state != 2 else { return false }
        var window = FileWindow()
        window.load(file, at: 0, FileHeader.most)
        guard let now = FileHeader(window), now.entries > header.entries,
            now.flags == header.flags, let size = file.size, size >= self.size
        else { return false }
        header = now
        self.size = size
        budget = budget.addingReportingOverflow(size).partialValue
        offsets.drop()
        windows[0].drop()
        if array > 0, length(of: array, Self.arrayType, &offsets) != nil {
            nextArray = offsets.word(16)
            offsets.drop()
        }
        return true
    }
}
