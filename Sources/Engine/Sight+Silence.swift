// SPDX-License-Identifier: Apache-2.0
//
// A mail log that says nothing where it should: Postfix writes to a file, rsyslog took the socket,
// or mail is down. Only where the settings say how long silence may last; a quiet host is no fault.

import Breaker
import EventTime

extension Sight {
    /// Why silence makes us blind; nil while there is mail, or where nobody expects any.
    public var silence: String? {
        silentSince.map { "no line of a mail server since \($0.rfc3339) (SilenceLimit=)" }
    }

    /// The daemon starts at `now`: what it slept through is no silence.
    mutating func start(now: Timestamp) { watchedSince = now }

    /// Pages when the log, read up to `seen`, was silent for longer than `limit` (0: never), and
    /// when it speaks again.
    mutating func watchSilence(
        now: Timestamp,
        seen: Timestamp,
        limit: TimeSpan,
        into effects: inout EffectList
    ) {
        if let since = silentSince {
            guard limit <= .seconds(0) || (lastEvent ?? .distantPast) > since else { return }
            silentSince = nil
            return tell(isSilent: false, since: since, now: now, into: &effects)
        }
        guard limit > .seconds(0), let watchedSince else { return }
        let last = max(lastEvent ?? .distantPast, watchedSince)
        guard seen - last > limit else { return }
        silentSince = last
        tell(isSilent: true, since: last, now: now, into: &effects)
    }

    private func tell(
        isSilent: Bool,
        since: Timestamp,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        effects.add(
            note: LogNote(
                kind: isSilent ? .suppressed : .sighted,
                priority: isSilent ? 2 : 5,
                text: isSilent
                    ? "no line of a mail server since \(since.rfc3339), longer than SilenceLimit="
                    : "lines of a mail server come again"
            )
        )
        effects.add(
            page: Alert(
                kind: isSilent ? .blind : .sighted,
                isResolved: !isSilent,
                severity: isSilent ? .error : .info,
                summary: isSilent
                    ? "no line of a mail server since \(since.rfc3339): either no mail runs here, or "
                        + "listbreaker does not see it"
                    : "lines of a mail server come again",
                advice: isSilent
                    ? "postfix status; does 'postconf maillog_file' name a file (then the journal "
                        + "gets nothing)? journalctl SYSLOG_FACILITY=2 -n 5"
                    : "Nothing to do.",
                started: since,
                ended: isSilent ? nil : now,
                dedupKey: "blind-silence"
            )
        )
    }
}
