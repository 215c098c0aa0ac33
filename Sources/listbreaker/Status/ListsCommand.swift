// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Reports

/// `listbreaker lists`: every list that is tracked.
struct ListsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lists",
        abstract: "Show every list that is tracked."
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let (report, _) = try control.report(ControlRequest(.status), as: StatusReport.self)
        if form.json {
            print(try Wire.write(Lists(lists: report.lists, totalLists: report.totalLists)))
        } else {
            print(
                StatusText(report: report, console: form.console).lists(all: true),
                terminator: ""
            )
        }
    }

    /// What `--json` prints.
    private struct Lists: Encodable {
        var version = 1
        var lists: [ListStatus]
        var totalLists: Int64?
    }
}
