// SPDX-License-Identifier: Apache-2.0
//
// Everything that is kept of one list, and what one event does to it. Time is the event's own, as
// SteadyClock counts it: it never runs back, and no stamp drops anything.

import EventTime
import ListTraffic

/// The state of one list: 0.7 KiB; the rings grow with use.
struct ListState: Sendable {
    var ticker = SteadyClock()
    /// The time that counts.
    var clock: Timestamp { ticker.now }
    /// Everything whose size depends on what the list does.
    var rings = Rings()
    /// The statistics, from the second arrival on.
    var test: StormTest?
    var plans: [PlannedCopies] = []
    var share = FleetGuard.Share()
    /// Times that most lists never have; empty until one does.
    private var rare = ContiguousArray<Timestamp>()
    var announce = AnnounceWatch()
    var newcomers = NewcomerWatch()
    var policy = PolicyWatch()
    var ceiling = CeilingWatch()
    var loops = LoopWatch()
    var burden = Burden()
    var echo = EchoWatch()
    /// What the list was taken for last; nil: nothing yet.
    var takenFor: ListKind?
    /// Copies of the latest post: what stands for the members where they are unknown; 0: none.
    var copyCount: UInt32 = 0
    /// Members, held within 32 bits; 0: unknown.
    var memberCount: UInt32 = 0

    /// Members with their mailbox on this host, held within 32 bits.
    var hereCount: UInt32 = 0

    init(address: String) {
        rings.setAddress(address)
    }

    /// The posting address; made anew each time, not for every event.
    var address: String { rings.address }

    /// Members; nil when unknown.
    var members: Int64? {
        get { memberCount > 0 ? Int64(memberCount) : nil }
        set { memberCount = UInt32(clamping: max(0, newValue ?? 0)) }
    }

    /// Copies of the latest post; nil when it had none.
    var lastCopies: Int64? {
        get { copyCount > 0 ? Int64(copyCount) : nil }
        set { copyCount = UInt32(clamping: max(0, newValue ?? 0)) }
    }

    private enum Rare: Int, CaseIterable { case trip, hold, doubt, reset, probation }

    private subscript(time: Rare) -> Timestamp {
        get { rare.isEmpty ? .distantPast : rare[time.rawValue] }
        set {
            if rare.isEmpty {
                guard newValue != .distantPast else { return }
                rare = ContiguousArray(repeating: .distantPast, count: Rare.allCases.count)
            }
            rare[time.rawValue] = newValue
        }
    }

    /// When it tripped last.
    var lastTrip: Timestamp {
        get { self[.trip] }
        set { self[.trip] = newValue }
    }

    /// When it was held last.
    var lastHold: Timestamp {
        get { self[.hold] }
        set { self[.hold] = newValue }
    }

    /// The post that last kept a hold going; the distant past: there is no doubt.
    var lastDoubt: Timestamp {
        get { self[.doubt] }
        set { self[.doubt] = newValue }
    }

    /// When a person last reset it.
    var lastReset: Timestamp {
        get { self[.reset] }
        set { self[.reset] = newValue }
    }

    /// Until when doubtful is enough; the list was reset lately.
    var probationEnds: Timestamp {
        get { self[.probation] }
        set { self[.probation] = newValue }
    }

    /// Moves the list's clock to `time` and gives the time that counts.
    mutating func advance(to time: Timestamp) -> Timestamp {
        ticker.advance(to: time)
    }

    /// Copies left.
    mutating func noteSent(_ copies: Int64, at stamp: Timestamp) {
        let time = advance(to: stamp)
        rings.add(Tally(sent: Tally.saturated(copies)), at: time)
    }

    /// Drops the short memory, keeps what was learned.
    mutating func forgetRecent() {
        rings.clear(
            .posters,
            .newcomers,
            .intrusions,
            .strangers,
            .returns,
            .first,
            .ownThreads,
            .repliers,
            .hops,
            .echoes,
            .charges,
            .segments
        )
        ceiling.clear()
        loops = LoopWatch()
        share = FleetGuard.Share(usual: share.usual)
        test?.forgetRecent()
        lastTrip = .distantPast
        lastHold = .distantPast
        lastDoubt = .distantPast
    }

    /// After a reset: what led to the trip is over, who is known stays known.
    mutating func reset(at time: Timestamp, isByPerson: Bool) {
        let posters = Array(rings.all(PosterTable.Poster.self))
        let share = share
        burden.reset(at: time, isYoung: isYoung(at: time), &rings)
        forgetRecent()
        for (place, poster) in posters.enumerated() { rings.insert(poster, at: place) }
        self.share = share
        _ = advance(to: max(clock, time))
        if isByPerson { lastReset = clock }
    }
}

extension ListState {
    /// Adds a planned mailing unless it is already there.
    mutating func expect(_ plan: PlannedMailing) { plans.expect(plan) }

    /// Takes `copies` from a plan that has room; gives what no plan covers.
    mutating func takePlanned(_ copies: Int64, at time: Timestamp) -> Int64 {
        plans.take(copies, at: time)
    }
}
