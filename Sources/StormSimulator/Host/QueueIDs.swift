// SPDX-License-Identifier: Apache-2.0
//
// Queue ids as Postfix makes them: microseconds and an inode number that the next message uses
// again, upper-case hexadecimal; or, with enable_long_queue_ids, time and inode in base 52 and 51,
// mail_queue.h.

internal import EventTime

/// The queue's inodes and the ids made of them.
struct QueueIDs: Sendable {
    private let isLong: Bool
    private var free: [Int] = []
    private var nextInode: Int
    private static let alphabet = Array("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz")

    init(isLong: Bool, seed: UInt64) {
        self.isLong = isLong
        nextInode = 0xF_0000 + Int(seed % 0xFFFF)
    }

    /// A new id at `time`, and the inode to give back when the message is removed.
    mutating func make(at time: Timestamp) -> (id: String, inode: Int) {
        let inode: Int
        if let reused = free.popLast() {
            inode = reused
        } else {
            inode = nextInode
            nextInode += 1
        }
        let micro = Int((time.microseconds % 1_000_000 + 1_000_000) % 1_000_000)
        if isLong {
            let second = Self.number(Int(time.seconds), base: 52, width: 6)
            return (
                second + Self.number(micro, base: 52, width: 4) + "z"
                    + Self.number(inode, base: 51, width: 1), inode
            )
        }
        let hex = String(micro, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 5 - hex.count)) + hex
        return (padded + String(inode, radix: 16, uppercase: true), inode)
    }

    /// The message is gone; its inode is the next one to be used.
    mutating func release(_ inode: Int) { free.append(inode) }

    private static func number(_ value: Int, base: Int, width: Int) -> String {
        var digits: [Character] = []
        var rest = max(0, value)
        while rest > 0 || digits.count < width {
            digits.append(alphabet[rest % base])
            rest /= base
        }
        return String(digits.reversed())
    }
}
