// SPDX-License-Identifier: Apache-2.0
//
// Files to validated settings, or to every error in them. Later files win over earlier ones, key
// by key; sections of the same name in several files are one section. A key that nobody knows is
// an error: in a safety device a misspelt threshold must not be silence.

public import Attended
internal import Words

/// Reads settings from the text of files.
public enum SettingsReader {
    /// Gives the rules of a time zone by its name, of the host's by an empty one; nil: there is
    /// none, or it cannot be read.
    public typealias Zones = (String) -> ZoneRules?

    /// The settings that `files` say, first the vendor's, last what wins, and where each value
    /// comes from; or all errors, at most ``SettingsErrors/most``.
    ///
    /// `zones` brings the rules of time zones; without it there is UTC alone. Linear in the size of
    /// the files.
    public static func read(
        _ files: [SettingsText],
        zones: Zones = { $0.isEmpty || $0 == "UTC" ? .utc : nil }
    ) -> Result<(settings: Settings, origins: Origins), SettingsErrors> {
        var reading = SettingsReading()
        for file in files { reading.read(file) }
        reading.finish(zones: zones)
        guard reading.errors.problems.isEmpty else { return .failure(reading.errors) }
        return .success((reading.settings, reading.origins))
    }

    /// What `files` say of paging as far as it can be understood, whatever else is wrong with them:
    /// for the page that says so.
    public static func paging(_ files: [SettingsText]) -> PagingSettings {
        var reading = SettingsReading()
        for file in files { reading.read(file) }
        var paging = reading.settings.paging
        paging.targets.removeAll { $0.script.isEmpty }
        return paging
    }
}

/// The state of one reading.
struct SettingsReading {
    /// Most `[Alert NAME]` sections; chosen.
    static let mostTargets = 32
    /// Most `[List ADDRESS]` sections; chosen.
    static let mostLists = 10_000

    var settings = Settings()
    var origins = Origins()
    var errors = SettingsErrors()
    /// Index of each `[Alert NAME]` and `[List ADDRESS]` by name, and where it first stood.
    private var targets: [String: (index: Int, location: SettingsLocation)] = [:]
    private var lists: [String: Int] = [:]
    private let defaults = Settings()

    /// The section that assignments go to.
    private enum Section {
        /// Before the first header.
        case none
        /// A section that was refused: its keys are not looked at, one error is enough.
        case refused
        case single(SettingsSection)
        case target(Int)
        case list(Int)
    }

    /// Reads one file over what is there.
    mutating func read(_ file: SettingsText) {
        var syntax = SettingsSyntax(file, errors: &errors)
        var section = Section.none
        while let line = syntax.read(&errors) {
            switch line {
            case .section(let header):
                section = begin(header)
            case .assignment(let key, let location, let value):
                assign(key, at: location, value, in: section)
            }
        }
    }

    private mutating func begin(_ header: SectionHeader) -> Section {
        switch header.kind {
        case "Alert":
            guard TextRule.word.accepts(header.name) else {
                return refuse(header, "[Alert NAME] needs \(TextRule.word.expected)")
            }
            return beginTarget(header)
        case "List":
            let address = header.name.lowercased()
            guard TextRule.address.accepts(address) else {
                return refuse(header, "[List ADDRESS] needs \(TextRule.address.expected)")
            }
            return beginList(address, header)
        default:
            if let section = SettingsTable.sections.first(where: { $0.name == header.kind }) {
                if header.name.isEmpty { return .single(section) }
                return refuse(header, "[\(section.name)] takes no name")
            }
            if let instead = SettingsTable.replacement(ofSection: header.kind) {
                return refuse(header, "[\(header.kind)] is no more: \(instead)")
            }
            report(
                header.location,
                "unknown section \(quoted(header.kind))",
                nearest(to: header.kind, among: SettingsTable.sectionNames)
            )
            return .refused
        }
    }

    private mutating func beginTarget(_ header: SectionHeader) -> Section {
        if let known = targets[header.name] { return .target(known.index) }
        guard targets.count < Self.mostTargets else {
            return refuse(header, "more than \(Self.mostTargets) [Alert NAME] sections")
        }
        targets[header.name] = (settings.paging.targets.count, header.location)
        settings.paging.targets.append(AlertTarget(name: header.name, script: ""))
        return .target(settings.paging.targets.count - 1)
    }

    private mutating func beginList(_ address: String, _ header: SectionHeader) -> Section {
        if let known = lists[address] { return .list(known) }
        guard lists.count < Self.mostLists else {
            return refuse(header, "more than \(Self.mostLists) [List ADDRESS] sections")
        }
        lists[address] = settings.lists.count
        settings.lists.append(ListSettings(address: address))
        return .list(settings.lists.count - 1)
    }

    private mutating func assign(
        _ key: String,
        at location: SettingsLocation,
        _ value: SourceValue,
        in section: Section
    ) {
        switch section {
        case .none:
            report(location, "\(quoted(key)) stands before the first [Section]", nil)
        case .refused:
            break
        case .single(let section):
            set(
                key,
                at: location,
                value,
                of: \.settings,
                default: defaults,
                section.settings,
                section.name,
                section.name
            )
        case .target(let index):
            let name = settings.paging.targets[index].name
            set(
                key,
                at: location,
                value,
                of: \.settings.paging.targets[index],
                default: AlertTarget(name: name, script: ""),
                SettingsTable.alert,
                "Alert \(name)",
                "Alert NAME"
            )
        case .list(let index):
            let address = settings.lists[index].address
            set(
                key,
                at: location,
                value,
                of: \.settings.lists[index],
                default: ListSettings(address: address),
                SettingsTable.list,
                "List \(address)",
                "List ADDRESS"
            )
        }
    }

    /// Where `[Alert name]` first stood.
    func targetLocation(_ name: String) -> SettingsLocation? { targets[name]?.location }

    private mutating func refuse(_ header: SectionHeader, _ message: String) -> Section {
        let location = header.name.isEmpty ? header.location : header.nameLocation
        let found = header.name.isEmpty ? "" : "; found \(quoted(header.name))"
        report(location, message + found, nil)
        return .refused
    }
}
