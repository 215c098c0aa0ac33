// SPDX-License-Identifier: Apache-2.0
//
// Which hosts halt mail at a trip, and which only watch, as each says itself. The mistake to avoid: to believe
// that a host did what it was ordered because it was ordered.

internal import EventTime
internal import Fleet

/// What hosts say of their mode.
struct FleetModes: Sendable {
    /// Hosts that are remembered; chosen, more than a fleet has.
    static let most = 10_000

    /// By host.
    private(set) var reports: [String: ModeReport] = [:]

    /// Takes what `host` says, unless something later is known of it.
    mutating func note(_ report: ModeReport, of host: String) {
        if let known = reports[host] {
            guard known.time < report.time else { return }
        } else if reports.count >= Self.most {
            return
        }
        reports[host] = report
    }

    /// Notes how this host is; whether that is news.
    mutating func note(
        own host: String,
        _ mode: HostMode,
        order: String? = nil,
        refusal: String? = nil,
        at now: Timestamp
    ) -> Bool {
        let known = reports[host]
        if order == nil, known?.mode == mode { return false }
        // Later than what it said before, also where its clock was set back.
        let after = known.map { $0.time + TimeSpan(microseconds: 1) } ?? now
        reports[host] = ModeReport(
            mode: mode,
            time: max(now, after),
            order: order ?? known?.order,
            refusal: order == nil ? known?.refusal : refusal
        )
        return true
    }
}

extension FleetDesk {
    /// What this host says of its mode, for the brokers to keep.
    var keptMode: [(topic: FleetTopic, text: String)] {
        modes.reports[settings.host].map { [(.mode(settings.host), $0.text)] } ?? []
    }
}
