// SPDX-License-Identifier: Apache-2.0
//
// Entries with a compressed field, which are left to sd-journal one by one. Such entries are few among mail's:
// journald compresses what is longer than 512 bytes, and only where that makes it shorter.

internal import MailLog

/// A handle of the file in which such an entry was met last.
final class PackedEntries {
    private var path = ""
    private var handle: JournalHandle?

    /// Appends the entry with `key` of the file `path` to `batch`.
    ///
    /// - Returns: whether it was taken; nil when sd-journal cannot find it.
    func append(
        _ path: String,
        _ key: EntryKey,
        to batch: inout EntryBatch,
        _ selection: EntrySelection
    ) -> Bool? {
        if path != self.path {
            handle = try? JournalHandle(.files([path]))
            if !selection.picks { try? handle?.select(selection.names) }
            self.path = path
        }
        // With a selection another entry is found where this one is none of it.
        guard let handle else { return nil }
        guard handle.seek(cursor: key.cursor) else { return selection.picks ? nil : false }
        var fields = FieldReader(readsContainers: selection.readsContainers)
        return fields.append(handle, to: &batch, onlyMail: selection.picks)
    }
}
