// SPDX-License-Identifier: Apache-2.0
//
// The one verb that lets mail flow again. On a terminal it first shows what it is about to do, and
// asks; a script that names --held and --reason is not asked.

internal import ArgumentParser
internal import Control
internal import Engine

/// `listbreaker reset`: let mail flow again.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Let mail flow again, on probation.",
        discussion: """
            Held mail goes out (--held release) or stays on hold (--held keep). Nothing is ever \
            deleted. While another incident is open the queue stays halted.
            """
    )

    /// What becomes of held mail.
    enum Held: String, ExpressibleByArgument, CaseIterable {
        case keep, release
    }

    @OptionGroup var scope: ScopeArguments

    @Option(help: ArgumentHelp("Why; it goes into the incident.", valueName: "text"))
    var reason: String

    @Option(help: "What becomes of held mail: it stays on hold, or it goes out.")
    var held: Held?

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        if !yes && Console.isInteractive { try confirm() }
        var request = scope.request(.reset, reason: reason)
        request.held = held.flatMap { ControlRequest.Held(rawValue: $0.rawValue) }
        try control.command(request, form)
    }

    private func confirm() throws {
        let (report, _) = try control.report(ControlRequest(.status), as: StatusReport.self)
        Console.note(plan(report))
        guard Console.confirms("Reset?") else {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
    }

    /// What a reset would do now, for the person who is asked.
    func plan(_ report: StatusReport) -> String {
        let name = scope.list?.lowercased() ?? "queue"
        guard
            let incident = report.incidents.last(where: { $0.scope == name && $0.state == "open" })
        else { return "\(scope.name) is not open (mail halted); nothing is to be reset." }
        var lines = [
            "Reset \(scope.name): incident \(incident.number), \(shown(incident.rule)), open since "
                + StateWords.time(incident.tripped),
            shown(incident.summary),
        ]
        let others = report.incidents.filter {
            $0.state == "open" && $0.number != incident.number && $0.mode == "armed"
        }
        if !others.isEmpty {
            let numbers = others.map { "\($0.number)" }.joined(separator: ", ")
            lines.append("The queue stays halted by incident \(numbers).")
        } else if report.queue.isHalted {
            let count = StateWords.count(report.queue.held)
            switch held {
            case .release: lines.append("\(count) held messages go out, and mail flows again.")
            case .keep: lines.append("\(count) held messages stay on hold; other mail flows again.")
            case nil:
                lines.append("\(count) messages are on hold: say --held release or --held keep.")
            }
        }
        return lines.map { wrapped($0, width: 78) }.joined(separator: "\n")
    }
}
