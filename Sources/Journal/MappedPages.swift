// SPDX-License-Identifier: Apache-2.0
//
// Gives back the pages of journal files that sd-journal has mapped. It keeps up to 64 windows of
// 8 MiB mapped and never lets go of what it has passed; the plain C loop grows to 220 MiB over
// 500,000 entries. The pages are the page cache's and come back on the next touch, so this loses
// nothing, madvise(2): shared file mappings. It must never touch another mapping: private memory
// would be zeroed.

internal import Glibc

/// The pages of journal files in this process's memory.
enum MappedPages {
    /// Entries after which pages are given back: about 6 MiB of pages, measured at 1.4 KiB an
    /// entry.
    static let interval = 4096

    /// Lets go of every page of every mapped journal file.
    static func release() {
        guard let maps = unsafe fopen("/proc/self/maps", "re") else { return }
        defer { unsafe fclose(maps) }
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { line in
            while unsafe fgets(line.baseAddress, 8192, maps) != nil {
                guard let start = line.baseAddress else { return }
                unsafe release(start)
            }
        }
    }

    /// `line` is one of proc(5)'s: `7f00-7f80 r--s 00000000 08:01 42    /run/log/x.journal`.
    private static func release(_ line: UnsafeMutablePointer<CChar>) {
        guard unsafe strstr(line, ".journal") != nil else { return }
        var end: UnsafeMutablePointer<CChar>?
        let first = unsafe strtoul(line, &end, 16)
        guard let dash = unsafe end, unsafe dash.pointee == CChar(bitPattern: UInt8(ascii: "-"))
        else { return }
        let last = unsafe strtoul(dash + 1, &end, 16)
        // Shared and read only, as sd-journal maps them: the fields behind the range.
        guard last > first, let rights = unsafe end, unsafe strncmp(rights, " r--s ", 6) == 0 else {
            return
        }
        _ = unsafe madvise(
            UnsafeMutableRawPointer(bitPattern: first),
            Int(last - first),
            MADV_DONTNEED
        )
    }
}
