// SPDX-License-Identifier: Apache-2.0
//
// Proving that paging works, and saying how it stands. The mistake to avoid: sending a trial
// through the outbox, where it would be tried again, folded and budgeted; a trial is about now.

import Breaker
public import EventTime
internal import Linux
import Settings

extension Pager {
    /// After so long a trial is told to be over, where it arrived: 5 min.
    ///
    /// Chosen: long enough for a telephone to ring, and nobody has to close an incident by hand.
    public static let trialLasts = TimeSpan.minutes(5)

    /// Runs each target's script, or one's, with a trial page, and says what became of it.
    ///
    /// As grave as a trip, or it would not prove that it wakes anybody. Not through the outbox, and
    /// once only; an unknown name gives nothing. `isObserve` is the mode that the page names. Who got
    /// it is told of its end `lasting` later, unless the daemon has stopped by then.
    public func test(
        target name: String? = nil,
        isObserve: Bool = false,
        lasting: TimeSpan = Pager.trialLasts
    ) async -> [TestResult] {
        let targets = queue.settings.targets.filter { name == nil || $0.name == name }
        let now = surroundings.now()
        var results: [TestResult] = []
        var arrived: [Run] = []
        for target in targets {
            let run = trial(target, isObserve: isObserve, at: now)
            let result = await ScriptRunner.run(call(for: run))
            if result.outcome == .delivered { arrived.append(run) }
            results.append(TestResult(target.name, result))
        }
        if !arrived.isEmpty {
            Task { [weak self, arrived] in
                await Alarm.wait(for: lasting)
                await self?.end(arrived)
            }
        }
        return results
    }

    private func trial(_ target: AlertTarget, isObserve: Bool, at now: Timestamp) -> Run {
        let alert = Alert(
            kind: .test,
            severity: .critical,
            summary: "a trial page from listbreaker on \(surroundings.host)",
            advice: "Nothing to do: paging works. The trial ends by itself.",
            started: now,
            dedupKey: "test-\(target.name)-\(now.microseconds)",
            isObserve: isObserve
        )
        let member = Run.Member(
            key: alert.dedupKey,
            serial: 0,
            paged: now,
            first: alert,
            alert: alert
        )
        return Run(
            target: target,
            members: [member],
            isFiring: true,
            dedupKey: alert.dedupKey,
            attempt: 1
        )
    }

    /// Tells those who got a trial that it is over.
    private func end(_ trials: [Run]) async {
        for var run in trials {
            run.isFiring = false
            run.members[0].alert.isResolved = true
            run.members[0].alert.severity = .info
            run.members[0].alert.ended = surroundings.now()
            run.members[0].alert.summary = "the trial page from \(surroundings.host) is over"
            run.members[0].alert.advice = "Nothing to do."
            let result = await ScriptRunner.run(call(for: run))
            guard result.outcome != .delivered else { continue }
            surroundings.report(
                .tried(
                    target: run.target.name,
                    event: run.event,
                    about: Subjects(keys: [run.dedupKey], incidents: []),
                    attempt: 1,
                    result: result
                )
            )
        }
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
