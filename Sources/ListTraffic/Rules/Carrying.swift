// SPDX-License-Identifier: Apache-2.0
//
// Which list a message carries copies of, and which fan-outs a content filter may still give back
// under another id. Two chunks of one post look the same where the sender is the list's: then a twin
// is told by its size, since each way through an SMTP server adds a Received header.

internal import MailLog

extension ListTraffic {
    /// The list whose copies a life carries; nil when none, or it was forgotten.
    @inline(__always)
    func carriedList(_ life: Handle<Life>) -> Handle<ListRecord>? {
        guard let list = messages[life]?.list, directory.holds(list) else { return nil }
        return list
    }

    /// Lets a life carry copies of `list`.
    mutating func carry(_ life: Handle<Life>, _ list: Handle<ListRecord>) {
        messages[life]?.list = list
        if let out = messages.keep(life) {
            forget(out)
            if !out.flags.contains(.removed) { tally.evictedFanOuts += 1 }
        }
        directory.touch(list)
    }

    // MARK: Twins

    /// Notes that `life` seems to be what a filter made of `old`.
    mutating func follow(_ old: Handle<Life>, by life: Handle<Life>) {
        let successor = messages.key(life)
        messages[old]?.flags.insert(.reinjected)
        messages[old]?.successor = successor
    }

    /// Notes that a filter may give a fan-out back.
    mutating func openFanOut(_ life: Handle<Life>) {
        guard let it = messages[life], it.message != 0, !it.flags.contains(.unpaired) else {
            return
        }
        let older = twins.open(it, under: messages.key(life))
        messages[life]?.expansion = older
        messages[life]?.flags.insert(.unpaired)
    }

    /// Notes that a life has its twin, or needs none any more.
    mutating func unpair(_ life: Handle<Life>) {
        guard let it = messages[life], it.flags.contains(.unpaired) else { return }
        messages[life]?.flags.remove(.unpaired)
        twins.close(it)
    }

    /// An earlier fan-out of the same post, sender and number of recipients, to which this one is
    /// a filter's twin.
    func openFanOut(like life: Life, isPersonal: Bool) -> Handle<Life>? {
        guard life.origin == .loopback || life.origin == .pickup,
            var key = twins.youngest(like: life)
        else { return nil }
        // The oldest that fits: filters answer in order, more or less.
        var found: Handle<Life>?
        var steps = 0
        while steps < 64, let old = messages.find(key), let it = messages[old] {
            if it.flags.contains(.unpaired) {
                let isSure = isPersonal || it.origin == .local
                if isSure || Self.hasGrown(it.size, life.size) { found = old }
            }
            key = it.expansion
            steps += 1
        }
        return found
    }

    /// Whether a message of `before` bytes grew by a Received header.
    ///
    /// The shortest that Postfix writes has over 100 bytes (measured: 150 to 180); chunks of one
    /// post differ by a recipient's address at most, which single ones have in that header.
    static func hasGrown(_ before: Int32, _ after: Int32) -> Bool {
        Int64(after) - Int64(before) >= 100
    }
}
