// SPDX-License-Identifier: Apache-2.0
//
// `reset --fleet`: one word for all hosts. It names the trips that this host knows; a trip that it does not
// know, of a host that is cut off, stays open and is said when that host is back.

internal import Breaker
internal import Control
internal import Fleet
internal import Reports
internal import Words

extension ResetCommand {
    /// Has the reset said to all brokers, and waits until this host has heard it.
    func resetFleet() throws {
        guard let held else {
            throw Failure(
                code: ControlCode.usage,
                message: "a reset of the fleet needs --held release, --held keep or --held discard"
            )
        }
        let reach = FleetReach(control: control)
        let status = try reach.status()
        try FleetReach.check(status)
        let name = scope.list ?? FleetScope.queue.word
        guard let open = FleetReach.open(name, in: status) else {
            throw Failure(
                code: ControlCode.failed,
                message:
                    "\(shown(name)) is not open in the fleet, as far as this host knows; nothing was "
                    + "said"
            )
        }
        if !yes, Console.isInteractive { try confirm(open, status) }
        var words = ["reset"]
        words += open.name == FleetScope.queue.word ? ["--queue"] : [open.name]
        words += ["--held", held.rawValue, "--reason", reason]
        if let rate { words += ["--rate", "\(rate.perMinute)"] }
        let said = try fleetOptions.say(words)
        let isOver = try reach.isOver(open.name)
        let outcome =
            isOver
            ? "this host heard it: see listbreaker status --fleet"
            : "this host did not hear it within ten seconds, or something tripped again: see listbreaker "
                + "status --fleet"
        let text = "\(said)\n\(outcome)"
        print(form.json ? try Wire.write(CommandResult(.done(text))) : text)
        if !isOver {
            throw Failure(code: ControlCode.failed, message: "not over: \(shown(open.name))")
        }
    }

    private func confirm(_ open: FleetOpenStatus, _ status: FleetStatus) throws {
        let trips = open.trips.map { shown($0.incident) }.joined(separator: ", ")
        var lines = [
            "Reset \(shown(open.name)) on all hosts of the fleet: \(trips).",
            "\(status.hosts.count.counting("host")) there; \(open.held.counting("message")) held here.",
        ]
        if let alone = status.alone {
            lines.append("This host is alone and may not know all trips: \(shown(alone)).")
        }
        Console.note(lines.map { wrapped($0, width: 78) }.joined(separator: "\n"))
        guard Console.confirms("Reset?") else {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
    }
}
