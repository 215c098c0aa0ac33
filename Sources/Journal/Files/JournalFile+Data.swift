// SPDX-License-Identifier: Apache-2.0
//
// One data object of a file: whether it is sound, which field it is, and where its value stands. What is
// wrong with it costs this field of the entry and no more.

internal import MailLog

extension JournalFile {
    /// A data object that was looked at.
    struct Data {
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
    mutating func find(_ offset: UInt64, _ selection: EntrySelection) -> Data? {
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
        // Type and flags, length, hash, three links, entries of it and how many.
        let words: InlineArray<8, UInt64> = windows[window].words(place)
        let length = words[1]
        let (entry, uses) = (words[5], words[7])
        let links = words[3] | words[4] | words[6]
        guard UInt8(truncatingIfNeeded: words[0]) == Self.dataType, length > UInt64(head),
            length <= size - offset, (entry == 0) == (uses == 0), (links | entry) % 8 == 0
        else { return nil }
        let flags = UInt8(truncatingIfNeeded: words[0] >> 8)
        return (Int(length) - head, flags & 7 != 0, uses > 1)
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
