// SPDX-License-Identifier: Apache-2.0
//
// A mail log that says nothing where it should: Postfix writes to a file, rsyslog took the socket,
// or mail is down. How long silence may last is said by the settings, or learned from the host; a
// quiet host is no fault. A log that never said anything is none, and that is said at once.

import Breaker
import EventTime

extension Sight {
    /// How long nothing was ever seen before that is paged; chosen, a host that is being set up gets
    /// its mail server in that time.
    static let patience = TimeSpan.minutes(15)

    /// Why silence makes us blind; nil while there is mail, or where nobody expects any.
    public var silence: String? {
        if unseenSince != nil {
            return "not one line of a mail server was ever seen in the log that is read"
                + serverHint
        }
        return silentSince.map { "no line of a mail server since \($0.rfc3339) (SilenceLimit=)" }
    }

    /// Takes note that nothing was ever seen, as far as the log was read, up to `seen`.
    ///
    /// Where the settings have a `limit` it holds from the start, and this is not for us to say.
    mutating func watchUnseen(
        now: Timestamp,
        seen: Timestamp,
        limit: TimeSpan?,
        into effects: inout EffectList
    ) {
        guard limit == nil, lastEvent == nil, let watchedSince, now - seen < Self.belated else {
            guard let since = unseenSince, lastEvent != nil || limit != nil else { return }
            unseenSince = nil
            guard hasPagedUnseen else { return }
            hasPagedUnseen = false
            return tell(isSilent: false, since: since, now: now, into: &effects)
        }
        unseenSince = unseenSince ?? watchedSince
        guard !hasPagedUnseen, now - watchedSince > Self.patience, disbelief == nil else { return }
        hasPagedUnseen = true
        tell(isSilent: true, since: watchedSince, now: now, into: &effects)
    }

    /// The daemon starts at `now`: what it slept through is no silence.
    mutating func start(now: Timestamp) { watchedSince = now }

    /// Pages when the log, read up to `seen`, was silent for longer than `limit` (0: never; nil: as
    /// this host's rhythm has it), and when it speaks again.
    mutating func watchSilence(
        now: Timestamp,
        seen: Timestamp,
        limit: TimeSpan?,
        into effects: inout EffectList
    ) {
        let limit = limit ?? rhythm.limit ?? .seconds(0)
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
