// SPDX-License-Identifier: Apache-2.0
//
// The manual page of this target; no code. Whoever changes a bound or an error changes it here too.

/// Journal - reads journald's entries into batches of bytes.
///
/// SUMMARY
///
/// `JournalReader` reads a journal to its end: replay, benchmarks. `JournalFollower` reads on as the
/// journal grows, for the daemon. Both select the mail facility (`SYSLOG_FACILITY=2`) and journald's
/// own notices of suppressed lines, in the local journal, a directory or named files, from the
/// head, the tail, a time or a cursor.
///
/// DESCRIPTION
///
/// A handle of sd-journal belongs to one thread for its whole life, sd-journal(3). Reader and
/// follower therefore own a thread each, which opens, waits on, reads and closes the handle. The
/// reader's thread is at most two batches ahead. The follower's reads only when it is asked: the
/// journal is the buffer, so that a slow daemon lags and neither drops nor grows. It sleeps in poll(2) on the journal's descriptor and on a bell (eventfd), and
/// calls `sd_journal_process` at least every second, asked or not, because rotated files stay
/// pinned on disk otherwise.
///
/// From the head or a time the reader takes closed files without sd-journal, as
/// systemd.io/JOURNAL_FILE_FORMAT describes them, in sd-journal's order: 4,300 instructions an
/// entry instead of 24,800, measured. What is being written to, what has flags that we do not know, and
/// an entry with a compressed field go by sd-journal, in their place among the others; so does all that
/// comes after the files' end.
///
/// One pass of `sd_journal_enumerate_available_data` an entry, fields told by their names' bytes, no `String`,
/// no allocation an entry. journald announces new entries only every 250 ms, but they can be read
/// at once; the thread looks again after an eighth of the time that it has been quiet, so that in
/// a storm a line is seen within milliseconds and an idle host costs one wake a second.
///
/// Exactly once: a batch carries the cursor of its last entry. Who saves state and cursor together
/// and starts from that cursor sees each entry once. When the cursor is gone, reading goes on
/// behind its time and the batch's ``MailLog/LogGap`` says so.
///
/// LIMITS
///
/// A field is copied up to 65,536 bytes. A batch ends at the entries asked for or at 1 MiB of
/// text. A failed journal is opened again at most once a second. In traffic the
/// follower reads every 2 to 12 ms, what has come meanwhile at once. Mapped journal
/// pages are given back every 4,096 entries: 20 MiB resident in all over 500,000 entries, where
/// the plain C loop takes 220; measured.
///
/// SECURITY
///
/// Reads journal files and nothing else; writes nothing; needs group `systemd-journal` for the
/// local journal. All text is a stranger's and is passed on as bytes.
///
/// DIAGNOSTICS
///
/// ``JournalError``. `.notReadable` names the file and the group that is missing: the operator must
/// act. `.noJournalFiles` means that there is nothing to read at all: journald does not run, or
/// stores nothing, or the directory is a wrong one. `.readFailed` heals by itself or comes back
/// with each call.
///
/// BUGS
///
/// The follower reads by sd-journal, which drops a damaged file silently and reads on in the others; we
/// cannot tell.
/// When a cursor is gone and another entry of the very microsecond of the last one read was not
/// read yet, that entry is skipped; the gap is marked in any case.
public enum JournalManual {}
