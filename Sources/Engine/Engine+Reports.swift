// SPDX-License-Identifier: Apache-2.0
//
// What the engine's parts know, as the shapes that reports print.

public import Breaker
import EventTime
public import Reports
import StormDetection

extension Incident {
    /// The incident as `status` and `incidents` print it.
    public var status: IncidentStatus {
        var status = IncidentStatus(
            number: number,
            scope: scope,
            mode: mode,
            state: state.word,
            rule: rule,
            tripped: tripped.rfc3339,
            reset: resetBy?.time.rfc3339,
            acknowledged: acknowledgedBy.map { "\($0.who) at \($0.time.rfc3339)" },
            resetBy: resetBy.map { "\($0.who): \($0.reason)" },
            halt: halt.word,
            held: held,
            leaked: leaked,
            summary: summary,
            attendance: attendance?.word,
            nextAttended: nextAttended?.rfc3339,
            forecast: cause == .verdict ? verdict?.evidence.forecast?.words : nil,
            reach: reach,
            letGo: letGo > 0 ? letGo : nil,
            lacksNarrowing: lacksNarrowing && demandsHalt ? true : nil
        )
        if retrips > 0 { status.lastTripped = lastOpened.rfc3339 }
        status.earlier = EarlierTripStatus.all(of: self)
        return status
    }
}

extension IncidentCourse {
    /// The course, as `incidents` prints it.
    public var status: CourseStatus {
        CourseStatus(
            start: start.rfc3339,
            stepSeconds: Int64(width.seconds),
            posts: steps.map(\.posts),
            copiesAnnounced: steps.map(\.announced),
            copiesSent: steps.map(\.sent)
        )
    }
}

extension BreakerBoard {
    /// The incident as `status` prints it, with what the mail server has held since it was looked last.
    public func status(of incident: Incident) -> IncidentStatus {
        var status = incident.status
        status.held = held(for: incident)
        return status
    }

    /// What waits for an answer.
    var doubtStatus: [DoubtStatus] {
        doubts.waiting.sorted { $0.key.name < $1.key.name }.map { subject, doubt in
            DoubtStatus(
                list: subject.name,
                rule: doubt.verdict.rule,
                paged: doubt.paged.rfc3339,
                ends: doubt.ends.rfc3339,
                summary: doubt.verdict.evidence.summary
            )
        }
    }

    /// What a person lets go on.
    var holdOffStatus: [HoldOffStatus] {
        doubts.holdOffs.sorted { $0.key.name < $1.key.name }.map { subject, holdOff in
            HoldOffStatus(
                list: subject.name,
                until: holdOff.until.rfc3339,
                by: "\(holdOff.by.who) at \(holdOff.by.time.rfc3339)",
                reason: holdOff.by.reason
            )
        }
    }

    /// The outbound queue, as `status` prints it.
    var queueStatus: QueueStatus {
        let word: HaltWord =
            switch queue {
            case .flowing: .flowing
            case .resuming: .resuming
            case .ordered: .halting
            case .failed: demandsHalt ? .notHalted : .resumeFailed
            case .halted: incidents.last { $0.demandsHalt }?.halt.word ?? .halted
            }
        return QueueStatus(
            state: state(of: .queue),
            isHalted: word != .flowing,
            halt: word,
            held: held,
            remark: remark,
            undecided: undecided > 0 ? undecided : nil,
            clearings: clearings.map(\.status)
        )
    }
}

extension Clearing {
    /// The clearing, as `status` prints it.
    var status: ClearingStatus {
        ClearingStatus(
            number: number,
            action: action,
            list: list,
            post: post,
            rate: rate,
            messages: messages,
            copies: copies,
            left: left,
            by: by.map { "\($0.who): \($0.reason)" }
        )
    }
}

extension Refusal {
    /// The kind, as `status` prints it.
    var status: RefusedStatus {
        RefusedStatus(
            reason: "\(reason)",
            name: name,
            unit: unit.isEmpty ? nil : unit,
            program: program.isEmpty ? nil : program,
            user: user,
            lines: count,
            setting: setting
        )
    }
}

extension Sight {
    var status: JournalStatus {
        var status = JournalStatus(
            source: "",
            lagSeconds: nil,
            blind: nil,
            entries: entries,
            events: events,
            notUnderstood: notUnderstood,
            forged: forged,
            suppressed: suppressed,
            gaps: gaps,
            lastEvent: lastEvent?.rfc3339
        )
        status.believed = belief.refused > 0 ? belief.part : nil
        status.missing = missingDeliveries > 0 ? missingDeliveries : nil
        let kinds = refusedKinds.map(\.status)
        status.refused = kinds.isEmpty ? nil : kinds
        return status
    }
}
