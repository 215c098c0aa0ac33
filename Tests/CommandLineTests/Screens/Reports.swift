// SPDX-License-Identifier: Apache-2.0
//
// Reports as the daemon would send them, for the golden texts.

import Breaker
import Reports
import StormDetection

extension StatusReport {
    /// Nothing has happened yet.
    static var quiet: StatusReport {
        StatusReport(
            mode: .observe,
            time: "2026-11-24T07:31:11.25Z",
            queue: QueueStatus(
                state: .closed,
                isHalted: false,
                halt: .flowing,
                held: 0,
                remark: nil
            ),
            lists: [],
            incidents: [],
            journal: JournalStatus(
                source: "local journal",
                lagSeconds: 0.04,
                blind: nil,
                entries: 12034,
                events: 11800,
                notUnderstood: 0,
                forged: [:],
                suppressed: 0,
                gaps: 0,
                lastEvent: "2026-11-24T07:31:10Z"
            ),
            paging: PagingStatus(
                targets: [],
                waiting: 0,
                delivered: 0,
                failed: 0,
                lastError: nil
            )
        )
    }

    /// A storm, halted and verified.
    static var storm: StatusReport {
        var report = quiet
        report.mode = .known(.armed)
        report.queue = QueueStatus(
            state: .closed,
            isHalted: true,
            halt: .verified,
            held: 1204,
            remark: nil
        )
        report.lists = [
            .list("annonce@example.org", .open, incident: 7, members: 3000, posts: 4),
            .list("talk@example.org", .closed, incident: nil, members: nil, posts: 12),
        ]
        report.incidents = [.storm]
        report.paging = PagingStatus(
            targets: ["webhook"],
            waiting: 0,
            delivered: 1,
            failed: 0,
            lastError: nil
        )
        return report
    }

    /// A doubtful case that waits, and one that a person lets pass.
    static var doubtful: StatusReport {
        var report = quiet
        report.mode = .known(.armed)
        report.doubts = [
            DoubtStatus(
                list: "talk@example.org",
                rule: .policy,
                paged: "2026-11-24T07:30:00Z",
                ends: "2026-11-24T07:35:00Z",
                summary: "12 people answered on talk@example.org within 40 min\u{1B}[2J."
            )
        ]
        report.holdOffs = [
            HoldOffStatus(
                list: "staff@example.org",
                until: "2026-11-24T09:30:00Z",
                by: "uid 1000 at 2026-11-24T07:30:00Z",
                reason: "the canteen's menu"
            )
        ]
        return report
    }

    /// Everything that can be wrong, with a stranger's text in it.
    static var trouble: StatusReport {
        var report = storm
        report.queue.halt = .known(.notHalted)
        report.queue.remark = "main.cf was changed by hand\u{1B}[2J"
        report.incidents[0].halt = .known(.notHalted)
        report.incidents[0].summary = "mallory\u{202E}gro.elpmaxe\n@ posted"
        report.incidents[0].acknowledged = "uid 0 at 2026-11-24T07:30:00Z"
        report.journal.blind = "the journal cannot be read"
        report.journal.suppressed = 1_234_567
        report.journal.forged = ["forgedUser": 12, "forgedTransport": 3]
        report.journal.gaps = 1
        report.journal.notUnderstood = 4
        report.paging.failed = 2
        report.paging.lastError = "webhook: exit 1: \u{7}no route"
        return report
    }
}

extension IncidentStatus {
    /// An announce list that was breached.
    static var storm: IncidentStatus {
        IncidentStatus(
            number: 7,
            scope: .list("annonce@example.org"),
            mode: .armed,
            state: .open,
            rule: .announceBreach,
            tripped: "2026-11-24T07:28:02.5Z",
            reset: nil,
            acknowledged: nil,
            resetBy: nil,
            halt: .verified,
            held: 1204,
            leaked: 3,
            summary: "annonce@example.org had one regular poster, and now redistributed 2 others "
                + "within 5 min; 6,000 copies announced in the last 24 h."
        )
    }

    /// The same, half-open after its reset.
    static var afterReset: IncidentStatus {
        var incident = storm
        incident.state = .known(.halfOpen)
        incident.reset = "2026-11-24T07:31:00Z"
        incident.resetBy = "uid 0: the list is closed to strangers now"
        return incident
    }
}

extension ListStatus {
    static func list(
        _ address: String,
        _ state: BreakerState,
        incident: Int64?,
        members: Int64?,
        posts: Int64
    ) -> ListStatus {
        ListStatus(
            list: address,
            state: state,
            incident: incident,
            members: members,
            recognised: "configured",
            windows: [60, 300, 3600, 86400].map {
                WindowStatus(
                    seconds: $0,
                    posts: posts,
                    replies: posts / 2,
                    posters: posts,
                    copiesAnnounced: posts * 3000,
                    copiesSent: posts * 15
                )
            },
            replyRatio: 0.5,
            reproduction: 3.25,
            probability: 0.97,
            nearest: "strangers-in-thread 2 of 4"
        )
    }
}
