// SPDX-License-Identifier: Apache-2.0
//
// Mail that no person writes: a message that goes round, machines that answer what they get. The
// mistake to avoid: a machine's answer before it could have had the copy.

internal import EventTime

extension PostPlan {
    /// One message that comes back: by itself, or through a list that has this one as a member.
    mutating func addLoop(_ traffic: Traffic, _ list: Int) {
        let begin = scenario.start + traffic.at
        guard let first = latest(of: list, before: begin) else { return }
        let other = scenario.lists.firstIndex { other in other.address == traffic.through }
        var time = max(begin, first.time)
        for round in 0..<traffic.count {
            var post = first
            post.time = time
            post.role = .returned
            post.isStorm = traffic.isStorm ?? true
            post.isLookAlike = traffic.isStorm == false
            if traffic.messageIDs == .new || traffic.messageIDs == .none {
                post.messageID = messageID(by: first.poster, traffic)
            }
            if !traffic.through.isEmpty {
                // Of two lists of this host the other one gets the first round.
                let isHere = other == nil || round % 2 == 1
                let sender = isHere ? traffic.through : scenario.lists[list].address
                post.list = isHere ? list : other
                post.author = traffic.rewrittenFrom.isEmpty ? first.poster : traffic.rewrittenFrom
                post.poster = copySender(of: sender)
                post.isOutsider = true
                if traffic.dates == .usual { post.age = first.age.map { $0 + (time - first.time) } }
                if traffic.dates == .none { post.age = nil }
            }
            append(post)
            // One rhythm for a message that a gateway sends back; two lists have a queue each.
            let gap = traffic.through.isEmpty ? 1 : 0.7 + 0.8 * random.unit()
            time = time + TimeSpan(microseconds: Int64(Double(traffic.every.microseconds) * gap))
        }
    }

    /// Envelope sender of the copies of the list at `address`.
    private func copySender(of address: String) -> String {
        let known = scenario.lists.first { list in list.address == address }
        if known?.shape == .includeOwner { return "owner-\(address)" }
        return "\(Names.local(of: address))-bounces@\(Names.domain(of: address))"
    }

    mutating func addRobots(_ traffic: Traffic, _ list: Int) {
        let begin = scenario.start + traffic.at
        let end = self.end(of: traffic)
        // What was planned so far is answered; and in a ring, the answers too.
        var open = posts.filter { post in
            post.list == list && post.sent >= begin && post.time < end
                && post.role != .other
        }
        var next = 0
        var left = traffic.count
        while next < open.count, left > 0 {
            let answered = open[next]
            next += 1
            let turn = (traffic.count - left) % max(1, traffic.robots)
            let answering = traffic.takesTurns ? turn..<turn + 1 : 0..<traffic.robots
            for robot in answering where left > 0 {
                let address = Names.member(1_000_000 + robot, of: list)
                guard traffic.answersItself || address != answered.poster else { continue }
                let delay = traffic.every.microseconds / 2
                let spread = Int64(Double(traffic.every.microseconds) * random.unit())
                let time = answered.time + TimeSpan(microseconds: delay + spread)
                guard time < end else { continue }
                let shown = traffic.startsThreads ? nil : answered
                var post = post(time, list, by: address, answering: shown, traffic)
                post.role = .robot
                post.isStorm = traffic.isStorm ?? true
                append(post)
                left -= 1
                if traffic.isRing { open.append(post) }
            }
        }
    }
}
