// SPDX-License-Identifier: Apache-2.0
//
// Which script runs next, with which pages. One run a target at a time: what gathers behind it
// while it runs, or while it fails, goes out as one. The mistake to avoid: folding a page that the
// target knows under its own key; its end would then be told under a key nobody knows.

import Breaker
import EventTime
import Settings

extension PageQueue {
    /// From so many fresh pages on, they go out as one.
    ///
    /// Chosen: three are read one by one, a table is better from four on.
    static let foldFrom = 4
    /// Most seconds that a script's `retry-after` can put a page off.
    static let longestRetryAfter = TimeSpan.hours(1)
    /// Between two tries of a page at a target that was given up for it, give or take 25 %.
    ///
    /// Chosen: a night's outage costs a hundred runs, and its end is noticed before the coffee.
    static let slowInterval = TimeSpan.minutes(15)

    /// The next run to start; nil when there is nothing to do at `now`.
    ///
    /// What is returned counts as tried: save ``takeChanges()`` before starting it.
    mutating func next(at now: Timestamp, jitter: Double) -> Run? {
        for target in settings.targets where !running.contains(target.name) {
            let due = candidates(target, at: now)
            guard !due.isEmpty else { continue }
            for isOurs in [true, false] {
                let firing = due.filter { $0.phase == .firing && $0.alert.kind.isOurs == isOurs }
                if let run = begin(firing, isOurs, target, now, jitter) { return run }
            }
            let ended = lateLast(due.filter { $0.phase == .resolved }, target)
            if let run = end(ended, target, now, jitter) { return run }
        }
        return nil
    }

    /// When ``next(at:jitter:)`` may have something again; nil when only a new alert can bring it.
    mutating func nextDue(after now: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        for target in settings.targets where !running.contains(target.name) {
            let times = pages.values.compactMap { $0.deliveries[target.name]?.due }
            // What is due and does not run waits for a token, and hides nothing that comes sooner.
            var next = times.filter { $0 > now }.min()
            if times.contains(where: { $0 <= now }) {
                let token =
                    Budget.Purse.allCases
                    .compactMap { budgets[target.name]?[$0]?.nextToken(at: now) }.min() ?? now
                next = min(next ?? token, token)
            }
            guard let next else { continue }
            earliest = min(earliest ?? next, next)
        }
        return earliest
    }

    /// Pages that wait for a target that was given up stand last.
    private func lateLast(_ pages: [Page], _ target: AlertTarget) -> [Page] {
        func isLate(_ page: Page) -> Bool { page.deliveries[target.name]?.isSlow == true }
        return pages.filter { !isLate($0) } + pages.filter(isLate)
    }

    /// Takes a token for one more page to `target`; false when there is none.
    private mutating func pay(
        _ purse: Budget.Purse,
        _ target: AlertTarget,
        at now: Timestamp
    ) -> Bool {
        budgets[target.name, default: [:]][purse, default: Budget()].take(at: now)
    }

    /// Pages that are due at a target, the one that has waited longest first.
    private func candidates(_ target: AlertTarget, at now: Timestamp) -> [Page] {
        // A time further away than any wait comes from a clock that was set back since.
        let furthest =
            max(slowWait(1), Self.longestRetryAfter, target.escalateAfter)
            + target.timeout + target.timeout
        return pages.values
            .compactMap { page -> (Timestamp, Page)? in
                guard let due = page.deliveries[target.name]?.due else { return nil }
                return due <= now || due > now + furthest ? (due, page) : nil
            }
            .sorted { ($0.0, $0.1.key) < ($1.0, $1.1.key) }
            .map(\.1)
    }

    private mutating func begin(
        _ due: [Page],
        _ isOurs: Bool,
        _ target: AlertTarget,
        _ now: Timestamp,
        _ jitter: Double
    ) -> Run? {
        func delivery(_ page: Page) -> Delivery {
            page.deliveries[target.name] ?? Delivery(state: .done)
        }
        let fresh = due.filter { !delivery($0).wasTried }
        var groups: [[Page]] = []
        if fresh.count >= Self.foldFrom { groups.append(fresh) }
        var folds: Set<String> = []
        let single = due.filter { fresh.count < Self.foldFrom || delivery($0).wasTried }
        for page in lateLast(single, target) {
            guard let key = delivery(page).foldKey else {
                groups.append([page])
                continue
            }
            guard folds.insert(key).inserted else { continue }
            groups.append(due.filter { delivery($0).foldKey == key })
        }
        for group in groups {
            // A retry costs nothing: it is the same page.
            let isLate = group.allSatisfy { delivery($0).isSlow }
            let isRetry = group.contains { delivery($0).attempts > 0 }
            let purse: Budget.Purse = isLate ? .late : isOurs ? .ours : .mail
            guard isRetry && !isLate || pay(purse, target, at: now) else { continue }
            let isFold = group.count > 1 || delivery(group[0]).foldKey != nil
            let foldKey = isFold ? delivery(group[0]).foldKey ?? newFoldKey(group) : nil
            return start(group, foldKey: foldKey, isFiring: true, target, now, jitter)
        }
        return nil
    }

