// SPDX-License-Identifier: Apache-2.0
//
// All lists: finds the state of an event's list and lets it judge. Lists are found by their slot
// (events come by the million) and named by their address (what is saved, and what people say);
// the two are bound when a list is first met, and again after a restart. The mistake to avoid:
// working out the identity of a list for every copy that leaves.

public import EventTime
public import ListTraffic

/// Judges the traffic of every list, on event time, one event after another.
///
/// Complexity: constant per event. Memory: see `StormDetection`; as many lists as the traffic
/// table holds, because `.evicted` forgets.
public struct StormDetector: Sendable {
    /// Slots that can be bound; the table of lists is far smaller.
    private static let slotCap = 1 << 21

    private(set) var inForce: SettingsInForce
    var settings: DetectionSettings { inForce.settings }
    var states = ListShelf()
    var fleet = FleetGuard()
    /// Senders that are no list.
    var senders = SenderWatch()
    /// Lists that are taken for another kind since ``drainKindChanges()``.
    private var kindChanges: [KindChange] = []
    /// Most of them that are told of at a time; chosen.
    private static let mostKindChanges = 100
    /// Large lists of which nobody knows what they are for.
    var unknown = UnknownLists()
    /// Place in `states` by slot; -1: not bound.
    private var bound = ContiguousArray<Int32>()

    /// A detector that has seen nothing.
    public init(settings: DetectionSettings) {
        inForce = SettingsInForce(settings)
        senders.update(settings)
    }

    /// Whether all posts of a list are seen here; so it is unless somebody says otherwise.
    ///
    /// Where a fleet's judge hears what this host does not, the rules rest with it that count on nobody
    /// else's having written meanwhile. It is not saved.
    public var seesAll: Bool {
        get { inForce.seesAll }
        set { if newValue != seesAll { inForce = SettingsInForce(settings, seesAll: newValue) } }
    }

    /// Takes one event; gives a verdict when the event decides one.
    ///
    /// `list` may be nil for what is no post once ``isBound(_:)`` says so; an event of a list
    /// that nobody names is dropped. After a trip no second verdict of the same list follows
    /// until ``noteReset(list:time:)`` or ``DetectionSettings/tripRepeat``.
    public mutating func observe(_ event: TrafficEvent, list: ListIdentity?) -> Verdict? {
        switch event {
        case .post(let post):
            guard let identity = list, let place = bind(post.list, identity.address)
            else { return nil }
            let isReturning = isOwnReturning(post, on: identity.address)
            let findings = states[place].note(post, identity, inForce, isReturning, &fleet)
            let time = states[place].clock
            if states[place].mayBeUnknown(settings.unknownListMembers) { unknown.note(place) }
            if states[place].isKindDue, let change = states[place].noteKind(at: time, settings),
                kindChanges.count < Self.mostKindChanges
            {
                kindChanges.append(change)
            }
            if !findings.isEmpty,
                let verdict = states[place].conclude(findings, at: time, settings)
            {
                return verdict
            }
            guard states[place].isInDoubt else { return nil }
            return states[place].continueHold(at: time, settings)
        case .announced(let id, let copies, let time):
            guard let place = place(of: id, list) else { return nil }
            let findings = states[place].noteAnnounced(copies, inForce, at: time)
            guard !findings.isEmpty else { return nil }
            return states[place].conclude(findings, at: states[place].clock, settings)
        case .sent(let id, let copies, let time):
            guard let place = place(of: id, list) else { return nil }
            states[place].noteSent(copies, at: time)
            return nil
        case .returned(let id, let message, let time, let poster, let age):
            guard let place = place(of: id, list) else { return nil }
            let findings = states[place].noteReturned(
                message,
                by: poster,
                isStale: age.map { $0 > settings.staleAfter } ?? false,
                settings,
                at: time
            )
            guard !findings.isEmpty else { return nil }
            return states[place].conclude(findings, at: states[place].clock, settings)
        case .outward(let id, let messages, let copies, let refused, let time):
            return senders.note(
                SenderWatch.Outward(
                    messages: messages,
                    copies: copies,
                    refused: refused,
                    time: time
                ),
                of: id,
                address: list?.address,
                settings
            )
        case .senderEvicted(let id):
            senders.forget(id)
            return nil
        case .outbound:
            return nil
        case .evicted(let id):
            forget(id)
            return nil
        }
    }

