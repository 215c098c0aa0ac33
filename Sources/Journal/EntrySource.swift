// SPDX-License-Identifier: Apache-2.0
//
// Reads on from where it was, whatever happens to the files: the rules of resuming. An error of
// sd-journal means open again, seek by cursor, then by time, and say so in the batch's gap; it is
// never answered by stepping on, which would spin. Entries are given out once: when a batch cannot
// name its cursor, or a file was cut while it was read, it is dropped and read again.

internal import EventTime
internal import Glibc
internal import Linux
internal import MailLog

/// A journal with a place in it; belongs to one thread.
final class EntrySource {
    /// Text in a batch after which it ends, in bytes; chosen so that a batch of long lines stays
    /// within the memory that one of short lines takes.
    static let batchBytes = 1 << 20

    private var source: JournalSource
    private let matches: [String]
    private var handle: JournalHandle?
    /// What is there already, while it is read from its files.
    private var backlog: DirectSource?
    private var picksItself: Bool
    /// Entries taken and left out, since the selection was last thought over.
    private var taken = 0
    private var leftOut = 0
    private var fields: FieldReader
    /// The place behind which to read on.
    private var place: ReadStart
    /// Whether the handle stands on an entry that was not given out yet.
    private var isOnUnread = false
    private var gap: LogGap?
    /// Entries read since mapped pages were last given back.
    private var unreleased = 0
    /// Pages of cut files that this thread has met so far; see ``PageGuard``.
    private var lostPages = PageGuard.lost
    /// The errno that made the handle useless; 0 while it is good.
    private(set) var failure: Int32 = 0

    /// Opens `source` at `start`.
    ///
    /// With `readsFiles` what is there already is read from its files, when `start` is the head or a time: a
    /// sixth of the instructions, measured.
    /// With `picksItself` entries are selected here, and not by journald's index, as long as most of
    /// them are mail: 8 % faster on a mail host's journal, measured.
    init(
        source: JournalSource,
        start: ReadStart,
        matches: [String],
        picksItself: Bool = false,
        readsFiles: Bool = false
    ) throws(JournalError) {
        self.source = source
        self.matches = matches
        fields = FieldReader(readsContainers: !matches.isEmpty)
        self.picksItself = picksItself && matches.isEmpty
        place = start
        let opened = try open()
        handle = opened
        if readsFiles, start.isInFiles {
            // Without them, for want of descriptors say, sd-journal reads it all.
            backlog = try? DirectSource(source, start, matches, picks: picksItself)
        }
        if backlog == nil { try seek(opened) }
    }

    /// What to poll; negative when there is nothing to poll.
    var descriptor: Int32 { handle?.descriptor ?? -1 }

    /// Whether every change of the files is announced by ``descriptor``.
    var isAnnounced: Bool { handle?.isAnnounced ?? false }

    /// Time of the newest entry there is.
    var newest: Timestamp? { handle?.newest }

    /// Takes note of new, rotated and deleted files.
    func process() { handle?.process() }

    /// Fills `batch` with at most `limit` entries; none means the end, for now.
    func fill(_ batch: inout EntryBatch, limit: Int) throws(JournalError) {
        batch.removeAll()
        if fillFromFiles(&batch, limit) { return }
        fields.startBatch()
        let current = try usable()
        while batch.entries.count < limit, batch.bytes.count < Self.batchBytes {
            if !isOnUnread {
                let step = current.next()
                if step == 0 { break }
                if step < 0 {
                    failure = -step
                    break
                }
            }
            isOnUnread = false
            if fields.append(current, to: &batch, onlyMail: picksItself) {
                taken += 1
            } else {
                leftOut += 1
                if leftOut > 1024 { try reconsider(current) }
            }
        }
        if PageGuard.lost != lostPages {
            // A file became shorter under us: zeros were read in the place of what is gone.
            lostPages = PageGuard.lost
            batch.removeAll()
            isOnUnread = false
            failure = EIO
            return
        }
        unreleased += batch.entries.count
        if unreleased >= MappedPages.interval {
            MappedPages.release()
            unreleased = 0
        }
        if let last = batch.entries.last {
            guard let cursor = current.cursor else {
                batch.removeAll()
                failure = failure == 0 ? EIO : failure
                return
            }
            batch.cursor = cursor
            place = .cursor(cursor, orTime: last.time)
        }
        batch.gap = gap
        gap = nil
    }

