// SPDX-License-Identifier: Apache-2.0
//
// Lines that are missing from the log without a word: as a reason to be blind, and as a page.

import Breaker
import EventTime
import ListTraffic

extension Sight {
    /// Why lines are known to be missing though nothing said so; nil: none are.
    public var loss: String? {
        guard shortfall.last != nil else { return nil }
        return
            "\(shortfall.words): journald drops lines of the mail server (RateLimitBurst=), and did "
            + "not say so"
    }

    /// Deliveries announced of which no line came, in this run.
    public var missingDeliveries: Int64 { shortfall.missing }

    /// Looks whether what was announced came; `isUndisturbed`: mail flows, and the log is that of
    /// one host.
    mutating func watchLoss(
        now: Timestamp,
        seen: Timestamp,
        isUndisturbed: Bool,
        traffic: inout ListTraffic,
        into effects: inout EffectList
    ) {
        guard watchedSince != nil else { return }
        let isNow = now - seen < Self.belated
        if shortfall.tick(now: now, isUndisturbed: isUndisturbed && isNow) {
            let silent = traffic.takeUnanswered(before: now - Shortfall.patience)
            shortfall.noteSilent(silent, at: now)
        }
        shortfall.fade(now: now)
        guard isNow, (loss == nil) != (shortfall.pagedSince == nil) else { return }
        let since = shortfall.pagedSince ?? now
        shortfall.pagedSince = loss == nil ? nil : now
        tell(loss, Self.lost, since: since, now: now, into: &effects)
    }

    private static let lost = Reason(
        head: "listbreaker is BLIND in part",
        end: "what Postfix announces is in the log again",
        advice: "Lift journald's limit for the mail server: listbreaker doctor has the command "
            + "(LogRateLimitBurst= of its unit), or RateLimitBurst=0 in "
            + "/etc/systemd/journald.conf and systemctl restart systemd-journald. If "
            + "mail waits in the active queue (mailq), Postfix hangs instead",
        key: "blind-loss"
    )
}
