// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target; no code.

/// The daemon's own engine over an old log.
///
/// NAME
///     Hindsight - what would have happened
///
/// SUMMARY
///     var replay = Replay(settings: settings, mtaUsers: [], assumeReset: .days(1), until: nil)
///     while next(into: &batch) { events += replay.take(&batch) }
///     events += replay.finish()
///
/// DESCRIPTION
///     `Replay` hands batches of entries to an `Engine` in observe mode, lets time pass between them
///     and gives soft holds, releases and trips as values. After a trip it takes the breaker as
///     reset a while later, or the first storm would hide all others. `ReplayTrust` decides whose
///     lines are believed where the log is another host's.
///
/// LIMITS
///     What the engine remembers, and one record for each list that is open or softly held.
///
/// SECURITY
///     Pure: no files, no clock, nothing is halted and nobody paged.
///
/// DIAGNOSTICS
///     The summary's counts: lines not believed, not understood, suppressed.
///
/// BUGS
///     Mail that the halt would have kept goes on in the log, so a storm looks as large as it was.
public enum HindsightManual {}
