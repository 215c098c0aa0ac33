// SPDX-License-Identifier: Apache-2.0
//
// Which parts the habits' file holds, by their checksums: what has not changed is not written again,
// so that a save costs what changed and not what is known. The mistake to avoid: believing it of a
// file that somebody exchanged; so each save leaves a stamp there that is asked before the next.

internal import Archive
internal import Linux

/// The content of the file as it was last written or read; nothing of it when that is not known.
final class WrittenParts: Sendable {
    /// What one save left.
    struct Content: Sendable {
        /// The stamp of that save; nil: not known.
        var stamp: Int64?
        /// The checksum that each part ends with, by kind and number: eight bytes a part.
        private var sums: [Int32: [UInt64]] = [:]

        /// A content of no part yet, left by the save of that stamp.
        init(stamp: Int64? = nil) { self.stamp = stamp }

        /// The checksum of a part; nil when it is not known.
        func sum(_ key: ArchiveKey) -> UInt64? {
            guard let kind = sums[key.kind], kind.indices.contains(Int(key.number)) else {
                return nil
            }
            return kind[Int(key.number)]
        }

        /// Notes a part, and gives its checksum: the last eight bytes.
        ///
        /// The parts of a kind come one after another; one that leaves a gap is not known.
        @discardableResult
        mutating func take(_ key: ArchiveKey, _ bytes: [UInt8]) -> UInt64 {
            let sum = bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            if sums[key.kind, default: []].count == Int(key.number) {
                sums[key.kind, default: []].append(sum)
            }
            return sum
        }
    }

    private let content = Guarded(Content())

    /// Gives what is known, which is nothing from then on.
    func take() -> Content {
        content.withLock { content in
            defer { content = Content() }
            return content
        }
    }

    /// Notes what a save left, or what was read.
    func become(_ content: Content) { self.content.withLock { $0 = content } }
}
