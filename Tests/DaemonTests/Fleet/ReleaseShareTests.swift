// SPDX-License-Identifier: Apache-2.0
//
// The rate of a release by the whole fleet: all shares together are no more than what was asked, whoever is
// away, has not said yet what it holds, or cannot name all of it.

import Breaker
import EventTime
import Fleet
import FleetLink
import StormDetection
import Testing

@testable import Daemon

private let now = Timestamp(seconds: 1_800_000_000)
private let list = FleetScope.list("list@example.org")
private let held: Set = ["list@example.org"]

/// What each of `hosts` knows, where those of `holders` hold mail of the list and said so.
private func modes(_ hosts: [String], holders: [String], of names: Set<String> = held) -> FleetModes
{
    var modes = FleetModes()
    for host in hosts {
        _ = modes.note(own: host, .armed, holding: holders.contains(host) ? names : [], at: now)
    }
    return modes
}

@Test(arguments: [1, 2, 3, 7, 50], [Int64(6000), 601, 100])
func `the shares of those that hold mail are together what was asked, or less`(
    count: Int,
    rate: Int64
) {
    let hosts = (0..<50).map { "h\($0)" }
    let holders = Array(hosts.prefix(count))
    let modes = modes(hosts, holders: holders)
    let shares = holders.map {
        modes.share(of: rate, list, for: $0, there: hosts, silent: [], at: now)
    }
    #expect(shares.reduce(0, +) <= rate)
    #expect(shares.reduce(0, +) > rate - Int64(count))
    // Nobody knows yet who holds what: all count.
    let early = holders.map {
        modes.share(of: rate, list, for: $0, there: hosts, silent: Set(hosts), at: now)
    }
    #expect(early == Array(repeating: rate / 50, count: count))
}

@Test func `a host that is away is counted by what it said last`() {
    let modes = modes(["h1", "h2", "h3"], holders: ["h1", "h2", "h3"])
    // h3 is cut off: it is not there, and hears the reset when it is back.
    let early = modes.share(
        of: 3000,
        list,
        for: "h1",
        there: ["h1", "h2"],
        silent: [],
        at: now
    )
    let late = modes.share(of: 3000, list, for: "h3", there: ["h3"], silent: [], at: now)
    #expect((early, late) == (1000, 1000))
    // A day later it is gone for good.
    let after = modes.share(
        of: 3000,
        list,
        for: "h1",
        there: ["h1", "h2"],
        silent: [],
        at: now + .hours(24)
    )
    #expect(after == 1500)
}

@Test func `a host that said nothing itself counts itself`() {
    let modes = modes(["h1", "h2"], holders: ["h2"])
    #expect(modes.share(of: 3000, list, for: "h1", there: [], silent: [], at: now) == 1500)
    #expect(
        FleetModes().share(of: 3000, list, for: "h1", there: [], silent: [], at: now) == 3000
    )
}

@Test func `who holds more than it can name counts for every list`() {
    let many = Set((0..<100).map { "l\($0)@example.org" })
    let modes = modes(["h1", "h2"], holders: ["h2"], of: many)
    #expect(modes.share(of: 3000, list, for: "h1", there: [], silent: [], at: now) == 1500)
}

@Test func `mail of another list is nobody's share`() {
    let modes = modes(["h1", "h2"], holders: ["h2"], of: ["other@example.org"])
    #expect(
        modes.share(of: 3000, list, for: "h1", there: ["h1", "h2"], silent: [], at: now) == 3000
    )
}

@Test func `all at once stays all at once, and each gives back one a minute at least`() {
    let modes = modes(["h1", "h2", "h3"], holders: ["h1", "h2", "h3"])
    #expect(modes.share(of: 0, list, for: "h1", there: [], silent: [], at: now) == 0)
    #expect(modes.share(of: 2, list, for: "h1", there: [], silent: [], at: now) == 1)
}

@Test func `what a host holds is said when it changes, and no more often`() {
    var modes = FleetModes()
    func isNews(_ mode: HostMode, _ held: Set<String>, order: String? = nil) -> Bool {
        modes.note(own: "h1", mode, holding: held, order: order, at: now)
    }
    let said = [
        isNews(.armed, []), isNews(.armed, []), isNews(.armed, held), isNews(.armed, held),
        // An answer to an order keeps what is held.
        isNews(.observe, held, order: "anna/1"),
    ]
    #expect(said == [true, false, true, false, true])
    #expect(modes.reports["h1"]?.holds(list) == true)
    let over = isNews(.observe, [])
    #expect(over)
    #expect(modes.reports["h1"]?.order == "anna/1")
    #expect(modes.reports["h1"]?.holds(list) == false)
}

@Test func `who came back since the trip counts until it can have said what it holds`() {
    let second: Int64 = 1_000_000_000
    var settings = FleetSettings()
    settings.host = "h1"
    var desk = FleetDesk(settings)
    func hear(_ hosts: [String], at clock: Int64) {
        var view = CarrierView()
        view.hosts = hosts
        desk.note(view, at: clock)
    }
    func silent(_ trip: TimeSpan, at clock: Int64) -> Set<String> {
        desk.silent(sinceTrip: trip, sweep: .seconds(60), at: clock)
    }
    hear(["h1", "h2", "h3"], at: 0)
    hear(["h1", "h2"], at: 200 * second)
    hear(["h1", "h2", "h3"], at: 300 * second)
    hear(["h1", "h2", "h3"], at: 310 * second)
    #expect(silent(.seconds(60), at: 310 * second) == ["h1", "h2", "h3"])
    #expect(silent(.seconds(136), at: 310 * second) == ["h3"])
    #expect(silent(.seconds(600), at: 434 * second) == ["h3"])
    #expect(silent(.seconds(600), at: 436 * second) == [])
}

@Test func `a host says what it holds now, and not what it held before a reset`() {
    let subject = Subject.list("list@example.org")
    var board = BreakerBoard(mode: .armed)
    var settings = BreakerSettings()
    settings.scope = .list
    board.update(settings: settings)
    func audit(_ time: Timestamp) -> Audit { Audit(uid: 0, time: time, reason: "a test") }
    func hold(_ messages: Int64, at time: Timestamp) {
        let order = HaltOrder(verb: .holdList("list@example.org"), incident: 1)
        let result = HaltOutcome.Result.done(held: messages, total: messages, remark: nil)
        board.settle(HaltOutcome(order: order, result: result, time: time))
    }
    func said(_ time: Timestamp) -> Set<String> { board.heldForFleet(at: time) }

    board.obey(.adopt(subject), by: audit(now))
    hold(3, at: now)
    #expect(said(now + .seconds(4)) == [])
    #expect(said(now + .seconds(5)) == ["list@example.org"])
    let reset = now + .minutes(1)
    board.obey(.reset(subject, held: .release), by: audit(reset))
    // It is being given back.
    #expect(said(reset) == ["list@example.org"])
    let again = now + .minutes(2)
    board.obey(.adopt(subject), by: audit(again))
    hold(0, at: again)
    #expect(said(again + .minutes(1)) == [])
    hold(1, at: again + .minutes(1))
    #expect(said(again + .minutes(1)) == ["list@example.org"])
}
