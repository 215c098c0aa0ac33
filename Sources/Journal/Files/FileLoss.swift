// SPDX-License-Identifier: Apache-2.0
//
// What was found wrong with a journal file, and how that is said: the first place, and how many of the
// entries that its header counts were not met.

/// What was found wrong with a file.
struct FileLoss {
    /// The first byte where something was.
    private var first: UInt64?
    /// Entries that could not be read.
    private var entries: UInt64 = 0
    /// Things that were found wrong.
    private(set) var count = 0

    mutating func note(_ offset: UInt64, isEntry: Bool) {
        first = first ?? offset
        count += 1
        if isEntry { entries += 1 }
    }

    /// In words; nil: nothing.
    ///
    /// `missing` entries were not met at all.
    func words(_ header: FileHeader, size: UInt64, missing: UInt64) -> String? {
        let missing = missing + entries
        if header.end > size {
            return "it is cut off at \(size) of \(header.end) bytes; \(missing) of "
                + "\(header.entries) entries are missing"
        }
        if let first {
            return "it is damaged from byte \(first) of \(header.end) on: \(missing) of "
                + "\(header.entries) entries lie behind that and could not be read"
        }
        guard missing > 0, !header.isOnline else { return nil }
        return "\(missing) of \(header.entries) entries are missing"
    }
}