    /// A key of its own for pages that go out as one: no page has it, no later fold gets it.
    private func newFoldKey(_ group: [Page]) -> String {
        let keys = group.map(\.key).min() ?? ""
        return "fold-\(group[0].opened.microseconds)-\(keys)"
    }

    /// The end of pages: those of one fold together, each other one alone.
    private mutating func end(
        _ due: [Page],
        _ target: AlertTarget,
        _ now: Timestamp,
        _ jitter: Double
    ) -> Run? {
        guard let first = due.first else { return nil }
        guard first.deliveries[target.name]?.isSlow != true || pay(.late, target, at: now) else {
            return nil
        }
        guard let foldKey = first.deliveries[target.name]?.foldKey else {
            return start([first], foldKey: nil, isFiring: false, target, now, jitter)
        }
        let group = due.filter { $0.deliveries[target.name]?.foldKey == foldKey }
        let isFiring = pages.values.contains {
            $0.phase == .firing && $0.deliveries[target.name]?.foldKey == foldKey
        }
        return start(group, foldKey: foldKey, isFiring: isFiring, target, now, jitter)
    }

    /// Marks the group as tried and makes the run.
    private mutating func start(
        _ group: [Page],
        foldKey: String?,
        isFiring: Bool,
        _ target: AlertTarget,
        _ now: Timestamp,
        _ jitter: Double
    ) -> Run {
        var attempt: Int64 = 1
        for page in group {
            var page = page
            var delivery = page.deliveries[target.name] ?? Delivery(state: .done)
            delivery.wasTried = true
            delivery.isTrying = true
            delivery.foldKey = foldKey
            delivery.attempts += 1
            // Written before the try, so that a crash within it neither forgets the page nor sends
            // it again at once, each time.
            let wait =
                delivery.isSlow
                ? slowWait(jitter) : backOff(after: delivery.attempts, jitter: jitter)
            delivery.putOff(until: now + target.timeout + wait)
            attempt = max(attempt, delivery.attempts)
            page.deliveries[target.name] = delivery
            put(page)
        }
        running.insert(target.name)
        let members = group.map {
            Run.Member(
                key: $0.key,
                serial: $0.serial,
                paged: $0.paged,
                first: $0.first,
                alert: $0.current
            )
        }
        .sorted { $0.gravity > $1.gravity }
        return Run(
            target: target,
            members: Array(members.prefix(Run.shownMembers)),
            truncated: Array(members.dropFirst(Run.shownMembers)),
            isFiring: isFiring,
            dedupKey: foldKey ?? group[0].key,
            attempt: attempt
        )
    }

    /// The wait after so many failed tries: doubled each time up to the longest, 25 % around it.
    ///
    /// `jitter` is from 0 up to 1.
    func backOff(after attempts: Int64, jitter: Double) -> TimeSpan {
        var wait = settings.retryFirst
        for _ in 1..<max(2, min(attempts, 63)) where attempts > 1 && wait < settings.retryLongest {
            wait = min(settings.retryLongest, wait + wait)
        }
        return Self.spread(wait, jitter)
    }

    /// The wait between tries at a target that was given up.
    func slowWait(_ jitter: Double) -> TimeSpan { Self.spread(slowest, jitter) }

    private var slowest: TimeSpan { max(Self.slowInterval, settings.retryLongest) }

    private static func spread(_ wait: TimeSpan, _ jitter: Double) -> TimeSpan {
        TimeSpan(microseconds: Int64(Double(wait.microseconds) * (0.75 + 0.5 * jitter)))
    }
}

extension TimeSpan {
    fileprivate static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(microseconds: (Timestamp(microseconds: left.microseconds) + right).microseconds)
    }
}

extension Run.Member {
    /// What stands first in a page for many.
    fileprivate var gravity: Int {
        switch alert.severity {
        case .critical: 3
        case .error: 2
        case .warning: 1
        case .info: 0
        }
    }
}
