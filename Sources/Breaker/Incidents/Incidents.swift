// SPDX-License-Identifier: Apache-2.0
//
// The table of incidents that are not closed. It numbers them, closes them, and remembers which
// changed since they were saved last, so that nobody can change one and forget to save it.

import EventTime
import StormDetection

/// Open and half-open incidents, oldest first.
public struct Incidents: Sendable, Equatable {
    /// Most incidents that are not closed.
    ///
    /// Chosen: far more lists than a person can look at.
    public static let most = 1000

    private var rows: [Incident] = []
    private var nextNumber: Int64 = 1
    private var changed: [Int64: Incident] = [:]
    /// Those whose course went on since they were saved; not saved for each post.
    private var moved: Set<Int64> = []

    init() {}

    /// Whether there is no room for another.
    var isFull: Bool { rows.count >= Self.most }

    /// The incident of `scope` that is not closed.
    func of(_ scope: Subject) -> Incident? { rows.last { $0.scope == scope } }

    /// The incident of that number, while it is not closed.
    public func numbered(_ number: Int64) -> Incident? { rows.first { $0.number == number } }

    /// How many were opened since the state was made.
    public var opened: Int64 { nextNumber - 1 }

    /// The newest one that wants the queue halted.
    var newestDemandingHalt: Incident? { rows.last { $0.demandsHalt } }

    /// Whether any open armed incident wants the queue halted.
    public var demandHalt: Bool { rows.contains { $0.demandsHalt } }

    /// Takes `incident` up under the next number.
    mutating func open(_ incident: Incident) -> Incident {
        var opened = incident
        opened.number = nextNumber
        nextNumber += 1
        rows.append(opened)
        changed[opened.number] = opened
        return opened
    }

    /// Changes the incident `number`, and returns it as it is then.
    @discardableResult
    mutating func update(_ number: Int64, _ change: (inout Incident) -> Void) -> Incident? {
        guard let index = rows.firstIndex(where: { $0.number == number }) else { return nil }
        change(&rows[index])
        changed[number] = rows[index]
        return rows[index]
    }

    /// Counts what happened on the list of incident `number`; it is saved with the next change, or by
    /// ``keepCourses()``.
    mutating func note(_ step: IncidentCourse.Step, of number: Int64, at time: Timestamp) {
        guard let index = rows.firstIndex(where: { $0.number == number }),
            rows[index].state == .open
        else { return }
        rows[index].course = rows[index].course ?? IncidentCourse(start: rows[index].lastOpened)
        rows[index].course?.note(step, at: time)
        moved.insert(number)
    }

    /// Has those saved whose course went on; false: there are none.
    mutating func keepCourses() -> Bool {
        defer { moved.removeAll() }
        for incident in rows where moved.contains(incident.number) {
            changed[incident.number] = incident
        }
        return !moved.isEmpty
    }

    /// Sets the halt state of every incident that demands the halt.
    mutating func setHalt(_ halt: HaltState) {
        for index in rows.indices where rows[index].demandsHalt && rows[index].halt != halt {
            rows[index].halt = halt
            changed[rows[index].number] = rows[index]
        }
    }

    /// Closes those whose half-open time is over at `now`, and returns them.
    mutating func closeAfterProbation(at now: Timestamp) -> [Incident] {
        var closed: [Incident] = []
        for incident in rows {
            guard case .halfOpen(_, let until) = incident.state, now >= until else { continue }
            close(incident.number, at: now)
            closed.append(incident)
        }
        return closed
    }

    /// Closes the oldest half-open one before its time, to make room; false when there is none.
    mutating func closeOldestHalfOpen(at now: Timestamp) -> Bool {
        guard let oldest = rows.first(where: { $0.state.word == .halfOpen }) else { return false }
        close(oldest.number, at: now)
        return true
    }

    private mutating func close(_ number: Int64, at now: Timestamp) {
        update(number) { $0.close(at: now) }
        rows.removeAll { $0.number == number }
    }

    /// Numbers go on behind `highest`, which some saved state showed.
    mutating func goOn(behind highest: Int64) {
        nextNumber = Swift.max(nextNumber, highest < .max ? highest + 1 : 1)
    }

    /// Those that changed since this was asked last.
    mutating func drainChanged() -> [Incident] {
        defer { changed.removeAll() }
        return Array(changed.values)
    }
}

extension Incidents: RandomAccessCollection {
    /// Where the first one stands.
    public var startIndex: Int { rows.startIndex }
    /// Behind the last one.
    public var endIndex: Int { rows.endIndex }
    /// The incident at `position`, the oldest first.
    public subscript(position: Int) -> Incident { rows[position] }
}

extension Incidents: Codable {
    private enum CodingKeys: String, CodingKey {
        case nextNumber
        case rows = "incidents"
    }
}
