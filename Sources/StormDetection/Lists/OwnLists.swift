// SPDX-License-Identifier: Apache-2.0
//
// Two lists of this host that are members of each other. Each sees every other round only, and without
// headers nothing but the pace shows that it is one mail. But both are judged here: what one got from the
// other while the other's latest mail was its own is its own mail that comes back. Talk of two such lists
// that do not loop never looks so: a list does not redistribute what it has sent out itself.

import EventTime
import ListTraffic

extension StormDetector {
    /// Whether `post`, on the list at `address`, is another list's of this host whose latest mails include
    /// one of this list's own.
    func isOwnReturning(_ post: Post, on address: String) -> Bool {
        guard let name = ListSenderName.list(of: post.posterAddress), name != address,
            let other = states.place(of: name)
        else { return false }
        return states[other].hasLately(from: address, at: post.time)
    }
}

extension ListState {
    /// Its latest mails that are looked at: somebody may write in between.
    private static let lately = 3
    /// A round takes no longer; chosen, the longest pace of an echo.
    private static let longestRound = TimeSpan.minutes(90)

    /// Whether one of the list's latest mails came from the own sender of the list at `address`.
    fileprivate func hasLately(from address: String, at time: Timestamp) -> Bool {
        (rings.trail ?? []).suffix(Self.lately).contains {
            time - $0.time <= Self.longestRound && ListSenderName.list(of: $0.poster) == address
        }
    }
}

/// Envelope senders of lists, as text.
enum ListSenderName {
    /// The address of the list whose own sender `sender` is: owner-LIST of aliases(5), LIST-owner and
    /// LIST-bounces of Mailman and Sympa; nil when it has no such form.
    static func list(of sender: String) -> String? {
        // Asked of every post: the bytes say mostly that it is none.
        let local = sender.utf8.prefix { $0 != UInt8(ascii: "@") }
        let isOwner = local.starts(with: "owner-".utf8)
        let mark = local.last == UInt8(ascii: "r") ? "-owner" : "-bounces"
        guard isOwner || local.reversed().starts(with: mark.utf8.reversed()) else { return nil }
        let name = isOwner ? local.dropFirst(6) : local.dropLast(mark.utf8.count)
        return String(sender[name.startIndex..<name.endIndex])
            + sender[local.endIndex...]
    }
}
