// SPDX-License-Identifier: Apache-2.0
//
// One post of one list through all rules. Robots feed the loop rules and the ceiling, stale posts
// are learned, a poster's further posts within six hours are volume and nothing else; only what
// is left is evidence of a storm.

import Attended
import EventTime
import ListTraffic

extension ListState {
    /// Takes a post; gives what the rules found.
    mutating func note(
        _ post: Post,
        _ identity: ListIdentity,
        _ settings: DetectionSettings,
        _ fleet: inout FleetGuard
    ) -> [Finding] {
        let time = advance(to: post.time)
        let rules = settings.perList.isEmpty ? nil : settings.perList[identity.address]
        members = (rules?.members ?? identity.members).flatMap { $0 > 0 ? $0 : nil }
        let occasion = Occasion(
            post: post,
            identity: identity,
            rules: rules,
            limits: Limits(settings, rules: rules, members: members),
            settings: settings,
            time: time,
            isStale: post.age.map { $0 > settings.staleAfter } ?? false
        )
        let replies: UInt16 = post.kind.isReply ? 1 : 0
        let announced = Tally.saturated(post.copies)
        rings.add(Tally(posts: 1, replies: replies, announced: announced), at: time)
        var findings: [Finding] = []
        judgeLoops(occasion, &findings)
        let isVolume = post.kind == .newThread && !occasion.isStale
        let before =
            post.kind == .robot
            ? nil
            : rings.note(
                poster: post.poster,
                isStranger: post.isStranger,
                isVolume: isVolume,
                at: time
            )
        judgeVolume(occasion, before, &findings)
        var standing = Standing.robot
        var span: Int64 = 0
        if let before {
            fleet.note(&share, at: time)
            judgeAnnounce(occasion, &findings)
            if let last = before.last, time - last <= settings.repeatSpan {
                standing = .repeatPoster
                span = (time - last).microseconds
            } else {
                judgePerson(occasion, fleet, &findings)
                standing = standingOfPerson(occasion)
                span = post.age?.microseconds ?? 0
            }
        }
        rings.note(
            TrailPost(
                time: time,
                poster: post.posterAddress,
                queueID: post.queueID,
                copies: post.copies,
                kind: post.kind,
                standing: standing,
                span: span
            )
        )
        return findings
    }

    private func standingOfPerson(_ occasion: Occasion) -> Standing {
        if occasion.isStale { return .stale }
        guard occasion.post.isStranger else { return .counted }
        let isWarm = test?.baseline.isWarm(at: occasion.time) ?? false
        return occasion.post.hasHeaders || isWarm ? .countedStranger : .countedInWarmUp
    }

    private mutating func judgePerson(
        _ occasion: Occasion,
        _ fleet: FleetGuard,
        _ findings: inout [Finding]
    ) {
        let post = occasion.post
        let time = occasion.time
        // Without headers the age is our own queue's delay: it says nothing of one upstream.
        let isAgeProven = post.age != nil && post.hasHeaders
        let surge = isAgeProven ? 1 : fleet.surge(without: share, at: time)
        // The pencil rules cannot be scaled by the surge: a flush silences them.
        if !occasion.isStale && surge < FleetGuard.flush {
            judgeStranger(occasion, &findings)
            judgePolicy(occasion, &findings)
        }
        let arrival = Arrival(
            time: time,
            isReply: occasion.isReply,
            isNovel: post.isStranger,
            isStale: occasion.isStale,
            isAgeProven: isAgeProven,
            members: members,
            knownPosters: max(0, occasion.identity.knownPosters),
            surge: surge,
            bin: LocalWeek.bin(
                time,
                utcOffset: occasion.settings.attended.utcOffset(at: time)
            )
        )
        judgeTest(arrival, occasion, &findings)
    }
}
