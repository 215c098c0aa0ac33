// SPDX-License-Identifier: Apache-2.0
//
// `arm --fleet` and `observe --fleet`: some hosts first, the rest when those have shown what they do. It ends
// when each has answered, and says who did not.

internal import ArgumentParser
internal import Control
internal import Fleet
internal import Glibc
internal import Reports
internal import Words

/// Which hosts of the fleet, and in whose name.
struct FleetModeOptions: ParsableArguments {
    /// Longest wait for the hosts' answers; chosen.
    private static let patience = Duration.seconds(15)

    @Flag(help: "On the hosts of the fleet that --hosts names, in the name of an operator.")
    var fleet = false

    @Option(
        help: ArgumentHelp(
            "With --fleet: their names, '*' for any letters; may be said again.",
            valueName: "glob"
        )
    )
    var hosts: [String] = []

    @OptionGroup var options: FleetOptions

    func validate() throws {
        guard fleet != hosts.isEmpty else {
            throw ValidationError("--fleet and --hosts GLOB go together; all hosts: --hosts '*'")
        }
    }

    /// Has the order said to all brokers, and waits for the answers.
    func order(_ mode: HostMode, reason: String?, _ control: ControlOptions, _ form: OutputOptions)
        throws
    {
        guard let reason, !reason.isEmpty else {
            throw Failure(code: ControlCode.usage, message: "an order to the fleet needs --reason")
        }
        let reach = FleetReach(control: control)
        let status = try reach.status()
        try FleetReach.check(status)
        let named = status.hosts.filter { host in
            hosts.contains { Glob.matches(Array($0.utf8), Array(host.utf8)) }
        }.sorted()
        guard !named.isEmpty else {
            let there = status.hosts.sorted().map(shown).joined(separator: " ")
            throw Failure(
                code: ControlCode.failed,
                message: "no host that is there is called so; there are: \(there)"
            )
        }
        let said = try options.say([mode.rawValue] + named + ["--reason", reason])
        let orders = Set(
            said.split(separator: "\n").compactMap { line -> String? in
                guard line.hasPrefix("order ") else { return nil }
                return line.dropFirst("order ".count).split(separator: ":").first.map(String.init)
            }
        )
        let answers = try wait(for: named, orders, reach)
        let missing = named.filter { host in !answers.contains { $0.host == host } }
        try print(answers, missing, mode, form)
        let failed = answers.filter { $0.mode != mode.rawValue || $0.refusal != nil }.map(\.host)
        guard missing.isEmpty, failed.isEmpty else {
            throw Failure(
                code: ControlCode.failed,
                message:
                    "not \(mode.rawValue): \((failed + missing).map(shown).joined(separator: ", "))"
            )
        }
    }

    private func wait(
        for named: [String],
        _ orders: Set<String>,
        _ reach: FleetReach
    ) throws -> [HostModeStatus] {
        let end = ContinuousClock.now + Self.patience
        while true {
            let answers = (try reach.status().modes ?? []).filter { report in
                named.contains(report.host) && report.order.map { orders.contains($0) } == true
            }
            guard answers.count < named.count, ContinuousClock.now < end else { return answers }
            usleep(100_000)
        }
    }

    private func print(
        _ answers: [HostModeStatus],
        _ missing: [String],
        _ mode: HostMode,
        _ form: OutputOptions
    ) throws {
        let lines =
            answers.map {
                "\(shown($0.host)): \($0.mode)\($0.refusal.map { "; " + shown($0) } ?? "")"
            }
            + missing.map { "\(shown($0)): no answer" }
        let text = lines.joined(separator: "\n")
        Swift.print(form.json ? try Wire.write(CommandResult(.done(text))) : text)
    }
}
