// SPDX-License-Identifier: Apache-2.0
//
// The fields of a file's current entry. The hot loop of replay: for each of an entry's twenty offsets one
// look into the cache, and only what it does not know is read: 3,400 instructions an entry in all, where
// sd-journal takes 24,800; measured by callgrind.

internal import MailLog

/// What came of reading an entry.
enum EntryOutcome {
    case taken
    case leftOut
    /// It has a field that is compressed, and may be wanted.
    case packed
}

extension JournalFile {
    /// Appends the current entry to `batch` when it is wanted.
    mutating func append(
        to batch: inout EntryBatch,
        _ cache: inout ValueCache,
        _ selection: EntrySelection
    ) -> EntryOutcome {
        let room = batch.bytes.count
        let picks = selection.picks
        var draft = EntryDraft(
            time: key.time,
            picks: picks,
            readsContainers: selection.readsContainers
        )
        var found = Found(picks: picks)
        let items = loadItems()
        var item = 0
        while true {
            item = unsafe windows[0].bytes.withUnsafeBytes { all in
                unsafe takeKnown(all, items, from: item, &draft, &cache, &found, &batch.bytes)
            }
            if item >= items.count || found.isEnough(draft) { break }
            let offset = self.offset(item, items)
            item += 1
            guard let data = find(offset, selection) else {
                noteLoss(offset)
                continue
            }
            if data.value.kind == .packed { found.isPacked = true }
            if data.isMatch { found.isMatch = true }
            let known = ValueCache.key(serial, offset)
            if known != 0, data.repeats { keep(data, known, &cache) }
            guard draft.takes(data.value.kind) else { continue }
            if data.value.kind.isText {
                draft.set(data.value.kind, copy(data, &batch.bytes), of: data.count)
            } else {
                draft.set(data.value.kind, data.value.number)
            }
        }
        let (isWanted, isPacked) = (found.isMatch, found.isPacked)
        let isKept = picks ? draft.isWanted : isWanted
        // What is compressed may be what makes it wanted, or a wanted field.
        if isPacked, isKept || !picks || !draft.isComplete {
            takeBack(&batch, room, &cache)
            return .packed
        }
        guard isKept else {
            takeBack(&batch, room, &cache)
            return .leftOut
        }
        batch.entries.append(draft.entry)
        return .taken
    }

    /// What was met in an entry beside the fields that are kept.
    private struct Found {
        let picks: Bool
        var isMatch = false
        var isPacked = false

        init(picks: Bool) { self.picks = picks }

        /// Whether the rest of the entry does not matter.
        @inline(__always)
        func isEnough(_ draft: EntryDraft) -> Bool { draft.isComplete && (picks || isMatch) }
    }

    /// Takes the items from `first` on that the cache knows; gives the first that it does not.
    ///
    /// The entry's items are checked to lie in `all` once, and not one by one: with a look into the window
    /// for each, an entry cost 1,400 instructions more, measured.
    private func takeKnown(
        _ all: UnsafeRawBufferPointer,
        _ items: (start: Int, count: Int),
        from first: Int,
        _ draft: inout EntryDraft,
        _ cache: inout ValueCache,
        _ found: inout Found,
        _ bytes: inout [UInt8]
    ) -> Int {
        let width = header.isCompact ? 4 : 16
        guard items.start >= 0, items.count >= 0, items.start + width * items.count <= all.count
        else { return items.count }
        var item = first
        while item < items.count {
            if found.isEnough(draft) { return item }
            // Half of an entry's fields say nothing that is looked at: one comparison each.
            var known = ValueCache.key(
                serial,
                unsafe Self.offset(all, items.start + width * item, width)
            )
            while cache.isIdle(known) {
                item += 1
                guard item < items.count else { return item }
                known = ValueCache.key(
                    serial,
                    unsafe Self.offset(all, items.start + width * item, width)
                )
            }
            guard let index = cache.place(of: known) else { return item }
            item += 1
            let kind = cache.kind(at: index)
            if kind == .packed { found.isPacked = true }
            if cache.isMatch(at: index) { found.isMatch = true }
            guard draft.takes(kind) else { continue }
            if kind.isText {
                let range = cache.place(index, in: &bytes)
                draft.set(kind, range, of: range.count)
            } else {
                draft.set(kind, cache.number(at: index))
            }
        }
        return items.count
    }

    /// The offset of a data object that stands at `place`, which is checked to lie in `all`.
    @inline(__always)
    private static func offset(_ all: UnsafeRawBufferPointer, _ place: Int, _ width: Int) -> UInt64
    {
        width == 4
            ? UInt64(
                UInt32(
                    littleEndian: unsafe all.loadUnaligned(fromByteOffset: place, as: UInt32.self)
                )
            )
            : UInt64(littleEndian: unsafe all.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// The offset of an item of the current entry.
    private func offset(_ item: Int, _ items: (start: Int, count: Int)) -> UInt64 {
        header.isCompact
            ? UInt64(windows[0].number(items.start + 4 * item, as: UInt32.self))
            : windows[0].word(items.start + 16 * item)
    }

    private func takeBack(_ batch: inout EntryBatch, _ room: Int, _ cache: inout ValueCache) {
        guard batch.bytes.count > room else { return }
        batch.bytes.removeLast(batch.bytes.count - room)
        cache.forgetPlaces()
    }

    /// Where in the first window the offsets of the current entry's data begin, and how many there are.
    ///
    /// They stay there: what is read of data goes into the other windows.
    private mutating func loadItems() -> (start: Int, count: Int) {
        let start = entry + Self.entryHead
        let length = entryEnd - start
        guard let place = load(start, Int(length)) else {
            noteLoss(start)
            return (0, 0)
        }
        return (place, Int(length / itemWidth))
    }

    /// Copies a text into the batch.
    private func copy(_ data: Data, _ bytes: inout [UInt8]) -> ByteRange {
        let start = bytes.count
        let count = min(data.there, EntryBatch.longestField)
        bytes.append(contentsOf: windows[data.window].bytes[data.place..<data.place + count])
        return ByteRange(start: start, end: bytes.count)
    }

    private func keep(_ data: Data, _ key: UInt64, _ cache: inout ValueCache) {
        let isText = data.value.kind.isText
        guard !isText || data.count <= ValueCache.longest else { return }
        unsafe windows[data.window].bytes.withUnsafeBytes { all in
            let count = isText ? data.count : 0
            let text = unsafe UnsafeRawBufferPointer(rebasing: all[data.place..<data.place + count])
            unsafe cache.keep(key, data.value, isMatch: data.isMatch, text)
        }
    }
}