    // MARK: Slots

    private func boundPlace(_ id: ListID) -> Int? {
        let index = Int(id.index)
        guard index >= 0, index < bound.count, bound[index] >= 0 else { return nil }
        return Int(bound[index])
    }

    private mutating func place(of id: ListID, _ list: ListIdentity?) -> Int? {
        if let place = boundPlace(id) { return place }
        guard let list else { return nil }
        return bind(id, list.address)
    }

    /// Whether any list is taken for another kind since they were asked for.
    public var hasKindChanges: Bool { !kindChanges.isEmpty }

    /// The lists that are taken for another kind since they were asked for last.
    public mutating func drainKindChanges() -> [KindChange] {
        defer { kindChanges = [] }
        return kindChanges
    }

    /// Whether the list in this slot is known by name, so that only its posts need an identity.
    public func isBound(_ id: ListID) -> Bool { boundPlace(id) != nil }

    /// Whether the sender in this slot is known by its address.
    public func isBound(_ id: SenderID) -> Bool { senders.isBound(id) }

    mutating func bind(_ id: ListID, _ address: String) -> Int? {
        let index = Int(id.index)
        guard index >= 0, index < Self.slotCap else { return nil }
        if let place = boundPlace(id), states.holds(address, at: place) { return place }
        let place = place(for: address)
        while bound.count <= index { bound.append(-1) }
        bound[index] = Int32(place)
        return place
    }

    /// The place of the list at `address`, made when there is none.
    private mutating func place(for address: String) -> Int {
        if let place = states.place(of: address) { return place }
        var state = ListState(address: address)
        for plan in settings.perList[address]?.plannedMailings ?? [] { state.expect(plan) }
        return states.add(state)
    }

    private mutating func forget(_ id: ListID) {
        guard let place = boundPlace(id) else { return }
        bound[Int(id.index)] = -1
        unknown.forget(place)
        states.remove(at: place)
    }

    // MARK: Commands

    /// After a person's reset at `time`: windows and evidence begin anew, what was learned and
    /// who is known stays, and the next trip may come at once.
    ///
    /// `isByPerson` is false where a trip was read too late to act on. After a person's reset the
    /// list's trips reach its own mail at most, for seven days.
    public mutating func noteReset(list: String, time: Timestamp, isByPerson: Bool = true) {
        if let sender = Subject(list).sender { return senders.reset(sender) }
        guard let place = states.place(of: list) else { return }
        states[place].reset(at: time, isByPerson: isByPerson)
    }

    /// A trip of `list` was not carried out, for want of certainty: the next one may come at once,
    /// and no evidence is lost.
    public mutating func notePassed(list: String) {
        if let sender = Subject(list).sender { return senders.pass(sender) }
        guard let place = states.place(of: list) else { return }
        states[place].lastTrip = .distantPast
    }

    /// Puts `list` on probation until `until`, or ends its probation when nil.
    ///
    /// On probation every finding that would be a soft hold is a trip, with the same rule: the
    /// limits are those of the soft hold. It ends by itself, outlives snapshots and a clock that
    /// steps back, and a new call replaces it. Robots and volume have no soft-hold limits and are
    /// judged as ever. Call it after ``noteReset(list:time:)``, with the time of the events.
    public mutating func setProbation(list: String, until: Timestamp?) {
        guard Subject(list).sender == nil else { return }
        states[place(for: list)].probationEnds = until ?? .distantPast
    }

