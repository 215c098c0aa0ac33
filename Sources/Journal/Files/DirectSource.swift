// SPDX-License-Identifier: Apache-2.0
//
// A journal read from its files: what is closed directly, what is being written to by sd-journal, both as one
// log. It ends where the files end; who wants what comes later goes on by sd-journal from the last cursor.

internal import EventTime
internal import Glibc
internal import Linux
internal import MailLog

/// The files of a journal, from some place to their end; belongs to one thread.
///
/// A value, so that the loop over entries pays no check of exclusive access: 250 instructions an entry, measured.
struct DirectSource {
    private var merge: FileMerge
    private var cache = ValueCache()
    private let packed = PackedEntries()
    private let selection: EntrySelection
    /// What was found before the first entry was read.
    private var found: [JournalDamage] = []
    /// Files of sd-journal's, in which damage is still to be looked for.
    private(set) var left: [String] = []
    private var losses = 0
    /// The entry given last; nil: none yet.
    ///
    /// Only one that was given can be found by its cursor among those that
    /// are selected.
    private(set) var place: EntryKey?
    /// Time of the newest entry of all files; nil when there is none.
    let newest: Timestamp?

    /// Opens the files of `source`, before the first entry or the first of a time; see
    /// ``EntrySelection/picks``.
    init(
        _ source: JournalSource,
        _ start: ReadStart,
        _ matches: [String],
        picks: Bool = true
    ) throws(JournalError) {
        try JournalFiles.verify(source)
        let selection = try EntrySelection(matches, picks: picks)
        self.selection = selection
        var files: [JournalFile] = []
        var online: [String] = []
        var unread: [JournalDamage] = []
        for path in FileList.paths(of: source) {
            errno = 0
            guard let file = JournalFile(path, serial: UInt64(files.count + 1)) else {
                let code = errno
                if code == EMFILE || code == ENFILE { throw Self.refusal(path, code) }
                // Who may read some of the files reads those; one that is gone was rotated away.
                if ![0, ENOENT, EACCES, EPERM].contains(code) {
                    let words = "it cannot be read: \(Errno(code)); all of it is left out"
                    unread.append(JournalDamage(path: path, loss: words, isWhole: true))
                }
                continue
            }
            if !file.header.isKnown || file.header.isOnline && !path.hasSuffix("~") {
                online.append(path)
            } else {
                files.append(file)
            }
        }
        found = unread + JournalDamage.headless(FileList.paths(of: source))
        let (lane, lost) =
            online.isEmpty ? (nil, []) : try JournaldLane.open(online, selection, start)
        for (path, error) in lost {
            let words = "sd-journal cannot open it: \(Errno(error.errno)); all of it is left out"
            let told = JournalDamage.lostFiles(in: .files([path]))
            found += told.isEmpty ? [JournalDamage(path: path, loss: words, isWhole: true)] : told
        }
        left = source == .local ? [] : online.filter { path in !lost.contains { $0.0 == path } }
        if case .time(let time) = start {
            for index in files.indices { files[index].seek(UInt64(clamping: time.microseconds)) }
        }
        let last =
            files.filter { $0.header.entries > 0 }.map(\.header.lastTime) + [lane?.newest ?? 0]
        newest = last.max().flatMap { $0 > 0 ? Timestamp(microseconds: Int64(clamping: $0)) : nil }
        merge = FileMerge(files, lane)
    }

    /// Fills `batch` with at most `limit` entries; none: the end.
    mutating func fill(_ batch: inout EntryBatch, limit: Int) {
        batch.removeAll()
        cache.forgetPlaces()
        merge.lane?.startBatch()
        while batch.entries.count < limit, batch.bytes.count < EntrySource.batchBytes,
            merge.next()
        {
            switch merge.append(to: &batch, &cache, selection) {
            case .taken: place = merge.location
            case .packed: takePacked(&batch)
            case .leftOut: continue
            }
        }
        if !batch.entries.isEmpty { batch.cursor = place?.cursor }
    }

    /// What could not be read, as far as was read.
    var damage: [JournalDamage] {
        var all = found
        for file in merge.files {
            guard let words = file.damage else { continue }
            all.append(JournalDamage(path: file.path, loss: words, isWhole: false))
        }
        if let lane = merge.lane, let loss = lane.loss {
            all.append(JournalDamage(path: lane.path, loss: loss, isWhole: false))
        }
        return all
    }

    /// Whether more was lost since that was asked last.
    mutating func hasLostMore() -> Bool {
        let now = merge.losses
        defer { losses = now }
        return now != losses
    }

    private mutating func takePacked(_ batch: inout EntryBatch) {
        guard let key = merge.location else { return }
        let file = merge.files[merge.current]
        switch packed.append(file.path, key, to: &batch, selection) {
        case true?: place = key
        case false?: break
        case nil: merge.noteLoss()
        }
    }

    private static func refusal(_ path: String, _ code: Int32) -> JournalError {
        JournalError(
            code: .openFailed,
            operation: "open the journal",
            path: path,
            errno: code,
            next: "nothing is read; raise the limit of open files"
        )
    }
}
