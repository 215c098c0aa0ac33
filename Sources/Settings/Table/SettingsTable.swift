// SPDX-License-Identifier: Apache-2.0
//
// Every section and key there is. A key that is added here is read, shown by `show-config`, and
// must then stand in the vendor file and in listbreaker.conf(5): tests compare all three.

/// A section that exists once.
public struct SettingsSection: Sendable {
    /// Its name, as between the brackets.
    public var name: String
    /// Its keys, in the order in which they are shown.
    public var settings: [Setting<Settings>]
}

/// The table of sections and keys.
public enum SettingsTable {
    /// The sections that exist once, in the order in which they are shown.
    public static let sections = [
        SettingsSection(name: "Journal", settings: journal),
        SettingsSection(name: "Halt", settings: halt),
        SettingsSection(name: "Manager", settings: manager),
        SettingsSection(name: "Traffic", settings: traffic),
        SettingsSection(name: "Detection", settings: detection),
        SettingsSection(name: "Attended", settings: attended),
        SettingsSection(name: "Paging", settings: paging),
    ]

    /// The section that has `key`, for someone who put it elsewhere; nil: none has.
    static func home(of key: String) -> String? {
        if let section = sections.first(where: { $0.settings.contains { $0.name == key } }) {
            return section.name
        }
        if alert.contains(where: { $0.name == key }) { return "Alert NAME" }
        return list.contains { $0.name == key } ? "List ADDRESS" : nil
    }

    /// Names of all sections, for suggestions.
    static let sectionNames = sections.map(\.name) + ["Alert", "List"]
}
