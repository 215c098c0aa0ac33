// SPDX-License-Identifier: Apache-2.0
//
// When the list manager is looked at, and what a pass is: each list that is open is stopped there, each
// other one that was is restored. One pass at a time, each about all lists, so that a failure is made
// good by the next. The mistake to avoid: a pass that anything else waits for.

internal import EventTime
internal import Paging

/// Which lists are stopped at the list manager, and when that is looked after.
struct ManagerWish {
    /// How often a list that is stopped is looked at: what somebody else changed there shows.
    ///
    /// Chosen.
    static let interval = TimeSpan.minutes(5)
    /// First wait after a failed pass; doubled each time up to ``interval``.
    ///
    /// Chosen.
    static let firstRetry = TimeSpan.seconds(10)

    /// Failed passes on end.
    private(set) var failures = 0
    private var isBusy = false
    private var said: Set<String> = []
    private var next: Timestamp? = .distantPast

    /// Whether a pass is to begin at `now`.
    func isDue(_ wanted: Set<String>, at now: Timestamp) -> Bool {
        !isBusy && (wanted != said || next.map { now >= $0 } ?? false)
    }

    /// A pass about `wanted` begins.
    mutating func begin(_ wanted: Set<String>) {
        isBusy = true
        said = wanted
    }

    /// It ended at `now`; `isIdle`: nothing is stopped, and nothing is to be.
    mutating func end(failed: Bool, isIdle: Bool, at now: Timestamp) {
        isBusy = false
        failures = failed ? failures + 1 : 0
        if failed {
            let wait = Self.firstRetry.microseconds << min(failures - 1, 10)
            next = now + TimeSpan(microseconds: min(wait, Self.interval.microseconds))
        } else {
            next = isIdle ? nil : now + Self.interval
        }
    }
}

/// How a list stands at its list manager after a pass.
struct ManagerOutcome: Equatable {
    /// What was reached.
    enum State: Equatable {
        /// Every post is held there, and nobody is told.
        case stopped
        /// It has what it had.
        case restored
        /// The list manager has no such list.
        case unknown
        /// Not done, for this reason; it is tried again.
        case failed(String)
    }

    /// The list's address.
    var list: String
    /// How it stands.
    var state: State
    /// What somebody else changed meanwhile, in sentences; left alone.
    var changed: [String] = []
}

extension ManagerScript {
    /// Makes `wanted`, and no other lists, be stopped.
    ///
    /// Lists of which nothing was changed and nothing is wanted are not spoken of.
    func settle(_ wanted: Set<String>) async -> [ManagerOutcome] {
        let status = await ask(.status)
        var reason: String?
        if case .unreachable(let why) = status.outcome { reason = why }
        var outcomes: [ManagerOutcome] = []
        for list in wanted.union(status.stopped).sorted() {
            if let reason {
                outcomes.append(ManagerOutcome(list: list, state: .failed(reason)))
                continue
            }
            let isWanted = wanted.contains(list)
            let answer = await ask(isWanted ? .stop : .restore, list)
            var outcome = ManagerOutcome(list: list, state: .unknown, changed: answer.changed)
            switch answer.outcome {
            case .done: outcome.state = isWanted ? .stopped : .restored
            case .unknown: break
            case .failed(let why): outcome.state = .failed(why)
            case .unreachable(let why):
                outcome.state = .failed(why)
                reason = why
            }
            outcomes.append(outcome)
        }
        return outcomes
    }
}
