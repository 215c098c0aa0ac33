// SPDX-License-Identifier: Apache-2.0
//
// One fact after another: is it news, and what does it mean. The mistake to avoid: to tell detection of
// a post twice, because two hosts saw it.

internal import EventTime
internal import Fleet
internal import ListTraffic
internal import StormDetection

extension FleetJudge {
    mutating func take(
        _ fact: TrafficFact,
        from host: String,
        at time: Timestamp,
        now: Timestamp,
        _ verdicts: inout [Verdict]
    ) {
        guard let domain = FleetScope.domain(of: fact.list),
            domains.contains(where: { domain == $0 || domain.hasSuffix(".\($0)") })
        else { return counts.foreign += 1 }
        switch fact.happening {
        case .post(let post):
            takePost(post, fact, from: host, at: time, now: now, &verdicts)
        case .copies(let message, let copies):
            let post = PostKey(list: fact.list, message: message)
            let more = posts[post].add(copies, by: fact.role)
            guard more > 0, posts[post].isTold else { return }
            traffic.join(
                copies: more,
                of: message.number(under: key),
                to: fact.list,
                at: time,
                into: &events
            )
            judge(at: time, now: now, &verdicts)
        case .returned(let post):
            tellReturned(post, of: fact.list, from: host, at: time, now: now, &verdicts)
        }
    }

    private mutating func takePost(
        _ post: PostFact,
        _ fact: TrafficFact,
        from host: String,
        at time: Timestamp,
        now: Timestamp,
        _ verdicts: inout [Verdict]
    ) {
        let place = PostKey(list: fact.list, message: post.message)
        let more = posts[place].add(post.copies, by: fact.role)
        let known = posts[place]
        guard !known.isTold else {
            if more > 0 {
                let number = post.message.number(under: key)
                traffic.join(copies: more, of: number, to: fact.list, at: time, into: &events)
                judge(at: time, now: now, &verdicts)
            }
            // It came to another host after its copies had gone: somebody sent it back.
            if fact.role == .home, host != known.host, let held = post.held,
                time - held > known.time + HostSight.tolerance
            {
                tellReturned(post, of: fact.list, from: host, at: time, now: now, &verdicts)
            }
            return
        }
        guard fact.role == .home || waiting.count >= Self.mostWaiting else {
            var later = fact
            later.time = time
            waiting.append((now + Self.relayWait, host, later))
            return
        }
        tell(post, of: fact.list, from: host, at: time, now: now, &verdicts)
    }

    mutating func tell(
        _ post: PostFact,
        of list: String,
        from host: String,
        at time: Timestamp,
        now: Timestamp,
        _ verdicts: inout [Verdict]
    ) {
        let place = PostKey(list: list, message: post.message)
        guard !posts[place].isTold else { return }
        posts[place].isTold = true
        posts[place].host = host
        posts[place].time = time
        var post = post
        post.copies = posts[place].counted
        let joined = traffic.join(
            post,
            to: list,
            at: time,
            number: { [key] in $0.number(under: key) },
            into: &events
        )
        if let joined, joined.isNew { witnesses.note(host, of: joined.list, at: time) }
        judge(at: time, now: now, &verdicts)
    }

    private mutating func tellReturned(
        _ post: PostFact,
        of list: String,
        from host: String,
        at time: Timestamp,
        now: Timestamp,
        _ verdicts: inout [Verdict]
    ) {
        let joined = traffic.join(
            returned: post,
            to: list,
            at: time,
            number: { [key] in $0.number(under: key) },
            into: &events
        )
        if let joined { witnesses.note(host, of: joined, at: time) }
        judge(at: time, now: now, &verdicts)
    }

    // MARK: What it means

    /// Gives detection what the last fact meant, unless that came too late.
    private mutating func judge(at time: Timestamp, now: Timestamp, _ verdicts: inout [Verdict]) {
        let isLate = now - time > horizon
        if isLate { counts.late += 1 }
        for event in events {
            guard let list = event.list else {
                if case .evicted(let gone) = event { witnesses.forget(gone) }
                _ = detector.observe(event, list: nil)
                continue
            }
            let identity = ListIdentity(traffic.facts(of: list))
            guard !isLate, let verdict = detector.observe(event, list: identity) else { continue }
            // What one host saw alone it judges by itself, on its own word.
            guard witnesses.count(of: list, since: time - verdict.evidence.window) > 1 else {
                counts.alone += 1
                if verdict.action == .trip { detector.notePassed(list: verdict.list) }
                continue
            }
            verdicts.append(verdict)
        }
        events.removeAll(keepingCapacity: true)
    }
}

extension TrafficEvent {
    /// The list that it is about, of what is judged.
    fileprivate var list: ListID? {
        switch self {
        case .post(let post): post.list
        case .announced(let list, _, _), .sent(let list, _, _), .returned(let list, _, _, _, _):
            list
        case .outbound, .outward, .senderEvicted, .evicted: nil
        }
    }
}
