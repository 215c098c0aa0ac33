// SPDX-License-Identifier: Apache-2.0
//
// Proving that paging works, and saying how it stands. The mistake to avoid: sending a trial
// through the outbox, where it would be tried again, folded and budgeted; a trial is about now.

import Breaker
import EventTime
import Settings

extension Pager {
    /// Runs each target's script, or one's, with a trial page, and says what became of it.
    ///
    /// Not through the outbox, and once only; an unknown name gives nothing.
    public func test(target name: String? = nil) async -> [TestResult] {
        let targets = queue.settings.targets.filter { name == nil || $0.name == name }
        let now = surroundings.now()
        let host = surroundings.host
        var results: [TestResult] = []
        for target in targets {
            let alert = Alert(
                kind: .test,
                severity: .info,
                summary: "a trial page from listbreaker on \(host)",
                advice: "Nothing to do: paging works.",
                started: now,
                dedupKey: "test-\(host)-\(target.name)-\(now.microseconds)"
            )
            let member = Run.Member(
                key: alert.dedupKey,
                serial: 0,
                paged: now,
                first: alert,
                alert: alert
            )
            let run = Run(
                target: target,
                members: [member],
                isFiring: true,
                dedupKey: alert.dedupKey,
                attempt: 1
            )
            results.append(TestResult(target.name, await ScriptRunner.run(call(for: run))))
        }
        return results
    }

    /// How paging stands.
    public var health: PagingHealth {
        let pending = queue.pages.values.filter(\.isPending)
        return PagingHealth(
            isRunning: isRunning,
            open: Int64(queue.pages.values.count { $0.resolution == nil }),
            pending: Int64(pending.count),
            oldestPending: pending.map(\.paged).min(),
            failing: lastOutcome.filter { $0.value.outcome != .delivered }.mapValues(\.words),
            outboxError: outboxError
        )
    }
}
