// SPDX-License-Identifier: Apache-2.0
//
// Messages that were given back and may wait for their next try, where the mail server must be told
// which to try now. The note is written before they are given back, so that a kill in between
// forgets none; one too many does no harm.

internal import Glibc
internal import HaltWire

/// Queue IDs that are to be tried now, on disk.
struct GivenBack {
    let path: String

    /// IDs that are remembered: 100,000, of nine to fifteen bytes each.
    ///
    /// Chosen; those beyond wait for their next try.
    static let limit = 100_000

    /// The messages noted.
    ///
    /// - Throws: ``HaltError`` `file`.
    func read() throws(HaltError) -> Set<QueueID> {
        guard let bytes = try StateFile.read(path) else { return [] }
        return Set(
            bytes.split(separator: 0x0a).compactMap { QueueID(String(decoding: $0, as: UTF8.self)) }
        )
    }

    /// Notes `ids` as well.
    ///
    /// - Throws: ``HaltError`` `file`.
    func add(_ ids: [QueueID]) throws(HaltError) {
        try write(read().union(ids))
    }

    /// Remembers exactly `ids`.
    ///
    /// - Throws: ``HaltError`` `file`.
    func write(_ ids: Set<QueueID>) throws(HaltError) {
        guard !ids.isEmpty else { return try StateFile.remove(path) }
        let text = ids.sorted().prefix(Self.limit).map { "\($0.text)\n" }.joined()
        try StateFile.replace(path, with: Array(text.utf8))
    }
}
