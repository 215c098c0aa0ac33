// SPDX-License-Identifier: Apache-2.0
//
// Facts of others on their way to the daemon of a judge. Each broker brings each batch; it waits once. They
// have a room of their own, so that no flood of them is in the way of a trip or a reset, and what finds no
// room is counted: a judge that does not hear all says so.

internal import FleetLink

/// Batches of facts in the order in which they came; O(1) for each on average.
struct FactShelf {
    /// Bytes that may wait: 8 MiB, chosen; 10,000 facts a second of a hundred bytes fill it in eight seconds.
    static let room = 8 << 20
    /// What a batch takes beside its text: 256 bytes, chosen, so that many small ones are bounded as well.
    static let overhead = 256
    /// Batches that are remembered as having come; chosen.
    ///
    /// Past it all are forgotten: one that another broker brings later goes to the daemon, which knows it by its
    /// number.
    private static let mostKnown = 8192

    private var waiting: [LinkRecord] = []
    private var next = 0
    private var bytes = 0
    /// Digests of what came, by this process's own key: a stranger cannot make two that are alike.
    private var known: Set<Int> = []
    /// Batches that found no room.
    private(set) var lost: Int64 = 0

    /// Whether nothing waits.
    var isEmpty: Bool { next == waiting.count }

    /// Keeps a batch, once; whether it is new and had room.
    mutating func add(_ record: LinkRecord) -> Bool {
        if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
        guard known.insert(record.hashValue).inserted else { return false }
        let size = Self.size(record)
        guard bytes + size <= Self.room else {
            lost += 1
            return false
        }
        bytes += size
        waiting.append(record)
        return true
    }

    /// At most so many of the oldest; no slice, which would have all of them copied at the next change.
    func first(_ count: Int) -> [LinkRecord] { Array(waiting[next...].prefix(count)) }

    /// Lets go of so many of the oldest.
    mutating func remove(_ count: Int) {
        bytes -= first(count).reduce(0) { $0 + Self.size($1) }
        next = min(waiting.count, next + count)
        // What was taken is thrown away when it is the greater part.
        guard next * 2 >= waiting.count else { return }
        waiting.removeFirst(next)
        next = 0
    }

    private static func size(_ record: LinkRecord) -> Int { record.text.utf8.count + overhead }
}
