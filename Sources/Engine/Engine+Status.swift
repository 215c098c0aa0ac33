// SPDX-License-Identifier: Apache-2.0
//
// What the engine knows, as the report that `status` prints. The daemon adds what only it knows:
// the journal's source, lag, and paging.

public import Breaker
public import EventTime
import ListTraffic
import Settings
import StormDetection

extension Engine {
    /// Most lists that one report names; the rest is in the count.
    ///
    /// Chosen: 64 KiB a hundred lists.
    static let mostListed = 1000

    /// The report at `now`.
    public func status(at now: Timestamp) -> StatusReport {
        let open = Dictionary(
            board.incidents.compactMap { incident in
                incident.scope.mailName.map { ($0, incident) }
            },
            uniquingKeysWith: { _, newer in newer }
        )
        var lists = traffic.allLists.map { list in
            let facts = traffic.facts(of: list)
            return status(of: facts.address, facts, incident: open[facts.address], at: now)
        }
        for address in board.holds.subjects.compactMap(\.mailName)
        where open[address] == nil && !lists.contains(where: { $0.list == address }) {
            lists.append(status(of: address, nil, incident: nil, at: now))
        }
        for (address, incident) in open where !lists.contains(where: { $0.list == address }) {
            lists.append(status(of: address, nil, incident: incident, at: now))
        }
        lists.sort { Self.rank($0) > Self.rank($1) }
        var report = StatusReport(
            mode: board.mode.rawValue,
            time: now.rfc3339,
            queue: board.queueStatus,
            lists: Array(lists.prefix(Self.mostListed)),
            incidents: board.incidents.map(\.status),
            doubts: board.doubtStatus,
            holdOffs: board.holdOffStatus,
            journal: sight.status,
            paging: PagingStatus(
                targets: settings.paging.targets.map(\.name),
                waiting: 0,
                delivered: 0,
                failed: 0,
                lastError: nil
            )
        )
        report.modeSetBy = board.modeSetBy.map { by in
            "uid \(by.uid) at \(by.time.rfc3339)" + (by.reason.isEmpty ? "" : ": \(by.reason)")
        }
        return report
    }

    /// Open first, then half-open, then by copies in the last hour.
    private static func rank(_ list: ListStatus) -> (Int, Int64, String) {
        let isNear = list.state == "half-open" || list.softHold != nil
        let state = list.state == "open" ? 2 : isNear ? 1 : 0
        return (state, list.windows.first { $0.seconds == 3600 }?.copiesAnnounced ?? 0, list.list)
    }

    /// Such as `strangers-in-thread 2 of 4`.
    private static func words(_ near: ListFigures.NearMiss) -> String {
        func short(_ value: Double) -> String {
            guard value.isFinite, abs(value) < 1e9 else { return "?" }
            let rounded = (value * 10).rounded() / 10
            return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
        }
        return "\(near.rule.rawValue) \(short(near.figure)) of \(short(near.limit))"
    }

    private func status(
        of address: String,
        _ facts: ListFacts?,
        incident: Incident?,
        at now: Timestamp
    ) -> ListStatus {
        let figures = detector.figures(of: address, at: now)
        let windows =
            figures?.windows.map {
                WindowStatus(
                    seconds: Int64($0.span.seconds),
                    posts: $0.posts,
                    replies: $0.replies,
                    posters: $0.posters,
                    copiesAnnounced: $0.copiesAnnounced,
                    copiesSent: $0.copiesSent
                )
            } ?? []
        let day = windows.last
        return ListStatus(
            list: address,
            state: (incident?.state.word ?? .closed).rawValue,
            incident: incident?.number,
            members: facts.flatMap { $0.members > 0 ? $0.members : nil },
            recognised: facts.map { $0.isConfigured ? "configured" : "\($0.origin)" }
                ?? (Subject(address).sender == nil ? "unknown" : "sender"),
            windows: windows,
            replyRatio: day.flatMap {
                $0.posts > 0 ? Double($0.replies) / Double($0.posts) : nil
            },
            reproduction: figures?.reproduction,
            probability: figures?.probability,
            nearest: figures?.nearMisses.first.map(Self.words),
            softHold: board.holds.softEnd(of: Subject(address))?.rfc3339,
            held: board.holds[Subject(address)]?.held
        )
    }
}

extension Incident {
    /// The incident as `status` and `incidents` print it.
    public var status: IncidentStatus {
        IncidentStatus(
            number: number,
            scope: scope.name,
            mode: mode.rawValue,
            state: state.word.rawValue,
            rule: rule.rawValue,
            tripped: tripped.rfc3339,
            reset: resetBy?.time.rfc3339,
            acknowledged: acknowledgedBy.map { "uid \($0.uid) at \($0.time.rfc3339)" },
            resetBy: resetBy.map { "uid \($0.uid): \($0.reason)" },
            halt: halt.word,
            held: held,
            leaked: leaked,
            summary: summary,
            attendance: attendance?.word,
            nextAttended: nextAttended?.rfc3339,
            forecast: cause == .verdict ? verdict?.evidence.forecast?.words : nil,
            reach: reach.rawValue
        )
    }
}

extension BreakerBoard {
    /// The outbound queue, as `status` prints it.
    var queueStatus: QueueStatus {
        let word: String
        switch queue {
        case .flowing: word = "flowing"
        case .resuming: word = "resuming"
        case .ordered: word = "halting"
        case .failed: word = demandsHalt ? "NOT HALTED" : "resume failed"
        case .halted: word = incidents.last { $0.demandsHalt }?.halt.word ?? "halted"
        }
        let isFlowing = if case .flowing = queue { true } else { false }
        return QueueStatus(
            state: state(of: .queue).rawValue,
            isHalted: !isFlowing,
            halt: word,
            held: held,
            remark: remark,
            clearings: clearings.map(\.status)
        )
    }
}

extension Clearing {
    /// The clearing, as `status` prints it.
    var status: ClearingStatus {
        ClearingStatus(
            number: number,
            action: action.rawValue,
            list: list,
            post: post,
            rate: rate,
            messages: messages,
            copies: copies,
            left: left,
            by: by.map { "uid \($0.uid): \($0.reason)" }
        )
    }
}

extension Sight {
    var status: JournalStatus {
        JournalStatus(
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
    }
}
