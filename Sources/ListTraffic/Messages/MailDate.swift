// SPDX-License-Identifier: Apache-2.0
//
// Reads the Date header of a message, as bytes. It is the sender's word: used to tell a fresh
// answer from one that waited for days, never for event time. The mistake to avoid: trusting a
// year, a zone or a day that does not exist; whatever does not fit gives nil.

internal import EventTime
internal import MailLog

/// RFC 5322 section 3.3 dates, with the obsolete zones of section 4.3 that are still written.
enum MailDate {
    /// The point in time in the header value at `range`; nil when it is not a date.
    static func parse(_ bytes: [UInt8], _ range: ByteRange) -> Timestamp? {
        var scan = Scan(bytes, range)
        scan.skipSpace()
        if scan.isLetter {
            // "Tue," is optional and says nothing.
            _ = scan.word()
            scan.skip(UInt8(ascii: ","))
        }
        guard let day = scan.number(), (1...31).contains(day), let month = scan.month(),
            var year = scan.number(), let hour = scan.number(), hour < 24,
            scan.skip(UInt8(ascii: ":")), let minute = scan.number(), minute < 60
        else { return nil }
        var second = 0
        if scan.skip(UInt8(ascii: ":")) {
            guard let read = scan.number(), read <= 60 else { return nil }
            second = read
        }
        if year < 50 { year += 2000 } else if year < 1000 { year += 1900 }
        guard (1970...9999).contains(year) else { return nil }
        guard let date = CivilDate(year: Int64(year), month: month, day: day) else { return nil }
        let clock = Int64(hour * 3600 + minute * 60 + second - scan.zoneSeconds())
        return Timestamp(seconds: date.daysSinceEpoch * 86400 + clock)
    }

    /// A place in the value.
    private struct Scan {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        init(_ bytes: [UInt8], _ range: ByteRange) {
            self.bytes = bytes
            end = min(Int(range.end), bytes.count)
            position = min(Int(range.start), end)
        }

        var isLetter: Bool { position < end && isLetter(bytes[position]) }

        private func isLetter(_ byte: UInt8) -> Bool {
            lowered(byte) >= UInt8(ascii: "a") && lowered(byte) <= UInt8(ascii: "z")
        }

        /// Steps over spaces, tabs, and the `?` that Postfix prints for a line break.
        mutating func skipSpace() {
            while position < end,
                bytes[position] == 0x20 || bytes[position] == 0x09
                    || bytes[position] == UInt8(ascii: "?")
            {
                position += 1
            }
        }

        @discardableResult
        mutating func skip(_ byte: UInt8) -> Bool {
            skipSpace()
            guard position < end, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        /// Up to five digits.
        mutating func number() -> Int? {
            skipSpace()
            var value = 0
            let start = position
            while position < end, position - start < 5, bytes[position] >= 0x30,
                bytes[position] <= 0x39
            {
                value = value * 10 + Int(bytes[position] - 0x30)
                position += 1
            }
            return position > start ? value : nil
        }

        /// The first three letters of a word in lower case, packed.
        mutating func word() -> UInt32 {
            skipSpace()
            var packed: UInt32 = 0
            var count = 0
            while position < end, isLetter(bytes[position]) {
                if count < 3 { packed = packed << 8 | UInt32(lowered(bytes[position])) }
                count += 1
                position += 1
            }
            return packed
        }

        mutating func month() -> Int? {
            let names: [UInt32] = [
                0x6a616e, 0x666562, 0x6d6172, 0x617072, 0x6d6179, 0x6a756e, 0x6a756c, 0x617567,
                0x736570, 0x6f6374, 0x6e6f76, 0x646563,
            ]
            skipSpace()
            skip(UInt8(ascii: "-"))
            let packed = word()
            skip(UInt8(ascii: "-"))
            return names.firstIndex(of: packed).map { $0 + 1 }
        }

        /// Seconds east of Greenwich; 0 for a zone that is not understood.
        mutating func zoneSeconds() -> Int {
            skipSpace()
            guard position < end else { return 0 }
            let sign = bytes[position]
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                position += 1
                guard let zone = number(), zone <= 1400, zone % 100 < 60 else { return 0 }
                let seconds = zone / 100 * 3600 + zone % 100 * 60
                return sign == UInt8(ascii: "-") ? -seconds : seconds
            }
            switch word() {
            case 0x656474: return -4 * 3600  // EDT
            case 0x657374, 0x636474: return -5 * 3600  // EST, CDT
            case 0x637374, 0x6d6474: return -6 * 3600  // CST, MDT
            case 0x6d7374, 0x706474: return -7 * 3600  // MST, PDT
            case 0x707374: return -8 * 3600  // PST
            default: return 0
            }
        }
    }
}
