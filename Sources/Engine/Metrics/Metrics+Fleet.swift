// SPDX-License-Identifier: Apache-2.0
//
// The fleet as this host sees it, as metrics. No host's name is a label: their number is an attack surface.

internal import Reports

extension Metrics {
    /// What of `fleet` a monitor watches; nothing where this host is in none.
    static func fleet(_ fleet: FleetStatus) -> [MetricFamily] {
        guard fleet.host != nil else { return [] }
        let trips = fleet.open.flatMap(\.trips)
        let refused = trips.count { $0.passedOver != nil }
        var families = [
            MetricFamily(
                "fleet_alone",
                .gauge,
                "Whether this host hears no other host of its fleet.",
                fleet.alone == nil ? 0 : 1
            ),
            MetricFamily(
                "fleet_brokers",
                .gauge,
                "Brokers of the fleet, by whether this host is connected.",
                [true, false].map { isConnected in
                    let count = fleet.brokers.count { $0.isConnected == isConnected }
                    return ("connected=\"\(isConnected)\"", Double(count))
                }
            ),
            MetricFamily(
                "fleet_hosts",
                .gauge,
                "Hosts of the fleet that are there, with this one.",
                Double(fleet.hosts.count)
            ),
            MetricFamily(
                "fleet_open_scopes",
                .gauge,
                "Lists, and the queue, that are open in the fleet.",
                Double(fleet.open.count)
            ),
            MetricFamily(
                "fleet_open_trips",
                .gauge,
                "Trips of all hosts that no reset names, by whether this host acts on them.",
                [
                    ("acted_on=\"true\"", Double(trips.count - refused)),
                    ("acted_on=\"false\"", Double(refused)),
                ]
            ),
        ]
        if let judges = fleet.judges {
            families.append(
                MetricFamily(
                    "fleet_judges",
                    .gauge,
                    "Hosts that judge what all see, and are there.",
                    Double(judges.count)
                )
            )
        }
        if let leftOut = fleet.factsLeftOut {
            families.append(
                MetricFamily(
                    "fleet_facts_left_out",
                    .counter,
                    "Facts of this host's lists that reached no judge, for want of room.",
                    Double(leftOut)
                )
            )
        }
        if let lost = fleet.judge?.lost {
            families.append(
                MetricFamily(
                    "fleet_judge_batches_lost",
                    .counter,
                    "Batches of other hosts' facts that came faster than this judge took them.",
                    Double(lost)
                )
            )
        }
        if let end = fleet.certificateEnd {
            families.append(
                MetricFamily(
                    "fleet_certificate_not_after_timestamp_seconds",
                    .gauge,
                    "When this host's certificate of the fleet ends, in seconds since 1970.",
                    Double(end)
                )
            )
        }
        return families
    }
}
