// SPDX-License-Identifier: Apache-2.0
//
// Golden files: input above a rule, expected output below; adding a case needs no code. Several
// input files in one case are divided by `==> PATH` lines. With LISTBREAKER_UPDATE_GOLDEN=1 the
// outputs are written anew: read the diff before committing it.

import FoundationEssentials
import Settings
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
private let folder = root.appending(path: "Golden/settings")

private func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.sorted()
}

@Suite struct `Golden settings` {
    @Test func `there are golden files`() {
        #expect(names().count >= 10)
    }

    @Test(arguments: names())
    func `a settings file gives what stands below its rule`(name: String) throws {
        let file = folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        let rule = "----\n"
        let parts = text.split(separator: rule, maxSplits: 1, omittingEmptySubsequences: false)
        let input = String(try #require(parts.first))
        let output = render(SettingsReader.read(files(in: input)))
        if ProcessInfo.processInfo.environment["LISTBREAKER_UPDATE_GOLDEN"] == "1" {
            try (input + rule + output).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(output == parts.dropFirst().first.map(String.init), "\(name)")
        }
    }
}

/// The files of a case; without a `==>` line there is one, `listbreaker.conf`.
private func files(in input: String) -> [SettingsText] {
    guard input.hasPrefix("==> ") else {
        return [SettingsText(path: "listbreaker.conf", text: input)]
    }
    return input.split(separator: "==> ").map { part in
        let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return SettingsText(path: String(lines[0]), text: String(lines.dropFirst().first ?? ""))
    }
}

/// What differs from the defaults, or the errors.
private func render(
    _ result: Result<(settings: Settings, origins: Origins), SettingsErrors>
) -> String {
    switch result {
    case .failure(let errors):
        return errors.description + "\n"
    case .success(let (settings, origins)):
        return settings.effective(origins).filter { $0.location != nil }
            .map { "[\($0.section)] \($0.key)=\($0.value)  (\($0.location?.description ?? ""))\n" }
            .joined()
    }
}
