// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Settings
internal import Words

/// `listbreaker show-config`: every effective value, and where it comes from.
struct ShowConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show-config",
        abstract: "Show every setting in force.",
        discussion: "The output can be read back as a settings file."
    )

    @OptionGroup var options: SettingsOptions

    @Option(help: ArgumentHelp("Look for the files below this directory.", valueName: "dir"))
    var root = ""

    @Flag(help: "Say before each value where it comes from.")
    var origin = false

    @Flag(help: "Leave out what has its default.")
    var changed = false

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() throws {
        let (settings, origins) = try options.read(root: root)
        var rows = settings.effective(origins)
        if changed { rows = rows.filter { $0.location != nil } }
        if json {
            print(try Wire.write(Shown(settings: rows.map(Row.init))))
        } else {
            print(Self.text(rows, origin: origin), terminator: "")
        }
    }

    /// The rows as a settings file.
    static func text(_ rows: [EffectiveSetting], origin: Bool) -> String {
        var text = ""
        var section = ""
        for row in rows {
            if row.section != section {
                text += (section.isEmpty ? "" : "\n") + "[\(shown(row.section))]\n"
                section = row.section
            }
            if origin {
                text += "# \(row.location.map { shown($0.description) } ?? "default")\n"
            }
            text += "\(row.key)=\(shown(row.value))\n"
        }
        return text
    }

    /// What `--json` prints.
    private struct Shown: Encodable {
        var version = 1
        var settings: [Row]
    }

    private struct Row: Encodable {
        var section: String
        var key: String
        var value: String
        var defaultValue: String
        var file: String?
        var line: Int?
        var column: Int?

        init(_ row: EffectiveSetting) {
            section = row.section
            key = row.key
            value = row.value
            defaultValue = row.vendorDefault
            file = row.location?.path
            line = row.location?.line
            column = row.location?.column
        }
    }
}
