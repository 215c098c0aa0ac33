// SPDX-License-Identifier: Apache-2.0
//
// One post of one list through all rules. No mark and no age takes it out of the count: a machine's
// mark makes what it adds doubtful, a Date puts it where it was written. A poster's further posts
// within six hours are volume and echo, and no further people.

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
        lastCopies = post.copies
        let written = Written.time(of: post, at: time)
        let occasion = Occasion(
            post: post,
            identity: identity,
            rules: rules,
            limits: Limits(settings, rules: rules, members: members),
            settings: settings,
            time: time,
            written: written,
            spread: rings.spread(second: UInt32(time), written: UInt32(written))
        )
        let replies: UInt16 = occasion.isAnswer ? 1 : 0
        let announced = Tally.saturated(post.copies)
        rings.add(Tally(posts: 1, replies: replies, announced: announced), at: time)
        var findings: [Finding] = []
        judgeBurden(occasion, &findings)
        judgeLoops(occasion, &findings)
        let before = rings.note(
            poster: occasion.poster,
            isStranger: occasion.isStranger,
            isVolume: post.kind == .newThread || occasion.isMarked && !occasion.isAnswer,
            at: time
        )
        judgeVolume(occasion, before, &findings)
        judgeAnnounce(occasion, &findings)
        var standing = Standing.repeatPoster
        var span: Int64 = 0
        if let last = before.last, time - last <= settings.repeatSpan {
            span = (time - last).microseconds
            fleet.note(&share, isUsual: false, at: time)
        } else {
            fleet.note(&share, isUsual: !occasion.isStranger, at: time)
            judgePerson(occasion, fleet, &findings)
            standing = standingOfPerson(occasion)
            span = post.age.map { max(0, $0.microseconds) } ?? 0
        }
        if occasion.isMarked {
            for index in findings.indices { findings[index].isMarked = true }
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
        if occasion.isMarked { return .robot }
        if let age = occasion.post.age, age > occasion.settings.staleAfter { return .late }
        guard occasion.isStranger else { return .counted }
        let isWarm = test?.baseline.isWarm(at: occasion.time) ?? false
        return occasion.post.hasHeaders || isWarm ? .countedStranger : .countedInWarmUp
    }

    private mutating func judgePerson(
        _ occasion: Occasion,
        _ fleet: FleetGuard,
        _ findings: inout [Finding]
    ) {
        let time = occasion.time
        // Without headers the age is our own queue's delay: it says nothing of one upstream.
        let surge = occasion.isDated ? occasion.spread : fleet.surge(without: share, at: time)
        // The pencil rules cannot be scaled by what the other lists do: a flush silences them. By
        // Dates they count those who wrote together, so they need no silence.
        if occasion.isDated || surge < FleetGuard.flush {
            judgeStranger(occasion, &findings)
            judgePolicy(occasion, &findings)
        }
        let arrival = Arrival(
            time: time,
            isReply: occasion.isReply,
            isNovel: occasion.isStranger,
            isFlushed: occasion.isFlush,
            isAgeProven: occasion.isDated && !occasion.isFlush,
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
