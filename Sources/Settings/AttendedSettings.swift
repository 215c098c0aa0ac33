// SPDX-License-Identifier: Apache-2.0
//
// `[Attended]`: when somebody is there, as it was written, and what that means on the clock. The
// rules of a time zone stand in a file, which whoever reads settings brings along. The mistake to
// avoid: taking hours that nobody wrote down for hours in which a page is answered.

public import Attended
public import EventTime

/// When somebody is there to answer a page.
public struct AttendedSettings: Sendable, Equatable {
    /// Most ``spans`` and ``holidays``.
    public static let mostSpans = 64, mostHolidays = 400

    /// `Attended=`, each as `Mon..Fri 09:00..17:00`; none: nobody is counted on.
    public var spans: [String] = []
    /// Name of the zone, such as `Europe/Paris`; empty: the host's.
    public var timeZone = ""
    /// Dates on which no hours begin, such as `2026-12-25`.
    public var holidays: [String] = []
    /// How long a doubtful verdict waits for an answer in attended hours before it halts; 0: not
    /// at all.
    ///
    /// Chosen: time to read a page, and a few hundred copies a second at worst.
    public var grace: TimeSpan = .minutes(5)
    /// What ``spans``, ``timeZone`` and ``holidays`` mean.
    public internal(set) var hours = AttendedHours([], zone: .utc)

    /// The vendor defaults.
    public init() {}

    /// Hours by the clock of `zone`; without spans those of a working week, for forecasts alone.
    func hours(in zone: ZoneRules, orWorkingWeek: Bool) -> AttendedHours {
        let dates = Set(holidays.compactMap { CivilDate(iso: $0) })
        guard orWorkingWeek, spans.isEmpty else {
            return AttendedHours(
                spans.compactMap { AttendedSpan($0) },
                zone: zone,
                holidays: dates
            )
        }
        return .workingWeek(zone: zone, holidays: dates)
    }
}

extension CivilDate {
    /// The date in `text`, as `2026-12-25`; nil for anything else.
    init?(iso text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.map(\.utf8.count) == [4, 2, 2], let year = readInteger(parts[0]),
            let month = readInteger(parts[1]), let day = readInteger(parts[2])
        else { return nil }
        self.init(year: year, month: Int(month), day: Int(day))
    }
}
