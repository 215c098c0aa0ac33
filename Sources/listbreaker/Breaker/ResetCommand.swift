// SPDX-License-Identifier: Apache-2.0
//
// The one verb that lets mail flow again. On a terminal it first shows what it is about to do, and
// asks; a script that names --held and --reason is not asked.

public import ArgumentParser
public import Breaker
internal import Control
internal import Reports
internal import StormDetection
internal import Words

/// `listbreaker reset`: let mail flow again.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Let mail flow again, on probation.",
        discussion: """
            Held mail goes out (--held release), stays on hold (--held keep), or the list's is saved \
            and deleted while the rest goes out (--held discard); see 'listbreaker held'. It goes \
            out metered, and a new sign of the storm stops that and trips the same incident. While \
            another incident is open the queue stays halted.
            With --fleet it is a reset for all hosts of the fleet, in the name of an operator; --held is \
            then needed, and the rate is of all hosts together. LIST may be HOST/N.
            """
    )

    @OptionGroup var scope: ScopeArguments

    @Option(help: ArgumentHelp("Why; it goes into the incident.", valueName: "text"))
    var reason: String

    @Option(
        help: "What becomes of held mail: it stays, goes out, or the list's is saved and deleted."
    )
    var held: HeldChoice?

    @Option(help: ArgumentHelp("Copies a minute: 600/min; 0: at once.", valueName: "rate"))
    var rate: RateArgument?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Do not show the progress; it goes on without us anyway.")
    var noWait = false

    @Flag(help: "On all hosts of the fleet, also on those that hold it by another's word.")
    var fleet = false

    @OptionGroup var fleetOptions: FleetOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        if fleet { return try resetFleet() }
        if !yes && Console.isInteractive { try confirm() }
        var request = scope.request(.reset, reason: reason)
        request.held = held
        request.rate = rate?.perMinute
        try control.command(request, form)
        if !noWait, held == .release || held == .discard {
            try ClearingProgress(control: control, form: form).watch()
        }
    }

    private func confirm() throws {
        let (report, _) = try control.report(.briefStatus, as: StatusReport.self)
        // Without the numbers it is still said what would be done.
        let mail = try? control.report(ControlRequest(.held), as: HeldReport.self).report
        Console.note(
            ([plan(report)] + (mail.map { numbers(of: report, $0) } ?? []))
                .joined(separator: "\n")
        )
        guard Console.confirms("Reset?") else {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
    }

    /// What a reset would do now, for the person who is asked.
    func plan(_ report: StatusReport) -> String {
        let subject = scope.list.map { Subject($0.lowercased()) } ?? .queue
        guard
            let incident = report.incidents.last(where: {
                ($0.scope == subject || "\($0.number)" == scope.list) && $0.state == .open
            })
        else { return "\(scope.name) is not open; nothing is to be reset." }
        let title = incident.scope == .queue ? "the outbound queue" : shown(incident.scope.name)
        var lines = [
            "Reset \(title): incident \(incident.number), \(shown(incident.rule.text)), open since "
                + StateWords.time(incident.opened),
            told(incident.summary),
        ]
        let others = report.incidents.filter {
            $0.state == .open && $0.number != incident.number && $0.mode == .armed
                && !$0.isOfList
        }
        if incident.haltsListAlone {
            let what = incident.held.counting("message of the list", "messages of the list")
            lines.append(Self.plan(held, what, isOne: incident.held == 1))
        } else if !others.isEmpty {
            let numbers = others.map { "\($0.number)" }.joined(separator: ", ")
            lines.append("The queue stays halted by incident \(numbers).")
        } else if report.queue.isHalted {
            let what = report.queue.held.counting("held message")
            lines.append(Self.plan(held, what, isOne: report.queue.held == 1))
        }
        return lines.map { wrapped($0, width: 78) }.joined(separator: "\n")
    }

    /// How much is on hold: of the list, of others, and what could not be read.
    func numbers(of report: StatusReport, _ mail: HeldReport) -> [String] {
        let subject = scope.list.map { Subject($0.lowercased()) } ?? .queue
        let incident = report.incidents.last {
            ($0.scope == subject || "\($0.number)" == scope.list) && $0.state == .open
        }
        guard let incident else { return [] }
        let isOwn: (HeldReport.Post) -> Bool = { $0.list == incident.scope.mailName }
        var lines: [String] = []
        if incident.scope != .queue {
            let own = HeldNumbers(mail.posts.filter(isOwn))
            lines.append("Of the list: \(own.text).")
        }
        let others = HeldNumbers(
            mail.posts.filter { incident.scope == .queue ? $0.list == nil : !isOwn($0) }
        )
        lines.append("\(incident.scope == .queue ? "Of no list" : "Of others"): \(others.text).")
        return lines + HeldNumbers.undecided(in: mail)
    }

    private static func plan(_ held: HeldChoice?, _ what: String, isOne: Bool) -> String {
        switch held {
        case .release: "\(what) \(isOne ? "goes" : "go") out, and mail flows again."
        case .keep: "\(what) \(isOne ? "stays" : "stay") on hold; other mail flows again."
        case .discard:
            "\(what): the list's mail is saved and deleted, other mail goes out. Then mail flows "
                + "again."
        case nil:
            "\(what) \(isOne ? "is" : "are") on hold: say --held release, --held keep or "
                + "--held discard."
        }
    }
}

extension HeldChoice: ExpressibleByArgument {}
