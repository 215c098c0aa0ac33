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
    /// Chosen: 64 KiB a hundred lists, and some milliseconds.
    public static let mostListed = 1000

    /// The report at `now`, with `limit` lists at most: the busiest of those that were active last.
    ///
    /// The cost is that of the lists that it names, and a look at ``mostListed``, however many
    /// there are.
    public func status(at now: Timestamp, limit: Int = Engine.mostListed) -> StatusReport {
        guard limit > 0 else { return report(of: [], at: now) }
        let open = Dictionary(
            board.incidents.map { ($0.scope, $0) },
            uniquingKeysWith: { _, newer in newer }
        )
        let recent = traffic.recentLists(limit: Self.mostListed).map { traffic.address(of: $0) }
        let halted = (board.holds.subjects + open.keys).compactMap(\.mailName)
        var seen: Set<String> = []
        var ranked = (recent + halted).filter { seen.insert($0).inserted }.map { name in
            let subject = Subject(name)
            return rank(of: subject, name, open[subject]?.state.word, at: now)
        }
        ranked.sort(by: >)
        // The figures of one cost ten times its rank.
        let lists = ranked.prefix(min(limit, Self.mostListed)).map { _, _, name in
            let facts = traffic.list(at: name).map { traffic.facts(of: $0) }
            return status(of: name, facts, open[Subject(name)], at: now)
        }
        return report(of: lists, at: now)
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

    /// Copies that `list` announced since it is known; 0 of one that is not.
    public func announced(by list: String) -> Int64 {
        traffic.list(at: list).map { traffic.facts(of: $0).announced } ?? 0
    }

    /// Looks whether we still see; the log was read up to `seen`.
    mutating func watchSight(now: Timestamp, seen: Timestamp) {
        let limit = settings.journal.silenceLimit
        sight.watchBelief(now: now, seen: seen, into: &board.effects)
        sight.watchLoss(
            now: now,
            seen: seen,
            isUndisturbed: watchesOneHost && !board.queueStatus.isHalted && board.holds.isEmpty,
            traffic: &traffic,
            into: &board.effects
        )
        sight.watchServers(now: now, into: &board.effects)
        sight.watchUnseen(now: now, seen: seen, limit: limit, into: &board.effects)
        // A mail server that we stopped has nothing to say.
        guard !board.queueStatus.isHalted else { return }
        sight.watchSilence(now: now, seen: seen, limit: limit, into: &board.effects)
    }

    private func report(of lists: [ListStatus], at now: Timestamp) -> StatusReport {
        var report = StatusReport(
            mode: board.mode,
            time: now.rfc3339,
            queue: board.queueStatus,
            lists: lists,
            incidents: board.incidents.map { board.status(of: $0) },
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
        let expected = detector.expected(at: now).map {
            ExpectedStatus(
                list: $0.name,
                until: $0.plan.until.rfc3339,
                copies: $0.plan.copies,
                left: $0.left
            )
        }
        report.expected = expected.isEmpty ? nil : expected
        report.totalLists = Int64(listCount)
        report.unknownLists = unknownStatus(at: now)
        report.totalIncidents = board.incidents.opened
        report.modeSetBy = board.modeSetBy.map { by in
            "\(by.who) at \(by.time.rfc3339)" + (by.reason.isEmpty ? "" : ": \(by.reason)")
        }
        return report
    }

    /// Open first, then half-open or softly held, then by copies in the last hour.
    private func rank(
        of subject: Subject,
        _ name: String,
        _ state: BreakerState?,
        at now: Timestamp
    ) -> (Int, Int64, String) {
        let isNear = state == .halfOpen || board.holds.softEnd(of: subject) != nil
        let copies = detector.copiesAnnounced(of: subject, inHourBefore: now)
        return (state == .open ? 2 : isNear ? 1 : 0, copies, name)
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
            held: board.held(of: subject),
            kind: kindStatus(of: subject, figures),
            burden: figures?.burden.map {
                BurdenStatus(
                    hour: $0.hour,
                    sixHours: $0.sixHours,
                    day: $0.day,
                    week: $0.week,
                    since: $0.since?.rfc3339,
                    busiestDay: $0.busiestDay
                )
            }
        )
    }
}
