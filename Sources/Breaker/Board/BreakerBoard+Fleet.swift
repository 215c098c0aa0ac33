// SPDX-License-Identifier: Apache-2.0
//
// A trip of another host of the fleet. Whether it is believed was decided before; here it opens the
// list's breaker as a verdict would, but for no more than the list's own mail, until detection here says
// the same. The mistake to avoid: to be weaker with a fleet than alone; a verdict of this host's own
// counts in full, also when another host was first.

import EventTime
import StormDetection

extension BreakerBoard {
    /// Opens the breaker of `scope` because another host did, as `audit` tells.
    mutating func adopt(_ scope: Subject, by audit: Audit) {
        if let standing = incident(of: scope) {
            guard standing.state.word == .halfOpen else {
                incidents.update(standing.number) { $0.repeats += 1 }
                return answer(
                    0,
                    "already open: \(scope.name), incident \(standing.number)",
                    incident: standing.number
                )
            }
            reopen(standing, verdict: nil, by: audit, isAdopted: true, now: audit.time)
        } else {
            guard !incidents.isFull else {
                return answer(
                    1,
                    "cannot open \(scope.name) for another host: \(Incidents.most) breakers are not "
                        + "closed already; reset some"
                )
            }
            var incident = Incident(
                number: 0,
                scope: scope,
                mode: mode,
                cause: .fleet,
                tripped: audit.time,
                verdict: doubts.waiting[scope]?.verdict,
                trippedBy: audit,
                reach: settings.adoptedScope(of: scope)
            )
            incident.isAdopted = true
            open(incident, now: audit.time)
        }
        let tripped = incident(of: scope)
        answer(
            0,
            "opened \(scope.name) for another host, incident \(tripped?.number ?? 0)",
            incident: tripped?.number
        )
    }

    /// Detection here says of `standing`, which another host tripped, what that host said.
    mutating func confirm(_ standing: Incident, _ verdict: Verdict, now: Timestamp) {
        guard now - verdict.time <= settings.actHorizon, !waits(verdict, now: now) else {
            incidents.update(standing.number) { $0.repeats += 1 }
            return
        }
        let reach = settings.haltScope(of: standing.scope, verdict)
        let lacksNarrowing = settings.lacksNarrowing(standing.scope, reach: reach)
        let confirmed = incidents.update(standing.number) {
            $0.confirm(verdict, reach: reach, lacksNarrowing: lacksNarrowing)
        }
        guard let confirmed else { return }
        effects.add(.tripped(verdict))
        if confirmed.reach != standing.reach { demand(confirmed, now: now) }
        effects.page(confirmed.tripAlert)
        effects.note(confirmed.tripNote)
    }
}
