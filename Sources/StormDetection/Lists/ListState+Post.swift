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
    ///
    /// `isReturning`: another list of this host sent this list's own mail back.
    mutating func note(
        _ post: Post,
        _ identity: ListIdentity,
        _ inForce: SettingsInForce,
        _ isReturning: Bool,
        _ fleet: inout FleetGuard
    ) -> [Finding] {
        let time = advance(to: post.time)
        let limits = limits(identity, inForce)
        lastCopies = post.copies
        let written = Written.time(of: post, at: time)
        let occasion = Occasion(
            post: post,
            identity: identity,
            limits: limits,
            inForce: inForce,
            time: time,
            written: written,
            isClockRunning: ticker.isAt(post.time),
            isReturning: isReturning,
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
        if let last = before.last, time - last <= inForce.settings.repeatSpan {
            span = (time - last).microseconds
            fleet.note(&share, isUsual: false, at: time)
        } else {
            fleet.note(&share, isUsual: !occasion.isStranger, at: time)
            // Without headers the age is our own queue's delay: it says nothing of one upstream.
            let surge =
                occasion.isDated ? occasion.spread : fleet.surge(without: share, at: time)
            judgePerson(occasion, surge, &findings)
            standing = Self.standing(
                of: occasion,
                isWarm: test?.baseline.isWarm(at: time) ?? false
            )
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

    /// The limits that hold for the list, whose size is noted.
    private mutating func limits(_ identity: ListIdentity, _ inForce: SettingsInForce) -> Limits {
        hereCount = UInt32(clamping: identity.membersHere)
        // Most hosts say nothing about any list: then nothing is copied and looked up.
        guard !inForce.settings.perList.isEmpty, let rules = inForce.rules(of: identity.address)
        else {
            members = identity.members.flatMap { $0 > 0 ? $0 : nil }
            return inForce.limits(members: members)
        }
        members = (rules.members ?? identity.members).flatMap { $0 > 0 ? $0 : nil }
        return Limits(inForce.settings, rules: rules, members: members)
    }

    private static func standing(of occasion: Occasion, isWarm: Bool) -> Standing {
        if occasion.isMarked { return .robot }
        if let age = occasion.post.age, age > occasion.inForce.settings.staleAfter { return .late }
        guard occasion.isStranger else { return .counted }
        return occasion.post.hasHeaders || isWarm ? .countedStranger : .countedInWarmUp
    }

    private mutating func judgePerson(
        _ occasion: Occasion,
        _ surge: Double,
        _ findings: inout [Finding]
    ) {
        let time = occasion.time
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
                utcOffset: occasion.inForce.settings.attended.utcOffset(at: time)
            )
        )
        judgeTest(arrival, occasion, &findings)
    }
}
