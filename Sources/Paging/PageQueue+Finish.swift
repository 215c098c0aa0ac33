// SPDX-License-Identifier: Apache-2.0
//
// What follows from the end of a run: told, again later, given up, or taken over by somebody. The
// mistake to avoid: believing that the run delivered what the page says now; it delivered what
// the page said when the run began.

import Breaker
import EventTime
import Settings

extension PageQueue {
    /// Takes what became of a run; returns whether the target was given up for its pages.
    @discardableResult
    mutating func finish(
        _ run: Run,
        _ result: RunResult,
        at now: Timestamp,
        jitter: Double
    ) -> Bool {
        let name = run.target.name
        running.remove(name)
        var gaveUp = false
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
            if result.outcome == .delivered {
                // Something newer was said meanwhile: that is still to be told.
                delivery.state = page.serial == member.serial ? .done : .due(now)
                delivery.attempts = 0
            } else if delivery.attempts >= run.target.maxAttempts {
                delivery.state = .givenUp
                gaveUp = true
            } else {
                delivery.state = .due(now + wait(delivery.attempts, result, jitter))
            }
            page.deliveries[name] = delivery
            if delivery.state == .givenUp { hastenNext(after: name, in: &page, at: now) }
            put(page)
            prune(page.key, at: now)
        }
        if let person = result.acknowledgedBy, run.isFiring, !person.isEmpty {
            let keys = Set(run.members.map(\.key) + run.truncated.map(\.key))
            acknowledge(at: now) { keys.contains($0.key) }
        }
        if result.outcome == .delivered { worksAgain(name, at: now) }
        if gaveUp, run.members[0].alert.kind != .undeliverable {
            _ = submit(undeliverable(run, result, at: now), at: now)
        }
        return gaveUp
    }

    /// Takes up what was being tried when we were stopped: again after its back-off.
    ///
    /// It may have arrived; whether it did nobody knows. Each stop within a try doubles the wait, so
    /// that a daemon that dies each time does not page each time.
    mutating func recover(at now: Timestamp, jitter: Double) {
        for page in pages.values {
            var page = page
            for (target, delivery) in page.deliveries where delivery.isTrying {
                var delivery = delivery
                delivery.isTrying = false
                if delivery.due != nil {
                    delivery.state = .due(now + backOff(after: delivery.attempts, jitter: jitter))
                }
                page.deliveries[target] = delivery
            }
            if page != pages[page.key] { put(page) }
        }
    }

    private func wait(_ attempts: Int64, _ result: RunResult, _ jitter: Double) -> TimeSpan {
        let own = backOff(after: attempts, jitter: jitter)
        guard case .temporary(let seconds?) = result.outcome else { return own }
        return max(own, min(.seconds(seconds), Self.longestRetryAfter))
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

    /// What was said of a target that failed is over once it takes a page.
    private mutating func worksAgain(_ name: String, at now: Timestamp) {
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
