// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Reports
internal import StormDetection

/// `listbreaker report N`: an incident, for those who were not there.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write the report of an incident, as Markdown or as one HTML file.",
        discussion: """
            What happened, a curve, who posted, what was done and by whom, what would have come, \
            headings of a post-mortem, and drafts of notes to the list's members and its owner. \
            People's addresses are shortened, since a report is passed on.
            """
    )

    @Argument(help: "The incident's number.", completion: Suggested.incidents)
    var incident: Int64

    @Flag(help: "One HTML file that needs nothing else.")
    var html = false

    @Flag(help: "Markdown; the default.")
    var markdown = false

    @Flag(help: "Whole addresses of people.")
    var addresses = false

    @Option(help: ArgumentHelp("Write it into this file.", valueName: "file"))
    var output: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if html, markdown { throw ValidationError("give --html or --markdown, not both") }
    }

    func run() throws {
        var request = ControlRequest(.incidents)
        request.incident = incident
        let (incidents, _) = try control.report(request, as: [IncidentStatus].self)
        guard let status = incidents.first else {
            throw Failure(code: ControlCode.failed, message: "there is no incident \(incident)")
        }
        var question = ControlRequest(.explain)
        question.incident = incident
        let (explained, _) = try control.report(question, as: ExplainReport.self)
        let account = IncidentAccount(
            status,
            explained,
            showsAddresses: addresses,
            status: now(of: status.scope)
        )
        let document = IncidentReport(account: account).document
        try Self.write(
            html
                ? DocumentPage(document: document).text : DocumentMarkdown(document: document).text,
            to: output
        )
    }

    /// How the list stands now; nil where it is none, or no longer tracked.
    private func now(of scope: Subject) -> StatusReport? {
        guard scope != .queue, scope.sender == nil else { return nil }
        var request = ControlRequest(.status)
        request.list = scope.name
        return try? control.report(request, as: StatusReport.self).report
    }

    /// Writes `text` into `file`, whole, or to standard output.
    static func write(_ text: String, to file: String?) throws {
        guard let file else { return print(text, terminator: "") }
        try TextFile.put(text, into: file)
        print("written: \(file)")
    }
}
