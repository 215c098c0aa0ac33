// SPDX-License-Identifier: Apache-2.0
//
// Times as the clock on this host's wall shows them: in the zone of TZ, or of /etc/localtime. What is saved
// and what programs read stays in UTC; this is for people.

public import EventTime
internal import Glibc

/// The clock on the wall.
public enum WallClock {
    /// Seconds east of UTC at `time`, and the zone's abbreviation; GMT is called UTC.
    public static func zone(at time: Timestamp) -> (offset: Int64, name: String) {
        var seconds = time_t(time.seconds)
        var fields = unsafe tm()
        guard unsafe localtime_r(&seconds, &fields) != nil else { return (0, "UTC") }
        let name = unsafe fields.tm_zone.map { unsafe String(cString: $0) } ?? "UTC"
        return unsafe (Int64(fields.tm_gmtoff), name == "GMT" ? "UTC" : name)
    }

    /// `2026-11-24 08:28:02 CET`.
    public static func text(_ time: Timestamp) -> String {
        let zone = zone(at: time)
        return "\(digits(time, offset: zone.offset)) \(zone.name)"
    }

    /// `2026-11-24 07:28:02 UTC`, wherever this host is.
    public static func utc(_ time: Timestamp) -> String { "\(digits(time, offset: 0)) UTC" }

    /// `2026-11-24 08:28:02`, by a clock so many seconds east of UTC.
    public static func digits(_ time: Timestamp, offset: Int64) -> String {
        let wall = Timestamp(seconds: time.seconds) + .seconds(offset)
        return wall.rfc3339.dropLast().split(separator: "T").joined(separator: " ")
    }
}
