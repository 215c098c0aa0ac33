// SPDX-License-Identifier: Apache-2.0
//
// What the mail server holds by itself of a list that is blocked or narrowed: counted by its log between two
// looks through the queue.

public import EventTime
public import StormDetection

extension BreakerBoard {
    /// Takes a line, logged at `time`, by which the mail server holds a message of `subject`; of a list whose
    /// mail is not stopped it says nothing.
    public mutating func sawServerHold(of subject: Subject, at time: Timestamp) {
        guard isStopped(subject) else { return }
        serverHolds.note(subject, at: time)
    }

    /// Whether the mail of `subject` is stopped by us, its own or with everybody's.
    public func isStopped(_ subject: Subject) -> Bool {
        holds[subject] != nil || incidents.of(subject)?.demandsHalt == true
    }

    /// Takes what a look through the queue found, made for no order, and what is held in all since.
    public mutating func note(looks: [HoldLook], total: Int64) {
        guard !looks.isEmpty else { return }
        for look in looks where look.held > 0 {
            if let incident = incidents.of(look.subject), incident.state == .open {
                incidents.update(incident.number) { $0.held += look.held }
            }
            holds.count(look.held, of: look.subject, at: look.began)
        }
        outbound.note(held: total)
        take(looks)
        effects.saveBoard()
    }

    /// Takes the looks of a report whose figures are noted already.
    mutating func take(_ looks: [HoldLook]) {
        for look in looks { serverHolds.note(look) }
        serverHolds.keep(
            Set(looks.map(\.subject)).union(holds.subjects).union(incidents.map(\.scope))
        )
    }

    /// Messages on hold for `incident`.
    public func held(for incident: Incident) -> Int64 {
        incident.held + (incident.state == .open ? serverHolds.count(of: incident.scope) : 0)
    }

    /// Messages on hold of `subject`, whose own mail is held; nil where it is not.
    public func held(of subject: Subject) -> Int64? {
        holds[subject].map { $0.held + serverHolds.count(of: subject) }
    }
}
