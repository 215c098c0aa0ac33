// SPDX-License-Identifier: Apache-2.0
//
// Everything that is kept of one list, and what one event does to it. Time is the event's own.
// An event up to an hour older than the newest is taken for simultaneous (logs are not in order
// across processes); an older one means that the clock stepped back, and then the short memory is
// dropped and the long one kept: frozen windows would make an hour of posts look like a second.

import EventTime
import ListTraffic

/// The state of one list: 0.5 KiB, 0.5 KiB of windows, and from the second post 0.8 KiB of
/// statistics; rings grow with use.
struct ListState: Sendable {
    /// How far the clock may step back before the short memory is dropped.
    static let clockSlack = Span.hours(1)

    let address: String
    var clock = Timestamp.distantPast
    var members: Int64?
    var windows = RollingWindows()
    var posters = PosterTable()
    var trail = Trail()
    var announce = AnnounceWatch()
    var threads = StrangerThreads()
    var newcomers = NewcomerWatch()
    var policy = PolicyWatch()
    var ceiling = CeilingWatch()
    var steady = SteadyPosters()
    var ownThreads = OwnThreads()
    var loops = LoopWatch()
    var share = FleetGuard.Share()
    var plans: [PlannedCopies] = []
    /// The first arrival, until a second one makes the statistics worth their memory.
    var first: Arrival?
    /// None or one; an array, so that it lives outside.
    var test: ContiguousArray<StormTest> = []
    var lastTrip = Timestamp.distantPast
    var lastHold = Timestamp.distantPast
    /// Until when doubtful is enough; the list was reset lately.
    var probationEnds = Timestamp.distantPast

    init(address: String) {
        self.address = address
    }

    /// Moves the list's clock to `time` and gives the time that counts.
    mutating func advance(to time: Timestamp) -> Timestamp {
        if time >= clock {
            clock = time
        } else if clock - time > Self.clockSlack {
            forgetRecent()
            clock = time
        }
        return clock
    }

    /// Copies left.
    mutating func noteSent(_ copies: Int64, at stamp: Timestamp) {
        windows.add(Tally(sent: Tally.saturated(copies)), at: advance(to: stamp))
    }

    /// Drops the short memory, keeps what was learned.
    mutating func forgetRecent() {
        windows.clear()
        posters = PosterTable()
        announce.clear()
        threads.clear()
        newcomers.clear()
        policy.clear()
        ceiling.clear()
        ownThreads = OwnThreads()
        loops.clear()
        share = FleetGuard.Share(usual: share.usual)
        first = nil
        if !test.isEmpty { test[0].forgetRecent() }
        lastTrip = .distantPast
        lastHold = .distantPast
    }

    /// After a person's reset: what led to the trip is over, who is known stays known.
    mutating func reset(at time: Timestamp) {
        let posters = posters
        let share = share
        forgetRecent()
        self.posters = posters
        self.share = share
        clock = max(clock, time)
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
