// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Engine
internal import Words

/// `listbreaker version`: ours, and the running daemon's where it answers.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version, and the running daemon's."
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        // A daemon that does not run, or does not let us ask, is no failure of this verb.
        let daemon = try? control.ask(ControlRequest(.version)).message
        if form.json {
            print(try Wire.write(Versions(listbreaker: Version.text, listbreakerd: daemon)))
        } else {
            print("listbreaker \(Version.text)")
            print("listbreakerd \(daemon.map(shown) ?? "does not answer")")
        }
    }

    /// What `--json` prints.
    private struct Versions: Encodable {
        var version = 1
        var listbreaker: String
        var listbreakerd: String?
    }
}
