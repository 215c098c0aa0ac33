// SPDX-License-Identifier: Apache-2.0
//
// Lines that are read by their grammar before they are judged, on another thread than the one that judges: a
// quarter of an entry's work, measured. Trust and the names that proved themselves change with what is
// read, in the order of the log, so that one of these reads all of a log, or none of it.

/// Reads the lines of batch after batch, and joins those that were split.
public struct ReadAhead: Sendable {
    private var reader: LineReader
    private var joiner = EximJoiner()

    /// Believes what `settings` say.
    public init(settings: TrustSettings) {
        reader = LineReader(settings: settings)
    }

    /// Believes what `settings` say from the next batch on.
    public mutating func believe(_ settings: TrustSettings) {
        reader = LineReader(settings: settings)
    }

    /// Puts into ``EntryBatch/events`` what each entry of `batch` says.
    ///
    /// Parts of split lines become one entry, at the place of the last; parts whose rest is still to
    /// come are left out.
    public mutating func read(_ batch: inout EntryBatch) {
        batch.events.removeAll(keepingCapacity: true)
        var sources = SourceMemo()
        var kept = 0
        for index in batch.entries.indices {
            var entry = batch.entries[index]
            guard joiner.complete(&entry, in: &batch) else { continue }
            var event = MailEvent(time: entry.time)
            reader.read(entry, in: batch.bytes, &sources, into: &event)
            if event.isUnnamed, event.trust == .genuine {
                _ = reader.accept(instance: event.instance, in: batch.bytes)
                // The reader goes by other settings now.
                sources = SourceMemo()
            }
            batch.events.append(event)
            batch.entries[kept] = entry
            kept += 1
        }
        batch.entries.removeLast(batch.entries.count - kept)
    }
}
