// SPDX-License-Identifier: Apache-2.0
//
// What the engine knows, as the report that `status` prints. The daemon adds what only it knows:
// the journal's source, lag, and paging.

import Breaker
public import EventTime
import ListTraffic
public import Reports
import Settings
public import StormDetection

extension Engine {
    /// Most lists that one report names, and looks at; how many there are is in the count.
    ///
    /// Chosen: 64 KiB a hundred lists, and some 5 ms.
    public static let mostListed = 1000

    /// The report at `now`, with `limit` lists at most: the busiest of those that were active last.
    ///
    /// The cost does not grow with the number of lists beyond ``mostListed``.
    public func status(at now: Timestamp, limit: Int = Engine.mostListed) -> StatusReport {
        guard limit > 0 else { return report(of: [], at: now) }
        let open = Dictionary(
            board.incidents.map { ($0.scope, $0) },
            uniquingKeysWith: { _, newer in newer }
        )
        var seen: Set<String> = []
        var lists = traffic.recentLists(limit: Self.mostListed).map { list in
            let facts = traffic.facts(of: list)
            seen.insert(facts.address)
            return status(of: facts.address, facts, open[Subject(facts.address)], at: now)
        }
        for subject in board.holds.subjects + Array(open.keys) {
            guard let name = subject.mailName, seen.insert(name).inserted else { continue }
            let facts = traffic.list(at: name).map { traffic.facts(of: $0) }
            lists.append(status(of: name, facts, open[subject], at: now))
        }
        lists.sort { Self.rank($0) > Self.rank($1) }
        return report(of: Array(lists.prefix(min(limit, Self.mostListed))), at: now)
    }

    /// The report at `now` with `subject`'s list or sender alone; nil when it is not tracked.
    ///
    /// O(1): it is asked for directly, however many lists there are.
    public func status(of subject: Subject, at now: Timestamp) -> StatusReport? {
        guard let name = subject.mailName else { return nil }
        if subject.sender == nil, let list = traffic.list(at: name) {
            let facts = traffic.facts(of: list)
            let incident = board.incident(of: Subject(facts.address))
            return report(of: [status(of: facts.address, facts, incident, at: now)], at: now)
        }
        let incident = board.incident(of: subject)
        guard incident != nil || board.holds[subject] != nil else { return nil }
        return report(of: [status(of: name, nil, incident, at: now)], at: now)
    }

    private func report(of lists: [ListStatus], at now: Timestamp) -> StatusReport {
        var report = StatusReport(
            mode: board.mode,
            time: now.rfc3339,
            queue: board.queueStatus,
            lists: lists,
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
        report.totalLists = Int64(listCount)
        report.modeSetBy = board.modeSetBy.map { by in
            "uid \(by.uid) at \(by.time.rfc3339)" + (by.reason.isEmpty ? "" : ": \(by.reason)")
        }
        return report
    }

    /// Open first, then half-open, then by copies in the last hour.
    private static func rank(_ list: ListStatus) -> (Int, Int64, String) {
        let isNear = list.state == .halfOpen || list.softHold != nil
        let state = list.state == .open ? 2 : isNear ? 1 : 0
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
        _ incident: Incident?,
        at now: Timestamp
    ) -> ListStatus {
        let subject = Subject(address)
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
            state: incident?.state.word ?? .closed,
            incident: incident?.number,
            members: facts.flatMap { $0.members > 0 ? $0.members : nil },
            recognised: facts.map { $0.isConfigured ? "configured" : "\($0.origin)" }
                ?? (subject.sender == nil ? "unknown" : "sender"),
            windows: windows,
            replyRatio: day.flatMap {
                $0.posts > 0 ? Double($0.replies) / Double($0.posts) : nil
            },
            reproduction: figures?.reproduction,
            probability: figures?.probability,
            nearest: figures?.nearMisses.first.map(Self.words),
            softHold: board.holds.softEnd(of: subject)?.rfc3339,
            held: board.holds[subject]?.held
        )
    }
}
