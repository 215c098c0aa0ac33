// SPDX-License-Identifier: Apache-2.0
//
// Reads a journal to its end, on the caller's thread: replay, benchmarks. Nothing waits here.

public import EventTime
internal import Glibc
public import MailLog

/// A synchronous reader of a journal.
///
/// Must be used on the thread that made it, sd-journal(3); a debug build stops when it is not.
public final class JournalReader {
    private let entries: EntrySource
    private let owner = pthread_self()
    private let name: String

    /// Opens `source` and proves that it can be read.
    ///
    /// `extraMatches` are `FIELD=VALUE`, each an alternative to the mail facility.
    public init(
        source: JournalSource,
        start: ReadStart,
        extraMatches: [String] = []
    ) throws(JournalError) {
        entries = try EntrySource(source: source, start: start, matches: extraMatches)
        name = JournalHandle.name(source)
    }

    /// Replaces what is in `batch` by the next entries, at most `limit`.
    ///
    /// Returns false, with an empty batch, at the end of the journal; when the files have grown
    /// since, a later call returns true again. A journal that fails is opened again once, behind
    /// the last entry; `.readFailed` is thrown when that does not get on.
    public func read(into batch: inout EntryBatch, limit: Int) throws(JournalError) -> Bool {
        assert(pthread_equal(pthread_self(), owner) != 0, "a journal reader changed its thread")
        for _ in 0..<3 {
            try entries.fill(&batch, limit: max(1, limit))
            if !batch.entries.isEmpty { return true }
            if !entries.needsReopening { return false }
        }
        throw JournalError(
            code: .readFailed,
            operation: "read the journal",
            path: name,
            errno: EIO,
            next: "reading ends here; journalctl --verify may tell which file is damaged"
        )
    }

    /// Time of the newest entry, matching or not; nil in an empty journal.
    ///
    /// For progress bars.
    public var newest: Timestamp? { entries.newest }
}
