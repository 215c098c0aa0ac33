// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Reports

/// `listbreaker explain LIST|INCIDENT`: which posts counted, which did not, and why.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show why a list counts as it does, or why an incident tripped."
    )

    @Argument(
        help:
            "A list, by any of its addresses; a sender, as sender:ADDRESS; or an incident's number.",
        completion: Suggested.scopes
    )
    var subject: String

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.explain)
        if let number = Int64(subject) {
            request.incident = number
        } else {
            request.list = subject
        }
        let (report, json) = try control.report(request, as: ExplainReport.self)
        if form.json {
            print(json)
        } else {
            print(ExplainText(report: report, console: form.console).text, terminator: "")
        }
    }
}
