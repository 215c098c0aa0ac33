// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer's way into the reader of journal files. An input is a small journal file's plan: how many entries
// of how many fields, in which form, and then words of the file that are overwritten, which are chosen among
// those that the reader goes by. So most inputs get past the first check, which bytes at random would not.
// Built by .ci/fuzz, not by the package.

import EventTime
import Glibc
import MailLog

@testable import Journal

/// A journal file as far as the reader looks at it: no hash tables.
private struct Plan {
    private(set) var bytes = [UInt8](repeating: 0, count: 272)
    private var input: ArraySlice<UInt8>
    private let isCompact: Bool
    /// Offsets of objects, which make the best wrong offsets.
    private var objects: [Int] = []
    private(set) var entries: [Int] = []

    init(_ input: ArraySlice<UInt8>) {
        self.input = input
        isCompact = (self.input.popFirst() ?? 0) & 1 == 1
        bytes.replaceSubrange(0..<8, with: "LPKSHHRH".utf8)
        bytes[12] = isCompact ? 0x1c : 0x0c
        bytes[16] = 2
        let fields = [
            "SYSLOG_FACILITY=2", "_EXE=/usr/lib/postfix/sbin/qmgr", "_UID=104", "_PID=1",
            "_TRANSPORT=syslog", "SYSLOG_IDENTIFIER=postfix/qmgr", "_SYSTEMD_UNIT=a.service",
            "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED=7", "PRIORITY=6",
        ]
        let common = fields.map { data($0, uses: 9) }
        for number in 1...(1 + Int(next() % 24)) {
            let mask = next()
            var items = common.enumerated().filter { mask >> ($0.offset % 8) & 1 == 0 }
                .map(\.element)
            items.append(data("MESSAGE=\(number): removed", uses: 1))
            entry(number, items)
        }
        arrays()
        put(88, 272)
        put(96, bytes.count - 272)
        put(152, entries.count)
        put(160, entries.count)
        put(168, 1)
    }

    private mutating func next() -> UInt8 { input.popFirst() ?? 0 }

    private mutating func object(_ type: UInt8, _ length: Int) -> Int {
        let place = bytes.count
        bytes += [UInt8](repeating: 0, count: (length + 7) & ~7)
        bytes[place] = type
        put(place + 8, length)
        objects.append(place)
        return place
    }

    private mutating func data(_ text: String, uses: Int) -> Int {
        let head = isCompact ? 72 : 64
        let place = object(1, head + text.utf8.count)
        put(place + 40, 272)
        put(place + 56, uses)
        bytes.replaceSubrange(place + head..<place + head + text.utf8.count, with: text.utf8)
        return place
    }

    private mutating func entry(_ number: Int, _ items: [Int]) {
        let width = isCompact ? 4 : 16
        let place = object(3, 64 + width * items.count)
        for (index, word) in [number, 1_700_000_000_000_000 + number, number, 1, 2, 3].enumerated()
        {
            put(place + 16 + 8 * index, word)
        }
        for (index, item) in items.enumerated() { put(place + 64 + width * index, item, isCompact) }
        entries.append(place)
    }

    private mutating func arrays() {
        var rest = entries[...]
        var link = 176
        while !rest.isEmpty {
            let count = 1 + Int(next() % 8)
            let width = isCompact ? 4 : 8
            let place = object(6, 24 + width * count)
            put(link, place)
            link = place + 16
            for (index, entry) in rest.prefix(count).enumerated() {
                put(place + 24 + width * index, entry, isCompact)
            }
            rest = rest.dropFirst(count)
        }
    }

    private mutating func put(_ place: Int, _ value: Int, _ isHalf: Bool = false) {
        for byte in 0..<(isHalf ? 4 : 8) {
            bytes[place + byte] = UInt8((value >> (8 * byte)) & 0xff)
        }
    }

    /// Overwrites words of objects' heads, and cuts the file.
    mutating func damage() {
        while input.count >= 4 {
            let object = objects[Int(next()) % objects.count]
            let place = min(object + Int(next() % 32) * 4, bytes.count - 8)
            let value = Int(next())
            switch next() % 6 {
            case 0: put(place, objects[value % objects.count], true)
            case 1: put(place, value, true)
            case 2: put(place, value << 24)
            case 3: bytes[place] ^= 1 << UInt8(value % 8)
            case 4: put(8 + value % 26 * 8, objects[Int(next()) % objects.count])
            default: put(place, bytes.count - value)
            }
        }
        if let cut = input.first, cut > 250 { bytes.removeLast(bytes.count / Int(cut - 248)) }
    }
}

/// The file that is written for each input; without a name.
private let draft: Int32 = {
    let path = "/dev/shm/listbreaker-fuzz-\(getpid())"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    precondition(descriptor >= 0)
    unsafe unlink(path)
    return descriptor
}()

/// Reads the file that `input` plans, twice beside itself; ends the process when it takes too much.
private func read(_ input: [UInt8]) {
    var plan = Plan(input[...])
    plan.damage()
    precondition(ftruncate(draft, off_t(plan.bytes.count)) == 0)
    let written = unsafe plan.bytes.withUnsafeBytes { all in
        unsafe pwrite(draft, all.baseAddress, all.count, 0)
    }
    precondition(written == plan.bytes.count)
    let path = "/proc/self/fd/\(draft)"
    let files = (1...2).compactMap { JournalFile(path, serial: $0) }
    var merge = FileMerge(files, nil)
    var cache = ValueCache()
    guard let selection = try? EntrySelection([], picks: input.first.map { $0 & 2 == 0 } ?? true)
    else { return }
    var batch = EntryBatch()
    var steps = 0
    while merge.next() {
        _ = merge.append(to: &batch, &cache, selection)
        steps += 1
        // Each place of an array is passed once in each of the two files.
        precondition(steps <= plan.bytes.count / 2, "more entries than offsets")
    }
    for entry in batch.entries {
        for range in [entry.message, entry.identifier, entry.executable, entry.unit, entry.machine]
        {
            precondition(range.start <= range.end && Int(range.end) <= batch.bytes.count)
        }
    }
    for file in merge.files { _ = file.damage }
}

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJournal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    read(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
