// SPDX-License-Identifier: Apache-2.0
//
// From the stamp in front of a line to a time: the year that traditional stamps do not have is counted on
// from the file's first line, and what has no zone is of the local one, that of this process (TZ).

internal import EventTime
internal import Glibc
internal import MailLog

/// Reads stamps of one file, from its first line on.
struct SyslogStamps {
    private var year: Int
    private var month = 0
    /// The hour that was converted last: mktime(3) is slow, and lines come in order.
    private var hour: (key: Int, time: Timestamp)?

    /// A reader for a file whose first line is of `year`.
    init(year: Int) {
        self.year = year
    }

    /// The time that `stamp` means; nil when there is no such day.
    mutating func time(_ stamp: LogStamp) -> Timestamp? {
        if let epoch = stamp.epoch {
            return Timestamp(microseconds: epoch * 1_000_000 + stamp.microsecond)
        }
        if stamp.year == nil {
            // December to January; a step back by less is a clock that was set.
            if stamp.month + 6 < month { year += 1 }
            month = stamp.month
        }
        let year = stamp.year ?? self.year
        let inHour = TimeSpan(
            microseconds: Int64(stamp.minute * 60 + stamp.second) * 1_000_000 + stamp.microsecond
        )
        if let zone = stamp.zone {
            guard
                let date = CivilDate(year: Int64(year), month: stamp.month, day: stamp.day)
            else { return nil }
            let seconds = date.daysSinceEpoch * 86_400 + Int64(stamp.hour * 3600 - zone)
            return Timestamp(seconds: seconds) + inHour
        }
        let key = ((year * 12 + stamp.month) * 32 + stamp.day) * 24 + stamp.hour
        let base = hour.flatMap { $0.key == key ? $0.time : nil } ?? Self.local(stamp, year)
        hour = (key, base)
        return base + inHour
    }

    /// The start of an hour of local time.
    private static func local(_ stamp: LogStamp, _ year: Int) -> Timestamp {
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(clamping: year - 1900)
        unsafe parts.tm_mon = Int32(stamp.month - 1)
        unsafe parts.tm_mday = Int32(stamp.day)
        unsafe parts.tm_hour = Int32(stamp.hour)
        unsafe parts.tm_isdst = -1
        return Timestamp(seconds: Int64(unsafe mktime(&parts)))
    }
}
