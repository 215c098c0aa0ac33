// SPDX-License-Identifier: Apache-2.0
//
// Beginning at a time. As sd-journal does it: through the arrays until one ends at that time or later, then
// by halves, so that a file in which the clock was set back begins where it does there.

extension JournalFile {
    /// Goes before the first entry of `time`, in microseconds, or later.
    mutating func seek(_ time: UInt64) {
        while openArray() {
            let items = min(arrayItems, header.entries - min(passed, header.entries))
            var last = items
            var isLate = false
            while last > 0 {
                last -= 1
                if let found = realtime(last) {
                    isLate = found >= time
                    break
                }
            }
            guard isLate else {
                passed += items
                arrayPassed = arrayItems
                if items < arrayItems { return }
                continue
            }
            var first: UInt64 = 0
            while first < last {
                let middle = first + (last - first) / 2
                if let found = realtime(middle), found < time {
                    first = middle + 1
                } else {
                    last = middle
                }
            }
            passed += first
            arrayPassed = first
            return
        }
    }

    /// The time of the entry at `item` of the current array; nil: it is damaged.
    private func realtime(_ item: UInt64) -> UInt64? {
        var window = FileWindow()
        let width: UInt64 = header.isCompact ? 4 : 8
        window.load(file, at: array + 24 + item * width, Int(width))
        guard window.count == Int(width) else { return nil }
        let offset = width == 4 ? UInt64(window.number(0, as: UInt32.self)) : window.word(0)
        guard isPlace(offset, Self.entryHead) else { return nil }
        window.load(file, at: offset, Int(Self.entryHead))
        guard window.count == Int(Self.entryHead), window.bytes[0] == Self.entryType else {
            return nil
        }
        return window.word(24)
    }
}
