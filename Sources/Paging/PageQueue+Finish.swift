// SPDX-License-Identifier: Apache-2.0
//
// What follows from the end of a run: told, again later, given up, or taken over by somebody. The
// mistake to avoid: believing that the run delivered what the page says now; it delivered what
// the page said when the run began. Another: taking our own death for a failure of the target.

import Breaker
import EventTime
import Settings

extension PageQueue {
    /// What the end of a run means for the target.
    enum Consequence: Sendable, Equatable {
        case none
        /// It was given up for these pages, which are tried slowly from now on.
        case gaveUp
        /// The pages are over, and so long ago that they are not tried any more.
        case forgotten
    }

    /// How long a page that is over is still tried at a target that was given up.
    ///
    /// Chosen: a receiver that was down for a week has its incidents open all the same.
    static let longestTrying = TimeSpan.days(7)

    /// Takes what became of a run.
    @discardableResult
    mutating func finish(
        _ run: Run,
        _ result: RunResult,
        at now: Timestamp,
        jitter: Double
    ) -> Consequence {
        let name = run.target.name
        running.remove(name)
        var consequence = Consequence.none
        for member in run.members + run.truncated {
            guard var page = pages[member.key], var delivery = page.deliveries[name] else {
                continue
            }
            delivery.isTrying = false
            page.deliveries[name] = delivery
            guard delivery.due != nil else {
                put(page)
                continue
            }
            let became = take(result, of: run, page, member, &delivery, now, jitter)
            if became != .none { consequence = became }
            page.deliveries[name] = delivery
            if became == .gaveUp { hastenNext(after: name, in: &page, at: now) }
            put(page)
            prune(page.key, at: now)
        }
        if let person = result.acknowledgedBy, run.isFiring, !person.isEmpty {
            let keys = Set(run.members.map(\.key) + run.truncated.map(\.key))
            acknowledge(at: now) { keys.contains($0.key) }
        }
        if result.outcome == .delivered { worksAgain(name, at: now) }
        if consequence == .gaveUp, run.members[0].alert.kind != .undeliverable {
            _ = submit(undeliverable(run, result, at: now), at: now)
        }
        return consequence
    }

    /// What the end of a run means for one page of it.
    private func take(
        _ result: RunResult,
        of run: Run,
        _ page: Page,
        _ member: Run.Member,
        _ delivery: inout Delivery,
        _ now: Timestamp,
        _ jitter: Double
    ) -> Consequence {
        switch result.outcome {
        case .delivered:
            delivery.beginAnew(at: now)
            // Something newer was said meanwhile: that is still to be told.
            if page.serial == member.serial { delivery.state = .done }
            return .none
        case .stopped:
            // It was we who ended it: nothing is known of the target.
            delivery.putOff(until: now + backOff(after: delivery.attempts, jitter: jitter))
            return .none
        default: delivery.failures += 1
        }
        if delivery.isSlow {
            guard !isForgotten(page, at: now) else {
                delivery.state = .givenUp
                return .forgotten
            }
            delivery.state = .slow(now + max(slowWait(jitter), asked(result)))
            return .none
        }
        guard delivery.failures >= run.target.maxAttempts else {
            let own = backOff(after: delivery.attempts, jitter: jitter)
            delivery.state = .due(now + max(own, asked(result)))
            return .none
        }
        delivery.state = .slow(now + max(slowWait(jitter), asked(result)))
        return .gaveUp
    }

    private func isForgotten(_ page: Page, at now: Timestamp) -> Bool {
        page.isOver && now - page.paged >= Self.longestTrying
    }

    /// Takes up what was being tried when we were stopped: again after its back-off.
    ///
    /// It may have arrived; whether it did nobody knows. Each stop within a try doubles the wait, so
    /// that a daemon that dies each time does not page each time. None counts as a failure of the
    /// target. What an older version gave up for good is tried slowly while it lasts.
    mutating func recover(at now: Timestamp, jitter: Double) {
        for page in pages.values {
            var page = page
            for (target, delivery) in page.deliveries {
                var delivery = delivery
                if delivery.isTrying, delivery.due != nil {
                    delivery.putOff(until: now + backOff(after: delivery.attempts, jitter: jitter))
                }
                if delivery.state == .givenUp, !isForgotten(page, at: now) {
                    delivery.state = .slow(now + slowWait(jitter))
                }
                delivery.isTrying = false
                page.deliveries[target] = delivery
            }
            if page != pages[page.key] { put(page) }
        }
    }

    /// How long the script wants us to wait at least.
    private func asked(_ result: RunResult) -> TimeSpan {
        guard case .temporary(let seconds?) = result.outcome else { return .seconds(0) }
        return min(.seconds(seconds), Self.longestRetryAfter)
    }

    /// The next target in order that waits for its turn is told now: nobody before it can be.
    private func hastenNext(after name: String, in page: inout Page, at now: Timestamp) {
        guard let index = settings.targets.firstIndex(where: { $0.name == name }) else { return }
        for target in settings.targets[(index + 1)...] {
            guard let delivery = page.deliveries[target.name], let due = delivery.due,
                !delivery.wasTried
            else { continue }
            if due > now { page.deliveries[target.name]?.state = .due(now) }
            return
        }
    }

    /// What was said of a target that failed is over once it takes a page, and what waits for it
    /// is due.
    private mutating func worksAgain(_ name: String, at now: Timestamp) {
        for page in pages.values where page.deliveries[name]?.isSlow == true {
            var page = page
            page.deliveries[name]?.state = .slow(now)
            put(page)
        }
        guard var alert = pages[Self.undeliverableKey(name)]?.alert else { return }
        alert.isResolved = true
        alert.severity = .info
        alert.ended = now
        alert.summary = "pages reach the target \(name) again"
        alert.advice = "Nothing to do."
        _ = submit(alert, at: now)
    }

    private static func undeliverableKey(_ name: String) -> String { "undeliverable-\(name)" }

    private func undeliverable(_ run: Run, _ result: RunResult, at now: Timestamp) -> Alert {
        let name = run.target.name
        return Alert(
            kind: .undeliverable,
            severity: .critical,
            incident: nil,
            summary: "pages do not reach the target \(name): \(result.words). Not delivered: "
                + run.members[0].alert.summary,
            advice: "Look at journalctl -u listbreakerd, then prove it: "
                + "listbreaker page --test \(name)",
            started: now,
            dedupKey: Self.undeliverableKey(name),
            figures: ["target": name, "attempts": "\(run.attempt)"]
        )
    }
}
