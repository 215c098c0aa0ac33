// SPDX-License-Identifier: Apache-2.0
//
// What is saved under which number. The mistake to avoid: one number for two kinds; the later part
// would replace the earlier one.

internal import Archive

/// The kinds of parts that ListTraffic has; 1 to 63 are its own.
enum TrafficPart {
    /// Settings and counters.
    static let frame: Int32 = 1
    static let configured: Int32 = 2
    static let messages: Int32 = 3
    static let byMessage: Int32 = 4
    static let directory: Int32 = 9
    static let addresses: Int32 = 24
    static let filters: Int32 = 25
    static let pinnedSenders: Int32 = 26
    static let posters: Int32 = 5
    static let posterFilter: Int32 = 6
    static let newerRecipients: Int32 = 7
    static let olderRecipients: Int32 = 8
    /// Each table has two kinds: its order, and its records.
    static let lists: Int32 = 10
    static let lives: Int32 = 12
    static let arrivals: Int32 = 14
    static let posts: Int32 = 16
    static let fanOuts: Int32 = 18
    static let awaited: Int32 = 20
    static let senders: Int32 = 22
}

extension ArchiveParts {
    /// Keys that name records of `table`.
    mutating func handles<Value>(
        _ kind: Int32,
        _ handles: inout [UInt64: Handle<Value>],
        count: Int,
        in table: SlotTable<Value>
    ) throws {
        let sorted = isReading ? [] : handles.keys.sorted()
        var read: [UInt64: Handle<Value>] = [:]
        try buckets(kind, sorted, count: count) { (key, stream) throws(ArchiveDamage) in
            var handle = stream.isReading ? Handle.none : handles[key] ?? .none
            try stream.value(&handle)
            guard stream.isReading else { return }
            try stream.check(table.holds(handle), "no record stands in slot \(handle.slot)")
            read[key] = handle
        }
        if isReading { handles = read }
    }
}
