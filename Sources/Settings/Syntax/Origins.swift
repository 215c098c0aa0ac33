// SPDX-License-Identifier: Apache-2.0
//
// Where each effective value comes from: what `show-config --origin` prints.

/// Where each value was last assigned; a key that is not in it has its default.
public struct Origins: Sendable, Equatable {
    /// The place of the last assignment, by section and key.
    private var places: [String: SettingsLocation] = [:]

    /// Everything is a default.
    public init() {}

    /// Where `key` of `section` (`Journal`, `List all-staff@example.org`) was last assigned; nil:
    /// nowhere, it has its default.
    public func location(section: String, key: String) -> SettingsLocation? {
        places["\(section)\n\(key)"]
    }

    /// Notes an assignment.
    mutating func record(_ location: SettingsLocation, section: String, key: String) {
        places["\(section)\n\(key)"] = location
    }
}

/// One line of `show-config`.
public struct EffectiveSetting: Sendable, Equatable {
    /// The section, with its name: `List all-staff@example.org`.
    public var section: String
    /// The key.
    public var key: String
    /// The value, as it is written in a file.
    public var value: String
    /// The default, written alike.
    public var vendorDefault: String
    /// Where the value comes from; nil: the default.
    public var location: SettingsLocation?
}

extension Settings {
    /// Every key with its effective value, section by section; of lists and alert targets those
    /// that are configured.
    public func effective(_ origins: Origins) -> [EffectiveSetting] {
        var rows: [EffectiveSetting] = []
        let defaults = Settings()
        for section in SettingsTable.sections {
            rows += Self.rows(section.name, section.settings, self, defaults, origins)
        }
        for target in paging.targets {
            rows += Self.rows(
                "Alert \(target.name)",
                SettingsTable.alert,
                target,
                AlertTarget(name: target.name, script: ""),
                origins
            )
        }
        for list in lists {
            rows += Self.rows(
                "List \(list.address)",
                SettingsTable.list,
                list,
                ListSettings(address: list.address),
                origins
            )
        }
        return rows
    }

    private static func rows<Root>(
        _ section: String,
        _ settings: [Setting<Root>],
        _ root: Root,
        _ fallback: Root,
        _ origins: Origins
    ) -> [EffectiveSetting] {
        settings.map {
            EffectiveSetting(
                section: section,
                key: $0.name,
                value: $0.text(in: root),
                vendorDefault: $0.text(in: fallback),
                location: origins.location(section: section, key: $0.name)
            )
        }
    }
}
