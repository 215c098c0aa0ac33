// SPDX-License-Identifier: Apache-2.0
//
// The trips of an incident that opened again on probation, a line for each: when, in which mode, what had been
// announced until then, and what came of it. The mistake to avoid: to count what one trip held for the next.

internal import Reports
internal import Words

extension IncidentAccount {
    /// Trip by trip; nil of an incident that tripped once.
    var tripTable: Document.Table? {
        guard let last = incident.lastTripped, !trips.isEmpty else { return nil }
        var rows = trips.map { trip in
            [
                StateWords.time(trip.tripped), StateWords.time(trip.reset), trip.mode.text,
                trip.copiesAnnounced?.grouped ?? "-", trip.copiesSent?.grouped ?? "-",
                trip.announced.grouped, trip.left.grouped, trip.held.grouped, trip.leaked.grouped,
            ]
        }
        let held = trips.reduce(incident.held) { $0 - $1.held }
        let leaked = trips.reduce(incident.leaked) { $0 - $1.leaked }
        rows.append([
            StateWords.time(last), incident.reset.map(StateWords.time) ?? "not yet",
            incident.mode.text, figure("copies_announced")?.grouped ?? "-",
            figure("copies_sent")?.grouped ?? "-", sums?.announced.grouped ?? "0",
            sums.map { $0.sent?.grouped ?? "-" } ?? "0", max(0, held).grouped,
            max(0, leaked).grouped,
        ])
        return Document.Table(
            titles: [
                "Tripped", "Reset", "Mode", "Announced at the trip", "Sent at the trip",
                "Announced behind it", "Left behind it", "Messages held", "Began after the halt",
            ],
            numbers: [3, 4, 5, 6, 7, 8],
            rows: rows
        )
    }
}