    /// Fills `batch` from the files; false: they have no more, sd-journal goes on behind them.
    private func fillFromFiles(_ batch: inout EntryBatch, _ limit: Int) -> Bool {
        guard backlog != nil else { return false }
        backlog?.fill(&batch, limit: limit)
        if let cursor = batch.cursor, let last = batch.entries.last {
            place = .cursor(cursor, orTime: last.time)
            return true
        }
        if let lost = backlog?.damage, let first = lost.first {
            let more = lost.count > 1 ? ", and \(lost.count - 1) more files" : ""
            gap = gap ?? .unread("\(first.path): \(first.loss)\(more)")
        }
        if let reached = backlog?.place {
            place = .cursor(reached.cursor, orTime: reached.time)
        }
        backlog = nil
        if let handle {
            do throws(JournalError) { try seek(handle) } catch {
                failure = error.errno == 0 ? EIO : error.errno
            }
        }
        return false
    }

    /// Whether the next ``fill(_:limit:)`` will have to open the journal again.
    var needsReopening: Bool { failure != 0 }

    /// Seeks the last entry anew, so that the next ``fill(_:limit:)`` looks with fresh eyes.
    ///
    /// Who asks in the very moment of a write can see the file's count grow before the entry can be
    /// found; sd-journal then remembers the count and does not look again until it grows once more
    /// (seen with systemd 252: one in some fifty entries under the thread sanitizer). The decisive
    /// line of a storm must not wait for its successor.
    func lookAgain() {
        guard failure == 0, backlog == nil, let handle, !isOnUnread else { return }
        do throws(JournalError) {
            try seek(handle)
        } catch {
            failure = error.errno == 0 ? EIO : error.errno
        }
    }

    /// Reads on in `other`, which has what the source so far had, and more.
    func change(to other: JournalSource) {
        source = other
        handle = nil
    }

    /// Proves that the files can still be read; what was open is given up when they cannot.
    func verify() throws(JournalError) {
        do throws(JournalError) { try JournalFiles.verify(source) } catch {
            failure = error.errno == 0 ? ENOENT : error.errno
            throw error
        }
    }

    private func usable() throws(JournalError) -> JournalHandle {
        if failure == 0, let handle { return handle }
        handle = nil
        let opened = try open()
        try seek(opened)
        if gap == nil, failure != 0 { gap = .reopened(errno: failure) }
        handle = opened
        failure = 0
        return opened
    }

    private func open() throws(JournalError) -> JournalHandle {
        let opened = try JournalHandle(source)
        if !picksItself { try opened.select(matches) }
        return opened
    }

    /// Leaves the selection to journald's index once most entries are not mail.
    private func reconsider(_ current: JournalHandle) throws(JournalError) {
        if leftOut > taken {
            picksItself = false
            try current.select(matches)
        }
        leftOut = 0
        taken = 0
    }

    private func seek(_ opened: JournalHandle) throws(JournalError) {
        isOnUnread = false
        switch place {
        case .head:
            try opened.seekHead()
        case .time(let time):
            try opened.seek(time)
        case .tail:
            let isOnLast = try opened.seekLast()
            if isOnLast, let cursor = opened.cursor {
                place = .cursor(cursor, orTime: opened.time)
            } else {
                place = .head
            }
        case .cursor(let cursor, let time):
            if opened.seek(cursor: cursor) { return }
            try seekBehindLost(opened, time ?? Self.time(ofCursor: cursor))
        }
    }

    /// Goes on behind `time`, since the cursor is gone, and marks the gap.
    private func seekBehindLost(
        _ opened: JournalHandle,
        _ time: Timestamp?
    ) throws(JournalError) {
        guard let time else {
            try opened.seekHead()
            gap = .cursorLost(resumed: .distantPast)
            return
        }
        let behind = time + TimeSpan(microseconds: 1)
        try opened.seek(behind)
        isOnUnread = opened.next() > 0
        gap = .cursorLost(resumed: isOnUnread ? opened.time : behind)
    }

    /// The realtime stamp in a cursor, `t=` in hexadecimal; nil when there is none.
    static func time(ofCursor cursor: String) -> Timestamp? {
        for part in cursor.utf8.split(separator: UInt8(ascii: ";")) {
            guard part.starts(with: "t=".utf8) else { continue }
            return Int64(String(part.dropFirst(2)) ?? "", radix: 16)
                .map { stamp in Timestamp(microseconds: stamp) }
        }
        return nil
    }
}