    /// Expects a mailing of `copies` to `list` until `until`: never counted by the ceiling.
    ///
    /// The other rules stay; a count below 1 is ignored. At most 32 for one list. An address stands
    /// for the sender of that name as well, and `sender:ADDRESS` for nothing else.
    public mutating func expect(list: String, copies: Int64, until: Timestamp) {
        let plan = PlannedMailing(copies: copies, until: until)
        if let sender = Subject(list).sender { return senders.expect(plan, of: sender) }
        senders.expect(plan, of: list)
        let place = place(for: list)
        states[place].expect(plan)
    }

    /// Uses `settings` from the next event on; nothing learned is lost.
    public mutating func update(settings: DetectionSettings) {
        let before = self.settings.unknownListMembers
        inForce = SettingsInForce(settings, seesAll: seesAll)
        senders.update(settings)
        if settings.unknownListMembers != before { findUnknownLists() }
        for (address, rules) in settings.perList where !rules.plannedMailings.isEmpty {
            guard let place = states.place(of: address) else { continue }
            for plan in rules.plannedMailings { states[place].expect(plan) }
        }
    }

    // MARK: Questions

    /// A planned mailing that is not over, of a list or, marked as one, of a sender.
    public struct Expected: Sendable, Equatable {
        /// The list's address, or the sender's subject.
        public var name: String
        /// Its size and its end.
        public var plan: PlannedMailing
        /// Copies of it that were not announced yet.
        public var left: Int64
    }

    /// The planned mailings that are not over at `now`, by name and end.
    ///
    /// The cost is that of what is planned, however many lists there are.
    public func expected(at now: Timestamp) -> [Expected] {
        let settled = settings.perList.filter { !$0.value.plannedMailings.isEmpty }.keys
        return Set(settled).union(senders.planned).sorted().flatMap { name -> [Expected] in
            let ofSender = senders.plans(of: name)
            var ofList = states.place(of: name).map { states[$0].plans } ?? []
            if ofList.isEmpty {
                // Of a list that was not seen yet the settings are all that is known.
                ofList = (settings.perList[name]?.plannedMailings ?? [])
                    .map { PlannedCopies(plan: $0, left: $0.copies) }
            }
            let isList = !ofList.isEmpty
            return (isList ? ofList : ofSender).filter { $0.plan.until >= now }
                .sorted { $0.plan.until < $1.plan.until }
                .map { one in
                    // An address stands for the list and for the sender of that name.
                    let twin = ofSender.first { $0.plan == one.plan }?.left ?? one.left
                    return Expected(
                        name: isList ? name : Subject.sender(name).name,
                        plan: one.plan,
                        left: min(one.left, twin)
                    )
                }
        }
    }

    /// Addresses of the lists that are kept, in order.
    public var lists: [String] { states.places.map { states[$0].address }.sorted() }

    /// The figures of `list` at `time`; nil when it is not kept.
    ///
    /// Not for every event: it works through the list's whole state.
    public func figures(of list: String, at time: Timestamp) -> ListFigures? {
        if let sender = Subject(list).sender {
            return senders.figures(of: sender, at: time, settings)
        }
        return states.place(of: list).map { states[$0].figures(at: time, settings) }
    }

    /// Copies that `subject` announced in the hour before `time`, as ``figures(of:at:)`` has them; 0
    /// when it is not kept.
    public func copiesAnnounced(of subject: Subject, inHourBefore time: Timestamp) -> Int64 {
        guard let name = subject.mailName else { return 0 }
        if subject.sender != nil {
            return figures(of: name, at: time)?.windows.first?.copiesAnnounced ?? 0
        }
        return states.place(of: name).map { states[$0].announced(inHourBefore: time) } ?? 0
    }

    /// The last 20 posts of `list`, oldest first: which counted, which did not and why.
    public func explain(list: String) -> [EvidencePost] {
        states.place(of: list).map { states[$0].rings.evidence } ?? []
    }
}
