// SPDX-License-Identifier: Apache-2.0
//
// Which hosts told of a list's posts, so that one host's word alone opens nothing elsewhere.

internal import Archive
internal import EventTime
internal import ListTraffic

/// The hosts that told of each list's posts, and when each did last.
struct Witnesses: Sendable {
    /// Hosts of one list; the one that was heard longest ago makes room.
    ///
    /// Chosen: two are enough to act.
    static let most = 16

    private var hosts: [ListID: [String: Timestamp]] = [:]

    /// Nobody told anything.
    init() {}

    /// What ``all`` gave.
    init(_ heard: [HeardList]) {
        hosts = Dictionary(
            heard.map { list in
                let hosts = Dictionary(list.hosts.map { ($0.name, $0.time) }) { first, _ in first }
                return (ListID(index: list.index), hosts)
            }
        ) { first, _ in first }
    }

    /// All of it, sorted, to be saved together with the table that numbers the lists.
    var all: [HeardList] {
        hosts.map { list, hosts in
            HeardList(
                index: list.index,
                hosts: hosts.map { HeardHost(name: $0.key, time: $0.value) }
                    .sorted { $0.name < $1.name }
            )
        }.sorted { $0.index < $1.index }
    }

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

/// A list, and who told of its posts.
struct HeardList: Archived {
    var index: Int32 = 0
    var hosts: [HeardHost] = []

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&index, from: 0)
        try stream.list(&hosts, most: Witnesses.most)
    }
}

/// A host, and when it told last.
struct HeardHost: Archived {
    var name = ""
    var time = Timestamp.distantPast

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.text(&name)
        try stream.value(&time)
    }
}
