// SPDX-License-Identifier: Apache-2.0
//
// One host's side of the fleet: the book, what this host made of each trip, and what it wants kept at the
// brokers. Records go in, wishes come out. The mistake to avoid: to act on a record twice; each is said
// again every minute, and a person may have reset here in between.

public import EventTime

/// What this host made of a record, as it is saved beside it.
public struct FleetNote: Sendable, Equatable {
    /// What was decided; of a reset ``Ruling/adopted``.
    public var ruling: Ruling
    /// When it was heard of.
    public var heard: Timestamp
    /// Whether what was decided is done.
    public var isDone: Bool

    /// A note.
    public init(ruling: Ruling, heard: Timestamp, isDone: Bool) {
        self.ruling = ruling
        self.heard = heard
        self.isDone = isDone
    }

    /// As it is saved: `adopted 1800000000000000 wanted`.
    public var text: String {
        "\(ruling.rawValue) \(heard.microseconds) \(isDone ? "done" : "wanted")"
    }

    /// Reads ``text``; nil where it is none.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, let ruling = Ruling(rawValue: String(words[0])),
            let micros = Int64(words[1]), words[2] == "done" || words[2] == "wanted"
        else { return nil }
        self.init(
            ruling: ruling,
            heard: Timestamp(microseconds: micros),
            isDone: words[2] == "done"
        )
    }
}

/// What this host is to do because of a record.
public enum FleetWish: Sendable, Equatable {
    /// Open the breaker of the trip's scope.
    case adopt(FleetTrip)
    /// Let the mail of the scope flow again: all its trips are named.
    case reset(FleetScope, FleetReset)
    /// Halt mail at a trip from now on, or only watch.
    case order(FleetOrder)
}

/// One host in a fleet, as a value.
public struct FleetMember: Sendable {
    /// All that it knows.
    public private(set) var book = FleetBook()
    /// What it made of each record.
    public private(set) var notes: [FleetRecord: FleetNote] = [:]
    private var admission: Admission
    private var known: Set<TripName> = []
    /// The newest order to this host; older ones are over.
    private var order: FleetOrder?

    /// A host that knows nothing yet.
    public init(_ settings: FleetSettings) {
        admission = Admission(
            host: settings.host,
            domains: settings.domains,
            horizon: settings.horizon
        )
    }

    /// This host's name.
    public var host: String { admission.host }

    /// Older trips are not acted on.
    public var horizon: TimeSpan {
        get { admission.horizon }
        set { admission.horizon = newValue }
    }

    /// Takes up what was saved.
    public mutating func restore(_ record: FleetRecord, _ note: FleetNote) {
        if case .order(let order) = record { return restore(order, note) }
        guard book.add(record) == .new else { return }
        notes[record] = note
        guard case .trip(let trip) = record else { return }
        known.insert(trip.name)
        if note.ruling == .adopted {
            admission.restore(trip, adoptedAt: note.heard)
        }
    }

    private mutating func restore(_ order: FleetOrder, _ note: FleetNote) {
        guard isNewer(order) else { return }
        if let old = self.order { notes[.order(old)] = nil }
        self.order = order
        notes[.order(order)] = note
    }

    /// Takes an order; one to other hosts, or of before the newest, is nothing to this one.
    private mutating func hear(_ order: FleetOrder, at now: Timestamp) -> Heard {
        guard order.hosts.contains(host), isNewer(order) else { return .known }
        let note = FleetNote(ruling: .adopted, heard: now, isDone: false)
        restore(order, note)
        return .new(note, [.order(order)])
    }

    private func isNewer(_ order: FleetOrder) -> Bool {
        self.order.map { ($0.time.microseconds, $0.name) < (order.time.microseconds, order.name) }
            ?? true
    }

    /// What hearing a record came to.
    public enum Heard: Sendable, Equatable {
        /// Known: nothing to do.
        case known
        /// Not taken: there is no room.
        case full
        /// New; to be saved with its note, then done.
        case new(FleetNote, [FleetWish])
    }

    /// Takes a record that another host or an operator said.
    ///
    /// A trip under this host's own name that it does not know is of before its state was lost: it is
    /// kept, and open until a person names it.
    public mutating func hear(_ record: FleetRecord, at now: Timestamp) -> Heard {
        if case .order(let order) = record { return hear(order, at: now) }
        switch book.add(record) {
        case .known: return .known
        case .full: return .full
        case .new: break
        }
        var note = FleetNote(ruling: .adopted, heard: now, isDone: false)
        if case .trip(let trip) = record {
            known.insert(trip.name)
            note.ruling = admission.rule(on: trip, in: book, now: now)
        }
        let wishes = wishes(of: record, note)
        note.isDone = wishes.isEmpty
        notes[record] = note
        return .new(note, wishes)
    }

    /// Whether this host told a trip of that name, or heard one.
    public func knows(_ name: TripName) -> Bool { known.contains(name) }

    /// Takes a trip of this host's own; false where it is known, or there is no room.
    public mutating func tell(_ trip: FleetTrip, at now: Timestamp) -> Bool {
        guard book.add(trip) == .new else { return false }
        known.insert(trip.name)
        notes[.trip(trip)] = FleetNote(ruling: .own, heard: now, isDone: true)
        return true
    }

    /// Notes that what was wished because of `record` is done; the note to be saved.
    public mutating func finish(_ record: FleetRecord) -> FleetNote? {
        notes[record]?.isDone = true
        return notes[record]
    }

    /// What was decided before a crash and is not done.
    public var unfinished: [(record: FleetRecord, wishes: [FleetWish])] {
        notes.filter { !$0.value.isDone }
            .sorted { $0.value.heard < $1.value.heard }
            .map { ($0.key, wishes(of: $0.key, $0.value)) }
    }

    /// What this host wants kept at the brokers: its own trips that are open.
    ///
    /// A trip is kept empty, which removes it there, when a reset names it.
    public var kept: [(topic: FleetTopic, text: String)] {
        book.trips.filter { $0.name.host == host }
            .sorted { $0.name < $1.name }
            .map { (.trip($0.name), book.isNamed($0.name) ? "" : $0.text) }
    }

    /// Envelope senders that other hosts know of `list`, the list's own by their name.
    public func senders(of list: String) -> [String] {
        var found: [String] = []
        for trip in book.openTrips(of: .list(list))
        where notes[.trip(trip)]?.ruling == .adopted {
            found += trip.ownSenders.filter { !found.contains($0) }
        }
        return found
    }

    private func wishes(of record: FleetRecord, _ note: FleetNote) -> [FleetWish] {
        switch record {
        case .trip(let trip):
            return note.ruling == .adopted && !book.isNamed(trip.name) ? [.adopt(trip)] : []
        case .reset(let reset):
            return book.scopes(of: reset).sorted()
                .filter { !book.isOpen($0) }
                .map { .reset($0, reset) }
        case .order(let order): return [.order(order)]
        }
    }
}
