// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target.

/// Manual page of the target.
///
/// NAME
///     MailLog - mail log lines as values
///
/// SUMMARY
///     `LineReader` turns one journald entry into one `MailEvent`.
///
/// DESCRIPTION
///     A line is judged first: journald's trusted fields say whether the program that it names
///     wrote it (`TrustSettings`). Only a line that is believed is read, by the grammar of its
///     program, from the left, one production a form. Text stays where it is: an event holds ranges
///     of the batch's bytes. `EventDescription` shows an event under the names that
///     `listbreaker parse` prints; `ByteHash` makes stable numbers of text that is not kept.
///
///     Nothing here does I/O, reads a clock or keeps state.
///
/// LIMITS
///     A field is read up to 65,536 bytes (`EntryBatch.longestField`). Reading is linear in the
///     length of the line and allocates nothing. Numbers that do not fit 63 bits make a line
///     unknown; times saturate.
///
/// SECURITY
///     Everything behind `MailEvent.trust` other than `.genuine` is someone's attempt, and none of
///     its text is parsed. Within genuine lines, text of strangers (addresses, Message-IDs, header
///     values, replies of other servers) is taken whole and never searched for keys. The envelope of
///     header and reject lines is read from the right and is for people only.
///
/// DIAGNOSTICS
///     A line that is not understood is `.other` with a `reason`; the daemon counts them. Many of
///     them after an upgrade of the mail system mean that its format changed: report a sample.
///
/// BUGS
///     With raw addresses (`info_log_address_format = internal`) a recipient can be chosen so that
///     its delivery line has two readings; it is then not read at all.
enum MailLogManual {}
