// SPDX-License-Identifier: Apache-2.0
//
// Which hosts told of a list's posts, so that one host's word alone opens nothing elsewhere.

import EventTime
import ListTraffic

/// The hosts that told of each list's posts, and when each did last.
struct Witnesses: Sendable {
    /// Hosts of one list; the one that was heard longest ago makes room.
    ///
    /// Chosen: two are enough to act.
    static let most = 16

    private var hosts: [ListID: [String: Timestamp]] = [:]

    /// Notes that `host` told of a post of `list`.
    mutating func note(_ host: String, of list: ListID, at time: Timestamp) {
        var known = hosts[list, default: [:]]
        if known[host] == nil, known.count >= Self.most,
            let oldest = known.min(by: { $0.value < $1.value })
        {
            known[oldest.key] = nil
        }
        known[host] = max(time, known[host] ?? time)
        hosts[list] = known
    }

    /// Hosts that told of a post of `list` since `time`.
    func count(of list: ListID, since time: Timestamp) -> Int {
        hosts[list]?.values.count { $0 >= time } ?? 0
    }

    /// The list is forgotten.
    mutating func forget(_ list: ListID) { hosts[list] = nil }
}
