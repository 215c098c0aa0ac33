// SPDX-License-Identifier: Apache-2.0
//
// The further stop at the list manager: begun after the orders to the mail server were given, carried
// out beside the loop, and said in status, log and pages. Neither a halt nor a reset waits for it, or
// fails because of it.

internal import Breaker
internal import Engine
internal import EventTime
internal import Linux
internal import Paging
internal import Reports
internal import Settings

extension Loop {
    /// Begins a pass when one is due.
    func lookAtManager(_ now: Timestamp) {
        guard !engine.settings.manager.script.isEmpty else {
            managerStatus = nil
            return
        }
        let settings = engine.settings.manager
        var wanted = engine.stopped
        if !settings.lists.isEmpty {
            wanted.formIntersection(settings.lists.map { $0.lowercased() })
        }
        guard manager.isDue(wanted, at: now) else { return }
        manager.begin(wanted)
        let script = ManagerScript(
            settings.script,
            state: parts.managerState,
            credentials: parts.paging.credentials
        )
        Task { await take(await script.settle(wanted)) }
    }

    /// Takes what a pass reached.
    private func take(_ outcomes: [ManagerOutcome]) async {
        let now = Timestamp.now
        let before = managerStatus ?? []
        managerStatus = outcomes.compactMap(\.status)
        for outcome in outcomes where !before.contains(where: { $0 == outcome.status }) {
            say(outcome, wasKnown: before.contains { $0.list == outcome.list })
        }
        let reasons = outcomes.compactMap(\.failure)
        let failures = manager.failures
        manager.end(failed: !reasons.isEmpty, isIdle: outcomes.isEmpty, at: now)
        // It may just be starting: the first try again comes after ten seconds.
        if reasons.isEmpty ? failures > 1 : failures == 1 {
            await parts.pager.submit(Self.alert(reasons.first, at: now), at: now)
        }
    }

    private func say(_ outcome: ManagerOutcome, wasKnown: Bool) {
        let list = outcome.list
        switch outcome.state {
        case .stopped:
            if !wasKnown || outcome.changed.isEmpty {
                parts.log.write(
                    5,
                    nil,
                    "the list manager holds every post of \(list) now",
                    list: list
                )
            }
        case .restored:
            parts.log.write(5, nil, "the list manager takes posts of \(list) again", list: list)
        case .unknown: parts.log.write(6, nil, "the list manager has no list \(list)", list: list)
        case .failed(let reason):
            parts.log.write(3, .managerFailed, reason, list: list, reason: reason)
        }
        for sentence in outcome.changed { parts.log.write(4, nil, sentence, list: list) }
    }

    private static func alert(_ reason: String?, at now: Timestamp) -> Alert {
        Alert(
            kind: .managerFailed,
            isResolved: reason == nil,
            severity: reason == nil ? .info : .error,
            summary: reason.map { "the list manager is not as it should be: \($0)" }
                ?? "the list manager is as it should be again",
            advice: reason == nil
                ? "Nothing to do."
                : "The halt at the mail server does not depend on it. Look whether the list manager "
                    + "runs, and at [Manager] in listbreaker.conf; or let the list be moderated "
                    + "by hand.",
            started: now,
            ended: reason == nil ? now : nil,
            dedupKey: "manager-failed"
        )
    }
}

extension ManagerOutcome {
    /// Why it was not done; nil when it was.
    fileprivate var failure: String? {
        if case .failed(let reason) = state { reason } else { nil }
    }

    /// As `status` shows it; nil for a list of which nothing is left to say.
    fileprivate var status: ManagerStatus? {
        let sentences = changed.joined(separator: "; ")
        let remark = sentences.isEmpty ? nil : sentences
        switch state {
        case .stopped: return ManagerStatus(list: list, state: .stopped, remark: remark)
        case .unknown: return ManagerStatus(list: list, state: .unknown, remark: remark)
        case .failed(let reason): return ManagerStatus(list: list, state: .failed, remark: reason)
        case .restored: return nil
        }
    }
}
