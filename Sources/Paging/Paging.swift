// SPDX-License-Identifier: Apache-2.0
//
// Overview of the target. It tells people; it never decides whether mail flows. The mistake to
// avoid: making anything that halts wait for anything here.

/// Telling people, through scripts, until they know.
///
/// NAME
///   Paging - from an alert to a person
///
/// SUMMARY
///   `Pager` takes alerts, keeps them in an `Outbox`, and runs the script of each `[Alert NAME]`.
///
/// DESCRIPTION
///   `PageQueue` is a value that decides: one `Page` a dedup key, from its first alert to its end,
///   with how far each target has been told. `Pager` carries out: it saves what the queue says
///   before each try, runs `ScriptRunner`, and hands back what became of it. A crash at any point
///   leaves either a page that is still to be tried, or one that was tried and is tried again after
///   its back-off: delivered at least once, and deduplicated by key at the receiver. A target gets
///   a page once, and once more for each crash within a run that told of it.
///
///   Targets are told in the order of the settings: at once, or, with `EscalateAfter=`, only when a
///   page stays unacknowledged so long or the target before is given up. A failed try is repeated
///   with back-off and jitter, or when the script's `retry-after:` says. A target that is given
///   up is a page to the others, and is tried slowly while the matter lasts. Only a failure that we
///   saw counts against a target, never our own end.
///
///   A target runs one script at a time. What has gathered meanwhile goes out as one page with a
///   table, from four on; and so does what exceeds the budget. What people are told of under a
///   folded key is resolved under that key, when its last part is over.
///
///   The script's contract is in listbreaker-alerts(7).
///
/// LIMITS
///   4,096 pages; one more says how many further ones there are. 50 shown in one folded page. 10
///   pages at once and one in 2 min for each target, counted apart for lists and for ourselves.
///   Script: deadline by settings, 2 s from SIGTERM to SIGKILL, 16 KiB of output, 1 KiB a
///   variable. `retry-after:` up to 1 h. Back-off from 1 s doubling to 5 min, give or take 25 %;
///   15 min at a target that was given up, until a week after the page's end.
///   Pages that nothing resolves are remembered for 30 days.
///
/// SECURITY
///   Runs the programs that the settings name, as the daemon's user, without a shell, with nothing
///   of the daemon's environment and no open descriptor. Text of strangers reaches them on
///   standard input and in variables of one line, never as an argument. Secrets are files of
///   `$CREDENTIALS_DIRECTORY` that only scripts read.
///
/// DIAGNOSTICS
///   `PagingReport`: every try with its outcome; `gaveUp` is for the journal at crit.
///
/// BUGS
///   A script that hangs in the kernel and survives SIGKILL keeps its target busy.
public enum PagingModule {}
