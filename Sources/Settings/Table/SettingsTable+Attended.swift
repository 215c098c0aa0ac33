// SPDX-License-Identifier: Apache-2.0
//
// The keys of [Attended], and those that it had before.

import EventTime

extension SettingsTable {
    /// `[Attended]`: when somebody is there to answer.
    static let attended: [Setting<Settings>] = [
        Setting(
            "Attended",
            .attendedSpans(\.attended.spans),
            "Hours in which somebody answers a page; each line adds some; empty: nobody does."
        ),
        Setting(
            "TimeZone",
            .text(\.attended.timeZone, .zone),
            "Time zone of these hours, such as Europe/Paris; empty: the host's."
        ),
        Setting(
            "Holidays",
            .words(\.attended.holidays, .date, most: AttendedSettings.mostHolidays),
            "Dates on which no attended hours begin."
        ),
        Setting(
            "GraceSec",
            .span(\.attended.grace, .seconds(0)...(.hours(1))),
            "In attended hours a doubtful verdict pages, and halts so much later; 0: at once."
        ),
    ]

    /// What to write instead of a key that is no more; nil when there never was one.
    static func replacement(of key: String, in section: String) -> String? {
        guard section == "Attended" else { return nil }
        return switch key {
        case "From", "Until": "hours are written as Attended=Mon..Fri 09:00..17:00 now"
        case "UTCOffset": "the zone is named now, as in TimeZone=Europe/Paris"
        default: nil
        }
    }

    /// What to write instead of a section that is no more; nil when there never was one.
    static func replacement(ofSection name: String) -> String? {
        guard name == "Mailman" else { return nil }
        return "a list manager is stopped by a script now: [Manager] with Script=mailman3, and its"
            + " password in /etc/listbreaker/credentials/mailman3.password"
    }
}
