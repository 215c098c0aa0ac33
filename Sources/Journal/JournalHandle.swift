// SPDX-License-Identifier: Apache-2.0
//
// One open handle of sd-journal: opening, matching, seeking, stepping. It belongs to the thread that
// opened it, sd-journal(3), and is therefore not Sendable. Which entries to read again after an
// error is decided in EntrySource, not here.

internal import CSystemd
internal import EventTime
internal import Glibc
internal import MailLog

/// One open sd-journal handle.
@safe final class JournalHandle {
    let pointer: OpaquePointer
    /// What to poll, -1 when sd-journal has nothing to offer (then the timeouts do).
    let descriptor: Int32
    private let name: String

    /// Opens `source` with nothing selected.
    init(_ source: JournalSource) throws(JournalError) {
        try JournalFiles.verify(source)
        var opened: OpaquePointer?
        let code = unsafe Self.open(source, &opened)
        name = Self.name(source)
        guard code >= 0, let opened = unsafe opened else {
            throw JournalError(
                code: -code == EACCES || -code == EPERM ? .notReadable : .openFailed,
                operation: "open the journal",
                path: name,
                errno: -code,
                next: "nothing is watched until it can be read"
            )
        }
        unsafe pointer = opened
        // Right after opening, or rotated files stay pinned (systemd issue 7998).
        descriptor = unsafe sd_journal_get_fd(opened)
        unsafe sd_journal_set_data_threshold(opened, EntryBatch.longestField + 64)
        // The first wait settles the watches and drops files that were deleted meanwhile; a cursor
        // sought before it may point into one of those.
        _ = unsafe sd_journal_wait(opened, 0)
    }

    /// Selects the mail facility, the suppression notices and `matches` from the next step on.
    func select(_ matches: [String]) throws(JournalError) {
        try add(["SYSLOG_FACILITY=2", "MESSAGE_ID=" + FieldValue.suppressionID])
        try add(matches)
    }

    deinit {
        unsafe sd_journal_close(pointer)
    }

    /// Steps to the next entry: 1 there is one, 0 the end, negative an errno.
    func next() -> Int32 { unsafe sd_journal_next(pointer) }

    /// Whether the descriptor announces every change: not on network file systems,
    /// sd_journal_get_fd(3).
    var isAnnounced: Bool { unsafe sd_journal_reliable_fd(pointer) > 0 }

    /// Lets sd-journal take note of new, rotated and deleted files.
    ///
    /// Does not wait.
    func process() { _ = unsafe sd_journal_process(pointer) }

    /// The current entry's `__REALTIME_TIMESTAMP`.
    var time: Timestamp {
        var microseconds: UInt64 = 0
        _ = unsafe sd_journal_get_realtime_usec(pointer, &microseconds)
        return Timestamp(microseconds: Int64(clamping: microseconds))
    }

    /// The current entry's cursor; nil when there is none.
    var cursor: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe sd_journal_get_cursor(pointer, &text) >= 0, let text = unsafe text else {
            return nil
        }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// Time of the newest entry of all files, matching or not; nil in an empty journal.
    var newest: Timestamp? {
        var microseconds: UInt64 = 0
        guard unsafe sd_journal_get_cutoff_realtime_usec(pointer, nil, &microseconds) > 0 else {
            return nil
        }
        return Timestamp(microseconds: Int64(clamping: microseconds))
    }

    /// Before the oldest entry.
    func seekHead() throws(JournalError) {
        try check(unsafe sd_journal_seek_head(pointer))
    }

    /// Before the first entry of `time` or later.
    func seek(_ time: Timestamp) throws(JournalError) {
        let microseconds = UInt64(clamping: time.microseconds)
        try check(unsafe sd_journal_seek_realtime_usec(pointer, microseconds))
    }

    /// Onto the last entry there is.
    ///
    /// False when there is none; then every entry is a new one.
    func seekLast() throws(JournalError) -> Bool {
        try check(unsafe sd_journal_seek_tail(pointer))
        let step = unsafe sd_journal_previous(pointer)
        try check(step)
        // Stepping forward from the tail of an empty journal would find nothing for ever.
        if step == 0 { try seekHead() }
        return step > 0
    }

    /// Onto the entry with `cursor`.
    ///
    /// False when it is gone or was never a cursor.
    func seek(cursor: String) -> Bool {
        unsafe sd_journal_seek_cursor(pointer, cursor) >= 0
            && sd_journal_next(pointer) > 0
            && sd_journal_test_cursor(pointer, cursor) > 0
    }

    private func check(_ code: Int32) throws(JournalError) {
        guard code < 0 else { return }
        throw JournalError(
            code: .readFailed,
            operation: "seek in the journal",
            path: name,
            errno: -code,
            next: "opened again within a second"
        )
    }

    private func add(_ matches: [String]) throws(JournalError) {
        for match in matches {
            // Alternatives at the top level: each match after a disjunction stands alone.
            guard unsafe sd_journal_add_disjunction(pointer) >= 0,
                unsafe sd_journal_add_match(pointer, match, 0) >= 0
            else {
                throw JournalError(
                    code: .badMatch,
                    operation: "select journal entries by",
                    path: match,
                    errno: EINVAL,
                    next: "correct the configuration"
                )
            }
        }
    }

    private static func open(_ source: JournalSource, _ opened: inout OpaquePointer?) -> Int32 {
        switch source {
        case .local:
            return unsafe sd_journal_open(&opened, Int32(SD_JOURNAL_LOCAL_ONLY))
        case .directory(let path):
            return unsafe sd_journal_open_directory(&opened, path, 0)
        case .files(let paths):
            let copies = unsafe paths.map { path in unsafe strdup(path) }
            defer { unsafe copies.forEach { copy in unsafe free(copy) } }
            var list = unsafe copies.map { copy in unsafe UnsafePointer<CChar>(copy) } + [nil]
            return unsafe sd_journal_open_files(&opened, &list, 0)
        }
    }

    /// The path that errors name.
    static func name(_ source: JournalSource) -> String {
        switch source {
        case .local: "/var/log/journal"
        case .directory(let path): path
        case .files(let paths): paths.first ?? ""
        }
    }
}
