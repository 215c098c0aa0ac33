// SPDX-License-Identifier: Apache-2.0
//
// Where an entry stands among those of other files. sd-journal's order, which is none that a sort could
// use: numbers where both files come of one writer, else the clock since boot where both are of one boot,
// else the time of day; three entries may run in a circle. So whoever merges has to go by pairs, as
// sd-journal does, and not keep a heap.

internal import EventTime

/// A 128-bit id of systemd's, as it stands in the file.
struct ID128: Equatable {
    var first: UInt64 = 0
    var second: UInt64 = 0

    /// 32 hexadecimal digits.
    var text: String {
        [first, second].map { half in
            let digits = String(half.byteSwapped, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// What entries are ordered by.
struct EntryKey: Equatable {
    /// Who counted: files of one writer have it in common.
    var seqnumID = ID128()
    var seqnum: UInt64 = 0
    var boot = ID128()
    /// Microseconds since that boot.
    var monotonic: UInt64 = 0
    /// Microseconds since 1970.
    var realtime: UInt64 = 0
    /// A hash of all fields.
    var hash: UInt64 = 0

    /// `__REALTIME_TIMESTAMP`.
    var time: Timestamp { Timestamp(microseconds: Int64(clamping: realtime)) }

    /// As sd_journal_get_cursor(3) writes it.
    var cursor: String {
        func hex(_ number: UInt64) -> String { String(number, radix: 16) }
        return "s=\(seqnumID.text);i=\(hex(seqnum));b=\(boot.text);m=\(hex(monotonic))"
            + ";t=\(hex(realtime));x=\(hex(hash))"
    }

    /// Negative: before `other`; 0: the same entry, in another file; positive: behind it.
    func order(_ other: EntryKey) -> Int {
        if seqnumID == other.seqnumID, seqnum != other.seqnum {
            return seqnum < other.seqnum ? -1 : 1
        }
        if boot == other.boot, monotonic != other.monotonic {
            return monotonic < other.monotonic ? -1 : 1
        }
        if realtime != other.realtime { return realtime < other.realtime ? -1 : 1 }
        return hash == other.hash ? 0 : hash < other.hash ? -1 : 1
    }
}

extension EntryKey {
    /// The key in a cursor; nil when a part is missing.
    init?(cursor: String) {
        for part in cursor.utf8.split(separator: UInt8(ascii: ";")) {
            guard part.count > 2, part.dropFirst().first == UInt8(ascii: "=") else { return nil }
            let digits = part.dropFirst(2)
            let number = UInt64(String(digits) ?? "", radix: 16)
            switch part.first {
            case UInt8(ascii: "s"): seqnumID = Self.id(digits)
            case UInt8(ascii: "b"): boot = Self.id(digits)
            case UInt8(ascii: "i"): seqnum = number ?? 0
            case UInt8(ascii: "m"): monotonic = number ?? 0
            case UInt8(ascii: "t"): realtime = number ?? 0
            case UInt8(ascii: "x"): hash = number ?? 0
            default: return nil
            }
        }
        guard seqnum > 0, realtime > 0 else { return nil }
    }

    private static func id(_ digits: Substring.UTF8View) -> ID128 {
        let first = UInt64(String(digits.prefix(16)) ?? "", radix: 16) ?? 0
        let second = UInt64(String(digits.dropFirst(16)) ?? "", radix: 16) ?? 0
        return ID128(first: first.byteSwapped, second: second.byteSwapped)
    }
}
