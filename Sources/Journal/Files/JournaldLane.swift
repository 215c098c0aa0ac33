// SPDX-License-Identifier: Apache-2.0
//
// Files that are left to sd-journal, read beside those that are read directly: what is being written to,
// and what has flags that we do not know. One handle for all of them, whose place among the others is told
// by its cursors.

internal import EventTime
internal import Glibc
internal import Linux
internal import MailLog

/// sd-journal's own merge of some files, as one more file.
final class JournaldLane {
    /// The first of its files, for messages.
    let path: String
    private let handle: JournalHandle
    private var fields: FieldReader
    private let picks: Bool
    private var lostPages = PageGuard.lost
    private var unreleased = 0
    /// Where it stands.
    private(set) var key = EntryKey()
    /// Why it ended before its end; nil: it did not.
    private(set) var loss: String?

    /// Opens `paths`, at most all that can be opened.
    ///
    /// - Returns: the lane, nil where no file can be opened; and what of `paths` cannot.
    static func open(
        _ paths: [String],
        _ selection: EntrySelection,
        _ start: ReadStart
    ) throws(JournalError) -> (lane: JournaldLane?, lost: [(String, JournalError)]) {
        if let lane = try? JournaldLane(paths, selection, start) { return (lane, []) }
        // One file that cannot be opened keeps sd-journal from opening the others.
        var good: [String] = []
        var lost: [(String, JournalError)] = []
        for path in paths {
            do throws(JournalError) {
                _ = try JournalHandle(.files([path]))
                good.append(path)
            } catch {
                if error.errno == EMFILE || error.code == .notReadable { throw error }
                lost.append((path, error))
            }
        }
        return (good.isEmpty ? nil : try JournaldLane(good, selection, start), lost)
    }

    private init(
        _ paths: [String],
        _ selection: EntrySelection,
        _ start: ReadStart
    ) throws(JournalError) {
        handle = try JournalHandle(.files(paths))
        path = paths.first ?? ""
        picks = selection.picks
        if !picks { try handle.select(selection.names) }
        fields = FieldReader(readsContainers: selection.readsContainers)
        if case .time(let time) = start { try handle.seek(time) } else { try handle.seekHead() }
    }

    /// Goes on to the next entry; false at the end.
    func advance() -> Bool {
        guard loss == nil else { return false }
        let step = handle.next()
        if step > 0, let cursor = handle.cursor, let key = EntryKey(cursor: cursor) {
            self.key = key
            return true
        }
        if step != 0 { loss = "\(Errno(step < 0 ? -step : EIO))" }
        return false
    }

    /// Forgets the batch before.
    func startBatch() { fields.startBatch() }

    /// Appends the current entry to `batch`; false: it is not wanted.
    func append(to batch: inout EntryBatch) -> Bool {
        let room = batch.entries.count
        let isTaken = fields.append(handle, to: &batch, onlyMail: picks)
        if PageGuard.lost != lostPages {
            // A file became shorter under us: zeros were read in the place of what is gone.
            lostPages = PageGuard.lost
            batch.entries.removeLast(batch.entries.count - room)
            loss = "it was cut while it was read"
            return false
        }
        unreleased += 1
        if unreleased >= MappedPages.interval {
            MappedPages.release()
            unreleased = 0
        }
        return isTaken
    }

    /// Time of its newest entry.
    var newest: UInt64 { handle.newest.map { UInt64(clamping: $0.microseconds) } ?? 0 }
}
