// SPDX-License-Identifier: Apache-2.0
//
// The verbs about held mail, once for every mail server: looking at it, throwing it away, and
// bringing it back. How neither loses nor doubles anything stands in HoldQueue+Discard.swift.

internal import HaltWire

extension QueueDriver {
    /// Most posts that one answer lists: 1,000.
    ///
    /// Chosen: a terminal shows fifty.
    private static var postsListed: Int { 1000 }

    func held(limit: Int) -> HaltReport {
        answer(.held) { report in
            each(&report) { queue, report throws(HaltError) in
                let room = max(0, limit - report.messages.count)
                report.messages += try all(in: queue, &report).prefix(room).map(queue.described)
            }
        }
    }

    func posts(list: String?) -> HaltReport {
        answer(.heldPosts) { report in
            each(&report) { queue, report throws(HaltError) in
                var places: [String: Int] = [:]
                for found in try all(in: queue, &report) {
                    let message = queue.described(found)
                    guard list == nil || message.list == list else { continue }
                    let name = message.messageID.isEmpty ? message.id : message.messageID
                    let key = "\(message.list) \(name)"
                    let isUndecided = !queue.isDecided(found)
                    if let place = places[key] {
                        report.posts[place].add(message)
                        if isUndecided { report.posts[place].noteUndecided() }
                    } else if report.posts.count < Self.postsListed {
                        places[key] = report.posts.count
                        var post = HeldPost(message, list: message.list)
                        if isUndecided { post.noteUndecided() }
                        report.posts.append(post)
                    } else {
                        report.left += 1
                    }
                }
            }
        }
    }

    /// Everything that we hold, for a list or not.
    private func all(
        in queue: Queue,
        _ report: inout HaltReport
    ) throws(HaltError) -> [QueuedMessage] {
        let all = HeldSelection(only: Set(queue.ledger.content.entries.keys))
        return try queue.find(all, &report)
    }

    func discard(_ selection: HeldSelection) -> HaltReport {
        var rest = selection
        rest.only = rest.only.map { Set($0.map(canonical)) }
        return answer(.discard) { report in
            each(&report) { queue, report throws(HaltError) in
                let before = report.undecided
                let matching = try queue.find(rest, keeping: Queue.recipientsSeen, &report)
                let (decided, further) =
                    rest.keepsUndecided(ofDiscard: true)
                    ? keepUndecided(of: matching, rest, in: queue, &report) : (matching, 0)
                report.left += decided.count + further
                try queue.quarantine.make()
                var saved: [QueueID: Int] = [:]
                for message in rest.limited(decided) {
                    report.attempt { _ throws(HaltError) in
                        try queue.keep(message)
                        if let id = message.id { saved[id] = message.recipients }
                    }
                }
                guard !saved.isEmpty else { return }
                try queue.removeNow(saved.keys.sorted())
                let gone = try queue.settle().filter { saved[$0] != nil }
                try queue.ledger.drop(gone)
                rest.limit = rest.limit.map { $0 - gone.count }
                report.discarded += gone.count
                report.left -= gone.count
                try countUndecided(beside: rest, before, in: queue, &report)
                report.copies += gone.reduce(0) { $0 + (saved[$1] ?? 0) }
                if gone.count < saved.count {
                    report.errors.append(
                        "\(saved.count - gone.count) messages could not be deleted; they stay on"
                            + " hold; discard again"
                    )
                }
            }
        }
    }

    func saved(_ post: String) -> [QueueID] {
        sites.flatMap { site in (try? queue(of: site).quarantine.saved(post)) ?? [] }.sorted()
    }

    func savedPosts(_ post: String?) -> HaltReport {
        answer(.savedPosts) { report in
            var places: [String: Int] = [:]
            for site in sites {
                report.attempt { report throws(HaltError) in
                    let quarantine = try queue(of: site).quarantine
                    let wanted = post.map { Set(quarantine.saved($0).map(\.text)) }
                    let found = quarantine.envelopes.sorted {
                        ($0.arrival, $0.id) < ($1.arrival, $1.id)
                    }
                    for one in found where wanted?.contains(one.id) ?? true {
                        take(one, in: quarantine, &places, &report)
                    }
                }
            }
        }
    }

    /// Counts a saved message to its post.
    private func take(
        _ saved: SavedEnvelope,
        in quarantine: Quarantine,
        _ places: inout [String: Int],
        _ report: inout HaltReport
    ) {
        let name = saved.messageID.flatMap { $0.isEmpty ? nil : $0 } ?? saved.id
        if let place = places[name] {
            report.posts[place].messages += 1
            report.posts[place].copies += saved.recipients.count
        } else if report.posts.count < Self.postsListed {
            places[name] = report.posts.count
            report.posts.append(
                HeldPost(
                    id: saved.id,
                    list: saved.list ?? "",
                    messageID: saved.messageID ?? "",
                    sender: saved.sender,
                    first: saved.arrival,
                    copies: saved.recipients.count
                )
            )
        } else {
            report.left += 1
        }
    }

    func prune(before second: Int64) -> HaltReport {
        answer(.prune) { report in
            report.pruned = 0
            each(&report) { queue, report throws(HaltError) in
                report.pruned = try (report.pruned ?? 0) + queue.quarantine.prune(before: second)
            }
        }
    }

    func restore(_ ids: [QueueID]) -> HaltReport {
        let ids = ids.map(canonical)
        return answer(.restore) { report in
            each(&report) { queue, report throws(HaltError) in
                // What is on hold under its ID is there, and must not come in a second time.
                let there = Queue.bringsBackOnHold ? try queue.onHold() : []
                for id in ids where !there.contains(id) {
                    report.attempt { report throws(HaltError) in
                        if try queue.restore(id) { report.restored += 1 }
                    }
                }
            }
            if report.restored > 0, Queue.bringsBackOnHold { wake(&report) }
        }
    }
}
