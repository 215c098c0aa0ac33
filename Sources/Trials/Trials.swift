// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target; no code.

/// Scenarios held to their promises.
///
/// NAME
///     Trials - scenarios of `seeds/` played against the rules, and their promises held to them
///
/// SUMMARY
///     let outcome = Trial(scenario, settings: settings).run()
///     let finding = Finding(expectation, outcomes, isLate: false)
///
/// DESCRIPTION
///     A trial plays one scenario, in memory, through the engine that the daemon runs: lines of a mail
///     host as journald would hand them over, few copies of each post, all of them announced. What
///     comes of it is counted in posts of the storm that were redistributed, not in minutes.
///     A finding takes the outcomes of many seeds and says whether a promise is kept: medians against
///     the first figure, nine runs in ten against the second. With late Dates two posts more are
///     allowed, which is what a wrong stamp may cost.
///
/// LIMITS
///     As many posts as the simulator plans. Copies of which no line is written are never seen to
///     leave, so what rules make of copies that were sent is not tried here.
///
/// SECURITY
///     Pure: no files, no clock, nothing is halted and nobody paged. Not shipped.
///
/// DIAGNOSTICS
///     Settings in a scenario that are wrong are a broken promise of their own, never ignored.
///
/// BUGS
///     Mail that a hold would have kept goes on in the log, as in `listbreaker replay`.
public enum TrialsManual {}
