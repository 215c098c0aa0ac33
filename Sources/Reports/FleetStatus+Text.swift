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
        lines += modeLines
        if let judge {
            lines.append("this host judges for the fleet; it hears \(judge.hosts.counting("host"))")
            lines += judge.clocks.map { "CLOCK: \(shown($0))" }
            if let lost = judge.lost, lost > 0 {
                lines.append("FACTS LOST: \(Self.words(ofLost: lost))")
            }
        }
        if let factsLeftOut, factsLeftOut > 0 {
            lines.append("\(factsLeftOut.counting("fact")) of this host's lists reached no judge")
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

    /// What it means that a judge lost so many batches.
    public static func words(ofLost lost: Int64) -> String {
        "\(lost.counting("batch", "batches")) of what other hosts saw came faster than this judge takes them: "
            + "what is in them was not judged. Trips and resets are not concerned"
    }

    /// Who halts mail at a trip, who only watches, and who did not do as ordered.
    private var modeLines: [String] {
        guard let modes else { return [] }
        let here = Set(hosts)
        func names(_ mode: String) -> String {
            modes.filter { $0.mode == mode }
                .map { shown($0.host) + (here.contains($0.host) ? "" : " (gone)") }
                .joined(separator: " ")
        }
        var lines = [("armed", "armed"), ("observe", "only watching")]
            .map { ($0.1, names($0.0)) }.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }
        let silent = here.subtracting(modes.map(\.host)).sorted()
        if !silent.isEmpty {
            lines.append(
                "armed or not is not known of: \(silent.map(shown).joined(separator: " "))"
            )
        }
        for mode in modes {
            guard let refusal = mode.refusal else { continue }
            lines.append("\(shown(mode.host)) did not do as ordered: \(shown(refusal))")
        }
        return lines
    }
}
