// SPDX-License-Identifier: Apache-2.0
//
// How the fleet stands, for a terminal. Names, evidence and troubles are strangers' text.

internal import Words

extension FleetStatus {
    /// As `listbreaker status --fleet` and `listbreaker-fleetd status` print it, safe on a terminal.
    public var lines: [String] {
        var lines = ["fleet: \(host ?? "none")"]
        if let alone {
            lines.append("THIS HOST IS ALONE: \(shown(alone)). It decides and halts by itself.")
        }
        for broker in brokers {
            let trouble = broker.trouble.map { ": \(shown($0))" } ?? ""
            lines.append(
                "broker \(shown(broker.name)): \(broker.isConnected ? "connected" : "NOT CONNECTED")\(trouble)"
            )
        }
        if !hosts.isEmpty {
            lines.append("hosts there: \(hosts.map(shown).joined(separator: " "))")
        }
        if let judge {
            lines.append("this host judges for the fleet; it hears \(judge.hosts.counting("host"))")
            lines += judge.clocks.map { "CLOCK: \(shown($0))" }
        }
        guard !open.isEmpty else { return lines + ["nothing is open in the fleet"] }
        for scope in open {
            let here =
                scope.incident.map {
                    "incident \($0) here, "
                        + (scope.held == 0
                            ? "nothing matched it yet" : scope.held.counting("message") + " held")
                } ?? "not open here"
            lines.append("OPEN: \(shown(scope.name)); \(here)")
            for trip in scope.trips {
                let mode = trip.isArmed ? "" : ", observe mode"
                lines.append(
                    "  \(shown(trip.incident)) at \(shown(trip.time)), \(shown(trip.rule))\(mode): "
                        + shown(trip.evidence)
                )
                if let reason = trip.passedOver {
                    lines.append("    not acted on here: \(shown(reason))")
                }
            }
        }
        return lines
    }
}
