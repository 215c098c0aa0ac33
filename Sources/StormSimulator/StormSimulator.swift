// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target; no code.

/// NAME
///     StormSimulator - scenario to synthetic mail log, always the same for the same seed.
///
/// SUMMARY
///     `Scenario(text:path:)` reads a file such as those in `seeds/`. `Simulation` turns it into the
///     log lines that Postfix would have written, in time order, in journald's export form, which
///     systemd-journal-remote makes a journal of.
///
/// DESCRIPTION
///     Three steps. `PostPlan` decides who posts what, when and in answer to what: announcements,
///     discussions, storms, robots, loops. `MailHost` plays Postfix: queue ids, processes, the
///     expansion of the list, deliveries at the pace that the scenario gives the host, deferrals
///     and bounces. `ExportForm` adds the fields that journald adds. A storm does not react to
///     being stopped: the log is what would have come to pass.
///     Each copy of each post is a line of its own, so that a weekend takes hundreds of thousands
///     of lines; they come in chunks and are never all in memory.
///
/// LIMITS
///     100,000 lists; 100,000 members' names a list are told apart by number, more repeat no
///     name but cost no memory; 1,000,000 posts a scenario. What is in memory is the plan, one
///     record a post, and the fan-outs under way.
///
/// SECURITY
///     Pure: no clock, no files, no randomness but the seed. Addresses are under `.example`, IP
///     addresses out of 198.51.100.0/24, RFC 2606 and RFC 5737.
///
/// DIAGNOSTICS
///     `ScenarioError` names file, line, and what was expected.
///
/// BUGS
///     A reader answers as soon as the copy could have reached him, even when it still waits in a
///     crowded queue. The queue manager takes messages in turn, one recipient each, where Postfix
///     weighs destinations.
public enum StormSimulatorManual {}
