// SPDX-License-Identifier: Apache-2.0
//
// One assignment to its place in the settings, and what can only be judged when all files are
// read: keys that belong together, and lists, which take from [Detection] what they do not say.

import ListTraffic
import StormDetection

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
    mutating func finish() {
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
        let detection = settings.detection
        order(
            "Attended",
            ("From", detection.attendedFrom + 1),
            ("Until", detection.attendedUntil)
        )
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
