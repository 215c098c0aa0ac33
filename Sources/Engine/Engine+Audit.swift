// SPDX-License-Identifier: Apache-2.0
//
// What a storm would cost, before there is one. All lists are looked at, in parts, because the one that
// nobody posted to for a year is the one that the story begins with. The mistake to avoid: all of them in
// one go; the loop that does this decides about storms as well.

import Breaker
public import EventTime
import ListTraffic
public import Reports
import Settings
import StormDetection

extension Engine {
    /// Places that one part looks at; chosen: as many as a turn of the loop takes entries.
    public static let auditedAtOnce = 2_000

    /// The `limit` lists with the most members, of ``auditedAtOnce`` places from `place` on; and where to go
    /// on, nil: that was all.
    public func audit(
        from place: Int,
        limit: Int,
        at now: Timestamp
    ) -> (lists: [AuditedList], next: Int?) {
        let (lists, next) = traffic.confirmedLists(from: place, count: Self.auditedAtOnce)
        // A drill's list does not exist, and nobody can close it.
        let dearest = lists.map(traffic.facts).filter { !Subject($0.address).isDrill }.sorted {
            $0.members > $1.members
        }.prefix(limit)
        return (dearest.map { audited($0, at: now) }, next)
    }

    /// A report of `lists`, which a walk over all of them has found, dearest first.
    public func audit(of lists: [AuditedList], at now: Timestamp) -> AuditReport {
        AuditReport(
            time: now.rfc3339,
            mode: board.mode,
            targets: settings.paging.targets.map(\.name),
            lists: lists,
            totalLists: Int64(listCount)
        )
    }

    private func audited(_ facts: ListFacts, at now: Timestamp) -> AuditedList {
        let subject = Subject(facts.address)
        let figures = detector.figures(of: facts.address, at: now)
        return AuditedList(
            list: facts.address,
            members: facts.members > 0 ? facts.members : nil,
            recognised: facts.isConfigured ? "configured" : "\(facts.origin)",
            posts: facts.posts,
            posters: Int64(facts.knownPosters),
            lastNewcomer: facts.lastNewcomer?.rfc3339,
            lastPost: facts.lastPost?.rfc3339,
            showsReplies: facts.hasHeaders,
            kind: kindStatus(of: subject, figures),
            scope: board.reach(of: subject),
            isWarmingUp: figures?.isWarmingUp ?? true
        )
    }
}
