// SPDX-License-Identifier: Apache-2.0
//
// Follows a directory into which several hosts' journals come, host by host. sd-journal merges all files
// by time and goes on from one place in time, so that a host whose clock or upload is seconds behind
// the others is never read (systemd issue 4359). Here each host has a handle and a place of its own;
// what came is given out as it came, the oldest first while there is a backlog.

public import EventTime
internal import Glibc
internal import Linux
internal import MailLog

/// The journals of a source, each with a place of its own; belongs to one thread.
///
/// One for this host's own journal, for named files, and for a directory of one host.
final class JournalHosts {
    /// Entries of one host at a time; chosen, so that a backlog of several comes nearly in order.
    static let most = 256
    /// Hosts that are told apart; chosen, each takes some descriptors and windows of memory.
    static let mostHosts = 256
    /// What a place of several hosts begins with.
    static let mark = "hosts\n"

    /// One host.
    private struct Host {
        var name: String
        var files: [String]
        var entries: EntrySource
        /// Stamp of the last entry that was given out.
        var last: Timestamp?
        var cursor: String?
        var isAtEnd = false
    }

    private let source: JournalSource
    private let matches: [String]
    private let start: ReadStart
    private var hosts: [Host] = []

    /// Opens `source` at `start`; the place of several hosts names each of them.
    init(source: JournalSource, start: ReadStart, matches: [String]) throws(JournalError) {
        self.source = source
        self.matches = matches
        self.start = start
        let groups = Self.groups(of: source)
        guard groups.count > 1 else {
            let entries = try EntrySource(
                source: source,
                start: Self.place(of: groups.first?.name, in: start) ?? start,
                matches: matches,
                readsFiles: true
            )
            hosts = [Host(name: groups.first?.name ?? "", files: [], entries: entries)]
            return
        }
        try JournalFiles.verify(source)
        for group in groups { try add(group, at: start) }
    }

    /// Whether there are several.
    private var areSeveral: Bool { hosts.contains { !$0.files.isEmpty } }

    /// What to poll.
    var descriptors: [Int32] { hosts.map { $0.entries.descriptor }.filter { $0 >= 0 } }

    /// Whether everything that changes is announced: of several hosts new files are not.
    var isAnnounced: Bool { !areSeveral && hosts.allSatisfy(\.entries.isAnnounced) }

    /// Time of the newest entry there is.
    var newest: Timestamp? { hosts.compactMap(\.entries.newest).max() }

    /// Whether the next ``fill(_:limit:now:)`` will have to open a journal again.
    var needsReopening: Bool { hosts.contains { $0.entries.needsReopening } }

    /// Hosts and their last entries; none where there is only one.
    var lags: [HostLag] {
        areSeveral ? hosts.map { HostLag(name: $0.name, last: $0.last, isAtEnd: $0.isAtEnd) } : []
    }

    /// Takes note of new, rotated and deleted files, and of new hosts.
    func process() throws(JournalError) {
        for host in hosts { host.entries.process() }
        guard case .directory = source else { return }
        let groups = Self.groups(of: source)
        guard groups.count > 1 || areSeveral else { return }
        if !areSeveral { try divide(groups) }
        for group in groups {
            guard let index = hosts.firstIndex(where: { $0.name == group.name }) else {
                // What it has is news, however old.
                if hosts.count < Self.mostHosts { try add(group, at: .head) }
                continue
            }
            guard hosts[index].files != group.files else { continue }
            hosts[index].files = group.files
            hosts[index].entries.change(to: .files(group.files))
        }
        // A host whose files are all gone has nothing more to say.
        let names = Set(groups.map(\.name))
        hosts.removeAll { !names.contains($0.name) }
    }

    /// Proves that the files can still be read.
    func verify() throws(JournalError) {
        guard areSeveral else { return try hosts.first?.entries.verify() ?? () }
        try JournalFiles.verify(source)
    }

    /// Seeks the last entry of each anew; see ``EntrySource/lookAgain()``.
    func lookAgain() { for host in hosts { host.entries.lookAgain() } }

