// SPDX-License-Identifier: Apache-2.0
//
// How many members of a list have their mailbox on this host: of a storm on them nothing leaves it.
// Only what was delivered proves it. The mistake to avoid: a share of what was delivered so far; local
// mailboxes take theirs at once, while others' copies wait for a slow relay or an outage.

/// Where a copy went.
enum Destination {
    /// Into a mailbox of this host.
    case mailbox
    /// To another host.
    case elsewhere
    /// Nobody can tell: to a program, a filter, or a service on this host that may pass it on.
    case unknown
}

/// Members of one list with their mailbox here, as its posts proved.
struct Mailboxes {
    /// How many, by the post that had most; 0 while nothing is proven.
    var members: Int32 = 0
    /// Copies of the current post that went into mailboxes.
    var current: Int32 = 0
    /// Copies of the current post that went to other hosts.
    var left: Int32 = 0

    /// Counts copies of the current post.
    mutating func count(_ copies: Int64, to destination: Destination) {
        switch destination {
        case .mailbox:
            current = Int32(clamping: Int64(current) + copies)
            members = max(members, current)
        case .elsewhere: left = Int32(clamping: Int64(left) + copies)
        case .unknown: break
        }
    }

    /// The current post is over: what went to other hosts had no mailbox here.
    ///
    /// What is not delivered yet says nothing. Nor does a post to a part of the list, which has less
    /// than half as many copies as it has `members`.
    mutating func endPost(of copies: Int64, members all: Int64) {
        if left > 0, copies * 2 >= all {
            members = min(members, Int32(clamping: max(copies - Int64(left), 0)))
        }
        (current, left) = (0, 0)
    }
}
