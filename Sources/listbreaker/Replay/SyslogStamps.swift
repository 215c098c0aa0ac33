// SPDX-License-Identifier: Apache-2.0
//
// The stamp in front of a syslog line: `Nov 24 07:28:02` in local time, also with a fraction and with
// the facility that FreeBSD's syslogd -vv prints behind it; or an ISO 8601 time as journalctl, rsyslog
// and RFC 5424 write it. The local time zone is the one of this process (TZ).

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

    /// The month, 1 to 12, and the day of a traditional stamp; nil when `line` has none.
    static func date(_ line: ArraySlice<UInt8>) -> (month: Int, day: Int)? {
        let line = withoutPriority(line)
        let name = line.prefix(3)
        guard let month = names.firstIndex(where: { name.elementsEqual($0) }), line.count > 16
        else { return nil }
        return (month + 1, number(line, line.startIndex + 4, 2) ?? 0)
    }

    /// What follows `<22>`, and behind it the version `1 ` of RFC 5424.
    private static func withoutPriority(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard line.first == UInt8(ascii: "<"),
            let end = line.prefix(5).firstIndex(of: UInt8(ascii: ">"))
        else { return line }
        let rest = line[(end + 1)...]
        return rest.starts(with: "1 ".utf8) ? rest.dropFirst(2) : rest
    }

    /// Whether `line` begins with a stamp that names its year.
    func isISO(_ line: ArraySlice<UInt8>) -> Bool { iso(line) != nil }

    /// The time in front of `line`, and what follows it; nil when there is none.
    mutating func read(
        _ line: ArraySlice<UInt8>
    ) -> (time: Timestamp, rest: ArraySlice<UInt8>)? {
        guard let next = Self.date(line)?.month else { return iso(line) }
        let line = Self.withoutPriority(line)
        let start = line.startIndex
        guard let day = Self.number(line, start + 4, 2),
            let hourOfDay = Self.number(line, start + 7, 2),
            let minute = Self.number(line, start + 10, 2),
            let second = Self.number(line, start + 13, 2), (1...31).contains(day), hourOfDay < 24,
            minute < 60, second < 62
        else { return nil }
        if next + 6 < month { year += 1 }
        month = next
        let key = ((year * 12 + next) * 32 + day) * 24 + hourOfDay
        let base = hour.flatMap { $0.key == key ? $0.time : nil } ?? local(day, hourOfDay)
        hour = (key, base)
        let (fraction, rest) = Self.fraction(line[(start + 15)...])
        return (base + .seconds(Int64(minute * 60 + second)) + fraction, Self.withoutFacility(rest))
    }

    /// `.123456` or `,123` behind the seconds, and what follows.
    private static func fraction(
        _ text: ArraySlice<UInt8>
    ) -> (fraction: TimeSpan, rest: ArraySlice<UInt8>) {
        guard text.first == UInt8(ascii: ".") || text.first == UInt8(ascii: ",") else {
            return (.seconds(0), text)
        }
        let digits = text.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
        var value: Int64 = 0
        for place in 0..<6 {
            let index = digits.startIndex + place
            value = value * 10 + (index < digits.endIndex ? Int64(digits[index] - 0x30) : 0)
        }
        return (TimeSpan(microseconds: value), text[digits.endIndex...])
    }

    /// What follows ` <mail.info>`, as FreeBSD's syslogd -vv prints it.
    private static func withoutFacility(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.starts(with: " <".utf8),
            let end = text.prefix(24).firstIndex(of: UInt8(ascii: ">"))
        else { return text }
        return text[(end + 1)...]
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
        let line = Self.withoutPriority(line)
        guard line.count > 20, let first = line.first, first >= 0x30, first <= 0x39 else {
            return nil
        }
        let start = line.startIndex
        var stamp = Array(line[start..<start + 19])
        // A blank in place of the T: RFC 3339 section 5.6 allows it.
        if stamp[10] == UInt8(ascii: " ") { stamp[10] = UInt8(ascii: "T") }
        let (fraction, rest) = Self.fraction(line[(start + 19)...])
        let zone = rest.prefix { $0 != UInt8(ascii: " ") }
        var text = Array(zone)
        // `+0100`, as journalctl -o short-iso prints it.
        if text.count == 5 { text.insert(UInt8(ascii: ":"), at: 3) }
        let written = stamp + (text.isEmpty ? [UInt8(ascii: "Z")] : text)
        guard var time = Timestamp(rfc3339: String(decoding: written, as: UTF8.self)) else {
            return nil
        }
        if text.isEmpty { time = Self.inLocalTime(time) }
        return (time + fraction, rest[zone.endIndex...])
    }

    /// The same reading of the clock in local time, which a stamp without a zone is.
    private static func inLocalTime(_ time: Timestamp) -> Timestamp {
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return time }
        unsafe parts.tm_isdst = -1
        return Timestamp(seconds: Int64(unsafe mktime(&parts)))
    }

    /// The number in the `width` bytes at `index`, blanks in front allowed.
    private static func number(_ line: ArraySlice<UInt8>, _ index: Int, _ width: Int) -> Int? {
        var value = 0
        for byte in line[index..<index + width] {
            if byte == UInt8(ascii: " "), value == 0 { continue }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
