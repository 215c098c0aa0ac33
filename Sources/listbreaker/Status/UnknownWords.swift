// SPDX-License-Identifier: Apache-2.0
//
// Large lists of unknown kind as `status` and `doctor` name them.

internal import Reports
internal import Words

enum UnknownWords {
    /// `all@example.org (5,000 members, 1 post)` and so on, `most` of them, and how many more there
    /// are.
    static func names(_ lists: [UnknownListStatus], most: Int) -> String {
        let named = lists.prefix(most).map { list in
            "\(shown(list.list)) (\(list.members.counting("member")), "
                + "\(list.posts.counting("post")))"
        }
        let rest = lists.count - named.count
        return named.joined(separator: ", ")
            + (rest > 0 ? " and \(Int64(rest).counting("other"))" : "")
    }
}
