// SPDX-License-Identifier: Apache-2.0
//
// The stamp in front of a syslog line: `Nov 24 07:28:02` in local time, or RFC 3339. The local
// time zone is the one of this process (TZ).

internal import EventTime
internal import Glibc

/// Reads stamps of one file, from its first line on.
struct SyslogStamps {
    private var year: Int
    private var month = 0
    /// The hour that was converted last: mktime(3) is slow, and lines come in order.
    private var hour: (key: Int, time: Timestamp)?

    private static let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }

    /// A reader for a file whose first line is of `year`.
    init(year: Int) {
        self.year = year
    }

    /// The month, 1 to 12, of a traditional stamp; nil when `line` has none.
    static func month(_ line: ArraySlice<UInt8>) -> Int? {
        let name = line.prefix(3)
        return names.firstIndex { name.elementsEqual($0) }.map { $0 + 1 }
    }

    /// Whether `line` begins with a stamp that names its year.
    func isISO(_ line: ArraySlice<UInt8>) -> Bool { iso(line) != nil }

    /// The time in front of `line`, and what follows it; nil when there is none.
    mutating func read(
        _ line: ArraySlice<UInt8>
    ) -> (time: Timestamp, rest: ArraySlice<UInt8>)? {
        guard let next = Self.month(line) else { return iso(line) }
        let start = line.startIndex
        guard line.count > 16, let day = number(line, start + 4, 2),
            let hourOfDay = number(line, start + 7, 2), let minute = number(line, start + 10, 2),
            let second = number(line, start + 13, 2), (1...31).contains(day), hourOfDay < 24,
            minute < 60, second < 62
        else { return nil }
        if next + 6 < month { year += 1 }
        month = next
        let key = ((year * 12 + next) * 32 + day) * 24 + hourOfDay
        let base = hour.flatMap { $0.key == key ? $0.time : nil } ?? local(day, hourOfDay)
        hour = (key, base)
        return (base + .seconds(Int64(minute * 60 + second)), line[(start + 15)...])
    }

    /// The start of an hour of local time.
    private func local(_ day: Int, _ hour: Int) -> Timestamp {
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(clamping: year - 1900)
        unsafe parts.tm_mon = Int32(month - 1)
        unsafe parts.tm_mday = Int32(day)
        unsafe parts.tm_hour = Int32(hour)
        unsafe parts.tm_isdst = -1
        return Timestamp(seconds: Int64(unsafe mktime(&parts)))
    }

    private func iso(
        _ line: ArraySlice<UInt8>
    ) -> (time: Timestamp, rest: ArraySlice<UInt8>)? {
        guard let first = line.first, first >= 0x30, first <= 0x39 else { return nil }
        let stamp = line.prefix(40).prefix { $0 != UInt8(ascii: " ") }
        guard let time = Timestamp(rfc3339: String(decoding: stamp, as: UTF8.self)) else {
            return nil
        }
        return (time, line[stamp.endIndex...])
    }

    /// The number in the `width` bytes at `index`, blanks in front allowed.
    private func number(_ line: ArraySlice<UInt8>, _ index: Int, _ width: Int) -> Int? {
        var value = 0
        for byte in line[index..<index + width] {
            if byte == UInt8(ascii: " "), value == 0 { continue }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
