// SPDX-License-Identifier: Apache-2.0
//
// Times as the clock on the wall shows them, as systemctl(1) and journalctl(1) print them: in the zone of
// TZ, or of this host. JSON, what is saved and what is sent stay in UTC. The mistake to avoid: a time
// without its zone beside one of another zone.

internal import EventTime
internal import Glibc
internal import Linux
internal import Words

/// Times for people.
enum LocalTime {
    /// Which clock they are by.
    enum Zone {
        /// That of TZ, or of this host.
        case host
        /// UTC: for texts that must be the same everywhere.
        case utc
    }

    @TaskLocal static var zone = Zone.host

    /// Seconds east of UTC at `time`, and the zone's name.
    static func place(of time: Timestamp) -> (offset: Int64, name: String) {
        guard zone == .host else { return (0, "UTC") }
        let place = WallClock.zone(at: time)
        return (place.offset, shown(place.name))
    }

    /// `2026-11-24 08:28:02 CET`.
    static func text(_ time: Timestamp) -> String { "\(brief(time)) \(place(of: time).name)" }

    /// The same for a column whose title has ``title``.
    static func brief(_ time: Timestamp) -> String {
        WallClock.digits(time, offset: place(of: time).offset)
    }

    /// What a column's title says of its zone: `UTC`, or `local`, since summer and winter differ.
    static var title: String {
        let (winter, summer) = (
            Timestamp(seconds: 1_767_225_600), Timestamp(seconds: 1_782_864_000)
        )
        return place(of: winter).name == "UTC" && place(of: summer).name == "UTC"
            ? "UTC" : "local"
    }

    /// `text` with the UTC times in it as ``text(_:)``: what the daemon says names them by RFC 3339.
    static func inWords(_ text: String) -> String {
        // Most texts have none: a quick look before the slow one.
        guard text.utf8.contains(UInt8(ascii: "Z")) else { return text }
        return text.replacing(
            /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z/
        ) { match in
            let stamp = String(match.output)
            return Timestamp(rfc3339: stamp).map(Self.text) ?? stamp
        }
    }

    /// The time at which the wall's clock shows `wall`, counted as though it were UTC.
    ///
    /// The first of two such times; where the clock jumps over it, as much later.
    static func time(atWall wall: Timestamp) -> Timestamp {
        guard zone == .host else { return wall }
        var seconds = time_t(wall.seconds)
        var fields = unsafe tm()
        guard unsafe gmtime_r(&seconds, &fields) != nil else { return wall }
        unsafe fields.tm_isdst = -1
        return Timestamp(seconds: Int64(unsafe mktime(&fields)))
    }
}

/// What the daemon says, safe on a terminal, with the times in it as the wall's clock shows them.
func told(_ text: String) -> String { LocalTime.inWords(shown(text)) }
