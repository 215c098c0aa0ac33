// SPDX-License-Identifier: Apache-2.0

/// # Daemon
///
/// NAME: Daemon - listbreakerd as a library: start, run, reload, stop.
///
/// SUMMARY: ``Watch`` opens settings, state, journal and actuator, and runs the loop until SIGTERM.
/// ``FailurePage`` pages that the daemon does not run.
///
/// DESCRIPTION: `Loop`, an actor around the engine's value, asks the journal's thread for entries,
/// hands them to the engine and carries the effects out in the order save, halt, page, answer.
/// `HaltLane` brings orders to the actuator one after another and outcomes back. `ControlDesk`
/// answers listbreaker(1). `StoreOutbox` and `PagingDesk` join edges that do not know each other.
///
/// LIMITS: 2,000 entries a turn; a snapshot at most every 30 s and for at most a twentieth of the
/// time; a month of history is read when nothing that was learned is saved.
///
/// SECURITY: runs as `_listbreaker`, never as root; text from the log reaches a script only as
/// data (see Paging) and a terminal only without control characters.
///
/// DIAGNOSTICS: exit 69 journal or state not available, 77 a permission is missing, 78 settings
/// wrong. Each line of the log that an operator may look for has a MESSAGE_ID and an entry in the
/// catalogue (`journalctl -x`).
///
/// BUGS: none known.
public enum DaemonModule {}