    /// Fills `batch` with at most `limit` entries of one host; none means that all are at their end.
    func fill(_ batch: inout EntryBatch, limit: Int, now: Timestamp) throws(JournalError) {
        guard areSeveral else {
            batch.removeAll()
            if let only = hosts.first { try only.entries.fill(&batch, limit: limit) }
            return
        }
        // Who is furthest behind first; so a backlog comes nearly in the order of time.
        let order = hosts.indices.sorted {
            (hosts[$0].last ?? .distantPast) < (hosts[$1].last ?? .distantPast)
        }
        for index in order {
            try hosts[index].entries.fill(&batch, limit: min(limit, Self.most))
            hosts[index].isAtEnd = batch.entries.isEmpty
            if let last = batch.entries.last, let cursor = batch.cursor {
                hosts[index].last = max(last.time, hosts[index].last ?? last.time)
                hosts[index].cursor = cursor
                batch.cursor = place
                batch.reached = reached(now)
                return
            }
            if batch.gap != nil { return }
        }
    }

    /// Up to when all hosts were read.
    private func reached(_ now: Timestamp) -> Timestamp {
        hosts.map { host in host.isAtEnd ? now : host.last ?? .distantPast }.min() ?? now
    }

    /// The one journal of a directory becomes those of several hosts.
    private func divide(_ groups: [(name: String, files: [String])]) throws(JournalError) {
        guard let only = hosts.first, groups.count > 1 else { return }
        var whole: [Host] = []
        swap(&whole, &hosts)
        for group in groups {
            if group.name == only.name {
                only.entries.change(to: .files(group.files))
                var host = only
                host.files = group.files
                hosts.append(host)
            } else {
                try add(group, at: .head)
            }
        }
    }

    private func add(
        _ group: (name: String, files: [String]),
        at start: ReadStart
    ) throws(JournalError) {
        let own = Self.place(of: group.name, in: start)
        let entries = try EntrySource(
            source: .files(group.files),
            start: own ?? Self.withoutHosts(start),
            matches: matches,
            readsFiles: true
        )
        var host = Host(name: group.name, files: group.files, entries: entries)
        if case .cursor(let cursor, let time)? = own {
            host.cursor = cursor
            host.last = time
        }
        hosts.append(host)
    }

    // MARK: Places

    /// The places of all hosts in one text.
    private var place: String {
        hosts.reduce(into: Self.mark) { text, host in
            guard let cursor = host.cursor else { return }
            text += "\(host.name)\t\(cursor)\n"
        }
    }

    /// Where `host` was in a place of several; nil: it is not in it, or it is none of several.
    private static func place(of host: String?, in start: ReadStart) -> ReadStart? {
        guard let host, case .cursor(let text, _) = start, text.hasPrefix(mark) else { return nil }
        for line in text.split(separator: "\n").dropFirst() {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, parts[0] == host else { continue }
            let cursor = String(parts[1])
            return .cursor(cursor, orTime: EntrySource.time(ofCursor: cursor))
        }
        return nil
    }

    /// Where to begin with a host that a place of several does not know: with all that it has.
    ///
    /// A place of one is another host's: its time is all that it says.
    private static func withoutHosts(_ start: ReadStart) -> ReadStart {
        guard case .cursor(let text, let time) = start else { return start }
        if text.hasPrefix(mark) { return .head }
        return (time ?? EntrySource.time(ofCursor: text)).map { .time($0) } ?? .head
    }

    // MARK: Files

    /// The files of each host in a directory, by name; nothing of other sources.
    private static func groups(of source: JournalSource) -> [(name: String, files: [String])] {
        guard case .directory(let folder) = source else { return [] }
        var groups = Dictionary(grouping: JournalFiles.paths(in: folder)) { path in
            host(of: path, in: folder)
        }
        // One file that is none yet, or no more, would keep sd-journal from opening its neighbours.
        if groups.count > 1 {
            groups = groups.mapValues { $0.filter(JournalDamage.hasHeader) }.filter {
                !$0.value.isEmpty
            }
        }
        return groups.sorted { $0.key < $1.key }.map { (name: $0.key, files: $0.value.sorted()) }
    }

    /// Whose file `path` is: `remote-HOST` of systemd-journal-remote(8), or the folder of a machine;
    /// `local` for what lies in the directory under any other name.
    static func host(of path: String, in folder: String) -> String {
        let parts = path.dropFirst(folder.count).split(separator: "/")
        if parts.count > 1 { return String(parts[0]) }
        guard let name = parts.last, name.hasPrefix("remote-") else { return "local" }
        return String(name.prefix { $0 != "@" }.replacing(".journal", with: "").dropFirst(7))
    }
}

/// How one of several hosts is read.
public struct HostLag: Sendable, Equatable {
    /// Its name, from the name of its files or folder.
    public var name: String
    /// Stamp of its last mail entry that was given out; nil: none yet.
    public var last: Timestamp?
    /// Whether all that came of it was given out.
    public var isAtEnd: Bool
}
