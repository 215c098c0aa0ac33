// SPDX-License-Identifier: Apache-2.0
//
// The fields of a file's current entry. The hot loop of replay: for each of an entry's twenty offsets one
// look into the cache, and only what it does not know is read: 4,300 instructions an entry in all, where
// sd-journal takes 24,800; measured by callgrind.

internal import EventTime
internal import Glibc
internal import MailLog

/// Which entries are kept, and how they are read.
struct EntrySelection {
    /// `FIELD=VALUE`, each an alternative to mail.
    let names: [String]
    /// Their bytes.
    let matches: [[UInt8]]
    /// Whether an entry's facility decides, as far as it is read; else any field of it that is one of mail's or
    /// of ``matches``, as with sd-journal's index.
    let picks: Bool
    /// Whether the container is read: only where something else than mail was asked for.
    var readsContainers: Bool { !matches.isEmpty }

    /// Throws as sd_journal_add_match(3) would.
    init(_ matches: [String], picks: Bool) throws(JournalError) {
        self.picks = picks && matches.isEmpty
        for match in matches where !Self.isMatch(match) {
            throw JournalError(
                code: .badMatch,
                operation: "select journal entries by",
                path: match,
                errno: EINVAL,
                next: "correct the configuration"
            )
        }
        names = matches
        self.matches = matches.map { Array($0.utf8) }
    }

    private static func isMatch(_ text: String) -> Bool {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "=")), !text.hasPrefix("__") else {
            return false
        }
        let name = text.utf8[..<end]
        return !name.isEmpty
            && name.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (0x41...0x5a).contains(byte)
                    || (0x30...0x39).contains(byte)
            }
    }

    /// Whether `field` is one of ``matches``.
    func has(_ field: UnsafeRawBufferPointer) -> Bool {
        matches.contains { match in
            unsafe match.count == field.count && field.elementsEqual(match)
        }
    }
}

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
        for item in first..<max(first, items.count) {
            if found.isEnough(draft) { return item }
            let place = items.start + width * item
            let offset =
                width == 4
                ? UInt64(
                    UInt32(
                        littleEndian: unsafe all.loadUnaligned(
                            fromByteOffset: place,
                            as: UInt32.self
                        )
                    )
                )
                : UInt64(
                    littleEndian: unsafe all.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                )
            let known = ValueCache.key(serial, offset)
            let index = ValueCache.index(known)
            guard known != 0, cache.key(at: index) == known else { return item }
            let kind = cache.kind(at: index)
            // Half of an entry's fields: nothing more to do.
            if kind == .none, found.picks { continue }
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

    /// A data object that was looked at.
    private struct Data {
        /// What it says.
        var value: FieldValue
        /// Whether it is one of the alternatives to mail.
        var isMatch: Bool
        /// Which window, and where in it the value begins.
        var window: Int
        var place: Int
        /// Bytes of the value; of them in the window.
        var count: Int
        var there: Int
        /// Whether several entries have it.
        var repeats: Bool
    }

    /// Looks at the data object at `offset`; nil: it is damaged.
    ///
    /// The checks are those of systemd's `check_object`, so that both leave out the same.
    private mutating func find(_ offset: UInt64, _ selection: EntrySelection) -> Data? {
        let head = header.isCompact ? 72 : 64
        guard isPlace(offset, UInt64(head + 1)) else { return nil }
        let most = Int(min(size - offset, UInt64(head + FieldValue.head)))
        guard var (window, place) = fetch(offset, most) else { return nil }
        guard let (count, packed, repeats) = check(offset, window, place, head) else {
            return nil
        }
        var there = min(count, most - head)
        var value = packed ? FieldValue(kind: .packed) : recognize(window, place + head, there)
        let mayMatch = !packed && selection.matches.contains { $0.count == count }
        if mayMatch || value.kind.isText, there < count {
            // A little more than the longest that is copied.
            there = min(count, value.start + EntryBatch.longestField + 1)
            guard let whole = fetch(offset, head + there) else { return nil }
            (window, place) = whole
        }
        var isMatch = false
        if !selection.picks {
            isMatch =
                (value.kind == .facility || value.kind == .messageID) && value.number == 1
                || mayMatch && matches(selection, window, place + head, there)
        }
        if packed { value.start = 0 }
        return Data(
            value: value,
            isMatch: isMatch,
            window: window,
            place: place + head + value.start,
            count: count - value.start,
            there: there - value.start,
            repeats: repeats
        )
    }

    /// The length of the field of a data object, whether it is compressed, and whether several entries have it;
    /// nil: it is damaged.
    private func check(
        _ offset: UInt64,
        _ window: Int,
        _ place: Int,
        _ head: Int
    ) -> (count: Int, isPacked: Bool, repeats: Bool)? {
        let length = windows[window].word(place + 8)
        let (entry, uses) = (windows[window].word(place + 40), windows[window].word(place + 56))
        let links =
            windows[window].word(place + 24) | windows[window].word(place + 32)
            | windows[window].word(place + 48)
        guard windows[window].bytes[place] == Self.dataType, length > UInt64(head),
            length <= size - offset, (entry == 0) == (uses == 0), (links | entry) % 8 == 0
        else { return nil }
        return (Int(length) - head, windows[window].bytes[place + 1] & 7 != 0, uses > 1)
    }

    private func recognize(_ window: Int, _ place: Int, _ count: Int) -> FieldValue {
        unsafe windows[window].bytes.withUnsafeBytes { all in
            let field = unsafe UnsafeRawBufferPointer(rebasing: all[place..<place + count])
            return unsafe FieldValue.read(field)
        }
    }

    private func matches(
        _ selection: EntrySelection,
        _ window: Int,
        _ place: Int,
        _ count: Int
    ) -> Bool {
        unsafe windows[window].bytes.withUnsafeBytes { all in
            let field = unsafe UnsafeRawBufferPointer(rebasing: all[place..<place + count])
            return unsafe selection.has(field)
        }
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

    /// The window and the place of `length` bytes at `offset`, read when they are in none.
    private mutating func fetch(_ offset: UInt64, _ length: Int) -> (Int, Int)? {
        for window in windows.indices {
            if let place = windows[window].place(of: offset, length) { return (window, place) }
        }
        nextFar = 3 - nextFar
        windows[nextFar].load(file, at: offset, max(Self.firstWindow, length))
        guard let place = windows[nextFar].place(of: offset, length) else { return nil }
        return (nextFar, place)
    }
}
