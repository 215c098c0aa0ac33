// SPDX-License-Identifier: Apache-2.0
//
// What was learned from older logs by another value of this type: who ever posted, how many members
// lists have, and lists that nobody has seen here yet. It fills gaps and takes nothing away: what
// this value knows of a list stays, nobody is forgotten for it, and no event follows. The mistake to
// avoid: counting the older posts as ours; they may be the same ones.

internal import MailLog

extension ListTraffic {
    /// Takes what `older` learned, and gives the lists that it knows and this one does now, too.
    ///
    /// Only lists that fanned out; a list that is not known here is added while there is room.
    public mutating func learn(from older: ListTraffic) -> [String] {
        posts.learn(from: older.posts)
        return directory.learn(from: older.directory)
    }
}

extension Posts {
    /// Remembers everybody who posted to a list there.
    mutating func learn(from older: Posts) { posters.learn(from: older.posters) }
}

extension KnownPosters {
    /// Remembers everybody whom `older` does, as far as there is room.
    mutating func learn(from older: KnownPosters) {
        for key in older.exact.sorted() where !contains(key) { insert(key) }
        guard !older.filter.isEmpty else { return }
        join(older)
    }
}

extension Directory {
    /// Fills what is not known of lists here; gives the addresses of those that both know now.
    mutating func learn(from older: Directory) -> [String] {
        var learned: [String] = []
        for list in older.confirmed {
            guard let record = older[list], record.hash != 0 else { continue }
            guard let own = place(for: record), var mine = self[own], mine.hash == record.hash
            else { continue }
            mine.learn(from: record)
            self[own] = mine
            learned.append(record.address)
        }
        return learned
    }
}

extension ListRecord {
    /// Fills what is not known here.
    fileprivate mutating func learn(from older: ListRecord) {
        knownPosters = max(knownPosters, older.knownPosters)
        lastNewcomer = max(lastNewcomer, older.lastNewcomer)
        showsReplies = showsReplies || older.showsReplies
        if members == 0 {
            fanOuts = older.fanOuts
            currentPost = older.currentPost
            currentCopies = older.currentCopies
        }
        for place in 0..<Self.watched where older.regulars[place].isRegular {
            let regular = older.regulars[place]
            guard !isWatched(regular.poster),
                let free = (0..<Self.watched).first(where: { regulars[$0].poster == 0 })
            else { continue }
            regulars[free] = regular
        }
    }

    private func isWatched(_ poster: UInt64) -> Bool {
        for place in 0..<Self.watched where regulars[place].poster == poster { return true }
        return false
    }
}
