// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target. docs/halting.md holds the measurements behind it.

/// NAME
///     MailServers - stop a mail server's outbound mail, and give it back; root's side.
///
/// SUMMARY
///     `Actuator` checks who asks and what, and lets the driver of the mail server do it:
///     `PostfixDriver`, `EximDriver`, `SmtpdDriver`, `SendmailDriver` or `ExecDriver`, as
///     `HaltChoice` says. Nobody imports this target but listbreaker-actuator (.ci/imports).
///
/// DESCRIPTION
///     Halting Postfix is four steps. *Gate*: the sockets through which qmgr(8) hands deliveries
///     to the outbound services lose their permissions; nothing new starts, nothing in flight is
///     cut. *Hold*: what is queued goes on hold, where it neither ages nor logs. *Block*: main.cf
///     gets `master_service_disable` for those services, so that the next start of Postfix keeps
///     them closed. *Settle*: what slipped between goes on hold too, and local mail that the hold
///     caught goes on. `rehold` repeats gate, block and settle while the breaker is open. Resuming
///     takes the block out, byte for byte when nobody else touched main.cf, opens the gate, and
///     releases exactly the messages of the ledger: young ones as they are, old ones by
///     requeueing, because releasing old mail bounces it.
///     Exim is given a configuration that holds remote domains, deliveries that began before are
///     ended between two copies, and mail is frozen. OpenSMTPD is paused, and the text of each
///     message closed; it is started anew at the resume, for its scheduler's sake. Sendmail gets an
///     entry in its access map that defers every SMTP recipient, and mail is quarantined. All keep
///     the same ledger and quarantine (`HoldQueue`), and share the course of each command
///     (`MTADriver`) and the verbs about held mail (`QueueDriver`); a driver has one queue, or one
///     for each instance of Postfix.
///     The outbound services are those whose command in master.cf is smtp, whatever their name,
///     but not one that only feeds a content filter on this host, and not lmtp.
///     One list alone: `hold-ids` and `hold-list` put its messages on hold and note the list in
///     the ledger, with no gate and no block. Resuming the queue leaves them; `release` and
///     `discard` with the list, or with one post, are about them.
///     `block-lists` fills the tables of `setup postfix --list-block`, by which Postfix holds lists
///     by itself; what it held so is found by a header and becomes ours (`ListTables`).
///     Every verb may be killed anywhere and repeated. The wish (`marker`), the ledger and the
///     copy of main.cf are durable before what they describe is done.
///
/// LIMITS
///     64 blocked lists. A line of postqueue -j is read up to 8 MiB. All steps of a command
///     together have 60 s, or as many as the request says, and each one at least 1 s; postconf and
///     postmulti have 5 s each. The ledger's lock is waited for 30 s at most. About 200 bytes of
///     memory a held message.
///
/// SECURITY
///     The actuator runs as root, opens no network, reads no log line, runs no shell. Programs are
///     the mail server's own below /usr/sbin, with fixed arguments; queue IDs go in by standard
///     input.
///     Peers are root and one named user. What is on hold and not in the ledger is never touched:
///     no -d, no -H ALL.
///
/// DIAGNOSTICS
///     `HaltReport.errors`: what failed; `changed`: what others altered meanwhile and we left
///     alone; `isHalted` is what counts.
///
/// BUGS
///     With Postfix, a restore that is killed leaves a message that may have been sent or not; it
///     is kept as `ID.sending`, and a person decides. With the others it comes back on hold, under
///     its old ID, and the next command finishes it.
///     A delivery service that is not smtp (pipe to uucp or fax) goes on. Mail that arrived in
///     the very second of a hold that was killed half-way may stay on hold, counted as foreign.
///     A message for local and remote recipients is held as a whole by the first hold.
public enum MailServersManual {}
