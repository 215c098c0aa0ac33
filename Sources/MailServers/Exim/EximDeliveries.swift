// SPDX-License-Identifier: Apache-2.0
//
// Ends deliveries that began before the halt, without losing or doubling a copy. One process of
// Exim delivers one message to all its recipients, by children that carry the copies; it read its
// configuration when it began, so a halt by configuration alone lets the whole fan-out go.
// Each child notes a copy in the message's journal as soon as it was taken, on its own, so the
// parent may be killed at any time while only such children run: what is under way is finished
// and noted, and nothing new begins. While it delivers on this host, where the parent takes the
// notes, it must not be killed.

internal import Glibc
internal import HaltWire

/// The processes that deliver mail, and how they are ended.
struct EximDeliveries {
    let site: EximSite

    /// A child that still carries a copy although its parent was ended.
    struct Flying: Codable, Equatable {
        var pid: Int32
        var started: UInt64
        var id: String
    }

    /// What came of it.
    struct Outcome {
        var ended = 0
        var flying: [Flying] = []
        /// Messages whose delivery went on.
        var left: Set<QueueID> = []
    }

    /// Longest time for it: 2 s.
    ///
    /// Chosen. What is routed or delivered on this host after that is ended at the next sweep.
    static let patience = Duration.seconds(2)

    static let names: Set<String> = ["exim4", "exim"]

    /// Ends the deliveries that began before `ticks`, of `only` when given, and queue runners.
    ///
    /// - Throws: ``HaltError`` when the spool cannot be read, so that who delivers what is not known.
    func end(
        startedBefore ticks: UInt64?,
        only: Set<QueueID>? = nil
    ) throws(HaltError) -> Outcome {
        var outcome = Outcome()
        guard let user = try StateFile.find(site.spool)?.st_uid else { return outcome }
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let all = ProcessTable.named(Self.names)
            let parents = try self.parents(among: all).filter { parent, id in
                parent.started < ticks ?? .max && (only?.contains(id) ?? true)
            }
            outcome.left = Set(parents.map(\.1))
            for (parent, id) in parents where Self.isRemote(parent, among: all, user: user) {
                guard let children = endIfRemote(parent, user: user) else { continue }
                outcome.ended += 1
                outcome.left.remove(id)
                outcome.flying += children.filter { $0.state != "Z" }
                    .map { Flying(pid: $0.pid, started: $0.started, id: id.text) }
            }
            if only == nil {
                let holders = Set(parents.map(\.0.pid))
                for runner in all
                where Self.isRunner(runner) && runner.started < ticks ?? .max
                    && !holders.contains(runner.pid)
                {
                    kill(runner.pid, SIGKILL)
                }
            }
            if outcome.left.isEmpty || ContinuousClock.now >= deadline { return outcome }
            usleep(3000)
        }
    }

    /// Those of `flying` that are still at it.
    static func still(_ flying: [Flying]) -> [Flying] {
        flying.filter { one in
            guard let process = ProcessTable.process(one.pid) else { return false }
            return process.started == one.started && process.state != "Z"
        }
    }

    /// Messages that a process of Exim has locked.
    ///
    /// - Throws: ``HaltError`` when the spool cannot be read.
    func locked() throws(HaltError) -> Set<QueueID> {
        Set(try parents(among: ProcessTable.named(Self.names)).map(\.1))
    }

    /// The processes that deliver a message, each with its ID.
    private func parents(
        among all: [HostProcess]
    ) throws(HaltError) -> [(HostProcess, QueueID)] {
        let locks = ProcessTable.writeLocks()
        let byPID = Dictionary(all.map { ($0.pid, $0) }) { first, _ in first }
        guard locks.values.contains(where: { byPID[$0] != nil }) else { return [] }
        var found: [(HostProcess, QueueID)] = []
        let input = try StateFile.folder("\(site.spool)/input")
        let files = input?.files.mapValues(\.inode) ?? [:]
        for (name, inode) in files where name.hasSuffix("-D") {
            guard let id = QueueID(name.dropLast(2)), let pid = locks[inode],
                let process = byPID[pid]
            else { continue }
            // A message that is just being received is locked, too; it has no journal.
            let isDelivering = process.arguments.dropFirst().contains {
                $0.hasPrefix("-M") || $0.hasPrefix("-q")
            }
            if isDelivering || files["\(id)-J"] != nil { found.append((process, id)) }
        }
        return found
    }

    /// Whether `parent` carries copies to other hosts now, and does nothing else.
    private static func isRemote(
        _ parent: HostProcess,
        among all: [HostProcess],
        user: uid_t
    ) -> Bool {
        let children = all.filter { $0.parent == parent.pid }
        return !children.isEmpty && children.allSatisfy { $0.uid == user }
    }

    /// Stops `parent`, looks again, and ends it or lets it go on.
    ///
    /// - Returns: its children when it was ended.
    private func endIfRemote(_ parent: HostProcess, user: uid_t) -> [HostProcess]? {
        guard kill(parent.pid, SIGSTOP) == 0 else { return nil }
        for _ in 1...100 where ProcessTable.process(parent.pid)?.state != "T" { usleep(100) }
        let all = ProcessTable.named(Self.names)
        guard let now = ProcessTable.process(parent.pid), now.started == parent.started,
            now.state == "T", Self.isRemote(parent, among: all, user: user)
        else {
            kill(parent.pid, SIGCONT)
            return nil
        }
        kill(parent.pid, SIGKILL)
        return all.filter { $0.parent == parent.pid }
    }

    /// A run through the queue, which uses the configuration from its start; not the daemon, which
    /// has an interval: `-q30m`.
    private static func isRunner(_ process: HostProcess) -> Bool {
        let words = process.arguments.dropFirst()
        return !words.contains("-bd")
            && words.contains { word in
                word.hasPrefix("-q") && !word.contains { $0.isASCII && $0.isNumber }
            }
    }
}
