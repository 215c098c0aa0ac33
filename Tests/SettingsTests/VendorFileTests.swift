// SPDX-License-Identifier: Apache-2.0
//
// The vendor file and listbreaker.conf(5) against the table of keys. The vendor file is written
// from the table: LISTBREAKER_UPDATE_GOLDEN=1 writes it anew.

import FoundationEssentials
import Settings
import Testing

private let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct `Vendor file and manual page` {
    @Test func `the vendor file names every key with its default`() throws {
        let file = root.appending(path: "systemd/listbreaker.conf")
        if ProcessInfo.processInfo.environment["LISTBREAKER_UPDATE_GOLDEN"] == "1" {
            try vendorFile().write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == vendorFile())
    }

    @Test func `the vendor file itself changes nothing`() throws {
        let text = SettingsText(path: "listbreaker.conf", text: vendorFile())
        #expect(try SettingsReader.read([text]).get().settings == Settings())
    }

    @Test func `the vendor file is valid when every line of it is uncommented`() throws {
        let lines = vendorFile().split(separator: "\n").map { line in
            line.hasPrefix("# ") || line == "#" ? "" : line.drop { $0 == "#" }
        }
        let text = lines.joined(separator: "\n")
        let result = SettingsReader.read([SettingsText(path: "listbreaker.conf", text: text)])
        #expect(throws: Never.self) { try result.get() }
    }

    @Test func `the manual page describes every key`() throws {
        let page = try String(
            contentsOf: root.appending(path: "docs/man/listbreaker.conf.5"),
            encoding: .utf8
        )
        for (section, keys) in allKeys() {
            #expect(page.contains("\n.Ss The [\(section)"), "[\(section)]")
            for key in keys {
                #expect(page.contains("\n.It Cm \(key)="), "[\(section)] \(key)=")
            }
        }
    }

    /// `Default: \\fBVALUE\\fR.` below a key is what is built in.
    @Test func `the manual page gives the defaults that are built in`() throws {
        let page = try String(
            contentsOf: root.appending(path: "docs/man/listbreaker.conf.5"),
            encoding: .utf8
        )
        var found = 0
        for section in SettingsTable.sections {
            let start = try #require(page.firstRange(of: "\n.Ss The [\(section.name)")).upperBound
            let text = page[start...]
            let chapter = text.firstRange(of: "\n.Ss ").map { text[..<$0.lowerBound] } ?? text
            for setting in section.settings {
                guard let key = chapter.firstRange(of: "\n.It Cm \(setting.name)=") else {
                    continue
                }
                let rest = chapter[key.upperBound...]
                let entry = rest.firstRange(of: "\n.It Cm ").map { rest[..<$0.lowerBound] } ?? rest
                guard
                    let line = entry.split(separator: "\n").first(where: {
                        $0.hasPrefix("Default: \\fB")
                    })
                else { continue }
                let said = line.dropFirst("Default: \\fB".count).dropLast("\\fR.".count)
                #expect(
                    said.replacing("\\-", with: "-") == setting.text(in: Settings()),
                    "[\(section.name)] \(setting.name)="
                )
                found += 1
            }
        }
        #expect(found > 80, "of \(found) settings")
    }
}

private func allKeys() -> [(section: String, keys: [String])] {
    SettingsTable.sections.map { ($0.name, $0.settings.map(\.name)) }
        + [
            ("Alert", SettingsTable.alert.map(\.name)),
            ("List", SettingsTable.list.map(\.name)),
        ]
}

private let preamble = """
    # listbreaker.conf - the defaults, as they are built in. See listbreaker.conf(5).
    #
    # Do not change this file: the next update overwrites it. Write what is to differ into
    # /etc/listbreaker/listbreaker.conf or a file of /etc/listbreaker/listbreaker.conf.d/, then run
    # 'listbreaker check-config' and 'systemctl reload listbreakerd'.
    # Time spans: 30s, 5min, 1h 30min, 3d; a number alone is seconds. An empty value: the default.

    """

private func vendorFile() -> String {
    var text = preamble
    for section in SettingsTable.sections {
        text += "\n[\(section.name)]\n"
        text += section.settings.map { keyText($0, in: Settings()) }.joined()
    }
    text += "\n# One section for each target of pages, in the order in which they are told.\n"
    text += "#[Alert webhook]\n"
    text += "#Script=/usr/share/listbreaker/alerts/webhook\n"
    let target = AlertTarget(name: "webhook", script: "")
    text += SettingsTable.alert.dropFirst().map { keyText($0, in: target) }.joined()
    text += "\n# One section for each list of which something is known; others are recognised.\n"
    text += "#[List all-staff@example.org]\n"
    let list = ListSettings(address: "all-staff@example.org")
    return text + SettingsTable.list.map { keyText($0, in: list) }.joined()
}

private func keyText<Root>(_ setting: Setting<Root>, in root: Root) -> String {
    let comment = wrap("\(setting.summary) Expects \(setting.expected).")
    return "\(comment)#\(setting.name)=\(setting.text(in: root))\n"
}

/// `text` as comment lines of at most 100 columns.
private func wrap(_ text: String) -> String {
    var lines = ["#"]
    for word in text.split(separator: " ") {
        if lines[lines.count - 1].count + 1 + word.count > 100 { lines.append("#") }
        lines[lines.count - 1] += " " + word
    }
    return lines.map { $0 + "\n" }.joined()
}
