// SPDX-License-Identifier: Apache-2.0
//
// A list that is open is stopped at Mailman as well: one held post there in place of thousands of
// held copies here. What the switches were is written down before they are touched, so that a kill
// between any two steps is made good by the next pass. A switch that somebody else turned meanwhile is
// reported, and left. It runs in the daemon, never in the actuator, and no halt waits for it.

internal import FoundationEssentials
internal import Glibc

/// Stops and restores lists at Mailman.
public struct MailmanStop: Sendable {
    /// How a list stands after a pass.
    public struct Outcome: Sendable, Equatable {
        /// What was reached.
        public enum State: Sendable, Equatable {
            /// Mailman holds every post, and tells nobody.
            case stopped
            /// The switches are what they were.
            case restored
            /// Mailman has no such list.
            case unknown
            /// Not done, for this reason; it is tried again.
            case failed(String)
        }

        /// The list's address.
        public var list: String
        /// How it stands.
        public var state: State
        /// What somebody else changed meanwhile, in sentences; left alone.
        public var changed: [String] = []

        /// A list's standing.
        public init(list: String, state: State, changed: [String] = []) {
            self.list = list
            self.state = state
            self.changed = changed
        }
    }

    /// What is known of a list that was stopped.
    struct Entry: Codable, Equatable {
        /// Which step was begun last.
        enum Phase: String, Codable { case stopping, stopped, restoring }

        var list: String
        var id: String
        var before: MailmanSwitches
        var phase = Phase.stopping
        var changed: [String] = []
    }

    /// Lists that are stopped at once: 1,000.
    ///
    /// Chosen.
    static let most = 1000

    private let rest: MailmanREST
    private let record: String

    /// Stops lists through `rest`; what they were is kept in the file `record`.
    public init(rest: MailmanREST, record: String) {
        self.rest = rest
        self.record = record
    }

    /// Makes `wanted`, and no other lists, be stopped; off the cooperative pool.
    ///
    /// Lists of which nothing was changed and nothing is wanted are not spoken of.
    public func settle(_ wanted: Set<String>) async -> [Outcome] {
        await offPool { pass(wanted) }
    }

    /// Lists that `record` says are stopped, or half so; reads only.
    public static func stopped(record: String) -> [String] {
        ((try? entries(in: record)) ?? []).map(\.list)
    }

    /// One pass over all lists.
    func pass(_ wanted: Set<String>) -> [Outcome] {
        var entries: [Entry]
        do throws(HaltError) { entries = try Self.entries(in: record) } catch {
            return wanted.sorted().map { Outcome(list: $0, state: .failed("\(error)")) }
        }
        let known = Set(entries.map(\.list))
        var outcomes: [Outcome] = []
        var isReached = true
        for list in known.union(wanted).sorted() {
            guard isReached else {
                outcomes.append(Outcome(list: list, state: .failed("Mailman does not answer")))
                continue
            }
            do throws(HaltError) {
                let outcome =
                    wanted.contains(list)
                    ? try stop(list, &entries) : try restore(list, &entries)
                outcomes.append(outcome)
            } catch {
                isReached = ![.unreachable, .hung, .missing].contains(error.code)
                outcomes.append(Outcome(list: list, state: .failed("\(error)")))
            }
        }
        return outcomes
    }

    private func stop(
        _ list: String,
        _ entries: inout [Entry]
    ) throws(HaltError) -> Outcome {
        var place = entries.firstIndex { $0.list == list }
        if place == nil {
            guard entries.count < Self.most, let id = try rest.id(of: list),
                let before = try rest.switches(of: id)
            else { return Outcome(list: list, state: .unknown) }
            entries.append(Entry(list: list, id: id, before: before))
            try save(entries)
            place = entries.count - 1
        }
        guard let place else { return Outcome(list: list, state: .unknown) }
        if entries[place].phase != .stopped {
            let id = entries[place].id
            try rest.set(MailmanSwitches.CodingKeys.allCases, to: .stopped, of: id)
            guard try rest.switches(of: id) == .stopped else {
                throw HaltError(
                    code: .failed,
                    operation: "stop \(list) at Mailman",
                    path: rest.url,
                    reason: "it took the command, and its switches did not change"
                )
            }
            entries[place].phase = .stopped
            try save(entries)
            return Outcome(list: list, state: .stopped)
        }
        guard let now = try rest.switches(of: entries[place].id) else {
            return Outcome(list: list, state: .unknown)
        }
        let changed = Self.turned(now, entries[place])
        if changed != entries[place].changed {
            entries[place].changed = changed
            try save(entries)
        }
        return Outcome(list: list, state: .stopped, changed: changed)
    }

    private func restore(
        _ list: String,
        _ entries: inout [Entry]
    ) throws(HaltError) -> Outcome {
        guard let place = entries.firstIndex(where: { $0.list == list }) else {
            return Outcome(list: list, state: .restored)
        }
        let entry = entries[place]
        guard let now = try rest.switches(of: entry.id) else {
            entries.remove(at: place)
            try save(entries)
            return Outcome(list: list, state: .restored, changed: ["Mailman has the list no more"])
        }
        var changed = entry.changed
        if entry.phase == .stopped { changed = Self.turned(now, entry) }
        if entry.phase != .restoring {
            entries[place].phase = .restoring
            entries[place].changed = changed
            try save(entries)
        }
        let ours = MailmanSwitches.CodingKeys.allCases.filter {
            MailmanSwitches.stopped[$0] != entry.before[$0]
                && now[$0] == MailmanSwitches.stopped[$0]
        }
        try rest.set(ours, to: entry.before, of: entry.id)
        guard let after = try rest.switches(of: entry.id),
            ours.allSatisfy({ after[$0] == entry.before[$0] })
        else {
            throw HaltError(
                code: .failed,
                operation: "restore \(list) at Mailman",
                path: rest.url,
                reason: "it took the command, and its switches did not change"
            )
        }
        entries.remove(at: place)
        try save(entries)
        return Outcome(list: list, state: .restored, changed: changed)
    }

    /// Switches that are not as we left them.
    private static func turned(_ now: MailmanSwitches, _ entry: Entry) -> [String] {
        MailmanSwitches.CodingKeys.allCases.filter { now[$0] != MailmanSwitches.stopped[$0] }.map {
            "\($0.rawValue) of \(entry.list) was set to \(now[$0] ? "True" : "False") by somebody "
                + "else; left alone"
        }
    }

    private static func entries(in record: String) throws(HaltError) -> [Entry] {
        guard let bytes = try StateFile.read(record) else { return [] }
        do { return try JSONDecoder().decode([Entry].self, from: Data(bytes)) } catch {
            throw HaltError(
                code: .file,
                operation: "understand",
                path: record,
                reason: "it is damaged",
                next: "Mailman's lists are left as they are; look at their emergency switch"
            )
        }
    }

    private func save(_ entries: [Entry]) throws(HaltError) {
        if entries.isEmpty { return try StateFile.remove(record) }
        guard let bytes = try? JSONEncoder().encode(entries) else {
            preconditionFailure("entries of plain values can always be encoded")
        }
        try StateFile.replace(record, with: Array(bytes))
    }
}
