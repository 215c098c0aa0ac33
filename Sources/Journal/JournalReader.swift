// SPDX-License-Identifier: Apache-2.0
//
// Reads a journal to its end: replay, benchmarks. A thread of its own reads two batches ahead, so that
// reading and judging use two processors; what else can be done without judging may be done there, too. What is read ahead is bounded, and batches are handed back
// and forth, so that nothing is allocated in the long run. From the head or a time files are read directly
// up to their end, and what comes after that by sd-journal; from a cursor or the tail all is sd-journal's.

public import EventTime
public import MailLog

/// Something that is done to each batch on the thread that reads it, in the order of the log.
public protocol BatchStage: Sendable {
    /// Does it.
    mutating func prepare(_ batch: inout EntryBatch)
}

/// A reader that goes through a journal to its end and does not wait for more.
///
/// One caller at a time, from whatever thread; the handle stays on the reader's own thread.
public final class JournalReader: Sendable {
    private let shelf: BatchShelf
    /// Entries of a batch at most: four batches are about, and more of them in one bring no
    /// speed; measured.
    private static let largestBatch = 1024

    /// Opens `source` and proves that it can be read.
    ///
    /// `extraMatches` are `FIELD=VALUE`, each an alternative to the mail facility. `stage` sees each batch
    /// first, on the reader's thread. Blocks for the milliseconds that opening takes.
    public init(
        source: JournalSource,
        start: ReadStart,
        extraMatches: [String] = [],
        stage: (any BatchStage)? = nil
    ) throws(JournalError) {
        let shelf = try BatchShelf()
        self.shelf = shelf
        try JournalThread.start {
            var stage = stage
            Self.work(shelf, source, start, extraMatches, &stage)
        }
        if let failure = shelf.waitUntilOpened() { throw failure }
    }

    deinit {
        shelf.stop()
    }

    /// Replaces what is in `batch` by the next entries, about `limit` at most.
    ///
    /// A batch that was read ahead for an earlier, larger `limit` is given whole. Returns false, with
    /// an empty batch, at the end of the journal; when the files have grown since, a later call
    /// returns true again. A journal that fails is opened again behind the last entry;
    /// `.readFailed` is thrown when that does not get on. Blocks while the disk is read.
    public func read(into batch: inout EntryBatch, limit: Int) throws(JournalError) -> Bool {
        try shelf.take(&batch, limit: min(max(1, limit), Self.largestBatch))
    }

    /// Time of the newest entry when the journal was opened, mail or not; nil when it was empty.
    public var newest: Timestamp? { shelf.newest }

    /// What could not be read of the files so far, all of it at the end.
    ///
    /// Nothing of files that this host is writing to. Walks through those of another host that are.
    public var damage: [JournalDamage] {
        let (found, left) = shelf.damage
        return found + JournalDamage.find(in: .files(left))
    }

    /// The reader's thread.
    private static func work(
        _ shelf: BatchShelf,
        _ source: JournalSource,
        _ start: ReadStart,
        _ matches: [String],
        _ stage: inout (any BatchStage)?
    ) {
        do throws(JournalError) {
            guard start.isInFiles else {
                let entries = try open(source, start, matches)
                shelf.reportOpened(newest: entries.newest)
                return serve(shelf, entries, source, &stage)
            }
            var files = try DirectSource(source, start, matches)
            shelf.report(files.damage, left: files.left)
            shelf.reportOpened(newest: files.newest)
            readAll(shelf, &files, &stage)
            let place = files.place.map { ReadStart.cursor($0.cursor, orTime: $0.time) }
            follow(shelf, source, place ?? start, matches, &stage)
        } catch {
            shelf.reportFailure(error)
        }
    }

    /// Gives out the entries of files, to their end.
    private static func readAll(
        _ shelf: BatchShelf,
        _ files: inout DirectSource,
        _ stage: inout (any BatchStage)?
    ) {
        while var batch = shelf.nextEmpty() {
            files.fill(&batch, limit: shelf.limit)
            let isAtEnd = batch.entries.isEmpty
            let isWorse = files.hasLostMore()
            if isWorse || isAtEnd { shelf.report(files.damage, left: files.left) }
            stage?.prepare(&batch)
            shelf.put(batch, isAtEnd ? .end : .entries)
            if isAtEnd { return }
        }
    }

    /// Reads what has come since, once somebody asks for it.
    private static func follow(
        _ shelf: BatchShelf,
        _ source: JournalSource,
        _ start: ReadStart,
        _ matches: [String],
        _ stage: inout (any BatchStage)?
    ) {
        while var batch = shelf.nextEmpty() {
            do throws(JournalError) {
                let entries = try open(source, start, matches)
                let outcome = fill(&batch, from: entries, limit: shelf.limit, source)
                stage?.prepare(&batch)
                shelf.put(batch, outcome)
                return serve(shelf, entries, source, &stage)
            } catch {
                shelf.put(batch, .failed(error))
            }
        }
    }

    private static func open(
        _ source: JournalSource,
        _ start: ReadStart,
        _ matches: [String]
    ) throws(JournalError) -> EntrySource {
        try EntrySource(source: source, start: start, matches: matches, picksItself: true)
    }

    private static func serve(
        _ shelf: BatchShelf,
        _ entries: EntrySource,
        _ source: JournalSource,
        _ stage: inout (any BatchStage)?
    ) {
        while var batch = shelf.nextEmpty() {
            let outcome = fill(&batch, from: entries, limit: shelf.limit, source)
            stage?.prepare(&batch)
            shelf.put(batch, outcome)
        }
    }

    private static func fill(
        _ batch: inout EntryBatch,
        from entries: EntrySource,
        limit: Int,
        _ source: JournalSource
    ) -> BatchShelf.Outcome {
        do throws(JournalError) {
            for _ in 0..<3 {
                try entries.fill(&batch, limit: limit)
                if !batch.entries.isEmpty { return .entries }
                if !entries.needsReopening { return .end }
            }
        } catch {
            return .failed(error)
        }
        return .failed(
            JournalError(
                code: .readFailed,
                operation: "read the journal",
                path: JournalHandle.name(source),
                errno: entries.failure,
                next: "reading ends here; journalctl --verify may tell which file is damaged"
            )
        )
    }
}
