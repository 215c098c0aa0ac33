// SPDX-License-Identifier: Apache-2.0
//
// Who is a regular poster, as the traffic stage knows it: where the log shows no headers, a post by
// a member who is none is taken for a reply.

/// At most four posters of a list that are watched for being regular.
struct Regulars {
    private static let watched = 4
    private var places: [(poster: UInt64, first: Int64, posts: Int, isRegular: Bool)] = []

    func contains(_ poster: UInt64) -> Bool {
        places.contains { $0.poster == poster && $0.isRegular }
    }

    /// Whether there was no post yet.
    var isEmpty: Bool { places.isEmpty }

    mutating func note(_ row: Row) {
        if let place = places.firstIndex(where: { $0.poster == row.sender }) {
            places[place].posts += 1
            if row.time - places[place].first >= 86400 { places[place].isRegular = true }
            return
        }
        let new = (poster: row.sender, first: row.time, posts: 1, isRegular: places.isEmpty)
        if places.count < Self.watched { return places.append(new) }
        let weakest = places.indices.filter { !places[$0].isRegular }
            .min { places[$0].posts < places[$1].posts }
        if let weakest { places[weakest] = new }
    }
}
