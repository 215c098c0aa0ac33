// SPDX-License-Identifier: Apache-2.0
//
// What is on hold, by post, and what becomes of it. Subject and sender are a stranger's text and
// are escaped; a post is named by a queue ID, which nobody outside can choose.

internal import ArgumentParser
internal import Control
internal import Reports

/// `listbreaker held`: held mail by post, and its release, discard and restoration.
struct HeldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held",
        abstract: "Show held mail by post; release, discard or restore it.",
        discussion: """
            A post is named by the queue ID that the first column shows, or by its Message-ID.
            Only mail that listbreaker itself put on hold is shown and touched.
            """,
        subcommands: [
            HeldShowCommand.self, HeldReleaseCommand.self, HeldDiscardCommand.self,
            HeldRestoreCommand.self,
        ],
        defaultSubcommand: HeldShowCommand.self
    )
}

/// `listbreaker held [LIST]`.
struct HeldShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show held mail by post, oldest first."
    )

    @Argument(help: "Only what is held for this list.", completion: Suggested.lists)
    var list: String?

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.held)
        request.list = list
        let (report, json) = try control.report(request, as: HeldReport.self)
        if form.json {
            print(json)
        } else {
            print(HeldText(report: report, console: form.console).text, terminator: "")
        }
    }
}
