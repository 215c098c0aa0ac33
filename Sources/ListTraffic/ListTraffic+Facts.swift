// SPDX-License-Identifier: Apache-2.0
//
// What others ask about lists and senders: for identities, status and people.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// The posting address of `list`, in lower case; empty when there is no such list.
    public func address(of list: ListID) -> String {
        directory.list(list).flatMap { directory[$0]?.address } ?? ""
    }

    /// The login or envelope sender of `sender`, in lower case; empty when there is none.
    public func address(of sender: SenderID) -> String { senders.address(of: sender) }

    /// The list whose posting address or alias is `address`, without regard to case.
    public func list(at address: String) -> ListID? {
        let bytes = Array(address.utf8)
        let range = ByteRange(start: 0, end: bytes.count)
        return directory.known(at: range, bytes).map { ListID(index: $0.slot) }
    }

    /// What is known about `list`; all empty when there is no such list.
    public func facts(of list: ListID) -> ListFacts {
        let handle = directory.list(list)
        let record = handle.flatMap { directory[$0] } ?? ListRecord()
        var regulars: [String] = []
        for place in 0..<ListRecord.watched where record.regulars[place].isRegular {
            regulars.append(record.regulars[place].address)
        }
        return ListFacts(
            address: record.address,
            origin: record.origin,
            isConfigured: directory.isConfigured(record.hash),
            isConfirmed: handle.map(directory.isConfirmed) ?? false,
            members: record.members,
            membersHere: min(Int64(record.mailboxes.members), record.members),
            knownPosters: Int(record.knownPosters),
            lastNewcomer: record.lastNewcomer > 0
                ? Timestamp(seconds: Int64(record.lastNewcomer)) : nil,
            regularPosters: regulars,
            posts: record.posts,
            announced: record.announced,
            sent: record.sent,
            hasHeaders: record.showsReplies,
            lastPost: record.lastPost == .min ? nil : Timestamp(microseconds: record.lastPost)
        )
    }

    /// At most `limit` lists: the pinned, then those that fanned out, then others; in each those
    /// first that were touched last.
    ///
    /// O(`limit`), however many are in memory.
    public func recentLists(limit: Int) -> [ListID] { directory.recent(limit: limit) }

    /// The lists that fanned out, are pinned or configured, at `place` and behind it, and where to go on;
    /// nil: that was all.
    ///
    /// `count` places are looked at, so that a walk over all of them can be done in parts. A list that
    /// comes or goes meanwhile may be missed.
    public func confirmedLists(from place: Int, count: Int) -> (lists: [ListID], next: Int?) {
        directory.confirmed(from: place, count: count)
    }
}
