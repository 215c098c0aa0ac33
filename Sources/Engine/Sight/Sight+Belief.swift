// SPDX-License-Identifier: Apache-2.0
//
// What is believed against what is there: the measure of sight that daemon, `status`, `doctor`,
// metrics and pages share. It looks at the last lines, not at a span of time, so that it holds for a
// quiet host as for a busy one. The mistake to avoid: counting strangers' lines against us; a local
// user may write as many as he likes, and must not make us call ourselves blind.

import Breaker
import EventTime
import MailLog
internal import Words

/// What of the last mail lines was believed.
public struct Belief: Sendable, Equatable {
    /// Lines that are looked back on; chosen, some twenty messages.
    static let memory: Int64 = 256
    /// Lines from which on a share says something; chosen, one message makes as many.
    static let enough: Int64 = 8
    /// An unknown name or unit with at least this part of the lines is worth a page; chosen.
    static let share: Int64 = 20

    /// Believed, among the last ``memory`` lines of the mail server's own.
    public internal(set) var believed: Int64 = 0
    /// Not believed, among the same.
    public internal(set) var refused: Int64 = 0
    /// Whether any line was ever believed, under these settings.
    var hasBelieved = false
    /// Lines of strangers in the mail server's name, as long as none was believed.
    var strange: Int64 = 0

    /// The part of the last lines that was believed, 0 to 1; nil: there were none.
    public var part: Double? {
        believed + refused > 0 ? Double(believed) / Double(believed + refused) : nil
    }

    /// Takes note of one line; true when older ones are to fade.
    mutating func note(isBelieved: Bool) -> Bool {
        if isBelieved {
            believed += 1
            hasBelieved = true
            strange = 0
        } else {
            refused += 1
        }
        guard believed + refused >= Self.memory else { return false }
        believed /= 2
        refused /= 2
        return true
    }
}

extension Sight {
    /// Why we are blind, by what the log says; nil: we see.
    ///
    /// What keeps the log from being read at all is the daemon's to know.
    public var blind: String? { disbelief ?? loss ?? wrongServer ?? silence }

    /// Why what comes is not believed; nil where enough of it is.
    public var disbelief: String? {
        let total = belief.believed + belief.refused
        if !belief.hasBelieved, total + belief.strange >= Belief.enough {
            return "none of \(total + belief.strange) mail log lines is believed: \(worst)"
        }
        if belief.refused >= Belief.enough, belief.refused > belief.believed {
            return "under half of the last mail log lines is believed, "
                + "\(belief.believed) of \(total): \(worst)"
        }
        let unknown = refusedKinds.filter { kind in
            kind.isOwn && [.unknownName, .forgedUnit].contains(kind.reason)
                && kind.recent >= Belief.enough && kind.recent * Belief.share >= total
        }
        guard let most = unknown.max(by: { $0.recent < $1.recent }) else { return nil }
        return "a mail server of this host is not believed: \(most.words.cleaned())"
    }

    /// The kind of refused lines that matters most, in words.
    private var worst: String {
        let kinds = refusedKinds.filter { $0.reason != .unproven }
        let own = kinds.filter(\.isOwn)
        guard let worst = (own.isEmpty ? kinds : own).max(by: { $0.recent < $1.recent }) else {
            return "see listbreaker doctor"
        }
        return worst.words.cleaned()
    }

    /// Lines in a mail server's name that were believed, understood or not.
    public var believedLines: Int64 { events + notUnderstood }

    /// The kinds of lines that were not believed.
    public var refusedKinds: [Refusal] {
        refusals.kinds.map { kind in
            var kind = kind
            kind.isSuspect = kind.isPersons && believedLines > 0
            return kind
        }
    }

    /// Lines in a mail server's name that were not, but for tools that run as their caller.
    public var refusedLines: Int64 {
        forged.filter { $0.key != "\(Trust.unproven)" }.values.reduce(0) {
            $0.addingReportingOverflow($1).partialValue
        }
    }

    /// Takes note of `entry`, which was not believed.
    mutating func refuse(_ event: MailEvent, _ entry: LogEntry, isOwn: Bool, in batch: EntryBatch) {
        refusals.note(event, entry, isOwn: isOwn, in: batch)
        guard event.trust != .unproven else { return }
        if isOwn {
            if belief.note(isBelieved: false) { refusals.fade() }
        } else if !belief.hasBelieved, belief.strange < Int64.max {
            belief.strange += 1
        }
    }

    /// Other settings hold from now on: what they make of the log is yet to be seen.
    mutating func beginBelief() {
        belief = Belief()
        refusals.begin()
    }

    /// Pages when the log is read, up to `seen`, and not believed; and when it is again.
    mutating func watchBelief(now: Timestamp, seen: Timestamp, into effects: inout EffectList) {
        guard watchedSince != nil, now - seen < Self.belated else { return }
        guard let why = disbelief else {
            guard let since = disbelievedSince else { return }
            let clear = believedAgain ?? now
            believedAgain = clear
            guard now - clear >= Self.calm else { return }
            disbelievedSince = nil
            believedAgain = nil
            return tell(nil, Self.reason, since: since, now: now, into: &effects)
        }
        believedAgain = nil
        guard disbelievedSince == nil else { return }
        disbelievedSince = now
        tell(why, Self.reason, since: now, now: now, into: &effects)
    }

    private static let reason = Reason(
        end: "the mail log is believed again",
        advice: "Set what it names in /etc/listbreaker/listbreaker.conf, if those lines are "
            + "your mail server's, and systemctl reload listbreakerd; see listbreaker "
            + "doctor and listbreaker.conf(5), WHOSE LINES ARE BELIEVED",
        key: "blind-belief"
    )
}
