// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Breaker
internal import Control
internal import Reports
internal import StormDetection
internal import Words

/// `listbreaker status [LIST]`: is mail halted, why, how near is what, do we see, do pages get out.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether mail is halted, and what is near a trip.",
        discussion: """
            Exit status: 0 closed (mail flows), 3 a breaker is open, 4 cannot tell: the daemon cannot \
            be reached, or it cannot see the log.
            """
    )

    @Argument(help: "Only this list, by its address.", completion: Suggested.lists)
    var list: String?

    @Flag(help: "As a plugin of Nagios, Icinga or Checkmk: one line, and its exit codes 0 to 3.")
    var nagios = false

    @Flag(help: "How the fleet stands, as this host sees it; 4: this host is alone.")
    var fleet = false

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        if fleet, nagios || list != nil {
            throw ValidationError("--fleet goes with no list and without --nagios")
        }
        // Without a verb the first word lands here: a misspelt verb must not read as a list.
        if isBare, let list, let verb = ListbreakerCommand.verb(near: list) {
            throw ValidationError(
                "'\(shown(list))' is neither a verb nor a list's address; did you mean '\(verb)'?"
            )
        }
    }

    /// Whether `list` is no address: the name before the @, as `explain` and `ack` take it, or a verb that
    /// is none.
    private var isBare: Bool {
        list.map { !$0.contains("@") && !$0.hasPrefix(Subject.senderMark) } ?? false
    }

    func run() throws {
        do { try answer() } catch let failure as Failure where isBare {
            throw Failure(
                code: failure.code,
                message: "'\(shown(list ?? ""))' is no verb; taken for a list: \(failure.message)"
            )
        }
    }

    private func answer() throws {
        if nagios { throw ExitCode(check()) }
        if fleet { return try showFleet() }
        var request = ControlRequest(.status)
        request.list = list
        request.limit = form.json ? nil : StatusText.mostAsked
        let (report, json) = try control.report(request, as: StatusReport.self)
        if form.json {
            print(json)
        } else {
            let text = StatusText(report: report, console: form.console, isOfOne: list != nil)
            print(text.text(), terminator: "")
        }
        let code = Self.code(of: report, list: list)
        if code != ControlCode.done { throw ExitCode(code) }
    }

    private func showFleet() throws {
        let (status, json) = try control.report(ControlRequest(.fleet), as: FleetStatus.self)
        print(form.json ? json : status.lines.joined(separator: "\n"))
        if status.alone != nil { throw ExitCode(ControlCode.unknown) }
        if !status.open.isEmpty { throw ExitCode(ControlCode.open) }
    }

    /// Prints the plugin's line; returns its exit code.
    private func check() -> Int32 {
        var request = ControlRequest(.status)
        request.list = list
        let text: CheckText
        do {
            text = CheckText(try control.report(request, as: StatusReport.self).report)
        } catch let failure as Failure {
            text = CheckText(failure: failure.message)
        } catch {
            text = CheckText(failure: "\(error)")
        }
        print(text.line)
        return text.code.rawValue
    }

    /// The exit status that `report` means; of one list where `list` is given.
    static func code(of report: StatusReport, list: String?) -> Int32 {
        var states = report.lists.map(\.state)
        if list == nil { states += [report.queue.state] + report.incidents.map(\.state) }
        if states.contains(where: { $0 == .open }) { return ControlCode.open }
        // What a newer daemon calls by a word of its own may well be open.
        let isTold = report.journal.blind == nil && states.allSatisfy { $0.known != nil }
        return isTold ? ControlCode.done : ControlCode.unknown
    }
}
