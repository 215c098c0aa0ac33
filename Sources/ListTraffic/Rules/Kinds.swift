// SPDX-License-Identifier: Apache-2.0
//
// What a post is taken for: thread, kind, age. Headers decide where the log shows them; otherwise
// who posts. The mistake to avoid: calling a regular poster's next announcement a reply because he
// is on his own list.

internal import EventTime

extension ListTraffic {
    /// The root of the thread that `arrival` answers on the list with the hash `list`; nil when it
    /// starts one.
    func root(of arrival: Arrival, _ list: UInt64) -> UInt64? {
        if arrival.parent != 0 {
            if let post = posts.find(list, arrival.parent) { return posts[post]?.root }
            if arrival.root == 0 { return arrival.parent }
        }
        guard arrival.root != 0 else { return nil }
        return posts.find(list, arrival.root).flatMap { posts[$0]?.root } ?? arrival.root
    }

    /// What the post is taken for, and by which evidence.
    func kind(
        of arrival: Arrival,
        _ list: Handle<ListRecord>,
        isStranger: Bool
    ) -> PostKind {
        if arrival.isRobot { return .robot }
        if arrival.isReply { return .replyByHeader }
        if arrival.headers.showReplies { return .newThread }
        guard arrival.poster != 0, let record = directory[list], record.posts > 0,
            !record.isRegular(arrival.poster),
            !directory.isRegular(mix(record.hash, arrival.poster))
        else { return .unknown }
        if isStranger, record.regularCount <= 1 { return .replyByPoster }
        return posts.hasReceived(mix(record.hash, arrival.poster)) ? .replyByPoster : .unknown
    }

    /// How long ago the message was written.
    ///
    /// By its Date header, which may lie ahead, or without one by how long it was with us. A moderator's release is old though it came in fresh.
    func age(of arrival: Arrival, _ time: Timestamp, isJoined: Bool) -> TimeSpan? {
        let born = Timestamp(microseconds: arrival.born)
        let held = isJoined ? max(time - born, TimeSpan(microseconds: 0)) : nil
        guard arrival.date != .min else { return held }
        let written = Timestamp(microseconds: arrival.date)
        return (isJoined ? max(time, born) : born) - written
    }
}
