// SPDX-License-Identifier: Apache-2.0
//
// One assignment to its place in the settings, and what can only be judged when all files are
// read: keys that belong together, and lists, which take from [Detection] what they do not say.

import Attended
import ListTraffic
import StormDetection
internal import Words

extension SettingsReading {
    /// Assigns `value` to `key` of `root`.
    ///
    /// `section` names it for ``Origins``, `kind` for messages.
    mutating func set<Root>(
        _ key: String,
        at location: SettingsLocation,
        _ value: SourceValue,
        of root: WritableKeyPath<SettingsReading, Root>,
        default fallback: Root,
        _ table: [Setting<Root>],
        _ section: String,
        _ kind: String
    ) {
        guard let setting = table.first(where: { $0.name == key }) else {
            if let instead = SettingsTable.replacement(of: key, in: kind) {
                return report(location, "\(key)= is no more: \(instead)", nil)
            }
            let suggestion = nearest(to: key, among: table.map(\.name))
            let home = suggestion == nil ? SettingsTable.home(of: key) : nil
            let hint = home.map { "; it belongs in [\($0)]" } ?? ""
            report(location, "unknown key \(quoted(key)) in [\(kind)]\(hint)", suggestion)
            return
        }
        var collected = errors
        setting.assign(value, to: &self[keyPath: root], default: fallback, &collected)
        errors = collected
        origins.record(location, section: section, key: key)
    }

    /// Notes a problem, with the name that was probably meant.
    mutating func report(
        _ location: SettingsLocation,
        _ message: String,
        _ suggestion: String?
    ) {
        let hint = suggestion.map { "; did you mean '\($0)'?" } ?? ""
        errors.add(SettingsProblem(location: location, message: message + hint))
    }

    /// Checks what spans several keys, and hands the lists to those who work with them.
    mutating func finish(zones: SettingsReader.Zones) {
        for target in settings.paging.targets where target.script.isEmpty {
            if let location = targetLocation(target.name) {
                report(location, "[Alert \(target.name)] has no Script=", nil)
            }
        }
        let paging = settings.paging
        order(
            "Paging",
            ("RetryFirst", paging.retryFirst),
            ("RetryLongest", paging.retryLongest)
        )
        finishAttended(zones)
        for list in settings.lists {
            settings.detection.perList[list.address] = list.resolved(in: settings.detection)
        }
        settings.traffic.lists = settings.lists.map {
            ConfiguredList(
                address: $0.address,
                aliases: $0.aliases,
                senderPatterns: $0.senderPatterns,
                regularPosters: $0.rules.regularPosters.map { $0.lowercased() }
            )
        }
    }

    /// Puts the hours on the clock of their zone.
    private mutating func finishAttended(_ zones: SettingsReader.Zones) {
        let name = settings.attended.timeZone
        guard let zone = zones(name) else {
            let place = origins.location(section: "Attended", key: "TimeZone")
            let zone = name.isEmpty ? "the host's time zone" : "time zone \(quoted(name))"
            return report(
                place ?? SettingsLocation(path: "[Attended]", line: 0, column: 0),
                "cannot read the rules of \(zone): TimeZone= expects a name as "
                    + "'timedatectl list-timezones' shows it",
                nil
            )
        }
        settings.attended.hours = settings.attended.hours(in: zone, orWorkingWeek: false)
        settings.detection.attended = settings.attended.hours(in: zone, orWorkingWeek: true)
    }

    /// Reports `low` and `high` of `section` when the first is above the second.
    private mutating func order<Value: Comparable>(
        _ section: String,
        _ low: (key: String, value: Value),
        _ high: (key: String, value: Value)
    ) {
        guard low.value > high.value else { return }
        let place =
            origins.location(section: section, key: low.key)
            ?? origins.location(section: section, key: high.key)
        guard let place else { return }
        report(place, "\(low.key)= of [\(section)] must be below \(high.key)=", nil)
    }
}
