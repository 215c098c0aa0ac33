// SPDX-License-Identifier: Apache-2.0
//
// One message in the queue with many recipients, on its way out. What it looks like in the log is
// written by MailHost.

internal import EventTime

/// What becomes of one delivery.
enum DeliveryOutcome {
    case sent, deferred, bounced
}

/// A message with the recipients that are still to be served.
struct FanOut: Sendable {
    /// Place of the post in the plan.
    var post: Int
    /// Queue id; of a VERP fan-out, that of the post itself.
    var queueID: String
    var inode: Int
    /// Envelope sender of the copies; VERP puts the member into it.
    var sender: String
    /// Number of the list that members' names come from.
    var names: Int
    /// Members served by this message.
    var members: Range<Int>
    /// The next member of the first pass.
    var next: Int
    /// Members of a later pass: those that were deferred.
    var again: [Int] = []
    var deferred: [Int] = []
    var bounces = 0
    var size: Int
    var arrival: Timestamp
    /// `orig_to=` of each copy; empty for none.
    var originalTo = ""
    /// Set for a fan-out of a message a member.
    var verp: Verp?
    /// Addresses of the first members, where they are not numbers.
    var firstReaders: [String] = []
    /// Members of the first pass whose copies show in the log.
    var copyLines = Int.max

    /// What a message a member needs to know.
    struct Verp: Sendable {
        var list: String
        /// The list's count of posts, part of the sender.
        var number: Int
        var post: SimulatedPost
        /// Whether Mailman makes it, and not mlmmj: the post's own message is gone already.
        var isMailman = false
    }

    /// Whether this pass has served everyone whose copy shows.
    var isPassDone: Bool { isFirstPassDone && again.isEmpty }

    /// Whether all members had their turn.
    var isFirstPassDone: Bool {
        next >= members.upperBound || next - members.lowerBound >= copyLines
    }

    /// Address of `member`.
    func address(of member: Int) -> String {
        member - members.lowerBound < firstReaders.count
            ? firstReaders[member - members.lowerBound] : Names.member(member, of: names)
    }

    /// Takes note of what became of `member`'s copy.
    mutating func note(_ outcome: DeliveryOutcome, of member: Int) {
        switch outcome {
        case .sent: return
        case .deferred: deferred.append(member)
        case .bounced: bounces += 1
        }
    }

    /// Takes the next member of this pass.
    mutating func take() -> Int {
        if let member = again.popLast() { return member }
        defer { next += 1 }
        return next
    }
}
