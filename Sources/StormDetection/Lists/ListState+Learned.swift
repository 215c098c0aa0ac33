// SPDX-License-Identifier: Apache-2.0
//
// What older logs say of a list of which this host knows little yet: how often people post, at which
// hours, who belongs, what its busiest times were, what it is for. Nothing of the moment is taken: no
// evidence, no doubt, no trip, no clock. And nothing that was learned here is replaced: a list that
// has been watched for a fortnight keeps its own.

import EventTime
public import ListTraffic

extension ListState {
    /// Whether so little is known at `time` that older logs can only tell more.
    private func isLittleKnown(at time: Timestamp) -> Bool {
        Int64(test?.baseline.seen ?? 0) < LearnedKind.leastPosts || isYoung(at: time)
    }

    /// Takes what `older` learned, if it has seen more than this one, which knows little.
    ///
    /// True when it was taken.
    mutating func learn(from older: ListState) -> Bool {
        let seen = older.test?.baseline.seen ?? 0
        guard isLittleKnown(at: clock), seen > test?.baseline.seen ?? 0,
            older.announce.since != .distantPast,
            announce.since == .distantPast || older.announce.since <= announce.since
        else { return false }
        if let baseline = older.test?.baseline {
            if test == nil {
                test = StormTest()
                rings.clear(.first)
            }
            test?.learn(baseline)
            rings.learnHours(from: older.rings)
        }
        announce.learn(from: older.announce)
        newcomers.learn(from: older.newcomers)
        policy.learn(from: older.policy)
        ceiling.learn(from: older.ceiling)
        burden.learn(from: older.burden)
        echo.learn(from: older.echo)
        rings.learnSteady(from: older.rings)
        if memberCount == 0 { memberCount = older.memberCount }
        if copyCount == 0 { copyCount = older.copyCount }
        if takenFor == nil { takenFor = older.takenFor }
        return true
    }
}

extension Rings {
    /// The hours of the week of `older`, in the place of those here.
    fileprivate mutating func learnHours(from older: Rings) { take(.hours, of: older) }

    /// Its daily posters, where none are known here.
    fileprivate mutating func learnSteady(from older: Rings) {
        if count(SteadyPosters.Poster.self) == 0 { take(.steady, of: older) }
    }

    private mutating func take(_ kind: Kind, of older: Rings) {
        close(kind, at: 0, range(kind).count)
        let range = older.range(kind)
        let start = open(kind, at: 0, range.count)
        for offset in 0..<range.count {
            set(start + offset, older.words[range.lowerBound + offset])
        }
    }
}

extension StormDetector {
    /// Takes what `older` learned of the list at `address`, which is the one in slot `id`.
    ///
    /// True when this host knew less of it and now knows that.
    public mutating func learn(from older: StormDetector, list address: String, in id: ListID)
        -> Bool
    {
        guard let from = older.states.place(of: address), let place = bind(id, address)
        else { return false }
        return states[place].learn(from: older.states[from])
    }
}
